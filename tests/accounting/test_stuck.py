"""Test what is found of the tasks: amounts that are frozen for nothing, and providers."""

from datetime import timedelta

import pytest

from custom_components.goapi.api import ActiveTasks, Number, ProviderTasks
from custom_components.goapi.api.models import CREDIT_PACKS, CREDITS, POINTS, USD

from .follow import DAY, HOUR, MJ, Follower, Parts, parts

IDLE = ActiveTasks({"kling": ProviderTasks(0, 0)})
SECOND = timedelta(seconds=1)


def frozen(amount: Number | None) -> dict[str, Parts]:
    """Return a quota of which so much is frozen."""
    return {MJ: parts(100, 5, amount)}


def take(
    follower: Follower, tasks: ActiveTasks = IDLE, after: timedelta = timedelta()
) -> dict[str, Number]:
    """Let the service list its tasks; return what is stuck."""
    follower.now += after
    return follower.tracker.take_tasks(tasks, follower.now)


@pytest.fixture
def follower() -> Follower:
    """Return an account of which 7 units are frozen though nothing runs, since now."""
    follower = Follower()
    follower.see(frozen(7))
    assert take(follower) == {}
    return follower


@pytest.mark.parametrize("restarts", [False, True])
def test_what_is_frozen_for_a_day_without_a_task_is_stuck(
    follower: Follower, restarts: bool
) -> None:
    """However much it is meanwhile; it is no longer stuck when nothing is frozen."""
    follower.see(frozen(9), after=DAY - SECOND)
    assert take(follower) == {}
    if restarts:
        follower.restart()
    assert take(follower, after=SECOND) == {MJ: 9}
    follower.see(frozen(4))
    assert take(follower) == {MJ: 4}
    follower.see(frozen(0))
    assert take(follower) == {}
    follower.see(frozen(4))
    assert take(follower, after=DAY - HOUR) == {}


@pytest.mark.parametrize("counts", [(1, 0), (0, 1), (None, 1), (1, None)])
def test_a_task_that_runs_or_waits_begins_the_day_again(
    follower: Follower, counts: tuple[int | None, int | None]
) -> None:
    """Whatever it reserved, it explains what is frozen."""
    busy = ActiveTasks({"kling": ProviderTasks(0, 0), "flux": ProviderTasks(*counts)})
    assert take(follower, busy, 23 * HOUR) == {}
    assert take(follower, IDLE, 2 * HOUR) == {}
    assert take(follower, IDLE, DAY - SECOND) == {}
    assert take(follower, IDLE, SECOND) == {MJ: 7}
    assert take(follower, busy) == {}


@pytest.mark.parametrize("counts", [(None, None), (0, None), (None, 0)])
def test_counts_that_are_not_known_change_nothing(
    follower: Follower, counts: tuple[int | None, int | None]
) -> None:
    """The day begins without one of them, goes on with them, and what is stuck stays so."""
    unknown = ActiveTasks({"kling": ProviderTasks(*counts)})
    assert take(follower, unknown, 2 * DAY) == {MJ: 7}
    assert take(follower) == {MJ: 7}
    follower.see(frozen(0))
    assert take(follower) == {}
    follower.see(frozen(4))
    assert take(follower, unknown) == {}
    assert take(follower, unknown, 2 * DAY) == {}


def test_an_amount_that_an_answer_leaves_out_stays_as_it_was(follower: Follower) -> None:
    """The service did not say that it is free."""
    follower.see(frozen(None))
    take(follower)
    follower.see({})
    assert take(follower, after=DAY) == {MJ: 7}


def test_a_clock_that_was_ahead_puts_it_off_no_longer_than_a_day() -> None:
    """The day begins at the earliest moment that was seen."""
    follower = Follower()
    follower.see(frozen(7), after=99 * DAY)
    take(follower)
    follower.now -= 99 * DAY
    take(follower)
    assert take(follower, after=DAY) == {MJ: 7}


def test_a_service_without_tasks_is_idle(follower: Follower) -> None:
    """It lists no provider."""
    assert take(follower, ActiveTasks({}), DAY) == {MJ: 7}


@pytest.mark.parametrize(
    ("balances", "expected"),
    [
        ({CREDIT_PACKS, CREDITS}, {CREDIT_PACKS}),
        ({CREDITS, POINTS, MJ}, {CREDITS, POINTS, MJ}),
    ],
)
def test_the_same_money_is_named_once(balances: set[str], expected: set[str]) -> None:
    """Under its most exact name; dollars have nothing frozen."""
    follower = Follower()
    follower.see({key: parts(100, 5, 7) for key in balances} | {USD: parts(9)})
    take(follower)
    assert take(follower, after=DAY) == dict.fromkeys(expected, 7)


def test_what_begins_to_be_frozen_later_is_stuck_later() -> None:
    """Each balance has its own day."""
    follower = Follower()
    follower.see({MJ: parts(100, 5, 7), POINTS: parts(100, 5, 0)})
    take(follower)
    follower.see({MJ: parts(100, 5, 7), POINTS: parts(100, 5, 3)}, after=HOUR)
    take(follower)
    assert take(follower, after=23 * HOUR) == {MJ: 7}
    assert take(follower, after=HOUR) == {MJ: 7, POINTS: 3}


def test_providers_are_remembered_in_the_order_in_which_they_appeared() -> None:
    """Each once, also after a restart and when the service no longer lists them."""
    follower = Follower()
    follower.see(frozen(0))
    take(follower, ActiveTasks(dict.fromkeys(("luma", "kling"), ProviderTasks(0, 0))))
    follower.restart()
    follower.see(frozen(0))
    take(follower, ActiveTasks(dict.fromkeys(("flux", "luma"), ProviderTasks(1, None))))
    take(follower, ActiveTasks({}))
    assert follower.state.providers == ["luma", "kling", "flux"]
