"""What can happen to an account: the ledger books nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TypeAlias

from hedgerow.errors import DataError

_ZERO = Decimal(0)

# Accounts keep their own context: a caller's precision must not change what they hold.
ACCOUNT_CONTEXT = Context(prec=34, rounding=ROUND_HALF_EVEN)


def exact(value: float | Decimal | str) -> Decimal:
    """Decimal of a number as people write it.

    Parameters
    ----------
    value
        A finite number. A float becomes its shortest decimal form, so 0.1 is 0.1.

    Raises
    ------
    DataError
        The value is not a finite number.

    Examples
    --------
    >>> exact(0.1)
    Decimal('0.1')
    """
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise DataError(f"ledger: {value!r} is not a finite number", value=value)
    return number


def _refuse(event: object, name: str, rule: str) -> DataError:
    value = getattr(event, name)
    kind = type(event).__name__.lower()
    return DataError(f"ledger: {kind} {name}={value} must be {rule}", field=name, value=value)


@dataclass(frozen=True)
class Deposit:
    """Money paid in (positive) or taken out (negative).

    Parameters
    ----------
    at
        Bar start or instant, UTC.
    amount
        Money.
    """

    at: dt.datetime
    amount: Decimal

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise _refuse(self, "amount", "finite")


@dataclass(frozen=True)
class Fill:
    """Shares bought (positive) or sold (negative).

    Parameters
    ----------
    at
        Bar start or instant, UTC.
    instrument_id
        Stable identity.
    quantity
        Signed shares, not zero.
    price
        Money per share, positive, spread and impact included.
    commission
        Money paid beside the price, not negative.
    slippage
        Money lost against the price that traded, already inside ``price``; kept for reports.
    reason
        Why: signal, rebalance, stop, target, trailing, condition, time or ruin.
    """

    at: dt.datetime
    instrument_id: str
    quantity: Decimal
    price: Decimal
    commission: Decimal = _ZERO
    slippage: Decimal = _ZERO
    reason: str = "signal"

    def __post_init__(self) -> None:
        if not self.quantity.is_finite() or self.quantity == 0:
            raise _refuse(self, "quantity", "finite and not zero")
        if not self.price.is_finite() or self.price <= 0:
            raise _refuse(self, "price", "positive")
        if not self.commission.is_finite() or self.commission < 0:
            raise _refuse(self, "commission", "not negative")


@dataclass(frozen=True)
class Split:
    """New shares for old.

    Parameters
    ----------
    at
        Start of the ex-date's bar, UTC.
    instrument_id
        Stable identity.
    ratio
        New shares for one old, positive: 4 for a 4-for-1 split, 0.1 for a 1-for-10.
    """

    at: dt.datetime
    instrument_id: str
    ratio: Decimal

    def __post_init__(self) -> None:
        if not self.ratio.is_finite() or self.ratio <= 0:
            raise _refuse(self, "ratio", "positive")


@dataclass(frozen=True)
class _Payment:
    at: dt.datetime
    instrument_id: str
    amount: Decimal

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount < 0:
            raise _refuse(self, "amount", "not negative")


@dataclass(frozen=True)
class Dividend(_Payment):
    """Cash to holders at the ex-date's open; short positions pay it.

    Parameters
    ----------
    at
        Start of the ex-date's bar, UTC.
    instrument_id
        Stable identity.
    amount
        Money per share held, after a split of the same day.
    """


@dataclass(frozen=True)
class Borrow(_Payment):
    """Fee for borrowed shares.

    Parameters
    ----------
    at
        Bar start or instant, UTC.
    instrument_id
        Stable identity.
    amount
        Money paid, not negative.
    """


Event: TypeAlias = Deposit | Fill | Split | Dividend | Borrow
