"""Small comma-separated answers of public data services: no quotes, columns found by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from hedgerow.errors import BadPayload
from hedgerow.sources.base import REFUSED_COLUMNS, no_refusals

WRONG_FIELD_COUNT = "wrong_field_count"
UNREADABLE_DATE = "unreadable_date"
UNREADABLE_NUMBER = "unreadable_number"

# What these services write where there is no value.
NO_VALUE = ("", ".", "N/A")

_DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%d %B %Y")


@dataclass(frozen=True)
class PlainCsv:
    """Cells of an answer as text.

    Parameters
    ----------
    cells
        String columns by upper-case name, stripped; one row a line, without blank lines.
    lines
        The line each row was read from.
    refused
        Lines with more or fewer fields than the header, for the quarantine.
    where
        Vendor and path, for messages.
    """

    cells: pl.DataFrame
    lines: pl.Series
    refused: pl.DataFrame
    where: str

    @classmethod
    def read(cls, body: bytes, where: str, *, first: tuple[str, ...]) -> PlainCsv:
        r"""Read an answer.

        Parameters
        ----------
        body
            Bytes of UTF-8, with or without a byte-order mark, with any line ends.
        where
            Vendor and path, for messages.
        first
            Names that a column must have, in upper case: one of them.

        Raises
        ------
        BadPayload
            It does not begin with such a header, or its last line broke off.

        Examples
        --------
        >>> csv = b"DATE,CLOSE,\r\n01/02/1990,17.24,\r\n\r\n"
        >>> PlainCsv.read(csv, "cboe", first=("DATE",)).cells
        shape: (1, 2)
        ┌────────────┬───────┐
        │ DATE       ┆ CLOSE │
        │ ---        ┆ ---   │
        │ str        ┆ str   │
        ╞════════════╪═══════╡
        │ 01/02/1990 ┆ 17.24 │
        └────────────┴───────┘
        """
        text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        header = lines[0] if lines else ""
        names = [name.strip().strip('"').upper() for name in header.split(",")]
        if not set(first) & set(names):
            raise BadPayload(
                f"{where}: the answer is not the expected table but begins {header[:120]!r}",
                where=where,
            )
        rows = pl.Series("line", lines[1:], dtype=pl.String)
        fields = rows.str.count_matches(",", literal=True) + 1
        whole = fields == len(names)
        if len(rows) and fields[-1] < len(names):
            raise BadPayload(f"{where}: the answer broke off in its last line", where=where)
        kept = rows.filter(whole)
        parts = kept.str.split_exact(",", len(names) - 1).struct.unnest()
        cells = parts.rename(dict(zip(parts.columns, names, strict=True)) if names else {})
        # A comma at the end of each line makes a last column without a name.
        named = cells.select(pl.col(*filter(None, names)).str.strip_chars())
        return cls(named, kept, _ragged(rows.filter(~whole)), where)

    def dates(self, column: str) -> pl.Series:
        """Dates of a column, null where none of the services' forms fits."""
        text = self.cells[column]
        tried = [text.str.to_date(form, strict=False) for form in _DATE_FORMATS]
        return pl.select(pl.coalesce(tried).alias("date")).to_series()

    def numbers(self, column: str) -> pl.Series:
        """Numbers of a column, null where there is no value or none that can be read."""
        return self.cells[column].replace(NO_VALUE, None).cast(pl.Float64, strict=False)

    def unreadable(self, column: str) -> pl.Series:
        """Whether a cell claims a number that cannot be read."""
        claims = ~self.cells[column].fill_null("").is_in(NO_VALUE)
        return claims & self.numbers(column).is_null()

    def refusals(self, rules: pl.Series, symbol: str, dates: pl.Series) -> pl.DataFrame:
        """Rows with a rule, and the ragged lines, for the quarantine.

        Parameters
        ----------
        rules
            For each row the names of the rules it failed; empty where none.
        symbol
            What the answer was about.
        dates
            For each row its date, null where unknown.
        """
        rows = pl.DataFrame({"rules": rules, "text": self.lines, "date": dates}).filter(
            pl.col("rules") != ""
        )
        faulty = rows.select(
            "rules",
            timestamp=pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            payload=pl.struct("text").struct.json_encode(),
        )
        named = pl.concat([faulty, self.refused], how="diagonal").with_columns(
            symbol=pl.lit(symbol)
        )
        return named.select(pl.col(name).cast(kind) for name, kind in REFUSED_COLUMNS.items())


def has_header(body: bytes, *names: str) -> bool:
    """Whether the first line of an answer names one of some columns, given in upper case."""
    line = body.lstrip(b"\xef\xbb\xbf \r\n").partition(b"\n")[0]
    found = line.decode("utf-8", errors="replace").upper().split(",")
    return bool(set(names) & {name.strip().strip('"') for name in found})


def broke_off(body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether an answer may have been cut short: no stated length, and no end of its last line."""
    return "content-length" not in headers and not body.endswith(b"\n")


def _ragged(lines: pl.Series) -> pl.DataFrame:
    if lines.is_empty():
        return no_refusals().select("rules", "payload")
    frame = pl.DataFrame({"text": lines})
    return frame.select(
        rules=pl.lit(WRONG_FIELD_COUNT), payload=pl.struct("text").struct.json_encode()
    )
