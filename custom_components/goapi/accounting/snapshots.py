"""The numbers of a balance in one answer, and how they moved between two."""

from typing import NamedTuple

from ..api import Number
from .floats import rounded


class Snapshot(NamedTuple):
    """The numbers of a balance in one answer, in its unit; None where the API sends none."""

    remaining: Number
    used: Number | None
    frozen: Number | None


class Change(NamedTuple):
    """How a balance moved between two snapshots, in its unit.

    `remaining`, `frozen` and `used` are how far the parts moved, `used` also backwards. `spent` is
    negative for what came back.
    """

    remaining: Number = 0
    frozen: Number = 0
    used: Number = 0
    spent: Number = 0
    added: Number = 0
    expired: Number = 0

    def followed_by(self, other: Change) -> Change:
        """Return this movement and another after it as one."""
        return Change(*(rounded(first + second) for first, second in zip(self, other, strict=True)))
