"""A phone is notified of low credits: the blueprint in a real Home Assistant, end to end."""

from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from threading import Thread
import time
from typing import Any, override

import pytest

from . import flows
from .configuration import HOST
from .conftest import KEY
from .homeassistant import HomeAssistant
from .log import problems
from .paths import BLUEPRINTS
from .simulator import SimulatorProcess
from .waiting import until

BLUEPRINT = BLUEPRINTS / "automation" / "goapi" / "low_credits.yaml"
AUTOMATION = "automation.notify_of_low_credits"
CREDITS = "sensor.demo_studio_credits_remaining"
LOW = "binary_sensor.demo_studio_credits_low"
THRESHOLD = "number.demo_studio_credits_low_threshold"
TOP_UP_PAGE = "https://piapi.ai/workspace"

# A poll that is asked for soon after another one waits for ten seconds.
POLL_SECONDS = 30
# From a change in Home Assistant to a notification; after a start there are five more.
PUSH_SECONDS = 15
# How long nothing must come for us to say that nothing comes.
SILENCE_SECONDS = 2
SILENCE_AFTER_START_SECONDS = 9


class Phone:
    """The server that pushes notifications to a phone; the blueprint can be had from it, too."""

    def __init__(self) -> None:
        """Listen on a port of its own."""
        self._came: list[dict[str, Any]] = []
        phone = self

        class Handler(BaseHTTPRequestHandler):
            """Answers what Home Assistant asks."""

            def do_POST(self) -> None:
                """Take a notification."""
                length = int(self.headers["Content-Length"])
                phone._came.append(json.loads(self.rfile.read(length)))
                self._answer(HTTPStatus.CREATED, "application/json", b"{}")

            def do_GET(self) -> None:
                """Hand out the blueprint."""
                self._answer(HTTPStatus.OK, "text/yaml", BLUEPRINT.read_bytes())

            def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            @override
            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,))
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def one(self) -> dict[str, Any]:
        """Wait for a notification, and see that it is the only one."""
        until(lambda: self._came, PUSH_SECONDS, "a notification")
        self.silence()
        (push,) = self._came
        self._came = []
        return push

    def silence(self, seconds: float = SILENCE_SECONDS) -> None:
        """See that no further notification comes."""
        before = list(self._came)
        time.sleep(seconds)
        assert self._came == before

    def none(self, seconds: float = SILENCE_SECONDS) -> None:
        """See that no notification comes."""
        self.silence(seconds)
        assert self._came == []


@pytest.fixture
def phone(home_assistant: HomeAssistant, simulator: SimulatorProcess) -> Iterator[Phone]:
    """Return a phone that an automation notifies of the account's credits."""
    phone = Phone()
    try:
        answers = {"api_key": KEY, "service": "other", "url": simulator.url}
        flows.add(home_assistant.client, answers)
        automate(home_assistant, phone, register(home_assistant, phone))
        yield phone
    finally:
        phone.close()


def register(home_assistant: HomeAssistant, phone: Phone) -> str:
    """Register a phone as the app does, and return the id of its device."""
    client = home_assistant.client
    client.post(
        "mobile_app/registrations",
        {
            "app_data": {"push_url": f"{phone.url}/push", "push_token": "token"},
            "app_id": "io.homeassistant.test",
            "app_name": "Home Assistant",
            "app_version": "2026.11",
            "device_id": "ann",
            "device_name": "Ann's phone",
            "manufacturer": "Google",
            "model": "Pixel",
            "os_name": "Android",
            "os_version": "17",
            "supports_encryption": False,
        },
    )

    return until(lambda: client.device("Ann's phone"), PUSH_SECONDS, "the phone's device")


def automate(home_assistant: HomeAssistant, phone: Phone, device: str) -> None:
    """Import the blueprint and make an automation of it, as the dialogs do."""
    client = home_assistant.client
    url = f"{phone.url}/low_credits.yaml"
    (imported,) = client.ask({"type": "blueprint/import", "url": url})
    assert imported["validation_errors"] is None
    path = f"{imported['suggested_filename']}.yaml"
    client.ask(
        {
            "type": "blueprint/save",
            "domain": "automation",
            "path": path,
            "yaml": imported["raw_data"],
            "source_url": url,
        }
    )
    (listed,) = client.ask({"type": "blueprint/list", "domain": "automation"})
    assert "error" not in listed[path]
    client.post(
        "config/automation/config/low_credits",
        {
            "alias": "Notify of low credits",
            "use_blueprint": {
                "path": path,
                "input": {
                    "low_sensors": [LOW],
                    "phones": [device],
                    "top_up_url": TOP_UP_PAGE,
                    # None is due during a test, whatever happens in it.
                    "remind_hours": 24,
                },
            },
        },
    )
    until(lambda: client.state(AUTOMATION) == "on", PUSH_SECONDS, "the automation is on")


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
