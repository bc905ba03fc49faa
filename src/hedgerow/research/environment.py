"""What a run ran on: enough to know whether another machine can repeat it to the byte."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import distributions


@cache
def lock_hash() -> str:
    """SHA-256 of every installed distribution's name and version, in alphabetical order.

    Returns
    -------
    str
        64 hexadecimal digits; equal on two machines with the same packages.
    """
    names = sorted({f"{d.metadata['Name'].lower()}=={d.version}" for d in distributions()})
    return hashlib.sha256("\n".join(names).encode()).hexdigest()
