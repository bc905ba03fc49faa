"""First tables: instruments, universes, models, runs, performance and reports.

Types are spelled out here rather than imported, so that this revision never changes.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME, MEDIUMTEXT

revision = "0001"
down_revision = None
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


def _name(length: int) -> sa.String:
    return (
        sa.String(length)
        .with_variant(sa.String(length, collation="C"), "postgresql")
        .with_variant(sa.String(length, collation="utf8mb4_bin"), *_MYSQL)
    )


def _text() -> sa.Text:
    return sa.Text().with_variant(MEDIUMTEXT(), *_MYSQL)


def _instant() -> sa.DateTime:
    return (
        sa.DateTime()
        .with_variant(sa.DateTime(timezone=True), "postgresql")
        .with_variant(DATETIME(fsp=6), *_MYSQL)
    )


def upgrade() -> None:
    """Create every table."""
    _create_instruments()
    _create_universes()
    _create_models()
    _create_runs()
    _create_performance()


def _create_instruments() -> None:
    op.create_table(
        "instruments",
        sa.Column("instrument_id", _name(64), nullable=False),
        sa.Column("symbol", _name(32), nullable=False),
        sa.Column("exchange", _name(16), nullable=False),
        sa.Column("currency", _name(3), nullable=False),
        sa.Column("kind", _name(16), nullable=False),
        sa.Column("name", _name(255), nullable=False),
        sa.Column("sector", _name(100), nullable=False),
        sa.Column("region", _name(100), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", name="pk_instruments"),
        **_OPTIONS,
    )
    op.create_index("ix_instruments_symbol", "instruments", ["symbol"])


def _create_universes() -> None:
    op.create_table(
        "universes",
        sa.Column("name", _name(64), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_universes"),
        **_OPTIONS,
    )
    op.create_table(
        "universe_members",
        sa.Column("universe", _name(64), nullable=False),
        sa.Column("instrument_id", _name(64), nullable=False),
        sa.PrimaryKeyConstraint("universe", "instrument_id", name="pk_universe_members"),
        sa.ForeignKeyConstraint(
            ["universe"],
            ["universes.name"],
            name="fk_universe_members_universe",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.instrument_id"],
            name="fk_universe_members_instrument_id",
        ),
        **_OPTIONS,
    )
    op.create_index("ix_universe_members_instrument_id", "universe_members", ["instrument_id"])


def _create_models() -> None:
    op.create_table(
        "models",
        sa.Column("model_id", _name(64), nullable=False),
        sa.Column("name", _name(255), nullable=False),
        sa.Column("source_text", _text(), nullable=False),
        sa.Column("parameters_schema", _text(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", name="pk_models"),
        **_OPTIONS,
    )
    op.create_index("ix_models_name", "models", ["name"])


def _create_runs() -> None:
    op.create_table(
        "model_runs",
        sa.Column("run_id", _name(64), nullable=False),
        sa.Column("kind", _name(32), nullable=False),
        sa.Column("model_id", _name(64), nullable=True),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("status", _name(16), nullable=False),
        sa.Column("as_of", _instant(), nullable=True),
        sa.Column("timeframe", _name(8), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("symbols", _text(), nullable=False),
        sa.Column("parameters", _text(), nullable=False),
        sa.Column("costs", _text(), nullable=False),
        sa.Column("sizing", _text(), nullable=False),
        sa.Column("fill", _text(), nullable=False),
        sa.Column("table_versions", _text(), nullable=False),
        sa.Column("strategy_source", _text(), nullable=False),
        sa.Column("lock_hash", _name(64), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("package_version", _name(64), nullable=False),
        sa.Column("python_version", _name(32), nullable=False),
        sa.Column("cpu_architecture", _name(32), nullable=False),
        sa.Column("notes", _text(), nullable=False),
        sa.Column("output_sha256", _name(64), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name="pk_model_runs"),
        sa.ForeignKeyConstraint(["model_id"], ["models.model_id"], name="fk_model_runs_model_id"),
        **_OPTIONS,
    )
    op.create_index("ix_model_runs_model_id", "model_runs", ["model_id"])
    op.create_index("ix_model_runs_created_at", "model_runs", ["created_at"])


def _create_performance() -> None:
    op.create_table(
        "model_performance",
        sa.Column("run_id", _name(64), nullable=False),
        sa.Column("metric", _name(64), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("unit", _name(32), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "metric", name="pk_model_performance"),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["model_runs.run_id"],
            name="fk_model_performance_run_id",
            ondelete="CASCADE",
        ),
        **_OPTIONS,
    )
    op.create_index("ix_model_performance_metric", "model_performance", ["metric"])
    op.create_table(
        "performance_reports",
        sa.Column("report_id", _name(64), nullable=False),
        sa.Column("run_id", _name(64), nullable=True),
        sa.Column("kind", _name(32), nullable=False),
        sa.Column("path", _name(1024), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_performance_reports"),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["model_runs.run_id"],
            name="fk_performance_reports_run_id",
            ondelete="CASCADE",
        ),
        **_OPTIONS,
    )
    op.create_index("ix_performance_reports_run_id", "performance_reports", ["run_id"])


def downgrade() -> None:
    """Drop every table, and what it holds."""
    for table in (
        "performance_reports",
        "model_performance",
        "model_runs",
        "models",
        "universe_members",
        "universes",
        "instruments",
    ):
        op.drop_table(table)
