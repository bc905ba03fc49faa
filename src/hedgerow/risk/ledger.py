"""The one event ledger: cash, positions and what became of the money, in decimal arithmetic.

At any time, for any sequence of events::

    cash + positions at market
        = deposits + realised + unrealised + dividends - commission - borrow

Realised and unrealised profit are measured at fill prices, so spread and impact are inside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from hedgerow.errors import DataError
from hedgerow.risk.events import (
    ACCOUNT_CONTEXT,
    Borrow,
    Deposit,
    Dividend,
    Event,
    Fill,
    Split,
    exact,
)
from hedgerow.risk.rounding import decimal_lots, decimal_tick
from hedgerow.risk.trades import RoundTrip, round_trips

_ZERO = Decimal(0)


@dataclass(frozen=True)
class Position:
    """Shares held.

    Parameters
    ----------
    quantity
        Signed shares; negative is short; never zero.
    average_cost
        Average fill price of the shares held, per share, commission excluded.
    """

    quantity: Decimal
    average_cost: Decimal


class Ledger:
    """Books events and answers what the account holds and what it made.

    Parameters
    ----------
    lot
        Shares in a lot; 0 where fractions of a share may be traded.
    tick
        Smallest price step; 0 where any price may be traded.

    Attributes
    ----------
    cash, deposits, realised, dividends, commission, borrow, slippage
        Money, as decimals. ``slippage`` is a memo: it is already inside the fill prices.
    positions
        ``Position`` by instrument; flat instruments are absent.
    events
        Everything booked, in order.

    Examples
    --------
    >>> import datetime as dt
    >>> ledger, now = Ledger(), dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    >>> ledger.book(Deposit(now, exact(1000)))
    >>> ledger.book(Fill(now, "AAPL", exact(5), exact(100)))
    >>> ledger.book(Split(now, "AAPL", exact(4)))
    >>> ledger.positions["AAPL"]
    Position(quantity=Decimal('20'), average_cost=Decimal('25'))
    >>> ledger.equity({"AAPL": exact(30)})
    Decimal('1100')
    """

    def __init__(
        self, *, lot: float | Decimal | str = _ZERO, tick: float | Decimal | str = _ZERO
    ) -> None:
        self.lot = exact(lot)
        self.tick = exact(tick)
        self.cash = self.deposits = self.realised = self.dividends = _ZERO
        self.commission = self.borrow = self.slippage = _ZERO
        self.positions: dict[str, Position] = {}
        self.events: list[Event] = []

    def book(self, event: Event) -> None:
        """Book one event.

        Parameters
        ----------
        event
            At or after the last one booked.

        Raises
        ------
        DataError
            The event lies before one already booked.
        """
        if self.events and event.at < self.events[-1].at:
            raise DataError(
                f"ledger: event at {event.at:%Y-%m-%d %H:%M} lies before the last one booked "
                f"({self.events[-1].at:%Y-%m-%d %H:%M}): book events in order of time"
            )
        with localcontext(ACCOUNT_CONTEXT):
            match event:
                case Deposit():
                    self.cash += event.amount
                    self.deposits += event.amount
                case Fill():
                    self._fill(event)
                case Split():
                    self._split(event)
                case Dividend():
                    self._dividend(event)
                case Borrow():
                    self.cash -= event.amount
                    self.borrow += event.amount
        self.events.append(event)

    def quantity(self, instrument_id: str) -> Decimal:
        """Signed shares held; zero where none are."""
        held = self.positions.get(instrument_id)
        return held.quantity if held else _ZERO

    def whole_lots(self, quantity: Decimal) -> Decimal:
        """Unsigned shares cut to whole lots."""
        with localcontext(ACCOUNT_CONTEXT):
            return decimal_lots(quantity, self.lot)

    def on_tick(self, price: Decimal) -> Decimal:
        """Price rounded to the tick, half to even."""
        with localcontext(ACCOUNT_CONTEXT):
            return decimal_tick(price, self.tick)

    def market_value(self, prices: Mapping[str, Decimal]) -> Decimal:
        """Sum of signed shares times price.

        Parameters
        ----------
        prices
            Money per share of every instrument held.

        Raises
        ------
        DataError
            A held instrument has no price.
        """
        with localcontext(ACCOUNT_CONTEXT):
            return sum(
                (held.quantity * _price(prices, name) for name, held in self.positions.items()),
                _ZERO,
            )

    def unrealised(self, prices: Mapping[str, Decimal]) -> Decimal:
        """Profit of the positions held, at these prices, commission excluded."""
        with localcontext(ACCOUNT_CONTEXT):
            return sum(
                (
                    held.quantity * (_price(prices, name) - held.average_cost)
                    for name, held in self.positions.items()
                ),
                _ZERO,
            )

    def equity(self, prices: Mapping[str, Decimal]) -> Decimal:
        """Cash plus positions at market."""
        with localcontext(ACCOUNT_CONTEXT):
            return self.cash + self.market_value(prices)

    def round_trips(self, prices: Mapping[str, Decimal]) -> tuple[RoundTrip, ...]:
        """Trades in order of their exits, those still open last.

        Parameters
        ----------
        prices
            Last price of every instrument held.
        """
        return round_trips(self.events, prices)

    def _fill(self, fill: Fill) -> None:
        held = self.positions.get(fill.instrument_id, Position(_ZERO, _ZERO))
        after = held.quantity + fill.quantity
        self.cash -= fill.quantity * fill.price + fill.commission
        self.commission += fill.commission
        self.slippage += fill.slippage
        average = held.average_cost
        if held.quantity * fill.quantity < 0:
            closed = min(abs(held.quantity), abs(fill.quantity)).copy_sign(held.quantity)
            self.realised += closed * (fill.price - held.average_cost)
            if after * held.quantity < 0:
                average = fill.price
        else:
            average = (held.quantity * average + fill.quantity * fill.price) / after
        self._hold(fill.instrument_id, after, average)

    def _split(self, split: Split) -> None:
        held = self.positions.get(split.instrument_id)
        if held is not None:
            self._hold(
                split.instrument_id, held.quantity * split.ratio, held.average_cost / split.ratio
            )

    def _dividend(self, dividend: Dividend) -> None:
        paid = self.quantity(dividend.instrument_id) * dividend.amount
        self.cash += paid
        self.dividends += paid

    def _hold(self, instrument_id: str, quantity: Decimal, average: Decimal) -> None:
        if quantity == 0:
            self.positions.pop(instrument_id, None)
        else:
            self.positions[instrument_id] = Position(quantity, average)


def _price(prices: Mapping[str, Decimal], instrument_id: str) -> Decimal:
    if instrument_id not in prices:
        raise DataError(f"ledger: {instrument_id} is held but has no price", symbol=instrument_id)
    return prices[instrument_id]
