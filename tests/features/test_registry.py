"""Registered features: found by name, listed with what they are, extended by others."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import NamedTuple

import pytest

from hedgerow.errors import DefinitionError
from hedgerow.features import (
    Feature,
    close,
    feature_entries,
    feature_entry,
    registered,
    registry,
    sma,
)

NAMES = [
    "atr",
    "bollinger",
    "cs_demean",
    "cs_rank",
    "cs_zscore",
    "ema",
    "lag",
    "macd",
    "pct_change",
    "realized_vol",
    "roc",
    "rolling_beta",
    "rolling_max",
    "rolling_min",
    "rolling_std",
    "rsi",
    "sma",
    "volume_ma",
    "volume_ratio",
    "zscore",
]


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", dict(registry._REGISTERED))


def gap(window: int = 5, of: Feature = close) -> Feature:
    """Distance from the average.

    The rest is detail.
    """
    return of / sma(window, of) - 1


# Regression ----------------------------------------------------------------------------------


def test_ours_are_all_there() -> None:
    assert list(feature_entries()) == NAMES


def test_an_entry_says_what_the_feature_is() -> None:
    entry = feature_entry("bollinger")

    assert entry.summary.startswith("Bollinger bands: a moving average")
    assert entry.parameters == "(window=20, width=2.0, of=close)"
    assert list(entry.outputs) == [
        "bollinger_lower",
        "bollinger_middle",
        "bollinger_upper",
        "bollinger_position",
        "bollinger_bandwidth",
    ]
    assert entry.kind == "per-symbol"
    assert entry.lookback == 19
    assert entry.fields == {"close"}


def test_kinds_and_fields() -> None:
    entries = feature_entries()

    assert {name for name in NAMES if entries[name].kind == "cross-section"} == {
        "cs_demean",
        "cs_rank",
        "cs_zscore",
    }
    assert entries["atr"].fields == {"high", "low", "close"}
    assert entries["volume_ratio"].fields == {"volume"}
    assert entries["rolling_beta"].parameters == "(window=60, of=close, market=SPX)"


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_has_a_summary_of_one_line(name: str) -> None:
    summary = feature_entry(name).summary

    assert summary.endswith(".")
    assert 20 < len(summary) < 90


# Adding one ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("own_registry")
def test_a_function_is_registered_under_its_name() -> None:
    assert registered(gap) is gap

    entry = feature_entry("gap")
    assert entry.summary == "Distance from the average."
    assert entry.lookback == 4


@pytest.mark.usefixtures("own_registry")
def test_a_named_tuple_gives_one_output_a_part() -> None:
    class Pair(NamedTuple):
        fast: Feature
        slow: Feature

    @registered
    def pair(window: int = 5) -> Pair:
        """Two averages."""
        return Pair(sma(window), sma(2 * window))

    assert list(feature_entry("pair").outputs) == ["pair_fast", "pair_slow"]


@pytest.mark.usefixtures("own_registry")
def test_running_a_cell_of_a_notebook_again_replaces_the_feature() -> None:
    for window in (5, 7):

        @registered
        def mine(bars: int = window) -> Feature:
            """Mine."""
            return sma(bars)

    assert feature_entry("mine").parameters == "(bars=7)"


# Validation ----------------------------------------------------------------------------------


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(DefinitionError, match=r"feature 'rsii' is not known\. Did you mean 'rsi'"):
        feature_entry("rsii")


@pytest.mark.usefixtures("own_registry")
def test_a_parameter_without_a_default_is_refused() -> None:
    def bare(window: int) -> Feature:
        return sma(window)

    with pytest.raises(DefinitionError, match="feature 'bare': parameter 'window' needs a default"):
        registered(bare)


@pytest.mark.usefixtures("own_registry")
def test_a_taken_name_is_refused() -> None:
    def other() -> Feature:
        return close

    other.__name__ = "rsi"

    with pytest.raises(DefinitionError, match=r"feature 'rsi' is defined twice, in .*momentum"):
        registered(other)


@pytest.mark.usefixtures("own_registry")
def test_a_function_that_gives_no_feature_is_refused() -> None:
    @registered
    def five() -> int:
        """Five."""
        return 5

    with pytest.raises(DefinitionError, match="feature 'five' gives 5: return a feature"):
        feature_entries()


@pytest.mark.usefixtures("own_registry")
def test_features_of_other_packages_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    _install(monkeypatch, EntryPoint("gap", f"{__name__}:gap", "hedgerow.features"))
    monkeypatch.setattr(EntryPoint, "load", lambda self: gap)

    assert feature_entry("gap").summary == "Distance from the average."


@pytest.mark.usefixtures("own_registry")
def test_a_broken_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _install(monkeypatch, EntryPoint("gap", "no_such_package:gap", "hedgerow.features"))

    with pytest.raises(DefinitionError, match="feature 'gap' of an installed package cannot be"):
        feature_entries()


def _install(monkeypatch: pytest.MonkeyPatch, point: EntryPoint) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
