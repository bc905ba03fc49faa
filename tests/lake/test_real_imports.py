"""Whole real files through the front door: what is loaded, refused and read back."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from hedgerow.lake import IngestSummary
from hedgerow.sources import SampleFx, read_bars
from hedgerow.workspace import Workspace

FIVE_YEARS = "us_daily/sp500_5yr_20130208_20180207.parquet"
MESSY = "us_daily/dieperdev_messy_symbols.parquet"
FTSE = "international/lse_ftse100_30_daily_2014_2016.parquet"

Bar = tuple[str, dt.date]


def path_of(shared_data: Path, name: str) -> Path:
    file = shared_data / name
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    return file


def out_of_order(row: dict[str, float | None]) -> bool:
    """Whether high is not the highest or low not the lowest of the prices there are."""
    there = [row[n] for n in ("open", "high", "low", "close") if row[n] is not None]
    high, low = row["high"], row["low"]
    above = high is not None and any(price > high for price in there)  # type: ignore[operator]
    return above or (low is not None and any(price < low for price in there))  # type: ignore[operator]


def refused(ws: Workspace, source: str, rule: str) -> set[Bar]:
    rows = ws.lake.scan("quarantine").filter(pl.col("source") == source).collect()
    hit = rows.filter(pl.col("rules").str.split(",").list.contains(rule))
    return set(zip(hit["symbol"], hit["timestamp"].dt.date(), strict=True))


@pytest.fixture(scope="module")
def five_years(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, IngestSummary]:
    ws = Workspace(tmp_path_factory.mktemp("five_years"))
    file = path_of(shared_data, FIVE_YEARS)
    (summary,) = ws.ingest(read_bars(file, source="sp500_5yr", adjustment="split"))
    return ws, summary


@dataclass(frozen=True)
class Messed:
    """The same lake with the messy symbols beside, and what it read before."""

    ws: Workspace
    summary: IngestSummary
    before: pl.DataFrame
    total_before: pl.DataFrame
    file: Path


@pytest.fixture(scope="module")
def messed(shared_data: Path, five_years: tuple[Workspace, IngestSummary]) -> Messed:
    ws, _ = five_years
    before, total = ws.bars().collect(), ws.bars("AAPL", adjust="total").collect()
    file = path_of(shared_data, MESSY)
    (summary,) = ws.ingest(read_bars(file, source="messy", adjustment="split"))
    return Messed(ws, summary, before, total, file)


class TestFiveYears:
    """505 symbols, 2013-02-08 to 2018-02-07, prices adjusted for splits."""

    def test_every_row_but_the_twelve_impossible_ones_is_loaded(
        self, five_years: tuple[Workspace, IngestSummary], shared_data: Path
    ) -> None:
        ws, summary = five_years
        assert (summary.rows, summary.loaded, summary.refused) == (619_040, 619_028, 12)
        assert summary.quarantined == {"ohlc_order": 12}
        rows = pl.read_parquet(path_of(shared_data, FIVE_YEARS)).iter_rows(named=True)
        expected = {(row["symbol"], row["date"]) for row in rows if out_of_order(row)}
        assert refused(ws, "sp500_5yr", "ohlc_order") == expected
        # Half of the price for one day: without the gate a crash and a recovery.
        assert ("LNT", dt.date(2016, 5, 19)) in expected

    def test_rows_that_lack_a_price_are_kept_without_it(
        self, five_years: tuple[Workspace, IngestSummary]
    ) -> None:
        bars = five_years[0].bars(source="sp500_5yr")
        nulls = bars.select(pl.col("open", "high", "low").null_count()).collect()
        assert nulls.row(0) == (11, 8, 8)

    def test_the_report_names_exactly_the_known_faults(
        self, five_years: tuple[Workspace, IngestSummary]
    ) -> None:
        ws, summary = five_years
        report = ws.quality(source="sp500_5yr", as_of="2018-02-07")
        assert report.height == 505
        # 51 sessions that the file lacks, and the twelve that the gate refused.
        missing = dict(
            report.filter(pl.col("missing_sessions") > pl.col("refused"))
            .select("symbol", pl.col("missing_sessions") - pl.col("refused"))
            .iter_rows()
        )
        assert missing == {"BMY": 2, "DHR": 16, "ES": 10, "ICE": 5, "O": 16, "ORCL": 2}
        assert report["missing_sessions"].sum() == 51 + 12
        jumped = dict(report.filter(pl.col("jumps") > 0).select("symbol", "jumps").iter_rows())
        # Spin-offs and splits that the vendor did not adjust for; AMD, NWL and VRTX are genuine.
        assert jumped == {
            "AMD": 1, "BAX": 1, "DISCA": 1, "DISCK": 1, "EBAY": 1, "NI": 1, "NWL": 1, "VRTX": 2,
        }  # fmt: skip
        assert summary.warnings == {"jump": 9}
        assert report["sessions_behind"].sum() == 0
        assert report["stale_runs"].sum() == 0


class TestMessySymbols:
    """26 tickers with nulls, negative prices, stale years and reverse splits of 1e15."""

    def test_they_change_no_read_of_another_symbol(self, messed: Messed) -> None:
        ws, summary, before = messed.ws, messed.summary, messed.before
        assert (summary.rows, summary.loaded, summary.refused) == (104_601, 91_579, 13_022)
        assert summary.quarantined == {
            "missing_close": 5_262,
            "non_positive_price": 2_688,
            "ohlc_order": 2_759,
            "stale_run": 5_001,
        }
        after = ws.bars().collect()
        known = before["instrument_id"].unique().to_list()
        assert after.filter(pl.col("instrument_id").is_in(known)).equals(before)
        assert ws.bars("AAPL", adjust="total").collect().equals(messed.total_before)

        theirs = after.filter(~pl.col("instrument_id").is_in(known))
        prices = theirs.select(pl.min_horizontal("open", "high", "low", "close").min()).item()
        assert prices > 0
        assert not any(out_of_order(row) for row in theirs.iter_rows(named=True))

    def test_each_rule_refuses_what_a_plain_count_finds(self, messed: Messed) -> None:
        names = ("open", "high", "low", "close")
        expected: dict[str, set[Bar]] = {
            "missing_close": set(), "non_positive_price": set(), "ohlc_order": set(),
            "stale_run": set(),
        }  # fmt: skip
        run: list[Bar] = []
        before: dict[str, float] | None = None

        def end_of_run() -> None:
            if len(run) >= 10:
                expected["stale_run"].update(run[1:])
            run.clear()

        for row in pl.read_parquet(messed.file).sort("symbol", "date").iter_rows(named=True):
            key = (row["symbol"], row["date"])
            failed = [
                rule
                for rule, fails in (
                    ("missing_close", row["close"] is None),
                    ("non_positive_price", any(row[n] is not None and row[n] <= 0 for n in names)),
                    ("ohlc_order", out_of_order(row)),
                )
                if fails
            ]
            for rule in failed:
                expected[rule].add(key)
            if failed:
                continue
            same = before is not None and all(row[n] == before[n] for n in ("symbol", *names))
            if not (same and row["volume"] in (0, before["volume"])):  # type: ignore[index]
                end_of_run()
            run.append(key)
            before = row
        end_of_run()
        assert {rule: refused(messed.ws, "messy", rule) for rule in expected} == expected

    def test_the_report_tells_them_apart(self, messed: Messed) -> None:
        report = messed.ws.quality(source="messy", as_of="2024-03-08")
        stale = report.filter(pl.col("symbol") == "EAI").row(0, named=True)
        assert stale["longest_stale_run"] > 300
        assert "stale" in stale["problems"]
        assert report["refused"].sum() == 13_022


class TestPence:
    """29 names of the FTSE 100, in pence."""

    def test_pence_become_pounds_and_dollars(self, shared_data: Path, tmp_path: Path) -> None:
        ws = Workspace(tmp_path)
        file = path_of(shared_data, FTSE)
        options = {"currency": "GBp", "exchange": "XLON", "adjustment": "split"}
        (summary,) = ws.ingest(read_bars(file, source="ftse", **options))  # type: ignore[arg-type]
        ws.ingest(SampleFx())
        # 603 rows on bank holidays, without volume, and two whose high is not the highest.
        assert summary.quarantined == {"non_session_day": 603, "ohlc_order": 2}
        pounds = ws.bars().collect()
        dollars = ws.bars(currency="USD").collect()
        assert set(pounds["currency"]) == {"GBP"}
        assert set(dollars["currency"]) == {"USD"}

        with (shared_data / "fx" / "ecb_eurofxref-hist.csv").open() as rates:
            per_euro = {row["Date"]: row for row in csv.DictReader(rates)}
        pence = {
            (row["symbol"], row["date"]): row for row in pl.read_parquet(file).iter_rows(named=True)
        }
        assert dollars.height == pounds.height == summary.loaded == 20_777
        for pound, dollar in zip(
            pounds.iter_rows(named=True), dollars.iter_rows(named=True), strict=True
        ):
            given = pence[pound["symbol"], pound["session"]]
            rate = dollars_for_a_pound(per_euro, pound["session"])
            for name in ("open", "high", "low", "close"):
                assert pound[name] == pytest.approx(given[name] / 100, rel=1e-12)
                assert dollar[name] == pytest.approx(given[name] / 100 * rate, rel=1e-12)
            assert dollar["volume"] == given["volume"]


def dollars_for_a_pound(per_euro: dict[str, dict[str, str]], session: dt.date) -> float:
    """Last rate of the European Central Bank that London knew at its close.

    The bank publishes at 16:00 in Frankfurt, an hour and a half before London closes, but after
    its half days, on which it closes at 12:30.
    """
    half_day = session.month == 12 and last_before_a_holiday(session)
    day = session - dt.timedelta(days=1) if half_day else session
    while str(day) not in per_euro:
        day -= dt.timedelta(days=1)
    row = per_euro[str(day)]
    return float(row["USD"]) / float(row["GBP"])


def last_before_a_holiday(session: dt.date) -> bool:
    """Last working day before Christmas or the New Year."""
    for holiday in (dt.date(session.year, 12, 25), dt.date(session.year + 1, 1, 1)):
        day = holiday - dt.timedelta(days=1)
        while day.weekday() > 4:
            day -= dt.timedelta(days=1)
        if day == session:
            return True
    return False
