"""Tests of benchmarks/: that they run and judge as they say; no test depends on a time."""

from pathlib import Path
import re
import subprocess
import sys
import time

import pytest

from benchmarks.home import Subject
from benchmarks.poll import POLLS, Cost, Measurements, measured, report
from benchmarks.server import Scenario, bodies

ROOT = Path(__file__).parents[1]
TIMEOUT_SECONDS = 90
BALANCES = 10


def measurements(*rounds: tuple[float, float, float]) -> Measurements:
    """Return made-up rounds: what a GET, a poll of the integration and its accounting cost."""
    made_up = Measurements(BALANCES)
    for key in ("bare", "goapi", "accounting"):
        made_up.labels[key] = key
    for scenario in Scenario:
        for costs in rounds:
            for key, cost in zip(made_up.labels, costs, strict=True):
                made_up.states[scenario, key] = 0
                made_up.add(scenario, key, Cost(cpu=cost, wall=2 * cost))
    return made_up


def test_benchmark_of_a_poll_runs() -> None:
    """A single round measures every subject in every scenario, and counts the states it writes."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.poll", "--rounds", "1"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )

    assert (done.returncode, done.stderr) == (0, "")
    # The states that a poll changed, then two times and two ratios.
    row = re.compile(r"^  (\w+).*?  +(\d+)(?: +\d+ +\d+\.\d\d){2}$", re.MULTILINE)
    rows = row.findall(done.stdout)
    names = ["bare", "goapi", "rest"]
    spent = ["bare", "goapi", "accounting", "rest"]
    assert [name for name, _ in rows] == 3 * [*names, *names, *names, *spent, *names]
    assert [int(changed) for _, changed in rows][:6] == [0, 0, 0, 0, 2, 1]
    assert len(re.findall(r"at most .* \((?:met|MISSED)\)$", done.stdout, re.MULTILINE)) == 3 * 2


def test_benchmark_of_the_dashboard_runs() -> None:
    """A dashboard of a thousand entities is built in Chromium, and shows some of each account."""
    pytest.importorskip("playwright", reason="the browser tests have an environment of their own")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.dashboard", "--rounds", "1"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    if "no Chromium" in done.stderr:
        pytest.skip(done.stderr)

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^1,\d{3} entities of \d accounts", done.stdout, re.MULTILINE)
    assert len(re.findall(r" +\d+\.\d (?:ms|kB)", done.stdout)) == 3


@pytest.mark.parametrize(
    ("costs", "are_met"),
    [
        ((1.0, 1.1, 2.0), [True, True]),
        ((1.0, 1.3, 2.0), [False, True]),
        ((1.0, 1.1, 3.1), [True, False]),
    ],
)
def test_missed_requirement_is_reported(
    costs: tuple[float, float, float], are_met: list[bool]
) -> None:
    """A poll is limited by a bare GET, and so is what is worked out of each balance."""
    made_up = measurements(costs)

    assert [each.is_met for each in made_up.requirements()] == are_met
    assert ("MISSED" in report("", made_up)) is not all(are_met)


async def test_disturbed_poll_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheapest of the polls is the figure of a round, and the first of them is left aside."""
    costs = iter([0.5, *[3.0] * (POLLS - 2), 2.0, 9.0])
    now = 0.0

    async def poll() -> None:
        nonlocal now
        now += next(costs)

    for clock in ("process_time", "perf_counter"):
        monkeypatch.setattr(time, clock, lambda: now)

    assert await measured(Subject("", "", poll)) == Cost(cpu=2.0, wall=2.0)


def test_rounds_on_a_busy_machine_decide_nothing() -> None:
    """Every round is compared with itself, and what a few of them say is outvoted."""
    made_up = measurements((1.0, 1.1, 2.0), (8.0, 8.8, 16.0), (1.0, 9.0, 9.0))

    assert all(each.is_met for each in made_up.requirements())


@pytest.mark.parametrize(("scenario", "count"), zip(Scenario, (1, 2, 2, 1000, 2), strict=True))
def test_bodies_are_different_answers_of_one_size(scenario: Scenario, count: int) -> None:
    """A scenario measures how much changed, and not how long the answer is."""
    made = bodies(scenario)

    assert len(set(made)) == len(made) == count
    assert max(map(len, made)) < 1.05 * min(map(len, made))
