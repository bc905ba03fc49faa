"""How patiently vendors are asked, and where their answers are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from hedgerow.sources.vendor import Clock, utc_now


@dataclass(frozen=True)
class HttpOptions:
    """What is the same for every request to every vendor.

    Parameters
    ----------
    cache
        Folder of answers and used quotas; None keeps neither beyond this process.
    clock
        The present; a fixed one in tests.
    sleep
        How to wait, in seconds.
    attempts
        How often a request is made before its failure counts.
    timeout
        Seconds without a byte after which a connection is given up.
    deadline
        Seconds after which a whole answer is given up, however steadily it drips.
    backoff
        Seconds of the first wait after a failure; doubled each time.
    backoff_cap
        Longest such wait in seconds. A vendor's own hint may be longer.
    patience
        Longest hint in seconds that is waited for; beyond it the failure counts.
    unlimited
        Whether rate limits are left out, as against a server of one's own.
    """

    cache: Path | None = None
    clock: Clock = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    attempts: int = 5
    timeout: float = 30.0
    deadline: float = 600.0
    backoff: float = 1.0
    backoff_cap: float = 60.0
    patience: float = 300.0
    unlimited: bool = False
