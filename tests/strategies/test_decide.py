"""Signals of a declaration, against plain loops and by hand."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

import hedgerow as hr
from hedgerow.domain.calendar import sessions
from hedgerow.domain.market import Market
from hedgerow.errors import DataError, DefinitionError
from hedgerow.features import Feature
from hedgerow.strategies import (
    BuyAndHold,
    MeanReversion,
    Momentum,
    NotRun,
    RsiReversion,
    SmaCross,
    Strategy,
    VixMomentum,
)


def days(count: int) -> pl.Series:
    known = sessions()["session"]
    return known.filter(known >= dt.date(2024, 1, 2)).head(count)


def market(closes: list[float], **more: list[float]) -> Market:
    frame = pl.DataFrame({"date": days(len(closes)), "close": closes, **more})
    return Market.from_frames(frame.with_columns(symbol=pl.lit("A")))


def signals(strategy: Strategy, on: Market) -> list[int | None]:
    return strategy.decide(on).frame["signal"].to_list()


class Rule(Strategy):
    """A rule given by the test."""

    made: Callable[[], Feature]
    needs: dict[str, Feature]

    def features(self) -> dict[str, Feature]:
        return self.needs

    def signal(self) -> Feature:
        return type(self).made()


def rule(made: Callable[[], Feature], **needs: Feature) -> Strategy:
    return type("Given", (Rule,), {"made": staticmethod(made), "needs": needs})()


class TestRegression:
    def test_sma_cross_follows_the_averages(self) -> None:
        closes = [1.0, 2.0, 3.0, 4.0, 5.0, 4.0, 3.0, 2.0, 1.0, 1.0]
        expected: list[int | None] = []
        for t in range(len(closes)):
            if t < 4:
                expected.append(None)
                continue
            fast, slow = sum(closes[t - 1 : t + 1]) / 2, sum(closes[t - 4 : t + 1]) / 5
            expected.append((fast > slow) - (fast < slow))
        assert signals(SmaCross(fast=2, slow=5), market(closes)) == expected

    def test_vix_band_widens_with_fear(self) -> None:
        # Five daily bars; the VIX known at each is the one of the session before.
        prices = [100.0, 101.0, 101.6, 101.0, 101.0]
        vix = [15.0, 15.0, 30.0, 30.0, 30.0]
        dates = days(5)
        frame = pl.DataFrame({"date": dates, "close": prices, "symbol": ["A"] * 5})
        context = {"VIX": pl.DataFrame({"date": dates, "close": vix})}
        made = signals(VixMomentum(), Market.from_frames(frame, context=context))
        # +1 % against 0.5 % buys; +0.594 % against 0.5 % buys, since the 30 is not yet known;
        # -0.59 % against 1 % keeps.
        assert made == [None, 1, 1, 0, 0]

    def test_both_conditions_cancel_and_unknown_stays_unknown(self) -> None:
        strategy = rule(
            lambda: hr.side(buy=hr.col("ratio") > 0, sell=hr.col("change") > 0),
            ratio=hr.close / hr.close,
            change=hr.pct_change(),
        )
        assert signals(strategy, market([1.0, 2.0, 1.0])) == [None, 0, 1]

    def test_any_number_is_a_signal_by_its_sign(self) -> None:
        strategy = rule(lambda: hr.col("change"), change=hr.pct_change())
        assert signals(strategy, market([1.0, 1.001, 1.0, 1.0])) == [None, 1, -1, 0]
        loud = rule(lambda: hr.col("change") * 10_000, change=hr.pct_change())
        assert signals(loud, market([1.0, 2.0, 1.0])) == [None, 1, -1]

    def test_exit_levels_are_fractions_of_the_price(self) -> None:
        count = 40
        closes = [100.0 + i % 3 for i in range(count)]
        on = market(closes, high=[c + 1 for c in closes], low=[c - 1 for c in closes])
        frame = MeanReversion(stop_atr=2.0).decide(on).frame
        last = frame.row(-1, named=True)
        assert 0.01 < last["stop"] < 0.1
        assert frame["exit_when"].null_count() == 0

    def test_history_before_the_start_feeds_the_look_back(self) -> None:
        closes = [float(i + 1) for i in range(10)]
        on = market(closes)
        later = Market(on.bars, on.timeframe, start=days(10)[6])
        frame = SmaCross(fast=2, slow=5).decide(later).frame
        assert frame.height == 4
        assert frame["signal"].to_list() == [1, 1, 1, 1]


class TestProperties:
    @pytest.mark.parametrize(
        "strategy", [MeanReversion(), Momentum(), RsiReversion(), SmaCross(), BuyAndHold()]
    )
    def test_scaling_all_prices_changes_no_signal(self, strategy: Strategy) -> None:
        closes = [100 + 20 * ((i * 7919) % 13 - 6) / 13 for i in range(160)]

        def scaled(by: float) -> Market:
            return market(
                [c * by for c in closes],
                high=[(c + 1) * by for c in closes],
                low=[(c - 1) * by for c in closes],
            )

        assert signals(strategy, scaled(1.0)) == signals(strategy, scaled(4.0))

    def test_what_a_series_lacks_is_said(self) -> None:
        decisions = MeanReversion().decide(market([1.0, 2.0, 3.0] * 20))
        assert [(e.symbol, e.reason) for e in decisions.not_run] == [("A", "needs high/low")]
        assert decisions.frame.is_empty()

    def test_too_short_a_series_is_said(self) -> None:
        decisions = SmaCross().decide(market([1.0] * 30))
        assert decisions.not_run[0].reason == "needs 100 bars, has 30"

    def test_a_context_without_values_is_said(self) -> None:
        dates = days(30)
        frame = pl.DataFrame({"date": dates, "close": [1.0] * 30, "symbol": ["A"] * 30})
        late = pl.DataFrame({"date": [dt.date(2025, 6, 2)], "close": [15.0]})
        decisions = VixMomentum().decide(Market.from_frames(frame, context={"VIX": late}))
        assert decisions.not_run[0].reason == "needs VIX in these sessions"


class TestValidation:
    def test_a_signal_that_looks_back_is_refused(self) -> None:
        strategy = rule(lambda: hr.side(buy=hr.sma(2) > hr.sma(5), sell=hr.sma(2) < hr.sma(5)))
        with pytest.raises(
            DefinitionError, match=r"looks back through sma.*declare it in features"
        ):
            strategy.decide(market([1.0, 2.0]))

    def test_an_undeclared_feature_gets_a_hint(self) -> None:
        strategy = rule(lambda: hr.col("fats") > 0, fast=hr.pct_change())
        with pytest.raises(DefinitionError, match="Did you mean 'fast'"):
            strategy.decide(market([1.0, 2.0]))

    @pytest.mark.parametrize(
        "made",
        [
            lambda: hr.side(buy=hr.col("close") < 5, sell=hr.col("close") > 10),
            lambda: hr.side(buy=hr.col("average") < 5, sell=hr.col("average") > 10),
            lambda: hr.side(buy=hr.col("volume") > 1_000_000, sell=hr.col("volume") < 5),
            lambda: hr.col("close"),
        ],
    )
    def test_a_rule_on_the_level_of_restated_prices_is_refused(
        self, made: Callable[[], Feature]
    ) -> None:
        strategy = rule(made, average=hr.sma(2))
        with pytest.raises(DefinitionError, match=r"later split would change|not a pure number"):
            strategy.decide(market([1.0, 2.0, 3.0]))

    def test_a_rule_on_the_price_that_traded_is_allowed(self) -> None:
        strategy = rule(lambda: hr.side(buy=hr.raw("close") < 2, sell=hr.raw("close") > 2))
        assert signals(strategy, market([1.0, 2.0, 3.0])) == [1, 0, -1]

    def test_truth_of_a_condition_is_refused(self) -> None:
        strategy = rule(lambda: (hr.col("close") > 0) and (hr.col("close") < 0))
        with pytest.raises(DefinitionError, match="combine conditions with &"):
            strategy.decide(market([1.0]))

    @pytest.mark.parametrize("stop", [0, -0.1, 1.0, 5])
    def test_a_stop_must_be_a_fraction(self, stop: float) -> None:
        with pytest.raises(DefinitionError, match="exit stop"):
            hr.Exits(stop=stop)


class Renamed(Strategy):
    """Reads an average of fifty bars."""

    def features(self) -> dict[str, Feature]:
        return {"average": hr.sma(50)}

    def signal(self) -> Feature:
        above = hr.col("close") > hr.col("average")
        return hr.side(buy=above, sell=~above)


def renamed_market() -> Market:
    """Sixty bars of one instrument, the last eleven under another ticker, and a short one."""
    frame = pl.DataFrame(
        {
            "date": days(60),
            "close": [100.0 + i % 7 for i in range(60)],
            "instrument_id": ["FB.XNAS"] * 60,
            "symbol": ["FB"] * 49 + ["META"] * 11,
        }
    )
    short = frame.head(10).with_columns(instrument_id=pl.lit("X.XNAS"), symbol=pl.lit("FB"))
    return Market.from_frames(pl.concat([frame, short]))


class TestChangeOfTicker:
    def test_an_instrument_keeps_its_history_under_a_new_ticker(self) -> None:
        decisions = Renamed().decide(renamed_market())
        assert decisions.not_run == (NotRun("FB", "needs 50 bars, has 10", "X.XNAS"),)
        assert decisions.frame.height == 60
        assert decisions.frame["signal"].is_not_null().sum() == 11

    def test_it_is_traded_through_the_change(self) -> None:
        result = hr.backtest(Renamed(), renamed_market())
        assert [entry.instrument_id for entry in result.not_run] == ["X.XNAS"]

    def test_what_lacks_a_field_is_shown_under_its_last_ticker(self) -> None:
        decisions = MeanReversion().decide(renamed_market())
        assert [(e.symbol, e.instrument_id) for e in decisions.not_run] == [
            ("FB", "X.XNAS"),
            ("META", "FB.XNAS"),
        ]


def broken(method: str, answer: Callable[[Strategy], object]) -> Strategy:
    return type("Broken", (Renamed,), {method: answer})()


class TestMistakes:
    @pytest.mark.parametrize(
        ("method", "answer", "said"),
        [
            (
                "features",
                lambda _: {"z": hr.zscor(5)},  # type: ignore[attr-defined]
                r"Broken\.features\(\): AttributeError: .*zscor.* \(test_decide\.py line \d+\)",
            ),
            ("features", lambda _: {"a": 3}, r"features\(\): 'a' is 3, not a feature"),
            ("features", lambda _: hr.sma(5), r"features\(\) returned .*: return a dict"),
            ("signal", lambda _: None, r"signal\(\) returned None: return hr\.side"),
            ("signal", lambda _: sys.exit(1), r"signal\(\): SystemExit: 1"),
            ("exits", lambda _: {"stop": 0.1}, r"exits\(\) returned .*: return hr\.Exits"),
            ("exits", lambda _: hr.Exits(stop="5%"), r"exits\(\): TypeError"),  # type: ignore[arg-type]
            ("exits", lambda _: hr.Exits(exit_when=True), r"exit_when is True"),  # type: ignore[arg-type]
            ("confidence", lambda _: 0.5, r"confidence\(\) returned 0\.5: return a feature"),
        ],
    )
    def test_a_mistake_is_one_line_that_names_the_method(
        self, method: str, answer: Callable[[Strategy], object], said: str
    ) -> None:
        with pytest.raises(DefinitionError, match=said) as caught:
            broken(method, answer).decide(market([1.0, 2.0]))
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("error", [DataError, DefinitionError])
    def test_an_absent_table_is_not_run(self, error: type[Exception]) -> None:
        def load(name: str) -> pl.LazyFrame:
            raise error(name)

        strategy = rule(lambda: hr.col("mood") > 0, mood=hr.table("nope", "mood"))
        decisions = strategy.decide(replace(market([1.0, 2.0]), tables=load))
        assert decisions.not_run == (NotRun("A", "needs table nope", "A"),)
        assert decisions.frame.is_empty()
