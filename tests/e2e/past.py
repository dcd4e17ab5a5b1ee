"""A past for an account that has just been added: a month of spend, as the integration keeps it."""

from datetime import UTC, datetime
from decimal import Decimal
import json
from pathlib import Path
from random import Random
from typing import Any, Final

from custom_components.goapi.api.models import parse_account
from custom_components.goapi.balances import RECHARGED
from custom_components.goapi.journal import Journal
from custom_components.goapi.ledger import HOUR_SECONDS, hour_start

from .client import Client
from .paths import DOMAIN
from .waiting import until

DAYS: Final = 30
# What is left lasts so many days.
LASTS_DAYS: Final = (16, 60)
# The hours (UTC) in which jobs run, on working days and at weekends.
BUSY: Final = (range(8, 22), range(11, 16))
STOP_SECONDS: Final = 30


def give(client: Client, folder: Path, entry_id: str, account: dict[str, Any]) -> None:
    """Let an account have been watched for a month; it is reloaded with that."""
    _wait_for(client, "loaded")
    _set_disabled(client, entry_id, disabled_by="user")
    content = {
        "version": 1,
        "minor_version": 1,
        "key": f"{DOMAIN}.{entry_id}.history",
        "data": _journal(account),
    }
    path = folder / ".storage" / f"{DOMAIN}.{entry_id}.history"
    path.write_text(json.dumps(content))
    _set_disabled(client, entry_id, disabled_by=None)


def _set_disabled(client: Client, entry_id: str, *, disabled_by: str | None) -> None:
    """Disable or enable an account, and wait until it is."""
    client.ask({"type": "config_entries/disable", "entry_id": entry_id, "disabled_by": disabled_by})
    _wait_for(client, "not_loaded" if disabled_by else "loaded")


def _wait_for(client: Client, state: str) -> None:
    """Wait until the account is in a state."""
    until(
        lambda: [entry["state"] for entry in client.entries(DOMAIN)] == [state],
        STOP_SECONDS,
        f"the account is {state}",
    )


def _journal(account: dict[str, Any]) -> dict[str, Any]:
    """Return a month of spend; the same for the same account."""
    now = datetime.now(UTC)
    journal = Journal(window_days=7, spike_multiple=5)
    journal.enter(parse_account(account), now)
    present = hour_start(now)
    assert journal.reading is not None
    for key, book in journal.ledger.books.items():
        # The same money under several names is spent alike.
        rng = Random("credits" if key in RECHARGED else key)  # noqa: S311 (no secret depends on it)
        remain = journal.reading.levels[key].remain
        an_hour = remain / rng.uniform(*LASTS_DAYS) / len(BUSY[0])
        digits = 0 if remain > 100 else 4
        book.since -= DAYS * 24 * HOUR_SECONDS
        for hour in range(present - DAYS * 24 * HOUR_SECONDS, present, HOUR_SECONDS):
            moment = datetime.fromtimestamp(hour, UTC)
            busy = moment.hour in BUSY[moment.weekday() >= 5]
            spent = Decimal(str(round(an_hour * rng.uniform(0.2, 1.8), digits)))
            if busy and spent:
                book.add(hour, spent, 1)
    return journal.as_dict(now)
