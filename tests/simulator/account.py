"""An account whose state tests and the demo change while it is being watched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
import json
from pathlib import Path
from typing import Any, Self

from . import packs, paths, tasks
from .amounts import number, positive, shifted
from .clock import now, stamp
from .demo import DEMO_TIME, demo_data
from .past import demo_history

CREDIT = "credit"
CREDITS_PER_USD = 1000
DOCUMENTED_RESPONSE = Path(__file__).with_name("account_info.json")
WALLET_UPDATED_AT = "wallet.updated_at"


class SimulatedAccount:
    """One account of the service.

    `data` is the live object that `GET /account/info` answers with, `history` the rows of
    `GET /api/open/tasks/histories` in the order in which they were added; `clock` returns the
    present time.
    """

    def __init__(
        self,
        data: dict[str, Any],
        history: list[dict[str, Any]] | None = None,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """Take over the data of an account, and its history if it has one."""
        self.data = data
        self.history: list[dict[str, Any]] = [] if history is None else history
        self.clock = clock
        self.auto_recharge_fails = False

    @classmethod
    def documented(cls) -> Self:
        """Return the account of the vendor's documentation page."""
        return cls(json.loads(DOCUMENTED_RESPONSE.read_bytes())["data"])

    @classmethod
    def demo(cls, moment: datetime = DEMO_TIME) -> Self:
        """Return a current account in the middle of its life at the given moment."""
        data = demo_data(moment)
        return cls(data, demo_history(data, moment))

    def counter(self, quota: str, kind: str) -> float | None:
        """Return a counter of a quota (kind: remain, used or frozen), or None without one."""
        wallet = self.data.get("wallet")
        return number(wallet.get(f"{quota}_{kind}")) if isinstance(wallet, dict) else None

    def spend(self, amount: float, quota: str = CREDIT) -> float:
        """Use up to an amount of what a quota has left, and return how much that was."""
        with self._mutation():
            spent = min(positive(amount), self._counter(quota, "remain"))
            self._shift(quota, "remain", -spent)
            if self.counter(quota, "used") is not None:
                self._shift(quota, "used", spent)
            if quota == CREDIT:
                packs.book(self.data, "used", spent)
        self.auto_recharge()
        return spent

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

    def finish(self, amount: float, quota: str = CREDIT) -> float:
        """Use up to an amount of what a quota has reserved, and return how much that was."""
        with self._mutation():
            used = min(positive(amount), self._counter(quota, "frozen"))
            self._shift(quota, "frozen", -used)
            if self.counter(quota, "used") is not None:
                self._shift(quota, "used", used)
            if quota == CREDIT:
                packs.use_frozen(self.data, used)
        return used

    def start_task(
        self,
        model: str,
        cost: float,
        quota: str = CREDIT,
        *,
        action: str = "generate",
        api_key_id: int = 1,
        waiting: bool = False,
        created_at: datetime | None = None,
    ) -> str:
        """Start a task, which reserves its cost in quotas that reserve, and return its id."""
        if positive(cost) > self._counter(quota, "remain"):
            raise ValueError(f"insufficient {quota}")
        if self._reserves(quota):
            self.freeze(cost, quota)
        row = tasks.new_row(
            tasks.next_number(self.history),
            self.data.get("id"),
            model=model,
            action=action,
            usage=cost,
            usage_type=quota,
            status=tasks.PENDING if waiting else tasks.PROCESSING,
            created_at=created_at or self.clock(),
            api_key_id=api_key_id,
        )
        self.history.append(row)
        return str(row["task_id"])

    def run_task(self, task_id: str) -> None:
        """Let a task run that has waited."""
        self._enter(self._task(task_id, tasks.PENDING), tasks.PROCESSING)

    def finish_task(self, task_id: str) -> None:
        """Let a task succeed: what it cost is used."""
        row = self._task(task_id, *tasks.OPEN)
        quota = row["usage_type"]
        # Somebody may have changed the wallet while the task was running.
        if self._reserves(quota):
            row["usage"] = self.finish(row["usage"], quota)
        elif self.counter(quota, "remain") is not None:
            row["usage"] = self.spend(row["usage"], quota)
        self._enter(row, tasks.FINISHED)

    def fail_task(self, task_id: str) -> None:
        """Let a task fail: what it has reserved comes back, and its row keeps the usage."""
        row = self._task(task_id, *tasks.OPEN)
        if self._reserves(row["usage_type"]):
            self.release(row["usage"], row["usage_type"])
        self._enter(row, tasks.FAILED)

    def active_tasks(self) -> dict[str, Any]:
        """Return what `GET /account/active_tasks` answers with."""
        return tasks.active(self.history)

    def top_up(self, amount: float, quota: str = CREDIT) -> None:
        """Add an amount to what a quota has left."""
        with self._mutation():
            self._shift(quota, "remain", positive(amount))
            if quota == CREDIT:
                packs.buy(self.data, amount, self.clock())

    def buy_pack(self, amount: float, begins: datetime, ends: datetime) -> None:
        """Add a credit pack; one that begins later cannot be spent yet."""
        with self._mutation():
            if begins <= self.clock():
                self._shift(CREDIT, "remain", positive(amount))
            packs.buy(self.data, amount, self.clock(), begins, ends)

    def pass_time(self) -> None:
        """Begin and end the credit packs whose time has come."""
        if change := packs.pass_time(self.data, self.clock()):
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
        wallet["last_auto_recharge_triggered_at"] = int(self.clock().timestamp())
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
            wallet["updated_at"] = stamp(self.clock())

    def _task(self, task_id: str, *statuses: str) -> dict[str, Any]:
        """Return the row of a task that has one of these statuses."""
        for row in self.history[::-1]:
            if row["task_id"] == task_id and row["status"] in statuses:
                return row
        raise ValueError(f"no task {task_id} is {' or '.join(statuses)}")

    def _enter(self, row: dict[str, Any], status: str) -> None:
        row.update(status=status, updated_at=stamp(self.clock()))

    def _reserves(self, quota: str) -> bool:
        return None not in (self.counter(quota, "remain"), self.counter(quota, "frozen"))

    def _counter(self, quota: str, kind: str) -> float:
        if (value := self.counter(quota, kind)) is None:
            raise ValueError(f"the wallet has no {quota}_{kind}")
        return value

    def _shift(self, quota: str, kind: str, by: float) -> None:
        value = self._counter(quota, kind)
        self.data["wallet"][f"{quota}_{kind}"] = shifted(value, by)
