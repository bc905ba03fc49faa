"""No strategy sees the future, and a planted leak is caught."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import hedgerow as hr
from hedgerow.domain import sessions
from hedgerow.domain.market import Market
from hedgerow.features import Feature, close
from hedgerow.features.expression import Indicator
from hedgerow.research import check_lookahead
from hedgerow.strategies import Strategy, strategy_classes


def hourly_market(symbols: int = 3, count: int = 60, seed: int = 3) -> Market:
    """Hourly bars of a few symbols with a daily VIX and an hourly SPX."""
    random = np.random.default_rng(seed)
    days = sessions().filter(pl.col("session") >= dt.date(2024, 1, 2)).head(count)
    opens = days.select(
        timestamp=pl.concat_list(
            [pl.col("open") + pl.duration(hours=h) for h in range(7)]
        ).explode()
    )
    height = opens.height

    def walk(start: float) -> pl.DataFrame:
        path = start * np.exp(np.cumsum(random.normal(0, 0.01, height)))
        wide = np.abs(random.normal(0, 0.004, height))
        return opens.with_columns(
            open=pl.Series(path * (1 - wide / 3)),
            high=pl.Series(path * (1 + wide)),
            low=pl.Series(path * (1 - wide)),
            close=pl.Series(path),
            volume=pl.Series(random.lognormal(10, 1, height)),
        )

    bars = pl.concat(
        [walk(50.0 * (i + 1)).with_columns(symbol=pl.lit(f"S{i}")) for i in range(symbols)]
    )
    from hedgerow.domain.market import complete_bars
    from hedgerow.domain.timeframe import Timeframe

    vix = pl.DataFrame({"date": days["session"], "close": random.uniform(10, 40, days.height)})
    series = {
        "VIX": complete_bars(vix, Timeframe.parse("1d"), symbol="VIX"),
        "SPX": complete_bars(walk(4000.0), Timeframe.parse("1h"), symbol="SPX"),
    }
    market = Market.from_frames(bars, timeframe="1h")
    return Market(market.bars, market.timeframe, contexts=series.__getitem__)


class PeeksAtTheNextClose(Strategy):
    """Buys before a rise."""

    def features(self) -> dict[str, Feature]:
        return {"next": Indicator("next", (close,), lambda c: c.shift(-1) / c - 1, scale=0)}

    def signal(self) -> Feature:
        return hr.side(buy=hr.col("next") > 0, sell=hr.col("next") < 0)


class VetoesBeforeAFall(Strategy):
    """Always buys, but for bars before a fall, where it knows nothing."""

    def features(self) -> dict[str, Feature]:
        def fine(price: pl.Expr) -> pl.Expr:
            return pl.when(price.shift(-1) < price).then(None).otherwise(1.0)

        return {"fine": Indicator("fine", (close,), fine, scale=0)}

    def signal(self) -> Feature:
        return hr.side(buy=hr.col("fine") > 0, sell=hr.col("fine") < 0)


class ReadsTodaysVix(Strategy):
    """Trades on the VIX, given by a market that joined it on the date."""

    def features(self) -> dict[str, Feature]:
        return {"vix": hr.context("VIX")}

    def signal(self) -> Feature:
        return hr.side(buy=hr.col("vix") < 25, sell=hr.col("vix") > 25)


class TestRegression:
    @pytest.mark.parametrize("direction", ["long", "long_short"])
    @pytest.mark.parametrize("name", strategy_classes())
    def test_no_named_strategy_sees_the_future(self, name: str, direction: str) -> None:
        strategy = strategy_classes()[name](direction=direction)
        assert check_lookahead(strategy, hourly_market(), instants=10, seed=1) == []

    def test_a_shift_from_the_future_is_caught(self) -> None:
        leaks = check_lookahead(PeeksAtTheNextClose(), hourly_market(), instants=10, seed=1)
        assert "signal" in {leak.column for leak in leaks}

    def test_a_decision_that_the_future_takes_away_is_caught(self) -> None:
        leaks = check_lookahead(VetoesBeforeAFall(), hourly_market(), instants=20, seed=1)
        assert {leak.after for leak in leaks if leak.column == "signal"} == {1}

    def test_a_daily_vix_joined_to_an_hourly_bar_on_its_date_is_caught(self) -> None:
        honest = hourly_market()
        assert check_lookahead(ReadsTodaysVix(), honest, instants=20, seed=1) == []

        def leaky(as_of: dt.datetime | None) -> Market:
            cut = honest.known_at(as_of)
            # The fault to be found: the value of a session counts from its first minute.
            early = pl.col("session").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
            return Market(
                cut.bars,
                cut.timeframe,
                contexts=lambda name: cut.context(name).with_columns(available_at=early),
            )

        leaks = check_lookahead(ReadsTodaysVix(), leaky, instants=20, seed=1)
        assert leaks
        assert {leak.column for leak in leaks} == {"signal"}


class TestProperties:
    def test_workspace_cuts_are_clean_through_splits(self, sample: hr.Workspace) -> None:
        def at(as_of: dt.datetime | None) -> Market:
            return sample.market("AAPL MSFT", "2002", "2006", source="sample_ohlcv", as_of=as_of)

        for name in ("MeanReversion", "Momentum", "RsiReversion", "SmaCross"):
            assert check_lookahead(strategy_classes()[name](), at, instants=4, seed=2) == []
