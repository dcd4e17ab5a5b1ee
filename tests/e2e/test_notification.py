"""A phone is notified of low credits: the blueprint in a real Home Assistant, end to end."""

from collections.abc import Iterator

import pytest

from . import flows
from .homeassistant import HomeAssistant
from .log import problems
from .phone import (
    AUTOMATION,
    CREDITS,
    LOW,
    THRESHOLD,
    TOP_UP_PAGE,
    Phone,
    notified,
)
from .simulator import SimulatorProcess
from .waiting import until

# A poll that is asked for soon after another one waits for ten seconds.
POLL_SECONDS = 30
# How long nothing must come after a start for us to say that nothing comes.
SILENCE_AFTER_START_SECONDS = 9


@pytest.fixture
def phone(home_assistant: HomeAssistant, simulator: SimulatorProcess) -> Iterator[Phone]:
    """Return a phone that an automation notifies of the account's credits."""
    flows.add(home_assistant.client, simulator.answers)
    with notified(home_assistant) as registered:
        yield registered


def set_threshold(home_assistant: HomeAssistant, value: float) -> None:
    """Set the threshold of the credits, as its field on the device page does."""
    home_assistant.client.call("number.set_value", entity_id=THRESHOLD, value=value)


def poll_until(home_assistant: HomeAssistant, entity_id: str, state: str) -> None:
    """Poll the account and wait for an entity to be in a state."""
    client = home_assistant.client
    client.call("homeassistant.update_entity", entity_id=CREDITS)
    until(lambda: client.state(entity_id) == state, POLL_SECONDS, f"{entity_id} is {state}")


def test_phone_is_notified_once_of_low_credits_and_once_of_the_top_up(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, phone: Phone
) -> None:
    """The wallet is used up in small steps; one of them crosses the threshold."""
    set_threshold(home_assistant, 1000)
    assert simulator.account()["wallet"]["credit_remain"] == 12840
    for amount, left in ((6840, 6000), (4900, 1100)):
        simulator.do("spend", amount=amount)
        poll_until(home_assistant, CREDITS, str(left))
    phone.none()

    simulator.do("spend", amount=150)
    poll_until(home_assistant, LOW, "on")
    push = phone.one()
    assert push["title"] == "Demo studio: Credits low"
    assert push["message"] == "950 credits left, the threshold is 1,000 credits."
    assert push["data"]["tag"] == f"goapi-{LOW}"
    assert push["data"]["actions"] == [{"action": "URI", "title": "Top up", "uri": TOP_UP_PAGE}]

    # Further down, and up again by less than matters.
    simulator.do("spend", amount=50)
    poll_until(home_assistant, CREDITS, "900")
    simulator.do("top_up", amount=150)
    poll_until(home_assistant, CREDITS, "1050")
    phone.none()

    simulator.do("top_up", amount=10000)
    poll_until(home_assistant, LOW, "off")
    push = phone.one()
    assert push["title"] == "Demo studio: Credits no longer low"
    assert push["message"] == "11,050 credits left."


def test_restart_and_outage_while_low_notify_of_nothing(
    home_assistant: HomeAssistant,
    simulator: SimulatorProcess,
    phone: Phone,
    expected_problems: list[str],
) -> None:
    """A threshold that is raised above the balance is reported once and never again."""
    client = home_assistant.client
    set_threshold(home_assistant, 20000)
    assert phone.one()["message"] == "12,840 credits left, the threshold is 20,000 credits."
    state = client.state_object(LOW)
    assert state
    assert state["state"] == "on"

    home_assistant.restart()
    until(lambda: client.state(LOW) == "on", POLL_SECONDS, "the alert is on again")
    assert client.state(AUTOMATION) == "on"
    phone.none(SILENCE_AFTER_START_SECONDS)
    again = client.state_object(LOW)
    assert again
    assert again["attributes"] == state["attributes"]

    simulator.stop()
    poll_until(home_assistant, LOW, "unavailable")
    simulator.start()
    poll_until(home_assistant, LOW, "on")
    phone.none()

    set_threshold(home_assistant, 100)
    assert phone.one()["title"] == "Demo studio: Credits no longer low"
    (line,) = problems(home_assistant.log_text)
    assert "Demo studio" in line
    expected_problems.append(line)


def test_what_happens_unseen_is_reported_once_when_it_is_seen(
    home_assistant: HomeAssistant,
    simulator: SimulatorProcess,
    phone: Phone,
    expected_problems: list[str],
) -> None:
    """The credits are used up while Home Assistant is down, and return during an outage."""
    client = home_assistant.client
    home_assistant.stop()
    simulator.do("spend", amount=12840)
    home_assistant.start()
    push = phone.one()
    assert push["title"] == "Demo studio: Credits used up"
    assert push["message"] == "Nothing is left. Top up before jobs fail."
    phone.none(SILENCE_AFTER_START_SECONDS)
    assert client.state(LOW) == "on"

    simulator.do("fail", fault="server_error")
    poll_until(home_assistant, LOW, "unavailable")
    simulator.do("top_up", amount=500)
    simulator.do("recover")
    poll_until(home_assistant, LOW, "off")
    assert phone.one()["message"] == "500 credits left."
    (line,) = problems(home_assistant.log_text)
    expected_problems.append(line)
