"""The demo, started and stopped as a user does it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
import json
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest

from .client import Client, request_json
from .configuration import HOST, PASSWORD, USERNAME, Access
from .conftest import KEY
from .log import problems
from .paths import DOMAIN, ROOT
from .ports import free_port, is_free
from .simulator import SimulatorProcess
from .waiting import until

# The script itself where this is the environment that it makes; elsewhere what it runs in there.
COMMAND = (
    [str(ROOT / "scripts" / "demo")]
    if Path(sys.prefix) == ROOT / ".venv-demo"
    else [sys.executable, "-m", "tests.e2e.demo"]
)
BALANCE = "sensor.demo_studio_balance"
RUNNING = "sensor.demo_studio_running_tasks"
RUNS_OUT = "sensor.demo_studio_balance_runs_out"


@dataclass
class Demo:
    """One run of the demo."""

    folder: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def start(self) -> None:
        """Start the process."""
        inherited = {name: value for name, value in os.environ.items() if name[:6] != "GOAPI_"}
        self.output = self.folder.parent / "output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(  # noqa: S603 (a command of ours)
                [*COMMAND, "--folder", str(self.folder), "--port", str(self.port), *self.options],
                cwd=ROOT,
                env={**inherited, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def text(self) -> str:
        """What it has printed."""
        return self.output.read_text()

    def serve(self) -> Client:
        """Start the process, wait until it says that it is ready, and return a client."""
        self.start()
        until(lambda: "Ctrl-C" in self.text or self.process.poll() is not None, 120, "the demo")
        assert self.process.poll() is None, self.text
        assert f"http://localhost:{self.port}\n" in self.text
        return Client(Access(**json.loads((self.folder / "access.json").read_text())))

    def children(self) -> list[int]:
        """Return the ids of the processes that it has started."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def stop(self, number: int = signal.SIGINT) -> None:
        """Send a signal; it ends well, and so does all that it has started."""
        children = self.children()
        assert children
        self.process.send_signal(number)
        assert self.process.wait(60) == 0, self.text
        assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
        assert is_free(self.port)

    def stored_options(self) -> dict[str, Any]:
        """Return the options that Home Assistant has stored for the account."""
        stored = json.loads((self.folder / ".storage" / "core.config_entries").read_text())
        (entry,) = (each for each in stored["data"]["entries"] if each["domain"] == DOMAIN)
        options: dict[str, Any] = entry["options"]
        return options


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """Return a demo that has not been started."""
    demo = Demo(tmp_path / "demo")
    yield demo
    if hasattr(demo, "process") and demo.process.poll() is None:
        demo.process.terminate()
        demo.process.wait(60)


def log_in(port: int, handler: str, **answer: str) -> str:
    """Log in as the page does; return how that ended."""
    url = f"http://{HOST}:{port}"
    flow = request_json(
        "POST",
        f"{url}/auth/login_flow",
        {"client_id": f"{url}/", "handler": [handler, None], "redirect_uri": f"{url}/"},
    )
    if answer:
        path = f"{url}/auth/login_flow/{flow['flow_id']}"
        flow = request_json("POST", path, {"client_id": f"{url}/", **answer})
    result: str = flow["type"]
    return result


def test_demo_shows_a_wallet_and_is_used_again(demo: Demo) -> None:
    """A first run sets all up, a second one finds it as it was, and none leaves a process."""
    client = demo.serve()
    assert float(client.state(BALANCE) or "nan") > 0
    assert str(client.state(RUNS_OUT)).startswith("20")
    (entry,) = client.entries(DOMAIN)
    entities = client.entities(DOMAIN)
    config, system_data = client.ask(
        {"type": "lovelace/config", "url_path": "goapi-demo"},
        {"type": "frontend/get_system_data", "key": "core"},
    )
    assert config == {"strategy": {"type": "custom:goapi"}}
    assert system_data["value"]["default_panel"] == "goapi-demo"
    assert log_in(demo.port, "trusted_networks") == "create_entry"
    assert (
        log_in(demo.port, "homeassistant", username=USERNAME, password=PASSWORD) == "create_entry"
    )
    demo.stop(signal.SIGINT)
    options = demo.stored_options()
    assert options.pop("webhook_id")
    assert options == {
        "scan_interval": 1,
        "forecast_days": 7,
        "spike_multiple": 5,
        "running_tasks": True,
        "usage_by_model": True,
        "notices": True,
    }

    client = demo.serve()
    assert [entry["entry_id"]] == [again["entry_id"] for again in client.entries(DOMAIN)]
    # More come with each provider that has its first task.
    assert {entity["id"] for entity in entities} <= {
        entity["id"] for entity in client.entities(DOMAIN)
    }
    assert float(client.state(BALANCE) or "nan") > 0
    demo.stop(signal.SIGTERM)
    assert problems((demo.folder / "console.log").read_text()) == []


def numbers(client: Client) -> tuple[float, float]:
    """Fetch the account; return what is left of its US dollars, and what was spent this month."""
    answer = client.post(f"services/{DOMAIN}/refresh?return_response")["service_response"]
    dollars = answer["balances"]["equivalent_in_usd"]
    return dollars["remaining"], dollars["spent_this_month"]


def test_second_run_goes_on_with_the_account_of_the_first(demo: Demo) -> None:
    """The simulated account is kept like its history: what was topped up is not spent."""
    client = demo.serve()
    port = json.loads((demo.folder / "demo.json").read_text())["simulator_port"]
    request_json("POST", f"http://{HOST}:{port}/simulator/top_up", {"amount": 50_000})
    remaining, spent = numbers(client)
    assert remaining > 50
    demo.stop()

    again, spent_since = numbers(demo.serve())
    demo.stop()
    assert again > 50
    assert spent_since - spent == pytest.approx(remaining - again)


def test_reset_begins_anew(demo: Demo) -> None:
    """Nothing of the run before is left, not even the account's entry."""
    (before,) = demo.serve().entries(DOMAIN)
    demo.stop()
    demo.options = ("--reset",)
    (after,) = demo.serve().entries(DOMAIN)
    demo.stop()
    assert before["entry_id"] != after["entry_id"]


def test_restart_from_the_user_interface_does_not_end_the_demo(demo: Demo) -> None:
    """Home Assistant ends with the code that asks for a restart, and is started again."""
    client = demo.serve()
    before = demo.children()
    client.call("homeassistant.restart")
    until(lambda: set(demo.children()) - set(before), 60, "another process")
    until(lambda: not is_free(demo.port), 60, "the server is back")
    demo.stop()


def test_account_and_simulator_find_each_other_on_other_ports(demo: Demo) -> None:
    """The simulator's port is taken, and Home Assistant is to have another one."""
    demo.serve()
    demo.stop()
    notes = json.loads((demo.folder / "demo.json").read_text())
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, notes["simulator_port"]))
        other.listen()
        demo.port = free_port()
        client = demo.serve()
    assert len(client.entries(DOMAIN)) == 1
    until(lambda: client.state(BALANCE) not in ("unavailable", "unknown"), 30, "the wallet is back")
    port = json.loads((demo.folder / "demo.json").read_text())["simulator_port"]
    notice = {"type": "mj_bot_banned"}
    answer = request_json("POST", f"http://{HOST}:{port}/simulator/notice", notice)
    assert answer["result"] == HTTPStatus.OK
    demo.stop()


def test_real_account_is_shown_with_the_key_of_the_environment(
    demo: Demo, simulator: SimulatorProcess
) -> None:
    """With a key in the environment no simulator is started, and the key is kept once only."""
    demo.environment = {"GOAPI_API_KEY": KEY, "GOAPI_BASE_URL": simulator.url}
    client = demo.serve()
    assert len(demo.children()) == 1
    assert float(client.state(BALANCE) or "nan") == simulator.account()["equivalent_in_usd"]
    until(lambda: client.state(RUNNING), 30, "its running tasks")
    demo.stop()
    written = [path for path in demo.folder.rglob("*") if path.is_file()]
    assert [path.name for path in written if KEY.encode() in path.read_bytes()] == [
        "core.config_entries"
    ]
    assert KEY not in demo.text


def test_wrong_key_ends_the_demo_with_the_reason_and_nothing_half_made(
    demo: Demo, simulator: SimulatorProcess
) -> None:
    """The error is the text of the configuration dialog, and the folder is gone again."""
    demo.environment = {"GOAPI_API_KEY": "mistyped", "GOAPI_BASE_URL": simulator.url}
    demo.start()
    assert demo.process.wait(120) == 1
    assert "refused this API key" in demo.text
    assert "Traceback" not in demo.text
    assert not demo.folder.exists()
    assert is_free(demo.port)


def test_busy_port_is_named(demo: Demo) -> None:
    """Nothing is started beside a server that is there already."""
    with socket.socket() as other:
        other.bind((HOST, demo.port))
        other.listen()
        demo.start()
        assert demo.process.wait(60) == 1
    assert f"port {demo.port} is in use" in demo.text
    assert not demo.folder.exists()


def test_running_demo_is_left_alone(demo: Demo) -> None:
    """A second run, even one that resets, takes nothing from one that is running."""
    demo.serve()
    for port, reason in ((demo.port, "is in use"), (free_port(), "another demo is using")):
        second = Demo(demo.folder, port=port, options=("--reset",))
        second.start()
        assert second.process.wait(60) == 1
        assert reason in second.text
        assert (demo.folder / "demo.json").exists()
    demo.stop()


def test_interrupted_first_start_leaves_nothing(demo: Demo) -> None:
    """Ctrl-C while Home Assistant is coming up stops it, and the next run begins anew."""
    demo.start()
    until(lambda: "starting Home Assistant" in demo.text, 60, "the start")
    until(lambda: len(demo.children()) == 2, 30, "both processes")
    demo.stop()
    assert not demo.folder.exists()


def test_folder_of_somebody_else_is_left_alone(demo: Demo) -> None:
    """A folder without a demo's notes is not touched, not even by a reset."""
    demo.folder.mkdir()
    (demo.folder / "letter.txt").write_text("dear")
    demo.start()
    assert demo.process.wait(60) == 1
    assert "is not a demo's folder" in demo.text
    assert [path.name for path in demo.folder.iterdir()] == ["letter.txt"]
