"""What has been done to a price for splits and dividends."""

from __future__ import annotations

from enum import StrEnum


class Adjustment(StrEnum):
    """How a stored price was sent by its vendor.

    ``RAW`` is the price that traded. ``SPLIT`` is restated for splits. ``TOTAL`` is
    restated for splits and dividends, so that its returns are total returns.
    """

    RAW = "raw"
    SPLIT = "split"
    TOTAL = "total"


class Adjust(StrEnum):
    """What a read is asked to do to raw prices.

    ``NONE`` gives them as stored, ``SPLITS`` restates for splits, ``TOTAL`` for splits
    and dividends, in both cases by the actions known at the read's ``as_of``.
    """

    NONE = "none"
    SPLITS = "splits"
    TOTAL = "total"
