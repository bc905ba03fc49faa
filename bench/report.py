"""Results of the reference job as JSON, as a table for people, and as lines on the screen."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.reference_job import Runs, Size

PACKAGES = ("hedgerow", "polars", "pyarrow", "pandas", "numpy")

# What the product promises: see the issue of the foundation.
FASTER_THAN_PANDAS = 6.0
OF_THE_FLOOR = 1.5
PEAK_MIB = 3 * 1024

WHAT = {
    "hedgerow": "hedgerow: `analyze_files`",
    "pandas": "pandas, symbol by symbol",
    "floor": "I/O floor: Polars reads and writes, computes nothing",
}


def results(
    size: Size, compression: str, runs: Mapping[str, Runs], load_before: float
) -> dict[str, object]:
    """Everything that was measured, on what, and how busy it was before."""
    ours, pandas, floor = (runs[name].median for name in ("hedgerow", "pandas", "floor"))
    return {
        "job": "read, join VIX and SPX by the clock, analyse, write one Parquet file per symbol",
        "symbols": size.symbols,
        "bars_per_symbol": size.bars,
        "rows": size.rows,
        "compression": compression,
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "machine": machine(),
        "load_before": round(load_before, 2),
        "versions": versions(),
        "contenders": {
            name: {
                "median_seconds": round(run.median, 3),
                "best_seconds": round(min(run.seconds), 3),
                "seconds": [round(value, 3) for value in run.seconds],
                "cpu_seconds": [round(value, 3) for value in run.cpu_seconds],
                "peak_mib": round(max(run.peak_mib)),
            }
            for name, run in runs.items()
        },
        "ratios": {
            "pandas_over_hedgerow": round(pandas / ours, 2),
            "hedgerow_over_floor": round(ours / floor, 2),
        },
        "targets": {
            "pandas_over_hedgerow": f">= {FASTER_THAN_PANDAS:g}",
            "hedgerow_over_floor": f"<= {OF_THE_FLOOR:g}",
            "hedgerow_peak_mib": f"< {PEAK_MIB}",
        },
    }


def machine() -> dict[str, object]:
    """Processor, cores and memory."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3, 1),
    }


def versions() -> dict[str, str]:
    """Python and the packages that take part."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "from source"
    return found


def table(found: Mapping[str, object], runs: Mapping[str, Runs]) -> str:
    """The results as Markdown."""
    ours = runs["hedgerow"]
    rows = [
        f"| {WHAT[name]} | {run.median:.2f} | {min(run.seconds):.2f} to {max(run.seconds):.2f} "
        f"| {run.median / ours.median:.2f} | {max(run.peak_mib):,.0f} |"
        for name, run in runs.items()
    ]
    rounds = len(ours.seconds)
    size = f"{found['symbols']} symbols × {found['bars_per_symbol']:,} hourly bars"
    how = f"Median of {rounds} alternating rounds, each in a fresh process, imports not counted."
    return "\n".join(
        [
            "# Reference job",
            "",
            f"{size} = {found['rows']:,} rows: {found['job']}.",
            f"All write {found['compression']}. {how}",
            "",
            "| contender | seconds | range | against hedgerow | peak MiB |",
            "|---|---:|---:|---:|---:|",
            *rows,
            "",
            *verdicts(runs),
            "",
            f"{found['date']}. {_facts(machine())}, load average {found['load_before']} before.",
            f"{_facts(versions())}.",
            "",
        ]
    )


def verdicts(runs: Mapping[str, Runs]) -> list[str]:
    """Each target with what was measured."""
    ours, peak = runs["hedgerow"].median, max(runs["hedgerow"].peak_mib)
    faster, share = runs["pandas"].median / ours, ours / runs["floor"].median
    return [
        _verdict(
            f"{faster:.2f}× faster than pandas",
            f"≥ {FASTER_THAN_PANDAS:g}×",
            met=faster >= FASTER_THAN_PANDAS,
        ),
        _verdict(f"{share:.2f}× the I/O floor", f"≤ {OF_THE_FLOOR:g}×", met=share <= OF_THE_FLOOR),
        _verdict(f"{peak:,.0f} MiB at most", f"< {PEAK_MIB:,} MiB", met=peak < PEAK_MIB),
    ]


def save(folder: Path, found: Mapping[str, object], text: str) -> list[Path]:
    """Write both forms; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    as_json, as_text = folder / "reference_job.json", folder / "reference_job.md"
    as_json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    as_text.write_text(text, encoding="utf-8")
    return [as_json, as_text]


def _verdict(measured: str, target: str, *, met: bool) -> str:
    return f"* {measured} (target {target}): {'met' if met else 'NOT met'}"


def _facts(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
