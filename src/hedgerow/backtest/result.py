"""What a backtest gives back."""

from __future__ import annotations

import datetime as dt
import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from hedgerow.backtest.metrics import Metrics
from hedgerow.risk import Costs, Sizing
from hedgerow.strategies import NotRun

_SHOWN = (
    ("total return", "total_return", "percent"),
    ("return a year (CAGR)", "cagr", "percent"),
    ("volatility a year", "volatility", "percent"),
    ("Sharpe ratio", "sharpe", "number"),
    ("Sortino ratio", "sortino", "number"),
    ("max drawdown", "max_drawdown", "percent"),
    ("... in sessions", "max_drawdown_length", "count"),
    ("trades", "trades", "count"),
    ("win rate", "win_rate", "percent"),
    ("profit factor", "profit_factor", "number"),
    ("turnover a year", "turnover", "number"),
    ("exposure", "exposure", "percent"),
)


@dataclass(frozen=True, repr=False)
class Result:
    """A backtest: its curve, trades, fills and measures, and what it was made from.

    Parameters
    ----------
    strategy, parameters
        Name of the strategy and its parameters.
    equity
        One row a bar: ``timestamp, session, equity, cash, gross, net, benchmark``; money after
        the bar's close; ``benchmark`` null where none or not known.
    trades
        Round trips: the ``trades`` table without ``run_id``, sorted by entry and instrument.
    fills
        In order: ``timestamp, instrument_id, symbol, side`` (buy or sell), ``quantity`` (shares),
        ``price, value, commission, slippage, reason``.
    session_returns
        ``session, return, benchmark``: fractions; ``benchmark`` null where none.
    metrics, benchmark_metrics
        Measures of the run and of its benchmark; None without one.
    benchmark_name
        What the run is compared with; None without a benchmark.
    costs, sizing, fill, capital, lot, tick
        As the run was asked for.
    timeframe
        Length of the bars, such as ``1d``.
    symbols
        Of the instruments that ran, sorted.
    facts
        Where the bars came from: sources, versions, as_of, synthetic.
    notes
        What a reader must know, one sentence each.
    not_run
        Instruments left out, with the reason.
    """

    strategy: str
    parameters: Mapping[str, object]
    equity: pl.DataFrame
    trades: pl.DataFrame
    fills: pl.DataFrame
    session_returns: pl.DataFrame
    metrics: Metrics
    benchmark_metrics: Metrics | None
    benchmark_name: str | None
    costs: Costs
    sizing: Sizing
    fill: str
    capital: float
    lot: float
    tick: float
    timeframe: str
    symbols: tuple[str, ...]
    facts: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    not_run: tuple[NotRun, ...] = ()

    @property
    def start(self) -> dt.date:
        """First session."""
        return _date(self.equity["session"][0])

    @property
    def end(self) -> dt.date:
        """Last session."""
        return _date(self.equity["session"][-1])

    def report(self, path: str | Path) -> Path:
        """Write the tear sheet as one HTML file.

        Parameters
        ----------
        path
            Where to; folders are made.

        Returns
        -------
        pathlib.Path
            The file written.
        """
        from hedgerow.backtest.report import tear_sheet

        place = Path(path)
        text = tear_sheet(self)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return place

    def sha256(self) -> str:
        """Hash of the sorted outputs: equity, trades and fills, byte for byte.

        Returns
        -------
        str
            64 hexadecimal digits. The same run on the same processor architecture gives the
            same digits.
        """
        digest = hashlib.sha256()
        fills = self.fills.with_row_index("place")  # their order is part of the outcome
        for frame, key in (
            (self.equity, ["timestamp"]),
            (self.trades, ["instrument_id", "entry_at"]),
            (fills, ["place"]),
        ):
            for column in frame.sort(key).get_columns():
                digest.update(f"{column.name}:{column.dtype}:{len(column)};".encode())
                digest.update(_bytes(column))
        return digest.hexdigest()

    def __repr__(self) -> str:
        rows = self._rows()
        width = max(len(label) for label, *_ in rows)
        lines = [f"{self._title()}", ""]
        lines += [f"  {label:<{width}}  {own:>12}  {other:>12}" for label, own, other in rows]
        lines += ["", *(f"  note: {note}" for note in self.notes)] if self.notes else []
        lines += [f"  not run: {entry.symbol} {entry.reason}" for entry in self.not_run]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cell = 'style="text-align:right;padding:2px 12px"'
        head, *body = self._rows()
        rows = "".join(
            f'<tr><td style="text-align:left">{html.escape(label)}</td>'
            f"<td {cell}>{html.escape(own)}</td><td {cell}>{html.escape(other)}</td></tr>"
            for label, own, other in body
        )
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        notes += "".join(
            f"<li>not run: {html.escape(entry.symbol)} {html.escape(entry.reason)}</li>"
            for entry in self.not_run
        )
        return (
            f"<div><strong>{html.escape(self._title())}</strong>"
            f"<table><thead><tr><th></th><th {cell}>{html.escape(head[1])}</th>"
            f"<th {cell}>{html.escape(head[2])}</th></tr></thead><tbody>{rows}</tbody></table>"
            f"{f'<ul>{notes}</ul>' if notes else ''}</div>"
        )

    def _title(self) -> str:
        words = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        names = ", ".join(self.symbols[:3]) + (" …" if len(self.symbols) > 3 else "")
        return (
            f"{self.strategy}({words}) on {len(self.symbols)} × {self.timeframe} ({names}), "
            f"{self.start} to {self.end}"
        )

    def _rows(self) -> list[tuple[str, str, str]]:
        other = self.benchmark_metrics
        return [
            ("", self.strategy, self.benchmark_name or ""),
            *(
                (
                    label,
                    _written(getattr(self.metrics, name), form),
                    _written(getattr(other, name), form) if other else "",
                )
                for label, name, form in _SHOWN
            ),
        ]


def _written(value: float | None, form: str) -> str:
    if value is None:
        return "–"
    return {"percent": f"{value:,.2%}", "number": f"{value:,.2f}", "count": f"{value:,.0f}"}[form]


def _bytes(column: pl.Series) -> bytes:
    """Bytes of a column that depend on its values alone."""
    known = column.is_not_null()
    values = column.drop_nulls()
    if values.dtype == pl.String:
        body = "\x00".join(values.to_list()).encode()
    elif values.dtype == pl.Boolean:
        body = values.cast(pl.UInt8).to_numpy().tobytes()
    else:
        numbers = values.to_physical().to_numpy()
        body = numbers.astype(numbers.dtype.newbyteorder("<")).tobytes()
    return known.cast(pl.UInt8).to_numpy().tobytes() + body


def _date(value: object) -> dt.date:
    assert isinstance(value, dt.date)
    return value
