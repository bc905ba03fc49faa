from __future__ import annotations

import datetime as dt

import pytest
from tests.catalog.builders import MOMENT

from hedgerow.catalog import Catalog
from hedgerow.errors import DataError

# From `printf '["SmaCross","source",{"fast":{"default":10,"low":2}}]' | sha256sum`.
MODEL_ID = "7997373d8065255b9c7c7b180c1aff8c"

# --- Regression ---------------------------------------------------------------------------------


def test_a_model_id_never_changes_between_releases(catalog: Catalog) -> None:
    schema = {"fast": {"default": 10, "low": 2}}
    assert catalog.register_model("SmaCross", "source", schema) == MODEL_ID


def test_a_version_is_stored_once(catalog: Catalog) -> None:
    first = catalog.register_model("Hold", "class Hold: ...", {"a": 1, "b": 2}, created_at=MOMENT)
    again = catalog.register_model(
        "Hold", "class Hold: ...", {"b": 2, "a": 1}, created_at=MOMENT + dt.timedelta(days=1)
    )
    assert first == again
    assert catalog.table("models").to_dicts() == [
        {
            "model_id": first,
            "name": "Hold",
            "source_text": "class Hold: ...",
            "parameters_schema": '{"a":1,"b":2}',
            "created_at": MOMENT,
        }
    ]


def test_other_code_is_another_model(catalog: Catalog) -> None:
    ids = {
        catalog.register_model("Hold", "v1", {}),
        catalog.register_model("Hold", "v2", {}),
        catalog.register_model("Keep", "v1", {}),
        catalog.register_model("Hold", "v1", {"a": 1}),
    }
    assert len(ids) == catalog.table("models").height == 4


# --- Validation ---------------------------------------------------------------------------------


def test_a_model_needs_a_name_that_fits(catalog: Catalog) -> None:
    with pytest.raises(DataError, match="name in models is 256 characters long, 255 are kept"):
        catalog.register_model("x" * 256, "", {})


def test_a_schema_must_be_plain(catalog: Catalog) -> None:
    with pytest.raises(DataError, match="value cannot be stored as JSON"):
        catalog.register_model("Hold", "", {"low": float("-inf")})
    assert catalog.table("models").is_empty()
