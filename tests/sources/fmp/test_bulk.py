"""Files of the whole market: the same figures as asked for one by one, and nothing cut away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from tests.sources.fmp.asking import LAST, VEX, ZQL, ZQX, refused_of, rows_of, with_fmp

from hedgerow.domain import Instrument
from hedgerow.domain.schemas import BARS, FUNDAMENTALS
from hedgerow.errors import BadPayload, DefinitionError, Incomplete, Transient
from hedgerow.sources.base import SourceBatch
from hedgerow.sources.fmp import Fmp
from hedgerow.sources.fmp.table import read_table
from hedgerow.testing.vendors import Response, World
from hedgerow.testing.vendors.faults import changed
from hedgerow.testing.vendors.fmp import FakeFmp

WORLD = World.small()
BRK = Instrument.of("BRK.X")
PREFERRED = Instrument.of("ZQXpA")


@pytest.fixture
def fake() -> Iterator[FakeFmp]:
    with FakeFmp() as fake:
        yield fake


def bulk(fake: FakeFmp, ask: Callable[[Fmp], Any]) -> list[SourceBatch]:
    async def gather(vendor: Fmp) -> list[SourceBatch]:
        return [batch async for batch in ask(vendor)]

    return with_fmp(fake, gather)


def one_by_one(fake: FakeFmp, instrument: Instrument) -> pl.DataFrame:
    batches = with_fmp(fake, lambda vendor: vendor.fundamentals(instrument))
    return rows_of(batches, FUNDAMENTALS.name)


def sorted_rows(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return sorted(frame.rows())


class TestRegression:
    def test_profiles_give_the_same_snapshots(self, fake: FakeFmp) -> None:
        batches = bulk(fake, lambda v: v.bulk.profiles([ZQX, VEX, BRK]))
        found = rows_of(batches, FUNDAMENTALS.name)
        single = pl.concat(one_by_one(fake, one) for one in (ZQX, VEX, BRK))
        of_profiles = [
            "market_cap", "beta", "fifty_two_week_low", "fifty_two_week_high", "dividend_yield",
        ]  # fmt: skip
        wanted = single.filter(
            pl.col("item").is_in(of_profiles), pl.col("period").is_in(["DAY", "TTM"])
        )
        assert sorted_rows(found) == sorted_rows(wanted)
        assert {one.query["part"] for one in fake.requests if "bulk" in one.path} == {"0", "1", "2"}

    def test_statements_give_the_same_lines(self, fake: FakeFmp) -> None:
        batches = bulk(fake, lambda v: v.bulk.income([ZQX, ZQL], 2025, "Q2"))
        found = rows_of(batches, FUNDAMENTALS.name)
        single = pl.concat(one_by_one(fake, one) for one in (ZQX, ZQL))
        wanted = single.filter(
            pl.col("item").is_in(found["item"].unique()),
            pl.col("period_end") == dt.date(2025, 6, 30),
        )
        assert found.height == 28
        assert sorted_rows(found) == sorted_rows(wanted)

    def test_trailing_ratios_are_the_same_but_for_money(self, fake: FakeFmp) -> None:
        batches = bulk(fake, lambda v: v.bulk.trailing([ZQX, VEX]))
        found = rows_of(batches, FUNDAMENTALS.name)
        single = pl.concat(one_by_one(fake, one) for one in (ZQX, VEX))
        wanted = single.filter(
            pl.col("period") == "TTM",
            pl.col("unit").is_in(["ratio", "fraction"]),
            pl.col("item") != "dividend_yield",
        )
        assert sorted_rows(found) == sorted_rows(wanted)
        assert refused_of(batches).is_empty()

    def test_bars_of_a_day_are_the_same(self, fake: FakeFmp) -> None:
        batches = bulk(fake, lambda v: v.bulk.bars([ZQX, VEX, BRK, PREFERRED], LAST))
        found = rows_of(batches, BARS.name).sort("symbol")
        wanted = WORLD.bars.filter(
            pl.col("date") == LAST, pl.col("symbol").is_in(["BRK.X", "VEX", "ZQX", "ZQXpA"])
        ).sort("symbol")
        for name in ("symbol", "open", "high", "low", "close", "volume"):
            assert found[name].to_list() == wanted[name].to_list()
        close = dt.datetime(2026, 3, 31, 20, tzinfo=dt.UTC)
        assert found["available_at"].unique().to_list() == [close]

    def test_bars_in_pence_are_left_to_the_single_endpoint(self, fake: FakeFmp) -> None:
        found = rows_of(bulk(fake, lambda v: v.bulk.bars([ZQX, ZQL], LAST)), BARS.name)
        assert found["symbol"].to_list() == ["ZQX"]

    def test_an_older_day_is_refused(self, fake: FakeFmp) -> None:
        with pytest.raises(DefinitionError, match="not the last completed session"):
            bulk(fake, lambda v: v.bulk.bars([ZQX], dt.date(2026, 3, 30)))
        assert fake.requests == []

    def test_a_period_that_is_none_is_refused(self, fake: FakeFmp) -> None:
        """The vendor answers `quarter` and nonsense with the annual file."""
        with pytest.raises(DefinitionError, match="'quarter' is not one of annual, Q1"):
            bulk(fake, lambda v: v.bulk.income([ZQX], 2025, "quarter"))
        assert fake.requests == []

    def test_large_files_come_in_pieces(
        self, fake: FakeFmp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hedgerow.sources.fmp.bulk._ROWS_AT_ONCE", 2)
        batches = bulk(fake, lambda v: v.bulk.bars([ZQX, VEX, BRK], LAST))
        assert [batch.frame.height for batch in batches] == [2, 1]


class TestTruncation:
    """A file without a length may break off anywhere."""

    FILE = b'"symbol","a","b"\n"ZQX","1.5",""\n"VEX","","-12.1"\n"QUIT","3","4"\n'

    @pytest.mark.parametrize("length", range(17, len(FILE) - 1))
    def test_a_file_cut_anywhere_inside_a_row_is_noticed(self, length: int) -> None:
        body = self.FILE[:length]
        whole = any(
            body.rstrip() == self.FILE[:end].rstrip()
            for end in range(len(self.FILE) + 1)
            if self.FILE[end - 1 : end] == b"\n"
        )
        if whole:
            assert read_table(body, ("symbol", "b"), "x").height == body.rstrip().count(b"\n")
        else:
            with pytest.raises(Transient, match="broke off"):
                read_table(body, ("symbol", "b"), "x")

    def test_a_file_cut_between_rows_has_too_few_of_them(self, fake: FakeFmp) -> None:
        def cut(answer: Response) -> Response:
            rows = answer.body.splitlines(keepends=True)
            return replace(answer, body=b"".join(rows[:3]))

        fake.script(changed(cut), path="ratios-ttm-bulk")
        with pytest.raises(Incomplete, match="has 2 rows where at least 7 were expected"):
            bulk(fake, lambda v: v.bulk.trailing([ZQX], at_least=7))

    def test_all_parts_together_must_have_the_rows(self, fake: FakeFmp) -> None:
        assert bulk(fake, lambda v: v.bulk.profiles([ZQX], at_least=8))
        with pytest.raises(Incomplete, match="8 rows where at least 9"):
            bulk(fake, lambda v: v.bulk.profiles([ZQX], at_least=9))

    def test_a_cut_file_is_asked_again(self, fake: FakeFmp) -> None:
        def cut(answer: Response) -> Response:
            return replace(answer, body=answer.body[: answer.body.rindex(b',"')], chunked=True)

        fake.script(changed(cut), path="eod-bulk")
        batches = bulk(fake, lambda v: v.bulk.bars([ZQX, VEX], LAST))
        assert rows_of(batches, BARS.name).height == 2
        assert fake.count("eod-bulk") == 2


class TestFaultyRows:
    def edited(self, old: bytes, new: bytes) -> Any:
        return changed(lambda answer: replace(answer, body=answer.body.replace(old, new, 1)))

    def test_a_price_that_is_no_number_is_refused(self, fake: FakeFmp) -> None:
        fake.script(self.edited(b'"ZQX","2026-03-31","', b'"ZQX","2026-03-31","x'), path="eod")
        batches = bulk(fake, lambda v: v.bulk.bars([ZQX, VEX], LAST))
        assert refused_of(batches)["rules"].to_list() == ["unreadable_number"]
        assert rows_of(batches, BARS.name)["symbol"].to_list() == ["VEX"]

    def test_a_row_of_another_day_is_refused(self, fake: FakeFmp) -> None:
        fake.script(self.edited(b'"ZQX","2026-03-31"', b'"ZQX","2026-03-30"'), path="eod")
        batches = bulk(fake, lambda v: v.bulk.bars([ZQX, VEX], LAST))
        assert refused_of(batches)["rules"].to_list() == ["unreadable_date"]

    def test_renamed_columns_are_an_error(self, fake: FakeFmp) -> None:
        renamed = changed(lambda answer: replace(answer, body=answer.body.replace(b"TTM", b"_ttm")))
        fake.script(renamed, path="ratios-ttm-bulk")
        with pytest.raises(BadPayload, match="renamed"):
            bulk(fake, lambda v: v.bulk.trailing([ZQX]))

    def test_a_line_break_inside_a_value_is_no_new_row(self) -> None:
        body = b'"symbol","about"\n"ZQX","one ""two"",\nthree"\n"VEX",""\n'
        assert read_table(body, ("symbol", "about"), "x").rows() == [
            ("ZQX", 'one "two",\nthree'),
            ("VEX", None),
        ]

    def test_windows_line_ends_and_a_byte_order_mark_are_read(self) -> None:
        body = b'\xef\xbb\xbf"symbol","a"\r\n"ZQX","1"\r\n'
        assert read_table(body, ("symbol", "a"), "x").rows() == [("ZQX", "1")]

    def test_a_row_with_too_many_values_is_an_error(self) -> None:
        body = b'"symbol","a"\n"ZQX","1","2"\n"VEX","1"\n'
        with pytest.raises(BadPayload, match="equal rows"):
            read_table(body, ("symbol", "a"), "x")
