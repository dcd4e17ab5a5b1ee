"""Runs the simulator until it is told to stop."""

import argparse
import asyncio
import json
from pathlib import Path
import signal
import sys

from . import notices
from .account import SimulatedAccount
from .clock import now
from .demo import DEMO_KEY
from .drain import Drain
from .server import Simulator

# The file is written at each step, and must not grow for ever.
MAX_ROWS = 3000


def main() -> None:
    """Serve the demo account as the command line says."""
    asyncio.run(_serve(_parser().parse_args()))


async def _serve(options: argparse.Namespace) -> None:
    """Serve until a signal comes."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    account = _load(options.file)
    drain = Drain(account)
    noticing = asyncio.create_task(notices.send_regularly(account)) if options.drain else None
    simulator = Simulator({options.key: account})
    await simulator.start(options.port)
    sys.stdout.write(f"GoAPI simulator on {simulator.url} with key {options.key}\n")
    sys.stdout.flush()
    while not stopped.is_set():
        _save(account, options.file)
        try:
            async with asyncio.timeout(options.drain):
                await stopped.wait()
        except TimeoutError:
            account.pass_time()
            drain.step()
            del account.history[:-MAX_ROWS]
    if noticing:
        noticing.cancel()
    await simulator.stop()
    drain.stop()
    _save(account, options.file)


def _load(path: Path | None) -> SimulatedAccount:
    """Return the account as it was when the simulator stopped, or a new one."""
    if path is None or not path.exists():
        return SimulatedAccount.demo(now())
    return SimulatedAccount(**json.loads(path.read_text()))


def _save(account: SimulatedAccount, path: Path | None) -> None:
    """Keep the account for the next start; the file is whole at any moment."""
    if path is not None:
        written = path.with_suffix(".new")
        written.write_text(json.dumps({"data": account.data, "history": account.history}))
        written.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulator", description="A local server that behaves like GoAPI."
    )
    parser.add_argument("--port", type=int, default=8124, help="port to listen on")
    parser.add_argument("--key", default=DEMO_KEY, help="API key of the account")
    parser.add_argument("--file", type=Path, help="keep the account here until the next start")
    parser.add_argument(
        "--drain",
        type=float,
        metavar="SECONDS",
        help="use the wallet up, one step every so many seconds, and send notices",
    )
    return parser


if __name__ == "__main__":
    main()
