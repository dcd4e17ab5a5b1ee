"""Measures what a poll costs: this integration, a bare GET and `rest` side by side."""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from functools import partial
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
from .home import Subject
from .server import Scenario

ROUNDS: Final = 80
POLLS: Final = 10
# A missed requirement is measured again, with so many times the rounds in all at most, and no
# longer than this.
PATIENCE: Final = 4
PATIENCE_SECONDS: Final = 120

MAX_RATIO: Final = 1.2
MAX_SHARE: Final = 0.1
# Where a bare GET takes 300 µs this is 90 µs, of the 100 µs that a balance may cost.
MAX_BALANCE_SHARE: Final = 0.3


class Cost(NamedTuple):
    """Seconds for one poll."""

    cpu: float
    wall: float


type Read = Callable[[Cost], float]


class Requirement(NamedTuple):
    """What was measured and what it may be at most."""

    text: str
    measured: float
    limit: float

    @property
    def is_met(self) -> bool:
        """Tell whether the figure is within its limit."""
        return self.measured <= self.limit


class Names(NamedTuple):
    """What the subjects are called; `plain` is the integration without its books."""

    bare: str
    goapi: str
    plain: str
    others: list[str]

    @property
    def all(self) -> list[str]:
        """Return the names in the order of the table."""
        return [self.bare, self.goapi, self.plain, *self.others]


class Measurements:
    """The costs of all subjects, one figure for each scenario and round."""

    def __init__(self, names: Names, balances: int, *, as_installed: bool) -> None:
        """Start with nothing measured of an account with so many balances."""
        self.names = names
        self.balances = balances
        self.as_installed = as_installed
        self.states: dict[tuple[Scenario, str], int] = {}
        self._costs: dict[tuple[Scenario, str], list[Cost]] = {}

    def add(self, scenario: Scenario, name: str, cost: Cost) -> None:
        """Add the cost of one more round."""
        self._costs.setdefault((scenario, name), []).append(cost)

    @property
    def rounds(self) -> int:
        """Return how many rounds there were."""
        return len(self._costs.get((Scenario.UNCHANGED, self.names.bare), []))

    def microseconds(self, scenario: Scenario, name: str, read: Read) -> float:
        """Return the median cost of a poll."""
        return median(self._read(scenario, name, read)) * 1e6

    def ratio(self, scenario: Scenario, name: str, read: Read) -> float:
        """Return the median of the rounds' ratios to a bare GET.

        Each round is compared with itself: a machine that is busy for a while is so for both.
        """
        pairs = self._paired(scenario, read, name, self.names.bare)
        return median(cost / bare for cost, bare in pairs)

    def share(self, scenario: Scenario, name: str, read: Read) -> float:
        """Return the median of what this integration adds to a GET, as a part of another's."""
        triples = self._paired(scenario, read, self.names.goapi, name, self.names.bare)
        return median((cost - bare) / (other - bare) for cost, other, bare in triples)

    def added_for_a_balance(self, scenario: Scenario, read: Read) -> float:
        """Return the median of what the books add for each balance, as a part of a bare GET."""
        triples = self._paired(scenario, read, self.names.goapi, self.names.plain, self.names.bare)
        return median((cost - plain) / bare for cost, plain, bare in triples) / self.balances

    def requirements(self) -> list[Requirement]:
        """Return what has to hold; CPU time, as waiting for the server flatters everybody."""
        unchanged = Scenario.UNCHANGED
        return [
            Requirement(
                "An unchanged poll, as a multiple of a bare GET",
                self.ratio(unchanged, self.names.goapi, _cpu),
                MAX_RATIO,
            ),
            *(
                Requirement(
                    f"What it adds, as a part of what is added by {other}",
                    self.share(unchanged, other, _cpu),
                    MAX_SHARE,
                )
                for other in self.names.others
            ),
            Requirement(
                "What the books add for each balance that was spent, as a part of a bare GET",
                self.added_for_a_balance(Scenario.SPENT, _cpu),
                # Whoever enables more entities pays for the states that Home Assistant writes.
                MAX_BALANCE_SHARE if self.as_installed else inf,
            ),
        ]

    def _read(self, scenario: Scenario, name: str, read: Read) -> list[float]:
        """Return one figure of every round."""
        return [read(cost) for cost in self._costs[scenario, name]]

    def _paired(self, scenario: Scenario, read: Read, *names: str) -> Iterator[tuple[float, ...]]:
        """Yield, round by round, one figure of each of these."""
        return zip(*(self._read(scenario, name, read) for name in names), strict=True)


def _cpu(cost: Cost) -> float:
    return cost.cpu


def _wall(cost: Cost) -> float:
    return cost.wall


async def measure(
    rounds: int, address: URL, *, as_installed: bool, until_met: bool = False
) -> Measurements:
    """Set everything up and measure it, longer if asked to and a requirement is missed."""
    async with (
        home.home_assistant() as hass,
        home.home_assistant() as plain_hass,
        aiohttp.ClientSession() as session,
    ):

        async def choose(scenario: Scenario) -> None:
            url = address / "scenario" / scenario
            async with session.put(url, raise_for_status=True):
                pass

        bare = home.bare(session, address)
        # Every balance is in use, and so has all the entities that a balance can have.
        await choose(Scenario.SPENT)
        add = partial(home.goapi, server=address, as_installed=as_installed)
        goapi = await add(hass, name="goapi, {} entities")
        home.give_history(hass)
        with home.without_books():
            plain = await add(plain_hass, name="goapi without books, {} entities")
        others = await home.rest(hass, address)
        subjects = [bare, goapi, plain, *others]
        names = Names(bare.name, goapi.name, plain.name, [each.name for each in others])
        measurements = Measurements(names, goapi.balances, as_installed=as_installed)

        for scenario in Scenario:
            for subject in subjects:
                await choose(scenario)
                owner = plain_hass if subject is plain else hass
                changed = await _states_changed(owner, subject)
                measurements.states[scenario, subject.name] = changed
        _verify(measurements)

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
                        await choose(scenario)
                        measurements.add(scenario, subject.name, await measured(subject))
                        home.fail_if_unavailable(hass)
                        home.fail_if_unavailable(plain_hass)
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


async def _states_changed(hass: HomeAssistant, subject: Subject) -> int:
    """Return how many states one poll changes."""
    changes = 0

    @callback
    def count(_event: Event[EventStateChangedData]) -> None:
        nonlocal changes
        changes += 1

    await subject.poll()
    await hass.async_block_till_done()
    remove = hass.bus.async_listen(EVENT_STATE_CHANGED, count)
    await subject.poll()
    await hass.async_block_till_done()
    remove()
    return changes


def _verify(measurements: Measurements) -> None:
    """See that the scenarios are what they are called: who misses a change is quick in vain."""
    for (scenario, name), changed in measurements.states.items():
        expected = {
            Scenario.UNCHANGED: changed == 0,
            # What is worked out of the one value changes with it.
            Scenario.ONE: changed >= 1 if name == measurements.names.goapi else changed == 1,
            Scenario.ALL: changed > 1,
            Scenario.SPENT: changed > 1,
        }
        if name != measurements.names.bare and not expected[scenario]:
            raise RuntimeError(f"{scenario}: {name} changed {changed} states")


def report(measurements: Measurements) -> str:
    """Return the table of all figures and the requirements."""
    names = measurements.names.all
    width = max(map(len, names)) + 2
    enabled = "As installed" if measurements.as_installed else "Every entity enabled"
    lines = [
        f"Home Assistant {__version__}, Python {platform.python_version()}",
        f"{enabled}; {measurements.rounds} rounds, medians of the cheapest of {POLLS} polls",
        "",
        f"{'':{width}}{'states':>8}{'CPU':>11}{'':>8}{'wall':>11}",
        f"{'':{width}}{'changed':>8}{'µs':>11}{'x GET':>8}{'µs':>11}{'x GET':>8}",
    ]
    for scenario in Scenario:
        lines += ["", scenario]
        for name in names:
            states = measurements.states[scenario, name]
            figures = "".join(
                f"{measurements.microseconds(scenario, name, read):11.0f}"
                f"{measurements.ratio(scenario, name, read):8.2f}"
                for read in (_cpu, _wall)
            )
            changed = "-" if name == measurements.names.bare else states
            lines.append(f"{f'  {name}':{width}}{changed:>8}{figures}")
    lines.append("")
    lines += [
        f"{each.text}: {each.measured:.3f}"
        + (f", at most {each.limit} ({_judged(each)})" if each.limit < inf else "")
        for each in measurements.requirements()
    ]
    return "\n".join(lines)


def _judged(requirement: Requirement) -> str:
    return "met" if requirement.is_met else "MISSED"


def main(arguments: list[str] | None = None) -> int:
    """Measure as the command line says, print the tables and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.poll", description=__doc__)
    parser.add_argument("--rounds", type=_positive, default=ROUNDS, help="default: %(default)s")
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 if a requirement is missed"
    )
    options = parser.parse_args(arguments)
    # What goes wrong is to be seen, the usual warning about custom integrations is not.
    logging.basicConfig(level=logging.ERROR)
    met = True
    for as_installed in (False, True):
        with server.running() as address:
            measuring = measure(
                options.rounds, address, as_installed=as_installed, until_met=options.check
            )
            measurements = asyncio.run(measuring, debug=False)
        sys.stdout.write(report(measurements) + "\n\n")
        met = met and all(each.is_met for each in measurements.requirements())
    return 1 if options.check and not met else 0


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be above zero")
    return number


if __name__ == "__main__":
    sys.exit(main())
