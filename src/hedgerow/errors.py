"""The one error tree. The type says what went wrong and whether to try again.

::

    HedgerowError
    ├── DataError           a value, a file or a row is wrong or missing
    ├── DefinitionError     a strategy, feature, parameter or name is wrong
    ├── VendorError         a vendor did not answer as it should
    │   ├── Transient       try again soon
    │   ├── RateLimited     try again after the stated wait
    │   ├── QuotaExhausted  try again when the quota renews
    │   ├── NotEntitled     the plan does not include it; do not try again
    │   ├── NotFound        the vendor does not know it; do not try again
    │   ├── BadPayload      the body could not be read; do not try again
    │   └── Incomplete      the answer has holes; allow them by name, or ask another vendor
    ├── StoreError          the lake or the catalog cannot be read or written
    └── AuthError           not signed in, or not allowed

Every message names what, where and what to do; facts are kept as attributes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HedgerowError(Exception):
    """Root of every error that Hedgerow raises on purpose.

    Parameters
    ----------
    message
        One line: what is wrong, where, and what would be right.
    **facts
        The values behind the message, kept as ``error.facts`` for programs.
    """

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class DataError(HedgerowError):
    """A value, a file or a row is wrong or missing."""


class DefinitionError(HedgerowError):
    """A strategy, feature, parameter or name is wrong."""


class VendorError(HedgerowError):
    """A vendor did not answer as it should."""


class Transient(VendorError):
    """The vendor failed in passing: try again soon."""


class RateLimited(VendorError):
    """Too many requests: try again after the stated wait."""


class QuotaExhausted(VendorError):
    """The plan's quota is used up: try again when it renews."""


class NotEntitled(VendorError):
    """The plan does not include the request."""


class NotFound(VendorError):
    """The vendor does not know what was asked for."""


class BadPayload(VendorError):
    """The vendor's answer could not be read."""


class Incomplete(VendorError):
    """The vendor's answer lacks sessions that the exchange held."""


class StoreError(HedgerowError):
    """The lake or the catalog cannot be read or written."""


class AuthError(HedgerowError):
    """Not signed in, or not allowed."""


def did_you_mean(value: str, valid: Iterable[str]) -> str:
    """Hint that names the nearest valid word, or lists the valid ones.

    Parameters
    ----------
    value
        What was given.
    valid
        What would have been accepted.

    Returns
    -------
    str
        A sentence to append to a message, such as ``Did you mean 'rsi'?``; empty where
        nothing is valid.

    Examples
    --------
    >>> did_you_mean("AAPLE", ["AAPL", "MSFT"])
    "Did you mean 'AAPL'?"
    >>> did_you_mean("zzz", ["AAPL", "MSFT"])
    'Valid: AAPL, MSFT.'
    """
    names = sorted(set(valid))
    if not names:
        return ""
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(value.casefold(), by_folded, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {by_folded[near[0]]!r}?"
    shown = ", ".join(names[:12])
    more = f", … ({len(names)} in all)" if len(names) > 12 else ""
    return f"Valid: {shown}{more}."
