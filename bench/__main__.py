"""``python -m bench``: measure the reference job and write the results."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from bench.reference_job import Size, measure
from bench.report import results, save, table

HERE = Path(__file__).parent


def main() -> None:
    """Measure, save and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each contender")
    parser.add_argument("--symbols", type=int, default=Size.symbols)
    parser.add_argument("--bars", type=int, default=Size.bars, help="hourly bars of each symbol")
    parser.add_argument(
        "--compression", choices=["snappy", "zstd", "lz4", "none"], default="snappy"
    )
    parser.add_argument("--data", type=Path, default=HERE.parent / ".cache" / "bench")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    asked = parser.parse_args()
    size = Size(asked.symbols, asked.bars)
    load_before = os.getloadavg()[0]
    runs = measure(size, asked.rounds, asked.compression, asked.data, print)
    found = results(size, asked.compression, runs, load_before)
    text = table(found, runs)
    files = save(asked.results, found, text)
    print(f"\n{text}\nWritten to {' and '.join(str(path) for path in files)}")


if __name__ == "__main__":
    main()
