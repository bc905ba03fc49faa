"""The names, units and scales of company figures: the values of ``item`` in ``fundamentals``.

Every vendor's figures are stored under these names, so that a feature or a view that asks for
``pe_ratio`` means the same whoever sent it. Shares of something are fractions (0.013 is 1.3
percent), never percentages. A figure in money is stored in the currency it was reported in, and
``unit`` names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hedgerow.errors import DefinitionError, did_you_mean

RATIO, FRACTION, SHARES = "ratio", "fraction", "shares"
MONEY, MONEY_PER_SHARE = "currency", "currency/share"


class FigureKind(StrEnum):
    """What a figure is about.

    A ``STATEMENT`` figure is a line of a company's report for a period. A ``RATIO`` is
    computed from such lines, of a period or of the last four quarters, some of them with the
    price at its end. A ``SNAPSHOT`` is what the market says on one day.
    """

    STATEMENT = "statement"
    RATIO = "ratio"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True)
class Figure:
    """One kind of number about a company.

    Parameters
    ----------
    name
        Value of ``item``.
    unit
        ``ratio``, ``fraction``, ``shares``, ``currency`` or ``currency/share``; the last two
        are stored with the code of the currency, as ``stored_unit`` gives it.
    kind
        What it is about.
    doc
        Meaning in one line.
    """

    name: str
    unit: str
    kind: FigureKind
    doc: str

    def stored_unit(self, currency: str) -> str:
        """Value of ``unit`` for a figure reported in some currency.

        Examples
        --------
        >>> figure("revenue").stored_unit("EUR"), figure("eps").stored_unit("EUR")
        ('EUR', 'EUR/share')
        >>> figure("dividend_yield").stored_unit("EUR")
        'fraction'
        """
        return self.unit.replace(MONEY, currency)


_STATEMENT = (
    ("revenue", MONEY, "sales of the period"),
    ("cost_of_revenue", MONEY, "cost of what was sold"),
    ("gross_profit", MONEY, "revenue less its cost"),
    ("operating_expenses", MONEY, "costs of running the business beside the cost of revenue"),
    ("operating_income", MONEY, "gross profit less operating expenses"),
    ("ebitda", MONEY, "earnings before interest, taxes, depreciation and amortisation"),
    ("ebit", MONEY, "earnings before interest and taxes"),
    ("pretax_income", MONEY, "earnings before taxes"),
    ("income_tax", MONEY, "taxes on the period's income"),
    ("net_income", MONEY, "earnings after everything"),
    ("eps", MONEY_PER_SHARE, "net income per share outstanding"),
    ("eps_diluted", MONEY_PER_SHARE, "net income per share, with all that may become shares"),
    ("shares_basic", SHARES, "weighted average shares of the period"),
    ("shares_diluted", SHARES, "weighted average shares, with all that may become shares"),
    ("shares_outstanding", SHARES, "shares in existence at the end of the period"),
    ("equity", MONEY, "shareholders' equity: assets less liabilities"),
    ("book_value", MONEY_PER_SHARE, "shareholders' equity per share"),
    ("operating_cash_flow", MONEY, "cash from the business"),
    ("capital_expenditure", MONEY, "cash spent on equipment and buildings; negative"),
    ("free_cash_flow", MONEY, "cash from the business after capital expenditure"),
)

_RATIO = (
    ("pe_ratio", RATIO, "price over earnings per share; negative where earnings are"),
    ("peg_ratio", RATIO, "price/earnings over the growth of earnings in percent"),
    ("pb_ratio", RATIO, "price over book value per share"),
    ("ps_ratio", RATIO, "price over revenue per share"),
    ("pfcf_ratio", RATIO, "price over free cash flow per share"),
    ("ev_ebitda", RATIO, "enterprise value over EBITDA"),
    ("ev_sales", RATIO, "enterprise value over revenue"),
    ("enterprise_value", MONEY, "market value of the shares, plus debt, less cash"),
    ("dividend_yield", FRACTION, "dividends of a year over the price"),
    ("payout_ratio", FRACTION, "dividends over net income"),
    ("earnings_yield", FRACTION, "earnings per share over the price"),
    ("roe", FRACTION, "return on equity: net income over shareholders' equity"),
    ("roa", FRACTION, "return on assets: net income over assets"),
    ("roic", FRACTION, "return on invested capital: operating income after taxes over it"),
    ("debt_to_equity", RATIO, "debt over shareholders' equity"),
    ("debt_to_assets", RATIO, "debt over assets"),
    ("current_ratio", RATIO, "current assets over current liabilities"),
    ("quick_ratio", RATIO, "current assets without stocks over current liabilities"),
    ("interest_coverage", RATIO, "operating income over interest paid"),
    ("asset_turnover", RATIO, "revenue over assets"),
    ("gross_margin", FRACTION, "gross profit over revenue"),
    ("operating_margin", FRACTION, "operating income over revenue"),
    ("ebitda_margin", FRACTION, "EBITDA over revenue"),
    ("net_margin", FRACTION, "net income over revenue"),
    ("revenue_per_share", MONEY_PER_SHARE, "revenue over shares"),
    ("free_cash_flow_per_share", MONEY_PER_SHARE, "free cash flow over shares"),
    ("dividend_per_share", MONEY_PER_SHARE, "dividends of the period over shares"),
)

_SNAPSHOT = (
    ("market_cap", MONEY, "price times shares outstanding"),
    ("beta", RATIO, "slope of the share's returns on the market's, as the vendor estimates it"),
    ("fifty_two_week_high", MONEY_PER_SHARE, "highest price of the last 52 weeks"),
    ("fifty_two_week_low", MONEY_PER_SHARE, "lowest price of the last 52 weeks"),
)

#: Every figure by its name.
FIGURES: dict[str, Figure] = {
    name: Figure(name, unit, kind, doc)
    for kind, entries in (
        (FigureKind.STATEMENT, _STATEMENT),
        (FigureKind.RATIO, _RATIO),
        (FigureKind.SNAPSHOT, _SNAPSHOT),
    )
    for name, unit, doc in entries
}


def figure(name: str) -> Figure:
    """Look a figure up.

    Raises
    ------
    DefinitionError
        There is none of that name.

    Examples
    --------
    >>> figure("roe").unit
    'fraction'
    >>> figure("pe_ratio").kind.value
    'ratio'
    """
    if name not in FIGURES:
        raise DefinitionError(
            f"there is no company figure {name!r}. {did_you_mean(name, FIGURES)}", item=name
        )
    return FIGURES[name]
