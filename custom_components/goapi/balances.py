"""Which numbers of an account are balances: what can be spent, and so can run out."""

from collections.abc import Iterator
from functools import lru_cache

from .api import Account
from .api.fields import WALLET_SHAPES, field_by_shape

BALANCE_USD = "equivalent_in_usd"
AVAILABLE_CREDITS = "available_credits"
CREDITS = "credit_remain"
POINTS = "point_remain"

# What is computed from a balance: whether it is low, where that begins, and where it goes.
LOW = "low"
LOW_THRESHOLD = "low_threshold"
SPENT = "spent"
BURN_RATE = "burn_rate"
RUNS_OUT = "runs_out"
# And what is computed from the primary one.
MONTHLY_BUDGET = "monthly_budget"
PROJECTED_MONTH_END = "projected_month_end"

# The first of these that an account has is its primary balance.
PRIMARY = (BALANCE_USD, AVAILABLE_CREDITS, CREDITS, POINTS)

# What auto-recharge refills, by whichever of its names the account shows it.
RECHARGED = (BALANCE_USD, AVAILABLE_CREDITS, CREDITS)


def is_balance(key: str) -> bool:
    """Tell whether a field is a balance: a sum of money or credits, or what a quota has left."""
    if key in (BALANCE_USD, AVAILABLE_CREDITS):
        return True
    shaped = field_by_shape(WALLET_SHAPES, key)
    return shaped is not None and shaped.part == "remain"


@lru_cache(maxsize=32)
def balance_keys(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of an account's fields are balances: they are the same at each poll."""
    return tuple(filter(is_balance, fields))


def balances(account: Account) -> Iterator[tuple[str, int | float | None]]:
    """Yield the key of each balance that the API sent, and what is left; None if it is unknown."""
    for key in balance_keys(tuple(account.fields)):
        yield key, number(account, key)


def alert_starts_enabled(account: Account, key: str) -> bool:
    """Tell whether the alert of a balance starts enabled.

    It does for the primary balance, and for what had something left when it was first seen: a
    quota that was used up long ago must not cry.
    """
    return key == primary_balance(account) or (number(account, key) or 0) > 0


def is_in_use(account: Account, key: str) -> bool:
    """Tell whether there is something to say about a balance.

    There is about the primary one, and about whatever has something left, used or frozen.
    """
    if key == primary_balance(account):
        return True
    parts = (key, part_of(key, "used"), part_of(key, "frozen"))
    return any((number(account, part) or 0) > 0 for part in parts)


def part_of(balance: str, part: str) -> str:
    """Return the field beside a balance that tells of another part of it, such as `used`.

    The balance in US dollars has none, so that its is one that nobody sends.
    """
    if balance == AVAILABLE_CREDITS:
        return f"{part}_credits"
    return f"{balance.removesuffix('_remain')}_{part}"


def derived_key(balance: str, suffix: str) -> str:
    """Return the key of an entity that is computed from a balance."""
    return f"{balance}_{suffix}"


def balance_of(key: str, suffix: str) -> str | None:
    """Return the balance that a key names, itself or by the entity that is computed from it."""
    balance = key.removesuffix(f"_{suffix}")
    return balance if is_balance(balance) else None


def number(account: Account, key: str) -> int | float | None:
    """Return a field that is a number, None where the API sent none."""
    value = account.fields.get(key)
    return value if isinstance(value, int | float) else None


def primary_balance(account: Account) -> str | None:
    """Return the key of the balance that speaks for the account, None if it has none of them."""
    for key in PRIMARY:
        if number(account, key) is not None:
            return key
    return None


def default_threshold(key: str) -> float:
    """Return where the warning begins until the user says otherwise, in the balance's unit.

    Quotas warn when they are empty; 5 US dollars leave time to top up.
    """
    return 5.0 if key == BALANCE_USD else 0.0
