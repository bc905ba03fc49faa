"""The main job, end to end, on the bundled real prices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hedgerow.domain import InstrumentKind
from hedgerow.features import walk
from hedgerow.lake import IngestSummary
from hedgerow.pipelines.ranking import RankedReport, rank_and_report
from hedgerow.sources import SampleCloses, SampleFx, SampleOhlcv
from hedgerow.strategies import Strategy, strategy_classes
from hedgerow.workspace import Workspace

# The span on which the bundled VIX is known.
CLOSES_START, CLOSES_END = dt.date(2014, 1, 3), dt.date(2019, 1, 3)
OHLCV_START, OHLCV_END = dt.date(2000, 3, 1), dt.date(2013, 3, 1)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Demo:
    """What the main job did.

    Parameters
    ----------
    ingested
        What each source loaded and what was refused.
    changed
        Whether the lake was changed.
    features
        Distinct features that were computed.
    ranked
        Rankings, runs and report.
    """

    ingested: tuple[IngestSummary, ...]
    changed: bool
    features: int
    ranked: RankedReport


def demo_steps() -> int:
    """How often ``run_demo`` tells of its progress."""
    return 3 + 2 * len(strategy_classes())


def run_demo(ws: Workspace, *, progress: Progress | None = None) -> Demo:
    """Load the bundled prices, run and rank every strategy, write the report.

    Parameters
    ----------
    ws
        Where to work.
    progress
        Called with a few words before each step.

    Returns
    -------
    Demo
        A second run on the same workspace changes nothing.

    Raises
    ------
    StoreError
        The workspace cannot be written.
    """
    tell = progress or (lambda _: None)
    before = ws.lake.versions()
    ingested: list[IngestSummary] = []
    for source in (SampleOhlcv(), SampleCloses(), SampleFx()):
        tell(f"Loading {source.name}")
        ingested += ws.ingest(source)
    strategies = [cls() for cls in strategy_classes().values()]
    ranked = rank_and_report(
        ws,
        strategies,
        {
            "20 S&P 500 names, closes only, 2014 to 2018": ws.market(
                _equities(SampleCloses()), CLOSES_START, CLOSES_END, source="sample_closes"
            ),
            "5 technology names with OHLCV, 2000 to 2013": ws.market(
                _equities(SampleOhlcv()), OHLCV_START, OHLCV_END, source="sample_ohlcv"
            ),
        },
        title="Hedgerow demo",
        facts={"ingest": ingested, "versions": ws.lake.versions()},
        progress=lambda name: tell(f"Backtesting {name}"),
    )
    return Demo(
        ingested=tuple(ingested),
        changed=ws.lake.versions() != before,
        features=distinct_features(strategies),
        ranked=ranked,
    )


def distinct_features(strategies: Sequence[Strategy]) -> int:
    """How many different features some strategies compute."""
    return len(
        {
            node.fingerprint
            for strategy in strategies
            for feature in strategy.features().values()
            for node in walk(feature)
            if node.inputs
        }
    )


def _equities(source: SampleCloses | SampleOhlcv) -> list[str]:
    return [
        instrument.instrument_id
        for instrument in source.instruments()
        if instrument.kind is not InstrumentKind.INDEX
    ]
