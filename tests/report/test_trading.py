"""Trades and costs, packed and summed up."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from tests.report.builders import result

from hedgerow.backtest.report.trading import (
    TRADE_COLUMNS,
    cost_lines,
    group_trades,
    pack_trades,
)

# --------------------------------------------------------------------------------- Regression


def unpacked(packed):
    lists = []
    for column in packed["columns"]:
        if isinstance(column, dict):
            lists.append([column["words"][at] for at in column["at"]])
        else:
            lists.append(column)
    return dict(zip(packed["names"], lists, strict=True))


def test_packed_trades_say_what_the_trades_say():
    trades = result(200, 50).trades
    columns = unpacked(pack_trades(trades, 1000))
    for name in ("symbol", "side", "exit_reason", "open", "bars_held", "instrument_id"):
        assert columns[name] == trades[name].to_list()
    for name in ("quantity", "entry_price", "exit_price", "pnl", "return", "costs"):
        assert columns[name] == pytest.approx(trades[name].to_list(), rel=1e-8)
    exits = [
        None if at is None else dt.datetime.fromtimestamp(at, dt.UTC) for at in columns["exit_at"]
    ]
    assert exits == trades["exit_at"].to_list()


def test_only_the_first_trades_are_packed_and_all_are_counted():
    trades = result(200, 50).trades
    packed = pack_trades(trades, 20)
    assert packed["total"] == 50
    assert unpacked(packed)["pnl"] == pytest.approx(trades["pnl"][:20].to_list(), rel=1e-8)


@pytest.mark.parametrize("by", ["exit_reason", "symbol"])
def test_groups_equal_a_slow_loop(by):
    trades = result(200, 60).trades
    groups = {group.name: group for group in group_trades(trades, by)}
    assert set(groups) == set(trades[by])
    for name, group in groups.items():
        rows = [row for row in trades.iter_rows(named=True) if row[by] == name]
        assert group.trades == len(rows)
        assert group.share == pytest.approx(len(rows) / 60)
        closed = [row for row in rows if not row["open"]]
        if closed:
            wins = sum(row["pnl"] > 0 for row in closed)
            returned = sum(row["return"] for row in closed)
            assert group.win_rate == pytest.approx(wins / len(closed))
            assert group.mean_return == pytest.approx(returned / len(closed))
        else:
            assert (group.win_rate, group.mean_return) == (None, None)
        assert group.pnl == pytest.approx(sum(row["pnl"] for row in rows))
        assert group.costs == pytest.approx(sum(row["costs"] for row in rows))
    pnl = [group.pnl for group in groups.values()]
    assert pnl == sorted(pnl, reverse=True)


def test_costs_add_up_and_the_rest_is_borrow():
    run = result(200, 50)
    lines = {line.name: line for line in cost_lines(run)}
    parts = sum(line.amount for name, line in lines.items() if name != "Total")
    assert parts == pytest.approx(lines["Total"].amount)
    assert lines["Total"].amount == pytest.approx(run.trades["costs"].sum())
    assert lines["Commission"].amount == pytest.approx(run.fills["commission"].sum())
    traded = run.fills["value"].abs().sum()
    assert lines["Total"].of_traded_bps == pytest.approx(lines["Total"].amount / traded * 1e4)
    assert lines["Total"].of_capital == pytest.approx(lines["Total"].amount / run.capital)


# --------------------------------------------------------------------------------- Validation


def test_a_run_without_trades_has_no_groups_and_no_costs():
    run = result(50, 0)
    assert group_trades(run.trades, "symbol") == []
    assert [(line.amount, line.of_traded_bps) for line in cost_lines(run)] == [(0.0, None)] * 3
    assert pack_trades(run.trades, 5)["columns"][0] == {"words": [], "at": []}


def test_all_columns_of_the_trades_table_but_the_run_are_packed():
    from hedgerow.domain.schemas import TRADES

    names = [column.name for column in TRADES.schema.columns().values()]
    assert sorted(TRADE_COLUMNS) == sorted(set(names) - {"run_id"})
    assert set(TRADE_COLUMNS) == set(result(50, 3).trades.columns)
    assert isinstance(result(50, 3).trades, pl.DataFrame)
