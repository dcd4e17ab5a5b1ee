"""The tracker: follows an account from answer to answer."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from ..api import Account, ActiveTasks, Balance, Number
from ..api.models import CREDIT_PACKS, CREDITS, POINTS, USD
from .activity import activity, limits, spikes
from .alerts import RECHARGED, evaluate, is_recharge_expected, recharge_is_overdue
from .changes import compare
from .events import Event, most_exact
from .floats import rounded
from .forecast import Forecast, Rhythm, forecast, rhythm
from .ledger import DAY_HOURS, HOUR_SECONDS, Period, hour_start, month_end, period_starts
from .snapshots import Change
from .state import AccountState, BalanceState
from .summary import AccountSummary, BalanceSummary, account_status

# The first of these that an account has when it is set up is its main balance.
MAIN = (USD, CREDIT_PACKS, CREDITS, POINTS)
# How long something may be frozen without a task.
STUCK_SECONDS = DAY_HOURS * HOUR_SECONDS
# How long a clock that is behind may be about to be set right.
CLOCK_DOUBT_SECONDS = HOUR_SECONDS


class Tracker:
    """Follows an account from answer to answer; all moments are given, and are local.

    `window_days` is the number of past days used for the forecast, `spike_multiple` how many times
    the usual spend of an hour is unusual. Events stay in `state.pending` until somebody has
    delivered them.
    """

    def __init__(self, state: AccountState, window_days: int, spike_multiple: float) -> None:
        """Go on from a state."""
        self.state = state
        self._window_hours = window_days * DAY_HOURS
        self._spike_multiple = spike_multiple
        self._rhythms: dict[str, Rhythm] = {}
        self._forecasts: dict[str, Forecast | None] = {}
        self._starts: dict[Period, datetime] = {}
        self._summary: AccountSummary | None = None
        self._behind_since: float | None = None
        self._is_evaluation_due = False

    def update(self, account: Account, now: datetime) -> tuple[AccountSummary, list[Event]]:
        """Take an answer of the service; return all that is known now, and what happened.

        The same answer again costs nothing, unless something is waited for.
        """
        state, last, now = self.state, self._summary, self._believed(now)
        if last is not None and account is last.account and not self._is_waiting():
            state.at = now.timestamp()
            return last, []
        moment, hour = now.timestamp(), hour_start(now)
        self._is_evaluation_due = False
        self._roll_over(now)
        changes = compare(state, account, moment, hour)
        self._book(changes, now)
        state.at = moment
        state.fields += [name for name in account.fields if name not in state.fields]
        self._look_ahead(changes if last else state.balances, now)
        overdue = recharge_is_overdue(state, account, moment)
        events = [
            *activity(state, account, changes, moment),
            *spikes(state, changes, self._forecasts, hour, self._spike_multiple),
            *limits(state, state.balances, self._starts),
            *self._alerts(account, state.balances, moment),
        ]
        state.pending += events
        main = last.main if last and last.main else _main_balance(account)
        return self._summarize(account, main, now, overdue), events

    def advance(self, now: datetime) -> AccountSummary:
        """Let time pass after an update: roll over the periods, refresh the forecasts.

        The forecasts go by the moment of the last answer: an outage is no time of rest.
        """
        now = self._believed(now)
        self._roll_over(now)
        last_answer = datetime.fromtimestamp(self.state.at or now.timestamp(), now.tzinfo)
        self._look_ahead(self.state.balances, last_answer)
        return self._summarize_again(now)

    def set_amount(
        self, key: str, name: str, amount: float, now: datetime, *, is_current: bool
    ) -> tuple[AccountSummary, list[Event]]:
        """Set an amount that is the user's, in the balance's unit; return what `update` returns.

        `name` is that of an attribute of `BalanceState`: `threshold`, `budget` (of a month, 0 is
        none) or `daily_limit` (0 is none). The balance is evaluated at once if the last answer is
        current, else with the next answer.
        """
        setattr(self.state.balances[key], name, rounded(amount))
        account, moment = self._last.account, now.timestamp()
        events: list[Event] = []
        if is_current:
            events += self._alerts(account, [key], moment)
            events += limits(self.state, [key], self._starts)
        self._is_evaluation_due |= not is_current
        self.state.pending += events
        return self._summarize_again(now), events

    def take_tasks(self, tasks: ActiveTasks, now: datetime) -> dict[str, Number]:
        """Take what runs and waits at the last answer; return what is frozen and stuck.

        An amount is stuck if something of its balance was frozen for a day, in which no task ran or
        waited whenever that was known.
        """
        state, moment = self.state, now.timestamp()
        state.providers += [name for name in tasks.providers if name not in state.providers]
        counts = (tasks.running, tasks.waiting)
        stuck: dict[str, Number] = {}
        for key, balance in state.balances.items():
            frozen = balance.snapshot.frozen if balance.snapshot else None
            if not frozen or any(counts):
                balance.stuck_since = None
            elif balance.stuck_since is not None or None not in counts:
                balance.stuck_since = min(balance.stuck_since or moment, moment)
                if moment - balance.stuck_since >= STUCK_SECONDS:
                    stuck[key] = frozen
        return {key: stuck[key] for key in most_exact(stuck)}

    def _is_waiting(self) -> bool:
        """Return whether an answer may mean something else the longer it stays the same."""
        state = self.state
        return (
            self._is_evaluation_due
            or state.recharge_awaited_since is not None
            or state.recharge_due_since is not None
            or any(balance.doubted_since is not None for balance in state.balances.values())
        )

    def _believed(self, now: datetime) -> datetime:
        """Return the moment to go by: a clock that is behind is given an hour to be set right."""
        last, present = self.state.at, now.timestamp()
        if last is None or present >= last:
            self._behind_since = None
            return now
        if self._behind_since is None or present < self._behind_since:
            self._behind_since = present
        if present - self._behind_since < CLOCK_DOUBT_SECONDS:
            return datetime.fromtimestamp(last, now.tzinfo)
        self._behind_since = None
        for balance in self.state.balances.values():
            balance.ledger.set_back(hour_start(now))
        self.state.at = present
        return now

    def _roll_over(self, now: datetime) -> None:
        """Begin the periods that a moment is in."""
        self._starts = period_starts(now)
        for period, begin in self._starts.items():
            start = begin.timestamp()
            if self.state.starts.get(period) != start:
                self.state.starts[period] = start
                for balance in self.state.balances.values():
                    balance.ledger.roll_over(period, start)

    def _book(self, changes: Mapping[str, Change], now: datetime) -> None:
        """Book what was spent since the answer before."""
        hour = hour_start(now)
        before = datetime.fromtimestamp(self.state.at or now.timestamp(), now.tzinfo)
        # Of answers that are minutes apart, the later one's hour has it all; what was spent during
        # an outage was spent in all of its hours.
        span = max((hour - hour_start(before)) // HOUR_SECONDS, 1)
        for key, change in changes.items():
            if change.spent:
                self.state.balances[key].ledger.book(change.spent, hour, span)

    def _look_ahead(self, keys: Iterable[str], now: datetime) -> None:
        """Forecast balances."""
        hour = hour_start(now)
        for key in keys:
            ledger, known = self.state.balances[key].ledger, self._rhythms.get(key)
            if known is None or known.hour != hour:
                known = self._rhythms[key] = rhythm(ledger, hour, self._window_hours)
            self._forecasts[key] = forecast(ledger, known, now.timestamp())

    def _alerts(self, account: Account, keys: Iterable[str], moment: float) -> Iterator[Event]:
        """Evaluate balances and yield the alerts."""
        refilled = RECHARGED if is_recharge_expected(self.state, moment) else ()
        for key in keys:
            balance, sent = self.state.balances[key], account.balances.get(key)
            if sent is None or sent.remaining is None or balance.doubted_since is not None:
                continue
            remaining, is_unused = sent.remaining, balance.alert is None and not sent.is_in_use
            found = evaluate(balance, remaining, moment, is_refill_expected=key in refilled)
            if is_unused:
                # The first use of a quota is no recovery.
                balance.alert = None
            if found is not None:
                limit = balance.threshold
                yield Event(type=found, balance=key, remaining=remaining, threshold=limit)

    @property
    def _last(self) -> AccountSummary:
        """Return what was known at the last answer."""
        if self._summary is None:
            raise RuntimeError("no answer yet")
        return self._summary

    def _summarize_again(self, now: datetime) -> AccountSummary:
        """Return all that is known now, of the last answer."""
        last = self._last
        return self._summarize(last.account, last.main, now, last.recharge_is_overdue)

    def _summarize(
        self, account: Account, main: str | None, now: datetime, overdue: bool | None
    ) -> AccountSummary:
        """Return all that is known."""
        state = self.state
        balances = {
            key: self._summarize_balance(key, balance, account.balances.get(key), now)
            for key, balance in state.balances.items()
        }
        self._summary = AccountSummary(
            account=account,
            fields={key: account.fields.get(key) for key in state.fields},
            balances=balances,
            main=main,
            status=account_status(account, balances.get(main) if main else None),
            recharge_is_overdue=overdue,
            expiring=tuple(pack for pack in account.packs or () if pack.can_expire(now)),
            starts=self._starts,
        )
        return self._summary

    def _summarize_balance(
        self, key: str, balance: BalanceState, sent: Balance | None, now: datetime
    ) -> BalanceSummary:
        """Return all that is known of a balance."""
        parts = sent.parts if sent else {}
        is_known = parts.get("remaining") is not None
        remaining = balance.remaining or 0
        since, spent = balance.low_since, balance.ledger.sums
        made = self._forecasts.get(key)
        rest = made.expected(month_end(now).timestamp()) if made else None
        return BalanceSummary(
            key=key,
            parts={part: parts.get(part) for part in balance.parts},
            is_in_use=sent is not None and sent.is_in_use,
            is_low=since is not None if is_known else None,
            is_empty=is_known and remaining <= 0,
            low_since=datetime.fromtimestamp(since, now.tzinfo) if since is not None else None,
            threshold=balance.threshold,
            budget=balance.budget,
            daily_limit=balance.daily_limit,
            spent=dict(spent),
            burn_rate=made.burn_rate if made else None,
            runs_out=made.runs_out(remaining) if made else None,
            projected_spend=None if rest is None else rounded(spent[Period.THIS_MONTH] + rest),
        )


def _main_balance(account: Account) -> str | None:
    """Return the balance that speaks for an account, None if it has none of them."""
    for key in MAIN:
        if (balance := account.balances.get(key)) and balance.remaining is not None:
            return key
    return None
