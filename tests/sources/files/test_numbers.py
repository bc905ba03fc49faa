"""Numbers in files: signs of money, groups of thousands, decimal commas."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from hedgerow.errors import DataError
from hedgerow.sources import SourceBatch, read_bars


def read(folder: Path, closes: list[str], volume: str = "1", **options: str) -> SourceBatch:
    path = folder / "numbers.csv"
    lines = [f'2024-01-{2 + day:02d},"{close}","{volume}"' for day, close in enumerate(closes)]
    path.write_text("\n".join(["Date,Close,Volume", *lines]))
    return read_bars(path, symbol="X", **options).batch


# Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234.5", 1234.5),
        ("1,234.50", 1234.5),
        ("1,234,567", 1_234_567.0),
        ("$1,234.50", 1234.5),
        ("-$3.20", -3.2),
        ("€ 7.5", 7.5),
        ("1.2e3", 1200.0),
        ("+4", 4.0),
        (".5", 0.5),
        ("−4", -4.0),
    ],
)
def test_numbers_with_a_decimal_point(tmp_path, text, value):
    assert read(tmp_path, [text]).frame["close"].to_list() == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1234,5", 1234.5), ("1.234,50", 1234.5), ("1 234,5", 1234.5), ("12", 12.0), ("0,5", 0.5)],
)
def test_numbers_with_a_decimal_comma(tmp_path, text, value):
    assert read(tmp_path, [text], decimal=",").frame["close"].to_list() == [value]


@pytest.mark.parametrize(("text", "value"), [("1.5M", 1.5e6), ("300K", 3e5), ("2 B", 2e9)])
def test_volumes_may_be_shortened(tmp_path, text, value):
    assert read(tmp_path, ["5"], volume=text).frame["volume"].to_list() == [value]


@pytest.mark.parametrize("text", ["", "NA", "n/a", "null", "None", "-", "."])
def test_words_for_nothing_are_null(tmp_path, text):
    batch = read(tmp_path, ["5", text])

    assert batch.frame["close"].to_list() == [5.0, None]
    assert batch.refused.is_empty()


def test_prices_may_not_be_shortened(tmp_path):
    assert read(tmp_path, ["5", "5K"]).refused["rules"].to_list() == ["unreadable_number"]


# Properties ---------------------------------------------------------------------------------


@given(value=st.floats(0.01, 1e9), decimal=st.sampled_from([".", ","]))
@settings(max_examples=60, deadline=None)
def test_written_with_groups_and_read_back(tmp_path_factory, value, decimal):
    text = f"{value:,.4f}"
    if decimal == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    folder = tmp_path_factory.mktemp("numbers")

    assert read(folder, [text], decimal=decimal).frame["close"][0] == pytest.approx(value, abs=1e-4)


# Validation ---------------------------------------------------------------------------------


def test_decimal_commas_are_not_guessed(tmp_path):
    with pytest.raises(DataError, match=r"'10,5' on line 2 may have a decimal comma"):
        read(tmp_path, ["10,5", "11,25"])


def test_commas_that_could_be_either_are_not_guessed(tmp_path):
    path = tmp_path / "either.csv"
    path.write_text("Date;Close\n2024-01-02;12,345\n")

    with pytest.raises(DataError, match=r"'12,345' on line 2 may have a decimal comma"):
        read_bars(path, symbol="X")
    assert read_bars(path, symbol="X", decimal=",").batch.frame["close"][0] == 12.345
    assert read_bars(path, symbol="X", decimal=".").batch.frame["close"][0] == 12_345.0


def test_one_stray_comma_is_one_refused_row(tmp_path):
    batch = read(tmp_path, ["10.5", "10,5", "11.0"])

    assert batch.frame["close"].to_list() == [10.5, 11.0]
    assert batch.refused["rules"].to_list() == ["unreadable_number"]


def test_a_column_of_another_type_is_refused(tmp_path):
    import polars as pl

    path = tmp_path / "flags.parquet"
    pl.DataFrame({"date": ["2024-01-02"], "close": [True]}).write_parquet(path)

    with pytest.raises(DataError, match="column 'close' holds Boolean, not numbers for close"):
        read_bars(path, symbol="X")
