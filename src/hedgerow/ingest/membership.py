"""Membership of indices over time: who belonged to one on which day.

1. read the file: a ticker, the first day as a member, the first day no longer one (`_spans`)
2. put rows that say nothing clear aside, for the quarantine                        (`_rule`)
3. find out which company had each ticker then; unknown ones become instruments     (`_owned`)
4. merge; a span that the file does not hold any more is made empty                 (`_withdrawn`)
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from hedgerow.catalog.universes import check_universe_name
from hedgerow.domain.calendar import DEFAULT_CALENDAR
from hedgerow.domain.exchanges import exchange_zone
from hedgerow.domain.instrument import Instrument
from hedgerow.domain.schemas import MEMBERSHIP, SYMBOL_INTERVALS
from hedgerow.errors import DataError, DefinitionError
from hedgerow.ingest.identities import Days, days_of, fresh_identity
from hedgerow.ingest.stores import Stores
from hedgerow.lake import IngestSummary, Lake
from hedgerow.sources.base import no_refusals

# Names that files give the three columns, in small letters.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker"),
    "first": ("from", "valid_from", "start_date", "start", "date_added", "added"),
    "end": ("to", "valid_to", "end_date", "end", "date_removed", "removed"),
}

# Rules by which a row goes to the quarantine.
NO_SYMBOL = "missing_symbol"
NO_DATE = "unreadable_date"
REVERSED = "reversed_interval"
OVERLAP = "overlapping_interval"

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class MembershipLoad:
    """What an import of membership did.

    Parameters
    ----------
    universe
        Name of the index.
    spans
        Spans that the file holds, those in the quarantine among them.
    companies
        Different instruments that they are about.
    added
        Instruments that were not known before.
    withdrawn
        Spans of an earlier import that the file does not hold any more.
    stored
        What the lake did with the rows.
    """

    universe: str
    spans: int
    companies: int
    added: int
    withdrawn: int
    stored: IngestSummary


def ingest_membership(
    stores: Stores,
    file: str | Path,
    universe: str,
    *,
    source: str = "file",
    exchange: str = DEFAULT_CALENDAR,
) -> MembershipLoad:
    """Load who belonged to an index on which day.

    Parameters
    ----------
    stores
        Where to.
    file
        CSV with a ticker (``symbol`` or ``ticker``), the first day as a member (``from``,
        ``valid_from`` or ``start_date``) and the first day no longer one (``to``, ``valid_to``
        or ``end_date``; empty while a member). Days are written ``2015-03-23``.
    universe
        Name of the index, such as ``sp500``; what people type where symbols are asked for.
    source
        Name to keep the spans under. A later import under the same name replaces this one.
    exchange
        Where tickers that are not known are listed.

    Returns
    -------
    MembershipLoad
        Importing the same file again changes nothing.

    Raises
    ------
    DataError
        The file cannot be read, or a column is missing.
    DefinitionError
        The name cannot be used, or an instrument has it.
    StoreError
        The stores cannot be written.

    Notes
    -----
    A ticker means the company that had it in the span, by ``symbol_intervals``. Where that
    does not tell, all spans of one ticker are taken for one company.
    """
    check_universe_name(universe)
    known = stores.catalog.instruments()
    if any(universe in (one.symbol, one.instrument_id) for one in known):
        raise DefinitionError(
            f"universe cannot be called {universe!r}: an instrument has that symbol",
            universe=universe,
        )
    now = stores.clock()
    spans, refused = _checked(_spans(Path(file)))
    held = days_of(stores.lake.scan(SYMBOL_INTERVALS).collect())
    owned, new, days = _owned(spans, known, held, exchange)
    stores.catalog.add_instruments(new)
    if days:
        told = _intervals(days).with_columns(source=pl.lit(source))
        stores.lake.merge(SYMBOL_INTERVALS, told, ingested_at=now)
    rows = _rows(owned, universe, source, exchange)
    gone = _withdrawn(stores.lake, rows, universe, source)
    stored = stores.lake.ingest(
        MEMBERSHIP,
        pl.concat([rows, gone]),
        source=source,
        ingested_at=now,
        unreadable=refused,
    )
    companies = rows["instrument_id"].n_unique()
    count = len(spans) + refused.height
    return MembershipLoad(universe, count, companies, len(new), gone.height, stored)


def members(lake: Lake, universe: str, on: dt.date) -> list[str]:
    """Identities of those that belonged to an index on a day.

    Parameters
    ----------
    lake
        Where membership is kept.
    universe
        Name of the index.
    on
        The day: a span holds its first day, and not its last.

    Returns
    -------
    list[str]
        Each once, in order; none where nothing is known of that day.
    """
    rows = lake.scan(MEMBERSHIP).filter(
        pl.col("universe") == universe,
        pl.col("valid_from") <= on,
        pl.col("valid_to").is_null() | (pl.col("valid_to") > on),
    )
    return rows.select(pl.col("instrument_id").unique().sort()).collect()["instrument_id"].to_list()


def ever_members(
    lake: Lake, universe: str, start: dt.date | None = None, end: dt.date | None = None
) -> list[str]:
    """Identities of those that belonged to an index on any day of a span.

    Parameters
    ----------
    lake
        Where membership is kept.
    universe
        Name of the index.
    start, end
        First and last day, both included; None for no bound.

    Returns
    -------
    list[str]
        Each once, in order.
    """
    first, last = start or dt.date.min, end or dt.date.max
    begins = pl.max_horizontal("valid_from", first)
    rows = lake.scan(MEMBERSHIP).filter(
        pl.col("universe") == universe,
        pl.col("valid_from") <= last,
        pl.col("valid_to").is_null() | (pl.col("valid_to") > begins),
    )
    return rows.select(pl.col("instrument_id").unique().sort()).collect()["instrument_id"].to_list()


def dated_universes(lake: Lake) -> list[str]:
    """Names of the indices whose membership is known by day, in order."""
    names = lake.scan(MEMBERSHIP).select(pl.col("universe").unique().sort())
    return names.collect()["universe"].to_list()


@dataclass(frozen=True)
class _Span:
    """One row of the file: [first, end)."""

    symbol: str
    first: dt.date | None
    end: dt.date | None
    sent: Mapping[str, str | None]

    @property
    def last(self) -> dt.date | None:
        return None if self.end is None else self.end - _DAY


def _spans(file: Path) -> list[_Span]:
    try:
        frame = pl.read_csv(file, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise DataError(f"file {file} cannot be read: {reason}", path=str(file)) from None
    names = {field: _column(frame, field, file) for field in _COLUMNS}
    dates = frame.select(
        pl.col(names[field]).str.strip_chars().str.to_date("%Y-%m-%d", strict=False).alias(field)
        for field in ("first", "end")
    )
    symbols = frame[names["symbol"]].str.strip_chars().fill_null("")
    sent = frame.to_dicts()
    unread = frame[names["end"]].fill_null("").str.strip_chars() != ""
    return [
        # What is no date at all must not pass for "still a member".
        _Span(symbol, first if end or not written else None, end, row)
        for symbol, (first, end), written, row in zip(
            symbols, dates.iter_rows(), unread, sent, strict=True
        )
    ]


def _column(frame: pl.DataFrame, field: str, file: Path) -> str:
    by_name = {name.strip().lower(): name for name in frame.columns}
    for name in _COLUMNS[field]:
        if name in by_name:
            return by_name[name]
    raise DataError(
        f"file {file} has no column {' or '.join(_COLUMNS[field])}; it has "
        f"{', '.join(frame.columns)}",
        path=str(file),
    )


def _checked(spans: Sequence[_Span]) -> tuple[list[_Span], pl.DataFrame]:
    """Spans that say something clear, oldest first, and the others."""
    good: list[_Span] = []
    bad: list[tuple[str, _Span]] = []
    ends: dict[str, dt.date] = {}
    for span in sorted(spans, key=lambda one: (one.first or dt.date.min, one.symbol)):
        rule = _rule(span, ends.get(span.symbol, dt.date.min))
        if rule:
            bad.append((rule, span))
        else:
            good.append(span)
            ends[span.symbol] = span.end or dt.date.max
    rows = [
        {"rules": rule, "symbol": one.symbol, "timestamp": None, "payload": json.dumps(one.sent)}
        for rule, one in bad
    ]
    return good, pl.DataFrame(rows, schema=no_refusals().schema)


def _rule(span: _Span, free_from: dt.date) -> str:
    """Name of the rule that a row breaks; empty where it is good."""
    if not span.symbol:
        return NO_SYMBOL
    if span.first is None:
        return NO_DATE
    if span.end is not None and span.end <= span.first:
        return REVERSED
    return OVERLAP if span.first < free_from else ""


Owned = list[tuple[str, _Span]]


def _owned(
    spans: Sequence[_Span], known: Sequence[Instrument], held: Sequence[Days], exchange: str
) -> tuple[Owned, list[Instrument], list[Days]]:
    """Spans with the identity of their company, instruments yet unknown, and their days."""
    users: dict[str, list[Days]] = defaultdict(list)
    for days in held:
        users[days.symbol].append(days)
    real = [one for one in known if not one.synthetic]
    places = {one.instrument_id: one.exchange for one in real}
    dated = {days.instrument_id for days in held}
    undated = {one.symbol: one.instrument_id for one in real if one.instrument_id not in dated}
    used = {one.instrument_id for one in known}
    owned: Owned = []
    new: dict[str, Instrument] = {}
    days_of_new: list[Days] = []
    for span in spans:
        identity = _user(span, users[span.symbol], places, exchange) or undated.get(span.symbol)
        if identity is None:
            if span.symbol not in new:
                plain = Instrument.of(span.symbol, exchange=exchange)
                fresh = fresh_identity(plain, span.first, used)
                new[span.symbol] = replace(plain, instrument_id=fresh)
                used.add(fresh)
            identity = new[span.symbol].instrument_id
            days_of_new.append(Days(span.symbol, exchange, identity, span.first, span.last))
        owned.append((identity, span))
    return owned, list(new.values()), days_of_new


def _user(
    span: _Span, users: Sequence[Days], places: Mapping[str, str], exchange: str
) -> str | None:
    """Who had the ticker in a span: at the exchange, else in its time zone, at the latest day."""
    wanted = Days(span.symbol, exchange, "", span.first, span.last)
    zone = exchange_zone(exchange)
    meeting = [one for one in users if one.meets(wanted) and one.instrument_id in places]
    near = [one for one in meeting if one.exchange == exchange] or [
        one for one in meeting if exchange_zone(one.exchange) == zone
    ]
    return near[-1].instrument_id if near else None


def _intervals(days: Sequence[Days]) -> pl.DataFrame:
    return pl.DataFrame(
        [(one.symbol, one.exchange, one.first, one.instrument_id, one.last) for one in days],
        schema={
            "symbol": pl.String,
            "exchange": pl.String,
            "valid_from": pl.Date,
            "instrument_id": pl.String,
            "valid_to": pl.Date,
        },
        orient="row",
    )


def _rows(owned: Owned, universe: str, source: str, exchange: str) -> pl.DataFrame:
    """Rows for ``membership``; known from the beginning of the first day at the exchange."""
    frame = pl.DataFrame(
        [(identity, span.first, span.symbol, span.end) for identity, span in owned],
        schema={
            "instrument_id": pl.String,
            "valid_from": pl.Date,
            "symbol": pl.String,
            "valid_to": pl.Date,
        },
        orient="row",
    )
    midnight = (
        pl.col("valid_from")
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone(exchange_zone(exchange) or "UTC", non_existent="null")
        .dt.convert_time_zone("UTC")
    )
    return frame.select(
        universe=pl.lit(universe),
        instrument_id="instrument_id",
        valid_from="valid_from",
        source=pl.lit(source),
        symbol="symbol",
        valid_to="valid_to",
        available_at=midnight,
    )


def _withdrawn(lake: Lake, rows: pl.DataFrame, universe: str, source: str) -> pl.DataFrame:
    """Spans of an earlier import that are not in the file: from now on they hold no day."""
    held = lake.scan(MEMBERSHIP).filter(
        pl.col("universe") == universe,
        pl.col("source") == source,
        pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from")),
    )
    gone = held.join(rows.lazy(), on=list(MEMBERSHIP.key), how="anti")
    return gone.with_columns(valid_to="valid_from").select(rows.columns).collect()
