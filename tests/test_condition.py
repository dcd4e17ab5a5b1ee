"""Test the conditions through automations that have them."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.condition import async_get_all_descriptions
from homeassistant.setup import async_setup_component

from custom_components.goapi.condition import CONDITIONS
from custom_components.goapi.const import DOMAIN

from .automations import automate, condition, ran
from .common import entity_id, poll, state_of
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator
from .test_docs import AUTOMATIONS, examples

START = {"trigger": "event", "event_type": "start"}
ABOVE_50 = {"threshold": {"type": "above", "value": {"number": 50}}}


async def test_the_editor_can_offer_each_condition(hass: HomeAssistant, set_up: SetUp) -> None:
    """Each has a target of our entities alone, and fields that are selectors."""
    await set_up()
    assert await async_setup_component(hass, "automation", {})
    descriptions = await async_get_all_descriptions(hass)
    ours = {key: each for key, each in descriptions.items() if key.startswith(f"{DOMAIN}.")}
    assert ours.keys() == {f"{DOMAIN}.{key}" for key in CONDITIONS}
    for key, each in ours.items():
        assert each is not None
        assert {entity["integration"] for entity in each["target"]["entity"]} == {DOMAIN}
        assert all("selector" in field for field in each["fields"].values())
        numerical = {"threshold"} if key.endswith("above") else set()
        assert each["fields"].keys() == {"behavior", "for"} | numerical


@pytest.mark.parametrize(
    ("key", "options", "path", "fails", "passes"),
    [
        ("balance_is_low", {}, "wallet.credit_remain", 74, 0),
        ("balance_is_above", ABOVE_50, "wallet.credit_remain", 50, 74),
        ("account_is_enabled", {}, "is_enable", False, True),
    ],
)
@pytest.mark.parametrize("by", ["entity_id", "device_id"])
@pytest.mark.parametrize("behavior", ["any", "all"])
async def test_a_condition_passes_while_it_is_true(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    expected_logs: list[str],
    key: str,
    options: dict[str, Any],
    path: str,
    fails: object,
    passes: object,
    by: str,
    behavior: str,
) -> None:
    """It is false as long as the state is unavailable, and if the entity is gone."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    shown_by = {
        "balance_is_low": "credit_remain_low",
        "balance_is_above": "credit_remain",
        "account_is_enabled": "is_enable",
    }
    shown = er.async_get(hass).async_get(entity_id(hass, entry, shown_by[key]))
    assert shown
    target = {by: getattr(shown, by)}
    runs = await automate(
        hass,
        {
            "triggers": [START],
            "conditions": [condition(key, target, behavior=behavior, **options)],
        },
    )
    results = []
    for value in (fails, passes, None):
        if value is None:
            simulator.fail(Fault.SERVER_ERROR)
        else:
            account.set(path, value)
        await poll(hass)
        hass.bus.async_fire("start")
        await hass.async_block_till_done()
        results.append(len(ran(runs)))
    assert results == [0, 1, 0]
    er.async_get(hass).async_remove(shown.entity_id)
    hass.bus.async_fire("start")
    await hass.async_block_till_done()
    assert ran(runs) == []


async def test_the_example_of_the_documentation(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """The button starts the job if the account is enabled and has enough money."""
    account.set("equivalent_in_usd", 20)
    await set_up()
    all_examples = (each for found in examples(AUTOMATIONS) for each in found)
    (job,) = (each for each in all_examples if each["alias"] == "GoAPI job")
    assert await async_setup_component(hass, "automation", {"automation": [job]})
    started = async_capture_events(hass, "start_job")
    counts: list[int] = []
    for balance, is_enabled in ((20, True), (4, True), (20, False)):
        account.set("equivalent_in_usd", balance)
        account.set("is_enable", is_enabled)
        await poll(hass)
        hass.states.async_set("input_button.goapi_job", str(len(counts)))
        await hass.async_block_till_done()
        counts.append(len(started))
    assert counts == [1, 1, 1]


async def test_other_entities_are_no_part_of_it(hass: HomeAssistant, set_up: SetUp) -> None:
    """Of all that is above 50, what is left of a balance alone counts."""
    entry = await set_up()
    outside = er.async_get(hass).async_get_or_create(
        "sensor", "other", "1", translation_key="remaining"
    )
    hass.states.async_set(outside.entity_id, "100")
    others = [
        outside.entity_id,
        entity_id(hass, entry, "credit_used"),
        entity_id(hass, entry, "credit_remain_low"),
    ]
    target = {"entity_id": others}
    runs = await automate(
        hass,
        {"triggers": [START], "conditions": [condition("balance_is_above", target, **ABOVE_50)]},
        {"triggers": [START], "conditions": [condition("account_is_enabled", target)]},
    )
    hass.bus.async_fire("start")
    await hass.async_block_till_done()
    assert ran(runs) == []


async def test_all_of_them_have_to_be_known(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """One that the service sends no longer could be anything."""
    account.set("wallet.credit_remain", 74)
    account.set("wallet.point_remain", 100)
    entry = await set_up()
    target = {"entity_id": [entity_id(hass, entry, f"{key}_remain") for key in ("credit", "point")]}
    is_above = condition("balance_is_above", target, behavior="all", **ABOVE_50)
    runs = await automate(hass, {"triggers": [START], "conditions": [is_above]})
    hass.bus.async_fire("start")
    await hass.async_block_till_done()
    assert len(ran(runs)) == 1
    account.remove("wallet.point_remain")
    await poll(hass)
    assert state_of(hass, entry, "point_remain").state == "unknown"
    hass.bus.async_fire("start")
    await hass.async_block_till_done()
    assert ran(runs) == []
