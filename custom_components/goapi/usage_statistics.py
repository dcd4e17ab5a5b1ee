"""Long-term statistics of what each model used, hour by hour."""

from datetime import UTC, datetime

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    statistics_during_period,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import slugify

from .const import DOMAIN
from .names import statistic_name
from .usage import UsageRecord, all_series, series_rows
from .usage.series import USAGE


async def async_write_statistics(
    hass: HomeAssistant, entry: ConfigEntry, record: UsageRecord, oldest: int
) -> None:
    """Write what changed since the last time; `oldest` is the first hour of the record.

    Hours are written as a whole, so that one that is written again never counts twice. Without a
    recorder it all waits.
    """
    if record.changed_from is None or "recorder" not in hass.config.components:
        return
    prefix = f"{DOMAIN}:{slugify(str(entry.unique_id))}_"
    series = all_series(record)
    if new := {prefix + name for name in series if name not in record.bases}:
        # An account that was removed and added again goes on where its statistics ended.
        recorded = await get_instance(hass).async_add_executor_job(
            statistics_during_period,
            hass,
            datetime.fromtimestamp(0, UTC),
            datetime.fromtimestamp(oldest, UTC),
            new,
            "hour",
            None,
            {"sum"},
        )
        for name in new:
            last = recorded[name][-1]["sum"] if name in recorded else None
            record.bases[name.removeprefix(prefix)] = last or 0
    # Months of many tasks take a while to add up.
    all_rows = await hass.async_add_executor_job(series_rows, record, record.changed_from)
    for name, rows in all_rows.items():
        found = series[name]
        async_add_external_statistics(
            hass,
            StatisticMetaData(
                source=DOMAIN,
                statistic_id=prefix + name,
                name=f"{entry.title} {statistic_name(hass, found)}",
                unit_of_measurement=found.usage_type if found.kind == USAGE else None,
                unit_class=None,
                mean_type=StatisticMeanType.NONE,
                has_sum=True,
            ),
            [
                StatisticData(
                    start=datetime.fromtimestamp(row.start, UTC), state=row.amount, sum=row.sum
                )
                for row in rows
            ],
        )
    record.changed_from = None
