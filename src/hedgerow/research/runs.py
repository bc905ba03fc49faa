"""Keeps a backtest: its outputs in the lake, its full record in the catalog.

A run is named by the hash of what was asked and of what came out, so that the same work with the
same outcome is the same run: doing it again stores nothing new.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping

import polars as pl

from hedgerow.backtest import Result
from hedgerow.catalog import Metric, RunRecord
from hedgerow.domain.schemas import BARS, DIVIDENDS, EQUITY, FX_RATES, SIGNALS, SPLITS, TRADES
from hedgerow.research.environment import lock_hash
from hedgerow.strategies import Strategy
from hedgerow.workspace import Workspace

# Where and when a run happened, which does not say what it was.
_CIRCUMSTANCES = (
    "run_id",
    "created_at",
    "table_versions",
    "lock_hash",
    "package_version",
    "python_version",
    "cpu_architecture",
)
_INPUTS = (BARS.name, SPLITS.name, DIVIDENDS.name)
_INPUTS_CONVERTED = (*_INPUTS, FX_RATES.name)


def run_record(result: Result, strategy: Strategy, *, kind: str = "backtest") -> RunRecord:
    """Full record of a backtest.

    Parameters
    ----------
    result
        What the backtest gave.
    strategy
        The strategy that ran.
    kind
        What the run was for.

    Returns
    -------
    RunRecord
        Its ``run_id`` is the hash of the strategy's source and parameters, the series read, the
        period, costs, sizing, fill, capital and the outputs. Table versions and packages are
        recorded but do not name the run: a compaction or an upgrade that changes no number
        makes no new run.
    """
    facts = result.facts
    versions, as_of = facts.get("versions"), facts.get("as_of")
    read = versions if isinstance(versions, Mapping) else {}
    inputs = _INPUTS if facts.get("currency") is None else _INPUTS_CONVERTED
    record = RunRecord(
        run_id="unnamed",
        kind=kind,
        created_at=dt.datetime.now(dt.UTC),
        as_of=as_of if isinstance(as_of, dt.datetime) else None,
        timeframe=result.timeframe,
        start=result.start,
        end=result.end,
        symbols=result.symbols,
        parameters=strategy.parameters,
        costs=dataclasses.asdict(result.costs),
        sizing={"rule": type(result.sizing).__name__, **dataclasses.asdict(result.sizing)},
        fill={"price": result.fill, "lot": result.lot, "tick": result.tick},
        table_versions={name: read[name] for name in inputs if name in read},
        strategy_source=strategy.source_text,
        lock_hash=lock_hash(),
        notes={
            "strategy": strategy.name,
            "capital": result.capital,
            "benchmark": result.benchmark_name,
            "series": facts.get("series", []),
            "notes": result.notes,
            **_of_several_sources(facts),
            "not_run": [f"{entry.symbol}: {entry.reason}" for entry in result.not_run],
        },
    )
    whole = dataclasses.replace(record, output_sha256=result.sha256())
    name = f"{strategy.name.lower()[:40]}-{_content_hash(whole)}"
    return dataclasses.replace(whole, run_id=name)


def _of_several_sources(facts: Mapping[str, object]) -> dict[str, object]:
    """Where another source begins, and the currency converted to, of reads that have them."""
    seams, currency = facts.get("seams"), facts.get("currency")
    told: dict[str, object] = {}
    if isinstance(seams, list) and seams:
        told["seams"] = [[*names, str(session)] for *names, session in seams]
    if currency is not None:
        told["currency"] = currency
    return told


def _content_hash(record: RunRecord) -> str:
    content = {k: v for k, v in dataclasses.asdict(record).items() if k not in _CIRCUMSTANCES}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[
        :16
    ]


def save_run(
    ws: Workspace, result: Result, strategy: Strategy, signals: pl.DataFrame | None = None
) -> str:
    """Store a backtest's equity, trades and signals, then its record.

    Parameters
    ----------
    ws
        Where to keep it.
    result
        What the backtest gave.
    strategy
        The strategy that ran.
    signals
        Its signals as ``changed_signals`` gives them, where they are to be kept.

    Returns
    -------
    str
        The run's name. Where that run is stored already, nothing is written.

    Raises
    ------
    StoreError
        The lake or the catalog cannot be written.
    """
    record = run_record(result, strategy)
    if record.run_id in stored_runs(ws):
        return record.run_id
    model = ws.catalog.register_model(
        strategy.name, strategy.source_text, _parameter_schema(strategy)
    )
    app = f"run-{record.run_id}"
    run = pl.lit(record.run_id).alias("run_id")
    ws.lake.append_once(EQUITY, result.equity.with_columns(run), app=app, batch=1)
    ws.lake.append_once(TRADES, result.trades.with_columns(run), app=app, batch=1)
    if signals is not None:
        ws.lake.append_once(SIGNALS, signals.with_columns(run), app=app, batch=1)
    # Last, so that a run in the catalog is a run whose outputs are all there.
    ws.catalog.save_run(dataclasses.replace(record, model=model), _metrics(result))
    return record.run_id


def stored_runs(ws: Workspace) -> set[str]:
    """Names of the runs that a workspace keeps."""
    return set(ws.catalog.runs()["run_id"])


def pinned_versions(ws: Workspace) -> dict[str, set[int]]:
    """Versions of each lake table that stored runs were computed from."""
    pins: dict[str, set[int]] = {}
    for text in ws.catalog.runs()["table_versions"]:
        for table, version in json.loads(text).items():
            pins.setdefault(table, set()).add(version)
    return pins


def _parameter_schema(strategy: Strategy) -> dict[str, object]:
    return {name: dataclasses.asdict(spec) for name, spec in strategy.params.items()}


def _metrics(result: Result) -> list[Metric]:
    units = {field.name: field.metadata.get("unit") for field in dataclasses.fields(result.metrics)}
    return [Metric(name, value, units[name]) for name, value in result.metrics.to_dict().items()]
