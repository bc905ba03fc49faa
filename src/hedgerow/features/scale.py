"""Refuses rules that a later split would change.

Signals see back-adjusted prices: a split divides every earlier price and multiplies every
earlier volume. A rule may therefore compare prices with prices, but not with a fixed number.
The scale of a feature is the power of the price unit in it: 1 for a price, -1 for a volume,
0 for a ratio or a traded value.
"""

from __future__ import annotations

from collections.abc import Mapping

from hedgerow.errors import DefinitionError
from hedgerow.features.expression import (
    Column,
    Constant,
    Feature,
    Field,
    Indicator,
    Named,
    Operation,
    Raw,
)
from hedgerow.features.joins import Context

_FIELD_SCALE = {"volume": -1, "trade_count": 0}
_ALIKE = {"+", "-", ">", ">=", "<", "<=", "==", "!=", "min", "max", "fill_null"}
_TRUTHS = {">", ">=", "<", "<=", "==", "!=", "is_null", "sign", "not", "&", "|", "side"}


def scale_of(feature: Feature, columns: Mapping[str, Feature] | None = None) -> int:
    """Power of the price unit in a feature.

    Parameters
    ----------
    feature
        Tree to check.
    columns
        What ``col`` names stand for.

    Returns
    -------
    int
        1 for a price, -1 for a volume, 0 for a pure number.

    Raises
    ------
    DefinitionError
        Two parts of the tree with different scales are added or compared, an indicator looks
        back over prices as they traded, or back-adjusted prices or volumes of different
        instruments are compared.

    Examples
    --------
    >>> from hedgerow.features import close
    >>> scale_of(close * 2), scale_of(close / close)
    (1, 0)
    """
    match feature:
        case Field(name=name):
            return _FIELD_SCALE.get(name, 1)
        case Column(name=name):
            return scale_of(columns[name], columns) if columns and name in columns else 0
        case Operation():
            return _operation_scale(feature, columns)
        case Named(stands_for=composition):
            return scale_of(composition, columns)
        case Indicator():
            return _indicator_scale(feature, columns)
        case Context(feature=inner):
            # The level of an index is a plain number: the engine refuses a series that splits.
            scale_of(inner)
            return 0
        case _:
            return 0


def _indicator_scale(feature: Indicator, columns: Mapping[str, Feature] | None) -> int:
    scales = [scale_of(node, columns) for node in feature.of]
    if feature.cross_section and any(scales):
        raise DefinitionError(
            f"{feature} compares back-adjusted prices or volumes of different instruments, which "
            "a later split of one of them would change: compare a ratio such as hr.pct_change(20), "
            "or hr.raw('close') for the prices that traded"
        )
    if not feature.cross_section and any(_reads_raw(node) for node in feature.of):
        raise DefinitionError(
            f"{feature} looks back over prices as they traded, which jump at every split: "
            "use hr.close and its like inside indicators"
        )
    if feature.scale is not None:
        return feature.scale
    return scales[0] if scales else 0


def _reads_raw(feature: Feature) -> bool:
    if isinstance(feature, Raw):
        return True
    row_wise = isinstance(feature, (Named, Operation))
    return row_wise and any(_reads_raw(node) for node in feature.inputs)


def _operation_scale(feature: Operation, columns: Mapping[str, Feature] | None) -> int:
    scales = [scale_of(node, columns) for node in feature.operands]
    if feature.name in _ALIKE:
        _check_alike(feature, feature.operands, scales)
    if feature.name == "where":
        _check_alike(feature, feature.operands[1:], scales[1:])
        return max(scales[1:], key=abs)
    if feature.name in _TRUTHS:
        return 0
    match feature.name:
        case "*":
            return scales[0] + scales[1]
        case "/":
            return scales[0] - scales[1]
        case "**":
            return _power_scale(feature, scales[0])
        case "sqrt" | "log" if scales[0]:
            raise DefinitionError(
                f"{feature} depends on splits still to come: take {feature.name} of a ratio"
            )
        case _:
            return max(scales, key=abs)


def _power_scale(feature: Operation, base: int) -> int:
    power = feature.operands[1]
    if not isinstance(power, Constant):
        raise DefinitionError(f"{feature}: the power must be a constant")
    if base and int(power.value) != power.value:
        raise DefinitionError(f"{feature}: a price may only be raised to a whole power")
    return int(base * power.value)


def _check_alike(whole: Feature, operands: tuple[Feature, ...], scales: list[int]) -> None:
    first, second = operands
    if scales[0] == scales[1] or _is_zero(first) or _is_zero(second):
        return
    raise DefinitionError(
        f"{whole} mixes a back-adjusted price or volume with something on another scale, so a "
        "later split would change it: compare prices with prices, use a ratio, or use "
        "hr.raw('close') for the price that traded"
    )


def _is_zero(feature: Feature) -> bool:
    return isinstance(feature, Constant) and feature.value == 0
