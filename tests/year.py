"""A year in the life of an account that is polled every five minutes, and a ledger of the truth.

The account is the simulator's. What happens to it is written down as it happens, in decimals, and
what of it the journal has to say by then is compared after every single reading.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
import json
from random import Random
from typing import Any, NamedTuple, override
from zoneinfo import ZoneInfo

from custom_components.goapi.activity import ActivityType
from custom_components.goapi.api import Account
from custom_components.goapi.api.models import parse_account
from custom_components.goapi.journal import Journal
from custom_components.goapi.ledger import Period
from custom_components.goapi.levels import Reading

from .simulator import SimulatedAccount
from .simulator.amounts import shifted
from .simulator.demo import demo_data

STEP_SECONDS = 300
STEPS_PER_HOUR = 12
DAY = timedelta(days=1)
WINDOW_DAYS = 7
SPIKE_MULTIPLE = 5

USD = "equivalent_in_usd"
AVAILABLE = "available_credits"
CREDITS_PER_USD = 1000
ZERO = Decimal(0)

# What a task costs at least, and with how many decimals; half as much again at most.
COSTS: dict[str, tuple[float, int]] = {
    "credit": (30, 2),
    "point": (30, 0),
    "mj": (2, 1),
    "kling": (20, 0),
    "llm": (0.0102, 4),
    "sora": (4, 1),
}
# The balances whose top-ups are told, in the order of the answer.
TOLD = (*(f"{quota}_remain" for quota in COSTS if quota != "credit"), AVAILABLE)
# So many tasks at once are no ordinary hour.
LEAKED_TASKS = 60
FAILURE_RATE = 0.1
ACTIVE_HOURS = {0, *range(7, 24)}
# A pack of many credits comes every month, begins later, and ends before it is used up.
GIFT = 6000
GIFT_EVERY_DAYS = 30
GIFT_BEGINS_AFTER = 2 * DAY
GIFT_LASTS = 9 * DAY
# What an answer may leave out, and the balances of which it then says nothing.
GAPS = {
    "wallet": [f"{quota}_remain" for quota in COSTS],
    "credit_pack_info": [AVAILABLE],
    USD: [USD],
}
# Machines without a clock of their own start with the time of some day before.
BEHIND = 2 * DAY
# Days of every four months on which two days without a reading begin, with the end of a gift.
SILENT_FROM, AWAY_FROM = 41, 101
LISTED_AFTER_END = 3 * DAY


class Event(NamedTuple):
    """Something that happened: to which balance, how much of it, and what was left then."""

    type: ActivityType
    balance: str | None = None
    amount: Decimal | None = None
    remaining: Decimal | None = None


class Truth:
    """What happened to an account, booked when a reading can show it for the first time."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.sums: defaultdict[tuple[str, Period | None, object], Decimal] = defaultdict(Decimal)
        self.hidden: frozenset[str] = frozenset()
        """The balances that are wrong or missing at present: nobody can see what is spent."""
        self.leaked: str | None = None
        self._pending: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._unsaved: list[tuple[str, Decimal, datetime]] = []
        self._added: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._recharged = False
        self._ended: list[dict[str, Any]] = []
        self._enabled = True

    def spend(self, balance: str, amount: Decimal) -> None:
        """Note that something was spent, or came back."""
        self._pending[balance] += amount

    def add(self, balance: str, amount: Decimal) -> None:
        """Note that something was bought."""
        self._added[balance] += amount

    def recharge(self) -> None:
        """Note that credits were bought by themselves."""
        self._recharged = True

    def end(self, pack: dict[str, Any]) -> None:
        """Note that a pack ended."""
        self._ended.append(pack)

    def see(self, now: datetime, account: SimulatedAccount) -> list[Event]:
        """Book what a reading shows, and return what there is to tell of it."""
        for balance, amount in self._pending.items():
            if amount and balance not in self.hidden:
                self._book(balance, amount, now)
                self._unsaved.append((balance, amount, now))
                self._pending[balance] = ZERO
        return list(self._events(now, account))

    def spent(self, balance: str, period: Period | None, now: datetime) -> Decimal:
        """Return what was spent in the period that a local moment is in; in its hour for None."""
        return self.sums[balance, period, _period(period, now)]

    def save(self) -> None:
        """Let what was booked until now survive."""
        self._unsaved.clear()

    def crash(self) -> None:
        """Make what was booked since the journal was saved wait for the next reading."""
        for balance, amount, now in self._unsaved:
            self._book(balance, -amount, now)
            self._pending[balance] += amount
        self._unsaved.clear()

    def _book(self, balance: str, amount: Decimal, now: datetime) -> None:
        """Book an amount in the periods that a moment is in."""
        for period in (*Period, None):
            self.sums[balance, period, _period(period, now)] += amount

    def _events(self, now: datetime, account: SimulatedAccount) -> Iterator[Event]:
        """Yield what happened since it was last told, in the order of the fields."""
        for balance in filter(self._added.__contains__, TOLD):
            recharged = self._recharged and balance == AVAILABLE
            yield Event(
                ActivityType.RECHARGED if recharged else ActivityType.TOPPED_UP,
                balance,
                self._added[balance],
                remaining(account, balance),
            )
        for pack in self._ended:
            if left := exact(pack["capacity"]) - exact(pack["used"]) - exact(pack["frozen"]):
                yield Event(
                    ActivityType.PACK_EXPIRED, AVAILABLE, left, remaining(account, AVAILABLE)
                )
        enabled = account.data["is_enable"]
        if enabled is not self._enabled:
            yield Event(ActivityType.ENABLED if enabled else ActivityType.DISABLED)
        if self.leaked is not None:
            spent = self.spent(self.leaked, None, now)
            yield Event(
                ActivityType.SPEND_SPIKE, self.leaked, spent, remaining(account, self.leaked)
            )
        self._added.clear()
        self._ended.clear()
        self._recharged, self._enabled, self.leaked = False, enabled, None


class BookedAccount(SimulatedAccount):
    """The simulator's account, which writes down what happens to it."""

    truth: Truth

    def __init__(self, moment: datetime) -> None:
        """Begin with a pack of credits that has just been bought."""
        super().__init__(_data(moment), clock=lambda: self.moment)
        self.moment = moment
        self.truth = Truth()
        self.packs: list[dict[str, Any]] = self.data["credit_pack_info"]["credit_packs"]
        self._times: list[datetime] = []
        self._list_times()

    @override
    def spend(self, amount: float, quota: str = "credit") -> None:
        """Use up what a quota has left."""
        self._book(quota, amount)
        if quota == "credit":
            self.truth.spend(USD, exact(amount) / CREDITS_PER_USD)
        super().spend(amount, quota)

    @override
    def freeze(self, amount: float, quota: str = "credit") -> None:
        """Reserve what a quota has left: of US dollars it is spent."""
        if quota == "credit":
            self.truth.spend(USD, exact(amount) / CREDITS_PER_USD)
        super().freeze(amount, quota)

    @override
    def finish(self, amount: float, quota: str = "credit") -> None:
        """Use up what a quota has reserved."""
        self._book(quota, amount)
        super().finish(amount, quota)

    @override
    def release(self, amount: float, quota: str = "credit") -> None:
        """Return what a quota has reserved."""
        if quota == "credit":
            self.truth.spend(USD, -exact(amount) / CREDITS_PER_USD)
        super().release(amount, quota)

    @override
    def top_up(self, amount: float, quota: str = "credit") -> None:
        """Buy more of a quota."""
        self.truth.add(AVAILABLE if quota == "credit" else f"{quota}_remain", exact(amount))
        super().top_up(amount, quota)
        self._list_times()

    @override
    def auto_recharge(self) -> bool:
        """Buy credits where they are few."""
        if recharged := super().auto_recharge():
            self.truth.recharge()
        return recharged

    @override
    def buy_pack(self, amount: float, begins: datetime, ends: datetime) -> None:
        """Buy a pack that begins later."""
        super().buy_pack(amount, begins, ends)
        self._list_times()

    @override
    def pass_time(self) -> None:
        """Begin and end packs, and no longer list those that are over."""
        if not self._times or self.moment < self._times[0]:
            return
        active = {pack["id"] for pack in self.packs if pack["active"]}
        super().pass_time()
        for pack in self.packs:
            if pack["active"] and pack["id"] not in active:
                self.truth.add(AVAILABLE, exact(pack["capacity"]))
            elif not pack["active"] and pack["id"] in active:
                self.truth.end(pack)
        for pack in [pack for pack in self.packs[:-1] if self._is_over(pack)]:
            self.packs.remove(pack)
            self.data["credit_pack_info"]["credit_packs_count"] -= 1
        self._list_times()

    def refund(self, amount: float) -> None:
        """Take back that credits were spent, in the counters too."""
        wallet, info = self.data["wallet"], self.data["credit_pack_info"]
        pack = next(pack for pack in self.packs if pack["active"] and pack["used"] >= amount)
        with self._mutation():
            wallet["credit_remain"] = shifted(wallet["credit_remain"], amount)
            info["available_credits"] = shifted(info["available_credits"], amount)
            for counters, key in ((wallet, "credit_used"), (info, "used_credits"), (pack, "used")):
                counters[key] = shifted(counters[key], -amount)

    def correct(self, quota: str, amount: float) -> None:
        """Make the counter of a quota smaller."""
        wallet = self.data["wallet"]
        wallet[f"{quota}_used"] = shifted(wallet[f"{quota}_used"], -amount)

    def ends_soon(self, within: timedelta) -> bool:
        """Tell whether the state of a pack changes soon."""
        return bool(self._times) and self._times[0] - self.moment < within

    def _is_over(self, pack: dict[str, Any]) -> bool:
        """Tell whether a pack ended long ago or is used up."""
        ends = datetime.fromisoformat(pack["expired_at"])
        return pack["used"] == pack["capacity"] or ends + LISTED_AFTER_END <= self.moment

    def _list_times(self) -> None:
        """List when the state of a pack changes next."""
        times = []
        for pack in self.packs:
            ends = datetime.fromisoformat(pack["expired_at"])
            times += [datetime.fromisoformat(pack["effective_at"]), ends, ends + LISTED_AFTER_END]
        self._times = sorted(each for each in times if each > self.moment)

    def _book(self, quota: str, amount: float) -> None:
        """Write down that something of a quota was used up."""
        self.truth.spend(f"{quota}_remain", exact(amount))
        if quota == "credit":
            self.truth.spend(AVAILABLE, exact(amount))


class Task(NamedTuple):
    """A task that runs: of which quota, what it has reserved, and whether it succeeds."""

    quota: str
    cost: float
    succeeds: bool


class Life:
    """Uses an account as somebody does who works all day, and past midnight."""

    def __init__(self, account: BookedAccount, chance: Random) -> None:
        """Begin with no task."""
        self.account = account
        self._chance = chance
        self._begin: defaultdict[int, list[str]] = defaultdict(list)
        self._end: defaultdict[int, list[Task]] = defaultdict(list)

    def step(self, index: int, now: datetime) -> None:
        """Let five minutes pass."""
        self.account.pass_time()
        for task in self._end.pop(index, ()):
            end = self.account.finish if task.succeeds else self.account.release
            end(task.cost, task.quota)
        if index % STEPS_PER_HOUR == 0 and now.hour in ACTIVE_HOURS:
            for quota in COSTS:
                for _ in range(self._chance.choice((0, 1))):
                    self._begin[index + self._chance.randrange(STEPS_PER_HOUR)].append(quota)
        for quota in self._begin.pop(index, ()):
            self._start(quota, index)

    def leak(self, quota: str, tasks: int) -> None:
        """Let somebody else use a quota."""
        cost, digits = COSTS[quota]
        self.account.spend(round(cost * tasks, digits), quota)

    def _start(self, quota: str, index: int) -> None:
        """Start a task, which reserves what it costs where the quota has such a counter."""
        low, digits = COSTS[quota]
        cost = round(self._chance.uniform(low, 1.5 * low), digits)
        if self.account.counter(quota, "frozen") is None:
            self.account.spend(cost, quota)
            return
        # What a task gives back to a pack that has ended is lost.
        fails = self._chance.random() < FAILURE_RATE and not self.account.ends_soon(DAY / 24)
        self.account.freeze(cost, quota)
        self._end[index + self._chance.randint(1, 3)].append(Task(quota, cost, not fails))


class Observer:
    """Polls the account as Home Assistant does, and compares the journal with the truth."""

    def __init__(self, account: BookedAccount) -> None:
        """Begin with an empty journal."""
        self.readings = self.restarts = self.largest = 0
        self.events: list[Event] = []
        self.expected: list[Event] = []
        self.journal = _journal()
        self._account = account
        self.truth = account.truth
        self._answer: Account | None = None
        self._saved = ""
        self._told = ""
        self._hour: datetime | None = None

    def poll(self, now: datetime) -> None:
        """Take a reading."""
        self.readings += 1
        answer = parse_account(self._account.data)
        if answer == self._answer:
            answer = self._answer
        self._answer = answer
        expected = self.truth.see(now, self._account)
        if self.journal.is_known(answer, now):
            self.turn(now)
            told = []
        else:
            told = [
                Event(
                    each.type,
                    each.balance,
                    None if each.amount is None else exact(each.amount),
                    None if each.remaining is None else exact(each.remaining),
                )
                for each in self.journal.enter(answer, now)
            ]
        if told:
            assert self.journal.reading is not None
            self._told = json.dumps(self.journal.reading.as_dict())
        assert told == expected, (now, told, expected)
        self.events += told
        self.expected += expected
        self.compare(now)

    def turn(self, now: datetime) -> None:
        """Let time pass: Home Assistant does so every hour."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour = hour
            self.journal.turn(now)

    def compare(self, now: datetime) -> None:
        """See that what was spent today, this week and this month is the truth."""
        ledger, sums = self.journal.ledger, self.truth.sums
        for period in Period:
            name = _period(period, now)
            for balance in ledger.books:
                spent, true = ledger.spent(balance, period), sums[balance, period, name]
                assert spent == true, (now, balance, period, spent, true)

    def save(self, now: datetime) -> None:
        """Save the journal, as happens every now and then."""
        self._saved = json.dumps(self.journal.as_dict(now), indent=2)
        self.largest = max(self.largest, len(self._saved))
        self.truth.save()

    def restart(self, now: datetime) -> None:
        """Stop and start again: nothing may be lost."""
        self.save(now)
        before = self.journal
        before.turn(now)
        self._start()
        self.journal.turn(now - BEHIND)
        self.journal.turn(now)
        assert self.journal.as_dict(now) == before.as_dict(now)
        assert self.journal.forecasts == before.forecasts
        self.compare(now)

    def crash(self, now: datetime) -> None:
        """Start again without what has happened since the journal was saved."""
        self.truth.crash()
        self._start()
        self.journal.turn(now - BEHIND)

    def _start(self) -> None:
        """Start with what was saved; what was told is noted at once."""
        self.restarts += 1
        spikes = self.journal.spikes
        self.journal = _journal()
        self.journal.restore(json.loads(self._saved))
        assert self.journal.reading is not None
        if self._told:
            told = Reading.from_dict(json.loads(self._told))
            if told.at > self.journal.reading.at:
                self.journal.told = told
        self.journal.spikes = spikes
        self._answer = None


class Year:
    """A year, or a part of it: an account, who uses it, who watches it, and what is planned."""

    def __init__(self, zone: str, begin: date, days: int, seed: int) -> None:
        """Plan what will happen."""
        self._zone = ZoneInfo(zone)
        self._begin = begin
        self._days = days
        self._chance = Random(seed)  # noqa: S311  (to be repeated, not to be secret)
        self._first = self._moment(0, 0).timestamp()
        self._account = BookedAccount(self._moment(0, 0))
        self._life = Life(self._account, self._chance)
        self.observer = Observer(self._account)
        self._is_away = self._is_silent = False
        self._plan: defaultdict[int, list[Callable[[datetime], None]]] = defaultdict(list)
        self._faults: dict[int, str] = {}
        self._gaps: dict[int, str] = {}
        for day in range(days):
            self._plan_day(day)

    def live(self) -> Observer:
        """Let it all happen, one reading after another."""
        self.observer.poll(self._moment(0, 0))
        for index in range(1, self._index(self._days, 0)):
            now = datetime.fromtimestamp(self._first + index * STEP_SECONDS, self._zone)
            self._account.moment = now
            self._life.step(index, now)
            for action in self._plan.pop(index, ()):
                action(now)
            if self._is_away:
                continue
            if self._is_silent:
                self.observer.turn(now)
            elif quota := self._faults.get(index):
                self._poll_with_a_fault(quota, now)
            elif name := self._gaps.get(index):
                self._poll_with_a_gap(name, now)
            else:
                self.observer.poll(now)
        return self.observer

    def _poll_with_a_fault(self, quota: str, now: datetime) -> None:
        """Take a reading in which a counter stands at zero."""
        wallet, key = self._account.data["wallet"], f"{quota}_used"
        used, wallet[key] = wallet[key], 0
        self._poll_without({f"{quota}_remain"}, now)
        wallet[key] = used

    def _poll_with_a_gap(self, name: str, now: datetime) -> None:
        """Take a reading that leaves something out."""
        data = self._account.data
        part = data if name in data else data["wallet"]
        value = part.pop(name)
        # What a counter would have told is seen in what is left.
        self._poll_without(set(GAPS.get(name, ())), now)
        part[name] = value

    def _poll_without(self, hidden: set[str], now: datetime) -> None:
        """Take a reading in which nobody can see what was spent of some balances."""
        self._account.truth.hidden = frozenset(hidden)
        self.observer.poll(now)
        self._account.truth.hidden = frozenset()

    def _plan_day(self, day: int) -> None:
        """Plan what happens at most once a day, and what happens in a month."""
        account, chance = self._account, self._chance
        for quota in COSTS:
            if quota not in ("credit", "sora") and day % 9 == 1:
                amount = round(COSTS[quota][0] * chance.uniform(110, 160), COSTS[quota][1])
                self._at(day, chance.randrange(10, 13), self._top_up, quota, amount)
        if day % 11 == 5:
            self._at(day, chance.randrange(7, 22), self._top_up, "credit", chance.randint(50, 900))
        if day % 17 == 3:
            self._at(day, chance.randrange(8, 12), lambda _: account.disable())
            self._at(day + 1, chance.randrange(13, 20), lambda _: account.enable())
        if day % GIFT_EVERY_DAYS == 1:
            self._at(day, 9, self._give)
        day_of_plan = day % (4 * GIFT_EVERY_DAYS)
        if day_of_plan in (SILENT_FROM, AWAY_FROM):
            self._plan_outage(day, is_away=day_of_plan == AWAY_FROM)
        elif not {day_of_plan - 1, day_of_plan - 2} & {SILENT_FROM, AWAY_FROM}:
            self._plan_trouble(day)
            if day % 18 == 8:
                # While nothing of it is spent: it has no counter to tell one from the other.
                self._at(day, 4, self._top_up, "sora", 1000)

    def _plan_outage(self, day: int, *, is_away: bool) -> None:
        """Plan two days without a reading: the service is out of reach, or nobody is at home."""
        begin = self._chance.randrange(8, 20)
        self._at(day, begin, self._leave if is_away else self._fall_silent)
        self._at(day, 21, self._top_up, "credit", 700)
        self._at(day + 1, 12, self._top_up, "point", 4000)
        self._at(day + 1, 17, lambda _: self._account.disable())
        self._at(day + 2, begin, self._return)
        self._at(day + 2, begin + 2, lambda _: self._account.enable())

    def _plan_trouble(self, day: int) -> None:
        """Plan what goes wrong on a day: never two things at once, so that each can be seen."""
        chance = self._chance
        quota = ("credit", "point", "mj", "llm")[day // 9 % 4]
        hour = chance.randrange(9, 21)
        match day % 9:
            case 0 | 5:
                self._at(day, chance.randrange(24), self._leave)
                self._after(chance.randrange(1, 7), self._return)
            case 1:
                self._plan_crash(day, chance.randrange(8, 22))
            case 2 if day > WINDOW_DAYS:
                self._at(day, hour, self._leak, quota, LEAKED_TASKS, True)
                self._after(2, self._leak, quota, LEAKED_TASKS // 3, False)
                self._at(day, hour + 1, self._leak, quota, LEAKED_TASKS // 2, False)
            case 3:
                self._at(day, 3, lambda _: self._correct(quota))
            case 4:
                self._faults[self._at(day, hour, lambda _: None)] = quota
                if day % 2:
                    self._after(1, self.observer.restart)
            case 6:
                # Down over midnight, and up again before much is used.
                self._at(day, 22, self._leave)
                self._at(day + 1, chance.randrange(1, 6), self._return)
            case 7:
                self._plan_crash(day, 23)
            case 8:
                self._plan_gaps(day, (*GAPS, f"{quota}_used"))

    def _plan_gaps(self, day: int, names: Iterable[str]) -> None:
        """Plan readings that leave something out, an hour apart."""
        for hour, name in enumerate(names, 14):
            self._gaps[self._at(day, hour, lambda _: None)] = name

    def _plan_crash(self, day: int, hour: int) -> None:
        """Plan a crash that makes up to a quarter of an hour be forgotten."""
        self._at(day, hour, self.observer.save)
        self._after(self._chance.randrange(1, 4), self._crash)
        self._after(self._chance.randrange(1, 6), self._return)

    def _at(self, day: int, hour: int, action: Callable[..., None], *arguments: object) -> int:
        """Plan something for an hour of a day, at any minute."""
        self._last = self._index(day, hour) + self._chance.randrange(STEPS_PER_HOUR)
        self._after(0, action, *arguments)
        return self._last

    def _after(self, steps: int, action: Callable[..., None], *arguments: object) -> None:
        """Plan something for so many readings after what was planned last."""
        self._last += steps
        self._plan[self._last].append(
            lambda now: action(*arguments, now) if arguments else action(now)
        )

    def _moment(self, day: int, hour: int) -> datetime:
        """Return when an hour of a day begins."""
        moment = datetime.combine(self._begin, datetime.min.time(), self._zone)
        return moment + timedelta(days=day, hours=hour)

    def _index(self, day: int, hour: int) -> int:
        """Return the first reading of an hour of a day."""
        return int(self._moment(day, hour).timestamp() - self._first) // STEP_SECONDS

    def _top_up(self, quota: str, amount: float, now: datetime) -> None:
        """Top a quota up by hand."""
        self._account.top_up(amount, quota)

    def _give(self, now: datetime) -> None:
        """Buy a pack that begins and ends later."""
        begins = now + GIFT_BEGINS_AFTER
        self._account.buy_pack(GIFT, begins, begins + GIFT_LASTS)

    def _leak(self, quota: str, tasks: int, is_told: bool, now: datetime) -> None:
        """Let a key be used by somebody else; only the first time is told."""
        self._life.leak(quota, tasks)
        if is_told:
            self._account.truth.leaked = AVAILABLE if quota == "credit" else f"{quota}_remain"

    def _correct(self, quota: str) -> None:
        """Make a counter go backwards."""
        if quota == "credit":
            self._account.refund(12.5)
        else:
            self._account.correct(quota, COSTS[quota][0] * 3)

    def _leave(self, now: datetime) -> None:
        """Stop Home Assistant."""
        self.observer.restart(now)
        self._is_away = True

    def _crash(self, now: datetime) -> None:
        """Kill Home Assistant."""
        self.observer.crash(now)
        self._is_away = True

    def _fall_silent(self, now: datetime) -> None:
        """Let the service be out of reach."""
        self._is_silent = True

    def _return(self, now: datetime) -> None:
        """Let there be readings again."""
        self._is_away = self._is_silent = False


def exact(amount: float) -> Decimal:
    """Return an amount as the decimal fraction that it is in the JSON."""
    return Decimal(str(amount))


def remaining(account: SimulatedAccount, balance: str) -> Decimal:
    """Return what is left of a balance."""
    data = account.data
    part = data["credit_pack_info"] if balance == AVAILABLE else data["wallet"]
    return exact(part[balance])


def _journal() -> Journal:
    """Return an empty journal."""
    return Journal(WINDOW_DAYS, SPIKE_MULTIPLE)


def _period(period: Period | None, now: datetime) -> object:
    """Return which hour, day, week or month a local moment is in."""
    match period:
        case Period.TODAY:
            return now.date()
        case Period.THIS_WEEK:
            return now.isocalendar()[:2]
        case Period.THIS_MONTH:
            return (now.year, now.month)
    return int(now.timestamp()) - now.minute * 60


def _data(moment: datetime) -> dict[str, Any]:
    """Return the account of the demo with the quotas in use only, and one pack of credits."""
    demo = demo_data(moment)
    data = {key: demo[key] for key in ("id", "name", "is_enable", "plan", "type", "is_verified")}
    wallet: dict[str, Any] = {"id": 47906, "updated_at": demo["wallet"]["updated_at"]}
    for quota, (cost, digits) in COSTS.items():
        wallet[f"{quota}_remain"] = round(1000 * cost, digits)
        if quota != "sora":
            wallet[f"{quota}_used"] = round(5000 * cost, digits)
        if quota != "llm":
            wallet[f"{quota}_frozen"] = 0
    wallet |= {
        "credit_remain": 5000,
        "credit_used": 0,
        "auto_recharge_enabled": True,
        "auto_recharge_threshold_credit": 2000,
        "auto_recharge_target_credit": 10000,
        "last_auto_recharge_triggered_at": 0,
    }
    info = demo["credit_pack_info"]
    (pack, *_) = info["credit_packs"]
    pack |= {
        "active": True,
        "capacity": 5000,
        "used": 0,
        "effective_at": moment.isoformat(),
        "expired_at": (moment + 40 * DAY).isoformat(),
    }
    info |= {
        "credit_packs_count": 1,
        "total_credits": 5000,
        "frozen_credits": 0,
        "used_credits": 0,
        "expired_credits": 0,
        "inactive_credits": 0,
        "available_credits": 5000,
        "credit_packs": [pack],
    }
    return data | {"equivalent_in_usd": 5, "wallet": wallet, "credit_pack_info": info}
