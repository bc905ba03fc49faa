"""Column types that tables share."""

from __future__ import annotations

from typing import Any

import dataframely as dy


def instant(doc: str, **options: Any) -> dy.Datetime:
    """UTC instant to the microsecond."""
    return dy.Datetime(time_zone="UTC", time_unit="us", metadata={"doc": doc}, **options)


def text(doc: str, **options: Any) -> dy.String:
    """Text."""
    return dy.String(metadata={"doc": doc}, **options)


def date(doc: str, **options: Any) -> dy.Date:
    """Calendar date."""
    return dy.Date(metadata={"doc": doc}, **options)


def number(doc: str, **options: Any) -> dy.Float64:
    """Double-precision number; NaN and infinity are refused."""
    return dy.Float64(metadata={"doc": doc}, **options)


def whole(doc: str, **options: Any) -> dy.Int64:
    """Whole number."""
    return dy.Int64(metadata={"doc": doc}, **options)


def flag(doc: str, **options: Any) -> dy.Bool:
    """True or false."""
    return dy.Bool(metadata={"doc": doc}, **options)
