"""What Home Assistant's log tells."""

import re
from typing import Final

from .paths import DOMAIN

# Two words of time come before the level.
_PROBLEM: Final = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) ")
_TRACEBACK: Final = "Traceback (most recent call last)"
# Every Home Assistant that is started like ours logs these.
_USUAL: Final = (
    "Skipping pip installation of required modules",
    f"We found a custom integration {DOMAIN} which has not been tested",
)


def problems(text: str) -> list[str]:
    """Return the lines that tell of something wrong, whoever logged them."""
    return [
        line
        for line in text.splitlines()
        if (_PROBLEM.match(line) or _TRACEBACK in line)
        and not any(usual in line for usual in _USUAL)
    ]
