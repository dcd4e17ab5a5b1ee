"""Test what is kept of an account: that it survives JSON, and that nonsense is refused."""

from collections.abc import Callable
from dataclasses import fields
import json
from typing import Any

import pytest

from homeassistant.helpers.json import prepare_save_json

from custom_components.goapi.accounting import AccountState
from custom_components.goapi.accounting.state import BalanceState
from custom_components.goapi.api import ActiveTasks, CreditPack, ProviderTasks
from custom_components.goapi.api.models import CREDIT_PACKS, USD

from .follow import DAY, HOUR, MJ, NOW, Follower, parts

PACK = CreditPack(id="7", active=True, capacity=100, left=40, ends_at=NOW + 9 * DAY)


def all_of(saved: dict[str, Any]) -> set[str]:
    """Return the names of all that a saved state holds, where it holds something."""
    parts_of = [saved, *saved["balances"].values()]
    return {
        name for part in parts_of for name, value in part.items() if value not in (None, [], {})
    }


@pytest.fixture
def busy() -> AccountState:
    """Return the state of an account to which everything happened."""
    follower = Follower()
    known = {"is_enable": True, "last_auto_recharge_triggered_at": NOW - HOUR, "plan": "pro"}
    for hour in range(30):
        quota = parts(100 - hour * 1.25, hour * 1.25, 0)
        packs = parts(900 - hour, 5 + hour) | {"expired": 7, "total": 1000, "inactive": 0}
        balances = {USD: parts(90 - hour / 10), MJ: quota, CREDIT_PACKS: packs}
        follower.see(balances, known, (PACK,), after=HOUR)
    recharge = {
        "auto_recharge_enabled": True,
        "auto_recharge_threshold_credit": 5000,
        "last_auto_recharge_triggered_at": NOW + 30 * HOUR,
        "is_enable": False,
    }
    # The counter of the packs is doubted, dollars are left out, and much is spent at once.
    quota, packs = parts(0, 90, 10), parts(800, 0)
    follower.see({MJ: quota, CREDIT_PACKS: packs, "llm_remain": {"remaining": None}}, recharge)
    follower.tracker.set_amount(MJ, "threshold", 0.5, follower.now, is_current=True)
    follower.tracker.set_amount(MJ, "budget", 12.75, follower.now, is_current=True)
    follower.tracker.set_amount(MJ, "daily_limit", 1.25, follower.now, is_current=True)
    follower.tracker.take_tasks(ActiveTasks({"kling": ProviderTasks(0, 0)}), follower.now)
    return follower.state


def test_everything_survives_json(busy: AccountState) -> None:
    """What was saved, as Home Assistant saves it or in other JSON, is what is restored."""
    saved = busy.as_dict()
    names = {field.name for kind in (AccountState, BalanceState) for field in fields(kind)}
    assert all_of(saved) == names
    for text in (json.dumps(saved), prepare_save_json(saved)[1]):
        restored = AccountState.from_dict(json.loads(text))
        assert restored == busy
        assert restored.as_dict() == saved


def test_what_was_saved_before_there_were_limits_and_tasks_is_kept(busy: AccountState) -> None:
    """Nobody loses a ledger to a new version."""
    saved = json.loads(json.dumps(busy.as_dict()))
    del saved["providers"]
    for balance in saved["balances"].values():
        for name in ("daily_limit", "limit_day", "stuck_since"):
            del balance[name]
    for event in saved["pending"]:
        del event["limit"]
    restored = AccountState.from_dict(saved)
    assert restored.balances[MJ].ledger == busy.balances[MJ].ledger
    assert (restored.balances[MJ].daily_limit, restored.providers) == (0, [])


def test_what_was_saved_does_not_change_with_the_state(busy: AccountState) -> None:
    """It may be written later."""
    saved = busy.as_dict()
    text = json.dumps(saved)
    busy.pending.clear()
    busy.balances[MJ].ledger.hours.clear()
    assert json.dumps(saved) == text


def test_a_new_account_has_nothing() -> None:
    """Dollars warn at five, everything else when it is empty."""
    state = AccountState()
    assert AccountState.from_dict(json.loads(json.dumps(state.as_dict()))) == state
    assert [state.balance(key, 5.5).threshold for key in (USD, MJ)] == [5, 0]
    assert state.balance(MJ, 99).ledger.since == 5
    assert state.balance(MJ, 99).remaining is None


type Damage = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "damage",
    [
        lambda saved: saved.pop("balances"),
        lambda saved: saved.pop("pending"),
        lambda saved: saved.update(balances=[]),
        lambda saved: saved.update(balances={MJ: 5}),
        lambda saved: saved.update(starts={"yesterday": 5}),
        lambda saved: saved.update(starts={"today": "long ago"}),
        lambda saved: saved.update(packs={"7": [1, 2, 3]}),
        lambda saved: saved.update(unseen_by_dollars=None),
        lambda saved: saved.update(pending=[{"type": "exploded"}]),
        lambda saved: saved.update(pending=[{"type": "low", "colour": "red"}]),
        lambda saved: saved.update(pending=5),
        lambda saved: saved.update(of_a_later_version=5),
        lambda saved: saved["balances"][MJ].pop("ledger"),
        lambda saved: saved["balances"][MJ].update(alert="dire"),
        lambda saved: saved["balances"][MJ].update(snapshot=[5]),
        lambda saved: saved["balances"][MJ]["ledger"].update(since="long ago"),
        lambda saved: saved["balances"][MJ]["ledger"].update(hours={"noon": 5}),
        lambda saved: saved["balances"][MJ]["ledger"].update(hours={"0": "many"}),
        lambda saved: saved["balances"][MJ]["ledger"].update(sums={}),
    ],
)
def test_what_cannot_have_been_saved_is_refused(busy: AccountState, damage: Damage) -> None:
    """It raises what the store is prepared for."""
    saved = json.loads(json.dumps(busy.as_dict()))
    damage(saved)
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        AccountState.from_dict(saved)


@pytest.mark.parametrize("saved", [{}, [], "text", 5, None])
def test_what_is_no_state_is_refused(saved: Any) -> None:
    """Whatever the file holds."""
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        AccountState.from_dict(saved)
