"""Any bytes at all: bars, or one clear line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

import polars as pl
from hypothesis import given, settings, strategies as st

from hedgerow.domain.schemas import BARS
from hedgerow.errors import HedgerowError
from hedgerow.sources import read_bars, read_table

T = TypeVar("T")

CELLS = st.one_of(
    st.sampled_from(
        [
            *(
                "2024-01-02",
                "2024-01-02 09:30",
                "01/02/2024",
                "13/01/2024",
                "1/14/2024",
                "99999999",
            ),
            *("2024-01-02T09:30:00Z", "1705501800", "9" * 19, "24:00", "00000101", "9999-12-31"),
            *("10.5", "1,234.5", "10,5", "-3", "NaN", "inf", "-inf", "1e308", "1e999", "0", ""),
            *("AAPL", "null", "$5", "5K", '"', '""', "é", "\u2028", "\x0b", "\ufeff", " ", "'"),
        ]
    ),
    st.text(max_size=6),
    st.integers().map(str),
    st.floats().map(str),
)
HEADERS = st.sampled_from(
    ["Date", "Time", "timestamp", "Close", "Adj Close", "Open", "Volume", "Symbol", "x", "", '"a"']
)
SEPARATORS = st.sampled_from([",", ";", "\t", "|"])


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    header = draw(st.lists(HEADERS, min_size=1, max_size=5))
    if draw(st.booleans()):
        header = ["Date", "Close", *header]
    rows = draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=5))
    separator = draw(SEPARATORS)
    lines = [separator.join(cells) for cells in [header, *rows]]
    encoding = draw(st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]))
    return "\n".join(lines).encode(encoding, errors="surrogatepass")


def outcome(read: Callable[[], T]) -> T | None:
    """What a read gives; None where it refuses in one clear line."""
    fault = None
    try:
        return read()
    except HedgerowError as refusal:
        fault = str(refusal)
    assert "\n" not in fault
    assert len(fault) > 20
    return None


@given(
    content=st.one_of(tables(), st.binary(max_size=200)),
    timeframe=st.sampled_from(["1d", "1h", "1w"]),
    adjustment=st.sampled_from(["raw", "total"]),
    decimal=st.sampled_from([None, ".", ","]),
    date_format=st.sampled_from([None, "%d/%m/%Y", "%Y-%m-%d %H:%M"]),
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_bars_or_one_clear_line(tmp_path_factory, content, **options):
    path = tmp_path_factory.mktemp("fuzz") / "any.csv"
    path.write_bytes(content)
    bars = outcome(lambda: read_bars(path, symbol="X", **options))
    if bars is not None:
        kept = [name for name in BARS.columns if name != "ingested_at"]
        assert bars.batch.frame.columns == kept
        assert bars.batch.frame.height > 0
        assert bars.batch.refused["rules"].str.len_chars().min() != 0


@given(content=tables(), time=st.sampled_from(["Date", "Time", "timestamp"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_table_or_one_clear_line(tmp_path_factory, content, time):
    path = tmp_path_factory.mktemp("fuzz") / "any.csv"
    path.write_bytes(content)
    frame = outcome(lambda: read_table(path, key="Close", time=time, available_at=time))
    if frame is not None:
        assert frame.height > 0
        assert frame[time].null_count() == 0


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["2024-01-02", "2024-01-03", "oops", ""]), CELLS), min_size=1
    )
)
@settings(max_examples=150, deadline=None)
def test_every_line_ends_up_somewhere(tmp_path_factory, rows):
    """Lines = bars + refused rows, whatever the cells hold."""
    path = tmp_path_factory.mktemp("fuzz") / "any.csv"
    cells = [(date, cell.replace("\n", " ").replace("\r", " ")) for date, cell in rows]
    path.write_text(
        "\n".join(["Date|Close|Mark", *(f"{date}|{cell}|m" for date, cell in cells)]),
        encoding="utf-8",
        errors="replace",
        newline="",
    )
    try:
        batch = read_bars(path, symbol="X").batch
    except HedgerowError:
        return
    assert batch.frame.height + batch.refused.height == len(rows)
    assert (
        batch.frame["timestamp"]
        .is_in([dt.datetime(2024, 1, day, tzinfo=dt.UTC) for day in (2, 3)])
        .all()
    )
    assert batch.frame.schema["close"] == pl.Float64
