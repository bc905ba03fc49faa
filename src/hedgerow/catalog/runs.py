"""Runs: what ran on what, how well it did, and everything needed to run it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, Row, select

from hedgerow.catalog._frames import as_frame
from hedgerow.catalog._store import Store, check_fit
from hedgerow.catalog.records import Metric, RunRecord, as_metrics
from hedgerow.catalog.tables import MODEL_PERFORMANCE, MODEL_RUNS, MODELS
from hedgerow.errors import DataError, DefinitionError, StoreError, did_you_mean

# Fields that are called otherwise in SQL, where `end` is a keyword and `model` would be vague.
_COLUMN_OF = {"model": "model_id", "start": "start_date", "end": "end_date"}
_FIELD_OF = {column: name for name, column in _COLUMN_OF.items()}


class Runs(Store):
    """The part of the catalog that keeps runs and their metrics."""

    def save_run(
        self,
        record: RunRecord,
        metrics: Mapping[str, float | None] | Iterable[Metric] = (),
    ) -> bool:
        """Store a run and its metrics together, or neither.

        Parameters
        ----------
        record
            The run.
        metrics
            Its metrics, or a mapping of name to value where units are not known. NaN and
            infinities are stored as null.

        Returns
        -------
        bool
            False where the same run was stored before: nothing changes then, and the first
            ``created_at`` stays.

        Raises
        ------
        StoreError
            A run of that ``run_id`` is stored with other content.
        DataError
            The model is not registered, a metric is given twice, or a text is too long.

        Examples
        --------
        >>> import datetime as dt
        >>> from hedgerow.catalog import Catalog, Metric, RunRecord
        >>> catalog = Catalog("sqlite://")
        >>> moment = dt.datetime(2024, 11, 29, tzinfo=dt.UTC)
        >>> record = RunRecord(run_id="r1", kind="backtest", created_at=moment, as_of=moment)
        >>> catalog.save_run(record, [Metric("sharpe", 0.8, "ratio")])
        True
        >>> catalog.save_run(record, [Metric("sharpe", 0.8, "ratio")])
        False
        """
        measured = as_metrics(metrics)
        row = _row(record)
        values = [
            {"run_id": record.run_id, "metric": m.name, "value": m.value, "unit": m.unit}
            for m in measured
        ]
        check_fit(MODEL_RUNS, [row])
        check_fit(MODEL_PERFORMANCE, values)

        def write(connection: Connection) -> bool:
            stored = _find(connection, record.run_id)
            if stored is not None:
                _require_same(stored, _metrics(connection, record.run_id), record, measured)
                return False
            _require_model(connection, record)
            connection.execute(MODEL_RUNS.insert(), row)
            if values:
                connection.execute(MODEL_PERFORMANCE.insert(), values)
            return True

        return self._commit(write)

    def run(self, run_id: str) -> RunRecord:
        """The record of a run, equal to the one that was saved.

        Raises
        ------
        DataError
            There is no such run; the message suggests the nearest.
        """
        found = self._read(lambda connection: _find(connection, run_id))
        if found is None:
            raise self._unknown_run(run_id)
        return found

    def performance(self, run_id: str) -> list[Metric]:
        """Metrics of a run, sorted by name.

        Raises
        ------
        DataError
            There is no such run.
        """
        self.run(run_id)
        return self._read(lambda connection: _metrics(connection, run_id))

    def runs(
        self, kind: str | None = None, model: str | None = None, limit: int | None = None
    ) -> pl.DataFrame:
        """Runs, newest first.

        Parameters
        ----------
        kind
            Only runs of this kind.
        model
            Only runs of this ``model_id``, or of any version of the strategy of this name.
        limit
            At most so many.

        Returns
        -------
        pl.DataFrame
            The columns of ``model_runs`` without ``strategy_source``, with ``model_name``
            after ``model_id``; JSON columns as text. Ties in ``created_at`` by ``run_id``.

        Raises
        ------
        DefinitionError
            The limit is negative.
        """
        if limit is not None and limit < 0:
            raise DefinitionError(f"limit is {limit}: give 0 or more", limit=limit)
        query = (
            select(*_listed())
            .join(MODELS, isouter=True)
            .order_by(MODEL_RUNS.c.created_at.desc(), MODEL_RUNS.c.run_id)
            .limit(limit)
        )
        if kind is not None:
            query = query.where(MODEL_RUNS.c.kind == kind)
        if model is not None:
            query = query.where((MODEL_RUNS.c.model_id == model) | (MODELS.c.name == model))
        return self._read(lambda connection: as_frame(connection, query))

    def _unknown_run(self, run_id: str) -> DataError:
        known = self._read(lambda connection: list(connection.scalars(select(MODEL_RUNS.c.run_id))))
        hint = did_you_mean(run_id, known) or "No run is stored yet."
        return DataError(f"run {run_id!r} is not known. {hint}", run_id=run_id)


def _listed() -> list[Any]:
    columns: list[Any] = [c for c in MODEL_RUNS.c if c.name != "strategy_source"]
    after = 1 + [c.name for c in columns].index("model_id")
    return [*columns[:after], MODELS.c.name.label("model_name"), *columns[after:]]


def _row(record: RunRecord) -> dict[str, Any]:
    row = {c.name: getattr(record, _FIELD_OF.get(c.name, c.name)) for c in MODEL_RUNS.c}
    return {**row, "symbols": list(record.symbols)}


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord(**{_FIELD_OF.get(name, name): value for name, value in row._asdict().items()})


def _find(connection: Connection, run_id: str) -> RunRecord | None:
    row = connection.execute(select(MODEL_RUNS).where(MODEL_RUNS.c.run_id == run_id)).one_or_none()
    return None if row is None else _record(row)


def _metrics(connection: Connection, run_id: str) -> list[Metric]:
    column = MODEL_PERFORMANCE.c
    query = (
        select(column.metric, column.value, column.unit)
        .where(column.run_id == run_id)
        .order_by(column.metric)
    )
    return [Metric(*row) for row in connection.execute(query)]


def _require_same(
    stored: RunRecord, stored_metrics: list[Metric], record: RunRecord, metrics: list[Metric]
) -> None:
    columns = [c.name for c in MODEL_RUNS.c if c.name != "created_at"]
    one, other = _row(stored), _row(record)
    changed = [name for name in columns if one[name] != other[name]]
    if stored_metrics != metrics:
        changed.append("metrics")
    if changed:
        raise StoreError(
            f"run {record.run_id!r} is stored with other content ({', '.join(changed)} differ): "
            "a stored run never changes; save it under another run_id",
            run_id=record.run_id,
            changed=changed,
        )


def _require_model(connection: Connection, record: RunRecord) -> None:
    if record.model is None:
        return
    known = select(MODELS.c.model_id).where(MODELS.c.model_id == record.model)
    if connection.scalar(known) is None:
        raise DataError(
            f"model {record.model!r} of run {record.run_id!r} is not registered: pass the "
            "model_id that register_model returned",
            model=record.model,
        )
