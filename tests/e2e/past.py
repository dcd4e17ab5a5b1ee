"""A past for an account that has just been added: a month of spend, and what graphs show of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate
import json
from pathlib import Path
from random import Random
import time
from typing import Any, Final

from homeassistant.components.recorder.models import StatisticMeanType

from custom_components.goapi.accounting import AccountState
from custom_components.goapi.accounting.alerts import RECHARGED
from custom_components.goapi.accounting.ledger import HOUR_SECONDS, hour_start
from custom_components.goapi.accounting.state import BalanceState
from custom_components.goapi.api.models import USD

from . import history
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
LONG_BEFORE_SECONDS: Final = 365 * 24 * HOUR_SECONDS
# The entities of a balance, by their translation keys, that show its spend and what is left.
SPENT: Final = ("used", "spent_today", "spent_this_week", "spent_this_month")
LEFT: Final = ("remaining", "balance")


def give(client: Client, folder: Path, entry_id: str) -> None:
    """Let an account have been watched for a month, with a budget.

    It is reloaded with its ledgers. Its sensors get statistics of a month and states of a week.
    """
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
    for entity, balance in _of_balances(client, state):
        if entity["translation_key"] in SPENT:
            _write_statistics(client, entity["entity_id"], balance.ledger.hours)
        if entity["translation_key"] in LEFT:
            _write_history(client, folder, entity["entity_id"], balance.ledger.hours)


def _of_balances(
    client: Client, state: AccountState
) -> Iterator[tuple[dict[str, Any], BalanceState]]:
    """Yield the enabled entities of each balance that was spent.

    Those of US dollars belong to the account's own device.
    """
    (devices,) = client.ask({"type": "config/device_registry/list"})
    identifiers = {device["id"]: dict(device["identifiers"]).get(DOMAIN, "") for device in devices}
    for entity in client.entities(DOMAIN):
        key = identifiers[entity["device_id"]].partition("_")[2] or USD
        balance = state.balances.get(key)
        if entity["disabled_by"] is None and balance and balance.ledger.hours:
            yield entity, balance


def _write_statistics(client: Client, entity_id: str, hours: Mapping[int, float]) -> None:
    """Give a sensor the sums of a month: they end at zero, where the recorder's own begin.

    The first one belongs to a time that no graph shows, as there it seems to be a change.
    """
    sums = accumulate(hours.values(), initial=-sum(hours.values()))
    starts = (min(hours) - LONG_BEFORE_SECONDS, *hours)
    found = client.state_object(entity_id)
    assert found
    client.ask(
        {
            "type": "recorder/import_statistics",
            "metadata": {
                "has_sum": True,
                "mean_type": StatisticMeanType.NONE,
                "name": None,
                "source": "recorder",
                "statistic_id": entity_id,
                "unit_class": None,
                "unit_of_measurement": found["attributes"].get("unit_of_measurement"),
            },
            "stats": [
                {"start": datetime.fromtimestamp(hour, UTC).isoformat(), "sum": total}
                for hour, total in zip(starts, sums, strict=True)
            ],
        }
    )


def _write_history(
    client: Client, folder: Path, entity_id: str, hours: Mapping[int, float]
) -> None:
    """Give a sensor a week of states: what is left now, and what was spent since then."""
    now, left = time.time(), float(client.state(entity_id) or 0)

    def left_at(moment: float) -> float:
        # Of the hour that it is in, the later part.
        return left + sum(
            spent * min(1, (hour + HOUR_SECONDS - moment) / HOUR_SECONDS)
            for hour, spent in hours.items()
            if hour + HOUR_SECONDS > moment
        )

    history.write(folder, entity_id, lambda ago: round(left_at(now - ago * HOUR_SECONDS), 2))


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
