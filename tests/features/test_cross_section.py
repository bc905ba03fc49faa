"""Cross-sections: each instant by itself, unknown values left out."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import hypothesis.strategies as st
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from tests.features.builders import frame, market, of_frame

from hedgerow.features import Feature, close, compute, cs_demean, cs_rank, cs_zscore, open_, sma
from hedgerow.features.indicators import cs_rank as same_cs_rank

# A pure number that a test can set freely.
NUMBER = close / open_

values = st.sampled_from([-0.02, -0.01, 0.0, 0.01, 0.03]) | st.none()
tables = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.lists(values, min_size=n, max_size=n), min_size=1, max_size=6)
)


def _panel(rows: list[list[float | None]], feature: Feature) -> list[list[float | None]]:
    """Value by instant and instrument; each column of ``rows`` is one instrument."""
    columns = list(zip(*rows, strict=True))
    bars = market(
        {f"S{i}": {"close": list(c), "open": [1.0] * len(c)} for i, c in enumerate(columns)}
    )
    made = compute(bars, {"value": feature}).collect()
    by_instrument = [
        part["value"].to_list() for part in made.partition_by("symbol", maintain_order=True)
    ]
    return [list(row) for row in zip(*by_instrument, strict=True)]


# Regression ----------------------------------------------------------------------------------


def test_small_table() -> None:
    rows = [[0.02, -0.01, 0.0, None], [0.5, 0.5, 0.1, 0.7]]

    assert _panel(rows, cs_rank(NUMBER)) == [
        pytest.approx([1.0, 1 / 3, 2 / 3, None]),
        pytest.approx([0.625, 0.625, 0.25, 1.0]),
    ]
    assert _panel(rows, cs_demean(NUMBER))[0][:3] == pytest.approx([0.05 / 3, -0.04 / 3, -0.01 / 3])
    assert _panel([[0.03, 0.01, 0.02]], cs_zscore(NUMBER))[0] == pytest.approx([1.0, -1.0, 0.0])


@given(tables)
def test_equals_pandas(rows: list[list[float | None]]) -> None:
    panel = pd.DataFrame(rows, dtype=float)
    centred = panel.sub(panel.mean(axis=1), axis=0)
    spread = panel.std(axis=1).where(panel.max(axis=1) > panel.min(axis=1))
    for feature, expected in (
        (cs_rank(NUMBER), panel.rank(axis=1, pct=True)),
        (cs_demean(NUMBER), centred),
        (cs_zscore(NUMBER), centred.div(spread, axis=0)),
    ):
        ours = pd.DataFrame(_panel(rows, feature), dtype=float)
        pd.testing.assert_frame_equal(ours, expected, rtol=1e-9, atol=1e-12, check_names=False)


# Properties ----------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [cs_rank, cs_zscore, cs_demean])
@given(rows=tables)
def test_instants_are_independent(build, rows: list[list[float | None]]) -> None:
    together = _panel(rows, build(NUMBER))

    assert together == [_panel([row], build(NUMBER))[0] for row in rows]


def test_one_instrument_alone() -> None:
    assert _panel([[0.5]], cs_rank(NUMBER)) == [[1.0]]
    assert _panel([[0.5]], cs_demean(NUMBER)) == [[0.0]]
    assert _panel([[0.5]], cs_zscore(NUMBER)) == [[None]]


def test_equal_values() -> None:
    assert _panel([[0.1] * 3], cs_rank(NUMBER)) == [pytest.approx([2 / 3] * 3)]
    assert _panel([[0.1] * 3], cs_zscore(NUMBER)) == [[None] * 3]


def test_an_unknown_value_counts_for_nobody() -> None:
    assert _panel([[0.2, None, 0.1]], cs_rank(NUMBER)) == [[1.0, None, 0.5]]


def test_windows_over_ranks_and_ranks_over_windows() -> None:
    rows = [[1.0, 2.0], [3.0, 1.0], [3.0, 4.0]]

    assert _panel(rows, sma(2, cs_rank(NUMBER))) == [[None, None], [0.75, 0.75], [0.75, 0.75]]
    assert _panel(rows, cs_rank(sma(2, NUMBER))) == [[None, None], [1.0, 0.5], [1.0, 0.5]]


def test_an_exchange_that_closes_earlier_does_not_see_the_later_one() -> None:
    """Both daily bars carry the same label, but London's is known hours before New York's."""
    early = frame("LSE", {"close": [0.5], "open": [1.0]})
    bars = pl.concat(
        [
            early.with_columns(available_at=pl.col("available_at") - dt.timedelta(hours=5)),
            frame("NYSE", {"close": [0.9], "open": [1.0]}),
        ]
    )

    made = compute(of_frame(bars), {"rank": cs_rank(NUMBER)}).collect()

    assert made["rank"].to_list() == [1.0, 1.0]


def test_is_public() -> None:
    assert same_cs_rank is cs_rank


_HASH = """
import datetime as dt, hashlib
import numpy as np, polars as pl
import hedgerow as hr
from hedgerow.domain import sessions

days = sessions()["session"].filter(sessions()["session"] >= dt.date(2020, 1, 2)).head(100)
moves = np.random.default_rng(0).normal(0, 0.01, (300, 100))
frame = pl.DataFrame(
    {
        "symbol": np.repeat([f"S{k:04d}" for k in range(300)], 100),
        "date": list(days) * 300,
        "close": 100 * np.exp(np.cumsum(moves, axis=1)).ravel(),
    }
)
wanted = {"z": hr.cs_zscore(), "d": hr.cs_demean(), "r": hr.cs_rank()}
made = hr.compute(hr.Market.from_frames(frame), wanted).select(*wanted).collect()
parts = [made[name].fill_null(-9.0).to_numpy().tobytes() for name in wanted]
print(hashlib.sha256(b"".join(parts)).hexdigest())
"""


def test_values_are_the_same_bytes_at_any_number_of_threads() -> None:
    hashes = {
        subprocess.run(
            [sys.executable, "-c", _HASH],
            env={**os.environ, "POLARS_MAX_THREADS": str(threads)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in (1, 8, 8)
    }
    assert len(hashes) == 1
