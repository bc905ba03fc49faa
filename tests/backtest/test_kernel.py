"""The compiled simulation equals the plain one over the ledger."""

from __future__ import annotations

import inspect
import math
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.backtest.builders import FREE, SIZINGS, Scene, assert_same, panel, scene, signals

from hedgerow.backtest._kernels import _run
from hedgerow.backtest.reference import simulate_plainly
from hedgerow.backtest.rules import Rules
from hedgerow.backtest.simulate import simulate
from hedgerow.risk import EqualWeight, FixedFraction

# ------------------------------------------------------------------------------------ Properties

SCENES = st.builds(
    scene,
    seed=st.integers(0, 2**32 - 1),
    sizing=st.sampled_from(SIZINGS),
    whole_prices=st.booleans(),
    missing=st.sampled_from([0.0, 0.15, 0.5]),
    no_range=st.sampled_from([0.0, 0.2]),
    no_open=st.sampled_from([0.0, 0.2]),
    close_only=st.sampled_from([False, False, False, True]),
    events=st.sampled_from([0.0, 0.08]),
    busy=st.sampled_from([0.1, 0.4, 1.0]),
    unsure=st.booleans(),
    leaves=st.sampled_from([0.0, 0.1]),
)


@given(SCENES)
@settings(max_examples=500)
def test_equals_the_plain_simulation(made: Scene) -> None:
    fast = simulate(made.panel, made.signals, made.rules)
    assert_same(fast, simulate_plainly(made.panel, made.signals, made.rules))


@given(SCENES)
@settings(max_examples=60)
def test_account_adds_up(made: Scene) -> None:
    done = simulate(made.panel, made.signals, made.rules)
    np.testing.assert_allclose(done.equity, done.cash + done.net, rtol=0, atol=1e-6)
    assert np.all(done.gross >= np.abs(done.net) - 1e-9)
    # Every cent gained or lost belongs to a trade.
    assert done.equity[-1] == pytest.approx(
        made.rules.capital + done.trades["pnl"].sum(), rel=0, abs=1e-5
    )
    costs = done.commission + done.slippage + done.borrow
    assert done.trades["costs"].sum() == pytest.approx(costs, rel=0, abs=1e-5)


@given(SCENES)
@settings(max_examples=60)
def test_long_only_holds_no_short_and_owes_no_cash(made: Scene) -> None:
    if made.rules.both_sides:
        return
    done = simulate(made.panel, made.signals, made.rules)
    assert np.all(done.net >= -1e-9)
    # Only the commission of a sale can exceed what is at hand.
    assert np.all(done.cash >= -done.commission - 1e-6)
    if made.rules.costs == FREE:
        assert np.all(done.cash >= -1e-6)


@given(SCENES)
@settings(max_examples=50)
def test_the_future_changes_nothing(made: Scene) -> None:
    """What is decided and filled up to a bar is the same without the bars after it."""
    whole = simulate(made.panel, made.signals, made.rules)
    keep = max(1, made.panel.shape[0] // 2)
    cut = scene_until(made, keep)
    part = simulate(cut.panel, cut.signals, cut.rules)
    np.testing.assert_array_equal(part.equity, whole.equity[:keep])
    before = whole.fills.filter(whole.fills["bar"] < keep)
    assert part.fills.equals(before)


def scene_until(made: Scene, bars: int) -> Scene:
    def head(values: np.ndarray) -> np.ndarray:
        return values[:bars].copy() if values.shape[0] > 1 else values

    last = made.panel.event_start[bars]
    tables = ("open", "high", "low", "close", "sigma", "volume", "volatility")
    lists = ("event_instrument", "split_ratio", "dividend")
    cut_panel = type(made.panel)(
        **{
            **vars(made.panel),
            **{name: head(getattr(made.panel, name)) for name in tables},
            **{name: getattr(made.panel, name)[:last].copy() for name in lists},
            "event_start": made.panel.event_start[: bars + 1].copy(),
            "days": made.panel.days[:bars].copy(),
            "clock": made.panel.clock.head(bars),
        }
    )
    cut = type(made.signals)(**{name: head(value) for name, value in vars(made.signals).items()})
    return Scene(cut_panel, cut, made.rules)


# ------------------------------------------------------------------------------------ Regression


def test_lists_grow_where_they_are_full() -> None:
    """More fills and trades than the first lists hold: the run stops, grows them, goes on."""
    bars = 2_500
    closes = 100.0 + np.sin(np.arange(bars))
    made = panel(list(closes))
    turn = signals(made, [1 if bar % 2 == 0 else -1 for bar in range(bars)])
    rules = Rules(costs=FREE, both_sides=True)
    done = simulate(made, turn, rules)
    assert len(done.fills) == bars - 1
    assert len(done.trades) == bars - 1
    assert_same(done, simulate_plainly(made, turn, rules))


def test_same_run_twice_is_the_same_to_the_last_bit() -> None:
    rng = np.random.default_rng(3)
    made = panel(list(50 * np.exp(np.cumsum(rng.normal(0, 0.02, (500, 7)), axis=0))))
    given_signals = signals(made, list(rng.integers(-1, 2, (500, 7))), stop=0.05)
    rules = Rules(sizing=EqualWeight())
    first, again = (simulate(made, given_signals, rules) for _ in range(2))
    assert first.equity.tobytes() == again.equity.tobytes()
    assert first.fills.equals(again.fills)


def test_one_cell_says_what_a_full_table_says() -> None:
    rng = np.random.default_rng(5)
    closes = list(50 * np.exp(np.cumsum(rng.normal(0, 0.02, (60, 3)), axis=0)))
    made = panel(closes)
    side = list(rng.integers(-1, 2, (60, 3)))
    short = signals(made, side, stop=0.03, confidence=0.5)
    full = signals(made, side, stop=[[0.03] * 3] * 60, confidence=[[0.5] * 3] * 60)
    rules = Rules(sizing=FixedFraction(0.3), both_sides=True)
    assert simulate(made, short, rules).fills.equals(simulate(made, full, rules).fills)


def test_every_compiled_part_is_in_the_fingerprint() -> None:
    """A part changed in a file that is not in it would run as it was compiled before."""
    package = Path(_run.__file__).parent
    modules = [import_module(f"{_run.__package__}.{file.stem}") for file in package.glob("_*.py")]
    parts = {
        Path(inspect.getfile(part.py_func))
        for module in modules
        for part in vars(module).values()
        if hasattr(part, "py_func")
    }
    assert len(parts) > 5
    assert parts <= set(_run.sources())


def test_compiles_without_a_place_to_keep_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compiler(signature: object, *, cache: bool = False, **options: object) -> object:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(_run, "njit", compiler)
    assert _run._compile(abs) is abs
    assert asked == [True, False]


# ------------------------------------------------------------------------------------ Validation


def test_name_without_any_bar_is_left_alone() -> None:
    made = panel([[10.0, None], [11.0, None], [12.0, None]])
    done = simulate(made, signals(made, [[1, 0]] * 3), Rules(costs=FREE))
    assert done.fills["instrument"].to_list() == [0]
    assert math.isfinite(done.equity[-1])
