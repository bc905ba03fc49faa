"""The three Parquet files of a synthetic market."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import StoreError
from hedgerow.sources.base import SourceBatch

_INDEX_COLUMNS = ["timestamp", "open", "high", "low", "close"]
_HOLDING_COLUMNS = ["symbol", *_INDEX_COLUMNS, "volume"]
_WORDS = {"1h": "hourly", "1d": "daily", "1m": "minute"}


@dataclass(frozen=True)
class Exported:
    """Where an export lies.

    Parameters
    ----------
    holdings, vix, spx
        The files.
    rows
        Rows of all three.
    """

    holdings: Path
    vix: Path
    spx: Path
    rows: int


class _GrowingFile:
    """Parquet file written batch by batch beside its final name."""

    def __init__(self, path: Path, columns: list[str]) -> None:
        import pyarrow as pa  # 0.1 s to import
        import pyarrow.parquet as pq

        self.path = path
        self.rows = 0
        self._columns = columns
        self._partial = path.with_name(f"{path.name}.partial")
        kinds = {"symbol": pa.string(), "timestamp": pa.timestamp("us", tz="UTC")}
        self._schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in columns])
        self._writer = pq.ParquetWriter(self._partial, self._schema, compression="zstd")

    def append(self, bars: pl.DataFrame) -> None:
        if bars.height:
            self._writer.write_table(bars.select(self._columns).to_arrow().cast(self._schema))
            self.rows += bars.height

    def finish(self) -> None:
        self._writer.close()
        self._partial.replace(self.path)

    def discard(self) -> None:
        self._writer.close()
        self._partial.unlink(missing_ok=True)


def export_market(
    batches: Iterator[SourceBatch], directory: Path, timeframe: Timeframe
) -> Exported:
    """Write bars to three files; see ``SyntheticMarket.export``."""
    word = _WORDS.get(timeframe.code, timeframe.code)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with ExitStack() as undo:
            files = {}
            for name in ("spx_holdings", "vix", "spx"):
                columns = _HOLDING_COLUMNS if name == "spx_holdings" else _INDEX_COLUMNS
                files[name] = _GrowingFile(directory / f"{name}_{word}.parquet", columns)
                undo.callback(files[name].discard)
            _write(batches, files)
            for file in files.values():
                file.finish()
    except OSError as fault:
        raise StoreError(
            f"cannot write the export to {directory}: {fault.strerror or fault}. "
            "Choose a folder that can be written and has room",
            directory=str(directory),
        ) from None
    return Exported(
        holdings=files["spx_holdings"].path,
        vix=files["vix"].path,
        spx=files["spx"].path,
        rows=sum(file.rows for file in files.values()),
    )


def _write(batches: Iterator[SourceBatch], files: dict[str, _GrowingFile]) -> None:
    for batch in batches:
        if batch.table.name != "bars":
            continue
        symbol = pl.col("symbol")
        for name in ("spx", "vix"):
            files[name].append(batch.frame.filter(symbol == name.upper()))
        files["spx_holdings"].append(batch.frame.filter(~symbol.is_in(["SPX", "VIX"])))
