"""Several sources of one instrument: which serves, which fills, and where they meet."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given, strategies as st
from tests.workspace.builders import LOADED, bars, days, dividend, split, store

from hedgerow.backtest import backtest
from hedgerow.domain import Adjust
from hedgerow.research import check_lookahead
from hedgerow.research.runs import run_record
from hedgerow.settings import Settings
from hedgerow.strategies import strategy_classes
from hedgerow.workspace import Workspace
from hedgerow.workspace.seams import NEARBY, TOLERANCE, fill
from hedgerow.workspace.selection import held_series, preferred

DAYS = days(120)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """Empty workspace that prefers ``best``, then ``next``."""
    chosen = Settings(_env_file=None, source_priority=["best", "next", "last"])
    return Workspace(tmp_path, settings=chosen)


def served(ws: Workspace, **options: object) -> dict[dt.date, str]:
    rows = ws.bars("ZQX", **options).collect()  # type: ignore[arg-type]
    return dict(rows.select("session", "source").iter_rows())


def fills(frame: pl.DataFrame) -> set[dt.date]:
    """Sessions that a rival fills, decided on a frame of bars."""
    held = held_series(frame.lazy())
    chosen = preferred(held, Adjust.NONE, ["best"])
    return set(fill(frame.lazy(), held, chosen, ["best"], intraday=False).sessions["session"])


def wave(on: list[dt.date], *, times: float = 1.0) -> list[float]:
    """Prices that any two sources would tell alike."""
    return [(100 + day.toordinal() % 17) * times for day in on]


class TestRegression:
    def test_history_before_the_preferred_source_comes_from_the_next(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[60:], wave(DAYS[60:])))
        store(ws, bars("ZQX", "next", DAYS[:100], wave(DAYS[:100])))
        found = served(ws)
        assert list(found) == DAYS
        assert {day for day, source in found.items() if source == "next"} == set(DAYS[:60])
        assert ws.seams("ZQX").rows() == [("ZQX.XNYS", "next", "best", DAYS[60])]

    def test_a_hole_and_an_end_are_filled_and_each_seam_is_told(self, ws: Workspace) -> None:
        held = [*DAYS[:40], *DAYS[45:90]]
        store(ws, bars("ZQX", "best", held, wave(held)), bars("ZQX", "next", DAYS, wave(DAYS)))
        market = ws.market("ZQX")
        assert market.bars.collect()["session"].to_list() == DAYS
        assert market.facts["seams"] == [
            ("ZQX.XNYS", "best", "next", DAYS[40]),
            ("ZQX.XNYS", "next", "best", DAYS[45]),
            ("ZQX.XNYS", "best", "next", DAYS[90]),
        ]
        assert market.facts["sources"] == ["best", "next"]
        assert market.facts["notes"] == [
            "source next fills 35 sessions of ZQX.XNYS, where it agrees with the preferred source"
        ]

    def test_a_source_that_disagrees_fills_nothing_and_is_told(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[60:], wave(DAYS[60:])))
        store(ws, bars("ZQX", "next", DAYS, wave(DAYS, times=1.006)))
        assert list(served(ws)) == DAYS[60:]
        assert any(
            "60 further sessions of ZQX.XNYS, which are not used" in note
            for note in ws.market("ZQX").facts["notes"]
        )  # type: ignore[attr-defined]

    def test_the_third_source_fills_where_the_second_does_not_agree(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[60:], wave(DAYS[60:])))
        store(ws, bars("ZQX", "next", DAYS, wave(DAYS, times=2.0)))
        store(ws, bars("ZQX", "last", DAYS, wave(DAYS)))
        assert set(served(ws).values()) == {"best", "last"}

    def test_the_second_source_may_join_the_third_to_the_first(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[90:], wave(DAYS[90:])))
        store(ws, bars("ZQX", "next", DAYS[50:115], wave(DAYS[50:115])))
        store(ws, bars("ZQX", "last", DAYS[:75], wave(DAYS[:75])))
        found = served(ws)
        assert list(found) == DAYS
        assert [found[DAYS[0]], found[DAYS[50]], found[DAYS[90]]] == ["last", "next", "best"]

    def test_adjusted_prices_are_never_joined_to_raw_ones(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[60:], wave(DAYS[60:])))
        store(ws, bars("ZQX", "next", DAYS, wave(DAYS), adjustment="split"))
        assert list(served(ws)) == DAYS[60:]
        store(ws, bars("VEX", "best", DAYS[60:], wave(DAYS[60:]), adjustment="split"))
        store(ws, bars("VEX", "next", DAYS, wave(DAYS), adjustment="split"))
        assert ws.bars("VEX").collect()["session"].to_list() == DAYS[60:]

    def test_prices_in_another_currency_fill_nothing(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[60:], wave(DAYS[60:])))
        pounds = bars("ZQX", "next", DAYS, wave(DAYS), currency="GBP")
        ws.lake.merge("bars", pounds, ingested_at=LOADED)
        assert list(served(ws)) == DAYS[60:]

    def test_a_named_source_stays_alone(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[60:], wave(DAYS[60:])))
        store(ws, bars("ZQX", "next", DAYS, wave(DAYS)))
        assert list(served(ws, source="best")) == DAYS[60:]
        assert ws.market("ZQX", source="best").facts["seams"] == []

    def test_a_run_remembers_the_seams(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS[60:], wave(DAYS[60:])))
        store(ws, bars("ZQX", "next", DAYS, wave(DAYS)))
        strategy = strategy_classes()["BuyAndHold"]()
        record = run_record(backtest(strategy, ws.market("ZQX")), strategy)
        assert record.notes["seams"] == [["ZQX.XNYS", "next", "best", str(DAYS[60])]]


class TestActions:
    def test_a_split_told_only_by_the_source_that_fills_counts_there(self, ws: Workspace) -> None:
        raw = [200.0] * 30 + [100.0] * 90
        store(ws, bars("ZQX", "best", DAYS[60:], raw[60:]), bars("ZQX", "next", DAYS, raw))
        ws.lake.merge("splits", split("ZQX", "next", DAYS[30], 2.0), ingested_at=LOADED)
        later = split("ZQX", "best", DAYS[90], 1.0)
        ws.lake.merge("splits", later, ingested_at=LOADED)
        assert set(ws.bars("ZQX", adjust="splits").collect()["close"]) == {100.0}

    def test_a_split_on_a_day_without_a_bar_counts_from_the_next_filled_one(
        self, ws: Workspace
    ) -> None:
        closes = [100.0] * 30 + [25.0] * 90
        told = [day for day in DAYS if day != DAYS[30]]
        store(ws, bars("ZQX", "best", DAYS[60:], closes[60:]))
        store(ws, bars("ZQX", "next", told, [closes[DAYS.index(day)] for day in told]))
        ws.lake.merge("splits", split("ZQX", "next", DAYS[30], 4.0), ingested_at=LOADED)
        ws.lake.merge("splits", split("ZQX", "best", DAYS[100], 1.0), ingested_at=LOADED)
        assert set(ws.bars("ZQX", adjust="splits").collect()["close"]) == {25.0}

    def test_a_split_to_come_changes_no_price_yet(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS))
        tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
        coming = split("ZQX", "best", tomorrow, 4.0)
        ws.lake.merge("splits", coming, ingested_at=LOADED)
        assert set(ws.bars("ZQX", adjust="splits").collect()["close"]) == {100.0}
        assert set(ws.market("ZQX").bars.collect()["close"]) == {100.0}

    def test_one_split_dated_apart_by_two_sources_counts_once(self, ws: Workspace) -> None:
        raw = [200.0] * 59 + [100.0] * 61
        store(ws, bars("ZQX", "best", DAYS[60:], raw[60:]), bars("ZQX", "next", DAYS, raw))
        told = [split("ZQX", "best", DAYS[60], 2.0), split("ZQX", "next", DAYS[59], 2.0)]
        ws.lake.merge("splits", pl.concat(told), ingested_at=LOADED)
        events = ws.market("ZQX").bars.collect()["split_ratio"]
        assert events.product() == 2.0

    def test_corrected_actions_are_those_held_then(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS, 90.0))
        for number, (ratio, paid) in enumerate([(3.0, 9.0), (2.0, 10.0)]):
            at = LOADED + dt.timedelta(days=number)
            ws.lake.merge("splits", split("ZQX", "best", DAYS[50], ratio), ingested_at=at)
            ws.lake.merge("dividends", dividend("ZQX", "best", DAYS[80], paid), ingested_at=at)
        first = LOADED + dt.timedelta(hours=1)

        def oldest(adjust: str, as_of: dt.datetime | None = None) -> float:
            return float(ws.bars("ZQX", adjust=adjust, as_of=as_of).collect()["close"][0])

        assert [oldest("splits", first), oldest("splits")] == [30.0, 45.0]
        assert oldest("total", first) == pytest.approx(30.0 * 90 / 99)
        assert oldest("total") == pytest.approx(45.0 * 90 / 100)
        assert ws.lake.scan("splits_history").collect()["ratio"].to_list() == [3.0]

    def test_an_odd_ratio_is_applied_as_recorded_and_told(self, ws: Workspace) -> None:
        store(ws, bars("ZQX", "best", DAYS, [128.1] * 60 + [100.0] * 60))
        ws.lake.merge("splits", split("ZQX", "best", DAYS[60], 1.281), ingested_at=LOADED)
        assert ws.bars("ZQX", adjust="splits").collect()["close"].to_list() == pytest.approx(
            [100.0] * 120
        )
        told = (
            f"ZQX: the split of {DAYS[60]} is recorded as 1.281 for 1, which is no simple ratio: "
            "a spin-off or stock dividend, applied as recorded"
        )
        assert ws.market("ZQX").facts["notes"] == [told]
        assert ws.sql("select ratio, odd from splits").rows() == [(1.281, True)]


class TestProperties:
    """The decision that a stretch fills, once made, is not changed by what comes later."""

    @given(
        first=st.integers(0, 30),
        holes=st.sets(st.integers(0, 119), max_size=12),
        strays=st.sets(st.integers(0, 119), max_size=3),
        cut=st.integers(30, 119),
    )
    def test_rows_decided_by_then_stay(
        self, first: int, holes: set[int], strays: set[int], cut: int
    ) -> None:
        held = [i for i in range(first, 120) if i not in holes]
        assume(sum(i <= cut for i in held) >= NEARBY)  # else nothing could be decided yet
        prices = wave(DAYS)
        odd = [p * (1.02 if i in strays else 1.0) for i, p in enumerate(prices)]
        best = bars("ZQX", "best", [DAYS[i] for i in held], [prices[i] for i in held])
        everything = pl.concat([best, bars("ZQX", "next", DAYS, odd)])
        filled = fills(everything)
        known = everything.filter(pl.col("session") <= DAYS[cut])
        assert fills(known) == {day for day in filled if day <= DAYS[cut]}
        # By hand: the twenty common sessions before a hole, or else the first twenty.
        expected = set()
        for hole in set(range(120)) - set(held):
            before = [i for i in held if i < hole][-NEARBY:]
            deciding = before if len(before) == NEARBY else held[:NEARBY]
            if all(abs(odd[i] / prices[i] - 1) <= TOLERANCE for i in deciding):
                expected.add(DAYS[hole])
        assert filled == expected

    def test_a_read_as_of_then_decides_as_one_of_today(self, ws: Workspace) -> None:
        held = [*DAYS[10:50], *DAYS[55:80]]
        store(ws, bars("ZQX", "best", held, wave(held)), bars("ZQX", "next", DAYS, wave(DAYS)))
        for cut in (40, 52, 79, 100):
            instant = dt.datetime.combine(DAYS[cut], dt.time(23), tzinfo=dt.UTC)
            whole = {day: source for day, source in served(ws).items() if day <= DAYS[cut]}
            assert served(ws, as_of=instant) == whole

    def test_a_span_is_a_part_of_the_whole(self, ws: Workspace) -> None:
        held = [*DAYS[30:50], *DAYS[55:]]
        store(ws, bars("ZQX", "best", held, wave(held)), bars("ZQX", "next", DAYS, wave(DAYS)))
        whole = ws.bars("ZQX").collect()
        part = ws.bars("ZQX", DAYS[10], DAYS[60]).collect()
        assert part.equals(whole.filter(pl.col("session").is_between(DAYS[10], DAYS[60])))

    def test_intraday_sessions_are_filled_whole(self, ws: Workspace) -> None:
        def hourly(source: str, on: list[dt.date]) -> pl.DataFrame:
            one = bars("ZQX", source, on, wave(on))
            hours = [
                one.with_columns(
                    timestamp=pl.col("timestamp") + pl.duration(hours=hour),
                    available_at=pl.col("timestamp") + pl.duration(hours=hour + 1),
                    timeframe=pl.lit("1h"),
                )
                for hour in (15, 16, 17)
            ]
            return pl.concat(hours)

        store(ws, hourly("best", DAYS[25:50]), hourly("next", DAYS))
        rows = ws.bars("ZQX", timeframe="1h").collect()
        assert rows.height == 360
        assert rows.filter(pl.col("source") == "best")["session"].n_unique() == 25

    def test_strategies_do_not_see_the_future_through_a_seam(self, ws: Workspace) -> None:
        held = [*DAYS[10:70], *DAYS[75:110]]
        store(ws, bars("ZQX", "best", held, wave(held)), bars("ZQX", "next", DAYS, wave(DAYS)))
        cuts = [
            dt.datetime.combine(day, dt.time(23), tzinfo=dt.UTC)
            for day in (DAYS[5], *DAYS[30:120:8], DAYS[72], DAYS[115])
        ]
        for name in ("Momentum", "SmaCross"):
            strategy = strategy_classes()[name]()
            assert (
                check_lookahead(strategy, lambda at: ws.market("ZQX", as_of=at), instants=cuts)
                == []
            )
