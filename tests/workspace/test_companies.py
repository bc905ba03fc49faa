"""Company figures: the latest of each company, and ratios by period, as known then."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from hedgerow.domain import Instrument
from hedgerow.errors import DataError
from hedgerow.settings import Settings
from hedgerow.sources import SyntheticMarket
from hedgerow.workspace import Workspace
from hedgerow.workspace.companies import HEADLINES, RATIOS

LOADED = dt.datetime(2024, 7, 1, tzinfo=dt.UTC)
MARCH, JUNE = dt.date(2024, 3, 31), dt.date(2024, 6, 30)


def figure(
    item: str,
    value: float,
    known: str,
    period_end: dt.date = MARCH,
    *,
    symbol: str = "ZQX",
    source: str = "best",
    unit: str = "ratio",
    period: str = "Q1",
) -> dict[str, object]:
    return {
        "instrument_id": f"{symbol}.XNYS",
        "symbol": symbol,
        "source": source,
        "item": item,
        "period_end": period_end,
        "available_at": dt.datetime.fromisoformat(f"{known}T21:00+00:00"),
        "period": period,
        "value": value,
        "unit": unit,
    }


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """Workspace with two companies and no figures, which prefers ``best``."""
    ws = Workspace(tmp_path, settings=Settings(_env_file=None, source_priority=["best", "next"]))
    ws.catalog.add_instruments([Instrument.of("ZQX"), Instrument.of("VEX")])
    return ws


def tell(ws: Workspace, *rows: dict[str, object]) -> None:
    ws.lake.merge("fundamentals", pl.DataFrame(rows), ingested_at=LOADED)


class TestFundamentals:
    def test_the_latest_of_each_figure_counts(self, ws: Workspace) -> None:
        tell(
            ws,
            figure("pe_ratio", 20.0, "2024-05-02"),
            figure("pe_ratio", 21.0, "2024-08-01", JUNE),
            figure("market_cap", 5e9, "2024-08-02", JUNE, unit="EUR"),
            figure("book_value", 12.5, "2024-05-02", unit="EUR/share"),
            figure("revenue", 9e9, "2024-09-01", JUNE, unit="EUR"),
        )
        found = ws.fundamentals().collect().row(0, named=True)
        assert {name: found[name] for name in HEADLINES if found[name] is not None} == {
            "market_cap": 5e9, "pe_ratio": 21.0, "book_value": 12.5,
        }  # fmt: skip
        assert (found["symbol"], found["currency"]) == ("ZQX", "EUR")
        assert found["updated_date"] == dt.date(2024, 8, 2)

    def test_a_year_comes_before_a_quarter_where_they_differ(self, ws: Workspace) -> None:
        tell(
            ws,
            figure("pe_ratio", 20.0, "2024-05-02", period="FY"),
            figure("pe_ratio", 80.0, "2024-05-02", period="Q4"),
            figure("pe_ratio", 84.0, "2024-08-01", JUNE),
            figure("dividend_yield", 0.005, "2024-08-01", JUNE),
            figure("book_value", 12.5, "2024-05-02", period="FY", unit="USD/share"),
            figure("book_value", 12.7, "2024-08-01", JUNE, unit="USD/share"),
        )
        found = ws.fundamentals().collect().row(0, named=True)
        assert found["pe_ratio"] == 20.0
        assert found["dividend_yield"] == 0.005
        assert found["book_value"] == 12.7

    def test_a_restatement_of_an_older_period_does_not_count(self, ws: Workspace) -> None:
        tell(ws, figure("pe_ratio", 21.0, "2024-08-01", JUNE))
        tell(ws, figure("pe_ratio", 99.0, "2024-08-20", MARCH))
        assert ws.fundamentals("zqx").collect()["pe_ratio"].item() == 21.0

    def test_as_of_knows_no_more_than_was_accepted_by_then(self, ws: Workspace) -> None:
        tell(ws, figure("beta", 1.0, "2024-05-02"), figure("beta", 2.0, "2024-08-01", JUNE))
        assert ws.fundamentals(as_of="2024-07-31").collect()["beta"].item() == 1.0
        assert ws.fundamentals(as_of="2024-08-01").collect()["beta"].item() == 2.0
        assert ws.fundamentals(as_of="2024-05-01").collect().is_empty()

    def test_each_figure_is_of_the_best_source_that_has_it(self, ws: Workspace) -> None:
        tell(
            ws,
            figure("pe_ratio", 20.0, "2024-05-02"),
            figure("pe_ratio", 30.0, "2024-08-02", JUNE, source="next"),
            figure("beta", 1.5, "2024-05-02", source="next"),
        )
        found = ws.fundamentals().collect()
        assert found.select("pe_ratio", "beta").row(0) == (20.0, 1.5)
        assert ws.fundamentals(source="next").collect()["pe_ratio"].item() == 30.0

    def test_sql_knows_it_under_that_name_and_the_long_table_under_another(
        self, ws: Workspace
    ) -> None:
        tell(ws, figure("pe_ratio", 20.0, "2024-05-02"), figure("revenue", 1e9, "2024-05-02"))
        seen = ws.sql("select symbol, pe_ratio, updated_date from fundamentals").rows()
        assert seen == [("ZQX", 20.0, dt.date(2024, 5, 2))]
        long = ws.sql("select item, value from fundamentals_long order by item").rows()
        assert long == [("pe_ratio", 20.0), ("revenue", 1e9)]

    def test_without_figures_the_views_are_empty(self, ws: Workspace) -> None:
        wanted = ["symbol", *HEADLINES, "updated_date"]
        assert ws.sql("select * from fundamentals").columns[:9] == wanted
        assert ws.sql("select * from financial_ratios").is_empty()


class TestRatios:
    def test_one_row_a_period_with_the_last_version_of_each(self, ws: Workspace) -> None:
        tell(
            ws,
            figure("roe", 0.1, "2024-05-02"),
            figure("roe", 0.12, "2024-06-20"),
            figure("pb_ratio", 3.0, "2024-05-02"),
            figure("roe", 0.2, "2024-08-01", JUNE, period="Q2"),
            figure("market_cap", 5e9, "2024-08-02", JUNE, period="Q2"),
        )
        rows = ws.financial_ratios("ZQX").collect()
        assert rows.select("period_end", "period", "roe", "pb_ratio").rows() == [
            (MARCH, "Q1", 0.12, 3.0),
            (JUNE, "Q2", 0.2, None),
        ]
        assert rows["available_at"][0].date() == dt.date(2024, 6, 20)
        then = ws.financial_ratios("ZQX", as_of="2024-06-01").collect()
        assert then.select("roe", "pb_ratio").rows() == [(0.1, 3.0)]

    def test_periods_are_chosen_by_their_end(self, ws: Workspace) -> None:
        tell(ws, figure("roe", 0.1, "2024-05-02"), figure("roe", 0.2, "2024-08-01", JUNE))
        assert ws.financial_ratios(start="2024-04-01").collect()["roe"].to_list() == [0.2]
        assert ws.financial_ratios(end=MARCH).collect()["roe"].to_list() == [0.1]

    def test_a_company_is_told_by_one_source(self, ws: Workspace) -> None:
        tell(ws, figure("roe", 0.1, "2024-05-02"), figure("roa", 0.2, "2024-05-02", source="next"))
        tell(ws, figure("roa", 0.3, "2024-05-02", source="next", symbol="VEX"))
        rows = ws.financial_ratios().collect()
        assert rows.select("symbol", "source", "roe", "roa").rows() == [
            ("VEX", "next", None, 0.3),
            ("ZQX", "best", 0.1, None),
        ]

    def test_the_ratios_people_ask_for_are_columns(self, ws: Workspace) -> None:
        asked = {"pe_ratio", "pb_ratio", "roe", "roa", "debt_to_equity", "gross_margin",
                 "operating_margin", "net_margin"}  # fmt: skip
        assert asked <= set(RATIOS) <= set(ws.financial_ratios().collect_schema().names())


class TestTogether:
    def test_everything_of_some_companies_comes_in_one_call(self, tmp_path: Path) -> None:
        ws = Workspace(tmp_path)
        ws.ingest(SyntheticMarket(symbols=3, bars=600, timeframe="1d"))
        gathered = ws.merge_all_sources("S0001 S0002", fetch=False)
        assert set(gathered.market_data["symbol"]) == {"S0001", "S0002"}
        assert gathered.fundamentals["symbol"].to_list() == ["S0001", "S0002"]
        assert set(gathered.ratios["symbol"]) == {"S0001", "S0002"}
        market_data, fundamentals, ratios = gathered
        assert fundamentals["pe_ratio"].null_count() == 0
        last = market_data["session"].max()
        early = ws.merge_all_sources("S0001", as_of=market_data["session"].sort()[400])
        assert early.market_data["session"].max() < last
        assert early.ratios.height < ratios.filter(pl.col("symbol") == "S0001").height

    def test_an_unknown_symbol_is_told(self, ws: Workspace) -> None:
        with pytest.raises(DataError, match="symbol 'NOPE'"):
            ws.fundamentals("NOPE")
