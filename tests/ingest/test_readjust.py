"""A vendor that restates its history is believed as a whole."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from tests.ingest.builders import (
    FIRST,
    RAW,
    SPLIT,
    TOTAL,
    Shelf,
    adjusted,
    at,
    day,
    days_of,
    held_sessions,
    load_one,
    prices,
    stored,
    stores_at,
)

from hedgerow.ingest.readjust import restatement

DAYS = held_sessions()
CLOSES = prices(DAYS)
FEBRUARY = dt.datetime(2024, 2, 29, 23, tzinfo=dt.UTC)
EX_DATE = day("2024-03-12")


@pytest.fixture
def stores(tmp_path):
    return stores_at(tmp_path)


def stored_closes(stores) -> dict[dt.date, float]:
    return dict(stored(stores).select("session", "close").rows())


def restated_shelf(ratio: float, kind: str, before: dt.date = EX_DATE) -> Shelf:
    return Shelf({"ZQX": adjusted(CLOSES, ratio, before)}, kind=kind)


def test_the_whole_history_is_loaded_again_after_a_split(stores):
    old = Shelf({"ZQX": CLOSES}, kind="split")
    load_one(at(stores, FEBRUARY), old, start=FIRST, adjustment=SPLIT)
    new = restated_shelf(0.25, "split")
    outcome = load_one(stores, new, adjustment=SPLIT)
    assert outcome.notes == ("history restated by 0.25, loaded again",)
    assert [(one.start, one.refresh) for one in new.requests] == [
        (day("2024-02-15"), False),
        (FIRST, True),
    ]
    assert stored_closes(stores) == new.closes["ZQX"]
    assert (outcome.loaded, outcome.corrected, outcome.unchanged) == (20, 41, 0)
    history = stores.lake.scan("bars_history").collect()
    assert dict(history.select("session", "close").rows()) == {
        one: close for one, close in CLOSES.items() if one <= day("2024-02-29")
    }


def test_a_reload_that_was_cut_off_is_taken_up_again(stores):
    from hedgerow.errors import Transient

    load_one(
        at(stores, FEBRUARY), Shelf({"ZQX": CLOSES}, kind="split"), start=FIRST, adjustment=SPLIT
    )
    new = restated_shelf(0.25, "split")
    new.faults["ZQX"] = [None, (1, Transient("cut"))]
    assert not load_one(stores, new, adjustment=SPLIT).ok
    assert len(set(stored_closes(stores).items()) & set(new.closes["ZQX"].items())) == 20
    assert load_one(stores, new, adjustment=SPLIT).ok
    assert stored_closes(stores) == new.closes["ZQX"]


def test_a_split_between_two_loadings_leaves_raw_prices_alone(stores):
    raw = {one: close if one < EX_DATE else close / 4 for one, close in CLOSES.items()}
    shelf = Shelf({"ZQX": raw})
    shelf.splits["ZQX"] = [(EX_DATE, 4.0)]
    load_one(at(stores, FEBRUARY), shelf, start=FIRST)
    outcome = load_one(stores, shelf)
    assert (outcome.corrected, outcome.unchanged, outcome.notes) == (0, 10, ())
    assert stores.lake.scan("splits").collect()["ratio"].to_list() == [4.0]


def test_raw_prices_on_another_basis_are_loaded_again(stores):
    load_one(at(stores, FEBRUARY), Shelf({"ZQX": CLOSES}), start=FIRST)
    outcome = load_one(stores, restated_shelf(0.01, "raw", dt.date.max))
    assert outcome.notes == ("history restated by 0.01, loaded again",)
    assert days_of(stores) == DAYS
    assert stored_closes(stores)[FIRST] == pytest.approx(CLOSES[FIRST] / 100)


def test_several_corrected_raw_closes_are_corrections(stores):
    load_one(at(stores, FEBRUARY), Shelf({"ZQX": CLOSES}), start=FIRST)
    new = dict(CLOSES)
    for number, one in enumerate(DAYS[32:38]):
        new[one] += 0.25 * (number + 1)
    shelf = Shelf({"ZQX": new})
    outcome = load_one(stores, shelf)
    assert (outcome.corrected, outcome.notes, len(shelf.requests)) == (6, (), 1)


def test_an_overlap_in_several_parts_is_compared_as_a_whole(stores):
    load_one(
        at(stores, FEBRUARY), Shelf({"ZQX": CLOSES}, kind="split"), start=FIRST, adjustment=SPLIT
    )
    new = Shelf({"ZQX": adjusted(CLOSES, 0.5, EX_DATE)}, kind="split", per_chunk=2)
    load_one(stores, new, adjustment=SPLIT)
    assert stored_closes(stores) == new.closes["ZQX"]


def test_older_history_on_another_basis_reloads_what_is_held(stores):
    old = Shelf({"ZQX": CLOSES}, kind="split")
    load_one(stores, old, start=day("2024-02-01"), adjustment=SPLIT)
    new = Shelf({"ZQX": adjusted(CLOSES, 0.5, dt.date.max)}, kind="split")
    outcome = load_one(stores, new, start=FIRST, adjustment=SPLIT)
    assert outcome.notes == ("history restated by 0.5, loaded again",)
    assert stored_closes(stores) == new.closes["ZQX"]


# ------------------------------------------------------------------------------ by themselves


def frame(*closes: float) -> pl.DataFrame:
    rows = {"timestamp": range(len(closes)), "close": [float(one) for one in closes]}
    return pl.DataFrame(rows, schema={"timestamp": pl.Int64, "close": pl.Float64})


@pytest.mark.parametrize("kind", [RAW, SPLIT, TOTAL])
@pytest.mark.parametrize(
    ("held", "sent"),
    [
        (frame(1, 2, 3, 4), frame(1, 2, 3, 4)),
        (frame(1, 2, 3, 4), frame(1, 2, 3.5, 4)),  # one correction
        (frame(1, 2, 3, 4), frame(1, 2, 3, 4.5)),
        (frame(1, 2, 3), frame(1.0000002, 2.0000004, 3.0000006)),  # noise of short floats
        (frame(1, 2, 3), frame()),
    ],
)
def test_what_is_no_restatement(held, sent, kind):
    assert restatement(held, sent, kind) is None


def test_two_bars_tell_of_an_adjusted_series_only():
    held, sent = frame(1, 2), frame(2, 4)
    assert restatement(held, sent, RAW) is None
    assert restatement(held, held, SPLIT) is None
    assert restatement(held, sent, SPLIT) is not None
    assert restatement(held, frame(1, 4), TOTAL) is not None


def test_a_thinly_traded_series_is_restated_as_a_whole(stores):
    thin = {one: close for n, (one, close) in enumerate(CLOSES.items()) if n < 10 or n % 8 == 0}
    old = Shelf({"ZQX": thin}, kind="split")
    wish = {"adjustment": SPLIT, "allow_gaps": True}
    load_one(at(stores, FEBRUARY), old, start=FIRST, **wish)
    new = Shelf({"ZQX": adjusted(thin, 0.25, dt.date.max)}, kind="split")
    load_one(stores, new, **wish)
    assert stored_closes(stores) == new.closes["ZQX"]


def test_a_restated_answer_without_bars_that_are_held_is_refused(stores):
    load_one(
        at(stores, FEBRUARY), Shelf({"ZQX": CLOSES}, kind="split"), start=FIRST, adjustment=SPLIT
    )
    since = {one: close for one, close in CLOSES.items() if one >= DAYS[10]}
    new = Shelf({"ZQX": adjusted(since, 0.25, EX_DATE)}, kind="split")
    outcome = load_one(stores, new, adjustment=SPLIT, allow_gaps=True)
    assert "lacks 10 sessions" in outcome.error
    assert "on another basis" in outcome.error
    assert stored_closes(stores)[DAYS[20]] == CLOSES[DAYS[20]]


def test_a_bar_after_the_ex_date_alone_does_not_hide_it(stores):
    """Of ten sessions one has a bar, and only those before it were restated."""
    thin = {one: close for n, (one, close) in enumerate(CLOSES.items()) if n % 15 == 0}
    wish = {"adjustment": SPLIT, "allow_gaps": True}
    load_one(stores, Shelf({"ZQX": thin}, kind="split"), start=FIRST, end=DAYS[50], **wish)
    new = Shelf({"ZQX": adjusted(thin, 0.25, DAYS[40])}, kind="split")
    load_one(stores, new, **wish)
    assert stored_closes(stores) == new.closes["ZQX"]


def test_one_oldest_close_tells_of_an_ex_date(stores):
    load_one(
        stores, Shelf({"ZQX": CLOSES}, kind="split"), start=FIRST, end=DAYS[50], adjustment=SPLIT
    )
    new = Shelf({"ZQX": adjusted(CLOSES, 0.25, DAYS[42])}, kind="split")
    load_one(stores, new, adjustment=SPLIT)
    assert stored_closes(stores) == new.closes["ZQX"]


@pytest.mark.parametrize("kind", ["raw", "split"])
def test_a_refresh_on_another_basis_without_bars_that_are_held_is_refused(stores, kind):
    wish = {"adjustment": SPLIT if kind == "split" else RAW, "allow_gaps": True}
    load_one(stores, Shelf({"ZQX": CLOSES}, kind=kind), start=FIRST, **wish)
    since = {one: close for one, close in CLOSES.items() if one >= DAYS[10]}
    same = Shelf({"ZQX": since}, kind=kind)
    assert load_one(stores, same, refresh=True, **wish).ok
    restated = Shelf({"ZQX": adjusted(since, 0.25, EX_DATE)}, kind=kind)
    outcome = load_one(stores, restated, refresh=True, **wish)
    assert ("on another basis" in outcome.error) is (kind == "split")
    assert (stored_closes(stores)[DAYS[20]] == CLOSES[DAYS[20]]) is (kind == "split")


@pytest.mark.parametrize("ratio", [0.25, 0.999, 1.00001, 10.0])
@pytest.mark.parametrize("kind", [RAW, SPLIT, TOTAL])
def test_a_constant_ratio_is_a_restatement_and_is_told(ratio, kind):
    held = frame(11.0, 12.5, 13.25, 9.75)
    told = restatement(held, held.with_columns(pl.col("close") * ratio), kind)
    assert told is not None
    assert told.ratio == pytest.approx(ratio, rel=1e-12)
    assert told.bars == 4


def test_rounded_prices_restated_for_a_dividend_are_seen():
    held = frame(10.13, 10.27, 9.91, 10.02, 10.44)
    sent = held.with_columns((pl.col("close") * 0.9934).round(2))
    assert restatement(held, sent, RAW) is None
    told = restatement(held, sent, TOTAL)
    assert told is not None
    assert told.ratio is None
    assert str(told) == "history restated, loaded again"


def test_an_ex_date_among_the_bars_is_seen_by_the_oldest_ones():
    held = frame(10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0)
    sent = frame(9.9, 10.89, 11.88, 13.0, 14.0, 15.0, 16.0, 17.0)
    told = restatement(held, sent, TOTAL)
    assert told is not None
    assert (told.ratio, told.bars) == (pytest.approx(0.99), 3)
    assert restatement(held, sent, RAW) is None
