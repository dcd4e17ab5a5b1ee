"""Spend, forecast and expiry in a real Home Assistant that is stopped and started."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from . import flows, past
from .homeassistant import HomeAssistant
from .paths import DOMAIN
from .simulator import SimulatorProcess
from .waiting import until

ACTIVITY = "event.demo_studio_account_activity"
BURN_RATE = "sensor.demo_studio_burn_rate"
RUNS_OUT = "sensor.demo_studio_balance_runs_out"
SPENT_TODAY = "sensor.demo_studio_spent_today"
STORE_LIMIT = 200_000
# Events are delivered some seconds after the start.
DELIVERY_SECONDS = 30


@pytest.fixture
def account(home_assistant: HomeAssistant, simulator: SimulatorProcess) -> dict[str, Any]:
    """Add the simulated account, with a month of spend, and return its entry."""
    entry = flows.add(home_assistant.client, simulator.answers)
    past.give(home_assistant.client, home_assistant.folder, entry["entry_id"])
    return entry


def refresh(home_assistant: HomeAssistant) -> dict[str, Any]:
    """Fetch the account at once, and return the numbers."""
    path = f"services/{DOMAIN}/refresh?return_response"
    response: dict[str, Any] = home_assistant.client.post(path)["service_response"]
    return response


def activity(home_assistant: HomeAssistant) -> tuple[str, Any, Any]:
    """Return when what happened last, and how much it was."""
    state = home_assistant.client.state_object(ACTIVITY)
    assert state is not None
    attributes = state["attributes"]
    return state["state"], attributes.get("event_type"), attributes.get("amount")


def test_spend_forecast_and_activity_survive_restarts(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    """What is spent and topped up before and during a restart is counted and reported once."""
    client = home_assistant.client
    runs_out = datetime.fromisoformat(client.state(RUNS_OUT) or "")
    assert timedelta(days=5) < runs_out - datetime.now(UTC) < timedelta(days=100)
    assert float(client.state(BURN_RATE) or "nan") > 0
    before = float(client.state(SPENT_TODAY) or "nan")

    simulator.do("spend", amount=20)
    refresh(home_assistant)
    assert float(client.state(SPENT_TODAY) or "nan") == pytest.approx(before + 0.02)
    assert activity(home_assistant)[1] is None

    home_assistant.stop()
    simulator.do("spend", amount=50)
    simulator.do("top_up", amount=5000)
    home_assistant.start()

    until(lambda: activity(home_assistant)[1], DELIVERY_SECONDS, "the top-up is reported")
    reported = activity(home_assistant)
    assert reported[1:] == ("topped_up", 5000)
    assert float(client.state(SPENT_TODAY) or "nan") == pytest.approx(before + 0.07)

    home_assistant.restart()
    refresh(home_assistant)
    assert activity(home_assistant) == reported
    assert float(client.state(SPENT_TODAY) or "nan") == pytest.approx(before + 0.07)
    file = home_assistant.folder / ".storage" / f"{DOMAIN}.{account['entry_id']}"
    assert file.stat().st_size < STORE_LIMIT


def test_packs_are_in_the_calendar(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    """Each pack that ends with something in it is an all-day entry."""
    start = datetime.now(UTC)
    end = start + timedelta(days=365)
    entries = home_assistant.client.get(
        f"calendars/calendar.demo_studio_credit_expiry?start={start:%Y-%m-%dT%H:%M:%SZ}"
        f"&end={end:%Y-%m-%dT%H:%M:%SZ}"
    )
    packs = simulator.account()["credit_pack_info"]["credit_packs"]
    active = [pack for pack in packs if pack["active"]]
    assert [entry["start"]["date"] for entry in entries] == sorted(
        datetime.fromisoformat(pack["expired_at"]).astimezone(UTC).date().isoformat()
        for pack in active
    )
    assert "1,600 credits" in entries[0]["summary"]


def test_actions_answer(home_assistant: HomeAssistant, account: dict[str, Any]) -> None:
    """A script can ask what is left, and whether that is enough."""
    client = home_assistant.client
    numbers = refresh(home_assistant)
    assert numbers["account"] == "Demo studio"
    path = f"services/{DOMAIN}/can_afford?return_response"
    for amount, affordable in ((1, True), (1_000_000, False)):
        answer = client.post(path, {"balance": "credit", "amount": amount})["service_response"]
        assert answer["affordable"] is affordable
