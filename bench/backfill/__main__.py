"""``python -m bench.backfill``: bars fetched, checked and stored in a second, beside a peer."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.backfill.contender import CONTENDERS
from bench.backfill.server import minute_starts
from bench.report import machine, versions

ROOT = Path(__file__).parents[2]
TARGET = 5.0

WHAT = {
    "hedgerow": "hedgerow: `ws.fetch_bars`, every row checked, merged by key into the lake",
    "massive": "`massive` client, pandas, `to_parquet`: nothing checked, nothing merged",
}


def main() -> None:
    """Measure, save and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.backfill", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender")
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--bars", type=int, default=100_000, help="minute bars of each symbol")
    parser.add_argument("--folder", type=Path, default=ROOT / ".cache" / "bench" / "backfill")
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    asked = parser.parse_args()
    load_before = os.getloadavg()[0]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with vendor(asked.bars) as url:
        for turn in range(asked.rounds):
            order = list(CONTENDERS) if turn % 2 == 0 else list(reversed(CONTENDERS))
            for name in order:
                taken = run_one(name, url, asked.symbols, asked.bars, asked.folder / name)
                assert taken["rows"] == asked.symbols * asked.bars, f"{name}: rows are missing"
                runs[name].append(taken)
                print(f"round {turn + 1} {name:<9} {taken['seconds']:6.2f} s")
    found = results(asked.symbols, asked.bars, runs, load_before)
    text = table(found)
    for suffix, content in (("json", json.dumps(found, indent=2) + "\n"), ("md", text)):
        (asked.results / f"backfill.{suffix}").write_text(content, encoding="utf-8")
    print(f"\n{text}")


@contextmanager
def vendor(bars: int) -> Iterator[str]:
    """Address of the vendor while it runs."""
    command = [sys.executable, "-m", "bench.backfill.server", str(bars)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.communicate()


def run_one(name: str, url: str, symbols: int, bars: int, folder: Path) -> dict[str, float]:
    """Run a contender in a fresh process, from an empty folder and a settled disk."""
    shutil.rmtree(folder, ignore_errors=True)
    os.sync()
    last = dt.datetime.fromtimestamp(minute_starts(bars)[-1] / 1000, dt.UTC).date().isoformat()
    words = [name, url, str(symbols), last, str(folder)]
    command = [sys.executable, "-m", "bench.backfill.contender", *words]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    shutil.rmtree(folder, ignore_errors=True)
    taken: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return taken


def results(
    symbols: int, bars: int, runs: dict[str, list[dict[str, float]]], load_before: float
) -> dict[str, Any]:
    """Everything that was measured, and on what."""
    rows = symbols * bars
    median = {
        name: statistics.median(run["seconds"] for run in taken) for name, taken in runs.items()
    }
    return {
        "job": "fetch minute bars from a vendor over HTTP on the loopback and store them",
        "symbols": symbols,
        "rows": rows,
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "machine": machine(),
        "load_before": round(load_before, 2),
        "versions": versions() | {"massive": _version("massive")},
        "contenders": {
            name: {
                "median_seconds": round(median[name], 2),
                "rows_per_second": round(rows / median[name]),
                "peak_mib": round(max(run["peak_mib"] for run in taken)),
                "seconds": [round(run["seconds"], 2) for run in taken],
                "cpu_seconds": [round(run["cpu_seconds"], 2) for run in taken],
            }
            for name, taken in runs.items()
        },
        "ratio": round(median["massive"] / median["hedgerow"], 2),
        "target": f">= {TARGET:g}",
    }


def table(found: dict[str, Any]) -> str:
    """The results for people."""
    where = found["machine"]
    lines = [
        "# Backfill: five million minute bars",
        "",
        (
            f"{found['symbols']} symbols, {found['rows']:,} bars, {found['date']}, "
            f"{where['processor']}, {where['cores']} cores, {where['memory_gib']} GiB; "
            f"load before: {found['load_before']}"
        ),
        "",
        "| contender | median | bars a second | peak memory |",
        "|---|---:|---:|---:|",
    ]
    lines += [
        f"| {WHAT[name]} | {run['median_seconds']:.2f} s | {run['rows_per_second']:,} "
        f"| {run['peak_mib']:,} MiB |"
        for name, run in found["contenders"].items()
    ]
    packages = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    return "\n".join(
        [*lines, "", f"Ratio: {found['ratio']}× (target {found['target']}).", "", packages, ""]
    )


def _version(name: str) -> str:
    from importlib.metadata import version

    return version(name)


if __name__ == "__main__":
    main()
