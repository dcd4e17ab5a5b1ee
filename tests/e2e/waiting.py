"""Waiting that ends."""

from collections.abc import Callable
import time


def until[T](
    condition: Callable[[], T | None], seconds: float, what: str, *, pause: float = 0.1
) -> T:
    """Return the first true value of the condition; raise TimeoutError, naming what was awaited."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            message = f"{what}: not within {seconds:g} seconds (last seen: {value!r})"
            raise TimeoutError(message)
        time.sleep(pause)
    return value
