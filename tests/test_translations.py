"""Test that every text that can be shown exists, in every language, and that icons do."""

import json
from pathlib import Path
import re
from typing import Any

import pytest

from homeassistant.const import ATTR_CONFIG_ENTRY_ID

from custom_components.goapi import (
    actions,
    binary_sensor,
    config_flow,
    event,
    issues,
    outlook,
    sensor,
)
from custom_components.goapi.activity import ActivityType
from custom_components.goapi.api.fields import ACCOUNT_SHAPES, WALLET_SHAPES, Kind
from custom_components.goapi.balances import (
    BURN_RATE,
    MONTHLY_BUDGET,
    PROJECTED_MONTH_END,
    RUNS_OUT,
    SPENT,
)
from custom_components.goapi.const import SERVICE_OTHER, SERVICES
from custom_components.goapi.ledger import Period
from custom_components.goapi.rules import AccountStatus

from .faults import ERRORS

INTEGRATION = Path(config_flow.__file__).parent
ENGLISH = json.loads((INTEGRATION / "translations/en.json").read_text())
ALL_ICONS = json.loads((INTEGRATION / "icons.json").read_text())
ICONS = ALL_ICONS["entity"]
LANGUAGES = sorted((INTEGRATION / "translations").glob("*.json"))

BALANCES = ("equivalent_in_usd", "available_credits", "credit_remain", "point_remain", "quota")
PRIMARY = BALANCES[:-1]
COMPUTED = (*(f"{SPENT}_{period}" for period in Period), BURN_RATE, RUNS_OUT)
SHAPED: dict[str, set[str]] = {
    "sensor": {"quota_remain", "quota_used", "quota_frozen"}
    | {f"{balance}_{each}" for balance in BALANCES for each in COMPUTED}
    | {f"{balance}_{PROJECTED_MONTH_END}" for balance in PRIMARY}
    | {shape.name for shape in ACCOUNT_SHAPES if shape.kind is Kind.NUMBER},
    "binary_sensor": {shape.name for shape in ACCOUNT_SHAPES if shape.kind is Kind.FLAG}
    | {f"{balance}_low" for balance in BALANCES},
    "number": {f"{balance}_low_threshold" for balance in BALANCES}
    | {f"{balance}_{MONTHLY_BUDGET}" for balance in PRIMARY},
    "calendar": set(),
    "event": set(),
}
DESCRIBED: dict[str, set[str | None]] = {
    "sensor": {
        each.translation_key
        for each in (
            *sensor.SENSORS,
            sensor.ACCOUNT_STATUS,
            outlook.BUDGET_USED,
            *outlook.EXPIRY_SENSORS.values(),
        )
    },
    "binary_sensor": {
        each.translation_key
        for each in (*binary_sensor.BINARY_SENSORS, binary_sensor.AUTO_RECHARGE_OVERDUE)
    },
    "number": set(),
    "calendar": {"credit_packs_expiry"},
    "event": {event.ACCOUNT_ACTIVITY.translation_key},
}
# What an action says of itself; the errors of the client it repeats.
ACTION_ERRORS = {
    "balance_unknown",
    "invalid_amount",
    "invalid_balance",
    "no_account",
    "several_accounts",
    "update_failed",
}


def leaves(texts: dict[str, Any], path: str = "") -> dict[str, str]:
    """Return the texts of a translation file by their path."""
    found: dict[str, str] = {}
    for key, value in texts.items():
        if isinstance(value, dict):
            found |= leaves(value, f"{path}.{key}")
        else:
            found[f"{path}.{key}"] = value
    return found


@pytest.mark.parametrize("file", LANGUAGES, ids=lambda file: file.stem)
def test_every_language_has_all_texts(file: Path) -> None:
    """A language has exactly the keys of the English file, with the same placeholders."""
    english = leaves(ENGLISH)
    texts = leaves(json.loads(file.read_text()))
    assert texts.keys() == english.keys()
    for key, text in texts.items():
        assert text.strip()
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", english[key]))


@pytest.mark.parametrize("platform", SHAPED)
def test_every_entity_has_a_name_and_an_icon(platform: str) -> None:
    """Each description and each shape has a name and an icon, and there is none too many."""
    expected = DESCRIBED[platform] | SHAPED[platform]
    assert ENGLISH["entity"][platform].keys() == expected
    assert ICONS[platform].keys() == expected
    assert all("name" in texts for texts in ENGLISH["entity"][platform].values())


def test_every_shape_is_covered() -> None:
    """Quotas are the wallet's only shape; it has a text for each part."""
    assert [shape.name for shape in WALLET_SHAPES] == ["quota"]


def test_every_error_has_a_text() -> None:
    """Each error of the client has a text for the form and one for the log."""
    codes = {error.code for error in ERRORS.values()} | {"wrong_account"}
    assert ENGLISH["config"]["error"].keys() == codes | {"invalid_api_key", "invalid_url"}
    assert ENGLISH["exceptions"].keys() == codes | ACTION_ERRORS


def test_every_repair_has_a_text() -> None:
    """Each repair has a title and a description."""
    assert ENGLISH["issues"].keys() == issues.SEVERITIES.keys()


def test_every_status_has_a_text_and_an_icon() -> None:
    """Each status has a name, and each that is not fine an icon of its own."""
    assert list(ENGLISH["entity"]["sensor"]["account_status"]["state"]) == sorted(AccountStatus)
    assert ICONS["sensor"]["account_status"]["state"].keys() == set(AccountStatus) - {"ok"}


def test_every_activity_has_a_text() -> None:
    """Each thing that can happen has a name."""
    texts = ENGLISH["entity"]["event"]["account_activity"]["state_attributes"]
    assert texts["event_type"]["state"].keys() == set(ActivityType)


def test_every_option_is_explained() -> None:
    """Each option has a label and an explanation."""
    texts = ENGLISH["options"]["step"]["init"]
    options = {str(marker) for marker in config_flow.OPTIONS_SCHEMA.schema}
    assert texts["data"].keys() == texts["data_description"].keys() == options


def test_every_service_has_a_name() -> None:
    """Each service that can be chosen has a name."""
    assert ENGLISH["selector"]["service"]["options"].keys() == {*SERVICES, SERVICE_OTHER}


@pytest.mark.parametrize("step", config_flow.KEY_SCHEMAS)
def test_every_field_of_a_form_is_explained(step: str) -> None:
    """Each field of a form has a label and an explanation."""
    fields = {str(marker) for marker in config_flow.KEY_SCHEMAS[step].schema}
    texts = ENGLISH["config"]["step"][step]
    assert texts["data"].keys() == texts["data_description"].keys() == fields


def test_every_action_has_texts_and_an_icon() -> None:
    """Each action and each of its fields has a name and a description, and each action an icon."""
    texts = ENGLISH["services"]
    assert texts.keys() == ALL_ICONS["services"].keys() == actions.ACTIONS.keys()
    for name, action in actions.ACTIONS.items():
        assert texts[name].keys() == {"name", "description", "fields"}
        fields = {str(marker) for marker in action.fields} | {ATTR_CONFIG_ENTRY_ID}
        assert texts[name]["fields"].keys() == fields
        assert all(
            each.keys() == {"name", "description"} for each in texts[name]["fields"].values()
        )
        assert ALL_ICONS["services"][name].keys() == {"service"}


def test_icon_ranges_rise() -> None:
    """Home Assistant wants the steps of an icon's range in rising order."""
    for icons in ICONS["sensor"].values():
        steps = [float(step) for step in icons.get("range", {})]
        assert steps == sorted(steps)
