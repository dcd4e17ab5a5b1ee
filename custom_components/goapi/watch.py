"""Watch an account: judge its balances at each new answer, and tell what crossed a line."""

from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .alerts import AlertType, async_tell
from .api import Account
from .balances import PRIMARY, RECHARGED, balances, default_threshold, primary_balance
from .issues import ACCOUNT_DISABLED, AUTO_RECHARGE_OVERDUE, async_update_issue
from .memory import AccountMemory
from .rules import (
    AccountStatus,
    Judgement,
    account_status,
    is_low,
    recharge_is_due,
    recharge_is_overdue,
)

# No account has nearly as many; a server that makes up new ones must not fill the memory.
MAX_BALANCES = 250
# How long a service may leave the primary balance out before another one is it.
PRIMARY_MISSED_FOR = timedelta(days=1)


class AccountWatch:
    """Judges the balances of an account against their thresholds.

    What it judged is remembered over restarts, so that each crossing of a line is told once. What
    it sees for the first time is judged and not told.
    """

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, memory: AccountMemory, interval: timedelta
    ) -> None:
        """Prepare to watch an account that is polled at this interval."""
        self.memory = memory
        self.judgements: dict[str, Judgement] = {}
        self.status: AccountStatus | None = None
        self.recharge_overdue: bool | None = None
        self._hass = hass
        self._entry = entry
        self._interval = interval
        self._account: Account | None = None

    def threshold(self, key: str) -> float:
        """Return where the warning of a balance begins, in the balance's unit."""
        return self.memory.thresholds.get(key, default_threshold(key))

    @callback
    def async_set_threshold(self, account: Account, key: str, threshold: float) -> None:
        """Set where the warning of a balance begins, and judge it at once."""
        self.memory.thresholds[key] = threshold
        self.memory.async_schedule_save()
        self._judge(account)

    @callback
    def async_update(self, account: Account) -> bool:
        """Judge an answer of the service; return whether an unchanged one is judged differently.

        The same answer again changes nothing, but that a recharge which is due may be overdue, and
        that a primary balance may be missed for too long.
        """
        unchanged = account is self._account
        primary = self.primary
        if not unchanged or self._is_missed_for_long():
            self._choose_primary(account)
        if unchanged and self.memory.recharge_due_since is None and self.primary == primary:
            return False
        self._account = account
        before = (self.recharge_overdue, dict(self.judgements))
        self._judge(account)
        return unchanged and before != (self.recharge_overdue, self.judgements)

    @property
    def primary(self) -> str | None:
        """Return the key of the balance that speaks for the account, None if it has none."""
        return self.memory.primary

    def _is_missed_for_long(self) -> bool:
        """Tell whether the service has left out the primary balance for long enough."""
        since = self.memory.primary_missed_since
        return since is not None and dt_util.utcnow() - since >= PRIMARY_MISSED_FOR

    @callback
    def _choose_primary(self, account: Account) -> None:
        """Choose the primary balance; a gap in the answers does not change it."""
        memory, now = self.memory, dt_util.utcnow()
        best, present, missed_since = primary_balance(account), memory.primary, None
        if present is not None and (best is None or PRIMARY.index(best) > PRIMARY.index(present)):
            # By a clock that was ahead it was not missed yet.
            missed_since = min(memory.primary_missed_since or now, now)
            if best is None or now - missed_since < PRIMARY_MISSED_FOR:
                best = present
        if (best, missed_since) != (present, memory.primary_missed_since):
            memory.primary, memory.primary_missed_since = best, missed_since
            memory.async_schedule_save()

    @callback
    def _judge(self, account: Account) -> None:
        """Judge everything there is to judge."""
        now = dt_util.utcnow()
        recharge_expected = self._judge_recharge(account, now)
        for key, remaining in balances(account):
            patient = recharge_expected and key in RECHARGED
            self._judge_balance(key, remaining, now, patient=patient)
        # A balance that is no longer sent is unknown, and not what it was.
        for key in self.judgements.keys() - account.fields.keys():
            self._judge_balance(key, None, now, patient=False)
        primary = self.judgements.get(self.primary) if self.primary else None
        self.status = account_status(
            account, self.primary, primary_is_low=primary.low if primary else None
        )
        enabled = account.fields.get("is_enable")
        issues = {
            ACCOUNT_DISABLED: not enabled if isinstance(enabled, bool) else None,
            AUTO_RECHARGE_OVERDUE: self.recharge_overdue,
        }
        for name, present in issues.items():
            async_update_issue(self._hass, self._entry, name, present=present)

    @callback
    def _judge_recharge(self, account: Account, now: datetime) -> bool:
        """Judge whether a recharge is overdue; return whether one is still expected."""
        due = recharge_is_due(account)
        if due is None:
            self.recharge_overdue = None
            return False
        since = None
        if due:
            since = self.memory.recharge_due_since or now
            triggered = account.fields.get("last_auto_recharge_triggered_at")
            if isinstance(triggered, datetime):
                # One that came and was not enough is followed by another, with time of its own.
                since = max(since, min(triggered, now))
        if since != self.memory.recharge_due_since:
            self.memory.recharge_due_since = since
            self.memory.async_schedule_save()
        self.recharge_overdue = recharge_is_overdue(since, now, self._interval)
        return due and not self.recharge_overdue

    @callback
    def _judge_balance(
        self, key: str, remaining: float | None, now: datetime, *, patient: bool
    ) -> None:
        """Judge one balance; a patient judge waits with a new warning."""
        memory = self.memory
        threshold = self.threshold(key)
        since = memory.low_since.get(key)
        if remaining is None:
            self.judgements[key] = Judgement(None, threshold, since)
            return
        first = key not in memory.low_since
        if first and len(memory.low_since) >= MAX_BALANCES:
            return
        was_low = since is not None
        was_empty = key in memory.empty
        low = is_low(remaining, threshold, was_low=was_low) and (was_low or not patient)
        empty = low and is_low(remaining, 0, was_low=was_empty)
        if low != was_low:
            since = now if low else None
        self.judgements[key] = Judgement(remaining, threshold, since)
        if first or low != was_low or empty != was_empty:
            memory.low_since[key] = since
            (memory.empty.add if empty else memory.empty.discard)(key)
            memory.async_schedule_save()
        if first:
            return
        alert = None
        if empty and not was_empty:
            alert = AlertType.EMPTY
        elif low != was_low:
            alert = AlertType.LOW if low else AlertType.RECOVERED
        if alert is not None:
            async_tell(self._hass, self._entry, alert, key, self.judgements[key])
