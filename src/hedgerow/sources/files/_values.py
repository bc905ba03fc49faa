"""Numbers and symbols of a file, and the rows in which they cannot be read."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from hedgerow.errors import DataError
from hedgerow.sources.files._columns import NUMBER_FIELDS, PRICE_FIELDS
from hedgerow.sources.files._numbers import comma_decimal, has_value, number, unreadable
from hedgerow.sources.files._options import BarOptions
from hedgerow.sources.files._table import RawTable

_THOUSANDS_OR_DECIMALS = r"^[+-]?\d{1,3},\d{3}$"


def read_values(raw: RawTable, columns: Mapping[str, str], options: BarOptions) -> pl.DataFrame:
    """Values of the bars.

    Parameters
    ----------
    raw
        The file.
    columns
        Field to column.
    options
        Currency factor, decimal sign, and the symbol of a file without one.

    Returns
    -------
    pl.DataFrame
        ``symbol``, ``open, high, low, close, volume, vwap`` (Float64; prices in the currency)
        and ``trade_count`` (Int64), null where the file has no value; and ``value_rules``: null,
        or ``unreadable_number`` and ``missing_symbol``.

    Raises
    ------
    DataError
        The file has no symbols and none was given, or a column holds no numbers.
    """
    fields = [name for name in NUMBER_FIELDS if name in columns]
    values, faults = [], []
    for name in fields:
        value, fault = _numbers(raw, columns[name], name, options)
        values.append(value.alias(name))
        faults.append(fault)
    symbol = read_symbols(raw, columns, options)
    frame = pl.DataFrame([symbol, *values]).with_columns(
        pl.col(name) * options.currency_factor for name in (*PRICE_FIELDS, "vwap") if name in fields
    )
    if "trade_count" in fields:
        frame = frame.with_columns(pl.col("trade_count").round().cast(pl.Int64, strict=False))
    rules = pl.concat_str(
        pl.when(pl.any_horizontal(*faults)).then(pl.lit("unreadable_number")),
        pl.when(pl.col("symbol").is_null()).then(pl.lit("missing_symbol")),
        separator=",",
        ignore_nulls=True,
    )
    return frame.with_columns(value_rules=rules.replace("", None))


def read_symbols(raw: RawTable, columns: Mapping[str, str], options: BarOptions) -> pl.Series:
    """Symbol of each row, null where its cell is empty.

    Raises
    ------
    DataError
        The file has no symbols and none was given.
    """
    if options.symbol is not None:
        return pl.Series("symbol", [options.symbol.strip()]).new_from_index(0, raw.frame.height)
    if "symbol" not in columns:
        raise DataError(
            f"file {raw.path} has no column for the symbol: give --symbol … (symbol= in Python) "
            "for a file of one series, or name the column with --map symbol=… (mapping= in Python)",
            path=str(raw.path),
        )
    texts = raw.frame[columns["symbol"]].cast(pl.String, strict=False)
    return texts.str.strip_chars().replace("", None).alias("symbol")


def _numbers(
    raw: RawTable, column: str, field: str, options: BarOptions
) -> tuple[pl.Series, pl.Series]:
    """Values of one column, and which of its cells claim a value that cannot be read."""
    cells = raw.frame[column]
    if cells.dtype.is_numeric():
        return cells.cast(pl.Float64), pl.repeat(False, len(cells), eager=True)
    if cells.dtype == pl.Null:
        return cells.cast(pl.Float64), pl.repeat(False, len(cells), eager=True)
    if cells.dtype != pl.String:
        raise DataError(
            f"file {raw.path}, column {column!r} holds {cells.dtype}, not numbers for {field}",
            path=str(raw.path),
            column=column,
        )
    texts = pl.DataFrame([cells.alias("text")])
    read = texts.with_columns(
        value=number("text", decimal=options.decimal, counts=field == "volume")
    ).with_columns(
        has_value=has_value("text"), fault=unreadable("text", "value"), comma=comma_decimal("text")
    )
    if options.decimal is None and field in PRICE_FIELDS:
        _refuse_unclear_commas(raw, column, read)
    if read["has_value"].any() and read.filter("has_value")["fault"].all():
        row = read["fault"].arg_max() or 0
        raise DataError(
            f"file {raw.path}, column {column!r} holds no numbers: found {cells[row]!r} on "
            f"{raw.where(row)}",
            path=str(raw.path),
            column=column,
        )
    return read["value"], read["fault"]


def _refuse_unclear_commas(raw: RawTable, column: str, read: pl.DataFrame) -> None:
    """Refuse prices whose commas are, or could be, decimal commas."""
    decimal = read["comma"] & read["fault"]
    either = read["text"].str.contains(_THOUSANDS_OR_DECIMALS) & (raw.separator not in ("", ","))
    mostly = decimal.sum() * 2 > read["has_value"].sum()
    suspect = decimal if mostly else either
    if suspect.any():
        row = suspect.fill_null(value=False).arg_max() or 0
        raise DataError(
            f"file {raw.path}, column {column!r}: {read['text'][row]!r} on {raw.where(row)} may "
            "have a decimal comma. Say --decimal , if it has, --decimal . if commas group "
            "thousands (decimal= in Python)",
            path=str(raw.path),
            column=column,
        )
