"""The tools for assistants in a real Home Assistant: in a conversation with a language model."""

from dataclasses import dataclass
from datetime import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from . import configuration, extras, flows, past
from .conftest import KEY
from .homeassistant import HomeAssistant
from .log import problems
from .paths import DOMAIN
from .simulator import SimulatorProcess
from .waiting import until

LANGUAGE_MODEL = "language_model"
AGENT = f"conversation.{LANGUAGE_MODEL}"
BALANCE = "sensor.demo_studio_balance"
GET_ACCOUNT = "goapi__get_account"
CAN_AFFORD = "goapi__can_afford"
GET_USAGE = "goapi__get_usage"
LOG_SECONDS = 10


@dataclass
class Answer:
    """What the language model was given, and what the tool returned."""

    tools: dict[str, Any]
    data: dict[str, Any]
    is_error: bool


@pytest.fixture(autouse=True)
def _language_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the configuration have a language model, before Home Assistant starts."""
    monkeypatch.setattr(
        configuration, "CONFIGURATION", f"{configuration.CONFIGURATION}{LANGUAGE_MODEL}:\n"
    )
    folder = tmp_path / "config" / "custom_components"
    folder.mkdir(parents=True)
    model = Path(__file__).parent / LANGUAGE_MODEL
    (folder / LANGUAGE_MODEL).symlink_to(model, target_is_directory=True)


@pytest.fixture
def account(
    home_assistant: HomeAssistant, simulator: SimulatorProcess, expected_problems: list[str]
) -> dict[str, Any]:
    """Add the simulated account, with a month of spend, and return its entry."""
    # Home Assistant says of each custom integration that it has not been tested.
    (warning,) = problems(home_assistant.log_text)
    assert LANGUAGE_MODEL in warning
    expected_problems.append(warning)
    entry = flows.add(home_assistant.client, simulator.answers)
    past.give(home_assistant.client, home_assistant.folder, entry["entry_id"])
    return entry


def expose(home_assistant: HomeAssistant, entity_id: str, *, is_exposed: bool) -> None:
    """Expose an entity to Assist, as on the page of the voice assistants."""
    command = {"type": "homeassistant/expose_entity", "assistants": ["conversation"]}
    home_assistant.client.ask({**command, "entity_ids": [entity_id], "should_expose": is_exposed})


def converse(home_assistant: HomeAssistant, tool: str, **arguments: object) -> Answer:
    """Let the language model call a tool, in a conversation of its own."""
    text = json.dumps({"tool": tool, "arguments": arguments})
    path, body = "conversation/process", {"agent_id": AGENT, "text": text}
    response = home_assistant.client.post(path, body)["response"]
    assert response["response_type"] == "action_done", response
    return Answer(**json.loads(response["speech"]["plain"]["speech"]))


def listed(answer: Answer) -> set[str]:
    """Return which of our tools the language model was given."""
    return {name for name in answer.tools if name.startswith(DOMAIN)}


def call_action(home_assistant: HomeAssistant, action: str, **data: object) -> Any:
    """Return what an action returns."""
    path = f"services/{DOMAIN}/{action}?return_response"
    return home_assistant.client.post(path, data)["service_response"]


def test_assistant_answers_how_long_the_midjourney_credits_last(
    home_assistant: HomeAssistant, account: dict[str, Any]
) -> None:
    """Without a script; and only as long as the balance is exposed."""
    answer = converse(home_assistant, GET_ACCOUNT)
    assert listed(answer) == set()
    assert answer.is_error

    expose(home_assistant, BALANCE, is_exposed=True)
    answer = converse(home_assistant, GET_ACCOUNT)
    assert listed(answer) == {GET_ACCOUNT, CAN_AFFORD}
    assert not answer.is_error
    numbers = call_action(home_assistant, "get_account")["balances"]["mj_remain"]
    (midjourney,) = (each for each in answer.data["balances"] if each["name"] == "Midjourney")
    for name in ("remaining", "unit", "burn_rate_per_day", "spent_today", "spent_this_month"):
        assert midjourney[name] == numbers[name]
    # Home Assistant's time zone is UTC here.
    runs_out = datetime.fromisoformat(numbers["runs_out"])
    assert midjourney["runs_out"] == f"{runs_out:%Y-%m-%d %H:%M}"
    assert 0 <= midjourney["runs_out_in_days"] < 100

    amount = midjourney["remaining"] + 1
    answer = converse(home_assistant, CAN_AFFORD, balance="mj", amount=amount)
    assert answer.data["affordable"] is False
    assert answer.data == call_action(home_assistant, "can_afford", balance="mj", amount=amount)
    assert KEY not in json.dumps(answer.tools)

    expose(home_assistant, BALANCE, is_exposed=False)
    answer = converse(home_assistant, GET_ACCOUNT)
    assert listed(answer) == set()
    assert answer.is_error


def test_assistant_tells_what_models_used_and_why_it_cannot(
    home_assistant: HomeAssistant,
    simulator: SimulatorProcess,
    account: dict[str, Any],
    expected_problems: list[str],
) -> None:
    """Usage is there once its option is on; in an outage the answer is the reason."""
    extras.turn_on(home_assistant, simulator, account["entry_id"])
    expose(home_assistant, BALANCE, is_exposed=True)
    answer = converse(home_assistant, GET_USAGE, period="last_30_days")
    assert listed(answer) == {GET_ACCOUNT, CAN_AFFORD, GET_USAGE}
    assert len(answer.data["rows"]) > 5
    assert answer.data["complete"] is True

    simulator.do("fail", fault="server_error")
    home_assistant.client.call("homeassistant.update_entity", entity_id=BALANCE)
    answer = converse(home_assistant, GET_ACCOUNT)
    assert answer.is_error
    assert answer.data["error"].startswith("The service has an internal error")
    # The log is written by a thread of its own.
    expected_problems += until(
        lambda: [line for line in problems(home_assistant.log_text) if "fetching" in line],
        LOG_SECONDS,
        "the outage is in the log",
    )
