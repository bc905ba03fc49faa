"""What the storage libraries raise, told in one line that says where and what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import polars as pl
from deltalake.exceptions import DeltaError

from hedgerow.errors import StoreError

# A garbled data file is a ComputeError to Polars; one cut short makes it panic.
STORAGE_FAULTS: tuple[type[BaseException], ...] = (
    OSError,
    DeltaError,
    pl.exceptions.ComputeError,
    pl.exceptions.PanicException,
)

# First match wins: (what the text of the fault holds, what it means and what to do).
_CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"no space left|file too large|quota exceeded|os error (28|27|122)\b",
        "no space is left; free some and run it again (nothing was half-written)",
    ),
    (
        r"nosuchbucket|bucket does not exist",
        "the bucket does not exist; create it or correct the address",
    ),
    (
        r"permanentredirect|301 moved|authorizationheadermalformed|illegallocationconstraint",
        "the bucket is in another region; set AWS_REGION to the bucket's own",
    ),
    (
        r"requesttimetooskewed",
        "the clock of this machine is wrong, so the store refuses every request; set it",
    ),
    (
        # The address where a machine of Amazon's own would be told its role.
        r"169\.254\.169\.254|169\.254\.170\.2|unable to locate credentials|partial credentials",
        "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    (
        (
            r"accessdenied|invalidaccesskeyid|signaturedoesnotmatch"
            r"|403 forbidden|401 unauthorized|usernotfound|invalidtoken|expiredtoken"
            r"|lacked the necessary privileges"
        ),
        "the store refused the credentials; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    (
        r"url scheme is not allowed",
        "plain HTTP is off; use an https endpoint or set AWS_ALLOW_HTTP=true",
    ),
    (
        (
            r"connection refused|error sending request|dns error|timed? ?out|credential provider"
            r"|could not connect|connection (was closed|reset)"
        ),
        "the store does not answer; check the network, AWS_ENDPOINT_URL and the credentials",
    ),
    (
        r"read-only file system|permission denied|operation not permitted|os error (30|13|1)\b",
        "it is not allowed; make the folder writable or use another with --workspace",
    ),
    (
        r"not a ?directory|create local directory|invalid table location|os error (20|21)\b",
        "a folder cannot be made there; move the file that lies in its place or use another path",
    ),
    (
        r"json error|log ?segment|kernel error|checkpoint|_delta_log|invalid table version",
        "its commit log is damaged; restore the folder from a copy",
    ),
    (
        r"no such file|object at location|os error 2\b|not found|parquet|panicked|assertion",
        "a data file is missing or damaged; restore it from a copy or read another version",
    ),
)

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@contextmanager
def store_errors(where: str, doing: str, *, secrets: Collection[str] = ()) -> Iterator[None]:
    """Turn a fault of the storage into a ``StoreError`` that names the place.

    Parameters
    ----------
    where
        Path or address of the table or lake.
    doing
        What was being done: "read", "write", ….
    secrets
        Texts that a message must never show.

    Raises
    ------
    StoreError
        The storage failed; the fault itself is its cause.
    """
    try:
        yield
    except STORAGE_FAULTS as fault:
        raise StoreError(
            f"cannot {doing} {where}: {explain(fault, secrets)}", where=where, doing=doing
        ) from fault


def explain(fault: BaseException, secrets: Collection[str] = ()) -> str:
    """What a fault means and what to do, in one line.

    Parameters
    ----------
    fault
        What a storage library raised.
    secrets
        Texts that must not be shown.

    Returns
    -------
    str
        Advice where the cause is known, else the fault's own first line, shortened.

    Examples
    --------
    >>> explain(OSError(28, "No space left on device"))
    'no space is left; free some and run it again (nothing was half-written)'
    """
    text = _ANSI.sub("", str(fault))
    folded = text.casefold()
    for pattern, advice in _CAUSES:
        if re.search(pattern, folded):
            return advice
    first_line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    for secret in secrets:
        first_line = first_line.replace(secret, "***")
    return f"{type(fault).__name__}: {first_line[:160]}"
