"""Catalogs that earlier releases wrote open and answer. ``data/README.md`` says what they are."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest
from tests.catalog.builders import METRICS, MOMENT, run_record

from hedgerow.catalog import Catalog, Metric
from hedgerow.catalog._migrate import HEAD, present_revision

DATA = Path(__file__).parent / "data"
OLD = sorted(DATA.glob("catalog_*.db"))

# --- Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.stem)
def test_an_old_catalog_opens_and_answers(file: Path, tmp_path: Path) -> None:
    place = Path(shutil.copy(file, tmp_path))
    with Catalog(place) as catalog:
        with catalog._engine.connect() as connection:
            assert present_revision(connection) == HEAD
        members = [(item.symbol, item.sector) for item in catalog.universe("mine")]
        assert members == [("KO", "Consumer Staples")]
        record = catalog.run("first")
        assert (record.created_at, record.seed, record.symbols) == (MOMENT, 7, ("KO",))
        assert record.parameters == {"band": 0.5, "fast": 10}
        assert catalog.runs(model="Hold")["run_id"].to_list() == ["first"]
        assert catalog.performance("first") == [
            Metric("profit_factor", None, "ratio"),
            Metric("sharpe", 0.75, "ratio"),
        ]
        assert {(item.symbol, item.figi) for item in catalog.instruments()} == {
            ("KO", ""),
            ("VIX", ""),
        }
        ratios = [4.0] if file.stem >= "catalog_0002" else []
        assert catalog.table("current_splits")["ratio"].to_list() == ratios
        assert catalog.reports("first")["path"].to_list() == ["first.html"]
        assert catalog.save_run(run_record("next", model=record.model), METRICS)


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.stem)
def test_an_old_catalog_is_the_one_that_its_passport_describes(file: Path) -> None:
    passport = (DATA / "README.md").read_text()
    found = re.search(rf"`{file.name}`.*?`([0-9a-f]{{64}})`", passport)
    assert found is not None
    assert hashlib.sha256(file.read_bytes()).hexdigest() == found[1]


def test_there_is_a_catalog_of_every_revision() -> None:
    assert f"catalog_{HEAD}" in [file.stem for file in OLD]
