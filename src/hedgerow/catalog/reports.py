"""Reports: files that show runs to people."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, select

from hedgerow.catalog._frames import as_frame
from hedgerow.catalog._json import canonical_json
from hedgerow.catalog._store import Store, check_fit
from hedgerow.catalog.tables import MODEL_RUNS, PERFORMANCE_REPORTS
from hedgerow.errors import DataError

_ID_DIGITS = 32


class Reports(Store):
    """The part of the catalog that knows where reports lie."""

    def save_report(
        self,
        path: str | Path,
        *,
        kind: str,
        run_id: str | None = None,
        created_at: dt.datetime | None = None,
    ) -> str:
        """Note where a report lies; writing the same one again renews its time.

        Parameters
        ----------
        path
            The file, best relative to the workspace so that the folder can be moved.
        kind
            ``tear sheet``, ``ranking``, …
        run_id
            The run it shows; None where it shows several.
        created_at
            When the file was written; the present by default.

        Returns
        -------
        str
            ``report_id``: 32 hexadecimal digits that depend on run, kind and path only.

        Raises
        ------
        DataError
            The run is not stored, or a text is too long.

        Examples
        --------
        >>> from hedgerow.catalog import Catalog
        >>> catalog = Catalog("sqlite://")
        >>> _ = catalog.save_report("reports/ranking.html", kind="ranking")
        >>> catalog.reports()["path"].to_list()
        ['reports/ranking.html']
        """
        place = path.as_posix() if isinstance(path, Path) else path
        content = canonical_json([run_id, kind, place])
        row = {
            "report_id": hashlib.sha256(content.encode()).hexdigest()[:_ID_DIGITS],
            "run_id": run_id,
            "kind": kind,
            "path": place,
            "created_at": created_at or dt.datetime.now(dt.UTC),
        }
        check_fit(PERFORMANCE_REPORTS, [row])

        def write(connection: Connection) -> None:
            _require_run(connection, run_id)
            column = PERFORMANCE_REPORTS.c.report_id
            connection.execute(PERFORMANCE_REPORTS.delete().where(column == row["report_id"]))
            connection.execute(PERFORMANCE_REPORTS.insert(), row)

        self._commit(write)
        return str(row["report_id"])

    def reports(self, run_id: str | None = None) -> pl.DataFrame:
        """Reports, newest first.

        Parameters
        ----------
        run_id
            Only reports of this run; None for all.

        Returns
        -------
        pl.DataFrame
            ``report_id, run_id, kind, path`` (String) and ``created_at`` (Datetime, UTC);
            ``run_id`` is null where a report shows several runs.
        """
        column = PERFORMANCE_REPORTS.c
        query = select(PERFORMANCE_REPORTS).order_by(column.created_at.desc(), column.report_id)
        if run_id is not None:
            query = query.where(column.run_id == run_id)
        return self._read(lambda connection: as_frame(connection, query))


def _require_run(connection: Connection, run_id: str | None) -> None:
    if run_id is None:
        return
    if connection.scalar(select(MODEL_RUNS.c.run_id).where(MODEL_RUNS.c.run_id == run_id)) is None:
        raise DataError(f"run {run_id!r} is not stored: save it before its report", run_id=run_id)
