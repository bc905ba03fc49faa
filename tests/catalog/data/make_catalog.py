"""Write the catalog of a release, to be opened by every later one. See README.md beside it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from hedgerow.catalog import Catalog, Metric, RunRecord
from hedgerow.catalog._migrate import HEAD
from hedgerow.domain import Instrument, InstrumentKind

MOMENT = dt.datetime(2024, 11, 29, 18, 0, 0, 123456, tzinfo=dt.UTC)
FOLDER = Path(__file__).parent


def main() -> None:
    """Write ``catalog_<revision>.db``."""
    place = FOLDER / f"catalog_{HEAD}.db"
    place.unlink(missing_ok=True)
    with Catalog(place) as catalog:
        stock = Instrument.of("KO", name="Coca-Cola", sector="Consumer Staples", region="US")
        index = Instrument.of("VIX", exchange="XCBO", kind=InstrumentKind.INDEX)
        catalog.add_instruments([stock, index])
        catalog.create_universe("mine", [stock.instrument_id], created_at=MOMENT)
        source = "class Hold(Strategy):\n    ...\n"
        model = catalog.register_model("Hold", source, {"fast": {"low": 2}}, created_at=MOMENT)
        record = RunRecord(
            run_id="first",
            kind="backtest",
            created_at=MOMENT,
            model=model,
            as_of=MOMENT,
            timeframe="1d",
            start=dt.date(2014, 1, 3),
            end=dt.date(2019, 1, 3),
            symbols=("KO",),
            parameters={"fast": 10, "band": 0.5},
            costs={"bps": 5.0},
            table_versions={"bars": 3},
            strategy_source=source,
            lock_hash="a" * 64,
            seed=7,
            package_version="0.1.0",
            python_version="3.11.7",
            cpu_architecture="x86_64",
            notes={"not run": ["needs high/low"]},
            output_sha256="b" * 64,
        )
        metrics = [Metric("profit_factor", None, "ratio"), Metric("sharpe", 0.75, "ratio")]
        catalog.save_run(record, metrics)
        split = {
            "instrument_id": stock.instrument_id,
            "ex_date": MOMENT.date(),
            "source": "made up",
        }
        facts = {"symbol": "KO", "ratio": 4.0, "available_at": MOMENT}
        catalog.replace_reference(
            {"current_splits": pl.DataFrame([{**split, **facts}])}, refreshed_at=MOMENT
        )
        catalog.save_report("first.html", kind="tear sheet", run_id="first", created_at=MOMENT)


if __name__ == "__main__":
    main()
