"""Restating prices for splits and dividends."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, strategies as st

from hedgerow.domain import Adjust
from hedgerow.workspace.adjust import adjusted, event_columns, price_factors

NO_SPLITS = pl.DataFrame(
    schema={"instrument_id": pl.String, "ex_date": pl.Date, "ratio": pl.Float64}
)
NO_DIVIDENDS = NO_SPLITS.rename({"ratio": "amount"})


def bars(closes: list[float], *, adjustment: str = "raw", identity: str = "A") -> pl.DataFrame:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(len(closes))]
    frame = pl.DataFrame({"session": days, "close": closes})
    return frame.select(
        instrument_id=pl.lit(identity),
        session="session",
        timestamp=pl.col("session").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        open="close",
        high="close",
        low="close",
        close="close",
        vwap=pl.lit(None, dtype=pl.Float64),
        volume=pl.lit(100.0),
        adjustment=pl.lit(adjustment),
    )


def actions(column: str, *events: tuple[str, float], identity: str = "A") -> pl.DataFrame:
    schema = {"ex_date": pl.Date, column: pl.Float64}
    rows = [(dt.date.fromisoformat(day), value) for day, value in events]
    return pl.DataFrame(rows, schema=schema, orient="row").select(
        instrument_id=pl.lit(identity), ex_date="ex_date", **{column: pl.col(column)}
    )


def restate(
    frame: pl.DataFrame, splits: pl.DataFrame, dividends: pl.DataFrame, adjust: Adjust
) -> pl.DataFrame:
    return adjusted(price_factors(frame.lazy(), frame.lazy(), splits, dividends, adjust)).collect()


class TestRegression:
    def test_split_divides_what_came_before_its_ex_date(self) -> None:
        splits = actions("ratio", ("2024-01-03", 2.0))
        made = restate(bars([10.0, 12.0, 6.0, 7.0]), splits, NO_DIVIDENDS, Adjust.SPLITS)
        assert made["close"].to_list() == [5.0, 6.0, 6.0, 7.0]
        assert made["volume"].to_list() == [200.0, 200.0, 100.0, 100.0]

    def test_dividend_factor_uses_the_close_of_the_ex_date(self) -> None:
        dividends = actions("amount", ("2024-01-02", 1.0))
        made = restate(bars([10.0, 9.0, 9.0]), NO_SPLITS, dividends, Adjust.TOTAL)
        assert made["close"].to_list() == [pytest.approx(9.0), 9.0, 9.0]
        assert made["volume"].to_list() == [100.0] * 3

    def test_dividends_do_not_move_split_adjusted_prices(self) -> None:
        dividends = actions("amount", ("2024-01-02", 1.0))
        made = restate(bars([10.0, 9.0]), NO_SPLITS, dividends, Adjust.SPLITS)
        assert made["close"].to_list() == [10.0, 9.0]

    def test_events_fall_on_the_first_bar_at_or_after_their_ex_date(self) -> None:
        gap = bars([10.0, 10.0, 10.0, 5.0]).filter(pl.col("session") != dt.date(2024, 1, 3))
        splits = actions("ratio", ("2024-01-03", 2.0))
        dividends = actions("amount", ("2024-01-02", 0.5), ("2024-01-03", 0.25))
        made = event_columns(gap.lazy(), splits, dividends).collect()
        assert made["split_ratio"].to_list() == [1.0, 1.0, 2.0]
        assert made["dividend"].to_list() == [0.0, 0.5, 0.25]

    @pytest.mark.parametrize("symbol", ["AAPL", "GOOGL"])
    def test_published_adjusted_closes_are_reproduced(self, shared_data: Path, symbol: str) -> None:
        path = shared_data / "corporate_actions" / "quandl_wiki" / f"WIKI-{symbol}.csv"
        wiki = pl.read_csv(path, try_parse_dates=True, infer_schema_length=None).sort("Date")
        frame = wiki.select(
            instrument_id=pl.lit("A"),
            session="Date",
            timestamp=pl.col("Date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            open="Open",
            high="High",
            low="Low",
            close="Close",
            vwap=pl.lit(None, dtype=pl.Float64),
            volume=pl.col("Volume").cast(pl.Float64),
            adjustment=pl.lit("raw"),
        )
        of = pl.lit("A").alias("instrument_id")
        splits = wiki.filter(pl.col("Split Ratio") != 1).select(
            of, ex_date="Date", ratio="Split Ratio"
        )
        dividends = wiki.filter(pl.col("Ex-Dividend") != 0).select(
            of, ex_date="Date", amount=pl.col("Ex-Dividend").cast(pl.Float64)
        )
        made = restate(frame, splits, dividends, Adjust.TOTAL)
        apart = (made["close"] / wiki["Adj. Close"] - 1).abs().max()
        assert apart is not None
        assert apart < 1e-12


class TestProperties:
    @given(
        st.lists(st.floats(1, 1000), min_size=3, max_size=12),
        st.integers(1, 11),
        st.sampled_from([0.1, 0.5, 2.0, 3.0, 7.0]),
    )
    def test_returns_across_a_split_are_those_of_a_holder(
        self, closes: list[float], at: int, ratio: float
    ) -> None:
        at = min(at, len(closes) - 1)
        traded = [c if i < at else c / ratio for i, c in enumerate(closes)]
        ex_date = (dt.date(2024, 1, 1) + dt.timedelta(days=at)).isoformat()
        splits = actions("ratio", (ex_date, ratio))
        made = restate(bars(traded), splits, NO_DIVIDENDS, Adjust.SPLITS)["close"]
        expected = [b / a for a, b in itertools.pairwise(closes)]
        got = (made / made.shift(1)).drop_nulls().to_list()
        assert got == pytest.approx(expected, rel=1e-12)

    def test_bars_that_their_vendor_adjusted_are_left_alone(self) -> None:
        splits = actions("ratio", ("2024-01-02", 2.0))
        total = bars([10.0, 11.0], adjustment="total")
        assert restate(total, splits, NO_DIVIDENDS, Adjust.SPLITS)["close"].to_list() == [
            10.0,
            11.0,
        ]
        events = event_columns(total.lazy(), splits, NO_DIVIDENDS).collect()
        assert events["split_ratio"].to_list() == [1.0, 1.0]

    def test_actions_of_one_instrument_do_not_touch_another(self) -> None:
        both = pl.concat([bars([10.0, 5.0]), bars([8.0, 9.0], identity="B")])
        splits = actions("ratio", ("2024-01-02", 2.0))
        made = restate(both, splits, NO_DIVIDENDS, Adjust.SPLITS)
        assert made["close"].to_list() == [5.0, 5.0, 8.0, 9.0]
