"""The same job as a competent pandas user writes it: one symbol at a time, all vectorised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

BAR = pd.Timedelta(hours=1)
MAX_AGE = pd.Timedelta(days=5)
COLUMNS = [
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
]


def run(holdings: Path, vix: Path, spx: Path, out_dir: Path, compression: str) -> None:
    """Read, join, analyse and write one Parquet file per symbol."""
    out_dir.mkdir(parents=True, exist_ok=True)
    bars = pd.read_parquet(holdings, columns=["symbol", "timestamp", "close"])
    around = [read_series(vix, "VIX"), read_series(spx, "SPX")]
    for symbol, one in bars.groupby("symbol"):
        judged = analyse(one.sort_values("timestamp"), around)
        codec = None if compression == "none" else compression
        judged.to_parquet(out_dir / f"{symbol}_analysis.parquet", index=False, compression=codec)


def read_series(path: Path, name: str) -> pd.DataFrame:
    """Closes of an index by the instant they became known."""
    rows = pd.read_parquet(path, columns=["timestamp", "close"])
    rows["available_at"] = rows.pop("timestamp") + BAR
    return rows.rename(columns={"close": name}).sort_values("available_at")


def analyse(bars: pd.DataFrame, around: list[pd.DataFrame]) -> pd.DataFrame:
    """Judge one symbol's bars, sorted by time."""
    bars = bars.rename(columns={"symbol": "contract", "close": "price"})
    bars["available_at"] = bars["timestamp"] + BAR
    for series in around:
        bars = pd.merge_asof(bars, series, on="available_at", tolerance=MAX_AGE)
    price = bars["price"]
    move = 100 * (price / price.shift(1) - 1)
    market_move = 100 * (bars["SPX"] / bars["SPX"].shift(1) - 1)
    threshold = 0.5 * bars["VIX"] / 15
    buy, sell = move > threshold, move < -threshold
    rises, falls = price.shift(-1) > price, price.shift(-1) < price
    bars["price_change_pct"] = move
    bars["spx_change_pct"] = market_move
    bars["beta"] = (move / market_move).where(market_move != 0)
    bars["buy_threshold"] = threshold
    bars["sell_threshold"] = -threshold
    bars["signal"] = np.select([buy, sell], ["buy", "sell"], "hold")
    bars["trade_quality"] = np.select(
        [(buy & rises) | (sell & falls), (buy & falls) | (sell & rises)],
        ["good", "bad"],
        "neutral",
    )
    return bars[COLUMNS]
