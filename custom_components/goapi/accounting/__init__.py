"""What an account spends, what is expected of it, and what happened to it.

Nothing here knows Home Assistant, reads a file or has a clock of its own.
"""

from .events import Event, EventType
from .ledger import Period
from .state import AccountState
from .summary import AccountStatus, AccountSummary, BalanceSummary
from .tracker import Tracker

__all__ = [
    "AccountState",
    "AccountStatus",
    "AccountSummary",
    "BalanceSummary",
    "Event",
    "EventType",
    "Period",
    "Tracker",
]
