"""Which instruments the symbols of a file mean, beside what is known already."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from hedgerow.domain import Instrument, InstrumentKind
from hedgerow.errors import DataError
from hedgerow.sources import FileBars, SampleOhlcv, read_bars
from hedgerow.sources.files._options import RESERVED_SOURCES

APPLE = Instrument.of("AAPL", exchange="XNAS", name="Apple", sector="Technology")
VODAFONE = Instrument.of("VOD", exchange="XLON", currency="GBP", kind=InstrumentKind.EQUITY)
INVENTED = Instrument.of("NEW", exchange="XNAS", synthetic=True)
KNOWN = (APPLE, VODAFONE, INVENTED)


def read(folder: Path, *rows: str, **options: Any) -> FileBars:
    path = folder / "prices.csv"
    path.write_text("\n".join(["Date,Symbol,Close", *rows]) + "\n")
    return read_bars(path, **({"known": KNOWN} | options))


class TestRegression:
    def test_known_symbols_mean_the_known_instruments(self, tmp_path: Path) -> None:
        rows = ("2024-01-02,VOD,70", "2024-01-02,NEW,5", "2024-01-02,AAPL,180")
        bars = read(tmp_path, *rows)
        assert bars.instruments() == [APPLE, Instrument.of("NEW"), VODAFONE]
        got = bars.batch.frame.select("instrument_id", "currency", "available_at").rows()
        # In the order of the file; each exchange closes at its own time.
        assert got == [
            ("VOD.XLON", "GBP", dt.datetime(2024, 1, 2, 16, 30, tzinfo=dt.UTC)),
            ("NEW.XNYS", "USD", dt.datetime(2024, 1, 2, 21, 0, tzinfo=dt.UTC)),
            ("AAPL.XNAS", "USD", dt.datetime(2024, 1, 2, 21, 0, tzinfo=dt.UTC)),
        ]

    def test_a_stated_exchange_counts(self, tmp_path: Path) -> None:
        bars = read(tmp_path, "2024-01-02,AAPL,180", exchange="XNYS")
        assert bars.instruments() == [Instrument.of("AAPL")]
        bars = read(tmp_path, "2024-01-02,AAPL,180", exchange="XNAS")
        assert bars.instruments() == [APPLE]

    def test_times_without_a_zone_are_the_known_exchanges(self, tmp_path: Path) -> None:
        bars = read(tmp_path, "2024-01-02 08:00,VOD,70", timeframe="1h").batch.frame
        assert bars["timestamp"].item() == dt.datetime(2024, 1, 2, 8, tzinfo=dt.UTC)

    def test_pence_of_a_share_in_pounds(self, tmp_path: Path) -> None:
        bars = read(tmp_path, "2024-01-02,VOD,70", currency="GBp")
        close, currency = bars.batch.frame.select("close", "currency").row(0)
        assert (close, currency) == (pytest.approx(0.7), "GBP")

    def test_symbols_without_a_usable_price_make_nothing_known(self, tmp_path: Path) -> None:
        rows = ("2024-01-02,AAA,-5", "2024-01-02,BBB,", "2024-01-02,CCC,5")
        bars = read(tmp_path, *rows)
        assert bars.instruments() == [Instrument.of("CCC")]
        assert bars.batch.frame.height == 3

    def test_names_of_our_own_sources_are_reserved(self) -> None:
        assert SampleOhlcv().name in RESERVED_SOURCES


class TestValidation:
    def test_another_currency_names_both(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"'AAPL' is known in USD .*said to be in EUR"):
            read(tmp_path, "2024-01-02,AAPL,180", currency="EUR")

    def test_a_symbol_of_several_exchanges_is_not_guessed(self, tmp_path: Path) -> None:
        known = (APPLE, Instrument.of("AAPL"))
        with pytest.raises(DataError, match=r"several exchanges \(XNAS, XNYS\).*--exchange"):
            read(tmp_path, "2024-01-02,AAPL,180", known=known)

    def test_times_of_two_zones_are_not_guessed(self, tmp_path: Path) -> None:
        rows = ("2024-01-02 15:00,VOD,70", "2024-01-02 15:00,AAPL,180")
        with pytest.raises(DataError, match=r"America/New_York and Europe/London.*--time-zone"):
            read(tmp_path, *rows, timeframe="1h")
        assert read(tmp_path, *rows, timeframe="1h", time_zone="UTC").batch.frame.height == 2
