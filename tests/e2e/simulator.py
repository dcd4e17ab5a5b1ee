"""The simulator in a process of its own."""

import os
from pathlib import Path
import sys
from typing import Any, Final, override
from urllib.error import URLError

from .client import request_json
from .configuration import HOST
from .process import ChildProcess, StartError
from .waiting import until

START_TIMEOUT: Final = 30
PAGE_SIZE: Final = 100


class SimulatorProcess(ChildProcess):
    """A GoAPI service on loopback, with one account."""

    def __init__(self, folder: Path, port: int, key: str, *, drain: float | None = None) -> None:
        """Serve an account with this key, which a later process for the same folder goes on with.

        `drain` uses it up, a step every so many seconds.
        """
        self.key = key
        self.port = port
        self.url = f"http://{HOST}:{port}"
        command = [
            *(sys.executable, "-m", "tests.simulator", "--port", str(port), "--key", key),
            *("--file", str(folder.resolve() / "simulator.json")),
        ]
        if drain:
            command += ["--drain", str(drain)]
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(command, log=folder / "simulator.log", environment=os.environ)

    @override
    def start(self) -> None:
        """Start the simulator and wait until it answers."""
        super().start()
        try:
            until(self._answers, START_TIMEOUT, "the simulator answers")
        except TimeoutError as error:
            raise StartError(f"{error}\n{self.last_output()}") from error

    @property
    def answers(self) -> dict[str, str]:
        """What a user enters to add the account."""
        return {"api_key": self.key, "service": "other", "url": self.url}

    def do(self, action: str, **arguments: object) -> dict[str, Any]:
        """Change the account or the service, for example `do("spend", amount=5)`."""
        state: dict[str, Any] = request_json("POST", f"{self.url}/simulator/{action}", arguments)
        return state

    def account(self) -> dict[str, Any]:
        """Return the account as the service has it."""
        state = request_json("GET", f"{self.url}/simulator/state")
        account: dict[str, Any] = state["accounts"][self.key]
        return account

    def history(self) -> list[dict[str, Any]]:
        """Return the rows of all tasks, the newest first."""
        rows: list[dict[str, Any]] = []
        while True:
            page = len(rows) // PAGE_SIZE + 1
            answer = request_json(
                "GET",
                f"{self.url}/api/open/tasks/histories?page={page}&page_size={PAGE_SIZE}",
                headers={"x-api-key": self.key},
            )
            rows += answer["data"]["data"]
            if len(rows) < page * PAGE_SIZE:
                return rows

    def requests(self) -> int:
        """Return how often the service was asked since its start."""
        count: int = request_json("GET", f"{self.url}/simulator/state")["requests"]
        return count

    def tend(self) -> None:
        """Raise StartError if it ended by itself."""
        if self.exit_code is not None:
            message = f"the simulator ended with {self.exit_code}:\n{self.last_output()}"
            raise StartError(message)

    def _answers(self) -> bool:
        self.tend()
        try:
            request_json("GET", f"{self.url}/simulator/state")
        except URLError, OSError:
            return False
        return True
