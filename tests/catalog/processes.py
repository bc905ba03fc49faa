"""What other processes do to a catalog. Run with spawn, as everything after Polars must be."""

from __future__ import annotations

import multiprocessing as mp
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

from tests.catalog.builders import run_record

from hedgerow.catalog import Catalog
from hedgerow.domain import Instrument
from hedgerow.errors import StoreError

SPAWN = mp.get_context("spawn")


def run_together(work: Callable[..., None], url: str, count: int) -> list[int]:
    """Exit codes of processes that were let go at the same moment."""
    barrier = SPAWN.Barrier(count)
    processes = [SPAWN.Process(target=work, args=(url, n, barrier)) for n in range(count)]
    return _exit_codes(processes)


def run_alone(work: Callable[..., None], *arguments: Any) -> int:
    """Exit code of one process."""
    return _exit_codes([SPAWN.Process(target=work, args=arguments)])[0]


def _exit_codes(processes: list[Any]) -> list[int]:
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def open_and_write(url: str, number: int, barrier: Barrier) -> None:
    """Open a catalog that may not exist yet, and store what others store too."""
    barrier.wait()
    with Catalog(url) as catalog:
        catalog.add_instruments([Instrument.of("AAPL"), Instrument.of(f"S{number}")])
        catalog.create_universe("mine", ["AAPL.XNYS"])
        model = catalog.register_model("Hold", "class Hold: ...", {})
        catalog.save_run(run_record("same", model=model), {"sharpe": 1.0})
        catalog.save_run(run_record(f"own-{number}"), {"sharpe": float(number)})


def die_while_upgrading(url: str) -> None:
    """Be killed when every table is made and nothing is committed yet."""
    from alembic import command

    upgrade = command.upgrade

    def upgrade_and_die(*arguments: Any) -> None:
        upgrade(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    command.upgrade = upgrade_and_die
    Catalog(url)


def open_with_little_room(path: str, limit: int) -> None:
    """Open a catalog where no file may grow beyond a limit, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        Catalog(path)
    except StoreError as error:
        raise SystemExit(3 if "the disk failed or is full" in error.message else 4) from None


def refresh_together(url: str, number: int, barrier: Barrier) -> None:
    """Replace two tables of reference data by rows that carry one number."""
    from tests.catalog.test_reference import dividends, splits

    tables = {
        "current_splits": splits(300, ratio=number + 1.0),
        "current_dividends": dividends(300, amount=number + 1.0),
    }
    barrier.wait()
    with Catalog(url) as catalog:
        for _ in range(4):
            catalog.replace_reference(tables)
