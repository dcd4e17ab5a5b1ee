"""A child process that is started, watched and surely stopped."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
import signal
import subprocess
from types import FrameType, TracebackType
from typing import Self

from .paths import ROOT


class StartError(Exception):
    """What was started did not come up; the text is for a person."""


class ChildProcess:
    """A process of ours whose output goes to a file."""

    def __init__(
        self, command: Sequence[str], *, log: Path, environment: Mapping[str, str]
    ) -> None:
        """Keep what is needed to start it, again and again."""
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log

    def __enter__(self) -> Self:
        """Do nothing yet: the process is started by `start`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the process."""
        self.stop()

    @property
    def pid(self) -> int | None:
        """The id of the process while it is one of ours."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the process."""
        with self.log.open("ab") as output, _undisturbed():
            self._process = subprocess.Popen(  # noqa: S603 (a command of ours)
                self._command,
                cwd=ROOT,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A Ctrl-C at the terminal is for us alone; we stop the process in our own time.
                start_new_session=True,
            )

    def wait(self, seconds: float) -> int:
        """Wait for the process to end by itself and return its exit code."""
        if self._process is None:
            message = "not started"
            raise RuntimeError(message)
        return self._process.wait(seconds)

    def stop(self, seconds: float = 20) -> None:
        """Ask the process to end, and end it when it has not done so in time."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(seconds)
        self._process = None

    def kill(self) -> None:
        """End the process as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def last_output(self, lines: int = 15) -> str:
        """Return the end of what the process has written."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put signals off: one that raised between the fork and our knowing of it left an orphan."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {
        int(number): signal.signal(number, note)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)
