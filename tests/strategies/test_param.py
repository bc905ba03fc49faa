"""Parameters: declared once, checked everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hedgerow.errors import DefinitionError
from hedgerow.strategies import Param, SmaCross, Strategy


class Everything(Strategy):
    """One parameter of each type."""

    count: int = Param(5, low=1, high=10, unit="bars")
    width: float = Param(1.5, low=0.5)
    loud: bool = Param(default=False)
    mode: str = Param("fast", choices=("fast", "slow"))


class TestRegression:
    def test_defaults_are_taken(self) -> None:
        assert Everything().parameters == {
            "count": 5,
            "direction": "long",
            "loud": False,
            "mode": "fast",
            "width": 1.5,
        }

    def test_text_is_read_as_the_type_needs(self) -> None:
        made = Everything(count="7", width="2", loud="true", mode="slow")
        assert (made.count, made.width, made.loud, made.mode) == (7, 2.0, True, "slow")
        assert isinstance(made.width, float)

    def test_a_subclass_inherits_and_may_replace(self) -> None:
        class Narrow(Everything):
            count: int = Param(2, low=1, high=3)

        assert Narrow().count == 2
        assert Narrow().width == 1.5
        with pytest.raises(DefinitionError, match="count=5"):
            Narrow(count=5)

    def test_a_plain_value_is_the_new_default(self) -> None:
        class Wide(Everything):
            direction = "long_short"
            count = 7

        class Wider(Wide):
            pass

        assert (Wide().direction, Wide().count, Wide(count=3).count) == ("long_short", 7, 3)
        assert Wider().parameters == Wide().parameters
        assert Everything().parameters["count"] == 5


class TestProperties:
    @given(st.integers())
    def test_whole_numbers_are_accepted_exactly_within_their_bounds(self, value: int) -> None:
        if 1 <= value <= 10:
            assert Everything(count=value).count == value
        else:
            with pytest.raises(DefinitionError, match=f"count={value}"):
                Everything(count=value)


class TestValidation:
    @pytest.mark.parametrize(
        ("given_", "said"),
        [
            ({"count": "many"}, r"count='many' is not allowed: give a whole number from 1 to 10"),
            ({"count": 2.5}, r"count=2\.5"),
            ({"count": True}, r"count=True"),
            ({"width": float("nan")}, r"width=nan is not allowed: give a number of at least 0\.5"),
            ({"width": None}, r"width=None"),
            ({"loud": "maybe"}, r"loud='maybe'"),
            ({"mode": "medium"}, r"one of fast, slow"),
            ({"cuont": 3}, r"no parameter 'cuont'. Did you mean 'count'\?"),
        ],
    )
    def test_wrong_values_are_refused_in_one_line(
        self, given_: dict[str, object], said: str
    ) -> None:
        with pytest.raises(DefinitionError, match=said):
            Everything(**given_)

    @pytest.mark.parametrize("value", [11, "many", lambda _: 3])
    def test_a_plain_value_must_be_allowed(self, value: object) -> None:
        with pytest.raises(DefinitionError, match=r"Wrong: parameter count=.* is not allowed"):
            type("Wrong", (Everything,), {"count": value})

    @pytest.mark.parametrize(
        "name",
        [
            "name",
            "parameters",
            "source_text",
            "features",
            "signal",
            "exits",
            "confidence",
            "decide",
            "params",
        ],
    )
    def test_a_parameter_may_not_hide_what_every_strategy_has(self, name: str) -> None:
        with pytest.raises(DefinitionError, match=f"parameter '{name}' has the name"):
            type("Hiding", (Strategy,), {name: Param(3)})

    def test_a_default_must_lie_within_its_bounds(self) -> None:
        with pytest.raises(DefinitionError, match="default=20"):
            Param(20, low=1, high=10)

    def test_windows_in_the_wrong_order_are_refused(self) -> None:
        with pytest.raises(DefinitionError, match="fast=60 must be below slow=20"):
            SmaCross(fast=60, slow=20)
