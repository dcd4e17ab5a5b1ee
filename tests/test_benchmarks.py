"""Tests of benchmarks/: that they run and judge as they say; no test depends on a time."""

from pathlib import Path
import re
import subprocess
import sys
import time

import pytest

from benchmarks.home import Subject
from benchmarks.poll import POLLS, Cost, Measurements, Names, measured, report
from benchmarks.server import Scenario, bodies

ROOT = Path(__file__).parents[1]
TIMEOUT_SECONDS = 90
NAMES = Names("bare", "goapi", "plain", ["rest"])
BALANCES = 10


def measurements(
    *rounds: tuple[float, float, float, float], as_installed: bool = True
) -> Measurements:
    """Return made-up rounds: what a GET, the integration with and without books and `rest` cost."""
    made_up = Measurements(NAMES, BALANCES, as_installed=as_installed)
    for scenario in Scenario:
        for name in NAMES.all:
            made_up.states[scenario, name] = 0
        for costs in rounds:
            for name, cost in zip(NAMES.all, costs, strict=True):
                made_up.add(scenario, name, Cost(cpu=cost, wall=2 * cost))
    return made_up


def test_the_benchmark_of_a_poll_runs() -> None:
    """A single round measures every subject in every scenario, without a complaint."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.poll", "--rounds", "1"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert {str(scenario) for scenario in Scenario} <= set(lines)
    # The states that a poll changed, then two times and two ratios.
    row = re.compile(r"  (\w+).*?  +(-|\d+)(?: +\d+ +\d+\.\d\d){2}")
    rows = [match.groups() for line in lines if (match := row.fullmatch(line))]
    names = ["bare", "goapi", "goapi", "rest", "rest"]
    assert [name for name, _ in rows] == 2 * names * len(Scenario)
    assert [changed for _, changed in rows][:5] == ["-", "0", "0", "0", "0"]
    assert [changed for _, changed in rows][7:10] == ["1", "1", "1"]
    assert len(re.findall(r"at most .* \((?:met|MISSED)\)$", done.stdout, re.MULTILINE)) == 3 + 4


@pytest.mark.parametrize(
    ("costs", "met"),
    [
        ((1.0, 1.1, 1.1, 5.0), [True, True, True]),
        ((1.0, 1.3, 1.1, 5.0), [False, True, True]),
        ((1.0, 1.1, 1.1, 1.5), [True, False, True]),
        ((1.0, 4.2, 1.1, 99.0), [False, True, False]),
    ],
)
def test_a_missed_requirement_is_told(
    costs: tuple[float, float, float, float], met: list[bool]
) -> None:
    """A poll is limited by a bare GET and by what `rest` adds, a balance by what it adds."""
    made_up = measurements(costs)

    assert [each.is_met for each in made_up.requirements()] == met
    assert ("MISSED" in report(made_up)) is not all(met)


def test_more_entities_may_cost_what_their_states_cost() -> None:
    """The limit for a balance is one of the integration as it is installed."""
    made_up = measurements((1.0, 4.2, 1.1, 99.0), as_installed=False)

    assert [each.is_met for each in made_up.requirements()] == [False, True, True]
    assert report(made_up).endswith("as a part of a bare GET: 0.310")


async def test_a_disturbed_poll_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheapest of the polls is the figure of a round, and the first of them is left aside."""
    costs = iter([0.5, *[3.0] * (POLLS - 2), 2.0, 9.0])
    now = 0.0

    async def poll() -> None:
        nonlocal now
        now += next(costs)

    for clock in ("process_time", "perf_counter"):
        monkeypatch.setattr(time, clock, lambda: now)

    assert await measured(Subject(name="", poll=poll)) == Cost(cpu=2.0, wall=2.0)


def test_rounds_on_a_busy_machine_decide_nothing() -> None:
    """Every round is compared with itself, and what a few of them say is outvoted."""
    made_up = measurements((1.0, 1.1, 1.1, 5.0), (8.0, 8.8, 8.8, 40.0), (1.0, 9.0, 1.0, 5.0))

    assert all(each.is_met for each in made_up.requirements())


@pytest.mark.parametrize(("scenario", "count"), zip(Scenario, (1, 2, 2, 1000), strict=True))
def test_the_bodies_are_different_answers_of_one_size(scenario: Scenario, count: int) -> None:
    """A scenario measures how much changed, and not how long the answer is."""
    made = bodies(scenario)

    assert len(set(made)) == len(made) == count
    assert max(map(len, made)) < 1.05 * min(map(len, made))
