"""Fewer points, the same extremes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings, strategies as st

from hedgerow.backtest.report.sparkline import HEIGHT, WIDTH, sparkline
from hedgerow.backtest.report.thinning import thin

# --------------------------------------------------------------------------------- Regression


def test_a_short_frame_is_left_alone():
    frame = pl.DataFrame({"a": [1.0, None, 3.0]})
    assert thin(frame, ["a"], 3) is frame


def test_a_single_spike_among_many_bars_survives():
    values = np.zeros(35_000)
    values[17_321] = -50.0
    few = thin(pl.DataFrame({"row": np.arange(35_000), "a": values}), ["a"], 200)
    assert few.filter(pl.col("a") == -50.0)["row"].to_list() == [17_321]


# --------------------------------------------------------------------------------- Properties

columns = st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=1, max_size=400)


@settings(max_examples=50)
@given(values=columns, rows=st.integers(8, 80), seed=st.integers(0, 1000))
def test_kept_rows_are_original_rows_in_order_with_every_extreme(values, rows, seed):
    other = np.random.default_rng(seed).normal(size=len(values))
    frame = pl.DataFrame(
        {"row": range(len(values)), "a": values, "b": other}, schema_overrides={"a": pl.Float64}
    )
    few = thin(frame, ["a", "b"], rows)
    assert few.height <= max(rows, 6)
    assert few["row"].is_sorted()
    assert few.equals(frame[few["row"].to_list()])
    assert (few["row"][0], few["row"][-1]) == (0, len(values) - 1)
    for column in ("a", "b"):
        assert few[column].min() == frame[column].min()
        assert few[column].max() == frame[column].max()


@settings(max_examples=50)
@given(values=columns, start=st.floats(-1e6, 1e6))
@example(values=[2.2250738585e-313], start=0.0)
def test_a_sparkline_stays_in_its_box(values, start):
    line = sparkline(pl.Series(values, dtype=pl.Float64), start)
    points = [tuple(map(float, point.split(","))) for point in line.points.split()]
    assert len(points) <= 120
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert 0 <= line.start <= HEIGHT


# --------------------------------------------------------------------------------- Validation


@pytest.mark.parametrize("values", [[], [None, None], [5.0]])
def test_a_sparkline_of_next_to_nothing_is_no_error(values):
    line = sparkline(pl.Series(values, dtype=pl.Float64), 5.0)
    assert line.points.count(",") == sum(value is not None for value in values)
