"""Tasks, usage by model and notices in a real Home Assistant, over HTTP from end to end."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from . import extras, flows
from .homeassistant import HomeAssistant
from .log import problems
from .paths import DOMAIN
from .simulator import SimulatorProcess
from .waiting import until

RUNNING = "sensor.demo_studio_running_tasks"
WAITING = "sensor.demo_studio_waiting_tasks"
FREE = "sensor.demo_studio_free_task_slots"
CREDITS = "sensor.demo_studio_credits_remaining"
NOTICES = "event.demo_studio_notices"
SLOTS = 20
DAYS = 30

# Tasks and their history are polled in the background, and statistics written in a thread.
POLL_SECONDS = 30
REQUESTS = 1000
AT_ONCE = 50
READ_IN_A_MINUTE = 10
TOO_LARGE = 10 * 1024 * 1024

# What happened: by the statistic's id without the account, and when an hour began.
type Hours = Mapping[tuple[str, float], float]


@pytest.fixture
def account(home_assistant: HomeAssistant, simulator: SimulatorProcess) -> dict[str, Any]:
    """Add the simulated account and return its entry."""
    return flows.add(home_assistant.client, simulator.answers)


def refresh(home_assistant: HomeAssistant) -> None:
    """Poll the account at once."""
    home_assistant.client.call(f"{DOMAIN}.refresh")


def start_task(simulator: SimulatorProcess, model: str, **arguments: object) -> str:
    """Start a task and return its id."""
    task_id: str = simulator.do("start_task", model=model, **arguments)["result"]
    return task_id


def first_hour() -> datetime:
    """Return the oldest hour that all of the history is in."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS)


def history_by_hour(simulator: SimulatorProcess, since: datetime) -> Hours:
    """Return the simulator's own record: only a task that finished has used something."""
    hours: Counter[tuple[str, float]] = Counter()
    for row in simulator.history():
        created_at = datetime.fromisoformat(row["created_at"])
        if created_at < since:
            continue
        hour = created_at.replace(minute=0, second=0, microsecond=0).timestamp()
        model, status = row["task_model"].replace("-", "_"), row["status"]
        hours[f"{model}_tasks", hour] += 1
        hours[f"{model}_failures", hour] += status == "failed"
        if status == "finished":
            hours[f"{model}_{row['usage_type']}_usage", hour] += row["usage"]
    return _rounded(hours)


def statistics_by_hour(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, since: datetime
) -> Hours:
    """Return what the statistics grew by, as graphs show it."""
    client = home_assistant.client
    (found,) = client.ask(
        {
            "type": "recorder/statistics_during_period",
            "start_time": since.isoformat(),
            "statistic_ids": [each["statistic_id"] for each in client.statistics(DOMAIN)],
            "period": "hour",
            "types": ["change"],
        }
    )
    prefix = f"{DOMAIN}:{simulator.account()['id']}_"
    return _rounded(
        {
            (statistic_id.removeprefix(prefix), row["start"] / 1000): row["change"]
            for statistic_id, rows in found.items()
            for row in rows
        }
    )


def _rounded(hours: Hours) -> Hours:
    """Return the hours in which there was something; the smallest unit of any type is 0.0001."""
    return {key: round(amount, 6) for key, amount in hours.items() if amount}


def assert_statistics_agree(home_assistant: HomeAssistant, simulator: SimulatorProcess) -> Hours:
    """Poll until the statistics are the simulator's history, hour by hour, and return it."""
    since = first_hour()
    expected = history_by_hour(simulator, since)

    def agree() -> bool:
        refresh(home_assistant)
        return statistics_by_hour(home_assistant, simulator, since) == expected

    until(agree, POLL_SECONDS, "the statistics agree with the history")
    return expected


def test_running_and_waiting_tasks_are_shown_as_they_come_and_go(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    """A task waits, runs, and ends."""

    def see(running: int, waiting: int) -> None:
        refresh(home_assistant)
        expected = [str(running), str(waiting), str(SLOTS - running)]
        client = home_assistant.client
        until(
            lambda: [client.state(each) for each in (RUNNING, WAITING, FREE)] == expected,
            POLL_SECONDS,
            f"{running} running and {waiting} waiting tasks",
        )

    see(0, 0)
    first = start_task(simulator, "kling", cost=40)
    second = start_task(simulator, "mj", cost=2, quota="mj", waiting=True)
    see(1, 1)
    simulator.do("run_task", task_id=second)
    see(2, 0)
    simulator.do("finish_task", task_id=first)
    simulator.do("fail_task", task_id=second)
    see(0, 0)


def test_statistics_are_the_history_after_restarts_and_a_power_cut(
    home_assistant: HomeAssistant,
    simulator: SimulatorProcess,
    account: dict[str, Any],
    expected_problems: list[str],
) -> None:
    """What ends while Home Assistant is down is counted, and nothing is counted twice."""
    extras.turn_on(home_assistant, simulator, account["entry_id"])
    hours = assert_statistics_agree(home_assistant, simulator)
    assert len({name for name, _ in hours if name.endswith("_usage")}) > 5
    days = {datetime.fromtimestamp(hour, UTC).date() for _, hour in hours}
    assert len(days) > DAYS - 5

    running = start_task(simulator, "flux", cost=30)
    failing = start_task(simulator, "music-s", cost=50, quota="point")
    assert_statistics_agree(home_assistant, simulator)
    home_assistant.stop()
    simulator.do("finish_task", task_id=running)
    simulator.do("finish_task", task_id=start_task(simulator, "hailuo", cost=25))
    home_assistant.start()
    assert_statistics_agree(home_assistant, simulator)

    last = start_task(simulator, "llm", cost=0.0123, quota="llm")
    assert_statistics_agree(home_assistant, simulator)
    home_assistant.kill()
    simulator.do("finish_task", task_id=last)
    simulator.do("fail_task", task_id=failing)
    simulator.do("finish_task", task_id=start_task(simulator, "a-new-one", cost=7.5))
    home_assistant.start()
    hours = assert_statistics_agree(home_assistant, simulator)
    assert sum(used for (name, _), used in hours.items() if name == "a_new_one_credit_usage") == 7.5
    expected_problems += [line for line in problems(home_assistant.log_text) if "recorder" in line]


def test_notice_is_shown_and_makes_one_poll_and_a_flood_does_no_harm(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, account: dict[str, Any]
) -> None:
    """The service posts to the address of the options; then a stranger does, as hard as he can."""
    client = home_assistant.client
    extras.make_reachable(home_assistant)
    # So that a poll is one request.
    options = {"running_tasks": False, "notices": True}
    address = flows.set_options(client, account["entry_id"], options)
    simulator.do("set", path="notification_hook_url", value=address)
    until(lambda: client.state(NOTICES), POLL_SECONDS, "notices can come")
    simulator.do("spend", amount=40)
    requests = simulator.requests()

    detail = {"penalty_type": "relax", "cap_usage": 112, "not_in_the_table": "x"}
    simulator.do("notice", type="mj_penalty_triggered", message="Too many", detail=detail)

    left = str(simulator.account()["wallet"]["credit_remain"])
    until(lambda: client.state(CREDITS) == left, POLL_SECONDS, "the notice makes a poll")
    assert simulator.requests() == requests + 1
    notice = client.state_object(NOTICES)
    assert notice is not None
    shown = {"event_type": "mj_penalty_triggered", "penalty_type": "relax", "cap_usage": 112}
    assert shown.items() <= notice["attributes"].items()
    assert "not_in_the_table" not in notice["attributes"]

    statuses = asyncio.run(_flood(address))
    assert sum(statuses.values()) == REQUESTS
    assert statuses[HTTPStatus.TOO_MANY_REQUESTS] >= REQUESTS - READ_IN_A_MINUTE
    assert HTTPStatus.INTERNAL_SERVER_ERROR not in statuses
    notice = client.state_object(NOTICES)
    assert notice is not None
    assert notice["attributes"]["event_type"] == "mj_bot_banned"
    assert simulator.requests() == requests + 1


async def _flood(url: str) -> Counter[int]:
    """Post 10 MB, and then a thousand notices; return how often there was which answer to them."""
    statuses: Counter[int] = Counter()
    notice = b'{"type":"mj_bot_banned","detail":{}}'

    async def post_some() -> None:
        for _ in range(REQUESTS // AT_ONCE):
            async with session.post(url, data=notice) as response:
                statuses[response.status] += 1

    async with aiohttp.ClientSession() as session:
        # Home Assistant may close the connection before it has all of it.
        with suppress(aiohttp.ClientError):
            async with session.post(url, data=BytesIO(bytes(TOO_LARGE))) as response:
                assert response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        await asyncio.gather(*(post_some() for _ in range(AT_ONCE)))
    return statuses
