"""Round trips: from no position, or a reversal, to no position."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from hedgerow.risk.events import ACCOUNT_CONTEXT, Borrow, Deposit, Dividend, Event, Fill, Split

_ZERO = Decimal(0)


@dataclass(frozen=True)
class RoundTrip:
    """One trade, with quantities and prices on the share basis of its entry.

    Parameters
    ----------
    instrument_id
        Stable identity.
    side
        ``long`` or ``short``.
    entry_at, exit_at
        Of the first and the last fill; ``exit_at`` is None while the position is held.
    quantity
        Largest number of shares held.
    entry_price
        Average fill price of the shares put on.
    exit_price
        Average fill price of the shares taken off; the last price while held.
    pnl
        Money made after commission, dividends and borrow; spread and impact are in the prices.
    costs
        Commission, spread, impact and borrow, as money.
    exit_reason
        Reason of the last fill; ``open`` while held.
    """

    instrument_id: str
    side: str
    entry_at: dt.datetime
    exit_at: dt.datetime | None
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    pnl: Decimal
    costs: Decimal
    exit_reason: str

    @property
    def fraction(self) -> Decimal:
        """Profit over the money put in (``quantity x entry_price``), fraction."""
        return self.pnl / (self.quantity * self.entry_price)


@dataclass
class _Trip:
    """A trade under way; ``basis`` is today's shares for one share of the entry."""

    at: dt.datetime
    side: int
    held: Decimal = _ZERO
    basis: Decimal = field(default_factory=lambda: Decimal(1))
    largest: Decimal = _ZERO
    shares_in: Decimal = _ZERO
    money_in: Decimal = _ZERO
    shares_out: Decimal = _ZERO
    money_out: Decimal = _ZERO
    flow: Decimal = _ZERO
    costs: Decimal = _ZERO

    def add(self, shares: Decimal, fill: Fill) -> None:
        self.held += shares
        self.largest = max(self.largest, self.held / self.basis)
        self.shares_in += shares / self.basis
        self.money_in += shares * fill.price
        self._pay(shares, fill, -self.side)

    def remove(self, shares: Decimal, fill: Fill) -> None:
        self.held -= shares
        self.shares_out += shares / self.basis
        self.money_out += shares * fill.price
        self._pay(shares, fill, self.side)

    def meet(self, event: Split | Dividend | Borrow) -> None:
        if isinstance(event, Split):
            self.held *= event.ratio
            self.basis *= event.ratio
        elif isinstance(event, Dividend):
            self.flow += self.side * self.held * event.amount
        else:
            self.flow -= event.amount
            self.costs += event.amount

    def _pay(self, shares: Decimal, fill: Fill, direction: int) -> None:
        part = shares / abs(fill.quantity)
        self.flow += direction * shares * fill.price - fill.commission * part
        self.costs += (fill.commission + fill.slippage) * part

    def end(self, name: str, at: dt.datetime | None, price: Decimal, reason: str) -> RoundTrip:
        return RoundTrip(
            instrument_id=name,
            side="long" if self.side > 0 else "short",
            entry_at=self.at,
            exit_at=at,
            quantity=self.largest,
            entry_price=self.money_in / self.shares_in,
            exit_price=price,
            pnl=self.flow,
            costs=self.costs,
            exit_reason=reason,
        )


def round_trips(events: Iterable[Event], prices: Mapping[str, Decimal]) -> tuple[RoundTrip, ...]:
    """Trades that a sequence of events made.

    Parameters
    ----------
    events
        In order of time.
    prices
        Last price of every instrument still held at the end.

    Returns
    -------
    tuple[RoundTrip, ...]
        In order of their exits, those still open last, by entry and instrument. A fill that
        turns a position round ends one trade and begins another; its commission and slippage
        are shared by the shares of each.

    Examples
    --------
    >>> now = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    >>> fills = [
    ...     Fill(now, "A", Decimal(10), Decimal(5)),
    ...     Fill(now, "A", Decimal(-10), Decimal(6)),
    ... ]
    >>> round_trips(fills, {})[0].pnl
    Decimal('10')
    """
    open_trips: dict[str, _Trip] = {}
    done: list[RoundTrip] = []
    with localcontext(ACCOUNT_CONTEXT):
        for event in events:
            if isinstance(event, Fill):
                done.extend(_book_fill(open_trips, event))
            elif not isinstance(event, Deposit) and event.instrument_id in open_trips:
                open_trips[event.instrument_id].meet(event)
        held = sorted(open_trips.items(), key=lambda item: (item[1].at, item[0]))
        return (*done, *(_still_open(name, trip, prices[name]) for name, trip in held))


def _book_fill(open_trips: dict[str, _Trip], fill: Fill) -> list[RoundTrip]:
    side = 1 if fill.quantity > 0 else -1
    left = abs(fill.quantity)
    done: list[RoundTrip] = []
    trip = open_trips.get(fill.instrument_id)
    if trip is not None and trip.side != side:
        closed = min(left, trip.held)
        trip.remove(closed, fill)
        left -= closed
        if trip.held == 0:
            del open_trips[fill.instrument_id]
            price = trip.money_out / trip.shares_out
            done.append(trip.end(fill.instrument_id, fill.at, price, fill.reason))
    if left > 0:
        open_trips.setdefault(fill.instrument_id, _Trip(fill.at, side)).add(left, fill)
    return done


def _still_open(name: str, trip: _Trip, price: Decimal) -> RoundTrip:
    trip.flow += trip.side * trip.held * price
    return trip.end(name, None, price * trip.basis, "open")
