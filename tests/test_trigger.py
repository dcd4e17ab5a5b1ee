"""Test the triggers through automations: what starts them, for which targets, and when."""

from datetime import timedelta
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    async_mock_service,
)
import voluptuous as vol

from homeassistant.components.automation import EVENT_AUTOMATION_TRIGGERED
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, ServiceCall
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.trigger import async_get_all_descriptions, async_validate_trigger_config
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components.goapi.const import DOMAIN, EVENT_GOAPI
from custom_components.goapi.trigger import TRIGGERS

from .automations import automate, ran, trigger
from .common import credit_pack, entity_id, poll, set_number, wait_and_poll
from .conftest import SetUp
from .simulator import Fault, SimulatedAccount, Simulator
from .test_docs import AUTOMATIONS, ENGLISH, examples, page

PACKS = "credit_pack_info.credit_packs"
HALF_AN_HOUR = {"minutes": 30}


def device(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> dict[str, str]:
    """Return the device that an entity is on, as a target."""
    entity = er.async_get(hass).async_get(entity_id(hass, entry, key))
    assert entity
    assert entity.device_id
    return {"device_id": entity.device_id}


async def go_on(hass: HomeAssistant, freezer: FrozenDateTimeFactory, **time: float) -> None:
    """Let some time pass."""
    freezer.tick(timedelta(**time))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_the_editor_can_offer_each_trigger(hass: HomeAssistant, set_up: SetUp) -> None:
    """Each has a target of our entities alone, and fields that are selectors."""
    await set_up()
    assert await async_setup_component(hass, "automation", {})
    descriptions = await async_get_all_descriptions(hass)
    ours = {key: each for key, each in descriptions.items() if key.startswith(f"{DOMAIN}.")}
    assert ours.keys() == {f"{DOMAIN}.{key}" for key in TRIGGERS}
    for each in ours.values():
        assert each is not None
        assert {entity["integration"] for entity in each["target"]["entity"]} == {DOMAIN}
        assert all("selector" in field for field in each.get("fields", {}).values())
    fields = {key: set(each["fields"]) for key, each in ours.items() if each and each["fields"]}
    assert fields == {
        "goapi.balance_became_low": {"for"},
        "goapi.balance_crossed_threshold": {"behavior", "for", "threshold"},
        "goapi.balance_no_longer_low": {"for"},
        "goapi.credits_expire_soon": {"days"},
    }


@pytest.mark.parametrize(
    ("key", "target", "options"),
    [
        ("topped_up", None, {}),
        ("topped_up", {"entity_id": "event.studio_account_activity"}, {"for": HALF_AN_HOUR}),
        ("balance_became_low", {"entity_id": "event.studio_account_activity"}, {"for": "soon"}),
        ("credits_expire_soon", {"entity_id": "event.studio_account_activity"}, {}),
        ("credits_expire_soon", {"entity_id": "event.studio_account_activity"}, {"days": 0}),
    ],
)
async def test_a_wrong_configuration_is_refused(
    hass: HomeAssistant, set_up: SetUp, key: str, target: dict[str, str] | None, options: Any
) -> None:
    """It has a target, and options that make sense."""
    await set_up()
    config: dict[str, Any] = {"platform": f"{DOMAIN}.{key}", "options": options}
    if target:
        config["target"] = target
    with pytest.raises(vol.Invalid):
        await async_validate_trigger_config(hass, [config])


async def test_each_event_has_a_trigger(hass: HomeAssistant, set_up: SetUp) -> None:
    """An event starts the automations that have its trigger, and no other."""
    entry = await set_up()
    keys = [
        *("account_disabled", "balance_became_empty", "balance_became_low"),
        *("balance_no_longer_low", "daily_limit_reached", "topped_up", "unusual_spending"),
    ]
    account = device(hass, entry, "account_activity")
    runs = await automate(hass, *({"triggers": [trigger(key, account)]} for key in keys))
    started: dict[str, list[str]] = {}
    for kind in (
        *("low", "empty", "recovered", "topped_up", "recharged"),
        *("pack_expired", "spend_spike", "daily_limit_reached", "enabled", "disabled"),
    ):
        hass.bus.async_fire(
            EVENT_GOAPI,
            {"type": kind, "account": "Studio", "config_entry_id": entry.entry_id},
        )
        # Anybody can fire an event of this name.
        hass.bus.async_fire(EVENT_GOAPI)
        hass.bus.async_fire(EVENT_GOAPI, {"type": kind})
        hass.bus.async_fire(EVENT_GOAPI, {"type": kind, "config_entry_id": "gone"})
        await hass.async_block_till_done()
        started[kind] = [run["platform"].partition(".")[2] for run in ran(runs)]
    assert started == {
        "low": ["balance_became_low"],
        "empty": ["balance_became_empty"],
        "recovered": ["balance_no_longer_low"],
        "topped_up": ["topped_up"],
        "recharged": ["topped_up"],
        "pack_expired": [],
        "spend_spike": ["unusual_spending"],
        "daily_limit_reached": ["daily_limit_reached"],
        "enabled": [],
        "disabled": ["account_disabled"],
    }


async def test_an_automation_knows_what_happened(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """The variables are those of the event; the trace says it in words."""
    entry = await set_up()
    activity = {"entity_id": "event.studio_account_activity"}
    runs = await automate(
        hass,
        {"triggers": [trigger("topped_up", activity), trigger("account_disabled", activity)]},
    )
    account.top_up(400, "point")
    account.disable()
    await poll(hass)
    assert ran(runs) == [
        {
            "platform": "goapi.topped_up",
            "description": "Studio Points: Balance topped up",
            "account": "Studio",
            "type": "topped_up",
            "balance_name": "Points",
            "amount": 400,
            "unit": "points",
        },
        {
            "platform": "goapi.account_disabled",
            "description": "Studio: Account disabled",
            "account": "Studio",
            "type": "disabled",
        },
    ]
    assert entry.title == "Studio"


async def test_the_logbook_says_what_started_an_automation_in_the_language_of_home_assistant(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount
) -> None:
    """It shows the trigger's name as the editor does."""
    await hass.config.async_update(language="de")
    entry = await set_up()
    triggered = async_capture_events(hass, EVENT_AUTOMATION_TRIGGERED)
    target = device(hass, entry, "account_activity")
    await automate(hass, {"triggers": [trigger("account_disabled", target)]})
    account.disable()
    await poll(hass)
    (event,) = triggered
    assert event.data["source"] == "Studio: Konto deaktiviert"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # The device of the account has the activity, which is about all balances.
        ("account_activity", ["Points", "Midjourney", "US dollars"]),
        ("mj_remain", ["Midjourney"]),
        ("point_remain", ["Points"]),
    ],
)
async def test_a_device_stands_for_its_balance_or_the_account(
    hass: HomeAssistant, set_up: SetUp, key: str, expected: list[str]
) -> None:
    """An automation runs once, however many entities of the device there are."""
    entry = await set_up()
    runs = await automate(hass, {"triggers": [trigger("topped_up", device(hass, entry, key))]})
    top_up_all(hass, entry)
    await hass.async_block_till_done()
    assert [run["balance_name"] for run in ran(runs)] == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("account_activity", ["Points", "Midjourney", "US dollars"]),
        ("plan", ["Points", "Midjourney", "US dollars"]),
        ("mj_remain", ["Midjourney"]),
        ("mj_used", ["Midjourney"]),
        ("mj_remain_low", ["Midjourney"]),
        ("equivalent_in_usd", ["US dollars"]),
        ("equivalent_in_usd_low", ["US dollars"]),
    ],
)
async def test_an_entity_stands_for_its_balance_or_the_account(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, key: str, expected: list[str]
) -> None:
    """US dollars have entities of their own on the device of the account."""
    account.set("equivalent_in_usd", 20)
    entry = await set_up()
    target = {"entity_id": [entity_id(hass, entry, key), "sensor.sun_rising"]}
    runs = await automate(hass, {"triggers": [trigger("topped_up", target)]})
    top_up_all(hass, entry)
    await hass.async_block_till_done()
    assert [run["balance_name"] for run in ran(runs)] == expected


@pytest.mark.parametrize("by", ["area_id", "floor_id", "label_id"])
async def test_areas_floors_and_labels_stand_for_what_is_there(
    hass: HomeAssistant, set_up: SetUp, by: str
) -> None:
    """They are followed when the automation runs, not when it was made."""
    entry = await set_up()
    floor = fr.async_get(hass).async_create("First floor").floor_id
    area = ar.async_get(hass).async_create("Office", floor_id=floor).id
    label = lr.async_get(hass).async_create("Work").label_id
    target = {by: {"area_id": area, "floor_id": floor, "label_id": label}[by]}
    runs = await automate(hass, {"triggers": [trigger("topped_up", target)]})
    top_up_all(hass, entry)
    await hass.async_block_till_done()
    assert ran(runs) == []
    midjourney = device(hass, entry, "mj_remain")["device_id"]
    dr.async_get(hass).async_update_device(midjourney, area_id=area, labels={label})
    top_up_all(hass, entry)
    await hass.async_block_till_done()
    assert [run["balance_name"] for run in ran(runs)] == ["Midjourney"]


def top_up_all(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Fire the event of a top-up for three balances."""
    for balance, name in {
        "point_remain": "Points",
        "mj_remain": "Midjourney",
        "equivalent_in_usd": "US dollars",
    }.items():
        hass.bus.async_fire(
            EVENT_GOAPI,
            {
                "type": "topped_up",
                "config_entry_id": entry.entry_id,
                "balance": balance,
                "balance_name": name,
            },
        )


async def test_entities_of_others_and_other_accounts_start_nothing(
    hass: HomeAssistant, set_up: SetUp, entry: MockConfigEntry
) -> None:
    """Neither an entity that somebody else put on our device, nor the same balance elsewhere."""
    await set_up()
    other = MockConfigEntry(domain=DOMAIN, title="Lab", unique_id="2")
    other.add_to_hass(hass)
    foreign = er.async_get(hass).async_get_or_create(
        "sensor", "other", "1", device_id=device(hass, entry, "mj_remain")["device_id"]
    )
    lab = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={(DOMAIN, "2_mj_remain")}
    )
    ours = er.async_get(hass).async_get_or_create(
        "sensor", DOMAIN, "2_mj_remain", device_id=lab.id, config_entry=other
    )
    targets = {"entity_id": [foreign.entity_id, ours.entity_id]}
    runs = await automate(hass, {"triggers": [trigger("topped_up", targets)]})
    top_up_all(hass, entry)
    await hass.async_block_till_done()
    assert ran(runs) == []


async def test_low_and_no_longer_low_can_have_to_last(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """What ends before the time is over starts nothing; an outage does not end it."""
    entry = await set_up()
    await set_number(hass, entry, "credit_remain_low_threshold", 50)
    target = {"entity_id": entity_id(hass, entry, "credit_remain_low")}
    runs = await automate(
        hass,
        *(
            {"triggers": [trigger(key, target, **{"for": HALF_AN_HOUR})]}
            for key in ("balance_became_low", "balance_no_longer_low")
        ),
    )
    seen: list[tuple[int, str]] = []
    # Credits by the minute at which they are there.
    course = {5: 40, 20: 100, 40: 45, 55: 0, 80: 100, 90: 0, 100: 100}
    for minute in range(5, 145, 5):
        if minute in course:
            account.set("wallet.credit_remain", course[minute])
        await wait_and_poll(hass, freezer)
        seen += [(minute, run["description"]) for run in ran(runs)]
    assert seen == [
        (70, "Studio Credits: Balance became low"),
        (130, "Studio Credits: Balance no longer low"),
    ]


async def automate_half_an_hour_low(hass: HomeAssistant, entry: ConfigEntry) -> list[ServiceCall]:
    """Set an automation up that runs when credits are below 50 for half an hour."""
    await set_number(hass, entry, "credit_remain_low_threshold", 50)
    target = {"entity_id": entity_id(hass, entry, "credit_remain_low")}
    return await automate(
        hass, {"triggers": [trigger("balance_became_low", target, **{"for": HALF_AN_HOUR})]}
    )


async def test_an_outage_does_not_end_the_time(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """Nothing is known to have changed."""
    expected_logs.append("Error fetching")
    entry = await set_up()
    runs = await automate_half_an_hour_low(hass, entry)
    account.set("wallet.credit_remain", 10)
    await wait_and_poll(hass, freezer)
    simulator.fail(Fault.SERVER_ERROR)
    await go_on(hass, freezer, minutes=31)
    assert [run["description"] for run in ran(runs)] == ["Studio Credits: Balance became low"]


async def test_an_account_that_is_removed_starts_nothing(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """Nobody wants to be told half an hour later that it is low."""
    entry = await set_up()
    runs = await automate_half_an_hour_low(hass, entry)
    account.set("wallet.credit_remain", 10)
    await wait_and_poll(hass, freezer)
    await hass.config_entries.async_remove(entry.entry_id)
    await go_on(hass, freezer, minutes=31)
    assert ran(runs) == []


async def test_an_automation_that_is_turned_off_waits_no_longer(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """Neither for the time to be over nor for the next event."""
    entry = await set_up()
    runs = await automate_half_an_hour_low(hass, entry)
    account.set("wallet.credit_remain", 10)
    await wait_and_poll(hass, freezer)
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.test_0"}, blocking=True
    )
    await go_on(hass, freezer, minutes=31)
    assert ran(runs) == []


@pytest.mark.parametrize(
    ("type_", "expected"), [("below", [(10, 40), (20, 30)]), ("above", [(15, 60)])]
)
async def test_a_balance_crosses_a_threshold(
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
    type_: str,
    expected: list[tuple[int, int]],
) -> None:
    """It is any amount, and what is left of a balance alone is compared with it."""
    entry = await set_up()
    target = device(hass, entry, "credit_remain")
    threshold = {"type": type_, "value": {"number": 50}}
    runs = await automate(
        hass,
        {"triggers": [trigger("balance_crossed_threshold", target, threshold=threshold)]},
    )
    seen: list[tuple[int, int]] = []
    course = {5: 70, 10: 40, 15: 60, 20: 30, 25: 20}
    for minute, credit in course.items():
        account.set("wallet.credit_remain", credit)
        await wait_and_poll(hass, freezer)
        seen += [(minute, credit) for _ in ran(runs)]
    assert seen == expected


async def test_a_pack_expires_soon_once(
    hass: HomeAssistant,
    set_up: SetUp,
    entry: MockConfigEntry,
    account: SimulatedAccount,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """At its moment, also in an outage and over a reload, or when it is seen later than that."""
    expected_logs.append("Error fetching")
    freezer.move_to("2026-11-20 12:00:00+00:00")
    now = dt_util.utcnow()
    ends = {1: timedelta(days=5), 2: timedelta(days=9), 3: timedelta(days=10)}
    account.set(PACKS, [credit_pack(number, now + end) for number, end in ends.items()])
    await set_up()
    target = {"entity_id": "calendar.studio_credit_expiry"}
    runs = await automate(hass, {"triggers": [trigger("credits_expire_soon", target, days=7)]})
    # The first was due already; nobody is told that late.
    await go_on(hass, freezer, hours=47.5)
    assert ran(runs) == []
    simulator.fail(Fault.SERVER_ERROR)
    await wait_and_poll(hass, freezer)
    await go_on(hass, freezer, hours=1)
    assert ran(runs) == [
        {
            "platform": "goapi.credits_expire_soon",
            "description": "Studio Credit packs: Credits expire soon",
            "account": "Studio",
            "balance_name": "Credit packs",
            "amount": 1600,
            "unit": "credits",
        }
    ]
    simulator.recover()
    await hass.config_entries.async_unload(entry.entry_id)
    await go_on(hass, freezer, hours=25)
    assert ran(runs) == []
    await hass.config_entries.async_setup(entry.entry_id)
    await go_on(hass, freezer, minutes=2)
    assert len(ran(runs)) == 1
    # One that is bought with less time than that.
    account.data["credit_pack_info"]["credit_packs"].append(
        credit_pack(4, dt_util.utcnow() + timedelta(days=3))
    )
    await wait_and_poll(hass, freezer)
    await go_on(hass, freezer, minutes=2)
    assert len(ran(runs)) == 1
    for _ in range(5):
        await go_on(hass, freezer, days=1)
    assert ran(runs) == []


async def test_a_pack_of_another_target_expires_silently(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """Points are no credit packs."""
    freezer.move_to("2026-11-20 12:00:00+00:00")
    ends_at = dt_util.utcnow() + timedelta(days=8)
    account.set(PACKS, [credit_pack(1, ends_at)])
    entry = await set_up()
    target = {"entity_id": entity_id(hass, entry, "point_remain")}
    runs = await automate(hass, {"triggers": [trigger("credits_expire_soon", target, days=7)]})
    await go_on(hass, freezer, hours=25)
    assert ran(runs) == []


async def test_the_example_of_credits_that_expire(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, freezer: FrozenDateTimeFactory
) -> None:
    """The automation of the documentation notifies a week before."""
    freezer.move_to("2026-11-20 12:00:00+00:00")
    account.set(PACKS, [credit_pack(1, dt_util.utcnow() + timedelta(days=8))])
    await set_up()
    all_examples = (each for found in examples(AUTOMATIONS) for each in found)
    (example,) = (each for each in all_examples if each["alias"] == "GoAPI credits expire soon")
    notifications = async_mock_service(hass, "notify", "notify")
    assert await async_setup_component(hass, "automation", {"automation": [example]})
    await go_on(hass, freezer, hours=25)
    (call,) = notifications
    assert call.data["message"] == "1600 credits expire on 2026-11-28."


def test_each_trigger_and_condition_is_documented() -> None:
    """The tables list them by their names in the editor and in YAML."""
    for kind in ("Trigger", "Condition"):
        texts = ENGLISH[f"{kind.lower()}s"]
        rows = re.findall(r"^\| ([^|]+) \| `goapi\.(\w+)` \|", page("automations"), re.MULTILINE)
        assert {key: name for name, key in rows if key in texts} == {
            key: each["name"] for key, each in texts.items()
        }


async def test_events_and_triggers_are_counted_alike(
    hass: HomeAssistant, set_up: SetUp, account: SimulatedAccount, events: list[Event]
) -> None:
    """A balance that is used up at once was never low, for the trigger as for the event."""
    entry = await set_up()
    await set_number(hass, entry, "credit_remain_low_threshold", 50)
    target = {"entity_id": entity_id(hass, entry, "credit_remain_low")}
    runs = await automate(
        hass,
        {"triggers": [trigger("balance_became_low", target)]},
        {"triggers": [trigger("balance_became_empty", target)]},
    )
    account.set("wallet.credit_remain", 0)
    await poll(hass)
    assert [event.data["type"] for event in events] == ["empty"]
    assert [run["type"] for run in ran(runs)] == ["empty"]
