"""A phone that is notified of low credits, by an automation of the blueprint."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from threading import Thread
import time
from typing import Any, Final, override

from .configuration import HOST
from .homeassistant import HomeAssistant
from .paths import BLUEPRINTS
from .waiting import until

BLUEPRINT: Final = BLUEPRINTS / "automation" / "goapi" / "low_credits.yaml"
AUTOMATION: Final = "automation.notify_of_low_credits"
CREDITS: Final = "sensor.demo_studio_credits_remaining"
LOW: Final = "binary_sensor.demo_studio_credits_low"
THRESHOLD: Final = "number.demo_studio_credits_low_threshold"
TOP_UP_PAGE: Final = "https://piapi.ai/workspace"

# From a change in Home Assistant to a notification; after a start there are five more.
PUSH_SECONDS: Final = 15
# How long nothing must come for us to say that nothing comes.
SILENCE_SECONDS: Final = 2


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


@contextmanager
def notified(home_assistant: HomeAssistant) -> Iterator[Phone]:
    """Register a phone, and make an automation of the blueprint that notifies it."""
    phone = Phone()
    try:
        _automate(home_assistant, phone, _register(home_assistant, phone))
        yield phone
    finally:
        phone.close()


def _register(home_assistant: HomeAssistant, phone: Phone) -> str:
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


def _automate(home_assistant: HomeAssistant, phone: Phone, device: str) -> None:
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
