"""One contender of the backfill, in a fresh process: NAME, URL, SYMBOLS, LAST DAY, FOLDER."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

KEY = "benchmark-key"


def hedgerow(url: str, symbols: Sequence[str], last: str, folder: Path) -> Callable[[], int]:
    """Hedgerow: fetch, check every row, store each key once."""
    import hedgerow as hr
    from hedgerow.domain import Instrument, sessions
    from hedgerow.settings import Settings
    from hedgerow.sources.http import HttpOptions
    from hedgerow.sources.massive import Massive

    settings = Settings(_env_file=None, massive_url=url, massive_plan="premium")
    ws = hr.Workspace(folder / "workspace", settings=settings)
    ws.catalog.add_instruments(Instrument.of(symbol) for symbol in symbols)
    sessions("XNYS")  # imports a library, as the other contender does above
    vendor = Massive(KEY, settings=settings, options=HttpOptions(unlimited=True))

    def run() -> int:
        done = ws.fetch_bars(symbols, "2024-01-02", last, "1m", sources=[vendor])
        assert done.ok, done
        return done.loaded

    return run


def massive(url: str, symbols: Sequence[str], last: str, folder: Path) -> Callable[[], int]:
    """The vendor's own client, its bars in a pandas frame, one Parquet file a symbol."""
    import pandas as pd
    from massive import RESTClient

    client = RESTClient(KEY, base=url)
    folder.mkdir(parents=True, exist_ok=True)

    def run() -> int:
        rows = 0
        for symbol in symbols:
            bars = client.list_aggs(
                symbol, 1, "minute", "2024-01-02", last, adjusted=False, limit=50_000
            )
            frame = pd.DataFrame([vars(bar) for bar in bars])
            frame["timestamp"] = pd.to_datetime(frame["timestamp"], unit="ms", utc=True)
            frame.insert(0, "symbol", symbol)
            frame.to_parquet(folder / f"{symbol}.parquet")
            rows += len(frame)
        return rows

    return run


CONTENDERS = {"hedgerow": hedgerow, "massive": massive}


def main() -> None:
    """Prepare, measure the job alone, print what it took."""
    name, url, count, last, folder = sys.argv[1:]
    symbols = [f"B{number:04d}" for number in range(int(count))]
    run = CONTENDERS[name](url, symbols, last, Path(folder))
    started, busy = time.perf_counter(), time.process_time()
    rows = run()
    taken = {
        "rows": rows,
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - busy,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
