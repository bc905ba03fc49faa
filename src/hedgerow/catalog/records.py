"""What the catalog keeps of a run: the record that replays it, and its metrics."""

from __future__ import annotations

import datetime as dt
import math
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from typing import Any

from hedgerow.catalog._json import normalised
from hedgerow.errors import DataError

_SEED_LIMIT = 2**63


@dataclass(frozen=True)
class Metric:
    """One measured number of a run.

    Parameters
    ----------
    name
        Name of the metric, such as ``sharpe``.
    value
        Its value in ``unit``. NaN and infinities become None: the metric is not defined
        (a profit factor without a loss, a Sharpe ratio without a move).
    unit
        ``fraction``, ``ratio``, ``days``, ``count`` or another word; None where not stated.

    Examples
    --------
    >>> Metric("max_drawdown", -0.12, "fraction").value
    -0.12
    >>> Metric("profit_factor", float("inf"), "ratio").value is None
    True
    """

    name: str
    value: float | None
    unit: str | None = None

    def __post_init__(self) -> None:
        # Adding 0.0 takes the sign off a zero, which SQLite does not keep.
        value = None if self.value is None else float(self.value) + 0.0
        object.__setattr__(self, "value", value if value is None or math.isfinite(value) else None)


def as_metrics(metrics: Mapping[str, float | None] | Iterable[Metric]) -> list[Metric]:
    """Metrics sorted by name, from a mapping of values (no units) or from metrics.

    Raises
    ------
    DataError
        A name is given twice.
    """
    if isinstance(metrics, Mapping):
        found = [Metric(name, value) for name, value in metrics.items()]
    else:
        found = list(metrics)
    found.sort(key=lambda metric: metric.name)
    for one, other in pairwise(found):
        if one.name == other.name:
            raise DataError(f"metric {one.name!r} is given twice for one run", metric=one.name)
    return found


def _package_version() -> str:
    try:
        return version("hedgerow")
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything needed to know what a run did, and to do it again.

    Parameters
    ----------
    run_id
        Name of the run, at most 64 characters, chosen by the caller: a hash of the inputs
        where the same work should be the same run.
    kind
        ``backtest``, ``rank``, ``sweep``, ``analyze``, …
    created_at
        When it ran, with a time zone. Not part of the content: saving the same run again
        keeps the first.
    model
        ``model_id`` that ``Catalog.register_model`` gave; None where no model ran.
    as_of
        Knowledge instant of every read, with a time zone; None for the present, of which
        ``table_versions`` tells the rest.
    timeframe
        Length of the bars, such as ``1d``; None where there are no bars.
    start, end
        First and last session decided on; None for all.
    symbols
        Symbols it ran over, in the order given.
    parameters, costs, sizing, fill
        Strategy parameters, cost model, sizing rule and fill rule as plain values.
    table_versions
        Lake version that was read, by table name.
    strategy_source
        Source text of the strategy; empty where none ran.
    lock_hash
        SHA-256 of the locked dependencies, hexadecimal; None where not locked.
    seed
        Seed of all randomness, below 2**63; None where there is none.
    package_version, python_version, cpu_architecture
        Of the process that ran; by default this one.
    status
        ``finished`` or ``failed``.
    notes
        What else is worth knowing, as plain values. Part of the content: no wall-clock times.
    output_sha256
        SHA-256 of the sorted outputs, hexadecimal; None where there are none.

    Raises
    ------
    DataError
        An instant has no time zone, the dates are reversed, the seed is out of range, or a
        value has no JSON form.

    Notes
    -----
    Mappings are normalised to what JSON gives back (tuples become lists, dates become text),
    so that a record equals the one read from the catalog.

    Examples
    --------
    >>> record = RunRecord(
    ...     run_id="r1",
    ...     kind="backtest",
    ...     created_at=dt.datetime(2024, 11, 29, tzinfo=dt.UTC),
    ...     symbols=("AAPL",),
    ...     parameters={"windows": (10, 50)},
    ... )
    >>> record.symbols, record.parameters
    (('AAPL',), {'windows': [10, 50]})
    """

    run_id: str
    kind: str
    created_at: dt.datetime
    model: str | None = None
    as_of: dt.datetime | None = None
    timeframe: str | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    symbols: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    costs: Mapping[str, Any] = field(default_factory=dict)
    sizing: Mapping[str, Any] = field(default_factory=dict)
    fill: Mapping[str, Any] = field(default_factory=dict)
    table_versions: Mapping[str, int] = field(default_factory=dict)
    strategy_source: str = ""
    lock_hash: str | None = None
    seed: int | None = None
    package_version: str = field(default_factory=_package_version)
    python_version: str = field(default_factory=platform.python_version)
    cpu_architecture: str = field(default_factory=platform.machine)
    status: str = "finished"
    notes: Mapping[str, Any] = field(default_factory=dict)
    output_sha256: str | None = None

    def __post_init__(self) -> None:
        self._check()
        object.__setattr__(self, "symbols", tuple(self.symbols))
        for name in ("parameters", "costs", "sizing", "fill", "table_versions", "notes"):
            try:
                object.__setattr__(self, name, normalised(getattr(self, name)))
            except DataError as error:
                raise DataError(f"{name} of run {self.run_id!r}: {error.message}") from None
        for name in ("created_at", "as_of"):
            instant = getattr(self, name)
            object.__setattr__(self, name, instant and instant.astimezone(dt.UTC))

    def _check(self) -> None:
        for name in ("created_at", "as_of"):
            instant = getattr(self, name)
            if instant is not None and instant.tzinfo is None:
                raise DataError(
                    f"{name} of run {self.run_id!r} is {instant.isoformat()}, without a time "
                    "zone: give one, such as UTC"
                )
        if self.start and self.end and self.start > self.end:
            raise DataError(f"run {self.run_id!r} starts on {self.start}, after its end {self.end}")
        if self.seed is not None and not -_SEED_LIMIT <= self.seed < _SEED_LIMIT:
            raise DataError(
                f"seed {self.seed} of run {self.run_id!r} is out of range: give one below 2**63"
            )
