"""The integration in a real Home Assistant, over HTTP from end to end."""

from typing import Any

import pytest

from . import flows
from .homeassistant import HomeAssistant
from .log import problems
from .paths import DOMAIN
from .simulator import SimulatorProcess
from .waiting import until

BALANCE = "sensor.demo_studio_balance"
CREDITS = "sensor.demo_studio_credits_remaining"
# A poll that is asked for soon after another one waits for ten seconds.
POLL_SECONDS = 30


@pytest.fixture
def account(home_assistant: HomeAssistant, simulator: SimulatorProcess) -> dict[str, Any]:
    """Add the simulated account and return its entry."""
    return flows.add(home_assistant.client, simulator.answers)


def poll_until(home_assistant: HomeAssistant, entity_id: str, state: str) -> None:
    """Poll the account and wait for an entity to be in a state."""
    client = home_assistant.client
    client.call("homeassistant.update_entity", entity_id=entity_id)
    until(lambda: client.state(entity_id) == state, POLL_SECONDS, f"{entity_id} is {state}")


def unique_ids(home_assistant: HomeAssistant) -> dict[str, str]:
    """Return the unique id of each of the integration's entities."""
    entities = home_assistant.client.entities(DOMAIN)
    return {entity["entity_id"]: entity["unique_id"] for entity in entities}


def test_wrong_key_is_refused_in_the_form_and_right_key_adds_the_account(
    home_assistant: HomeAssistant, simulator: SimulatorProcess
) -> None:
    """A user mistypes the key, is told so, and gets it right."""
    client = home_assistant.client
    with pytest.raises(flows.FlowError) as refused:
        flows.add(client, {**simulator.answers, "api_key": "mistyped"})
    assert refused.value.code == "invalid_auth"
    assert client.entries(DOMAIN) == []

    entry = flows.add(client, simulator.answers)

    assert entry["title"] == "Demo studio"
    account = simulator.account()
    assert float(client.state(BALANCE) or "nan") == account["equivalent_in_usd"]
    assert float(client.state(CREDITS) or "nan") == account["wallet"]["credit_remain"]
    assert unique_ids(home_assistant)[BALANCE] == f"{account['id']}_equivalent_in_usd"


def test_account_cannot_be_added_twice(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    """Another key of the same account is still the same account."""
    simulator.do("add_key", key="another-key")
    with pytest.raises(flows.FlowError) as refused:
        flows.add(home_assistant.client, {**simulator.answers, "api_key": "another-key"})
    assert refused.value.code == "already_configured"


def test_spending_is_seen_at_the_next_poll(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    """The wallet changes, Home Assistant asks, the state changes."""
    simulator.do("set", path="wallet.credit_remain", value=3)
    poll_until(home_assistant, CREDITS, "3")


def test_restart_keeps_the_account_and_all_entities(
    home_assistant: HomeAssistant, account: dict[str, Any]
) -> None:
    """Home Assistant comes back with the same entry, entity ids and unique ids."""
    client = home_assistant.client
    before = unique_ids(home_assistant)
    states = {entity_id: client.state(entity_id) for entity_id in before}
    assert before

    home_assistant.restart()

    assert [entry["entry_id"] for entry in client.entries(DOMAIN)] == [account["entry_id"]]
    assert unique_ids(home_assistant) == before
    assert {entity_id: client.state(entity_id) for entity_id in before} == states


def test_pulled_plug_is_logged_once_and_recovered_from(
    home_assistant: HomeAssistant,
    simulator: SimulatorProcess,
    account: dict[str, Any],
    expected_problems: list[str],
) -> None:
    """The service goes away, comes back with a fault and at last answers well."""
    balance = home_assistant.client.state(BALANCE)
    simulator.stop()
    poll_until(home_assistant, BALANCE, "unavailable")

    simulator.start()
    simulator.do("fail", fault="server_error")
    home_assistant.client.call("homeassistant.update_entity", entity_id=BALANCE)
    until(simulator.requests, POLL_SECONDS, "a poll meets the fault")
    assert home_assistant.client.state(BALANCE) == "unavailable"

    simulator.do("recover")
    assert balance
    poll_until(home_assistant, BALANCE, balance)

    # The log is written by a thread of its own.
    until(lambda: "recovered" in home_assistant.log_text, POLL_SECONDS, "the log tells the end")
    (line,) = problems(home_assistant.log_text)
    assert "ERROR" in line
    assert "Demo studio" in line
    expected_problems.append(line)
    assert home_assistant.log_text.count("recovered") == 1
