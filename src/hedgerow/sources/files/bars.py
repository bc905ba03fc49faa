"""Bars from a CSV or Parquet file.

1. The file becomes cells (``_table``), its columns fields (``_columns``).
2. Times become bar starts (``_clock``), texts become numbers and symbols (``_values``).
3. A row that cannot be read is refused by the name of a rule, with what it held; a value that can
   be read but is wrong (a negative price) stays, for the lake's quality gate to judge.
4. Rows get their session and the instant from which they are known (``_known``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from hedgerow.domain.clock import PUBLICATION_DELAY, stamp
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import BARS
from hedgerow.domain.timeframe import Timeframe
from hedgerow.errors import DataError
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.files._clock import bar_starts
from hedgerow.sources.files._columns import recognise
from hedgerow.sources.files._listing import Listing, identified, listed, zone
from hedgerow.sources.files._options import BarOptions
from hedgerow.sources.files._refusals import refusals
from hedgerow.sources.files._table import read_raw
from hedgerow.sources.files._values import read_symbols, read_values

NAME = "files"


@dataclass(frozen=True)
class FileBars:
    """Bars of one file, as a source.

    Parameters
    ----------
    name
        Word in the ``source`` column.
    batch
        The bars, and the rows that could not be read.
    listing
        The instruments they belong to.
    columns
        Which column of the file each field was read from.
    """

    name: str
    batch: SourceBatch
    listing: tuple[Instrument, ...]
    columns: Mapping[str, str] = field(default_factory=dict)

    def instruments(self) -> list[Instrument]:
        """One instrument for each symbol with a price in the file, sorted by symbol."""
        return list(self.listing)

    def batches(self) -> Iterator[SourceBatch]:
        """The bars in one batch."""
        yield self.batch


def read_bars(  # noqa: PLR0913 - an import names its options, each by keyword
    path: str | Path,
    *,
    mapping: Mapping[str, str] | None = None,
    source: str = NAME,
    timeframe: str | Timeframe = "1d",
    adjustment: str = "raw",
    currency: str | None = None,
    exchange: str | None = None,
    time_zone: str | None = None,
    symbol: str | None = None,
    kind: str | None = None,
    stamped: str = "start",
    date_format: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    known: Iterable[Instrument] = (),
) -> FileBars:
    r"""Read bars from a CSV or Parquet file.

    The usual spellings of columns are recognised (``Date``, ``Datetime``, ``Open``, ``o``,
    ``Close/Last``, ``Vol.``, ``Ticker`` and so on). Nothing is guessed where two readings are
    possible: the error says what to state.

    Parameters
    ----------
    path
        The file; a CSV file may be compressed with gzip or Zstandard.
    mapping
        Column of the file for each field that is not recognised: ``{"close": "Settle"}``. Fields:
        ``symbol, timestamp, date, time, open, high, low, close, volume, vwap, trade_count``. An
        empty name means that the field is not to be read.
    source
        Word for the ``source`` column; not one of Hedgerow's own sources.
    timeframe
        Length of the bars.
    adjustment
        What was done to the prices: ``raw``, ``split`` or ``total``. With ``total``, adjusted
        columns (``Adj Close``) are taken where the file has them, and open, high and low only in
        their adjusted spelling; otherwise adjusted columns are ignored.
    currency
        ISO 4217 code, or a minor unit such as ``GBp``, which is converted to pounds; None for
        that of the known instrument, else ``USD``.
    exchange
        Market identifier code of the instruments, whose calendar gives the sessions; None for
        that of the known instrument, else ``XNYS``.
    time_zone
        Zone of times written without one; the exchange's by default.
    symbol
        Symbol of a file that has one series and no symbol column.
    kind
        What the instruments are: ``equity``, ``etf``, ``index`` or ``fx``; None for what is
        known, else ``equity``.
    stamped
        Whether a time within the day marks the ``start`` or the ``end`` of its bar.
    date_format
        Format of the times in strftime's letters, needed where ``01/02/2024`` could be either.
    decimal
        Decimal sign of the numbers, ``.`` or ``,``; a point unless that is in doubt.
    encoding
        Of a CSV file; by its byte-order mark, else UTF-8, unless given.
    separator
        Of a CSV file; comma, semicolon, tab or bar, as found in the header, unless given.
    known
        Instruments of a workspace (``ws.catalog.instruments()``). A symbol among them means that
        instrument unless ``exchange`` is another one's; synthetic ones do not count.

    Returns
    -------
    FileBars
        ``batch.frame`` is ``bars`` but for ``ingested_at``, in the file's order; values that
        break a quality rule are in it, ``available_at`` is null on a day without a session, and
        empty cells are null. ``batch.refused`` has the rows that could not be read, under
        ``unreadable_date``, ``beyond_sessions``, ``unclear_time``, ``unreadable_number``,
        ``missing_symbol`` or ``wrong_field_count``.

    Raises
    ------
    DataError
        The file as a whole cannot be read or understood: missing, empty, not text, without a
        needed column, mixed or ambiguous dates, no readable row; or a known instrument is
        quoted in another currency.
    DefinitionError
        An option is not valid.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "prices.csv"
    >>> _ = file.write_text("Date,Close,Volume\n2024-01-02,10.5,1200\n2024-01-03,oops,900\n")
    >>> bars = read_bars(file, symbol="ACME")
    >>> bars.batch.frame.select("symbol", "session", "close").rows()
    [('ACME', datetime.date(2024, 1, 2), 10.5)]
    >>> bars.batch.refused.select("rules", "payload").row(0)
    ('unreadable_number', '{"Date":"2024-01-03","Close":"oops","Volume":"900"}')
    """
    options = BarOptions(
        mapping=dict(mapping or {}),
        source=source,
        timeframe=Timeframe.parse(timeframe),
        adjustment=adjustment,
        currency=currency,
        exchange=exchange,
        time_zone=time_zone,
        symbol=symbol,
        kind=kind,
        stamped=stamped,
        date_format=date_format,
        decimal=decimal,
        known=tuple(known),
    )
    raw = read_raw(Path(path), encoding=encoding, separator=separator).plain()
    columns = recognise(raw.path, raw.frame.columns, options.mapping, options.adjustment)
    listing = listed(read_symbols(raw, columns, options), options)
    starts = bar_starts(raw, columns, options, zone(raw.path, listing.values(), options))
    rows = starts.hstack(read_values(raw, columns, options))
    rules = pl.concat_str("time_rule", "value_rules", separator=",", ignore_nulls=True)
    rows = rows.with_columns(rules=rules)
    refused = refusals(raw, rows)
    readable = rows.filter(pl.col("rules") == "").drop("rules", "time_rule", "value_rules")
    if readable.is_empty():
        first = refused.row(0, named=True)
        raise DataError(
            f"file {path} has no readable row: {first['rules']} in {first['payload']}",
            path=str(path),
        )
    batch = SourceBatch.of(BARS, _known(readable, listing, options), refused=refused)
    return FileBars(options.source, batch, _priced(batch.frame, listing), columns)


def _known(rows: pl.DataFrame, listing: Listing, options: BarOptions) -> pl.DataFrame:
    """Rows with the columns that follow from the instruments, the options and the calendars."""
    facts = identified(rows, listing).with_columns(
        source=pl.lit(options.source),
        timeframe=pl.lit(options.timeframe.code),
        adjustment=pl.lit(str(options.adjustment)),
    )
    by_exchange = facts.with_row_index("_row").partition_by("exchange", maintain_order=True)
    stamped = pl.concat(
        stamp(part.lazy(), options.timeframe, calendar=part["exchange"][0]).collect()
        for part in by_exchange
    )
    stamped = stamped.sort("_row").drop("_row", "exchange")
    if options.timeframe.intraday:
        return stamped
    delay = pl.col("symbol").replace_strict(
        PUBLICATION_DELAY, default=None, return_dtype=pl.Duration("us")
    )
    later = pl.coalesce(pl.col("available_at") + delay, pl.col("available_at"))
    return stamped.with_columns(available_at=later)


def _priced(bars: pl.DataFrame, listing: Listing) -> tuple[Instrument, ...]:
    """Instruments with at least one usable close: refused rows alone make nothing known."""
    usable = bars.filter(pl.col("close").is_finite() & (pl.col("close") > 0))
    return tuple(listing[symbol] for symbol in usable["symbol"].unique().sort())
