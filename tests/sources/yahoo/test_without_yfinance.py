"""Where yfinance is not installed, the source says so."""

from __future__ import annotations

import sys

import pytest

from hedgerow.errors import DefinitionError
from hedgerow.settings import Settings


def test_the_error_names_the_extra(monkeypatch):
    from hedgerow.sources.yahoo import Yahoo

    monkeypatch.setitem(sys.modules, "yfinance", None)
    monkeypatch.setitem(sys.modules, "yfinance.data", None)

    with pytest.raises(DefinitionError, match=r"pip install 'hedgerow\[yahoo\]'"):
        Yahoo(settings=Settings(_env_file=None))
