"""From a path to text or a Parquet frame, whatever the compression and the encoding."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from pathlib import Path

import polars as pl

from hedgerow.errors import DataError, DefinitionError, did_you_mean

_PARQUET, _ZIP, _GZIP, _ZSTD = b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

_BYTE_ORDER_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: Path) -> bytes:
    """Bytes of a file, decompressed where it is gzip or Zstandard.

    Raises
    ------
    DataError
        The file does not exist, cannot be read, is empty, or its compression is broken.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"file {path} does not exist. {_near(path)}".rstrip()) from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder: name one file in it") from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise DataError(f"file {path} cannot be read: {reason}") from None
    content = _decompressed(path, content)
    if not content.strip():
        raise DataError(f"file {path} is empty")
    return content


def is_parquet(content: bytes) -> bool:
    """Whether bytes are a Parquet file."""
    return content.startswith(_PARQUET)


def parquet_frame(path: Path, content: bytes) -> pl.DataFrame:
    """Rows of a Parquet file.

    Raises
    ------
    DataError
        The file is damaged or holds no rows.
    """
    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise DataError(f"file {path} is not a whole Parquet file: {_first_line(fault)}") from None
    if frame.is_empty():
        raise DataError(f"file {path} holds no rows")
    return frame


def decoded(path: Path, content: bytes, encoding: str | None) -> str:
    """Text of a file.

    Parameters
    ----------
    path
        For messages.
    content
        Its bytes.
    encoding
        Name of the encoding; None for what a byte-order mark says, else UTF-8.

    Raises
    ------
    DataError
        The bytes are not text in that encoding.
    DefinitionError
        There is no such encoding.
    """
    if content.startswith(_ZIP):
        raise DataError(f"file {path} is a zip archive or an Excel workbook: save it as CSV")
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    name = encoding or marked or "utf-8"
    try:
        text = content.decode(name).removeprefix("\ufeff")
    except LookupError:
        raise DefinitionError(f"encoding {name!r} is not known: use utf-8 or cp1252") from None
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise DataError(
            f"file {path} is not {name.upper()}: byte 0x{content[fault.start]:02X} on line {line}. "
            "Save it as UTF-8, or name its encoding, such as --encoding cp1252 "
            "(encoding= in Python)",
            path=str(path),
        ) from None
    except UnicodeError as fault:
        raise DataError(f"file {path} is not {name.upper()}: {fault}") from None
    if "\x00" in text:
        raise DataError(
            f"file {path} holds zero bytes: it is not text, or UTF-16 without a byte-order mark; "
            "save it as UTF-8, or name its encoding, such as --encoding utf-16-le "
            "(encoding= in Python)",
            path=str(path),
        )
    return text


def _decompressed(path: Path, content: bytes) -> bytes:
    try:
        if content.startswith(_GZIP):
            return gzip.decompress(content)
        if content.startswith(_ZSTD):
            import pyarrow as pa  # 0.1 s to import

            with pa.input_stream(io.BytesIO(content), compression="zstd") as stream:
                unpacked: bytes = stream.read()
            return unpacked
    except (OSError, EOFError, zlib.error) as fault:
        raise DataError(f"file {path} is compressed but damaged: {_first_line(fault)}") from None
    return content


def _near(path: Path) -> str:
    try:
        neighbours = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return ""
    hint = did_you_mean(path.name, neighbours)
    return hint if hint.startswith("Did") else ""


def _first_line(fault: BaseException) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0]
