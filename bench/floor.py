"""The floor: Polars reads the same input and writes the same output, and computes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl


def load(folder: Path) -> dict[str, pl.DataFrame]:
    """The output frames by file name, computed before."""
    return {path.name: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


def run(
    holdings: Path,
    vix: Path,
    spx: Path,
    out_dir: Path,
    compression: str,
    frames: Mapping[str, pl.DataFrame],
) -> None:
    """Read the columns that the job reads, write the frames at hand on every core."""
    out_dir.mkdir(parents=True, exist_ok=True)
    pl.read_parquet(holdings, columns=["symbol", "timestamp", "close"])
    for series in (vix, spx):
        pl.read_parquet(series, columns=["timestamp", "close"])
    codec = "uncompressed" if compression == "none" else compression

    def write(name: str) -> None:
        frames[name].write_parquet(out_dir / name, compression=codec)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(write, frames))
