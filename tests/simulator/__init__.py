"""A local HTTP server that behaves like GoAPI."""

from .account import SimulatedAccount
from .demo import DEMO_KEY
from .faults import Fault
from .server import Simulator

__all__ = ["DEMO_KEY", "Fault", "SimulatedAccount", "Simulator"]
