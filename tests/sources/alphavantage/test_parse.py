"""Bytes into frames, in both forms the vendor has, with what is wrong with them."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from hedgerow.errors import BadPayload
from hedgerow.sources.alphavantage.parse import (
    LIST,
    SERIES,
    TABLE,
    cells,
    read_days,
    read_dividends,
    read_rates,
    read_splits,
)

PLAIN = {
    "1. open": "50.5000",
    "2. high": "51.2000",
    "3. low": "50.1000",
    "4. close": "50.7000",
    "5. volume": "1103001",
}
ADJUSTED = {
    **{name: PLAIN[name] for name in list(PLAIN)[:4]},
    "5. adjusted close": "25.3500",
    "6. volume": "1103001",
    "7. dividend amount": "0.2400",
    "8. split coefficient": "2.0000",
}


def series(rows, name="Time Series (Daily)"):
    body = json.dumps({"Meta Data": {"2. Symbol": "ZQX"}, name: rows}).encode()
    return cells(body, "example", SERIES)


def listed(*rows):
    return cells(json.dumps({"symbol": "ZQX", "data": list(rows)}).encode(), "example", LIST)


class TestDays:
    def test_fields_are_found_by_name_not_by_number(self):
        """Volume is the fifth of a plain day and the sixth of an adjusted one."""
        plain = read_days(series({"2026-03-09": PLAIN})).frame.row(0, named=True)
        adjusted = read_days(series({"2026-03-09": ADJUSTED})).frame.row(0, named=True)
        assert plain["volume"] == adjusted["volume"] == 1103001
        assert (plain["adjusted_close"], adjusted["adjusted_close"]) == (None, 25.35)

    def test_renumbered_fields_are_still_found(self):
        renumbered = {f"{n}. {name[3:]}": PLAIN[name] for n, name in enumerate(reversed(PLAIN))}
        assert read_days(series({"2026-03-09": renumbered})).frame.equals(
            read_days(series({"2026-03-09": PLAIN})).frame
        )

    def test_newest_first_becomes_oldest_first(self):
        found = read_days(series({"2026-03-10": PLAIN, "2026-03-09": PLAIN})).frame
        assert found["date"].to_list() == [dt.date(2026, 3, 9), dt.date(2026, 3, 10)]

    def test_an_action_is_null_where_there_is_none(self):
        nothing = {**ADJUSTED, "7. dividend amount": "0.0000", "8. split coefficient": "1.0"}
        found = read_days(series({"2026-03-09": ADJUSTED, "2026-03-06": nothing})).frame
        assert found.select("dividend", "ratio").rows() == [(None, None), (0.24, 2.0)]

    def test_numbers_in_place_of_text_are_read(self):
        found = read_days(series({"2026-03-09": {**PLAIN, "4. close": 50.7, "5. volume": 12}}))
        assert found.frame.select("close", "volume").row(0) == (50.7, 12.0)

    @pytest.mark.parametrize("nothing", ["", "None", "null", "-", None])
    def test_a_missing_price_is_null(self, nothing):
        found = read_days(series({"2026-03-09": {**PLAIN, "1. open": nothing}}))
        assert found.frame["open"].item() is None
        assert found.refused.is_empty()

    @pytest.mark.parametrize(
        ("day", "row", "rule"),
        [
            ("2026-03-09", {**PLAIN, "4. close": "50,7"}, "unreadable_number"),
            ("2026-03-09", {**PLAIN, "5. volume": "1.1M"}, "unreadable_number"),
            ("2026-02-30", PLAIN, "unreadable_date"),
            ("09/03/2026", PLAIN, "unreadable_date"),
            ("", PLAIN, "unreadable_date"),
        ],
    )
    def test_what_cannot_be_read_is_refused_with_its_row(self, day, row, rule):
        found = read_days(series({day: row, "2026-03-06": PLAIN}))
        assert found.frame["date"].to_list() == [dt.date(2026, 3, 6)]
        assert found.refused.select("rules", "symbol").row(0) == (rule, "ZQX")
        payload = json.loads(found.refused["payload"].item())
        assert payload["timestamp"] == day
        assert payload["close"] == row["4. close"]

    def test_a_refused_number_keeps_its_date(self):
        found = read_days(series({"2026-03-09": {**PLAIN, "4. close": "x"}}))
        assert found.refused["timestamp"].item() == dt.datetime(2026, 3, 9, tzinfo=dt.UTC)

    def test_rows_without_a_price_column_are_a_bad_payload(self):
        with pytest.raises(BadPayload, match="lack close"):
            read_days(series({"2026-03-09": {k: v for k, v in PLAIN.items() if "close" not in k}}))

    def test_a_column_that_only_some_rows_have_is_read(self):
        found = read_days(series({"2026-03-10": PLAIN, "2026-03-09": ADJUSTED})).frame
        assert found["adjusted_close"].to_list() == [25.35, None]

    def test_both_forms_read_alike(self):
        table = (
            b"timestamp,open,high,low,close,volume\r\n2026-03-09,50.5,51.2,50.1,50.7,1103001\r\n"
        )
        assert read_days(cells(table, "example", TABLE)).frame.equals(
            read_days(series({"2026-03-09": PLAIN})).frame
        )

    def test_no_rows_are_no_rows(self):
        assert read_days(series({})).frame.is_empty()

    @pytest.mark.parametrize("value", [[1], {"a": 1}, True])
    def test_values_of_other_types_are_refused_with_their_row(self, value):
        found = read_days(series({"2026-03-09": {**PLAIN, "4. close": value}}))
        assert found.frame.is_empty()
        assert found.refused["rules"].item() == "unreadable_number"


class TestActions:
    def test_splits(self):
        found = read_splits(listed({"effective_date": "2025-04-14", "split_factor": "4.0000"}))
        assert found.frame.rows() == [(dt.date(2025, 4, 14), 4.0)]

    def test_no_splits(self):
        found = read_splits(listed())
        assert found.frame.is_empty()
        assert found.refused.is_empty()

    def test_dates_that_the_vendor_does_not_know_are_null(self):
        old = {
            "ex_dividend_date": "1999-08-06",
            "declaration_date": "None",
            "record_date": "None",
            "payment_date": "None",
            "amount": "0.12",
        }
        found = read_dividends(listed(old)).frame.row(0, named=True)
        assert found == {
            "date": dt.date(1999, 8, 6),
            "declared_date": None,
            "record_date": None,
            "pay_date": None,
            "amount": 0.12,
        }

    def test_a_date_around_it_that_cannot_be_read_refuses_the_dividend(self):
        row = {"ex_dividend_date": "2026-02-13", "payment_date": "soon", "amount": "0.06"}
        found = read_dividends(listed(row))
        assert found.frame.is_empty()
        assert found.refused["rules"].item() == "unreadable_date"

    def test_rows_without_an_amount_column_are_a_bad_payload(self):
        with pytest.raises(BadPayload, match="lack amount"):
            read_dividends(listed({"ex_dividend_date": "2026-02-13"}))


class TestRates:
    def test_a_rate_has_no_volume(self):
        rows = {"2026-03-09": {"1. open": "1.1010", "4. close": "1.1030"}}
        found = read_rates(series(rows, "Time Series FX (Daily)"))
        assert found.frame.rows() == [(dt.date(2026, 3, 9), 1.103)]


@pytest.mark.parametrize("held_by", [SERIES, LIST])
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b'{"data": {}}', b'{"Time Series": []}']
)
def test_another_body_is_a_bad_payload(body, held_by):
    with pytest.raises(BadPayload):
        cells(body, "example", held_by)


def test_a_table_that_is_ragged_is_a_bad_payload():
    with pytest.raises(BadPayload, match="cannot be read"):
        cells(b"timestamp,open\n2026-03-09,1,2,3\n", "example", TABLE)
