"""A Home Assistant process."""

from http import HTTPStatus
import os
from pathlib import Path
import sys
from typing import Any, Final, override
from urllib.error import URLError

from .client import ApiError, Client
from .configuration import Access, prepare
from .process import ChildProcess, StartError
from .waiting import until

RESTART_EXIT_CODE: Final = 100
START_TIMEOUT: Final = 120


class HomeAssistant(ChildProcess):
    """Home Assistant with a configuration folder of its own, and this checkout installed."""

    def __init__(
        self, folder: Path, port: int, *, trusted: bool = False, language: str = "en"
    ) -> None:
        """Prepare the folder; `trusted` lets a browser on this machine in without logging in."""
        # Absolute, since the process has a working folder of its own.
        self.folder = folder.resolve()
        self.access: Access = prepare(self.folder, port, trusted=trusted, language=language)
        self.client = Client(self.access)
        super().__init__(
            [
                *(sys.executable, "-m", "homeassistant", "--config", str(self.folder)),
                *("--skip-pip", "--log-no-color"),
            ],
            log=self.folder / "console.log",
            environment=_environment(),
        )

    @property
    def url(self) -> str:
        """The address that the server is bound to."""
        return self.access.url

    @property
    def log_text(self) -> str:
        """What this and earlier processes have logged to the console."""
        return self.log.read_text(errors="replace")

    @override
    def start(self) -> None:
        """Start Home Assistant and wait until it runs."""
        super().start()
        self.wait_until_running()

    def wait_until_running(self) -> None:
        """Wait until all has been set up; an answering web server alone does not mean that."""
        try:
            config = until(self._running_config, START_TIMEOUT, "Home Assistant runs")
        except TimeoutError as error:
            raise StartError(f"{error}\n{self.last_output()}") from error
        if config["recovery_mode"]:
            message = f"Home Assistant came up in recovery mode:\n{self.last_output()}"
            raise StartError(message)

    def restart(self) -> None:
        """Let Home Assistant restart itself, as a user would, and wait until it runs again."""
        self.client.call("homeassistant.restart")
        code = self.wait(START_TIMEOUT)
        if code != RESTART_EXIT_CODE:
            message = f"Home Assistant ended with {code}:\n{self.last_output()}"
            raise StartError(message)
        self.start()

    def tend(self) -> None:
        """Start it again if a user restarted it; raise StartError if it ended by itself."""
        if self.exit_code == RESTART_EXIT_CODE:
            super().start()
        elif self.exit_code is not None:
            message = f"Home Assistant ended with {self.exit_code}:\n{self.last_output()}"
            raise StartError(message)

    def _running_config(self) -> dict[str, Any] | None:
        self.tend()
        try:
            config: dict[str, Any] = self.client.get("config")
        except URLError, OSError:
            return None
        except ApiError as error:
            # The server answers before the API does.
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return config if config["state"] == "RUNNING" else None


def _environment() -> dict[str, str]:
    """Return our environment without what would slow Home Assistant down or reach into it."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "SUPERVISOR", "SETUP_PORT")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in unwanted and not name.startswith(("GOAPI_", "HA_"))
    }
    # Without it the custom_components of the working folder would be those of any configuration.
    return {**kept, "PYTHONSAFEPATH": "1"}
