"""The listing of the United States into instruments and the spans of their symbols."""

from __future__ import annotations

import polars as pl

from hedgerow.domain.instrument import Instrument, InstrumentKind
from hedgerow.domain.schemas import SYMBOL_INTERVALS
from hedgerow.sources.alphavantage.parse import Parsed
from hedgerow.sources.alphavantage.symbols import US_EXCHANGES, VENDOR, our_symbol
from hedgerow.sources.base import REFUSED_COLUMNS, SourceBatch
from hedgerow.sources.vendor import Listing

UNKNOWN_EXCHANGE = "unknown_exchange"
NO_FIRST_DATE = "missing_date"
REVERSED_INTERVAL = "reversed_interval"
OVERLAPPING_INTERVAL = "overlapping_interval"


def build_listing(active: Parsed, delisted: Parsed) -> Listing:
    """Instruments, one for each company that used a symbol, and when it did.

    A symbol on an exchange belongs to one instrument at a time. The vendor's two lists overlap
    where a symbol left an exchange and came back: of rows whose spans overlap the one that
    lasts longest counts, and the others are refused with their rule. A symbol that went to
    another company later gets an identity for each user: the present or last one has
    ``SYMBOL.MIC``, an earlier one its last day besides, ``SYMBOL.MIC.2014-05-30``.

    Parameters
    ----------
    active, delisted
        The two lists.

    Returns
    -------
    Listing
        Instruments in the order of their identities. Rows of exchanges that are not known and
        without a first day are in the batch's ``refused``.
    """
    sent = pl.concat([active.frame, delisted.frame]).with_columns(
        mic=pl.col("exchange").replace_strict(US_EXCHANGES, default=None),
        spelt=_respelt(pl.concat([active.frame["symbol"], delisted.frame["symbol"]])),
    )
    checked = sent.with_columns(rules=_rule()).sort(
        "spelt", "mic", "delisted", "listed", nulls_last=True, maintain_order=True
    )
    spans = _without_overlaps(checked.filter(pl.col("rules") == "").drop("rules"))
    kept = _identified(spans.filter(pl.col("rules") == ""))
    faulty = pl.concat(
        [checked.filter(pl.col("rules") != ""), spans.filter(pl.col("rules") != "")], how="diagonal"
    )
    intervals = kept.select(
        symbol="spelt",
        exchange="mic",
        valid_from="listed",
        valid_to="delisted",
        instrument_id="instrument_id",
        source=pl.lit(VENDOR),
    )
    refused = pl.concat([active.refused, delisted.refused, _refused(faulty)])
    return Listing(_instruments(kept), SourceBatch.of(SYMBOL_INTERVALS, intervals, refused=refused))


def _respelt(symbols: pl.Series) -> pl.Series:
    """Symbols as they are spelt here; most are the same, so only the rest is looked at."""
    others = symbols.filter(symbols.str.contains("-", literal=True)).unique().to_list()
    return symbols.replace({symbol: our_symbol(symbol) for symbol in others})


def _rule() -> pl.Expr:
    return (
        pl.when(pl.col("mic").is_null())
        .then(pl.lit(UNKNOWN_EXCHANGE))
        .when(pl.col("listed").is_null())
        .then(pl.lit(NO_FIRST_DATE))
        .when(pl.col("delisted") < pl.col("listed"))
        .then(pl.lit(REVERSED_INTERVAL))
        .otherwise(pl.lit(""))
    )


def _without_overlaps(spans: pl.DataFrame) -> pl.DataFrame:
    """Mark spans that a later-ending one of the same symbol and exchange reaches into."""
    later_start = pl.col("listed").reverse().cum_min().reverse().shift(-1).over("spelt", "mic")
    ends = pl.col("delisted").fill_null(pl.date(9999, 12, 31))
    overlaps = later_start.is_not_null() & (later_start <= ends)
    return spans.with_columns(
        rules=pl.when(overlaps).then(pl.lit(OVERLAPPING_INTERVAL)).otherwise(pl.lit(""))
    )


def _identified(spans: pl.DataFrame) -> pl.DataFrame:
    plain = pl.format("{}.{}", "spelt", "mic")
    is_last = pl.int_range(pl.len()).over("spelt", "mic") == pl.len().over("spelt", "mic") - 1
    dated = pl.format("{}.{}", plain, pl.col("delisted"))
    return spans.with_columns(instrument_id=pl.when(is_last).then(plain).otherwise(dated)).sort(
        "instrument_id"
    )


def _instruments(kept: pl.DataFrame) -> list[Instrument]:
    rows = kept.select("instrument_id", "spelt", "mic", "kind", "name").rows()
    return [
        Instrument(
            identity,
            symbol,
            exchange,
            "USD",
            InstrumentKind.ETF if kind == "ETF" else InstrumentKind.EQUITY,
            name,
            region="US",
        )
        for identity, symbol, exchange, kind, name in rows
    ]


def _refused(faulty: pl.DataFrame) -> pl.DataFrame:
    sent = pl.struct("symbol", "name", "exchange", "kind", "listed", "delisted", "status")
    rows = faulty.select(
        "rules",
        symbol="spelt",
        timestamp=pl.col("listed").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        payload=sent.struct.json_encode(),
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in REFUSED_COLUMNS.items())
