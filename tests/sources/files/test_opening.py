"""Encodings, compression and files that are something else."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from hedgerow.errors import DataError, DefinitionError
from hedgerow.sources import read_bars

TEXT = "Date,Symbol,Close\n2024-01-02,ACMÉ,11.5\n"


def read(path: Path, content: bytes, **options: str) -> pl.DataFrame:
    path.write_bytes(content)
    return read_bars(path, **options).batch.frame


# Regression ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_that_say_what_they_are(tmp_path, encoding):
    assert read(tmp_path / "a.csv", TEXT.encode(encoding))["symbol"].to_list() == ["ACMÉ"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le"])
def test_encodings_that_must_be_named(tmp_path, encoding):
    frame = read(tmp_path / "a.csv", TEXT.encode(encoding), encoding=encoding)

    assert frame["symbol"].to_list() == ["ACMÉ"]


def test_gzip_and_zstandard(tmp_path):
    packed = pa.compress(TEXT.encode(), codec="zstd", asbytes=True)

    assert read(tmp_path / "a.csv.gz", gzip.compress(TEXT.encode())).height == 1
    assert read(tmp_path / "a.csv.zst", packed).height == 1


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_of_other_systems(tmp_path, ending):
    assert read(tmp_path / "a.csv", TEXT.replace("\n", ending).encode()).height == 1


# Validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (TEXT.encode("latin-1"), "is not UTF-8: byte 0xC9 on line 2. Save it as UTF-8"),
        (TEXT.encode("utf-16-le"), "zero bytes|is not UTF-8"),
        (b"PK\x03\x04rest", "zip archive or an Excel workbook"),
        (b"PAR1 and nothing else", "is not a whole Parquet file"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-9], "is compressed but damaged"),
        (b"\x28\xb5\x2f\xfd broken", "is compressed but damaged"),
        (b"\xff\xfeD\x00a", "is not UTF-16"),
    ],
)
def test_what_is_not_a_text_file_is_one_line(tmp_path, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path / "prices.csv", content)

    assert "\n" not in str(caught.value)


def test_a_missing_file_names_its_neighbour(tmp_path):
    (tmp_path / "prices.csv").write_text(TEXT)

    with pytest.raises(DataError, match=r"price.csv does not exist. Did you mean 'prices.csv'"):
        read_bars(tmp_path / "price.csv")


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        read_bars(tmp_path)


def test_an_unknown_encoding_is_refused(tmp_path):
    with pytest.raises(DefinitionError, match="encoding 'utf-9' is not known"):
        read(tmp_path / "a.csv", TEXT.encode(), encoding="utf-9")


def test_an_empty_parquet_file_is_refused(tmp_path):
    pl.DataFrame(schema={"date": pl.Date, "close": pl.Float64}).write_parquet(
        tmp_path / "a.parquet"
    )

    with pytest.raises(DataError, match="holds no rows"):
        read_bars(tmp_path / "a.parquet", symbol="X")
