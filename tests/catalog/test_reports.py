from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.catalog.builders import MOMENT, run_record

from hedgerow.catalog import Catalog
from hedgerow.errors import DataError, DefinitionError

# --- Regression ---------------------------------------------------------------------------------


def test_a_report_is_found_by_its_run(catalog: Catalog) -> None:
    catalog.save_run(run_record())
    later = MOMENT + dt.timedelta(days=1)
    sheet = Path("reports") / "run-1.html"
    one = catalog.save_report(sheet, kind="tear sheet", run_id="run-1", created_at=MOMENT)
    other = catalog.save_report("reports/rank.html", kind="ranking", created_at=later)
    assert catalog.reports()["report_id"].to_list() == [other, one]
    assert catalog.reports("run-1").to_dicts() == [
        {
            "report_id": one,
            "run_id": "run-1",
            "kind": "tear sheet",
            "path": "reports/run-1.html",
            "created_at": MOMENT,
        }
    ]


def test_writing_a_report_again_renews_its_time(catalog: Catalog) -> None:
    later = MOMENT + dt.timedelta(days=1)
    first = catalog.save_report("rank.html", kind="ranking", created_at=MOMENT)
    assert catalog.save_report("rank.html", kind="ranking", created_at=later) == first
    assert catalog.reports()["created_at"].to_list() == [later]


# --- Validation ---------------------------------------------------------------------------------


def test_a_report_of_an_unknown_run_is_refused(catalog: Catalog) -> None:
    with pytest.raises(DataError, match="run 'run-1' is not stored: save it before its report"):
        catalog.save_report("run-1.html", kind="tear sheet", run_id="run-1")
    assert catalog.reports().is_empty()


def test_a_path_must_fit(catalog: Catalog) -> None:
    with pytest.raises(DataError, match="path in performance_reports is 1025 characters long"):
        catalog.save_report("x" * 1025, kind="ranking")


def test_an_unknown_table_suggests_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(DefinitionError, match=r"'model_run' is not known\. Did you mean 'model_ru"):
        catalog.table("model_run")


def test_every_table_can_be_read_while_empty(catalog: Catalog) -> None:
    assert {"instruments", "model_runs", "symbol_master", "trading_universe"} < set(
        catalog.tables()
    )
    for name in catalog.tables():
        assert catalog.table(name).is_empty()
