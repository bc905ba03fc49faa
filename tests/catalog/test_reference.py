from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from sqlalchemy import event
from tests.catalog.processes import refresh_together, run_together

from hedgerow.catalog import Catalog
from hedgerow.errors import DataError, DefinitionError, StoreError

KNOWN = dt.datetime(2025, 4, 14, 4, 0, 0, 123456, tzinfo=dt.UTC)
DAY = dt.date(2025, 4, 14)


def splits(count: int, ratio: float = 4.0) -> pl.DataFrame:
    """So many splits, all of one ratio."""
    return pl.DataFrame(
        {
            "instrument_id": [f"S{n:05}.XNYS" for n in range(count)],
            "ex_date": [DAY] * count,
            "source": ["massive"] * count,
            "symbol": [f"S{n:05}" for n in range(count)],
            "ratio": [ratio] * count,
            "available_at": [KNOWN] * count,
        },
        schema_overrides={"ratio": pl.Float64, "available_at": pl.Datetime("us", "UTC")},
    )


def dividends(count: int, amount: float = 0.25) -> pl.DataFrame:
    """So many dividends, all of one amount."""
    return (
        splits(count, amount)
        .rename({"ratio": "amount"})
        .with_columns(kind=pl.lit("cash"), currency=pl.lit("USD"), declared_date=pl.lit(DAY))
    )


def ticker(symbol: str = "ZQX", **facts: Any) -> dict[str, Any]:
    """One ticker with every fact."""
    return {
        "source": "massive",
        "exchange": "XNYS",
        "symbol": symbol,
        "instrument_id": f"{symbol}.XNYS",
        "name": 'Zürich "Quality"; 100 % \\ O\'Brien, 日本 🌿',
        "kind": "equity",
        "currency": "USD",
        "region": "",
        "figi": "BBG000ZQX001",
        "cik": "0000320193",
        "isin": "US0000000001",
        "active": True,
        "listed": dt.date(1999, 12, 31),
        "delisted": None,
        **facts,
    }


# --- Regression ---------------------------------------------------------------------------------


def test_every_fact_of_a_ticker_comes_back(catalog: Catalog) -> None:
    rows = [
        ticker("ZQXPA", name="", figi="", listed=None, delisted=DAY, active=False),
        ticker("ZQXpA", instrument_id="ZQXpA.XNYS.2", region="US"),
        ticker("ZQX,\n"),
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    assert catalog.replace_reference({"tickers": frame}) == {"tickers": 3}
    assert sorted(catalog.table("tickers").to_dicts(), key=str) == sorted(rows, key=str)


def test_numbers_days_and_instants_come_back_exactly(catalog: Catalog) -> None:
    ratios = [0.1 + 0.2, 1e-300, 1.7976931348623157e308, 1 / 3, 1.0460, 567.97, 5e15 + 1]
    frame = splits(len(ratios)).with_columns(ratio=pl.Series(ratios))
    catalog.replace_reference({"current_splits": frame})
    stored = catalog.table("current_splits")
    assert stored["ratio"].to_list() == ratios
    assert stored["available_at"].unique().to_list() == [KNOWN]
    assert stored["ex_date"].unique().to_list() == [DAY]
    paid = dividends(1).with_columns(pay_date=pl.lit(dt.date(9999, 12, 31)))
    catalog.replace_reference({"current_dividends": paid})
    (row,) = catalog.table("current_dividends").to_dicts()
    assert (row["declared_date"], row["record_date"]) == (DAY, None)
    assert row["pay_date"] == dt.date(9999, 12, 31)


def test_what_is_not_sent_again_is_gone(catalog: Catalog) -> None:
    catalog.replace_reference({"current_splits": splits(3)})
    later = KNOWN + dt.timedelta(days=1)
    catalog.replace_reference({"current_splits": splits(2, ratio=2.0)}, refreshed_at=later)
    assert catalog.table("current_splits")["ratio"].to_list() == [2.0, 2.0]
    assert catalog.table("reference_refreshes").to_dicts() == [
        {"name": "current_splits", "refreshed_at": later, "row_count": 2}
    ]


def test_other_tables_stay_when_one_is_replaced(catalog: Catalog) -> None:
    catalog.replace_reference({"current_splits": splits(3), "current_dividends": dividends(4)})
    catalog.replace_reference({"current_splits": splits(5)})
    held = {name: frame.height for name, frame in catalog.reference().items()}
    assert held == {"current_splits": 5, "current_dividends": 4, "tickers": 0}


# --- Properties ---------------------------------------------------------------------------------


def test_the_same_refresh_again_changes_nothing(catalog: Catalog) -> None:
    tables = {"current_splits": splits(50), "current_dividends": dividends(50)}
    catalog.replace_reference(tables, refreshed_at=KNOWN)
    before = catalog.reference()
    catalog.replace_reference(tables, refreshed_at=KNOWN)
    after = catalog.reference()
    assert all(after[name].equals(before[name]) for name in before)


def test_a_reader_never_sees_half_of_a_refresh(catalog: Catalog, url: str) -> None:
    """Both tables carry the number of their refresh: any mixture or hole would show."""
    count, refreshes = 400, 12

    def tables(number: int) -> dict[str, pl.DataFrame]:
        return {
            "current_splits": splits(count, ratio=float(number)),
            "current_dividends": dividends(count, amount=float(number)),
        }

    catalog.replace_reference(tables(1))
    seen: list[tuple[int, int, set[float]]] = []
    done = threading.Event()

    def watch() -> None:
        with Catalog(url) as reader:
            while not done.is_set():
                held = reader.reference()
                one, other = held["current_splits"], held["current_dividends"]
                numbers = {*one["ratio"].unique(), *other["amount"].unique()}
                seen.append((one.height, other.height, numbers))

    watcher = threading.Thread(target=watch)
    watcher.start()
    while not seen and watcher.is_alive():
        pass
    for number in range(2, refreshes + 2):
        catalog.replace_reference(tables(number))
    done.set()
    watcher.join()
    assert {(one, other, len(numbers)) for one, other, numbers in seen} == {(count, count, 1)}


def test_two_refreshes_at_once_leave_one_of_them_whole(url: str) -> None:
    Catalog(url).close()
    assert run_together(refresh_together, url, 2) == [0, 0]
    with Catalog(url) as catalog:
        held = catalog.reference()
    one, other = held["current_splits"], held["current_dividends"]
    numbers = {*one["ratio"].unique(), *other["amount"].unique()}
    assert (one.height, other.height, len(numbers)) == (300, 300, 1)


# --- Validation ---------------------------------------------------------------------------------


def test_a_refresh_that_fails_midway_leaves_the_old_rows(catalog: Catalog) -> None:
    """The second table cannot be written after the first one has been."""
    tables = {"current_dividends": dividends(30), "current_splits": splits(30)}
    catalog.replace_reference(tables, refreshed_at=KNOWN)
    before = catalog.reference()

    @event.listens_for(catalog._engine, "before_cursor_execute")
    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM current_splits"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalog.replace_reference({name: frame.head(20) for name, frame in tables.items()})
    event.remove(catalog._engine, "before_cursor_execute", fail)
    after = catalog.reference()
    assert all(after[name].equals(before[name]) for name in before)
    assert catalog.table("reference_refreshes")["refreshed_at"].unique().to_list() == [KNOWN]


@pytest.mark.parametrize(("kept", "refused"), [(50, False), (49, True), (0, True)])
def test_a_table_that_would_shrink_by_half_is_refused_unless_forced(
    catalog: Catalog, kept: int, refused: bool
) -> None:
    catalog.replace_reference({"current_splits": splits(100), "tickers": pl.DataFrame([ticker()])})
    fewer = {"current_splits": splits(kept), "tickers": pl.DataFrame([ticker("VEX")])}
    if refused:
        message = rf"current_splits would shrink from 100 to {kept} rows.*: the old rows stay"
        with pytest.raises(DataError, match=message):
            catalog.replace_reference(fewer)
        assert catalog.table("current_splits").height == 100
        assert catalog.table("tickers")["symbol"].to_list() == ["ZQX"]
    catalog.replace_reference(fewer, force=True)
    assert catalog.table("current_splits").height == kept
    assert catalog.table("tickers")["symbol"].to_list() == ["VEX"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.drop("ratio"), "rows for current_splits lack ratio"),
        (lambda rows: rows.with_columns(ratio=pl.lit("x")), "do not fit its types"),
        (lambda rows: rows.with_columns(ratio=pl.lit(float("nan"))), "ratio in .* is NaN"),
        (lambda rows: rows.with_columns(symbol=pl.lit(None)), "symbol in .* is null in 2 rows"),
        (lambda rows: rows.with_columns(symbol=pl.lit("X" * 33)), "is 33 characters long, 32"),
        (lambda rows: rows.with_columns(source=pl.lit("me ")), "source in .* ends in a space"),
    ],
)
def test_rows_that_do_not_fit_are_refused_whole(
    catalog: Catalog, change: Callable[[pl.DataFrame], pl.DataFrame], message: str
) -> None:
    catalog.replace_reference({"current_splits": splits(2)})
    with pytest.raises(DataError, match=message):
        catalog.replace_reference({"current_splits": change(splits(2))})
    assert catalog.table("current_splits").height == 2


def test_a_table_of_another_kind_is_refused(catalog: Catalog) -> None:
    with pytest.raises(DefinitionError, match=r"'splits' holds no reference data\. Did you mean"):
        catalog.replace_reference({"splits": splits(1)})


def test_of_rows_with_one_key_the_last_counts(catalog: Catalog) -> None:
    twice = pl.concat([splits(1), splits(1, ratio=9.0)])
    assert catalog.replace_reference({"current_splits": twice}) == {"current_splits": 1}
    assert catalog.table("current_splits")["ratio"].to_list() == [9.0]


def test_a_catalog_that_only_reads_says_so(tmp_path: Any) -> None:
    place = tmp_path / "catalog.db"
    Catalog(place).close()
    with (
        Catalog(f"sqlite:///file:{place}?mode=ro&uri=true") as catalog,
        pytest.raises(StoreError, match="cannot be written"),
    ):
        catalog.replace_reference({"current_splits": splits(1)})
