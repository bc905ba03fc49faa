"""What trading costs: the one model that backtests, tuners, rankings and brokers charge with.

The formulas are plain functions of numbers, so that the kernel compiles the very functions the
ledger calls. Those that only multiply and add take floats and decimals alike.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import TypeVar

from hedgerow.errors import DefinitionError

BPS = 10_000
DAYS_PER_YEAR = 365

Number = TypeVar("Number", float, Decimal)


def commission(
    value: Number, shares: Number, bps: Number, per_share: Number, minimum: Number
) -> Number:
    """Commission of one order: ``max(minimum, bps of the value + per_share x shares)``.

    Parameters
    ----------
    value
        Money traded, positive.
    shares
        Shares traded, positive.
    bps
        Hundredths of a percent of the value.
    per_share
        Money per share.
    minimum
        Least money per order.

    Returns
    -------
    float or Decimal
        Money, as the arguments.

    Examples
    --------
    >>> commission(10_000.0, 100.0, 1.0, 0.005, 1.0)
    1.5
    """
    return max(minimum, value * bps / BPS + per_share * shares)


def fill_price(price: Number, side: Number, half_spread_bps: Number, impact: Number) -> Number:
    """Price paid: the traded price moved against the order.

    Parameters
    ----------
    price
        Price that traded, per share.
    side
        +1 to buy, -1 to sell.
    half_spread_bps
        Half the quoted spread, in hundredths of a percent of the price.
    impact
        Fraction that the order itself moves the price (``impact_fraction``).

    Examples
    --------
    >>> fill_price(100.0, -1.0, 2.0, 0.0)
    99.98
    """
    return price + price * side * (half_spread_bps / BPS + impact)


def impact_fraction(coefficient: float, sigma: float, shares: float, volume: float) -> float:
    """Square-root law of market impact: ``coefficient x sigma x sqrt(shares / volume)``.

    Parameters
    ----------
    coefficient
        Multiple of the law, about 1 for equities.
    sigma
        Standard deviation of one bar's returns, fraction; NaN where not known.
    shares
        Shares of the order, positive.
    volume
        Average shares traded per bar; NaN where not known.

    Returns
    -------
    float
        Fraction of the price. 0.0 where ``sigma`` or ``volume`` is not known or the
        volume is zero: there is nothing to estimate it from.

    References
    ----------
    N. Torre, *BARRA Market Impact Model Handbook*, 1997 (the square-root form);
    R. Almgren, C. Thum, E. Hauptmann and H. Li, "Direct estimation of equity market impact",
    *Risk*, July 2005 (its estimation; they find the exponent 0.6).

    Examples
    --------
    >>> impact_fraction(1.0, 0.02, 2_500.0, 1_000_000.0)
    0.001
    """
    if coefficient <= 0.0 or not sigma > 0.0 or not volume > 0.0:
        return 0.0
    return coefficient * sigma * math.sqrt(shares / volume)


def borrow_charge(annual: Number, short_value: Number, days: Number) -> Number:
    """Fee for borrowed shares: ``annual x short_value x days / 365``.

    Parameters
    ----------
    annual
        Fraction of the value per year.
    short_value
        Market value of the short position, positive.
    days
        Calendar days it was carried.

    Examples
    --------
    >>> borrow_charge(0.0365, 10_000.0, 3.0)
    3.0
    """
    return annual * short_value * days / DAYS_PER_YEAR


def affordable(
    cash: Number, price: Number, bps: Number, per_share: Number, minimum: Number
) -> Number:
    """Most shares that cash buys, commission included.

    Parameters
    ----------
    cash
        Money at hand; at or below zero buys nothing.
    price
        Fill price per share, positive.
    bps, per_share, minimum
        As in ``commission``.

    Returns
    -------
    float or Decimal
        Shares, not negative, not yet cut to lots.

    Examples
    --------
    >>> affordable(101.0, 10.0, 0.0, 0.1, 0.0)
    10.0
    """
    by_minimum = (cash - minimum) / price
    by_rate = cash / (price + price * bps / BPS + per_share)
    return max(cash * 0, min(by_minimum, by_rate))


@dataclass(frozen=True)
class Costs:
    """What an order pays.

    Parameters
    ----------
    commission_bps
        Commission, in hundredths of a percent of the money traded.
    per_share
        Commission per share, in the price's currency.
    minimum
        Least commission per order, in the price's currency.
    half_spread_bps
        Half the quoted spread, in hundredths of a percent of the price; moves every fill
        price against the order, stops and targets included.
    impact
        Coefficient of the square-root law (``impact_fraction``); the standard deviation of
        returns and the average volume are over the 20 bars up to the decision.
    borrow_annual
        Yearly fee on short market value, fraction, by calendar days over 365.

    Raises
    ------
    DefinitionError
        A value is negative or not finite, or a rate is 100 % or more.

    Examples
    --------
    >>> Costs(commission_bps=5.0).commission_bps
    5.0
    """

    commission_bps: float = 1.0
    per_share: float = 0.0
    minimum: float = 0.0
    half_spread_bps: float = 2.0
    impact: float = 0.0
    borrow_annual: float = 0.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            limit = BPS if item.name.endswith("_bps") else math.inf
            if not 0 <= value < limit:
                bound = f" and below {limit}" if limit < math.inf else ""
                raise DefinitionError(
                    f"costs: {item.name}={value!r} must be finite, not negative{bound}",
                    field=item.name,
                    value=value,
                )

    @classmethod
    def none(cls) -> Costs:
        """Trading for free.

        Examples
        --------
        >>> Costs.none().half_spread_bps
        0.0
        """
        return cls(commission_bps=0.0, half_spread_bps=0.0)

    def to_dict(self) -> dict[str, float]:
        """Values by name, for the run record.

        Examples
        --------
        >>> Costs.none().to_dict()["borrow_annual"]
        0.0
        """
        return asdict(self)
