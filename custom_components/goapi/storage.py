"""What to do with a file that cannot be read."""

from contextlib import suppress
import logging
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

_LOGGER = logging.getLogger(__name__)


async def async_set_aside(hass: HomeAssistant, store: Store[Any], what: str, reason: str) -> None:
    """Keep the file of a store for whoever wants to look at it, under another name, and say so."""
    path = Path(store.path)
    aside = path.with_name(f"{path.name}.corrupt.{dt_util.utcnow().isoformat()}")
    with suppress(FileNotFoundError):
        await hass.async_add_executor_job(path.rename, aside)
    _LOGGER.warning(
        "The %s of an account cannot be read (%s) and begins anew; the file is kept as %s",
        what,
        reason,
        aside,
    )
