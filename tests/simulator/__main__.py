"""Runs the simulator until it is told to stop."""

import argparse
import asyncio
import signal
import sys

from .account import SimulatedAccount
from .clock import now
from .demo import DEMO_KEY
from .drain import Drain
from .server import Simulator


def main(arguments: list[str] | None = None) -> None:
    """Serve the demo account as the command line says."""
    asyncio.run(_serve(_parser().parse_args(arguments)))


async def _serve(options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)

    simulator = Simulator({options.key: SimulatedAccount.demo(now())})
    try:
        await simulator.start(options.host, options.port)
    except OSError as error:
        sys.exit(f"Cannot listen on {options.host}:{options.port}: {error.strerror}")
    try:
        sys.stdout.write(f"GoAPI simulator on {simulator.url} with key {options.key}\n")
        sys.stdout.flush()
        async with asyncio.TaskGroup() as group:
            drain = None
            if options.drain is not None:
                use = Drain(simulator.account, options.seed)
                drain = group.create_task(use.run(options.drain))
            await stopped.wait()
            if drain is not None:
                drain.cancel()
    finally:
        await simulator.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulator", description="A local server that behaves like GoAPI."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8124, help="port to listen on, 0 for any")
    parser.add_argument("--key", default=DEMO_KEY, help="API key of the demo account")
    parser.add_argument(
        "--drain",
        type=_seconds,
        metavar="SECONDS",
        help="use the wallet up, one step every so many seconds",
    )
    parser.add_argument("--seed", type=int, help="make the draining repeatable")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be above zero")
    return seconds


if __name__ == "__main__":
    main()
