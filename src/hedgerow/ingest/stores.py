"""The two stores that a loading fills, and the settings it keeps to."""

from __future__ import annotations

from dataclasses import dataclass, field

from hedgerow.catalog import Catalog
from hedgerow.lake import Lake
from hedgerow.settings import Settings, load_settings
from hedgerow.sources.vendor import Clock, utc_now


@dataclass(frozen=True)
class Stores:
    """Where rows go.

    Parameters
    ----------
    lake
        Takes the rows.
    catalog
        Takes the instruments.
    settings
        Keys, plans, order of the sources.
    clock
        Tells which sessions have closed, and stamps what is stored.
    """

    lake: Lake
    catalog: Catalog
    settings: Settings = field(default_factory=load_settings)
    clock: Clock = utc_now
