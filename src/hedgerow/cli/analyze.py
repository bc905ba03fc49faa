"""``hedgerow analyze``: every bar of a symbol against the VIX and the S&P 500."""

from __future__ import annotations


def analyze() -> None:
    """Judge every bar against the VIX and the S&P 500."""
