"""From files to files: any order, any faults, whole files or none."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal
from tests.pipelines.analysis_reference import HOUR, hourly_bars, random_walk

from hedgerow.errors import DataError, DefinitionError, StoreError
from hedgerow.pipelines.analysis import (
    analyze_bars,
    analyze_files,
    export,
    files as files_module,
)
from hedgerow.pipelines.analysis.export import EXPORT_COLUMNS, file_names

SYMBOLS = ("AAA", "BBB", "CCC")
BARS = 120


@pytest.fixture
def market(tmp_path):
    """Three symbols and both indices, in a folder."""
    bars = pl.concat(
        hourly_bars(symbol, random_walk(BARS, seed=n)) for n, symbol in enumerate(SYMBOLS)
    )
    write_market(tmp_path, bars.select("symbol", "timestamp", "close"))
    return tmp_path


def write_market(folder, holdings):
    holdings.write_parquet(folder / "holdings.parquet", row_group_size=50)
    for seed, (name, start) in enumerate((("vix", 15.0), ("spx", 4000.0))):
        closes = random_walk(BARS, seed=50 + seed, start=start)
        hourly_bars(name, closes).select("timestamp", "close").write_parquet(
            folder / f"{name}.parquet"
        )


def run(folder, **options):
    inputs = (folder / f"{name}.parquet" for name in ("holdings", "vix", "spx"))
    return analyze_files(*inputs, folder / "out", **options)


def written(folder, symbol):
    return pl.read_parquet(folder / "out" / f"{symbol}_analysis.parquet")


def expected(folder, symbol):
    """The same by way of ``analyze_bars``, which is tested against plain Python."""
    stamped = [
        pl.read_parquet(folder / f"{name}.parquet").with_columns(
            available_at=pl.col("timestamp") + HOUR
        )
        for name in ("holdings", "vix", "spx")
    ]
    bars = stamped[0].filter(pl.col("symbol") == symbol).sort("timestamp")
    named = bars.with_columns(instrument_id=pl.col("symbol"), source=pl.lit("file"))
    lazies = (frame.lazy() for frame in (named, *stamped[1:]))
    return analyze_bars(*lazies, timeframe="1h").select(EXPORT_COLUMNS).collect()


# --- Regression ---------------------------------------------------------------------------------


def test_one_file_a_symbol_with_exactly_the_columns(market):
    summary = run(market)
    names = [f"{symbol}_analysis.parquet" for symbol in SYMBOLS]
    assert [path.name for path in summary.files] == names
    assert sorted(path.name for path in (market / "out").iterdir()) == names
    for symbol in SYMBOLS:
        assert written(market, symbol).columns == list(EXPORT_COLUMNS)
        assert_frame_equal(written(market, symbol), expected(market, symbol), check_exact=True)


def test_readers_see_plain_text_and_utc(market):
    run(market)
    schema = pq.read_schema(market / "out" / "AAA_analysis.parquet")
    assert {str(schema.field(name).type) for name in ("contract", "signal")} == {"string"}
    assert str(schema.field("timestamp").type) == "timestamp[us, tz=UTC]"


def test_summary_counts_what_the_files_hold(market):
    summary = run(market)
    assert summary.ok
    assert summary.exit_status == 0
    assert summary.bars == BARS * len(SYMBOLS)
    for row in summary.symbols.to_dicts():
        judged = written(market, row["symbol"])
        quality, beta = judged["trade_quality"], judged["beta"]
        good, bad = (quality == "good").sum(), (quality == "bad").sum()
        assert row["trades"] == (judged["signal"] != "hold").sum()
        assert (row["good"], row["bad"]) == (good, bad)
        assert row["win_rate"] == pytest.approx(good / (good + bad))
        assert row["mean_beta"] == pytest.approx(beta.mean())
        assert row["median_beta"] == pytest.approx(beta.median())


def test_a_daily_vix_for_hourly_bars(market):
    days = pl.datetime_range(
        dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 8), "1d", time_zone="UTC", eager=True
    )
    daily = pl.DataFrame({"timestamp": days, "close": [float(10 + n) for n in range(len(days))]})
    for name in ("vix", "spx"):
        daily.write_parquet(market / f"{name}.parquet")
    run(market, context_timeframe="1d")
    one = written(market, "AAA").filter(pl.col("timestamp").dt.date() == dt.date(2024, 1, 3))
    at_2000 = one.filter(pl.col("timestamp").dt.hour() == 20)  # ends at 21:00 UTC, 16:00 there
    assert at_2000.select("VIX", "SPX").row(0) == (11.0, 12.0)


def test_progress_counts_to_the_end(market, monkeypatch):
    monkeypatch.setattr(files_module, "_BARS_A_BATCH", 100)
    told = []
    run(market, progress=lambda done, total: told.append((done, total)))
    assert sorted(told) == [(1, 3), (2, 3), (3, 3)]


# --- Properties ---------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["by_time", "shuffled", "backwards"])
@pytest.mark.parametrize("batch", [1, 150, 10_000])
def test_neither_order_nor_batches_matter(market, monkeypatch, order, batch):
    monkeypatch.setattr(files_module, "_BARS_A_BATCH", batch)
    bars = pl.read_parquet(market / "holdings.parquet")
    orders = {
        "by_time": bars.sort("timestamp", "symbol"),
        "shuffled": bars.sample(fraction=1, shuffle=True, seed=4),
        "backwards": bars.reverse(),
    }
    write_market(market, orders[order])
    summary = run(market)
    assert summary.symbols["symbol"].to_list() == list(SYMBOLS)
    for symbol in SYMBOLS:
        assert_frame_equal(written(market, symbol), expected(market, symbol), check_exact=True)


@pytest.mark.parametrize("compression", ["snappy", "zstd", "lz4", "none"])
def test_every_codec_holds_the_same(market, compression):
    run(market, compression=compression)
    assert_frame_equal(written(market, "BBB"), expected(market, "BBB"), check_exact=True)


@pytest.mark.parametrize("kind", [pl.Datetime("ns"), pl.Datetime("ms", "America/New_York")])
def test_timestamps_in_other_units_and_zones(market, kind):
    wanted = expected(market, "AAA")
    bars = pl.read_parquet(market / "holdings.parquet")
    stamp = pl.col("timestamp")
    local = stamp.dt.convert_time_zone(kind.time_zone) if kind.time_zone else stamp
    other = local if kind.time_zone else local.dt.replace_time_zone(None)
    write_market(market, bars.with_columns(other.dt.cast_time_unit(kind.time_unit)))
    run(market)
    assert_frame_equal(written(market, "AAA"), wanted, check_exact=True)


# --- Validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("close", -1.0, "close -1.0 of the bar 2024-01-02 19:00 is not a price"),
        ("close", 0.0, "close 0.0 of the bar 2024-01-02 19:00 is not a price"),
        ("close", float("nan"), "close nan of the bar 2024-01-02 19:00 is not a price"),
        ("close", None, "close None of the bar 2024-01-02 19:00 is not a price"),
        (
            "timestamp",
            dt.datetime(2024, 1, 2, 18, tzinfo=dt.UTC),
            "2024-01-02 18:00 is there twice",
        ),
        ("timestamp", None, "a bar is without a timestamp"),
    ],
)
def test_a_bad_symbol_does_not_stop_the_others(market, column, value, reason):
    bars = pl.read_parquet(market / "holdings.parquet")
    wrong = (pl.col("symbol") == "BBB") & (pl.col("timestamp").dt.strftime("%d %H") == "02 19")
    fault = pl.lit(value, dtype=bars.schema[column])
    write_market(
        market, bars.with_columns(pl.when(wrong).then(fault).otherwise(column).alias(column))
    )
    summary = run(market)
    assert summary.exit_status == 1
    assert [failure.symbol for failure in summary.failed] == ["BBB"]
    assert reason in summary.failed[0].reason
    assert sorted(path.name[:3] for path in summary.files) == ["AAA", "CCC"]
    assert_frame_equal(written(market, "CCC"), expected(market, "CCC"), check_exact=True)


def test_bars_without_a_symbol_are_reported(market):
    bars = pl.read_parquet(market / "holdings.parquet")
    unnamed = pl.when(pl.int_range(pl.len()) != 150).then("symbol")
    write_market(market, bars.with_columns(symbol=unnamed))
    summary = run(market)
    assert [(one.symbol, one.reason) for one in summary.failed] == [("", "1 bars have no symbol")]
    assert written(market, "BBB").height == BARS - 1
    assert_frame_equal(written(market, "CCC"), expected(market, "CCC"), check_exact=True)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("holdings", None, r"holdings.parquet does not exist: give a Parquet file"),
        ("holdings", b"symbol,close\n", "holdings.parquet cannot be read as Parquet: "),
        (
            "holdings",
            {"symbol": ["A"]},
            "lacks timestamp, close: it needs symbol, timestamp, close",
        ),
        ("vix", {"timestamp": [dt.datetime(2024, 1, 2)], "close": ["x"]}, "close of .* is String"),
        ("spx", {"timestamp": [1], "close": [1.0]}, "timestamp of .* is Int64, not an instant"),
        (
            "vix",
            {"timestamp": [dt.datetime(2024, 1, 2)], "close": [None]},
            "has no close of the VIX",
        ),
    ],
)
def test_a_bad_file_is_one_clear_line(market, name, content, message):
    path = market / f"{name}.parquet"
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        frame = pl.DataFrame(content)
        if content.get("close") == [None]:
            frame = frame.cast({"close": pl.Float64})
        frame.write_parquet(path)
    with pytest.raises(DataError, match=message) as caught:
        run(market)
    assert "\n" not in str(caught.value)
    assert not list((market / "out").glob("*"))


def test_an_empty_file_of_holdings(market):
    write_market(market, pl.read_parquet(market / "holdings.parquet").clear())
    with pytest.raises(DataError, match="holds no bars of any symbol"):
        run(market)


def test_a_folder_that_cannot_be_made(market):
    (market / "out").write_text("a file is in the way")
    with pytest.raises(StoreError, match=r"export folder .*out cannot be made"):
        run(market)


def test_a_bucket_is_refused_for_now(market):
    paths = (market / f"{name}.parquet" for name in ("holdings", "vix", "spx"))
    with pytest.raises(DefinitionError, match="s3://bucket/out is not local"):
        analyze_files(*paths, "s3://bucket/out")


def test_a_failed_write_keeps_the_old_file_and_no_scraps(market, monkeypatch):
    run(market)
    old = (market / "out" / "BBB_analysis.parquet").read_bytes()

    def full(table, path, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.pq, "write_table", full)
    with pytest.raises(StoreError, match=r"cannot be written: No space left on device"):
        run(market)
    assert (market / "out" / "BBB_analysis.parquet").read_bytes() == old
    assert not list((market / "out").glob(".*"))


def test_file_names_are_safe_and_distinct():
    symbols = {"1": "BRK/B", "2": "^GSPC", "3": "..", "4": "A b", "5": "x", "6": "X", "7": "A_b"}
    names = file_names(symbols)
    assert names["1"] == "BRK_B_analysis.parquet"
    assert names["2"] == "_GSPC_analysis.parquet"
    assert len({name.casefold() for name in names.values()}) == len(symbols)
    assert all(name[0] != "." and "/" not in name for name in names.values())
