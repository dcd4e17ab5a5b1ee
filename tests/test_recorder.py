"""Test that long-term statistics go on when the language of Home Assistant is another."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import (
    statistics_during_period,
    validate_statistics,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .common import entity_id, wait_and_poll
from .conftest import SetUp
from .simulator import SimulatedAccount

PERIOD = timedelta(minutes=5)


@pytest.mark.usefixtures("all_enabled")
async def test_statistics_go_on_in_another_language(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    set_up: SetUp,
    account: SimulatedAccount,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A unit that is called otherwise is the same unit: nothing is lost, nothing complained of."""
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    freezer.move_to(start)
    entry = await set_up()
    sensor = entity_id(hass, entry, "credit_remain")
    # The second change is within a period: it has states in two languages.
    changes = (("en", 0), ("de", 0), ("ja", 1), ("zh-Hans", 0), ("fr", 0))
    for number, (language, seconds) in enumerate(changes):
        freezer.move_to(start + number * PERIOD + timedelta(seconds=seconds))
        await hass.config.async_update(language=language)
        await hass.config_entries.async_reload(entry.entry_id)
        account.set("wallet.credit_remain", 100 + number)
        await wait_and_poll(hass, freezer, timedelta(minutes=4))
        await async_wait_recording_done(hass)
        do_adhoc_statistics(hass, start=start + number * PERIOD)
        await async_wait_recording_done(hass)
    assert await recorder_mock.async_add_executor_job(validate_statistics, hass) == {}
    rows = await recorder_mock.async_add_executor_job(
        statistics_during_period, hass, start, None, {sensor}, "5minute", None, {"max"}
    )
    assert len(rows[sensor]) == len(changes)
