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

from hedgerow.catalog._types import MYSQL_TABLE, JsonText, UtcDateTime, long_text, name_text

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
    Column("figi", name_text(16), nullable=False, doc="FIGI of the share class; empty if unknown"),
    Column("cik", name_text(16), nullable=False, doc="number the SEC gave it; empty where unknown"),
    Column("isin", name_text(16), nullable=False, doc="ISIN; empty where unknown"),
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

TICKERS = Table(
    "tickers",
    METADATA,
    Column("source", name_text(64), primary_key=True, doc="who lists it"),
    Column("exchange", name_text(16), primary_key=True, doc="market identifier code"),
    Column("symbol", name_text(32), primary_key=True, doc="ticker"),
    Column("instrument_id", name_text(64), primary_key=True, doc="instrument it stands for"),
    Column("name", name_text(255), nullable=False, doc="for people; empty where unknown"),
    Column("kind", name_text(16), nullable=False, doc="equity, etf, index or fx"),
    Column("currency", name_text(3), nullable=False, doc="ISO 4217 code of its prices"),
    Column("region", name_text(100), nullable=False, doc="empty where unknown"),
    Column("figi", name_text(16), nullable=False, doc="FIGI of the share class; empty if unknown"),
    Column("cik", name_text(16), nullable=False, doc="number the SEC gave it; empty where unknown"),
    Column("isin", name_text(16), nullable=False, doc="ISIN; empty where unknown"),
    Column("active", Boolean, nullable=False, doc="still in use"),
    Column("listed", Date, doc="first session under this ticker; null where unknown"),
    Column("delisted", Date, doc="last session; null while in use or where unknown"),
    info={"doc": "Every ticker that the vendor lists, as of the last refresh."},
)

CURRENT_SPLITS = Table(
    "current_splits",
    METADATA,
    Column("instrument_id", name_text(64), primary_key=True, doc="stable identity"),
    Column("ex_date", Date, primary_key=True, doc="first session on the new basis"),
    Column("source", name_text(64), primary_key=True, doc="who sent it"),
    Column("symbol", name_text(32), nullable=False, doc="ticker at that time"),
    Column("ratio", Double, nullable=False, doc="new shares for one old share: 2.0 for 2-for-1"),
    Column("available_at", UtcDateTime, nullable=False, doc="first instant anyone could know it"),
    info={"doc": "Splits as the vendor has them at the last refresh; their history: `splits`."},
)

CURRENT_DIVIDENDS = Table(
    "current_dividends",
    METADATA,
    Column("instrument_id", name_text(64), primary_key=True, doc="stable identity"),
    Column("ex_date", Date, primary_key=True, doc="first session without the right to it"),
    Column("source", name_text(64), primary_key=True, doc="who sent it"),
    Column("kind", name_text(16), primary_key=True, doc="cash or special"),
    Column("symbol", name_text(32), nullable=False, doc="ticker at that time"),
    Column("amount", Double, nullable=False, doc="cash per share on the basis of the ex-date"),
    Column("currency", name_text(3), nullable=False, doc="ISO 4217 code of the amount"),
    Column("declared_date", Date, doc="announcement"),
    Column("record_date", Date, doc="holders of record"),
    Column("pay_date", Date, doc="payment"),
    Column("available_at", UtcDateTime, nullable=False, doc="first instant anyone could know it"),
    info={"doc": "Dividends as the vendor has them at the last refresh; history: `dividends`."},
)

REFERENCE_REFRESHES = Table(
    "reference_refreshes",
    METADATA,
    Column("name", name_text(64), primary_key=True, doc="table that was replaced"),
    Column("refreshed_at", UtcDateTime, nullable=False, doc="instant of the last refresh"),
    Column("row_count", BigInteger, nullable=False, doc="how many rows it put there"),
    info={"doc": "When each table of reference data was last replaced."},
)

# MySQL takes both from the database otherwise, where they may be another character set and an
# engine without transactions.
for _table in METADATA.tables.values():
    _table.kwargs.update(MYSQL_TABLE)
