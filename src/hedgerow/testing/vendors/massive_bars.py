"""Bars as Massive sends them, made from a world."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import polars as pl

from hedgerow.testing.vendors.world import NEW_YORK, World

_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_DAYS = frozenset({"day", "week"})

# The order in which the letters come in an answer.
_LETTERS = ("v", "vw", "o", "c", "h", "l", "t", "n")

# US stocks trade from four in the morning; the basic plan sends a day when it is over.
_ABROAD = frozenset({"XLON"})


@dataclass(frozen=True)
class BarsQuestion:
    """What an address of ``/v2/aggs/ticker`` asks, with its query or its cursor.

    Parameters
    ----------
    ticker
        As spelt in the address.
    count, unit
        Length of the bars.
    first, last
        Ends of the span in milliseconds, both included.
    query
        ``adjusted``, ``sort`` and ``limit`` as first asked.
    """

    ticker: str
    count: int
    unit: str
    first: int
    last: int
    query: dict[str, str]

    @classmethod
    def of(cls, path: str, query: dict[str, str]) -> BarsQuestion:
        """Read ``/v2/aggs/ticker/{T}/range/{count}/{unit}/{from}/{to}``."""
        *_, ticker, _, count, unit, first, last = path.split("/")
        asked = dict(query)
        if "cursor" in asked:
            asked = dict(parse_qsl(base64.urlsafe_b64decode(asked["cursor"]).decode()))
        return cls(ticker, int(count), unit, _edge(first), _edge(last, end=True), asked)

    @property
    def adjusted(self) -> bool:
        """Whether prices are restated for splits: so unless told otherwise."""
        return self.query.get("adjusted", "true") != "false"

    @property
    def daily(self) -> bool:
        """Whether the bars are made of days."""
        return self.unit in _DAYS

    @property
    def limit(self) -> int:
        """Most base aggregates to look through."""
        return min(int(self.query.get("limit", "5000")), 50_000)

    @property
    def descending(self) -> bool:
        """Whether the newest bar comes first."""
        return self.query.get("sort", "asc") == "desc"

    def next_path(self, path: str, start: int) -> str:
        """Address of the next page: the start moves, the query hides in the cursor."""
        parts = path.split("/")
        parts[-2] = str(start)
        cursor = base64.urlsafe_b64encode(urlencode(self.query).encode()).decode()
        return f"{'/'.join(parts)}?{urlencode({'cursor': cursor})}"


@dataclass(frozen=True)
class BarsAnswer:
    """Rows of one page, how many base aggregates they took, and where the next page starts."""

    rows: pl.DataFrame
    looked_through: int
    next_start: int | None


def answer_bars(base: pl.DataFrame, question: BarsQuestion, page_size: int) -> BarsAnswer:
    """One page of bars.

    A page counts minutes or days (``base``), whatever bars are made of them, and ends where a
    bar does.
    """
    length = _SECONDS[question.unit] * 1000 * question.count
    placed = base.with_columns(t=_window(pl.col("t"), length, weekly=question.unit == "week"))
    first = _floor(question.first, length, question.unit)
    wanted = placed.filter(pl.col("t").is_between(first, question.last))
    if question.descending:
        wanted = wanted.reverse()
    size = min(question.limit, page_size)
    page, rest = wanted.head(size), wanted.slice(size)
    if rest.is_empty():
        return BarsAnswer(_bars(page), page.height, None)
    split_bar = rest["t"][0]
    if page["t"][0] != split_bar:
        page = page.filter(pl.col("t") != split_bar)
        return BarsAnswer(_bars(page), page.height, split_bar)
    whole = wanted.filter(pl.col("t") == split_bar)
    later = wanted.filter(pl.col("t") != split_bar)
    return BarsAnswer(_bars(whole), whole.height, None if later.is_empty() else later["t"][0])


def grouped_bars(world: World, day: dt.date, *, adjusted: bool) -> pl.DataFrame:
    """One day of every company; ``t`` is the end of trading, not its start."""
    tickers = [one.symbol for one in world.companies if one.mic not in _ABROAD]
    parts = []
    for ticker in sorted(tickers):
        daily = world.daily(ticker, "split" if adjusted else "raw")
        parts.append(daily.filter(pl.col("date") == day).with_columns(T=pl.lit(ticker)))
    rows = pl.concat(parts)
    end = dt.datetime.combine(day, dt.time(16), NEW_YORK)
    lettered = _lettered(rows).with_columns(t=pl.lit(int(end.timestamp() * 1000)))
    return lettered.select("T", *_LETTERS)


def as_json(rows: pl.DataFrame) -> bytes:
    """Rows as a compact array; an absent value has no key."""
    text = rows.write_json().encode()
    for name in ("vw", "n"):
        text = text.replace(f',"{name}":null'.encode(), b"")
    return text


def base_bars(world: World, ticker: str, daily: bool, adjusted: bool) -> pl.DataFrame:  # noqa: FBT001
    """Days or minutes of a ticker by the letters of an answer, oldest first."""
    company = world.company(ticker)
    if company is None or company.mic in _ABROAD:
        return pl.DataFrame(schema=dict.fromkeys(_LETTERS, pl.Float64)).cast({"t": pl.Int64})
    if daily:
        rows = world.daily(ticker, "split" if adjusted else "raw")
        start = pl.col("date").cast(pl.Datetime("ms")).dt.replace_time_zone(str(NEW_YORK))
        return _lettered(rows.with_columns(t=start.dt.epoch("ms")))
    rows = world.minutes.filter(pl.col("symbol") == ticker)
    rows = rows.with_columns(
        t=pl.col("start").dt.epoch("ms"),
        date=pl.col("start").dt.convert_time_zone(str(NEW_YORK)).dt.date(),
    )
    factor = pl.lit(1.0)
    for split in world.splits if adjusted else ():
        if split.symbol == ticker:
            factor *= pl.when(pl.col("date") < split.ex_date).then(split.ratio).otherwise(1.0)
    prices = pl.col("open", "high", "low", "close", "vwap")
    return _lettered(rows.with_columns(prices / factor, volume=pl.col("volume") * factor))


def _lettered(rows: pl.DataFrame) -> pl.DataFrame:
    names = {
        "volume": "v",
        "vwap": "vw",
        "open": "o",
        "close": "c",
        "high": "h",
        "low": "l",
        "trades": "n",
    }
    kept = [name for name in ("T", *_LETTERS) if name in rows.columns or name in names.values()]
    return rows.rename(names).select(kept)


def _window(start: pl.Expr, length: int, *, weekly: bool) -> pl.Expr:
    """Start of the bar that a minute or a day falls into; a week begins on Sunday."""
    if weekly:
        local = pl.from_epoch(start, "ms").dt.replace_time_zone("UTC")
        day = local.dt.convert_time_zone(str(NEW_YORK)).dt.date()
        sunday = (day + pl.duration(days=1)).dt.truncate("1w") - pl.duration(days=1)
        midnight = sunday.cast(pl.Datetime("ms")).dt.replace_time_zone(str(NEW_YORK))
        return midnight.dt.epoch("ms")
    return start if length >= 86_400_000 else start // length * length


def _floor(first: int, length: int, unit: str) -> int:
    if unit in _DAYS:
        return first - (6 * 86_400_000 if unit == "week" else 0)
    return first // length * length


def _bars(base: pl.DataFrame) -> pl.DataFrame:
    grouped = base.group_by("t", maintain_order=True).agg(
        pl.col("o").sort_by("t").first(),
        pl.col("h").max(),
        pl.col("l").min(),
        pl.col("c").sort_by("t").last(),
        vw=(pl.col("vw") * pl.col("v")).sum() / pl.col("v").sum(),
        v=pl.col("v").sum(),
        n=pl.col("n").sum(),
    )
    # A bar of one base aggregate is that one to the last digit.
    return base.select(_LETTERS) if grouped.height == base.height else grouped.select(_LETTERS)


def _edge(text: str, *, end: bool = False) -> int:
    if "-" not in text:
        return int(text)
    day = dt.date.fromisoformat(text) + dt.timedelta(days=int(end))
    return int(dt.datetime.combine(day, dt.time(), NEW_YORK).timestamp() * 1000) - int(end)
