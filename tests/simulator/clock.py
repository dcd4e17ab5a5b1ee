"""Times as the service writes them."""

from datetime import datetime, timedelta, timezone

SERVICE_ZONE = timezone(timedelta(hours=8))


def now() -> datetime:
    """Return the present time in the service's time zone."""
    return datetime.now(SERVICE_ZONE)


def stamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 text with the service's +08:00 offset."""
    return moment.astimezone(SERVICE_ZONE).isoformat(timespec="microseconds")
