"""An account whose state tests and the demo change while it is being watched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
import json
from pathlib import Path
from typing import Any, Self

from . import packs, paths
from .amounts import number, positive, shifted
from .clock import now, stamp
from .demo import DEMO_TIME, demo_data

CREDIT = "credit"
CREDITS_PER_USD = 1000
DOCUMENTED_RESPONSE = Path(__file__).with_name("account_info.json")
WALLET_UPDATED_AT = "wallet.updated_at"


class SimulatedAccount:
    """One account of the service.

    `data` is the live object that `GET /account/info` answers with; `clock` returns the present
    time.
    """

    def __init__(self, data: dict[str, Any], *, clock: Callable[[], datetime] = now) -> None:
        """Take over the data of an account."""
        self.data = data
        self._clock = clock
        self.auto_recharge_fails = False

    @classmethod
    def documented(cls) -> Self:
        """Return the account of the vendor's documentation page."""
        return cls(json.loads(DOCUMENTED_RESPONSE.read_bytes())["data"])

    @classmethod
    def demo(cls, moment: datetime = DEMO_TIME) -> Self:
        """Return a current account in the middle of its life at the given moment."""
        return cls(demo_data(moment))

    def counter(self, quota: str, kind: str) -> float | None:
        """Return a counter of a quota (kind: remain, used or frozen), or None without one."""
        wallet = self.data.get("wallet")
        return number(wallet.get(f"{quota}_{kind}")) if isinstance(wallet, dict) else None

    def spend(self, amount: float, quota: str = CREDIT) -> None:
        """Use up to an amount of what a quota has left."""
        with self._mutation():
            spent = min(positive(amount), self._counter(quota, "remain"))
            self._shift(quota, "remain", -spent)
            if self.counter(quota, "used") is not None:
                self._shift(quota, "used", spent)
            if quota == CREDIT:
                packs.book(self.data, "used", spent)
        self.auto_recharge()

    def freeze(self, amount: float, quota: str = CREDIT) -> None:
        """Reserve up to an amount of what a quota has left, as a running task does."""
        with self._mutation():
            frozen = min(positive(amount), self._counter(quota, "remain"))
            self._shift(quota, "frozen", frozen)
            self._shift(quota, "remain", -frozen)
            if quota == CREDIT:
                packs.book(self.data, "frozen", frozen)
        self.auto_recharge()

    def release(self, amount: float, quota: str = CREDIT) -> None:
        """Return up to an amount of what a quota has reserved."""
        with self._mutation():
            released = min(positive(amount), self._counter(quota, "frozen"))
            self._shift(quota, "remain", released)
            self._shift(quota, "frozen", -released)
            if quota == CREDIT:
                packs.unfreeze(self.data, released)

    def finish(self, amount: float, quota: str = CREDIT) -> None:
        """Use up to an amount of what a quota has reserved, as a task does that succeeds."""
        with self._mutation():
            used = min(positive(amount), self._counter(quota, "frozen"))
            self._shift(quota, "frozen", -used)
            if self.counter(quota, "used") is not None:
                self._shift(quota, "used", used)
            if quota == CREDIT:
                packs.use_frozen(self.data, used)

    def top_up(self, amount: float, quota: str = CREDIT) -> None:
        """Add an amount to what a quota has left."""
        with self._mutation():
            self._shift(quota, "remain", positive(amount))
            if quota == CREDIT:
                packs.buy(self.data, amount, self._clock())

    def buy_pack(self, amount: float, begins: datetime, ends: datetime) -> None:
        """Add a credit pack; one that begins later cannot be spent yet."""
        with self._mutation():
            if begins <= self._clock():
                self._shift(CREDIT, "remain", positive(amount))
            packs.buy(self.data, amount, self._clock(), begins, ends)

    def pass_time(self) -> None:
        """Begin and end the credit packs whose time has come."""
        if change := packs.pass_time(self.data, self._clock()):
            with self._mutation():
                self._shift(CREDIT, "remain", change)

    def auto_recharge(self) -> bool:
        """Top the credits up to the target if they are down at the threshold, and tell whether.

        It happens after every `spend` and `freeze`; `auto_recharge_fails` keeps it from coming.
        """
        wallet = self.data.get("wallet")
        if (
            self.auto_recharge_fails
            or not isinstance(wallet, dict)
            or wallet.get("auto_recharge_enabled") is not True
        ):
            return False
        remain = self.counter(CREDIT, "remain")
        threshold = number(wallet.get("auto_recharge_threshold_credit"))
        target = number(wallet.get("auto_recharge_target_credit"))
        if (
            remain is None
            or threshold is None
            or target is None
            or remain > threshold
            or remain >= target
        ):
            return False
        self.top_up(shifted(target, -remain))
        wallet["last_auto_recharge_triggered_at"] = int(self._clock().timestamp())
        return True

    def enable(self) -> None:
        """Enable the account."""
        self.set("is_enable", True)

    def disable(self) -> None:
        """Disable the account."""
        self.set("is_enable", False)

    def add_quota(self, name: str, remain: float, used: float = 0, frozen: float = 0) -> None:
        """Give the wallet a quota, or an existing quota new counters."""
        with self._mutation():
            for kind, value in (("remain", remain), ("used", used), ("frozen", frozen)):
                paths.assign(self.data, f"wallet.{name}_{kind}", value)

    def set(self, path: str, value: Any) -> None:
        """Set the field at a dotted path."""
        with self._mutation(path):
            paths.assign(self.data, path, value)

    def remove(self, path: str) -> None:
        """Remove the field at a dotted path."""
        with self._mutation(path):
            paths.delete(self.data, path)

    @contextmanager
    def _mutation(self, path: str | None = None) -> Iterator[None]:
        credit_before = self.counter(CREDIT, "remain")
        yield
        credit_after = self.counter(CREDIT, "remain")
        usd = number(self.data.get("equivalent_in_usd"))
        if credit_before is not None and credit_after is not None and usd is not None:
            self.data["equivalent_in_usd"] = shifted(
                usd, (credit_after - credit_before) / CREDITS_PER_USD
            )
        wallet = self.data.get("wallet")
        # A test that sets or removes the time itself gets what it asked for.
        if path != WALLET_UPDATED_AT and isinstance(wallet, dict) and "updated_at" in wallet:
            wallet["updated_at"] = stamp(self._clock())

    def _counter(self, quota: str, kind: str) -> float:
        if (value := self.counter(quota, kind)) is None:
            raise ValueError(f"the wallet has no {quota}_{kind}")
        return value

    def _shift(self, quota: str, kind: str, by: float) -> None:
        value = self._counter(quota, kind)
        self.data["wallet"][f"{quota}_{kind}"] = shifted(value, by)
