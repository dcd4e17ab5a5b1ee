"""Prints what a running Home Assistant imports beyond its own package, one requirement per line.

Home Assistant installs these while it starts. The demo and the tests start it with `--skip-pip`,
so that an environment is complete, and the same, before anything runs in it.
"""

from collections.abc import Iterable
import json
from pathlib import Path
import sys

import homeassistant
from homeassistant.bootstrap import DEFAULT_INTEGRATIONS
from homeassistant.const import BASE_PLATFORMS

# What tests/e2e/configuration.py configures, isal, which the web server looks for by itself, and
# rest, which the benchmark compares with.
CONFIGURED = ("history", "isal", "logbook", "mobile_app", "my", "recorder", "rest")

# Imported by components whose manifests leave it to another one: numpy (camera) is named by stream,
# aiohasupervisor (backup, onboarding) by hassio. The release's constraints hold their versions.
UNNAMED = ("aiohasupervisor", "numpy")

COMPONENTS = Path(homeassistant.__file__).parent / "components"


def requirements(domains: Iterable[str]) -> set[str]:
    """Return the requirements of these components and of everything they depend on."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(domains)
    while waiting:
        domain = waiting.pop()
        if domain in seen:
            continue
        seen.add(domain)
        manifest = json.loads((COMPONENTS / domain / "manifest.json").read_text())
        found.update(manifest.get("requirements", ()))
        waiting.extend(manifest.get("dependencies", ()))
    return found


if __name__ == "__main__":
    wanted = requirements((*DEFAULT_INTEGRATIONS, *BASE_PLATFORMS, *CONFIGURED))
    sys.stdout.writelines(f"{each}\n" for each in sorted({*wanted, *UNNAMED}, key=str.lower))
