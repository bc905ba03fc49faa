"""One contender in its own process: prints seconds and peak memory of its job as JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

Job = Callable[[], object]

_KIB, _MIB = 1024, 1024**2


@dataclass(frozen=True)
class Inputs:
    """Files of the job, where its output goes, and where the output of a run before lies."""

    holdings: Path
    vix: Path
    spx: Path
    out_dir: Path
    computed: Path
    compression: str

    def arguments(self) -> list[str]:
        """Command line that ``parse`` reads."""
        return [str(value) for value in asdict(self).values()]

    @classmethod
    def parse(cls, words: list[str]) -> Inputs:
        """Inputs of a command line."""
        *paths, compression = words
        return cls(*map(Path, paths), compression)


def hedgerow(inputs: Inputs) -> Job:
    """The product, called as a user calls it."""
    from hedgerow.pipelines.analysis import analyze_files

    return lambda: analyze_files(
        inputs.holdings, inputs.vix, inputs.spx, inputs.out_dir, compression=inputs.compression
    )


def pandas(inputs: Inputs) -> Job:
    """The straightforward pandas implementation."""
    from bench import pandas_analysis

    return lambda: pandas_analysis.run(
        inputs.holdings, inputs.vix, inputs.spx, inputs.out_dir, inputs.compression
    )


def floor(inputs: Inputs) -> Job:
    """Input and output alone; the frames are loaded before the clock starts."""
    from bench import floor as bare

    frames = bare.load(inputs.computed)
    return lambda: bare.run(
        inputs.holdings, inputs.vix, inputs.spx, inputs.out_dir, inputs.compression, frames
    )


CONTENDERS = {"hedgerow": hedgerow, "pandas": pandas, "floor": floor}


def peak_mib() -> float:
    """Most memory this process has held, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count what the parent held when it started us
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) * _KIB / _MIB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MIB if sys.platform == "darwin" else peak * _KIB / _MIB


def main() -> None:
    """Prepare a contender, run its job under the clock, print what it took."""
    name, *words = sys.argv[1:]
    job = CONTENDERS[name](Inputs.parse(words))
    before, start = os.times(), time.perf_counter()
    job()
    seconds, after = time.perf_counter() - start, os.times()
    cpu = after.user + after.system - before.user - before.system
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main()
