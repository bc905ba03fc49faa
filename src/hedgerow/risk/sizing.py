"""How much of each: from sides and confidences to weights or money.

Two kinds. A *re-setting* sizing gives every active name a weight and gives all of them anew
when the set of active names changes. An *entry* sizing gives a new position its money once and
leaves it alone. A name is active while it is held or wanted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import TypeAlias

from hedgerow.errors import DefinitionError


class _Positive:
    """Settings that must all be positive and finite."""

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if not 0 < value < math.inf:
                raise DefinitionError(
                    f"{type(self).__name__}: {item.name}={value!r} must be positive and finite",
                    field=item.name,
                    value=value,
                )

    def to_dict(self) -> dict[str, object]:
        """Name and settings, for the run record."""
        return {"name": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]


@dataclass(frozen=True)
class EqualWeight(_Positive):
    """Equal weight among the active names, set anew when a name joins or leaves.

    Parameters
    ----------
    gross
        Sum of the absolute weights at full confidence, as a fraction of equity. In a
        long-only run cash is the limit, whatever the gross.

    Raises
    ------
    DefinitionError
        ``gross`` is not positive and finite.

    Examples
    --------
    >>> EqualWeight().weights([1.0, 0.5])
    [0.5, 0.25]
    """

    gross: float = 1.0

    def weights(self, confidence: Sequence[float]) -> list[float]:
        """Weight of each active name: ``gross / n x confidence``.

        Parameters
        ----------
        confidence
            In (0, 1], one for each active name.

        Returns
        -------
        list[float]
            Fractions of equity, in the same order, not negative.
        """
        return [self.gross / len(confidence) * value for value in confidence]


@dataclass(frozen=True)
class VolatilityTarget(_Positive):
    """Weights that give each active name the same share of a volatility target.

    Parameters
    ----------
    annual
        Volatility to aim for, fraction per year, as if names moved independently by
        ``annual / n`` each.
    window
        Bars of the volatility estimate.
    gross
        Largest sum of absolute weights; above it all are scaled down alike.
    max_weight
        Largest weight of one name.

    Notes
    -----
    Weights are set anew when a name joins or leaves. A name whose volatility is not yet known
    waits: it is not entered and does not count among the active names until it is.

    Raises
    ------
    DefinitionError
        A value is not positive and finite, or ``window`` is below 2 or not whole.

    Examples
    --------
    >>> VolatilityTarget(annual=0.1).weights([1.0, 1.0], [0.2, 0.4])
    [0.25, 0.125]
    """

    annual: float = 0.10
    window: int = 20
    gross: float = 1.0
    max_weight: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window != int(self.window) or self.window < 2:
            raise DefinitionError(
                f"VolatilityTarget: window={self.window!r} must be a whole number of bars, "
                "at least 2",
                field="window",
                value=self.window,
            )

    def weights(self, confidence: Sequence[float], volatility: Sequence[float]) -> list[float]:
        """Weight of each active name: ``min(max_weight, annual / volatility / n) x confidence``.

        Parameters
        ----------
        confidence
            In (0, 1], one for each active name.
        volatility
            Annual volatility of each, fraction; zero counts as the smallest.

        Returns
        -------
        list[float]
            Fractions of equity, not negative, their sum at most ``gross``.
        """
        count = len(confidence)
        raw = [
            (min(self.max_weight, self.annual / sigma / count) if sigma > 0 else self.max_weight)
            * value
            for value, sigma in zip(confidence, volatility, strict=True)
        ]
        total = 0.0
        for weight in raw:
            total += weight
        return [weight * self.gross / total for weight in raw] if total > self.gross else raw


def _within(room: float, money: float) -> float:
    return max(0.0, min(money, room))


@dataclass(frozen=True)
class FixedFraction(_Positive):
    """A new position gets a fraction of equity; later it is left alone.

    Parameters
    ----------
    fraction
        Of equity at the decision to enter, at full confidence.
    gross
        Largest sum of position values as a fraction of equity: an entry is cut to the room
        left, and lapses where there is none.

    Raises
    ------
    DefinitionError
        A value is not positive and finite.

    Examples
    --------
    >>> FixedFraction(0.1).money(100_000.0, confidence=1.0, committed=95_000.0)
    5000.0
    """

    fraction: float = 0.1
    gross: float = 1.0

    def money(self, equity: float, confidence: float, committed: float) -> float:
        """Money for a new position.

        Parameters
        ----------
        equity
            Cash plus positions at market.
        confidence
            In (0, 1].
        committed
            Value of the positions that are held or ordered.

        Returns
        -------
        float
            Money, not negative.
        """
        return _within(self.gross * equity - committed, self.fraction * confidence * equity)


@dataclass(frozen=True)
class FixedAmount(_Positive):
    """A new position gets the same money each time; later it is left alone.

    Parameters
    ----------
    amount
        Money at full confidence.
    gross
        As in ``FixedFraction``.

    Raises
    ------
    DefinitionError
        A value is not positive and finite.

    Examples
    --------
    >>> FixedAmount(10_000.0).money(100_000.0, confidence=0.5, committed=0.0)
    5000.0
    """

    amount: float = 10_000.0
    gross: float = 1.0

    def money(self, equity: float, confidence: float, committed: float) -> float:
        """Money for a new position, as ``FixedFraction.money``."""
        return _within(self.gross * equity - committed, self.amount * confidence)


Sizing: TypeAlias = EqualWeight | VolatilityTarget | FixedFraction | FixedAmount
