"""Call what is asynchronous from a program that is not."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import wait
from typing import Any, TypeVar

Answer = TypeVar("Answer")

# Seconds that a stopped loading may take to store what it has.
_LONGEST_MERGE = 60.0
_LISTEN = 0.1

_starting = threading.Lock()
_running: dict[int, _Loop] = {}


def wait_for(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine to its end, also inside a notebook, which has a loop of its own.

    All work of a process runs in one loop beside it, so that an open vendor may be asked again
    by a later call: its connections belong to their loop. Ctrl-C cancels the work and waits
    until it has put away what it had.

    Examples
    --------
    >>> async def answer():
    ...     return 42
    >>> wait_for(answer())
    42
    """
    with _starting:
        # A forked child has the memory of the loop, but not its thread.
        loop = _running.get(os.getpid()) or _running.setdefault(os.getpid(), _Loop())
    return loop.run(work)


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="hedgerow-ingest", daemon=True
        )
        self._thread.start()
        atexit.register(self._stop)

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        tasks: list[asyncio.Task[Any] | None] = []

        async def whole() -> Answer:
            tasks.append(asyncio.current_task())
            return await work

        answer = asyncio.run_coroutine_threadsafe(whole(), self._loop)
        try:
            # Polars lets system calls go on after a signal, so a plain wait would not hear Ctrl-C.
            while not wait([answer], _LISTEN).done:
                pass
        except KeyboardInterrupt:
            for task in filter(None, tasks):
                self._loop.call_soon_threadsafe(task.cancel)
            wait([answer], _LONGEST_MERGE)
            raise
        return answer.result()

    def _stop(self) -> None:
        if os.getpid() != self._process:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
