"""One SQL over both stores."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from hedgerow.errors import DataError
from hedgerow.workspace import Workspace
from hedgerow.workspace.sql import reserved_names


class TestRegression:
    def test_market_data_has_the_names_people_know(self, sample: Workspace) -> None:
        query = """
            select date, close, close_price, adj_close, volume from market_data
            where symbol = 'MSFT' and date between '2003-02-14' and '2003-02-18' order by date
        """
        rows = sample.sql(query)
        # Microsoft split two for one on 2003-02-18.
        assert rows["close"].to_list() == rows["close_price"].to_list() == [48.30, 24.96]
        assert rows["date"].to_list() == [dt.date(2003, 2, 14), dt.date(2003, 2, 18)]

    def test_lake_and_catalog_join(self, sample: Workspace) -> None:
        rows = sample.sql(
            "select i.symbol, count(*) as bars from bars b join instruments i "
            "using (instrument_id) where b.source = 'sample_ohlcv' group by 1 order by 1"
        )
        assert dict(rows.rows())["AAPL"] == 3270

    def test_instants_come_back_in_utc(self, sample: Workspace) -> None:
        made = sample.sql("select max(available_at) as last from bars where symbol = 'AAPL'")
        assert made["last"].item().isoformat() == "2022-12-28T21:00:00+00:00"

    @pytest.mark.parametrize(
        "query", ["show tables", "SHOW TABLES;", "show all tables", "describe"]
    )
    def test_tables_are_listed(self, sample: Workspace, query: str) -> None:
        names = sample.sql(query)["name"].to_list()
        assert {"bars", "instruments", "market_data"} <= set(names)

    @pytest.mark.parametrize(
        "query",
        [
            "describe bars",
            "summarize splits",
            "explain select 1",
            "from splits limit 1",
            "values (1)",
            "with a as (select 1 as x) select x from a",
            "pivot dividends on symbol using count(*)",
        ],
    )
    def test_every_kind_of_question_is_answered(self, sample: Workspace, query: str) -> None:
        assert sample.sql(query).width > 0

    def test_sums_are_whole_numbers_of_any_size(self, sample: Workspace) -> None:
        rows = sample.sql("select sum(x) s, 1::hugeint << 100 h from (values (1), (2)) t(x)")
        assert rows.schema["s"] == pl.Int64
        assert (rows["s"].item(), int(rows["h"].item())) == (3, 2**100)

    def test_built_in_names_are_reserved(self) -> None:
        assert {"bars", "instruments", "market_data", "model_runs"} <= reserved_names()


class TestProperties:
    @pytest.mark.parametrize(
        "name", ["bars_history", "trades", "dividends", "model_runs", "splits"]
    )
    def test_tables_without_rows_answer_too(self, sample: Workspace, name: str) -> None:
        assert sample.sql(f"select count(*) as n from {name}")["n"].item() >= 0

    def test_writing_is_not_possible(self, sample: Workspace) -> None:
        before = sample.lake.versions()
        with pytest.raises(DataError, match="SQL"):
            sample.sql("delete from bars")
        assert sample.lake.versions() == before


class TestValidation:
    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("select * from bras", "table 'bras' is not known. Did you mean 'bars'"),
            ("select form", "SQL: "),
            ("selec 1", "SQL: "),
            ("select nothing from bars", "SQL: .*nothing"),
            ("select symbl from bars", "SQL: .*symbl.* Did you mean 'symbol'"),
            ("select b.clse from bars b", "SQL: .*clse.* Did you mean 'close'"),
            ("select x.close from bars b", "SQL: .*x.* Did you mean 'b'"),
            ("select avgg(close) from bars", r'SQL: .*avgg.* Did you mean "avg"\?'),
            ("select symbol, count(*) from bars", "SQL: .*Either add it to the GROUP BY list"),
            ("select interval 1 day", "SQL: the answer holds a type"),
            ("create table x (a int)", "SQL: only questions are answered here"),
            ("set threads = 1", "SQL: only questions"),
            ("copy bars to 'x.csv'", "SQL: only questions"),
            ("", "SQL: only questions"),
            ("select 1; select 2", "SQL: 2 questions at once"),
        ],
    )
    def test_wrong_queries_are_one_line(self, sample: Workspace, query: str, said: str) -> None:
        with pytest.raises(DataError, match=said) as caught:
            sample.sql(query)
        assert "\n" not in caught.value.message
