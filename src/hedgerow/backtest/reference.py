"""The simulation said plainly, over the decimal ledger: what the kernel is tested against.

It follows the numbered rules of ``hedgerow.backtest`` bar by bar and name by name, in decimal
arithmetic, and shares no code with the kernel but the cost formulas. It is some thousand times
slower.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

from hedgerow.backtest._codes import SHORT_OF_GOAL
from hedgerow.backtest.layout import Floats
from hedgerow.backtest.panel import Panel, SignalTables
from hedgerow.backtest.reference_frames import FillRow, simulation_of
from hedgerow.backtest.reference_seats import (
    Levels,
    Lines,
    Order,
    Seat,
    beyond,
    broken,
    cell,
    sign,
    to_trade,
)
from hedgerow.backtest.rules import NEXT_OPEN, Rules, Simulation
from hedgerow.risk import (
    Borrow,
    Deposit,
    Dividend,
    EqualWeight,
    Fill,
    Ledger,
    Split,
    VolatilityTarget,
    affordable,
    borrow_charge,
    commission,
    exact,
    fill_price,
    impact_fraction,
)
from hedgerow.risk.events import ACCOUNT_CONTEXT

_ZERO, _ONE = Decimal(0), Decimal(1)
_CENT = Decimal("0.01")
_FORCED = ("stop", "target", "trailing", "condition", "time")


def simulate_plainly(panel: Panel, signals: SignalTables, rules: Rules) -> Simulation:
    """Simulation of signals over a panel, slowly; as ``hedgerow.backtest.simulate.simulate``."""
    with localcontext(ACCOUNT_CONTEXT):
        return _Run(panel, signals, rules).all()


class _Run:
    def __init__(self, panel: Panel, signals: SignalTables, rules: Rules) -> None:
        self.panel, self.signals, self.rules = panel, signals, rules
        self.ledger = Ledger(lot=rules.lot, tick=rules.tick)
        self.seats = [Seat(name, i) for i, name in enumerate(panel.instrument_ids)]
        self.times = panel.clock["timestamp"].to_list()
        self.bar = self.cuts = 0
        self.ruined = False
        self.fills: list[FillRow] = []
        self.curve: list[tuple[Decimal, ...]] = []

    def all(self) -> Simulation:
        self.ledger.book(Deposit(self.times[0], exact(self.rules.capital)))
        for bar in range(len(self.times)):
            self.bar = bar
            self.carry()
            if self.rules.fill == NEXT_OPEN:
                self.fill_waiting(at_close=False)
            for seat in self.seats:
                self.exit_inside(seat)
            self.fill_waiting(at_close=True)
            self.mark()
            self.decide()
        cuts = self.cuts + sum(seat.order.cut for seat in self.seats if seat.order)
        return simulation_of(
            self.panel, self.ledger, self.fills, self.curve, cuts=cuts, ruined=self.ruined
        )

    # ------------------------------------------------------------------------ reading the panel

    def price(self, table: Floats, seat: Seat) -> Decimal | None:
        value = cell(table, self.bar, seat.column)
        return None if math.isnan(value) else exact(value)

    def whole_bar(self, seat: Seat) -> tuple[Decimal, Decimal, Decimal] | None:
        opened, high, low = (
            self.price(table, seat) for table in (self.panel.open, self.panel.high, self.panel.low)
        )
        return None if opened is None or high is None or low is None else (opened, high, low)

    def held(self, seat: Seat) -> Decimal:
        return self.ledger.quantity(seat.name)

    # ---------------------------------------------------------------------------- 1. carry

    def carry(self) -> None:
        at, costs = self.times[self.bar], self.rules.costs
        for seat in self.seats:
            short = -self.held(seat) * seat.last
            days = exact(self.panel.days[self.bar])
            if short > 0 and costs.borrow_annual > 0 and days > 0:
                fee = borrow_charge(exact(costs.borrow_annual), short, days)
                self.ledger.book(Borrow(at, seat.name, fee))
        first, last = self.panel.event_start[self.bar], self.panel.event_start[self.bar + 1]
        for k in range(first, last):
            self.act(
                self.seats[self.panel.event_instrument[k]],
                exact(self.panel.split_ratio[k]),
                exact(self.panel.dividend[k]),
            )

    def act(self, seat: Seat, ratio: Decimal, dividend: Decimal) -> None:
        at = self.times[self.bar]
        if ratio != 1:
            self.ledger.book(Split(at, seat.name, ratio))
            seat.best /= ratio
            seat.volume *= float(ratio)
            if seat.order:
                seat.order.goal *= ratio
        if dividend > 0:
            self.ledger.book(Dividend(at, seat.name, dividend))

    # -------------------------------------------------------------------- 2. and 4. waiting orders

    def fill_waiting(self, *, at_close: bool) -> None:
        table = self.panel.close if at_close else self.panel.open
        for reducing in (True, False):
            for seat in self.seats:
                traded = self.price(table, seat)
                if seat.order and traded is not None and self.reduces(seat) == reducing:
                    self.fill_order(seat, seat.order, traded, at_close=at_close)

    def reduces(self, seat: Seat) -> bool:
        held = self.held(seat)
        return seat.order is not None and (seat.order.goal - held) * held < 0

    def fill_order(self, seat: Seat, order: Order, traded: Decimal, *, at_close: bool) -> None:
        seat.order = None
        held = self.held(seat)
        asked = quantity = to_trade(held, order.goal, self.ledger.whole_lots)
        if quantity > 0 and not self.rules.both_sides:
            quantity = min(quantity, self.payable(seat, quantity, traded))
            order.cut = asked - quantity > order.goal * exact(SHORT_OF_GOAL)
            if (asked - quantity) * traded >= exact(self.rules.dust):
                seat.order = order if any(map(self.reduces, self.seats)) else None
        if seat.order is None:
            self.cuts += order.cut
        worth = abs(quantity) * traded
        if worth >= exact(self.rules.dust) or (order.goal == 0 and held != 0):
            self.trade(seat, quantity, traded, order.reason, at_close=at_close)
        elif held == 0 and seat.order is None and not self.resets:
            seat.wanted = 0

    def payable(self, seat: Seat, quantity: Decimal, traded: Decimal) -> Decimal:
        costs = self.rules.costs
        most = affordable(
            self.ledger.cash,
            self.paid_price(seat, quantity, traded),
            exact(costs.commission_bps),
            exact(costs.per_share),
            exact(costs.minimum),
        )
        return self.ledger.whole_lots(most)

    # ------------------------------------------------------------------------------- booking

    @property
    def resets(self) -> bool:
        return isinstance(self.rules.sizing, EqualWeight | VolatilityTarget)

    def paid_price(self, seat: Seat, quantity: Decimal, traded: Decimal) -> Decimal:
        costs = self.rules.costs
        impact = impact_fraction(costs.impact, seat.sigma, float(abs(quantity)), seat.volume)
        side = _ONE.copy_sign(quantity)
        return self.ledger.on_tick(
            fill_price(traded, side, exact(costs.half_spread_bps), exact(impact))
        )

    def trade(
        self, seat: Seat, quantity: Decimal, traded: Decimal, reason: str, *, at_close: bool
    ) -> None:
        costs, size, held = self.rules.costs, abs(quantity), self.held(seat)
        price = self.paid_price(seat, quantity, traded)
        paid = commission(
            size * price,
            size,
            exact(costs.commission_bps),
            exact(costs.per_share),
            exact(costs.minimum),
        )
        slipped = quantity * (price - traded)
        at = self.times[self.bar]
        self.ledger.book(Fill(at, seat.name, quantity, price, paid, slipped, reason))
        self.fills.append((self.bar, seat.column, quantity, price, traded, paid, reason))
        now = self.held(seat)
        if now == 0 and reason in _FORCED:
            seat.forced_out = (self.bar, sign(held))
        if now != 0 and now * held <= 0:
            seat.levels = seat.next_levels
            seat.best = price
            seat.entry_bars = seat.bars
            seat.entered_at_close_of = self.bar if at_close else -1

    # ------------------------------------------------------------------ 3. exits inside the bar

    def exit_inside(self, seat: Seat) -> None:
        bar, held = self.whole_bar(seat), self.held(seat)
        if held == 0 or bar is None or seat.levels is None:
            return
        side = sign(held)
        opened, high, low = bar
        exit_ = broken(self.lines(seat, side), side, opened, high, low)
        if exit_ is None:
            seat.best = max(seat.best, high) if side > 0 else min(seat.best, low)
            return
        price, reason = exit_
        self.trade(seat, -held, price, reason, at_close=False)
        if seat.wanted == side:
            seat.wanted = 0
        if seat.order and seat.order.goal * side >= 0:
            seat.order = None

    def lines(self, seat: Seat, side: int) -> Lines:
        assert seat.levels is not None
        cost = self.ledger.positions[seat.name].average_cost
        fractions = seat.levels
        stop = None if fractions.stop is None else cost * (1 - side * fractions.stop)
        trail = None if fractions.trailing is None else seat.best * (1 - side * fractions.trailing)
        target = None if fractions.target is None else cost * (1 + side * fractions.target)
        if trail is not None and (stop is None or not beyond(stop, trail, side)):
            return trail, "trailing", target
        return stop, "stop", target

    # ---------------------------------------------------------------------- 5. mark to market

    def mark(self) -> None:
        for seat in self.seats:
            price = self.price(self.panel.close, seat)
            if price is not None:
                seat.last = price
                seat.bars += 1
                seat.sigma = cell(self.panel.sigma, self.bar, seat.column)
                seat.volume = cell(self.panel.volume, self.bar, seat.column)
                seat.volatility = cell(self.panel.volatility, self.bar, seat.column)
        values = [self.held(seat) * seat.last for seat in self.seats]
        prices = {seat.name: seat.last for seat in self.seats}
        self.equity = self.ledger.equity(prices)
        gained = self.ledger.realised + self.ledger.unrealised(prices) + self.ledger.dividends
        paid = self.ledger.commission + self.ledger.borrow
        assert abs(self.equity - self.ledger.deposits - gained + paid) < _CENT
        gross = sum((abs(value) for value in values), _ZERO)
        self.curve.append((self.equity, self.ledger.cash, gross, sum(values, _ZERO)))

    # ---------------------------------------------------------------------- 6. decide and order

    def decide(self) -> None:
        if self.ruined:
            return
        if self.equity <= 0:
            self.ruined = True
            for seat in self.seats:
                seat.wanted = 0
                seat.order = Order(_ZERO, "ruin") if self.held(seat) else None
            return
        for seat in self.seats:
            seat.entering = False
            price = self.price(self.panel.close, seat)
            if price is not None:
                self.decide_on(seat, price)
        if self.resets:
            self.set_anew()
        else:
            self.enter()

    def decide_on(self, seat: Seat, price: Decimal) -> None:
        self.read_signal(seat)
        reason: str | None = "signal"
        if seat.wanted * self.held(seat) > 0:
            reason = self.closing_reason(seat, price)
            if reason:
                seat.wanted = 0
        if seat.wanted == 0:
            self.leave(seat, reason or "signal")

    def read_signal(self, seat: Seat) -> None:
        signal = int(self.signals.signal[self.bar, seat.column])
        if signal == 0:
            return
        want = signal if signal > 0 or self.rules.both_sides else 0
        if want and seat.forced_out == (self.bar, want):
            return
        confidence = cell(self.signals.confidence, self.bar, seat.column)
        if want == seat.wanted:
            if want and confidence > 0:
                seat.confidence = confidence
            return
        if not confidence > 0:
            want = 0
        seat.wanted = want
        if want:
            seat.confidence = confidence
            seat.entering = True
            seat.next_levels = self.read_levels(seat)

    def read_levels(self, seat: Seat) -> Levels | None:
        stop = self.price(self.signals.stop, seat)
        target = self.price(self.signals.target, seat)
        trailing = self.price(self.signals.trailing, seat)
        if stop is None and target is None and trailing is None:
            return None
        return Levels(stop, target, trailing)

    def closing_reason(self, seat: Seat, price: Decimal) -> str | None:
        side = sign(self.held(seat))
        entered_now = seat.entered_at_close_of == self.bar
        if seat.levels and self.whole_bar(seat) is None and not entered_now:
            guard, reason, target = self.lines(seat, side)
            seat.best = max(seat.best, price) if side > 0 else min(seat.best, price)
            if guard is not None and beyond(price, guard, -side):
                return reason
            if target is not None and beyond(price, target, side):
                return "target"
        if cell(self.signals.exit_when, self.bar, seat.column):
            return "condition"
        after_entry = seat.bars - 1 - seat.entry_bars
        if self.rules.max_bars is not None and after_entry >= self.rules.max_bars:
            return "time"
        return None

    def leave(self, seat: Seat, reason: str) -> None:
        if self.held(seat) == 0:
            seat.order = None
        elif seat.order is None or seat.order.goal != 0:
            seat.order = Order(_ZERO, reason)

    def order(self, seat: Seat, shares: Decimal) -> None:
        held = self.held(seat)
        goal = seat.wanted * self.ledger.whole_lots(shares)
        if abs(goal - held) * seat.last < exact(self.rules.dust):
            seat.order = None
        else:
            adjusts = held != 0 and goal * held >= 0
            seat.order = Order(goal, "rebalance" if adjusts else "signal")

    # ------------------------------------------------------------------------------- sizing

    def set_anew(self) -> None:
        sizing = self.rules.sizing
        by_volatility = isinstance(sizing, VolatilityTarget)
        active = [
            seat
            for seat in self.seats
            if seat.wanted and not (by_volatility and math.isnan(seat.volatility))
        ]
        before = {seat.name for seat in self.seats if seat.member}
        joined = before != {seat.name for seat in active}
        if active and (joined or any(seat.member != seat.wanted for seat in active)):
            confidence = [seat.confidence for seat in active]
            if isinstance(sizing, VolatilityTarget):
                weights = sizing.weights(confidence, [seat.volatility for seat in active])
            else:
                assert isinstance(sizing, EqualWeight)
                weights = sizing.weights(confidence)
            for seat, weight in zip(active, weights, strict=True):
                if joined or seat.member != seat.wanted:
                    self.order(seat, exact(weight) * self.equity / seat.last)
        for seat in self.seats:
            seat.member = seat.wanted if seat in active else 0

    def enter(self) -> None:
        sizing = self.rules.sizing
        assert not isinstance(sizing, EqualWeight | VolatilityTarget)
        committed = sum(
            (
                abs(seat.order.goal if seat.order else self.held(seat)) * seat.last
                for seat in self.seats
                if seat.wanted and not seat.entering
            ),
            _ZERO,
        )
        for seat in self.seats:
            if not (seat.wanted and seat.entering):
                continue
            money = sizing.money(float(self.equity), seat.confidence, float(committed))
            shares = self.ledger.whole_lots(exact(money) / seat.last)
            if shares * seat.last < exact(self.rules.dust):
                seat.wanted = 0
                self.leave(seat, "signal")
            else:
                self.order(seat, shares)
                committed += shares * seat.last
