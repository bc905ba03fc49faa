"""The catalog's tables, the same on every database.

Every column says in ``doc`` what it holds and in which unit; ``docs/tables.md`` prints them.
Change a table here and in a new migration together: a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    MetaData,
    Table,
)

from hedgerow.catalog._types import JsonText, UtcDateTime, long_text, name_text

# Names that migrations can rely on, because databases invent different ones.
METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

INSTRUMENTS = Table(
    "instruments",
    METADATA,
    Column("instrument_id", name_text(64), primary_key=True, doc="stable identity"),
    Column("symbol", name_text(32), nullable=False, doc="ticker in use now"),
    Column("exchange", name_text(16), nullable=False, doc="market identifier code"),
    Column("currency", name_text(3), nullable=False, doc="ISO 4217 code of its prices"),
    Column("kind", name_text(16), nullable=False, doc="equity, etf, index or fx"),
    Column("name", name_text(255), nullable=False, doc="for people; empty where unknown"),
    Column("sector", name_text(100), nullable=False, doc="empty where unknown"),
    Column("region", name_text(100), nullable=False, doc="empty where unknown"),
    Column("synthetic", Boolean, nullable=False, doc="generated rather than observed"),
    Index("ix_instruments_symbol", "symbol"),
    info={"doc": "What is traded or observed, as it is known now."},
)

UNIVERSES = Table(
    "universes",
    METADATA,
    Column("name", name_text(64), primary_key=True, doc="what people type for the set"),
    Column("created_at", UtcDateTime, nullable=False, doc="when it got its present members"),
    info={"doc": "Named sets of instruments."},
)

UNIVERSE_MEMBERS = Table(
    "universe_members",
    METADATA,
    Column(
        "universe",
        name_text(64),
        ForeignKey("universes.name", ondelete="CASCADE"),
        primary_key=True,
        doc="name of the set",
    ),
    Column(
        "instrument_id",
        name_text(64),
        ForeignKey("instruments.instrument_id"),
        primary_key=True,
        doc="instrument in it",
    ),
    Index("ix_universe_members_instrument_id", "instrument_id"),
    info={"doc": "Which instruments a universe holds."},
)

MODELS = Table(
    "models",
    METADATA,
    Column("model_id", name_text(64), primary_key=True, doc="hash of the three columns below"),
    Column("name", name_text(255), nullable=False, doc="strategy as it is named in commands"),
    Column("source_text", long_text(), nullable=False, doc="source code of the strategy"),
    Column(
        "parameters_schema",
        JsonText,
        nullable=False,
        doc="its parameters with defaults, ranges and units",
    ),
    Column("created_at", UtcDateTime, nullable=False, doc="when it was first registered"),
    Index("ix_models_name", "name"),
    info={"doc": "One version of one strategy's code."},
)

MODEL_RUNS = Table(
    "model_runs",
    METADATA,
    Column("run_id", name_text(64), primary_key=True, doc="name of the run"),
    Column("kind", name_text(32), nullable=False, doc="backtest, rank, sweep, analyze, …"),
    Column("model_id", name_text(64), ForeignKey("models.model_id"), doc="model that ran, if one"),
    Column("created_at", UtcDateTime, nullable=False, doc="when it was first stored"),
    Column("status", name_text(16), nullable=False, doc="finished or failed"),
    Column(
        "as_of",
        UtcDateTime,
        doc="knowledge instant of every read; null for the present, see table_versions",
    ),
    Column("timeframe", name_text(8), doc="length of the bars: 1m, 1h, 1d, …"),
    Column("start_date", Date, doc="first session decided on; null for all"),
    Column("end_date", Date, doc="last session decided on; null for all"),
    Column("symbols", JsonText, nullable=False, doc="list of the symbols it ran over"),
    Column("parameters", JsonText, nullable=False, doc="parameters by name"),
    Column("costs", JsonText, nullable=False, doc="the cost model"),
    Column("sizing", JsonText, nullable=False, doc="the sizing rule"),
    Column("fill", JsonText, nullable=False, doc="the fill rule"),
    Column("table_versions", JsonText, nullable=False, doc="lake version read, by table"),
    Column("strategy_source", long_text(), nullable=False, doc="source code that ran"),
    Column("lock_hash", name_text(64), doc="SHA-256 of the locked dependencies, hexadecimal"),
    Column("seed", BigInteger, doc="seed of all randomness; null where there is none"),
    Column("package_version", name_text(64), nullable=False, doc="version of Hedgerow"),
    Column("python_version", name_text(32), nullable=False, doc="version of Python"),
    Column("cpu_architecture", name_text(32), nullable=False, doc="x86_64, arm64, …"),
    Column("notes", JsonText, nullable=False, doc="what else is worth knowing"),
    Column("output_sha256", name_text(64), doc="SHA-256 of the sorted outputs, hexadecimal"),
    Index("ix_model_runs_model_id", "model_id"),
    Index("ix_model_runs_created_at", "created_at"),
    info={"doc": "One run, with everything needed to replay it."},
)

MODEL_PERFORMANCE = Table(
    "model_performance",
    METADATA,
    Column(
        "run_id",
        name_text(64),
        ForeignKey("model_runs.run_id", ondelete="CASCADE"),
        primary_key=True,
        doc="run it measures",
    ),
    Column("metric", name_text(64), primary_key=True, doc="sharpe, max_drawdown, …"),
    Column("value", Double, doc="in `unit`; null where the metric is not defined"),
    Column("unit", name_text(32), doc="fraction, ratio, days, count, …; null where not stated"),
    Index("ix_model_performance_metric", "metric"),
    info={"doc": "One measured number of one run."},
)

PERFORMANCE_REPORTS = Table(
    "performance_reports",
    METADATA,
    Column("report_id", name_text(64), primary_key=True, doc="hash of run, kind and path"),
    Column(
        "run_id",
        name_text(64),
        ForeignKey("model_runs.run_id", ondelete="CASCADE"),
        doc="run it shows; null where it shows several",
    ),
    Column("kind", name_text(32), nullable=False, doc="tear sheet, ranking, …"),
    Column("path", name_text(1024), nullable=False, doc="where the file lies, as it was given"),
    Column("created_at", UtcDateTime, nullable=False, doc="when it was last written"),
    Index("ix_performance_reports_run_id", "run_id"),
    info={"doc": "Files that show runs to people."},
)
