"""Measures how long the dashboard takes to be built in Chromium, and how large its module is."""

import argparse
import asyncio
import gzip
import json
import logging
from pathlib import Path
from statistics import median
import sys
from typing import Any, Final

from playwright.async_api import async_playwright

from homeassistant.const import __version__
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_dumps
from homeassistant.helpers.translation import recursive_flatten

from custom_components.goapi.const import DOMAIN
from tests.e2e import browser

from . import home, server
from .home import Setting

ROUNDS: Final = 50
ENTITIES: Final = 1000
PACKAGE: Final = Path(__file__).parents[1] / "custom_components" / DOMAIN
MODULE: Final = PACKAGE / "frontend" / "goapi-dashboard.js"
SCRIPT: Final = Path(__file__).with_suffix(".js")
SETTING: Final = Setting("", every_entity=True, running_tasks=True, max_ratio=0)


async def an_account() -> dict[str, Any]:
    """Return what the frontend knows of a Home Assistant with one account, all of it enabled."""
    with server.running() as address:
        async with home.home_assistant() as hass:
            await home.goapi(hass, address, SETTING)
            (entry,) = hass.config_entries.async_entries(DOMAIN)
            devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
            registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
            entities = [entity for entity in registered if not entity.disabled]
            found = {
                "entities": [entity.extended_dict for entity in entities],
                "devices": [device.dict_repr for device in devices],
                "states": [hass.states.get(entity.entity_id) for entity in entities],
            }
            decoded: dict[str, Any] = json.loads(json_dumps(found))
            return decoded


def several(account: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the account as often as it takes, each with ids of its own."""
    names = {entity["entity_id"] for entity in account["entities"]}
    names |= {entity["config_entry_id"] for entity in account["entities"]}
    names |= {device["id"] for device in account["devices"]}
    accounts = []
    for number in range(-(-ENTITIES // len(account["entities"]))):
        text = json.dumps(account)
        for name in names:
            text = text.replace(f'"{name}"', f'"{name}_{number}"')
        copy = json.loads(text)
        for device in copy["devices"]:
            device["identifiers"] = [[DOMAIN, f"{number}{key}"] for _, key in device["identifiers"]]
        accounts.append(copy)
    return accounts


def frontend(accounts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the frontend gives a strategy: its data, its texts, and answers to commands."""
    entities, devices, states = (
        [each for account in accounts for each in account[kind]]
        for kind in ("entities", "devices", "states")
    )
    return {
        "entities": {entity["entity_id"]: entity for entity in entities},
        "devices": {device["id"]: device for device in devices},
        "states": {state["entity_id"]: state for state in states},
        "areas": {},
        "config": {"components": ["logbook", "recorder", "repairs"], "version": __version__},
        "language": "en",
        "locale": {"language": "en"},
        "user": {"is_admin": True},
        "texts": texts(),
        "answers": {"repairs/list_issues": {"issues": []}},
    }


def texts() -> dict[str, str]:
    """Return the integration's English texts by the keys that the frontend has for them."""
    english = json.loads((PACKAGE / "translations" / "en.json").read_text())
    return recursive_flatten(f"component.{DOMAIN}.", english)


async def measure(hass: dict[str, Any], rounds: int) -> tuple[str, dict[str, Any]]:
    """Build the dashboard in Chromium again and again; return its version and what came of it."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=browser.program(), args=[*browser.OPTIONS]
        )
        page = await chromium.new_page()
        await page.add_script_tag(path=MODULE, type="module")
        await page.add_script_tag(path=SCRIPT)
        result: dict[str, Any] = await page.evaluate("given => measure(...given)", [hass, rounds])
        version = chromium.version
        await chromium.close()
    return version, result


def report(version: str, accounts: list[dict[str, Any]], result: dict[str, Any]) -> str:
    """Return the table of all figures."""
    views = result["dashboard"]["views"]
    text = json.dumps(views)
    shown = sum(f'"{state["entity_id"]}"' in text for each in accounts for state in each["states"])
    if len(views) < len(accounts) or not shown:
        raise RuntimeError(f"the dashboard is not built: {text[:1000]}")
    entities = sum(len(account["entities"]) for account in accounts)
    first, *later = result["milliseconds"]
    size = len(gzip.compress(MODULE.read_bytes(), mtime=0))
    return (
        f"Home Assistant {__version__}, Chromium {version}\n"
        f"{entities:,} entities of {len(accounts)} accounts; {len(views)} views show {shown:,}\n"
        "\n"
        f"  built for the first time {first:8.1f} ms\n"
        f"  built again{'':14}{median(later):8.1f} ms (median of {len(later)})\n"
        f"  module, gzipped{'':10}{size / 1000:8.1f} kB\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    options = parser.parse_args(arguments)
    if browser.program() is None:
        sys.stderr.write("not measured: there is no Chromium: scripts/setup browser installs it\n")
        return 0
    # What goes wrong is to be seen, the usual warning about custom integrations is not.
    logging.basicConfig(level=logging.ERROR)
    accounts = several(asyncio.run(an_account()))
    version, result = asyncio.run(measure(frontend(accounts), options.rounds + 1))
    sys.stdout.write(report(version, accounts, result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
