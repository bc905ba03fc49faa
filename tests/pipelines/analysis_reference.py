"""Slow and obvious: the market analysis bar by bar, in plain Python."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl

UTC = dt.UTC
FIRST_HOUR = dt.datetime(2024, 1, 2, 14, tzinfo=UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def reference(bars, vix, spx, *, max_age, band=0.5, reference_vix=15.0, window=60):
    """List of rows as dictionaries, in the order of the bars."""
    judged = []
    for instrument in dict.fromkeys(bars["instrument_id"]):
        own = [row for row in bars.to_dicts() if row["instrument_id"] == instrument]
        judged += _one(own, vix.to_dicts(), spx.to_dicts(), max_age, band, reference_vix, window)
    return judged


def _one(bars, vix, spx, max_age, band, reference_vix, window):
    rows = []
    for place, bar in enumerate(bars):
        before = rows[-1] if rows else None
        after = bars[place + 1]["close"] if place + 1 < len(bars) else None
        known = {
            "VIX": last_known(vix, bar["available_at"], max_age),
            "SPX": last_known(spx, bar["available_at"], max_age),
        }
        previous = bars[place - 1]["close"] if place else None
        move = _percent(bar["close"], previous)
        market = _percent(known["SPX"], before and before["SPX"])
        buy_at = None if known["VIX"] is None else band * known["VIX"] / reference_vix
        signal = "hold"
        if move is not None and buy_at is not None:
            signal = "buy" if move > buy_at else "sell" if move < -buy_at else "hold"
        row = {
            "instrument_id": bar["instrument_id"],
            "timestamp": bar["timestamp"],
            "contract": bar["symbol"],
            "price": bar.get("raw_close", bar["close"]),
            "price_change_pct": move,
            **known,
            "spx_change_pct": market,
            "beta": move / market if move is not None and market else None,
            "signal": signal,
            "buy_threshold": buy_at,
            "sell_threshold": None if buy_at is None else -buy_at,
            "trade_quality": _quality(signal, bar["close"], after),
        }
        rows.append(row)
        row["rolling_beta"] = _slope(rows[-window:], window)
    return rows


def last_known(series, instant, max_age):
    """Value of the row with the latest ``available_at`` not after an instant."""
    newest = None
    for row in series:
        published = row["available_at"]
        usable = row["close"] is not None and published <= instant
        if usable and (newest is None or published >= newest["available_at"]):
            newest = row
    if newest is None or instant - newest["available_at"] > max_age:
        return None
    return newest["close"]


def _percent(now, before):
    return None if now is None or before is None else 100.0 * (now / before - 1)


def _quality(signal, close, after):
    if signal == "hold" or after is None or after == close:
        return "neutral"
    return "good" if (signal == "buy") == (after > close) else "bad"


def _slope(rows, window):
    pairs = [(row["spx_change_pct"], row["price_change_pct"]) for row in rows]
    if len(pairs) < window or any(None in pair for pair in pairs):
        return None
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    mean_x, mean_y = math.fsum(xs) / window, math.fsum(ys) / window
    squares = math.fsum((x - mean_x) ** 2 for x in xs)
    products = math.fsum((x - mean_x) * (y - mean_y) for x, y in pairs)
    return None if min(xs) == max(xs) else products / squares


def hourly_bars(symbol, closes, *, first=FIRST_HOUR, skip=()):
    """Bars of an hour each, without those at the places in ``skip``."""
    starts = [first + place * HOUR for place in range(len(closes))]
    kept = [place for place in range(len(closes)) if place not in set(skip)]
    return pl.DataFrame(
        {
            "instrument_id": [f"{symbol}.XNYS" for _ in kept],
            "symbol": [symbol for _ in kept],
            "source": ["test" for _ in kept],
            "timestamp": [starts[place] for place in kept],
            "available_at": [starts[place] + HOUR for place in kept],
            "close": [float(closes[place]) for place in kept],
        },
        schema_overrides={
            "timestamp": pl.Datetime("us", "UTC"),
            "available_at": pl.Datetime("us", "UTC"),
        },
    )


def series(closes, *, first=FIRST_HOUR + HOUR, step=HOUR):
    """``available_at`` and ``close`` of an index."""
    return pl.DataFrame(
        {
            "available_at": [first + place * step for place in range(len(closes))],
            "close": list(closes),
        },
        schema={"available_at": pl.Datetime("us", "UTC"), "close": pl.Float64},
    )


def random_walk(count, *, seed, start=100.0, sigma=0.008):
    """Prices to the cent."""
    steps = np.random.default_rng(seed).normal(0, sigma, count)
    return np.round(start * np.exp(np.cumsum(steps)), 2)
