"""The fake vendor on both plans."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.sources.alphavantage.asking import KEY

from hedgerow.testing.vendors.alphavantage import FakeAlphaVantage


@pytest.fixture
def paid() -> Iterator[FakeAlphaVantage]:
    """A fake whose key may ask for everything."""
    with FakeAlphaVantage(key=KEY, plan="premium") as fake:
        yield fake


@pytest.fixture
def free() -> Iterator[FakeAlphaVantage]:
    """A fake whose key has 25 requests a day."""
    with FakeAlphaVantage(key=KEY, plan="free") as fake:
        yield fake
