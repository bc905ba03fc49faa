"""The reference job, side by side: product, pandas and the I/O floor, alternating."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
from bench.contender import CONTENDERS, Inputs
from polars.testing import assert_frame_equal

ROOT = Path(__file__).parents[1]
TOLERANCE = 1e-9

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How large the job is; 419 symbols of 28,048 hourly bars is the reference."""

    symbols: int = 419
    bars: int = 28_048

    @property
    def rows(self) -> int:
        """Bars of all symbols."""
        return self.symbols * self.bars


@dataclass
class Runs:
    """Measurements of one contender, one entry a round."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_mib: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median seconds."""
        return statistics.median(self.seconds)


def measure(size: Size, rounds: int, compression: str, folder: Path, say: Say) -> dict[str, Runs]:
    """Run every contender in turn, as often as asked, each in a fresh process.

    Parameters
    ----------
    size
        Symbols and bars.
    rounds
        How often; the order changes from round to round.
    compression
        Codec that all of them write.
    folder
        Where input and output lie; the input is kept for the next time.
    say
        Called with a line after each run.

    Returns
    -------
    dict[str, Runs]
        By contender.
    """
    inputs = prepare(size, compression, folder)
    run_one("hedgerow", replace(inputs, out_dir=inputs.computed))
    peer = replace(inputs, out_dir=inputs.out_dir.with_name("pandas"))
    run_one("pandas", peer)
    compare(inputs.computed, peer.out_dir)
    shutil.rmtree(peer.out_dir)
    say(f"warmed up; both gave the same {size.symbols} files (numbers to {TOLERANCE:g})")
    runs = {name: Runs() for name in CONTENDERS}
    names = list(CONTENDERS)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            taken = run_one(name, inputs)
            runs[name].seconds.append(taken["seconds"])
            runs[name].cpu_seconds.append(taken["cpu_seconds"])
            runs[name].peak_mib.append(taken["peak_mib"])
            say(f"round {turn + 1} {name:<9} {taken['seconds']:6.2f} s")
    shutil.rmtree(inputs.out_dir.parent)
    return runs


def prepare(size: Size, compression: str, folder: Path) -> Inputs:
    """Synthetic input of a size, made once, in a process of its own."""
    data = folder / f"{size.symbols}x{size.bars}"
    if not (data / "spx_hourly.parquet").exists():
        code = (
            "import sys; from hedgerow.sources.synthetic import SyntheticMarket; "
            "SyntheticMarket(symbols=int(sys.argv[1]), bars=int(sys.argv[2]), timeframe='1h', "
            "bars_per_session=8).export(sys.argv[3])"
        )
        words = [str(size.symbols), str(size.bars), str(data)]
        subprocess.run([sys.executable, "-c", code, *words], check=True, cwd=ROOT)
    return Inputs(
        holdings=data / "spx_holdings_hourly.parquet",
        vix=data / "vix_hourly.parquet",
        spx=data / "spx_hourly.parquet",
        out_dir=folder / "output" / "measured",
        computed=folder / "output" / "computed",
        compression=compression,
    )


def run_one(name: str, inputs: Inputs) -> dict[str, float]:
    """Run a contender in a fresh process, from an empty output folder and a settled disk."""
    shutil.rmtree(inputs.out_dir, ignore_errors=True)
    os.sync()
    command = [sys.executable, "-m", "bench.contender", name, *inputs.arguments()]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    taken: dict[str, float] = json.loads(done.stdout)
    return taken


def compare(ours: Path, theirs: Path) -> None:
    """Assert that two folders hold the same files with the same values."""
    names = sorted(path.name for path in ours.iterdir())
    assert names == sorted(path.name for path in theirs.iterdir()), "different files"
    for name in names:
        assert_frame_equal(
            pl.read_parquet(ours / name),
            pl.read_parquet(theirs / name).with_columns(pl.selectors.float().fill_nan(None)),
            check_dtypes=False,
            rel_tol=TOLERANCE,
            abs_tol=TOLERANCE,
        )
