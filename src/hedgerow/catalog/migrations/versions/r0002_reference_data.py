"""Reference data: identifiers of instruments, and current tickers, splits and dividends.

Types are spelled out here rather than imported, so that this revision never changes.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MYSQL = ("mysql", "mariadb")
_OPTIONS: dict[str, Any] = {
    f"{name}_{option}": value
    for name in _MYSQL
    for option, value in (
        ("engine", "InnoDB"),
        ("default_charset", "utf8mb4"),
        ("collate", "utf8mb4_bin"),
    )
}
_IDENTIFIERS = ("figi", "cik", "isin")


def _name(length: int) -> sa.String:
    return (
        sa.String(length)
        .with_variant(sa.String(length, collation="C"), "postgresql")
        .with_variant(sa.String(length, collation="utf8mb4_bin"), *_MYSQL)
    )


def _instant() -> sa.DateTime:
    return (
        sa.DateTime()
        .with_variant(sa.DateTime(timezone=True), "postgresql")
        .with_variant(DATETIME(fsp=6), *_MYSQL)
    )


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Add the identifiers, and create the tables of reference data."""
    with op.batch_alter_table("instruments") as table:
        for name in _IDENTIFIERS:
            table.add_column(sa.Column(name, _name(16), nullable=False, server_default=""))
    _create_tickers()
    _create_splits()
    _create_dividends()
    op.create_table(
        "reference_refreshes",
        _needed("name", _name(64)),
        _needed("refreshed_at", _instant()),
        _needed("row_count", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_reference_refreshes"),
        **_OPTIONS,
    )


def _create_tickers() -> None:
    op.create_table(
        "tickers",
        _needed("source", _name(64)),
        _needed("exchange", _name(16)),
        _needed("symbol", _name(32)),
        _needed("instrument_id", _name(64)),
        _needed("name", _name(255)),
        _needed("kind", _name(16)),
        _needed("currency", _name(3)),
        _needed("region", _name(100)),
        *(_needed(name, _name(16)) for name in _IDENTIFIERS),
        _needed("active", sa.Boolean()),
        sa.Column("listed", sa.Date(), nullable=True),
        sa.Column("delisted", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("source", "exchange", "symbol", "instrument_id", name="pk_tickers"),
        **_OPTIONS,
    )


def _create_splits() -> None:
    op.create_table(
        "current_splits",
        _needed("instrument_id", _name(64)),
        _needed("ex_date", sa.Date()),
        _needed("source", _name(64)),
        _needed("symbol", _name(32)),
        _needed("ratio", sa.Double()),
        _needed("available_at", _instant()),
        sa.PrimaryKeyConstraint("instrument_id", "ex_date", "source", name="pk_current_splits"),
        **_OPTIONS,
    )


def _create_dividends() -> None:
    op.create_table(
        "current_dividends",
        _needed("instrument_id", _name(64)),
        _needed("ex_date", sa.Date()),
        _needed("source", _name(64)),
        _needed("kind", _name(16)),
        _needed("symbol", _name(32)),
        _needed("amount", sa.Double()),
        _needed("currency", _name(3)),
        sa.Column("declared_date", sa.Date(), nullable=True),
        sa.Column("record_date", sa.Date(), nullable=True),
        sa.Column("pay_date", sa.Date(), nullable=True),
        _needed("available_at", _instant()),
        sa.PrimaryKeyConstraint(
            "instrument_id", "ex_date", "source", "kind", name="pk_current_dividends"
        ),
        **_OPTIONS,
    )


def downgrade() -> None:
    """Drop the tables and the identifiers, and what they hold."""
    for name in ("reference_refreshes", "current_dividends", "current_splits", "tickers"):
        op.drop_table(name)
    with op.batch_alter_table("instruments") as table:
        for name in _IDENTIFIERS:
            table.drop_column(name)
