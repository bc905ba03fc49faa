"""The analysis itself: a bar's move against what the VIX allows and what the market did.

1. ``last_known`` joins VIX and SPX to each bar by the clock.
2. ``_moves`` turns prices into percent moves since the instrument's bar before.
3. ``_thresholds`` widens the band with the VIX and sets the move against the market's.
4. ``_verdict`` compares move and band, and judges the signal by the bar after.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from hedgerow.domain import Timeframe
from hedgerow.domain.schemas import ANALYSIS
from hedgerow.features._windows import rolling_slope
from hedgerow.pipelines.analysis.rules import AnalysisRules

SIGNAL = pl.Enum(["buy", "hold", "sell"])
QUALITY = pl.Enum(["good", "neutral", "bad"])

DEFAULT_RULES = AnalysisRules()

_PERCENT = 100.0


def analyze_bars(
    bars: pl.LazyFrame,
    vix: pl.LazyFrame,
    spx: pl.LazyFrame,
    *,
    timeframe: str | Timeframe,
    rules: AnalysisRules = DEFAULT_RULES,
) -> pl.LazyFrame:
    """Judge every bar against the VIX and the S&P 500.

    Parameters
    ----------
    bars
        ``instrument_id, symbol, source, timestamp, available_at, close`` of any number of
        instruments, sorted by instrument and time; ``close`` adjusted for splits, above zero,
        never null. ``raw_close``, where there is one, is the price shown.
    vix, spx
        ``available_at`` and ``close`` of the two series, of any timeframe, in any order. Rows
        without a close count as not published.
    timeframe
        Length of the bars.
    rules
        Band, window and age limit.

    Returns
    -------
    pl.LazyFrame
        Columns of :class:`hedgerow.domain.schemas.Analysis`, one row a bar, in the order of
        ``bars``:

        * ``VIX``, ``SPX``: the last values with ``available_at`` not after the bar's; null
          before the first and when older than the age limit.
        * ``price_change_pct = 100 (close / previous close - 1)`` within the instrument; null
          on its first bar.
        * ``spx_change_pct = 100 (SPX / SPX at the instrument's previous bar - 1)``; null where
          either is unknown.
        * ``beta = price_change_pct / spx_change_pct``; null where SPX did not move or either is
          unknown. A ratio of two moves of one bar is wild where SPX hardly moved.
        * ``rolling_beta``: slope of the least-squares line of ``price_change_pct`` on
          ``spx_change_pct`` over ``rules.beta_window`` bars, covariance / variance; null until
          the window is full of known pairs, and where SPX moved alike on all of them.
        * ``buy_threshold = rules.band · VIX / rules.reference_vix`` percent, ``sell_threshold``
          its negative.
        * ``signal``: ``buy`` above the first, ``sell`` below the second, else ``hold``; also
          ``hold`` where the move or the VIX is unknown.
        * ``trade_quality``, an outcome that looks one bar ahead: ``good`` for a buy before a
          rise or a sell before a fall of the close, ``bad`` for the reverse, ``neutral`` for a
          hold, an unchanged close and the last bar.

    Notes
    -----
    All but ``trade_quality`` depend on rows with ``available_at`` not after the bar's own. A
    daily VIX is published after the close, so a bar of the same session sees the VIX of the
    session before.

    Examples
    --------
    >>> days = [dt.datetime(2024, 1, day, 21, tzinfo=dt.UTC) for day in (2, 3, 4)]
    >>> bars = pl.LazyFrame({
    ...     "instrument_id": "X.XNYS", "symbol": "X", "source": "demo", "timestamp": days,
    ...     "available_at": days, "close": [100.0, 102.0, 103.0],
    ... })
    >>> vix = pl.LazyFrame({"available_at": days, "close": [15.0, 15.0, 30.0]})
    >>> spx = pl.LazyFrame({"available_at": days, "close": [4000.0, 4040.0, 4040.0]})
    >>> judged = analyze_bars(bars, vix, spx, timeframe="1d")
    >>> judged.select("beta", "signal", "buy_threshold", "trade_quality").collect().rows()
    [(None, 'hold', 0.5, 'neutral'), (2.0, 'buy', 0.5, 'good'), (None, 'hold', 1.0, 'neutral')]
    """
    judged = judge(bars, vix, spx, timeframe=timeframe, rules=rules)
    return judged.select(pl.col(name).cast(kind) for name, kind in ANALYSIS.columns.items())


def judge(
    bars: pl.LazyFrame,
    vix: pl.LazyFrame,
    spx: pl.LazyFrame,
    *,
    timeframe: str | Timeframe,
    rules: AnalysisRules,
) -> pl.LazyFrame:
    """As ``analyze_bars``, with the columns of ``bars`` kept and enumerated words.

    ``signal`` and ``trade_quality`` are enumerations, which are written several times faster
    than text; what is not selected afterwards is not computed.
    """
    length = Timeframe.parse(timeframe)
    shown = "raw_close" if "raw_close" in bars.collect_schema() else "close"
    known = last_known(bars, {"VIX": vix, "SPX": spx}, rules.age_limit(length))
    return (
        known.with_columns(
            pl.lit(length.code).alias("timeframe"),
            pl.col("symbol").alias("contract"),
            pl.col(shown).alias("price"),
        )
        .pipe(_moves)
        .pipe(_thresholds, rules)
        .pipe(_verdict)
    )


def last_known(
    bars: pl.LazyFrame, series: Mapping[str, pl.LazyFrame], max_age: dt.timedelta
) -> pl.LazyFrame:
    """Add the last value of each series that anyone could know when a bar became available.

    Parameters
    ----------
    bars
        At least ``available_at``, in any order.
    series
        By the name of the column to add: ``available_at`` and ``close``.
    max_age
        Age beyond which a value is unknown, included.

    Returns
    -------
    pl.LazyFrame
        The bars in their order with one column a series, null where nothing is known.
    """
    # Instruments share their instants, so the as-of join runs over the distinct ones only.
    instants = bars.select("available_at").drop_nulls().unique().sort("available_at")
    for name, rows in series.items():
        published = (
            rows.select("available_at", pl.col("close").alias(name))
            .drop_nulls()
            .sort("available_at", maintain_order=True)
        )
        instants = instants.join_asof(
            published, on="available_at", strategy="backward", tolerance=max_age
        )
    return bars.join(instants, on="available_at", how="left", maintain_order="left")


def _moves(known: pl.LazyFrame) -> pl.LazyFrame:
    close, market = pl.col("close"), pl.col("SPX")
    return known.with_columns(
        price_change_pct=_PERCENT * (close / _before(close) - 1),
        spx_change_pct=_PERCENT * (market / _before(market) - 1),
        _next_close=_after(close),
    )


def _thresholds(moved: pl.LazyFrame, rules: AnalysisRules) -> pl.LazyFrame:
    move, market_move = pl.col("price_change_pct"), pl.col("spx_change_pct")
    # A product, because Polars divides by a literal through its reciprocal, but a row alone in its
    # chunk truly: the last bit would depend on how rows are split.
    threshold = (rules.band / rules.reference_vix) * pl.col("VIX")
    return moved.with_columns(
        beta=pl.when(market_move != 0).then(move / market_move),
        rolling_beta=rolling_slope(move, market_move, rules.beta_window).over("instrument_id"),
        buy_threshold=threshold,
        sell_threshold=-threshold,
    )


def _verdict(measured: pl.LazyFrame) -> pl.LazyFrame:
    move, close, after = pl.col("price_change_pct"), pl.col("close"), pl.col("_next_close")
    buy, sell = move > pl.col("buy_threshold"), move < pl.col("sell_threshold")
    rises, falls = after > close, after < close
    return measured.with_columns(
        signal=pl.when(buy)
        .then(pl.lit("buy", dtype=SIGNAL))
        .when(sell)
        .then(pl.lit("sell", dtype=SIGNAL))
        .otherwise(pl.lit("hold", dtype=SIGNAL)),
        trade_quality=pl.when((buy & rises) | (sell & falls))
        .then(pl.lit("good", dtype=QUALITY))
        .when((buy & falls) | (sell & rises))
        .then(pl.lit("bad", dtype=QUALITY))
        .otherwise(pl.lit("neutral", dtype=QUALITY)),
    )


def _before(value: pl.Expr) -> pl.Expr:
    """Value at the same instrument's bar before; the bars are sorted by instrument."""
    return pl.when(_same_as_before()).then(value.shift(1))


def _after(value: pl.Expr) -> pl.Expr:
    """Value at the same instrument's bar after."""
    return pl.when(_same_as_before().shift(-1)).then(value.shift(-1))


def _same_as_before() -> pl.Expr:
    instrument = pl.col("instrument_id")
    return instrument == instrument.shift(1)
