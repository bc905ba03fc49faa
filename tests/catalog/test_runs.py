from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.catalog.builders import METRICS, MOMENT, run_record

from hedgerow.catalog import Catalog, Metric, RunRecord
from hedgerow.errors import DataError, DefinitionError, StoreError

# --- Regression ---------------------------------------------------------------------------------


def test_a_run_comes_back_as_it_was_saved(catalog: Catalog) -> None:
    record = run_record(model=catalog.register_model("Hold", "class Hold: ...", {}))
    assert catalog.save_run(record, METRICS)
    assert catalog.run("run-1") == record
    assert catalog.performance("run-1") == METRICS


def test_a_run_needs_only_what_is_known(catalog: Catalog) -> None:
    bare = RunRecord(run_id="bare", kind="backtest", created_at=MOMENT)
    assert catalog.save_run(bare)
    assert catalog.run("bare") == bare
    assert catalog.performance("bare") == []


def test_metrics_may_be_given_by_name(catalog: Catalog) -> None:
    catalog.save_run(run_record(), {"sharpe": 0.5, "calmar": None})
    assert catalog.performance("run-1") == [Metric("calmar", None), Metric("sharpe", 0.5)]


def test_json_is_the_same_bytes_on_every_database(catalog: Catalog) -> None:
    catalog.save_run(run_record())
    row = catalog.table("model_runs").row(0, named=True)
    assert row["parameters"] == (
        '{"band":0.30000000000000004,"fast":10,"label":"Z\\u00fcrich","slow":50}'
    )
    assert row["symbols"] == '["MSFT","AAPL"]'
    assert row["table_versions"] == '{"bars":3,"splits":0}'
    assert row["seed"] == 2**63 - 1
    assert (row["created_at"], row["start_date"]) == (MOMENT, dt.date(2014, 1, 3))


def test_undefined_metrics_are_null(catalog: Catalog) -> None:
    catalog.save_run(run_record(), {"a": math.nan, "b": math.inf, "c": -math.inf, "d": None})
    assert catalog.table("model_performance")["value"].to_list() == [None] * 4


def test_runs_are_listed_newest_first(catalog: Catalog) -> None:
    hold = catalog.register_model("Hold", "v1", {})
    newer = catalog.register_model("Hold", "v2", {})
    for number, model in enumerate([hold, newer, None]):
        later = MOMENT + dt.timedelta(microseconds=number // 2)
        kind = "rank" if number == 2 else "backtest"
        catalog.save_run(run_record(f"r{number}", kind=kind, created_at=later, model=model))
    assert catalog.runs()["run_id"].to_list() == ["r2", "r0", "r1"]
    assert catalog.runs(kind="backtest")["run_id"].to_list() == ["r0", "r1"]
    assert catalog.runs(model="Hold")["run_id"].to_list() == ["r0", "r1"]
    assert catalog.runs(model=newer)["run_id"].to_list() == ["r1"]
    assert catalog.runs(limit=1)["run_id"].to_list() == ["r2"]
    assert catalog.runs(limit=0).schema == catalog.runs().schema
    assert catalog.runs()["model_name"].to_list() == [None, "Hold", "Hold"]


def test_an_empty_list_has_the_same_columns(catalog: Catalog) -> None:
    empty = catalog.runs()
    catalog.save_run(run_record())
    assert empty.is_empty()
    assert empty.schema == catalog.runs().schema
    assert set(empty.columns) == {*catalog.table("model_runs").columns, "model_name"} - {
        "strategy_source"
    }


# --- Properties ---------------------------------------------------------------------------------


def test_saving_the_same_run_again_changes_nothing(catalog: Catalog) -> None:
    catalog.save_run(run_record(), METRICS)
    before = catalog.table("model_runs"), catalog.table("model_performance")
    later = run_record(created_at=MOMENT + dt.timedelta(days=1))
    assert not catalog.save_run(later, reversed(METRICS))
    assert not catalog.save_run(catalog.run("run-1"), catalog.performance("run-1"))
    after = catalog.table("model_runs"), catalog.table("model_performance")
    assert all(one.equals(other) for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("changes", "metrics", "differ"),
    [
        ({"seed": 1}, METRICS, "seed"),
        ({"end": None}, METRICS, "end_date"),
        ({"symbols": ("AAPL", "MSFT")}, METRICS, "symbols"),
        ({"parameters": {}, "status": "failed"}, METRICS, "status, parameters"),
        ({}, METRICS[:-1], "metrics"),
        ({}, [*METRICS[:-1], Metric("trades", 43.0, "count")], "metrics"),
    ],
)
def test_a_stored_run_never_changes(
    catalog: Catalog, changes: dict[str, object], metrics: list[Metric], differ: str
) -> None:
    catalog.save_run(run_record(), METRICS)
    before = catalog.run("run-1"), catalog.performance("run-1")
    with pytest.raises(StoreError, match=rf"'run-1' is stored with other content \({differ} diff"):
        catalog.save_run(run_record(**changes), metrics)
    assert (catalog.run("run-1"), catalog.performance("run-1")) == before


def test_a_run_and_its_metrics_are_stored_together_or_not_at_all(catalog: Catalog) -> None:
    with pytest.raises(DataError, match="metric in model_performance is 65 characters long"):
        catalog.save_run(run_record(), {"sharpe": 1.0, "m" * 65: 1.0})
    assert catalog.runs().is_empty()


def test_a_zero_has_no_sign(catalog: Catalog) -> None:
    catalog.save_run(run_record(), {"return": -0.0})
    assert str(catalog.performance("run-1")[0].value) == str(Metric("return", -0.0).value) == "0.0"


def test_floats_keep_every_bit(catalog: Catalog) -> None:
    values = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, 0.0, 1 / 3]
    catalog.save_run(run_record(), {f"m{i}": value for i, value in enumerate(values)})
    stored = [metric.value for metric in catalog.performance("run-1")]
    assert [value.hex() for value in stored if value is not None] == [v.hex() for v in values]


def test_plain_forms_of_values_are_kept() -> None:
    record = run_record(
        parameters={
            "windows": (10, np.int64(50)),
            "band": np.float64(0.5),
            "day": dt.date(2024, 1, 2),
            "file": Path("a") / "b.py",
            "kinds": frozenset({"b", "a"}),
            "metric": Metric("sharpe", 1.0),
        }
    )
    assert record.parameters == {
        "windows": [10, 50],
        "band": 0.5,
        "day": "2024-01-02",
        "file": "a/b.py",
        "kinds": ["a", "b"],
        "metric": {"name": "sharpe", "value": 1.0, "unit": None},
    }
    assert record == replace(record, parameters=json.loads(json.dumps(record.parameters)))


def test_instants_are_kept_in_utc() -> None:
    there = dt.timezone(dt.timedelta(hours=-5))
    record = run_record(as_of=dt.datetime(2024, 11, 29, 13, tzinfo=there))
    assert record.as_of is not None
    assert record.as_of.isoformat() == "2024-11-29T18:00:00+00:00"


def test_this_process_is_described_by_default() -> None:
    record = RunRecord(run_id="bare", kind="backtest", created_at=MOMENT)
    assert all([record.package_version, record.python_version, record.cpu_architecture])


# --- Validation ---------------------------------------------------------------------------------


def test_an_unknown_run_suggests_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(DataError, match=r"run 'run-1' is not known\. No run is stored yet"):
        catalog.run("run-1")
    catalog.save_run(run_record())
    with pytest.raises(DataError, match=r"run 'run-2' is not known\. Did you mean 'run-1'\?"):
        catalog.performance("run-2")


def test_a_model_must_be_registered(catalog: Catalog) -> None:
    with pytest.raises(DataError, match="model 'Hold' of run 'run-1' is not registered"):
        catalog.save_run(run_record(model="Hold"))
    assert catalog.runs().is_empty()


def test_a_metric_is_given_once(catalog: Catalog) -> None:
    with pytest.raises(DataError, match="metric 'sharpe' is given twice"):
        catalog.save_run(run_record(), [Metric("sharpe", 1.0), Metric("sharpe", 2.0)])


def test_a_negative_limit_is_refused(catalog: Catalog) -> None:
    with pytest.raises(DefinitionError, match="limit is -1: give 0 or more"):
        catalog.runs(limit=-1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"created_at": dt.datetime(2024, 1, 2)}, "created_at of run 'run-1'.*without a time zone"),
        ({"as_of": dt.datetime(2024, 1, 2)}, "as_of of run 'run-1'.*without a time zone"),
        ({"start": dt.date(2020, 1, 1)}, "starts on 2020-01-01, after its end 2019-01-03"),
        ({"seed": 2**63}, "seed 9223372036854775808 of run 'run-1' is out of range"),
        ({"parameters": {"band": math.nan}}, "parameters of run 'run-1': value cannot be stored"),
        ({"notes": {"what": object()}}, "notes of run 'run-1'.*object has no JSON form"),
        ({"costs": {1: 1, "a": 1}}, "costs of run 'run-1': value cannot be stored"),
    ],
)
def test_what_cannot_be_stored_is_refused_at_once(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        run_record(**changes)


@pytest.mark.parametrize("run_id", ["", "r" * 65])
def test_a_run_id_must_fit(catalog: Catalog, run_id: str) -> None:
    with pytest.raises(DataError, match="run_id in model_runs is"):
        catalog.save_run(run_record(run_id))


def test_frames_keep_their_types(catalog: Catalog) -> None:
    schema = catalog.table("model_performance").schema
    assert schema == {
        "run_id": pl.String,
        "metric": pl.String,
        "value": pl.Float64,
        "unit": pl.String,
    }
