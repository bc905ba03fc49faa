"""The contract that every source keeps.

A plug-in inherits the suite and gives one fixture::

    class TestMySource(SourceContract):
        @pytest.fixture
        def source(self):
            return MySource(...)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hedgerow.domain import Instrument, Timeframe, sessions
from hedgerow.domain.schemas import BARS, DIVIDENDS, SPLITS
from hedgerow.sources import Source, SourceBatch
from hedgerow.sources.base import REFUSED_COLUMNS, STAMPED_BY_LAKE

_INGESTED_AT = pl.lit(dt.datetime(2100, 1, 1, tzinfo=dt.UTC)).cast(pl.Datetime("us", "UTC"))


class SourceContract:
    """Tests that hold for the batches of any source whose rows are sound."""

    @pytest.fixture
    def source(self) -> Source:
        """The source under test; a subclass gives it."""
        raise NotImplementedError("give the fixture `source`")

    @pytest.fixture
    def batches(self, source: Source) -> list[SourceBatch]:
        """One pass over the source."""
        return list(source.batches())

    def test_keeps_the_protocol(self, source: Source) -> None:
        """It has a name, instruments and batches."""
        assert isinstance(source, Source)
        assert source.name.strip() == source.name != ""

    def test_instruments_are_described(self, source: Source) -> None:
        """Identities are unique; symbol, currency and a known calendar are given."""
        listed = source.instruments()
        identities = [instrument.instrument_id for instrument in listed]
        assert len(set(identities)) == len(identities)
        for instrument in listed:
            assert instrument.instrument_id
            assert instrument.symbol
            assert len(instrument.currency) == 3
            assert sessions(instrument.exchange).height > 0

    def test_instruments_are_complete(self, source: Source, batches: list[SourceBatch]) -> None:
        """Every identity in the rows is listed."""
        listed = {instrument.instrument_id for instrument in source.instruments()}
        for batch in batches:
            if "instrument_id" in batch.frame.columns:
                assert set(batch.frame["instrument_id"].unique()) <= listed

    def test_rows_fit_the_schema(self, batches: list[SourceBatch]) -> None:
        """Every batch is what its table says, but for the lake's own column."""
        for batch in batches:
            wanted = [name for name in batch.table.columns if name != STAMPED_BY_LAKE]
            assert batch.frame.columns == wanted
            batch.table.schema.validate(batch.frame.with_columns(ingested_at=_INGESTED_AT))
            assert batch.refused.schema == pl.Schema(REFUSED_COLUMNS)

    def test_keys_are_unique(self, batches: list[SourceBatch]) -> None:
        """No key comes twice, also not in two batches."""
        for name in {batch.table.name for batch in batches}:
            parts = [batch for batch in batches if batch.table.name == name]
            keys = pl.concat(batch.frame.select(batch.table.key) for batch in parts)
            assert not keys.is_duplicated().any()

    def test_bars_carry_the_source(self, source: Source, batches: list[SourceBatch]) -> None:
        """The bars' ``source`` is the source's name."""
        for bars in _frames(batches, BARS.name):
            assert bars["source"].unique().to_list() == [source.name]

    def test_bars_lie_in_sessions(self, source: Source, batches: list[SourceBatch]) -> None:
        """Each bar's session is one of the instrument's exchange."""
        for bars in _frames(batches, BARS.name):
            assert _beside_session(bars, source.instruments())["close"].null_count() == 0

    def test_bars_are_not_known_too_soon(self, source: Source, batches: list[SourceBatch]) -> None:
        """A bar is known at its end at the earliest; a daily bar at its session's close."""
        for bars in _frames(batches, BARS.name):
            for (timeframe,), rows in bars.group_by("timeframe"):
                length = Timeframe.parse(str(timeframe))
                end = pl.col("timestamp") + length.duration if length.intraday else pl.col("close")
                placed = _beside_session(rows, source.instruments())
                assert placed.filter(pl.col("available_at") < end).is_empty()

    def test_actions_are_known_on_their_day(
        self, source: Source, batches: list[SourceBatch]
    ) -> None:
        """A split or dividend is known before the first close that shows it."""
        for name in (SPLITS.name, DIVIDENDS.name):
            for actions in _frames(batches, name):
                dated = actions.rename({"ex_date": "session"})
                placed = _beside_session(dated, source.instruments())
                assert placed["close"].null_count() == 0
                assert placed.filter(pl.col("available_at") > pl.col("close")).is_empty()

    def test_actions_come_before_their_bars(self, batches: list[SourceBatch]) -> None:
        """No split or dividend follows bars of its instrument."""
        seen: set[str] = set()
        for batch in batches:
            if batch.table.name in (SPLITS.name, DIVIDENDS.name):
                assert not seen & set(batch.frame["instrument_id"])
            if batch.table.name == BARS.name:
                seen |= set(batch.frame["instrument_id"].unique())

    def test_is_deterministic(self, source: Source, batches: list[SourceBatch]) -> None:
        """A second pass gives the same rows in the same order."""
        again = list(source.batches())
        assert [batch.table.name for batch in again] == [batch.table.name for batch in batches]
        for first, second in zip(batches, again, strict=True):
            assert_frame_equal(first.frame, second.frame)


def _frames(batches: Iterable[SourceBatch], table: str) -> list[pl.DataFrame]:
    return [batch.frame for batch in batches if batch.table.name == table]


def _beside_session(rows: pl.DataFrame, instruments: Iterable[Instrument]) -> pl.DataFrame:
    """Rows with ``open`` and ``close`` of their session, null where there is none."""
    by_calendar: dict[str, list[str]] = {}
    for instrument in instruments:
        by_calendar.setdefault(instrument.exchange, []).append(instrument.instrument_id)
    bare = rows.drop("open", "close", strict=False)
    return pl.concat(
        bare.filter(pl.col("instrument_id").is_in(identities)).join(
            sessions(calendar).select("session", "open", "close"), on="session", how="left"
        )
        for calendar, identities in by_calendar.items()
    )
