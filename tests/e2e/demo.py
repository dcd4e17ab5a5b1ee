"""Serves Home Assistant with the integration and an account that it watches, as scripts/demo does.

What it needs from one run to the next is in its folder: Home Assistant's configuration and notes.
"""

import argparse
from contextlib import ExitStack
import fcntl
import hashlib
import json
import os
from pathlib import Path
import shutil
import signal
import sys
import time
from types import FrameType
from typing import Any, Final, NoReturn

from . import dashboard, extras, flows, past
from .client import ApiError
from .configuration import PASSWORD, USERNAME
from .homeassistant import HomeAssistant
from .paths import DOMAIN, ROOT
from .ports import free_port, is_free
from .process import StartError
from .simulator import SimulatorProcess

SIMULATOR_KEY: Final = "goapi-demo-key"
SIMULATOR_PORT: Final = 8124
# A step in the simulated account's life, and (in minutes) how often Home Assistant looks at it.
DRAIN_SECONDS: Final = 2
SCAN_INTERVAL: Final = 1
TEND_SECONDS: Final = 0.5
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

EPILOG: Final = """\
environment:
  GOAPI_API_KEY   watch the account of this key instead of a simulated one
  GOAPI_SERVICE   whose key it is: goapi (the default) or piapi
  GOAPI_BASE_URL  the address of another service that speaks the same API
"""


class DemoError(Exception):
    """The demo cannot be served; the text says why."""


class Interrupted(BaseException):
    """Somebody asked the demo to stop."""


class Notes:
    """What a run of the demo leaves for the next one."""

    def __init__(self, folder: Path) -> None:
        """Read the notes of the run before."""
        self._path = folder / "demo.json"
        self._notes: dict[str, Any] = {}
        if self._path.exists():
            self._notes = json.loads(self._path.read_text())

    def get(self, name: str) -> Any:
        """Return a note, None without one."""
        return self._notes.get(name)

    def keep(self, **notes: object) -> None:
        """Keep notes."""
        self._notes.update(notes)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._notes))


def main(arguments: list[str] | None = None) -> int:
    """Serve the demo until somebody stops it, and return the exit code."""
    options = _parser().parse_args(arguments)
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as stack:
            try:
                _serve(options.folder, options.port, stack, reset=options.reset)
            finally:
                _ignore_signals()
    except Interrupted:
        _tell("stopped")
        return 0
    except (DemoError, StartError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1


def _serve(folder: Path | None, port: int, stack: ExitStack, *, reset: bool) -> NoReturn:
    """Start all that the demo consists of; the stack stops it again."""
    answers = _answers_of_environment()
    simulated = answers is None
    folder = folder or ROOT / ".demo" / ("simulator" if simulated else "account")
    if not is_free(port):
        message = f"port {port} is in use: stop what listens there, or choose one with --port"
        raise DemoError(message)
    _keep_others_out(folder, stack)
    _make_room(folder, reset=reset)
    notes = Notes(folder)
    if notes.get("simulated") not in (None, simulated):
        message = f"{folder} shows another kind of account: use --reset, or another folder"
        raise DemoError(message)
    # What does not come up at the first start leaves nothing behind.
    stack.callback(_remove_unless_ready, folder)
    notes.keep(simulated=simulated)

    simulator = None
    if answers is None:
        simulator = _simulator(folder, notes.get("simulator_port"), avoid=port)
        notes.keep(simulator_port=simulator.port)
        stack.enter_context(simulator).start()
        answers = simulator.answers

    _tell("starting Home Assistant")
    home_assistant = stack.enter_context(HomeAssistant(folder, port, trusted=True))
    home_assistant.start()
    try:
        _configure(home_assistant, notes, answers, simulator)
    except (ApiError, flows.FlowError) as error:
        message = f"the account could not be added: {error}"
        raise DemoError(message) from error
    notes.keep(ready=True)

    account = f"simulated, at {simulator.url}" if simulator else "the one of GOAPI_API_KEY"
    _tell(
        f"Home Assistant {home_assistant.client.get('config')['version']} is ready\n"
        f"  Address  http://localhost:{port}\n"
        f"  Log-in   {USERNAME} / {PASSWORD} (not asked for on this machine)\n"
        f"  Account  {account}\n"
        f"  Folder   {folder}\n"
        "Ctrl-C stops it."
    )
    while True:
        time.sleep(TEND_SECONDS)
        home_assistant.tend()
        if simulator:
            simulator.tend()


def _configure(
    home_assistant: HomeAssistant,
    notes: Notes,
    answers: dict[str, str],
    simulator: SimulatorProcess | None,
) -> None:
    """Add the account, or give the one that was added before its present key and address.

    A simulated one gets a past with it, so that there is a forecast to look at, and everything
    that is optional.
    """
    client = home_assistant.client
    fingerprint = hashlib.sha256(json.dumps(answers).encode()).hexdigest()
    entry_ids = [entry["entry_id"] for entry in client.entries(DOMAIN)]
    if (entry_id := notes.get("entry_id")) not in entry_ids:
        entry_id = flows.add(client, answers)["entry_id"]
        if simulator is not None:
            past.give(client, home_assistant.folder, entry_id)
            options = {"scan_interval": SCAN_INTERVAL}
            notes.keep(notices=extras.turn_on(home_assistant, simulator, entry_id, options))
    elif notes.get("fingerprint") != fingerprint:
        flows.reconfigure(client, entry_id, answers)
    if simulator is not None and (notices := notes.get("notices")):
        extras.send_notices(home_assistant, simulator, notices)
    if not notes.get("dashboard"):
        dashboard.create(client)
    notes.keep(entry_id=entry_id, fingerprint=fingerprint, dashboard=True)


def _answers_of_environment() -> dict[str, str] | None:
    """Return what the configuration dialog is answered with, None for the simulator."""
    if not (key := os.environ.get("GOAPI_API_KEY")):
        return None
    if url := os.environ.get("GOAPI_BASE_URL"):
        return {"api_key": key, "service": "other", "url": url}
    service = os.environ.get("GOAPI_SERVICE", "goapi")
    if service not in ("goapi", "piapi"):
        message = "GOAPI_SERVICE is goapi or piapi; another service has a GOAPI_BASE_URL"
        raise DemoError(message)
    return {"api_key": key, "service": service}


def _simulator(folder: Path, port: int | None, *, avoid: int) -> SimulatorProcess:
    """Return a simulator on the port that the account was added with, if it can be had."""
    port = port or SIMULATOR_PORT
    if port == avoid or not is_free(port):
        port = free_port()
    return SimulatorProcess(folder, port, SIMULATOR_KEY, drain=DRAIN_SECONDS)


def _keep_others_out(folder: Path, stack: ExitStack) -> None:
    """Hold the folder for this run; raise DemoError where another run has it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = stack.enter_context((folder.parent / f".{folder.name}.lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        message = f"another demo is using {folder}: stop it, or choose another --folder"
        raise DemoError(message) from None


def _make_room(folder: Path, *, reset: bool) -> None:
    """Remove what is not to be used again; touch no folder that is not a demo's."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / "demo.json").exists():
        message = f"{folder} is not a demo's folder: choose another one"
        raise DemoError(message)
    if reset:
        shutil.rmtree(folder)
    else:
        _remove_unless_ready(folder)


def _remove_unless_ready(folder: Path) -> None:
    if folder.exists() and not Notes(folder).get("ready"):
        shutil.rmtree(folder)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise Interrupted


def _ignore_signals() -> None:
    """Let the stopping not be interrupted; it is bounded by itself."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Serves Home Assistant with this integration and an account.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=8123, help="port of Home Assistant (8123)")
    parser.add_argument("--reset", action="store_true", help="forget all earlier runs")
    parser.add_argument(
        "--folder", type=Path, help="where to keep it all (.demo/simulator or .demo/account)"
    )
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError("must be from 1 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
