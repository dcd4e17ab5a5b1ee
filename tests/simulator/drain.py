"""A wallet that is in use: tasks start, finish or fail, and somebody tops it up in time."""

from dataclasses import dataclass
from random import Random

from .account import SimulatedAccount

# A quota is topped up to what the demo begins with when less than this part of it is left.
NEARLY_EMPTY = 0.05
FAILURE_RATE = 0.1


@dataclass(frozen=True, slots=True)
class Habit:
    """How a quota is used: how often compared with others, and what tasks cost."""

    weight: float
    low: float
    high: float
    digits: int = 0


HABITS: dict[str, Habit] = {
    "credit": Habit(5, 15, 260),
    "point": Habit(4, 30, 520),
    "mj": Habit(2, 1, 4),
    "kling": Habit(2, 20, 60),
    "suno": Habit(1, 5, 20),
    "luma": Habit(1, 5, 10),
    "hailuo": Habit(1, 15, 30),
    "llm": Habit(3, 0.002, 0.09, digits=4),
}


@dataclass(frozen=True, slots=True)
class Task:
    """A running task and what it has frozen."""

    quota: str
    cost: float


class Drain:
    """Uses an account up, a task at a time."""

    def __init__(self, account: SimulatedAccount, seed: int | None = None) -> None:
        """Begin with the account as it is; a seed makes what happens repeatable."""
        self._account = account
        self._rng = Random(seed)  # noqa: S311 - no secret depends on it
        self._tasks: list[Task] = []
        full = SimulatedAccount.demo()
        self._full = {quota: full.counter(quota, "remain") or 0 for quota in HABITS}

    def step(self) -> None:
        """Let some tasks end, start one, and top up what is nearly empty."""
        for task in tuple(self._tasks):
            if self._rng.random() < 0.5:
                self._tasks.remove(task)
                self._finish(task)
        self._begin()
        self._top_up()

    def stop(self) -> None:
        """Let all tasks end: those of another start would be reserved for ever."""
        for task in self._tasks:
            self._finish(task)
        self._tasks.clear()

    def _begin(self) -> None:
        quotas = [quota for quota in HABITS if self._account.counter(quota, "remain")]
        if not quotas:
            return
        (quota,) = self._rng.choices(quotas, [HABITS[name].weight for name in quotas])
        habit = HABITS[quota]
        cost = round(self._rng.uniform(habit.low, habit.high), habit.digits or None)
        task = Task(quota, min(cost, self._account.counter(quota, "remain") or 0))
        if self._account.counter(quota, "frozen") is None:
            self._account.spend(task.cost, quota)
        else:
            self._account.freeze(task.cost, quota)
            self._tasks.append(task)

    def _finish(self, task: Task) -> None:
        # Somebody else may have changed the wallet while the task was running.
        if self._account.counter(task.quota, "remain") is None or not self._account.counter(
            task.quota, "frozen"
        ):
            return
        self._account.release(task.cost, task.quota)
        if self._rng.random() >= FAILURE_RATE:
            self._account.spend(task.cost, task.quota)

    def _top_up(self) -> None:
        for quota, full in self._full.items():
            remain = self._account.counter(quota, "remain")
            if remain is not None and remain < full * NEARLY_EMPTY:
                self._account.top_up(round(full - remain, 4), quota)
