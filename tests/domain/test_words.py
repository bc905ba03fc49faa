"""Timeframes, currencies, adjustments and the tables' contracts."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, strategies as st

from hedgerow.domain import Instrument, Timeframe, major_unit
from hedgerow.domain.market import Market
from hedgerow.domain.schemas import TABLES
from hedgerow.errors import DataError, DefinitionError, did_you_mean


class TestRegression:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("1m", 60), ("15M", 900), ("1h", 3600), ("1d", 86400), ("2w", 1209600)],
    )
    def test_timeframes_are_read(self, text: str, seconds: int) -> None:
        assert Timeframe.parse(text).seconds == seconds

    def test_bars_below_one_hour_are_partitioned_by_month(self) -> None:
        frame = pl.DataFrame({"t": [dt.datetime(2014, 3, 9, tzinfo=dt.UTC)]})
        assert frame.select(Timeframe.parse("30m").period(pl.col("t"))).item() == "2014-03"
        assert frame.select(Timeframe.parse("1h").period(pl.col("t"))).item() == "2014"

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("USD", ("USD", 1.0)),
            ("GBp", ("GBP", 0.01)),
            ("GBX", ("GBP", 0.01)),
            ("GBP", ("GBP", 1.0)),
        ],
    )
    def test_minor_units(self, code: str, expected: tuple[str, float]) -> None:
        assert major_unit(code) == expected

    def test_instrument_identity_is_symbol_and_exchange(self) -> None:
        assert Instrument.of("AAPL", exchange="XNAS").instrument_id == "AAPL.XNAS"


class TestProperties:
    @given(st.integers(1, 10_000), st.sampled_from("mhdw"))
    def test_a_timeframe_reads_back_from_its_code(self, count: int, unit: str) -> None:
        timeframe = Timeframe.parse(f"{count}{unit}")
        assert Timeframe.parse(timeframe.code) == timeframe

    @pytest.mark.parametrize("name", TABLES)
    def test_tables_name_a_key_and_describe_every_column(self, name: str) -> None:
        table = TABLES[name]
        assert table.key
        assert set(table.cluster_by) <= set(table.columns)
        for column, spec in table.schema.columns().items():
            if table.schema.__name__ != "Signals" or column != "signal":
                assert spec.metadata, f"{name}.{column} has no description"

    def test_market_of_frames_completes_what_is_missing(self) -> None:
        frame = pl.DataFrame(
            {"date": [dt.date(2024, 1, 3), dt.date(2024, 1, 2)], "close": [2.0, 1.0]}
        )
        bars = Market.from_frames(frame).bars.collect()
        assert bars["close"].to_list() == [1.0, 2.0]
        assert bars["split_ratio"].to_list() == [1.0, 1.0]
        assert bars["high"].null_count() == 2

    def test_cutting_a_market_cuts_its_contexts(self) -> None:
        days = pl.date_range(dt.date(2024, 1, 2), dt.date(2024, 1, 5), eager=True)
        frame = pl.DataFrame({"date": days, "close": [1.0, 2.0, 3.0, 4.0]})
        market = Market.from_frames(frame, context={"VIX": frame})
        cut = market.known_at(dt.datetime(2024, 1, 3, 21, tzinfo=dt.UTC))
        assert cut.bars.collect().height == 2
        # The VIX of the 3rd is published at 21:15.
        assert cut.context("VIX").collect().height == 1

    def test_a_series_is_known_by_the_length_of_its_own_bars(self) -> None:
        opened = dt.datetime(2024, 1, 3, 15, tzinfo=dt.UTC)
        minutes = [opened + dt.timedelta(minutes=m) for m in range(5)]
        hours = [opened + dt.timedelta(hours=h) for h in range(-1, 4)]
        market = Market.from_frames(
            pl.DataFrame({"timestamp": minutes, "close": [1.0] * 5}),
            timeframe="1m",
            context={"VIX": pl.DataFrame({"timestamp": hours, "close": [1.0] * 5})},
        )
        known = market.context("VIX").collect()["available_at"]
        assert known.to_list() == [hour + dt.timedelta(hours=1) for hour in hours]

    def test_new_york_indices_keep_their_calendar_beside_london_bars(self) -> None:
        frame = pl.DataFrame(
            {"date": [dt.date(2024, 1, 3), dt.date(2024, 1, 4)], "close": [1.0, 2.0]}
        )
        market = Market.from_frames(frame, calendar="XLON", context={"SPX": frame, "FTSE": frame})
        assert market.context("SPX").collect()["available_at"][0].hour == 21
        assert market.context("FTSE").collect()["available_at"][0].hour == 16


class TestValidation:
    @pytest.mark.parametrize("text", ["", "1", "0d", "1y", "-1h", "1.5h"])
    def test_unreadable_timeframes_are_refused(self, text: str) -> None:
        with pytest.raises(DefinitionError, match="timeframe"):
            Timeframe.parse(text)

    @pytest.mark.parametrize("code", ["", "US", "DOLLAR", "U5D"])
    def test_what_is_no_currency_is_refused(self, code: str) -> None:
        with pytest.raises(DataError, match="not a three-letter code"):
            major_unit(code)

    def test_bars_without_a_close_are_refused(self) -> None:
        with pytest.raises(DataError, match="bars need a close"):
            Market.from_frames(pl.DataFrame({"date": [dt.date(2024, 1, 2)]}))

    def test_bars_on_days_without_a_session_are_refused(self) -> None:
        days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 1, 15), eager=True)
        frame = pl.DataFrame({"date": days, "close": 1.0})
        with pytest.raises(
            DataError, match=r"XNYS has no session on 2024-01-01, .*calendar="
        ) as caught:
            Market.from_frames(frame)
        assert "2024-01-06" in str(caught.value)
        assert Market.from_frames(frame, calendar="24/7").bars.collect().height == 15

    def test_a_context_loses_its_days_without_a_session(self) -> None:
        days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 1, 3), eager=True)
        frame = pl.DataFrame({"date": days, "close": 1.0})
        market = Market.from_frames(frame.tail(2), context={"VIX": frame})
        assert market.context("VIX").collect()["session"].to_list() == list(days[1:])

    @pytest.mark.parametrize(
        ("name", "label", "said"),
        [
            ("date", "2024-01-02", r"'date' of the bars holds String.*str\.to_date\(\)"),
            ("timestamp", "2024-01-02 09:30", r"'timestamp' .*str\.to_datetime\(\)"),
            ("date", 20240102, "'date' of the bars holds Int64"),
        ],
    )
    def test_labels_that_are_no_dates_are_refused(
        self, name: str, label: object, said: str
    ) -> None:
        with pytest.raises(DataError, match=said):
            Market.from_frames(pl.DataFrame({name: [label], "close": [1.0]}))

    def test_hints_name_the_near_miss_or_the_choices(self) -> None:
        assert did_you_mean("sharp", ["sharpe", "calmar"]) == "Did you mean 'sharpe'?"
        assert did_you_mean("x", ["sharpe", "calmar"]) == "Valid: calmar, sharpe."
        assert did_you_mean("x", []) == ""
