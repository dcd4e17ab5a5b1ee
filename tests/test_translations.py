"""Test that each text and icon that the code uses exists, in every language, and no other."""

import json
from pathlib import Path
import re
from typing import Any

import pytest
import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.helpers.translation import recursive_flatten
from homeassistant.util.yaml import load_yaml_dict

from custom_components.goapi import (
    amounts,
    binary_sensor,
    calendar,
    condition,
    config_flow,
    entity,
    event,
    names,
    number,
    repair_issues,
    sensor,
    services,
    trigger,
)
from custom_components.goapi.accounting import AccountStatus, EventType
from custom_components.goapi.api import NOTICE_TYPES
from custom_components.goapi.api.fields import POOLS, Kind
from custom_components.goapi.api.models import USD
from custom_components.goapi.const import (
    CONF_RUNNING_TASKS,
    CONF_USAGE,
    SERVICE_OTHER,
    SERVICES,
)
from custom_components.goapi.usage import GROUP_BY
from custom_components.goapi.usage.series import FAILURES, TASKS, USAGE

from .faults import ERRORS

INTEGRATION = Path(config_flow.__file__).parent
ENGLISH = json.loads((INTEGRATION / "translations/en.json").read_text())
ICONS = json.loads((INTEGRATION / "icons.json").read_text())
STEPS = ENGLISH["config"]["step"]
LANGUAGES = sorted((INTEGRATION / "translations").glob("*.json"))

BALANCE_KINDS = {
    "sensor": {each.key for each in sensor.BALANCE_SENSORS},
    "binary_sensor": {each.key for each in binary_sensor.BALANCE_BINARY_SENSORS},
    "number": {each.key for each in number.NUMBERS},
}
ACCOUNT_KINDS = {
    "sensor": {each.translation_key for each in sensor.ACCOUNT_SENSORS}
    | {shape for shape, (_, kind) in POOLS.items() if kind is Kind.NUMBER}
    | set().union(*(entity.OPTIONAL[option][1] for option in (CONF_RUNNING_TASKS, CONF_USAGE))),
    "binary_sensor": {each.translation_key for each in binary_sensor.ACCOUNT_BINARY_SENSORS}
    | {shape for shape, (_, kind) in POOLS.items() if kind is Kind.FLAG},
    "calendar": {calendar.CREDIT_PACKS_EXPIRY.translation_key},
    "event": {event.ACCOUNT_ACTIVITY.translation_key, event.NOTICES.translation_key},
}
# Names that are the same everywhere, and what is written in a language as it is in English.
PRODUCTS = {"GoAPI", "PiAPI"}
ENGLISH_FORMAT = {amounts.ENGLISH_FORMAT}
SAME_AS_ENGLISH = {
    "de": {"Credits", "OK", "Status"},
    "es": {"OK", "Plan", "Total"},
    "fr": {"OK", "Options", "Points", "Service", "Total", "packs", "points"},
    "it": {"Account", "OK"},
    "ja": ENGLISH_FORMAT,
    "ko": ENGLISH_FORMAT,
    "nl": {"Account", "Accounts", "Credits", "Model", "OK", "Platform", "Status", "credits"},
    "pl": {"Model", "Plan"},
    "pt-BR": {"OK", "Status", "Total"},
    "tr": {"Model", "Plan", "Platform"},
    "zh-Hans": ENGLISH_FORMAT,
    "zh-Hant": ENGLISH_FORMAT,
}
# What an action says; of a failed poll it repeats the error.
ACTION_ERRORS = {
    *("balance_unknown", "invalid_amount", "invalid_balance"),
    *("invalid_period", "no_account", "several_accounts"),
    *("update_failed", "usage_off", "usage_unknown"),
}
POLL_ERRORS = {error.code for error in ERRORS.values()} | {"wrong_account"}


@pytest.mark.parametrize("file", LANGUAGES, ids=lambda file: file.stem)
def test_every_language_has_all_texts(file: Path) -> None:
    """A language has exactly the keys of the English file, with the same placeholders."""
    english = recursive_flatten("", ENGLISH)
    texts = recursive_flatten("", json.loads(file.read_text()))
    assert texts.keys() == english.keys()
    for key, text in texts.items():
        assert text.strip()
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", english[key]))


@pytest.mark.parametrize("file", LANGUAGES, ids=lambda file: file.stem)
def test_no_text_is_left_in_english(file: Path) -> None:
    """Only the words that a language shares with English are the same."""
    english = recursive_flatten("", ENGLISH)
    texts = recursive_flatten("", json.loads(file.read_text()))
    same = {text for key, text in texts.items() if text == english[key]}
    expected = PRODUCTS | SAME_AS_ENGLISH.get(file.stem, set())
    assert same == (set(english.values()) if file.stem == "en" else expected)


@pytest.mark.parametrize("file", LANGUAGES, ids=lambda file: file.stem)
def test_the_words_of_the_integration_itself_can_be_read_back(file: Path) -> None:
    """A blueprint finds the amount and the pack in the calendar's texts, in every language."""
    texts = json.loads(file.read_text())["selector"]
    number = re.fullmatch(r"1(\D)234(\D)5", texts["amount"]["options"]["number_format"])
    assert number
    assert number[1] != number[2]
    words = texts["calendar"]["options"]
    for ending in ("", "_one"):
        # The first number is the amount; what names the pack is before the last colon.
        assert re.findall(r"\d|{\w+}", words[f"expires{ending}"]) == ["{left}"]
        assert re.findall(r"{\w+}", words[f"pack{ending}"].rpartition(": ")[0]) == ["{pack}"]
    assert words["pack"].rpartition(": ")[0] == words["pack_one"].rpartition(": ")[0]
    # What is filled in is a name and nothing else: no format, no attribute, no single brace.
    for option in (*words.values(), *texts["logbook"]["options"].values()):
        assert not re.search(r"[{}]", re.sub(r"{\w+}", "", option))


@pytest.mark.parametrize("file", LANGUAGES, ids=lambda file: file.stem)
def test_no_two_entities_have_the_same_name(file: Path) -> None:
    """That of the balance in US dollars must not be taken for that of another one."""
    for entities in json.loads(file.read_text())["entity"].values():
        names = [each["name"] for each in entities.values()]
        assert len(set(names)) == len(names)


def test_the_files_are_short() -> None:
    """Each kind of entity has one text, not each balance: a translator has an hour."""
    assert len((INTEGRATION / "translations/en.json").read_text().splitlines()) < 750
    assert len((INTEGRATION / "icons.json").read_text().splitlines()) < 350


def test_every_part_of_the_files_is_tested() -> None:
    """No part of a file is without a test in this one."""
    assert ENGLISH.keys() == {
        *("conditions", "config", "entity", "exceptions", "issues", "options"),
        *("selector", "services", "system_health", "triggers"),
    }
    assert ICONS.keys() == {"conditions", "entity", "services", "triggers"}
    assert ENGLISH["entity"].keys() == ICONS["entity"].keys() == {*BALANCE_KINDS, *ACCOUNT_KINDS}
    assert ENGLISH["selector"].keys() == {
        *("amount", "balance", "calendar", "dashboard", "group_by"),
        *("logbook", "service", "statistic", "unit"),
    }


@pytest.mark.parametrize("platform", ENGLISH["entity"])
def test_every_entity_has_a_name_and_an_icon(platform: str) -> None:
    """Each kind of entity has both; those of US dollars that name the balance, their own."""
    balance = BALANCE_KINDS.get(platform, set())
    of_usd = {name for key, name in entity.NAMED_ON_ACCOUNT.items() if key in balance}
    expected = balance | of_usd | ACCOUNT_KINDS.get(platform, set())
    texts = ENGLISH["entity"][platform]
    assert texts.keys() == ICONS["entity"][platform].keys() == expected
    assert all("name" in each for each in texts.values())
    placed = {key for key, each in texts.items() if "{pool}" in each["name"]}
    assert placed == {shape for shape in POOLS if shape in expected}
    placed = {key for key, each in texts.items() if "{provider}" in each["name"]}
    assert placed == {key for key in expected if key and key.startswith("provider_")}


def test_every_state_has_a_text() -> None:
    """Each status and type of event or notice has a name; a status that is not fine has an icon."""
    status = ENGLISH["entity"]["sensor"]["account_status"]["state"]
    assert status.keys() == set(AccountStatus)
    icons = ICONS["entity"]["sensor"]["account_status"]["state"]
    assert icons.keys() == set(AccountStatus) - {AccountStatus.OK}
    for name, types in {"account_activity": EventType, "notices": NOTICE_TYPES}.items():
        attributes = ENGLISH["entity"]["event"][name]["state_attributes"]
        assert attributes["event_type"]["state"].keys() == set(types)


def test_icon_ranges_rise() -> None:
    """Home Assistant wants the steps of an icon's range in rising order."""
    ranges = [each["range"] for each in ICONS["entity"]["sensor"].values() if "range" in each]
    assert ranges
    for steps in ranges:
        assert sorted(steps, key=float) == list(steps)


def test_every_error_has_a_text() -> None:
    """Each error of the client has a text for the form and one for the log."""
    assert ENGLISH["config"]["error"].keys() == POLL_ERRORS | {"invalid_api_key", "invalid_url"}
    assert ENGLISH["options"]["error"].keys() == {"cloud_not_connected", "no_address"}
    assert ENGLISH["exceptions"].keys() == POLL_ERRORS | ACTION_ERRORS


def test_every_repair_has_a_text() -> None:
    """Each repair has a title and a description."""
    assert ENGLISH["issues"].keys() == repair_issues.SEVERITIES.keys()


def test_every_balance_and_unit_has_a_name() -> None:
    """Quotas have readable names of their own, and share a unit."""
    texts = ENGLISH["selector"]
    assert texts["balance"]["options"].keys() == {USD, *names.UNITS}
    assert texts["unit"]["options"].keys() == {*names.UNITS.values(), names.QUOTA_UNIT}
    assert texts["service"]["options"].keys() == {*SERVICES, SERVICE_OTHER}


def test_every_event_and_expiry_has_a_sentence() -> None:
    """The logbook has one for each event, the calendar has two for each text: of one credit."""
    texts = ENGLISH["selector"]
    assert texts["logbook"]["options"].keys() == {*EventType, "recharged_by_unknown"}
    expected = {"expires", "expires_one", "pack", "pack_one"}
    assert texts["calendar"]["options"].keys() == expected
    assert texts["amount"]["options"] == {"number_format": amounts.ENGLISH_FORMAT}


def test_every_grouping_and_statistic_has_a_name() -> None:
    """What usage is grouped by has a name; a statistic's is made with that of its model."""
    texts = ENGLISH["selector"]
    assert texts["group_by"]["options"].keys() == set(GROUP_BY)
    assert texts["statistic"]["options"].keys() == {FAILURES, TASKS, USAGE}
    assert all("{model}" in name for name in texts["statistic"]["options"].values())


@pytest.mark.parametrize(
    ("texts", "schema"),
    [
        *((STEPS[step], form) for step, form in config_flow.KEY_SCHEMAS.items()),
        (STEPS["server"], config_flow.SERVER_SCHEMA),
        (ENGLISH["options"]["step"]["init"], config_flow.OPTIONS_SCHEMA),
        (ENGLISH["options"]["step"]["notices"], config_flow.NOTICES_SCHEMA),
    ],
    ids=[*config_flow.KEY_SCHEMAS, "server", "options", "notices"],
)
def test_every_field_of_a_form_is_explained(texts: dict[str, Any], schema: vol.Schema) -> None:
    """Each field has a label and an explanation, and each form a title and a description."""
    fields = {str(marker) for marker in schema.schema}
    assert texts["data"].keys() == texts["data_description"].keys() == fields
    assert texts.keys() == {"data", "data_description", "description", "title"}


def test_every_action_has_texts_and_an_icon() -> None:
    """Each action and each of its fields has a name and a description, and each action an icon."""
    texts = ENGLISH["services"]
    assert texts.keys() == ICONS["services"].keys() == services.ACTIONS.keys()
    for name, action in services.ACTIONS.items():
        assert texts[name].keys() == {"name", "description", "fields"}
        fields = {str(marker) for marker in action.fields} | {ATTR_CONFIG_ENTRY_ID}
        assert texts[name]["fields"].keys() == fields
        for each in texts[name]["fields"].values():
            assert each.keys() == {"name", "description"}
        assert ICONS["services"][name].keys() == {"service"}


@pytest.mark.parametrize(
    ("kind", "known"),
    [("triggers", trigger.TRIGGERS), ("conditions", condition.CONDITIONS)],
)
def test_every_trigger_and_condition_has_texts_and_an_icon(
    kind: str, known: dict[str, object]
) -> None:
    """Each has a name, a description and an icon, and each of its fields a name."""
    texts = ENGLISH[kind]
    fields = load_yaml_dict(INTEGRATION / f"{kind}.yaml")
    shown = {key for key in fields if not key.startswith(".")}
    assert texts.keys() == ICONS[kind].keys() == shown == known.keys()
    for key, each in texts.items():
        assert each.keys() - {"fields"} == {"name", "description"}
        assert each.get("fields", {}).keys() == fields[key].get("fields", {}).keys()
        assert all("name" in field for field in each.get("fields", {}).values())
        assert ICONS[kind][key].keys() == {kind.removesuffix("s")}


def test_system_health_has_a_text_for_each_service() -> None:
    """Each line has a name."""
    assert ENGLISH["system_health"]["info"].keys() == {
        *("accounts", "accounts_up_to_date"),
        *(f"can_reach_{name}" for name in SERVICES),
    }
