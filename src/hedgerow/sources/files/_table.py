"""From text to a frame of text cells, without losing a line.

1. Lines are split and numbered; blank ones hold nothing and are left out (``_lines``).
2. The separator is the one the header has most of (``_separator``).
3. A line with more or fewer fields than the header is set aside (``_field_count``).
4. The rest is parsed; one row a line, or the file is refused (``_cells``).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from hedgerow.errors import DataError, DefinitionError
from hedgerow.sources.files._opening import decoded, is_parquet, parquet_frame, read_bytes

LINE = "line"

_SEPARATORS = (",", ";", "\t", "|")
_QUOTED = '"[^"]*"'


@dataclass(frozen=True)
class RawTable:
    """Cells of a file before anybody has judged them.

    Parameters
    ----------
    path
        Where it was read.
    frame
        One column each of the file's, in its order; text from a CSV file (trimmed, null where
        empty), the file's own types from Parquet.
    lines
        Line number of each row in a CSV file, or row number in a Parquet file.
    ragged
        ``line, text`` of lines with another number of fields than the header.
    separator
        Between the fields of a CSV file; empty for Parquet.
    """

    path: Path
    frame: pl.DataFrame
    lines: pl.Series
    ragged: pl.DataFrame
    separator: str

    def plain(self) -> RawTable:
        """The same without columns that bars cannot be made of, such as lists."""
        kept = [
            pl.col(name).cast(pl.String if kind in (pl.Categorical, pl.Enum) else kind)
            for name, kind in self.frame.schema.items()
            if not kind.is_nested() and kind not in (pl.Binary, pl.Duration, pl.Object)
        ]
        return replace(self, frame=self.frame.select(kept))

    def where(self, row: int) -> str:
        """Words for the place of a row, for messages."""
        return f"{'line' if self.separator else 'row'} {self.lines[row]}"


def read_raw(path: Path, *, encoding: str | None, separator: str | None) -> RawTable:
    """Read a CSV or Parquet file.

    Parameters
    ----------
    path
        The file; a CSV file may be compressed with gzip or Zstandard.
    encoding
        Of a CSV file; None to go by its byte-order mark, else UTF-8.
    separator
        Of a CSV file; None to find it in the header.

    Raises
    ------
    DataError
        The file cannot be read, or holds no rows.
    DefinitionError
        The separator or the encoding is not known.
    """
    if separator is not None and (len(separator) != 1 or not separator.isascii()):
        raise DefinitionError(f"separator {separator!r} is not one character, such as ',' or ';'")
    content = read_bytes(path)
    if is_parquet(content):
        frame = parquet_frame(path, content)
        rows = pl.Series(LINE, range(1, frame.height + 1), dtype=pl.UInt32)
        return RawTable(path, frame, rows, _no_lines(), "")
    lines = _lines(decoded(path, content, encoding))
    if lines.height == 0:
        raise DataError(f"file {path} is empty")
    header = lines["text"][0]
    between = separator or _separator(header)
    _refuse_open_quotes(path, lines)
    wanted = lines.select(_field_count(between)).item(0, 0)
    whole = lines.filter(_field_count(between) == wanted)
    ragged = lines.filter(_field_count(between) != wanted)
    if whole.height < 2 and ragged.height:
        raise DataError(
            f"file {path} has {wanted} columns in its header but "
            f"{ragged.select(_field_count(between)).item(0, 0)} on line {ragged[LINE][0]}: "
            "give every line the same number of fields",
            path=str(path),
        )
    if whole.height < 2:
        raise DataError(f"file {path} has a header but no rows")
    frame = _cells(path, whole, between)
    return RawTable(path, frame, whole[LINE].slice(1), ragged, between)


def _no_lines() -> pl.DataFrame:
    return pl.DataFrame(schema={LINE: pl.UInt32, "text": pl.String})


def _lines(text: str) -> pl.DataFrame:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return (
        pl.DataFrame({"text": text.split("\n")}, schema={"text": pl.String})
        .with_row_index(LINE, offset=1)
        .filter(pl.col("text").str.contains(r"[^\s,;|\"]"))
    )


def _separator(header: str) -> str:
    return max(_SEPARATORS, key=header.count)


def _field_count(separator: str) -> pl.Expr:
    outside = pl.col("text").str.replace_all(_QUOTED, "")
    return outside.str.count_matches(separator, literal=True) + 1


def _refuse_open_quotes(path: Path, lines: pl.DataFrame) -> None:
    odd = pl.col("text").str.count_matches('"', literal=True) % 2 == 1
    unbalanced = lines.filter(odd)
    if unbalanced.height:
        raise DataError(
            f"file {path} has an unclosed quote on line {unbalanced[LINE][0]}: "
            "a field must not go on to the next line",
            path=str(path),
        )


def _cells(path: Path, lines: pl.DataFrame, separator: str) -> pl.DataFrame:
    joined = "\n".join(lines["text"].to_list()).encode()
    try:
        frame = pl.read_csv(
            io.BytesIO(joined),
            separator=separator,
            has_header=False,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError as fault:
        raise DataError(
            f"file {path} is not CSV: {str(fault).splitlines()[0]}", path=str(path)
        ) from None
    if frame.height != lines.height:
        raise DataError(
            f"file {path} has {lines.height} lines but {frame.height} rows: its quotes are unclear",
            path=str(path),
        )
    trimmed = frame.with_columns(pl.all().str.strip_chars().replace("", None))
    names = [name or "" for name in trimmed.row(0)]
    _refuse_repeated(path, names)
    named = [name or _free_name(place, names) for place, name in enumerate(names, start=1)]
    return trimmed.slice(1).rename(dict(zip(trimmed.columns, named, strict=True)))


def _free_name(place: int, taken: list[str]) -> str:
    name = f"column_{place}"
    while name in taken:
        name += "_"
    return name


def _refuse_repeated(path: Path, names: list[str]) -> None:
    filled = [name for name in names if name]
    repeated = sorted({name for name in filled if filled.count(name) > 1})
    if repeated:
        raise DataError(
            f"file {path} has the column {repeated[0]!r} twice: rename one", path=str(path)
        )
