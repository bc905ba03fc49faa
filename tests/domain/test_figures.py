"""The names of company figures."""

from __future__ import annotations

import re

import pytest

from hedgerow.domain.figures import FIGURES, Figure, FigureKind, figure
from hedgerow.errors import DefinitionError

PROMISED = """
market_cap pe_ratio dividend_yield fifty_two_week_high fifty_two_week_low beta book_value pb_ratio
ps_ratio ev_ebitda eps eps_diluted revenue gross_profit operating_income ebitda net_income
shares_diluted roe roa debt_to_equity current_ratio gross_margin operating_margin net_margin
free_cash_flow_per_share
"""


@pytest.mark.parametrize("name", PROMISED.split())
def test_what_views_promise_has_a_name(name: str) -> None:
    assert figure(name).name == name


@pytest.mark.parametrize("one", FIGURES.values(), ids=lambda one: one.name)
def test_each_is_well_formed(one: Figure) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*", one.name)
    assert one.unit in {"ratio", "fraction", "shares", "currency", "currency/share"}
    assert one.doc
    assert not one.doc.endswith(".")
    assert one.kind in FigureKind


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("dividend_yield", "fraction"),
        ("roe", "fraction"),
        ("gross_margin", "fraction"),
        ("debt_to_equity", "ratio"),
        ("book_value", "EUR/share"),
        ("market_cap", "EUR"),
        ("shares_diluted", "shares"),
    ],
)
def test_units_are_stored_with_their_currency(name: str, unit: str) -> None:
    assert figure(name).stored_unit("EUR") == unit


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(DefinitionError, match=r"'pe_ration'\. Did you mean 'pe_ratio'"):
        figure("pe_ration")
