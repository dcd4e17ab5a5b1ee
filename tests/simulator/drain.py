"""A wallet that is in use: tasks start, finish or fail, and somebody tops it up in time."""

from random import Random

from .account import SimulatedAccount
from .habits import FAILURE_RATE, HABITS, choose

# A quota is topped up to what the demo begins with when less than this part of it is left.
NEARLY_EMPTY = 0.05
WAITING_RATE = 0.3


class Drain:
    """Uses an account up, a task at a time."""

    def __init__(self, account: SimulatedAccount, seed: int | None = None) -> None:
        """Begin with the account as it is; a seed makes what happens repeatable."""
        self._account = account
        self._rng = Random(seed)  # noqa: S311 - no secret depends on it
        self._waiting: list[str] = []
        self._running: list[str] = []
        full = SimulatedAccount.demo()
        self._full = {quota: full.counter(quota, "remain") or 0 for quota in HABITS}

    def step(self) -> None:
        """Let some tasks end, those run that waited, start one, and top up what is nearly empty."""
        for task_id in tuple(self._running):
            if self._rng.random() < 0.5:
                self._running.remove(task_id)
                self._end(task_id)
        self._run()
        self._begin()
        self._top_up()

    def stop(self) -> None:
        """Let all tasks end: those of another start would be reserved for ever."""
        self._run()
        for task_id in self._running:
            self._end(task_id)
        self._running.clear()

    def _run(self) -> None:
        for task_id in self._waiting:
            self._account.run_task(task_id)
        self._running += self._waiting
        self._waiting.clear()

    def _begin(self) -> None:
        quotas = [quota for quota in HABITS if self._account.counter(quota, "remain")]
        if not quotas:
            return
        quota = choose(self._rng, quotas)
        cost = min(HABITS[quota].cost(self._rng), self._account.counter(quota, "remain") or 0)
        model, action = self._rng.choice(HABITS[quota].tasks)
        waiting = self._rng.random() < WAITING_RATE
        task_id = self._account.start_task(model, cost, quota, action=action, waiting=waiting)
        (self._waiting if waiting else self._running).append(task_id)

    def _end(self, task_id: str) -> None:
        if self._rng.random() < FAILURE_RATE:
            self._account.fail_task(task_id)
        else:
            self._account.finish_task(task_id)

    def _top_up(self) -> None:
        for quota, full in self._full.items():
            remain = self._account.counter(quota, "remain")
            if remain is not None and remain < full * NEARLY_EMPTY:
                self._account.top_up(round(full - remain, 4), quota)
