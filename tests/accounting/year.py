"""A year in the life of an account, and Home Assistant as it polls, saves, stops and crashes.

`Service` is the account: it writes down what happens as it happens, in decimals, and knows nothing
of the code under test. `Home` runs the tracker as the coordinator does. `live` lets both live
through what the tables `DEEDS` and `TROUBLES` plan.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
import json
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from custom_components.goapi.accounting import AccountState, EventType, Period, Tracker
from custom_components.goapi.api.models import CREDIT_PACKS, CREDITS, POINTS, USD
from custom_components.goapi.api.parser import parse_account

STEP, DAY = timedelta(minutes=5), timedelta(days=1)
DAYS, STEPS_PER_DAY, STEPS_PER_HOUR = 365, 288, 12
ZERO = Decimal(0)
MJ = "mj_remain"
# The balances that show a quota; the first is the one that events tell of.
BALANCES = {"credit": (CREDIT_PACKS, CREDITS), "point": (POINTS,), "mj": (MJ,)}
# What a task costs on average. Here, amounts of credits and points are given in US dollars.
COSTS = {"credit": Decimal("0.04"), "point": Decimal("0.04"), "mj": Decimal("2.5")}
RECHARGE_BELOW, RECHARGE_BY = 6, 5
MJ_THRESHOLD = 200

# What happens to the account: every so many days, from a day on, at an hour (of standard time), a
# method of `Service` and its arguments.
DEEDS = (
    # A monthly plan, a pack that begins later, and one that is soon lost.
    (30, 0, 9, "buy", "credit", 8, 0, 30),
    (60, 20, 10, "buy", "credit", 6, 2, 9),
    (60, 50, 14, "buy", "credit", 4, 0, 2),
    (9, 1, 11, "buy", "point", 4),
    # While Home Assistant is off, and starts twice in vain.
    (36, 21, 10, "buy", "mj", 600),
    (34, 12, 16, "leak", "point"),
    (34, 29, 16, "leak", "credit"),
    (18, 3, 10, "disable_or_enable"),
    (18, 4, 15, "disable_or_enable"),
)
# What happens to Home Assistant, likewise: how it goes away after a poll, how far it comes with
# that poll, and for how many steps. Of several, each comes with the first poll after the one
# before: starts that end early.
TROUBLES = (
    (10, 2, 13, ("stop", "delivered", 2)),
    (14, 3, 19, ("crash", "delivered", 1)),
    # At midnight, and over it.
    (22, 4, 0, ("crash", "delivered", 1)),
    (26, 5, 23, ("crash", "delivered", 24)),
    (62, 6, 21, ("stop", "delivered", 60)),
    # With the poll that shows a top-up.
    (18, 1, 11, ("crash", "updated", 1)),
    (18, 10, 11, ("crash", "saved", 1)),
    # Meanwhile the account is disabled, which the next two starts save and do not deliver.
    (18, 3, 9, ("stop", "delivered", 20), ("crash", "saved", 1), ("stop", "saved", 1)),
    # Two days: the service is out of reach, or Home Assistant is off.
    (120, 41, 14, ("unreachable", "delivered", 576)),
    (120, 100, 20, ("stop", "delivered", 576)),
)

# As the service lists it, and what is `left` in it.
type Pack = dict[str, Any]


class Rules(NamedTuple):
    """How the service is made, where that is not documented or differs between accounts.

    `pack_job` is how often a job looks for packs that have begun or ended. `dead_counters` are
    always zero.
    """

    credits_per_usd: int = 1000
    points_per_usd: int = 1000
    pack_job: timedelta = STEP
    dead_counters: tuple[str, ...] = ()


class Service:
    """An account, and the truth about it.

    `spent` is what was ever spent of each balance. US dollars are spent as soon as they are
    reserved, and may come back. What is bought of any quota is a pack; those of credits are listed.
    """

    def __init__(self, rules: Rules, start: datetime) -> None:
        """Begin with something of everything."""
        self.now = start
        self.spent: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._rules = rules
        units = (rules.credits_per_usd, rules.points_per_usd, 1)
        self._unit = dict(zip(COSTS, map(Decimal, units), strict=True))
        self._chance = Random(2027)  # noqa: S311  (to be repeated, not to be secret)
        self._calendar: defaultdict[datetime, list[tuple[Any, ...]]] = defaultdict(list)
        self._ids = count(1)
        self._packs: dict[str, list[Pack]] = {quota: [] for quota in COSTS}
        self._bought, self._used, self._frozen = (dict.fromkeys(COSTS, ZERO) for _ in range(3))
        self._expired = ZERO
        self._recharged_at = start - DAY
        self._is_enabled = True
        self._alerts: set[str] = set()
        self._news: defaultdict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
        for quota, amount in (("credit", 10), ("point", 6), ("mj", 500)):
            self.buy(quota, amount)
        self._news.clear()

    def step(self) -> None:
        """Let five minutes pass."""
        self.now += STEP
        if self.now.timestamp() % self._rules.pack_job.total_seconds() == 0:
            self._end_and_begin_packs()
        for action, *arguments in self._calendar.pop(self.now, ()):
            action(*arguments)
        if self.now.minute == 0 and self.now.hour not in range(1, 7):
            for quota in COSTS:
                if self._chance.random() < 1 / 2:
                    self._after(self._chance.randint(1, STEPS_PER_HOUR), self._start, quota)
        is_short = self._remaining("credit") < RECHARGE_BELOW * self._unit["credit"]
        if is_short and self.now - self._recharged_at > 2 * STEP:
            self._recharged_at = self.now
            self._after(2, self.buy, "credit", RECHARGE_BY, 0, 180, "recharged")

    def buy(
        self, quota: str, amount: int, after: int = 0, days: int = 999, kind: str = "topped_up"
    ) -> None:
        """Buy a pack that begins after so many days, and ends after so many more."""
        begins = self.now + after * DAY
        pack: Pack = {"id": next(self._ids), "active": False, "used": ZERO, "frozen": ZERO}
        pack |= {"effective_at": begins, "expired_at": begins + days * DAY}
        pack["capacity"] = pack["left"] = amount * self._unit[quota]
        self._bought[quota] += pack["capacity"]
        self._packs[quota].append(pack)
        if not after:
            self._begin(quota, pack, kind)

    def leak(self, quota: str) -> None:
        """Let somebody else use a quota, as much as sixty tasks do."""
        for _ in range(60):
            self._use(quota, *self._reserve(quota))
        self._news["spend_spike", BALANCES[quota][0]] = ZERO

    def disable_or_enable(self) -> None:
        """Disable the account, or enable it again."""
        self._is_enabled = not self._is_enabled
        self._news["enabled" if self._is_enabled else "disabled", None] = ZERO

    def answer(self) -> bytes:
        """Return the account as the service sends it."""
        packs = self._packs["credit"]
        remaining = {quota: self._remaining(quota) for quota in COSTS}
        counters = {"remain": remaining, "used": self._used, "frozen": self._frozen}
        wallet: dict[str, Any] = {
            f"{quota}_{part}": counters[part][quota] for quota in COSTS for part in counters
        }
        wallet["auto_recharge_enabled"] = True
        wallet["auto_recharge_threshold_credit"] = RECHARGE_BELOW * self._unit["credit"]
        wallet["last_auto_recharge_triggered_at"] = int(self._recharged_at.timestamp())
        info = {
            "available_credits": remaining["credit"],
            "used_credits": self._used["credit"],
            "frozen_credits": self._frozen["credit"],
            "expired_credits": self._expired,
            "inactive_credits": sum(pack["capacity"] for pack in packs if not pack["active"]),
            "total_credits": self._bought["credit"],
            "credit_packs": packs,
        }
        for counter in self._rules.dead_counters:
            (info if counter in info else wallet)[counter] = 0
        usd = sum(remaining[quota] / self._unit[quota] for quota in ("credit", "point"))
        data = {"id": 1, "is_enable": self._is_enabled, USD: usd}
        return orjson.dumps(data | {"wallet": wallet, "credit_pack_info": info}, default=float)

    def events(self) -> list[tuple[str, str | None, float]]:
        """Return what has happened since this was asked last: type, balance and amount."""
        left = self._remaining("mj")
        level = "empty" if not left else "low" if left <= MJ_THRESHOLD else ""
        if level and not self._alerts & {level, "empty"}:
            self._alerts.add(level)
            self._news[level, MJ] = ZERO
        elif self._alerts and left > MJ_THRESHOLD * 11 / 10:
            self._alerts.clear()
            self._news["recovered", MJ] = ZERO
        if ("recharged", CREDIT_PACKS) in self._news:
            # What was bought at the same time cannot be told apart.
            bought = self._news.pop(("topped_up", CREDIT_PACKS), ZERO)
            self._news["recharged", CREDIT_PACKS] += bought
        events = [(*what, float(amount)) for what, amount in self._news.items()]
        self._news.clear()
        return events

    def _after(self, steps: int, *action: Any) -> None:
        """Plan something: a method and its arguments."""
        self._calendar[self.now + steps * STEP].append(action)

    def _remaining(self, quota: str) -> Decimal:
        """Return what can be spent of a quota."""
        return sum((pack["left"] for pack in self._packs[quota] if pack["active"]), ZERO)

    def _begin(self, quota: str, pack: Pack, kind: str) -> None:
        """Begin a pack."""
        pack["active"] = True
        self._news[kind, BALANCES[quota][0]] += pack["capacity"]

    def _end_and_begin_packs(self) -> None:
        """End and begin the packs of credits whose time has come."""
        for pack in list(self._packs["credit"]):
            if pack["expired_at"] <= self.now:
                self._packs["credit"].remove(pack)
                self._expired += pack["left"]
                self._news["pack_expired", CREDIT_PACKS] += pack["left"]
            elif not pack["active"] and pack["effective_at"] <= self.now:
                self._begin("credit", pack, "topped_up")

    def _start(self, quota: str) -> None:
        """Start a task; one in ten fails, and gives back what it has reserved."""
        if self._remaining(quota):
            pack, cost = self._reserve(quota)
            fails = self._chance.random() < 1 / 10 and pack["expired_at"] - self.now > 2 * DAY
            end = (self._freeze, quota, pack, -cost) if fails else (self._use, quota, pack, cost)
            self._after(self._chance.randint(1, 3), *end)

    def _reserve(self, quota: str) -> tuple[Pack, Decimal]:
        """Reserve what a task costs in the pack that ends first; return the pack, and how much."""
        packs = [pack for pack in self._packs[quota] if pack["active"] and pack["left"]]
        pack = min(packs, key=lambda pack: pack["expired_at"])
        cost = COSTS[quota] * self._unit[quota] * self._chance.randint(700, 1300) / 1000
        cost = min(cost, pack["left"])
        self._freeze(quota, pack, cost)
        return pack, cost

    def _freeze(self, quota: str, pack: Pack, amount: Decimal) -> None:
        """Reserve an amount, or give it back."""
        pack["left"] -= amount
        pack["frozen"] += amount
        self._frozen[quota] += amount
        if quota != "mj":
            self.spent[USD] += amount / self._unit[quota]

    def _use(self, quota: str, pack: Pack, amount: Decimal) -> None:
        """Use what was reserved."""
        pack["frozen"] -= amount
        pack["used"] += amount
        self._frozen[quota] -= amount
        self._used[quota] += amount
        for balance in BALANCES[quota]:
            self.spent[balance] += amount
        if pack["used"] == pack["capacity"] and pack in self._packs[quota]:
            self._packs[quota].remove(pack)


class Home:
    """Home Assistant: polls, saves and delivers as the coordinator does.

    `delivered` are the types of all events; `surprises` tell where what was delivered is not what
    had happened.
    """

    def __init__(self, service: Service, zone: ZoneInfo) -> None:
        """Set up the account."""
        self.polls = self.starts = self.crashes = 0
        self.delivered: list[EventType] = []
        self.surprises: list[str] = []
        self.tracker = Tracker(AccountState(), 7, 5)
        self._service, self._zone = service, zone
        self._expected: list[tuple[str, str | None, float]] = []
        self._answer = b""
        self._record: dict[tuple[Period, str], tuple[dict[str, Any], dict[str, Decimal]]] = {}
        self.poll("delivered")
        self.tracker.set_amount(MJ, "threshold", MJ_THRESHOLD, self.now, is_current=True)
        self.save()

    @property
    def now(self) -> datetime:
        """Return the local time."""
        return self._service.now.astimezone(self._zone)

    def poll(self, until: str) -> None:
        """Take an answer; come as far as its state is updated, saved, or its events delivered."""
        self.polls += 1
        if (answer := self._service.answer()) != self._answer:
            self._answer = answer
            self._account = parse_account(orjson.loads(answer), "")
        now = self.now
        summary, events = self.tracker.update(self._account, now)
        shown = {key: balance.spent for key, balance in summary.balances.items()}
        names = f"{now:%Y-%m-%d}", f"{now:%G week %V}", f"{now:%Y-%m}"
        for period, name in zip(Period, names, strict=True):
            self._record[period, name] = (shown, self._service.spent.copy())
        if until != "updated":
            self._expected += self._service.events()
            if events:
                self.save()
        if until == "delivered":
            self._deliver()

    def save(self) -> None:
        """Save the state."""
        self._saved = (json.dumps(self.tracker.state.as_dict()), self._record.copy())

    def start(self) -> None:
        """Go on from what was saved."""
        self.starts += 1
        state, record = self._saved
        self.tracker = Tracker(AccountState.from_dict(json.loads(state)), 7, 5)
        self._record = record.copy()
        self._answer = b""

    def spent(self, period: Period, balance: str) -> Iterator[tuple[str, Decimal, Decimal]]:
        """Yield each day, week or month, what was shown as spent in it, and what was spent.

        A period ends with its last poll. Polls that a crash forgets do not count: what was spent
        since the state was saved is seen at the next poll, perhaps on the next day.
        """
        before = ZERO
        for (each, name), (shown, spent) in self._record.items():
            if each is period:
                yield name, Decimal(str(shown[balance][period])), spent[balance] - before
                before = spent[balance]

    def _deliver(self) -> None:
        """Deliver pending events, and save that they are."""
        pending = self.tracker.state.pending
        delivered: list[tuple[str, str | None, float]] = []
        for event in pending:
            # What an hour of unusual spend amounts to in all is not the point here.
            amount = 0 if event.type is EventType.SPEND_SPIKE else event.amount
            delivered.append((event.type.value, event.balance, amount or 0))
        if sorted(delivered, key=str) != sorted(self._expected, key=str):
            self.surprises.append(f"{self.now}: {delivered} instead of {self._expected}")
        self._expected.clear()
        if pending:
            self.delivered += [event.type for event in pending]
            pending.clear()
            self.save()


def live(rules: Rules, zone: str, steps_per_poll: int) -> Home:
    """Live through a year."""
    start = datetime(2027, 1, 1, tzinfo=ZoneInfo(zone))
    service = Service(rules, start.astimezone(timezone(start.utcoffset() or timedelta())))
    home = Home(service, ZoneInfo(zone))
    deeds, troubles = _schedule(DEEDS), _schedule(TROUBLES)
    coming: list[tuple[str, str, int]] = []
    how, back = "", 0
    for step in range(1, DAYS * STEPS_PER_DAY):
        service.step()
        for name, *arguments in deeds[step]:
            getattr(service, name)(*arguments)
        if step < back and how == "unreachable" and step % STEPS_PER_HOUR == 0:
            home.tracker.advance(home.now)
        if step < back or step % steps_per_poll:
            continue
        if how in ("stop", "crash"):
            home.start()
        coming = coming or [trouble for row in troubles[step] for trouble in row]
        how, until, steps = coming.pop(0) if coming else ("", "delivered", 0)
        back = step + steps
        home.poll(until)
        home.crashes += how == "crash"
        if how == "stop" or any(troubles[step + ahead] for ahead in range(3, 3 + steps_per_poll)):
            # It is saved within a quarter of an hour, but only what a start finds matters.
            home.save()
    return home


def _schedule(rows: Any) -> defaultdict[int, list[Any]]:
    """Return what is planned, by step."""
    schedule: defaultdict[int, list[Any]] = defaultdict(list)
    for every, first_day, hour, *what in rows:
        for day in range(first_day, DAYS, every):
            schedule[day * STEPS_PER_DAY + hour * STEPS_PER_HOUR].append(what)
    return schedule
