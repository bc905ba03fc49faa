"""Bulk files, bytes into frames of text, and the signs that one broke off."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import polars as pl

from hedgerow.errors import BadPayload, Transient

_BETWEEN_ROWS = re.compile(rb'"\r?\n(?=")')
_LONGEST_ROW = 65_536
_MARK = b"\xef\xbb\xbf"


def is_table(body: bytes) -> bool:
    """Whether an answer begins like a bulk file: names with commas between, and no JSON."""
    first_line = body[:4096].removeprefix(_MARK).partition(b"\n")[0]
    return first_line.startswith(b'"') or b"symbol" in first_line.split(b",")


def breaks_off(body: bytes) -> bool:
    r"""Whether a bulk file ends inside a row.

    Every value is in quotes. So a file that broke off inside a value has an odd number of them;
    one that broke off between two values does not end with one, or its last row lacks fields.
    A file without quotes must end with a line break.

    Examples
    --------
    >>> breaks_off(b'"symbol","eps"\n"ZQX","1.4"'), breaks_off(b'"symbol","eps"\n"ZQX",')
    (False, True)
    """
    if not body[:8].removeprefix(_MARK).startswith(b'"'):
        return not body.endswith(b"\n")
    end = body[-_LONGEST_ROW:].rstrip()
    if body.count(b'"') % 2 or not end.endswith(b'"'):
        return True
    return len(_fields(_BETWEEN_ROWS.split(end)[-1])) < len(_header(body))


def read_table(body: bytes, columns: Sequence[str], where: str) -> pl.DataFrame:
    r"""Some columns of a bulk file as text.

    Parameters
    ----------
    body
        The file: every value in quotes, an empty one for null.
    columns
        Those to keep, where the file has them; the first one must be there.
    where
        Vendor and path, for messages.

    Returns
    -------
    pl.DataFrame
        Columns of text in the order asked for; empty values are null.

    Raises
    ------
    Transient
        The file broke off.
    BadPayload
        It is no such table.

    Examples
    --------
    >>> file = b'"symbol","eps"\n"ZQX","1.4"\n"VEX",""\n'
    >>> read_table(file, ("symbol", "eps"), "fmp").rows()
    [('ZQX', '1.4'), ('VEX', None)]
    """
    header = _header(body)
    if columns[0] not in header:
        raise BadPayload(f"{where}: the file has no column {columns[0]}", where=where)
    if breaks_off(body):
        raise Transient(f"{where}: the file broke off in its last row", where=where)
    kept = [name for name in columns if name in header]
    try:
        table = pl.read_csv(io.BytesIO(body), columns=kept, infer_schema=False)
    except pl.exceptions.PolarsError:
        raise BadPayload(f"{where}: the file is not a table of equal rows", where=where) from None
    return table.select(pl.col(kept).replace("", None))


def _header(body: bytes) -> list[str]:
    return _fields(body[:_LONGEST_ROW].partition(b"\n")[0])


def _fields(line: bytes) -> list[str]:
    text = line.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return next(csv.reader(io.StringIO(text.strip())), [])
