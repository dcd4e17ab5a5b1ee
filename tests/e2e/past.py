"""A past for an account that has just been added: a month of spend, as the integration keeps it."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from random import Random
from typing import Final

from custom_components.goapi.accounting import AccountState
from custom_components.goapi.accounting.alerts import RECHARGED
from custom_components.goapi.accounting.ledger import HOUR_SECONDS, hour_start
from custom_components.goapi.accounting.state import BalanceState
from custom_components.goapi.api.models import USD

from .client import Client
from .paths import DOMAIN
from .waiting import until

LENGTH: Final = timedelta(days=30)
# What is left lasts so many days.
LASTS_DAYS: Final = (16, 60)
# The hours (UTC) in which jobs run, on working days and at weekends.
BUSY: Final = (range(8, 22), range(11, 16))
# Somewhat more than the account spends in a month.
BUDGET_USD: Final = 20
RELOAD_SECONDS: Final = 30


def give(client: Client, folder: Path, entry_id: str) -> None:
    """Let an account have been watched for a month, with a budget; it is reloaded with that."""
    _wait_for(client, "loaded")
    _set_disabled(client, entry_id, disabled_by="user")
    path = folder / ".storage" / f"{DOMAIN}.{entry_id}"
    stored = json.loads(path.read_text())
    state = AccountState.from_dict(stored["data"])
    state.balances[USD].budget = BUDGET_USD
    for key, balance in state.balances.items():
        # The same money under several names is spent alike.
        rng = Random("credits" if key in RECHARGED else key)  # noqa: S311 (not cryptographic)
        _spend(balance, rng)
        for period, start in state.starts.items():
            balance.ledger.roll_over(period, start)
    path.write_text(json.dumps({**stored, "data": state.as_dict()}))
    _set_disabled(client, entry_id, disabled_by=None)


def _spend(balance: BalanceState, rng: Random) -> None:
    """Book a month of spend; the same for the same balance."""
    remaining = balance.snapshot.remaining if balance.snapshot else 0
    an_hour = remaining / rng.uniform(*LASTS_DAYS) / len(BUSY[0])
    digits = 0 if an_hour > 1 else 4
    present = hour_start(datetime.now(UTC))
    begin = present - int(LENGTH.total_seconds())
    balance.ledger.since = begin
    for hour in range(begin, present, HOUR_SECONDS):
        moment = datetime.fromtimestamp(hour, UTC)
        spent = round(an_hour * rng.uniform(0.2, 1.8), digits)
        if moment.hour in BUSY[moment.weekday() >= 5] and spent:
            balance.ledger.book(spent, hour, 1)


def _set_disabled(client: Client, entry_id: str, *, disabled_by: str | None) -> None:
    """Disable or enable an account, and wait until it is."""
    client.ask({"type": "config_entries/disable", "entry_id": entry_id, "disabled_by": disabled_by})
    _wait_for(client, "not_loaded" if disabled_by else "loaded")


def _wait_for(client: Client, state: str) -> None:
    """Wait until the account is in a state."""
    until(
        lambda: [entry["state"] for entry in client.entries(DOMAIN)] == [state],
        RELOAD_SECONDS,
        f"the account is {state}",
    )
