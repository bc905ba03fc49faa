"""One Parquet file a symbol, for tools outside."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from hedgerow.errors import DefinitionError, StoreError
from hedgerow.pipelines.analysis.formulas import QUALITY, SIGNAL

EXPORT_COLUMNS = (
    "timestamp",
    "contract",
    "price",
    "price_change_pct",
    "VIX",
    "SPX",
    "spx_change_pct",
    "beta",
    "signal",
    "buy_threshold",
    "sell_threshold",
    "trade_quality",
)

Compression = Literal["snappy", "zstd", "lz4", "none"]

# The default of pandas and Spark, read by every tool; half the processor time of zstd.
DEFAULT_COMPRESSION: Compression = "snappy"

_WORDS = {"signal": SIGNAL, "trade_quality": QUALITY}
# Few distinct values, the VIX being quoted to a cent: a dictionary halves them.
_DICTIONARY = ["contract", *_WORDS, "VIX", "buy_threshold", "sell_threshold"]
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]|^\.+")


def export_folder(folder: str | Path) -> Path:
    """Folder to export to, made where it does not exist.

    Raises
    ------
    DefinitionError
        It is not a local folder.
    StoreError
        It cannot be made.
    """
    if "://" in str(folder):
        raise DefinitionError(f"export folder {folder} is not local: give a path on this machine")
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"export folder {path} cannot be made: {error.strerror}. Give another folder"
        ) from None
    return path


def file_names(symbols: Mapping[str, str]) -> dict[str, str]:
    """File name of each instrument.

    Parameters
    ----------
    symbols
        Symbol by instrument.

    Returns
    -------
    dict[str, str]
        By instrument, ``<SYMBOL>_analysis.parquet``. Characters that not every file system
        takes become underscores; where two names would be the same, in whichever case, each
        gets a digest of its instrument.

    Examples
    --------
    >>> file_names({"BRK/B.XNYS": "BRK/B", "A.XNYS": "A", "A.XLON": "A"})
    {'BRK/B.XNYS': 'BRK_B_analysis.parquet', 'A.XNYS': 'A_..._analysis.parquet',
     'A.XLON': 'A_..._analysis.parquet'}
    """
    plain = {instrument: _UNSAFE.sub("_", symbol) for instrument, symbol in symbols.items()}
    uses = Counter(name.casefold() for name in plain.values())
    return {
        instrument: f"{name if uses[name.casefold()] == 1 else _distinct(name, instrument)}"
        "_analysis.parquet"
        for instrument, name in plain.items()
    }


def arrow_table(judged: pl.DataFrame) -> pa.Table:
    """Analysis in the columns of an export, words as dictionaries.

    Parameters
    ----------
    judged
        At least the columns of ``EXPORT_COLUMNS``, of any number of symbols.

    Returns
    -------
    pyarrow.Table
        The same rows. Enumerated words go into a file's dictionary as they are, where text
        would be hashed again.
    """
    return pl.DataFrame(_enumerated(judged[name]) for name in EXPORT_COLUMNS).to_arrow()


def of_ticker(table: pa.Table, symbol: str) -> pa.Table:
    """Table whose ``contract`` is one ticker, without the names of the others it lay among."""
    # By Polars, because the first value that pyarrow makes from Python imports pandas.
    name = pl.Series([symbol], dtype=pl.Enum([symbol]))
    names = name.new_from_index(0, table.num_rows).to_arrow()
    return table.set_column(EXPORT_COLUMNS.index("contract"), "contract", names)


def write_symbol(table: pa.Table, path: Path, compression: Compression) -> Path:
    """Write one symbol's analysis; the file appears whole or not at all.

    Parameters
    ----------
    table
        As ``arrow_table`` gives it.
    path
        File to make or replace.
    compression
        Codec of the pages.

    Raises
    ------
    StoreError
        The file cannot be written; an older one stays as it was.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        pq.write_table(
            table,
            partial,
            compression=compression,
            use_dictionary=_DICTIONARY,
            column_encoding={"timestamp": "DELTA_BINARY_PACKED"},  # a twentieth of plain
            write_statistics=["timestamp"],  # what a reader may prune by
            store_schema=False,  # so that every reader sees text, not an enumeration
        )
        partial.replace(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}. "
            "Choose a folder that can be written and has room"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return path


def _enumerated(column: pl.Series) -> pl.Series:
    if column.dtype != pl.String:
        return column
    return column.cast(_WORDS.get(column.name) or pl.Enum(column.unique()))


def _distinct(name: str, instrument: str) -> str:
    return f"{name}_{hashlib.sha256(instrument.encode()).hexdigest()[:8]}"
