"""Measures what a poll costs: a bare GET, this integration and `rest` side by side."""

import argparse
import asyncio
from collections.abc import Callable
import gc
import logging
from math import inf
import platform
from random import Random
from statistics import median
import sys
import time
from typing import Final, NamedTuple

import aiohttp
from yarl import URL

from homeassistant.const import EVENT_STATE_CHANGED, __version__
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback

from . import home, server
from .home import Setting, Subject
from .server import Scenario

ROUNDS: Final = 80
POLLS: Final = 10
# A missed requirement is measured again, with so many times the rounds in all at most, and no
# longer than this.
PATIENCE: Final = 4
PATIENCE_SECONDS: Final = 120

MAX_RATIO: Final = 1.2
# Running tasks are another request, in the background.
MAX_RATIO_WITH_TASKS: Final = 3.5
MAX_BALANCE_SHARE: Final = 0.3
FLAG_CHANGES: Final = ["status", "verified"]

SETTINGS: Final = (
    Setting("Every entity enabled, running tasks off", True, False, MAX_RATIO),
    Setting("As installed, running tasks off", False, False, MAX_RATIO),
    Setting("As installed", False, True, MAX_RATIO_WITH_TASKS),
)


class Cost(NamedTuple):
    """Seconds for one poll."""

    cpu: float
    wall: float


class Requirement(NamedTuple):
    """What was measured and what it may be at most."""

    text: str
    measured: float
    limit: float

    @property
    def is_met(self) -> bool:
        """Return whether the figure is within its limit."""
        return self.measured <= self.limit


class Measurements:
    """The costs of all subjects in all scenarios, one figure for each round."""

    def __init__(self, balances: int, max_ratio: float = MAX_RATIO) -> None:
        """Start with nothing measured of an account with so many balances."""
        self.labels: dict[str, str] = {}
        self.states: dict[tuple[Scenario, str], int] = {}
        self._balances = balances
        self._max_ratio = max_ratio
        self._costs: dict[tuple[Scenario, str], list[Cost]] = {}

    def add(self, scenario: Scenario, key: str, cost: Cost) -> None:
        """Add the cost of one more round."""
        self._costs.setdefault((scenario, key), []).append(cost)

    @property
    def rounds(self) -> int:
        """Return how many rounds there were."""
        return len(self._costs[Scenario.UNCHANGED, "bare"])

    def costs(self, scenario: Scenario, key: str) -> list[Cost]:
        """Return the cost of each round, none where a subject is not measured."""
        return self._costs.get((scenario, key), [])

    def ratio(self, scenario: Scenario, key: str, read: Callable[[Cost], float]) -> float:
        """Return the median of the rounds' ratios to a bare GET.

        Each round is compared with itself: a machine that is busy for a while is so for both.
        """
        pairs = zip(self.costs(scenario, key), self.costs(scenario, "bare"), strict=True)
        return median(read(cost) / read(bare) for cost, bare in pairs)

    def requirements(self) -> list[Requirement]:
        """Return what has to hold; CPU time, as waiting for the server flatters everybody."""
        accounting = self.ratio(Scenario.SPENT, "accounting", _cpu)
        return [
            Requirement(
                "An unchanged poll, as a multiple of a bare GET",
                self.ratio(Scenario.UNCHANGED, "goapi", _cpu),
                self._max_ratio,
            ),
            Requirement(
                "Accounting for each balance that was spent, as a part of a bare GET",
                accounting / self._balances,
                MAX_BALANCE_SHARE,
            ),
        ]


def _cpu(cost: Cost) -> float:
    return cost.cpu


def _wall(cost: Cost) -> float:
    return cost.wall


async def measure(
    rounds: int, address: URL, setting: Setting, *, until_met: bool = False
) -> Measurements:
    """Set everything up and measure it, longer if asked to and a requirement is missed."""
    async with home.home_assistant() as hass, aiohttp.ClientSession() as session:

        async def choose(scenario: Scenario) -> None:
            url = address / "scenario" / scenario
            async with session.put(url, raise_for_status=True):
                pass

        accounting, balances = home.accounting()
        subjects = [
            home.bare(session, address),
            await home.goapi(hass, address, setting),
            accounting,
            await home.rest(hass, address),
        ]
        measurements = Measurements(balances, setting.max_ratio)
        for subject in subjects:
            measurements.labels[subject.key] = subject.label
            for scenario in subject.scenarios:
                await choose(scenario)
                changed = await _changed(hass, subject)
                _verify(scenario, subject.key, changed)
                measurements.states[scenario, subject.key] = len(changed)

        # What the set-up left behind is nothing that a poll should pay for when it is collected.
        gc.collect()
        gc.freeze()
        # Whoever comes after a certain other one finds warm or cold caches: the order changes.
        order = Random(0)  # noqa: S311
        started = time.monotonic()
        while True:
            for _ in range(rounds):
                for scenario in Scenario:
                    for subject in order.sample(subjects, len(subjects)):
                        if scenario in subject.scenarios:
                            await choose(scenario)
                            measurements.add(scenario, subject.key, await measured(subject))
                            home.fail_if_unavailable(hass)
            if (
                not until_met
                or all(each.is_met for each in measurements.requirements())
                or measurements.rounds >= PATIENCE * rounds
                or time.monotonic() - started > PATIENCE_SECONDS
            ):
                return measurements


async def measured(subject: Subject) -> Cost:
    """Return what the cheapest poll of a subject costs, the first one after a change aside.

    A virtual machine that is halted meanwhile takes the pause for work of whoever was at it: what
    disturbs a poll makes it dearer, and nothing makes it cheaper.
    """
    await subject.poll()
    cpu = wall = inf
    for _ in range(POLLS):
        wall_before = time.perf_counter()
        cpu_before = time.process_time()
        await subject.poll()
        cpu = min(cpu, time.process_time() - cpu_before)
        wall = min(wall, time.perf_counter() - wall_before)
    return Cost(cpu, wall)


async def _changed(hass: HomeAssistant, subject: Subject) -> list[str]:
    """Return the entities whose states one poll changes."""
    changed: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        changed.append(event.data["entity_id"])

    await subject.poll()
    await hass.async_block_till_done()
    remove = hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await subject.poll()
    await hass.async_block_till_done()
    remove()
    return changed


def _verify(scenario: Scenario, key: str, changed: list[str]) -> None:
    """Check that a poll changes the states that it should: who misses a change is quick in vain."""
    if key in ("bare", "accounting") or scenario is Scenario.UNCHANGED:
        is_right = not changed
    elif key == "goapi" and scenario is Scenario.FLAG:
        # The flag, and the account's status, which follows from it.
        is_right = sorted(each.rpartition("account_")[2] for each in changed) == FLAG_CHANGES
    elif key == "goapi" and scenario is Scenario.BALANCE:
        # What is left and used of the credits, and what is worked out of it, once each.
        is_right = all("_credits_" in each for each in changed) and 2 <= len(changed) <= 8
    else:
        is_right = len(changed) >= 1
    if not is_right:
        raise RuntimeError(f"{scenario}: {key} changed {changed}")


def report(title: str, measurements: Measurements) -> str:
    """Return the table of all figures and the requirements."""
    labels = measurements.labels
    width = max(map(len, labels.values())) + 4
    lines = [
        f"Home Assistant {__version__}, Python {platform.python_version()}",
        f"{title}; {measurements.rounds} rounds, medians of the cheapest of {POLLS} polls",
        "",
        f"{'':{width}}{'states':>8}{'CPU':>11}{'':>8}{'wall':>11}",
        f"{'':{width}}{'changed':>8}{'µs':>11}{'x GET':>8}{'µs':>11}{'x GET':>8}",
    ]
    for scenario in Scenario:
        lines += ["", scenario]
        for key, label in labels.items():
            if costs := measurements.costs(scenario, key):
                figures = "".join(
                    f"{median(map(read, costs)) * 1e6:11.0f}"
                    f"{measurements.ratio(scenario, key, read):8.2f}"
                    for read in (_cpu, _wall)
                )
                states = measurements.states[scenario, key]
                lines.append(f"{f'  {label}':{width}}{states:>8}{figures}")
    lines.append("")
    lines += [
        f"{each.text}: {each.measured:.3f}, at most {each.limit} "
        f"({'met' if each.is_met else 'MISSED'})"
        for each in measurements.requirements()
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure as the command line says, print the tables and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.poll", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 if a requirement is missed"
    )
    options = parser.parse_args(arguments)
    # What goes wrong is to be seen, the usual warning about custom integrations is not.
    logging.basicConfig(level=logging.ERROR)
    are_met = True
    for setting in SETTINGS:
        with server.running() as address:
            measuring = measure(options.rounds, address, setting, until_met=options.check)
            measurements = asyncio.run(measuring, debug=False)
        sys.stdout.write(report(setting.title, measurements) + "\n\n")
        are_met = are_met and all(each.is_met for each in measurements.requirements())
    return 1 if options.check and not are_met else 0


if __name__ == "__main__":
    sys.exit(main())
