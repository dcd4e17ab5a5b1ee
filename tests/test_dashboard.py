"""Test the module of the dashboard: how it is served, and that what it names exists."""

import gzip
from http import HTTPStatus
import json
import re

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.goapi.api.models import USD
from custom_components.goapi.const import DOMAIN
from custom_components.goapi.dashboard import MODULE
from custom_components.goapi.names import UNITS

from .conftest import SetUp

MOST_BYTES = 12_000
ENGLISH = json.loads((MODULE.parents[1] / "translations/en.json").read_text())
MANIFEST = json.loads((MODULE.parents[1] / "manifest.json").read_text())


def lists(name: str) -> set[str]:
    """Return the texts in a list of the module."""
    found = re.search(rf"^const {name} = \[(.*?)\];$", MODULE.read_text(), re.MULTILINE)
    assert found
    return set(re.findall(r'"(\w+)"', found[1]))


async def test_every_page_loads_the_module_once_for_each_version(
    hass: HomeAssistant, set_up: SetUp, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Its address has the version, so that browsers keep it until the next one."""
    assert await async_setup_component(hass, "frontend", {})
    await set_up()
    (url,) = hass.data[DATA_EXTRA_MODULE_URL].urls
    assert url == f"/{DOMAIN}/{MANIFEST['version']}/goapi-dashboard.js"
    client = await hass_client_no_auth()
    response = await client.get(url)
    assert response.status == HTTPStatus.OK
    assert response.content_type == "text/javascript"
    assert "max-age=2678400" in response.headers["Cache-Control"]
    assert await response.read() == MODULE.read_bytes()


async def test_no_frontend_is_needed(hass: HomeAssistant, set_up: SetUp) -> None:
    """The integration sets up where nobody looks at it."""
    await set_up()
    assert "frontend" not in hass.config.components


def test_the_module_is_small() -> None:
    """All pages load it, also of those who have no such dashboard."""
    assert len(gzip.compress(MODULE.read_bytes(), compresslevel=9)) <= MOST_BYTES


def test_every_text_of_the_dashboard_exists_and_is_used() -> None:
    """The module names each text by its key."""
    used = re.findall(r'text\(\s*"dashboard\.options\.(\w+)"', MODULE.read_text())
    assert set(used) == ENGLISH["selector"]["dashboard"]["options"].keys()
    for key in ("invalid_balance", "several_accounts"):
        assert f'"{key}"' in MODULE.read_text()
        assert key in ENGLISH["exceptions"]


def test_every_kind_of_entity_that_the_dashboard_shows_exists() -> None:
    """The module finds entities by their translation keys, and balances by their fields."""
    kinds = set().union(*ENGLISH["entity"].values())
    text = MODULE.read_text()
    named = re.findall(r'(?:\.id|kinds\.get|kinds\.has)\("(\w+)"\)', text)
    groups = re.findall(r'\[((?:"\w+"(?:, )?)+)\]\.flatMap', text)
    named += re.findall(r"\w+", "".join(groups))
    assert len(named) > 15
    assert {*named, *lists("TASKS"), *lists("USAGE"), *lists("EXPIRY")} <= kinds
    assert lists("MAIN") == UNITS.keys()
    assert f'const USD = "{USD}"' in text
