"""Test how an account is read from JSON."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.goapi.api import (
    Account,
    Balance,
    CreditPack,
    GoAPIResponseError,
    Number,
    Value,
)
from custom_components.goapi.api.parser import (
    MAX_NAMES,
    MAX_NUMBER,
    MAX_PACKS,
    parse_account,
    read_flag,
    read_identity,
    read_length,
    read_number,
    read_text,
    read_time,
    read_unix_time,
)
from tests.common import credit_pack
from tests.simulator import SimulatedAccount

KEY = "0123456789abcdef"
END = datetime(2127, 1, 1, tzinfo=UTC)


def parse(**data: Any) -> Account:
    """Return the account 1 with these fields."""
    return parse_account({"id": 1} | data, KEY)


def parts(account: Account) -> dict[str, Any]:
    """Return the parts of all balances of an account."""
    return {key: balance.parts for key, balance in account.balances.items()}


def test_documented_account_is_read() -> None:
    """Every field of the documented answer is read, but for the secrets and the relations."""
    account = parse_account(SimulatedAccount.documented().data, KEY)
    assert account.id == "1"
    assert account.name == "xxxxxxxxxxxx"
    assert account.fields["plan"] == "hobbyist"
    assert account.fields["platform"] is None
    assert account.fields["is_verified"] is False
    assert account.fields["max_suno_concurrency"] == 0
    assert account.fields["wallet_id"] == "1"
    assert account.fields["deleted_at"] is None
    assert account.fields["created_at"] == datetime(2023, 10, 31, 16, 11, 33, 903170, UTC)
    assert account.fields["credit_packs"] == 5
    assert len(account.fields) == 40
    assert account.balances["credit_remain"] == Balance(
        "credit_remain", {"remaining": 74, "used": 0, "frozen": 0}
    )
    assert account.balances["llm_remain"].parts == {"remaining": 0, "used": 0}
    assert account.balances["available_credits"].parts == {
        "remaining": 123,
        "used": 5678,
        "frozen": 0,
        "total": 1234,
        "expired": 0,
        "inactive": 0,
    }
    assert len(account.balances) == 9
    assert account.packs is None
    assert account.unreadable == frozenset()
    assert account.unread == {
        "account_tags",
        "account_mj_bot_group_relations",
        "account_mj_worker_node_group_relations",
    }


def test_what_is_not_sent_is_not_there() -> None:
    """A field that is missing has no value, and above all not zero."""
    account = parse(wallet={"mj_used": 5})
    assert account.fields.keys() == {"id"}
    assert parts(account) == {"mj_remain": {"used": 5}}
    assert account.balances["mj_remain"].remaining is None


def test_quotas_and_pools_nobody_knows_are_read() -> None:
    """Fields of a known shape are read whatever they are called."""
    account = parse(max_udio_concurrency=3, udio_failover_enabled=True, wallet={"udio_remain": 5.5})
    assert account.unread == frozenset()
    assert account.fields["max_udio_concurrency"] == 3
    assert account.fields["udio_failover_enabled"] is True
    assert account.balances["udio_remain"].remaining == 5.5


@pytest.mark.parametrize(
    ("data", "dollars"),
    [
        ({"equivalent_in_usd": 5.5}, 5.5),
        ({"quota": {"equivalent_in_usd": 5.5}}, 5.5),
        ({"equivalent_in_usd": 5.5, "quota": {"equivalent_in_usd": 7}}, 5.5),
        ({"equivalent_in_usd": None, "quota": {"equivalent_in_usd": 7}}, None),
    ],
)
def test_dollars_are_read_in_two_places(data: dict[str, Any], dollars: float | None) -> None:
    """The balance in US dollars is read under `quota` where it is missing beside it."""
    account = parse(**data)
    assert parts(account) == {"equivalent_in_usd": {"remaining": dollars}}
    assert account.unread == frozenset()


@pytest.mark.parametrize("quota", [5, {"limit": 5}])
def test_account_without_dollars(quota: object) -> None:
    """Nothing is made up of a quota without dollars."""
    assert parse(quota=quota).balances == {}


@pytest.mark.parametrize(
    ("balance", "is_in_use"),
    [
        ({}, False),
        ({"remaining": 0, "used": 0, "frozen": None}, False),
        ({"remaining": -1}, False),
        ({"remaining": 0.5}, True),
        ({"used": 3}, True),
        ({"frozen": 1}, True),
    ],
)
def test_balance_is_in_use(balance: dict[str, Number | None], is_in_use: bool) -> None:
    """A balance is in use once something is left, was used or is reserved."""
    assert Balance("mj_remain", balance).is_in_use is is_in_use


def test_wrong_value_is_none_and_named() -> None:
    """A value of the wrong type leaves only its own field unknown."""
    account = parse(name=5, plan=[], wallet={"mj_remain": "74", "mj_used": 3, "id": True})
    assert account.name is None
    assert account.fields == {"id": "1", "plan": None, "wallet_id": None}
    assert parts(account) == {"mj_remain": {"remaining": None, "used": 3}}
    assert account.unreadable == {"name", "plan", "mj_remain", "wallet_id"}


@pytest.mark.parametrize("section", ["wallet", "credit_pack_info"])
def test_section_of_the_wrong_type_is_named(section: str) -> None:
    """An account without a usable wallet still is an account."""
    account = parse(plan="hobbyist", **{section: [1, 2]})
    assert account.unreadable == {section}
    assert account.fields["plan"] == "hobbyist"


@pytest.mark.parametrize("account_id", [None, 0, "", True, 1.5, [1], KEY])
def test_account_without_an_id_is_refused(account_id: object) -> None:
    """Without the account's id nobody knows whose numbers these are."""
    with pytest.raises(GoAPIResponseError, match="no account id"):
        parse(id=account_id)


def test_odd_names_are_no_balances() -> None:
    """Long and unprintable names are not even kept for diagnostics."""
    wallet = {"x" * 65: 1, "\x1b_remain": 2, "{quota}_remain": 3, "x" * 41 + "_remain": 4}
    account = parse(wallet=wallet)
    assert account.balances == {}
    assert account.unread == {"{quota}_remain", "x" * 41 + "_remain"}


def test_made_up_names_are_bounded() -> None:
    """Of a section with more names than any account has, the first are read."""
    account = parse(
        wallet={f"quota{number}_remain": number for number in range(5000)},
        **{f"field{number}": number for number in range(5000)},
    )
    assert len(account.balances) == MAX_NAMES
    assert len(account.unread) < MAX_NAMES


def test_secrets_are_dropped() -> None:
    """What the body repeats of keys and of the notification address is gone after parsing."""
    secrets = {
        "api_key": KEY,
        "api_keys": [{"value": "another-key"}],
        "notification_hook_url": "https://hooks.example.com/secret-token",
    }
    account = parse(
        name=f"key {KEY}",
        plan=KEY,
        wallet={f"{KEY}_remain": 1, **secrets},
        credit_pack_info={
            f"{KEY}_credits": 1,
            "credit_packs": [credit_pack(f"pack-{KEY}", END)],
            **secrets,
        },
        **secrets,
        **{f"is_{KEY}": True},
    )
    for secret in (KEY, "another-key", "secret-token"):
        assert secret not in repr(account)
    assert account.name is None
    assert account.fields["plan"] is None
    assert account.unreadable == {"name", "plan", "credit_packs"}
    assert account.unread == frozenset()


def test_short_key_is_no_secret() -> None:
    """A key that is part of ordinary words does not make them unreadable."""
    assert parse_account({"id": 1, "plan": "hobbyist"}, "hobby").fields["plan"] == "hobbyist"


@pytest.mark.parametrize(
    ("wallet", "info", "count"),
    [
        ({"credit_packs": None}, {"credit_packs_count": 5}, 5),
        ({"credit_packs": [{}, {}]}, {"credit_packs_count": 5}, 5),
        ({"credit_packs": [{}, {}]}, {"credit_packs_count": None}, 2),
        ({"credit_packs": []}, {}, 0),
        ({"credit_packs": None}, {}, None),
        ({"credit_packs": "none"}, {"credit_packs_count": "5"}, None),
    ],
)
def test_credit_packs_are_counted(wallet: Any, info: Any, count: int | None) -> None:
    """The API's own count comes first, then the length of the wallet's list."""
    account = parse(wallet=wallet, credit_pack_info=info)
    assert account.fields["credit_packs"] == count
    assert account.packs == (() if count == 0 else None)


def packs(*raw: object) -> tuple[CreditPack, ...] | None:
    """Return the packs that are read from a list of the pack info."""
    return parse(credit_pack_info={"credit_packs": list(raw)}).packs


def test_credit_pack_is_read() -> None:
    """What is neither used nor reserved is left until the end, which is UTC."""
    raw = credit_pack(7, END, frozen=20, used=300.5, expired_at="2127-01-01T08:00:00+08:00")
    assert packs(raw) == (
        CreditPack(id="7", active=True, capacity=10000, left=9679.5, ends_at=END),
    )


def test_what_is_left_in_a_pack_has_no_binary_noise() -> None:
    """A difference of decimal fractions is a decimal fraction, also where nothing is reserved."""
    (pack,) = packs(credit_pack(7, END, capacity=0.3, used=0.1, frozen=None)) or ()
    assert pack.left == 0.2


def test_pack_without_an_id_is_known_by_its_end() -> None:
    """The end tells it from the others, over restarts too."""
    (pack,) = packs(credit_pack(None, END)) or ()
    assert pack.id == "2127-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "unknown",
    [
        {},
        None,
        [],
        credit_pack(1, END, active=None),
        credit_pack(1, END, active="yes"),
        credit_pack(1, END, capacity=None),
        credit_pack(1, END, used=True),
        credit_pack(1, END, frozen="20"),
        credit_pack(1, END, expired_at=None),
        credit_pack(1, END, expired_at="soon"),
    ],
)
def test_pack_of_an_unknown_shape_is_left_out(unknown: object) -> None:
    """It takes no other pack with it; a list of nothing else lists no packs."""
    assert packs(unknown) is None
    assert len(packs(unknown, credit_pack(1, END)) or ()) == 1


def test_wallet_lists_the_packs_where_the_pack_info_does_not() -> None:
    """The packs of the pack info come first, and the first to end is the first."""
    later, sooner = credit_pack(1, END + timedelta(1)), credit_pack(2, END)
    wallet = {"credit_packs": [later, sooner]}
    nothings: list[object] = [None, [], [{}], "packs"]
    for nothing in nothings:
        listed = parse(wallet=wallet, credit_pack_info={"credit_packs": nothing}).packs or ()
        assert [pack.id for pack in listed] == ["2", "1"]
    listed = parse(wallet=wallet, credit_pack_info={"credit_packs": [later]}).packs or ()
    assert [pack.id for pack in listed] == ["1"]


def test_of_too_many_packs_those_that_ended_go_first() -> None:
    """The next to expire are kept, however many ended before them."""
    now = datetime.now(UTC)
    ended = [credit_pack(number, now - timedelta(days=number)) for number in range(1, 200)]
    spent = [credit_pack(number, now + timedelta(days=1), used=10000) for number in range(200)]
    inactive = [credit_pack(number, now + timedelta(1), active=False) for number in range(200)]
    valid = [credit_pack(number, now + timedelta(days=number)) for number in range(2, 200)]
    kept = packs(*ended, *spent, *inactive, *reversed(valid)) or ()
    assert [pack.id for pack in kept] == [str(number) for number in range(2, MAX_PACKS + 2)]


@pytest.mark.parametrize(
    ("reader", "raw", "value"),
    [
        (read_number, 74, 74),
        (read_number, 74.0, 74),
        (read_number, -2.5, -2.5),
        (read_number, MAX_NUMBER, MAX_NUMBER),
        (read_number, None, None),
        (read_text, "hobbyist", "hobbyist"),
        (read_text, "  two\nlines\t", "two lines"),
        (read_text, "nul\x00 and \u202e", "nul and "),
        (read_text, " \n", None),
        (read_text, None, None),
        (read_identity, 1, "1"),
        (read_identity, "a-1", "a-1"),
        (read_identity, 0, None),
        (read_identity, None, None),
        (read_flag, False, False),
        (read_flag, None, None),
        (read_time, "2026-01-01T07:30:00.5+08:00", datetime(2025, 12, 31, 23, 30, 0, 500000, UTC)),
        (read_time, "0001-01-01T00:00:00Z", None),
        (read_time, "0001-01-01T00:00:00+08:00", None),
        (read_time, "", None),
        (read_time, None, None),
        (read_unix_time, 1700000000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (read_unix_time, 0, None),
        (read_unix_time, None, None),
        (read_length, [1, 2], 2),
        (read_length, None, None),
    ],
)
def test_value_is_read(reader: Callable[[object], Value], raw: object, value: Value) -> None:
    """A value of the right kind is read; one that says "not set" is None."""
    read = reader(raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("reader", "raw"),
    [
        (read_number, True),
        (read_number, "74"),
        (read_number, float("nan")),
        (read_number, MAX_NUMBER + 1),
        (read_number, -1e300),
        (read_text, 1),
        (read_text, "x" * 256),
        (read_identity, True),
        (read_identity, 1.5),
        (read_flag, 1),
        (read_flag, "true"),
        (read_time, 1700000000),
        (read_time, "yesterday"),
        (read_time, "2026-01-01T00:00:00"),
        (read_time, "9999-12-31T23:59:59-08:00"),
        (read_unix_time, -1),
        (read_unix_time, MAX_NUMBER),
        (read_unix_time, "1700000000"),
        (read_length, {}),
    ],
)
def test_wrong_value_is_refused(reader: Callable[[object], Value], raw: object) -> None:
    """A value of another type or out of bounds is refused and not guessed."""
    with pytest.raises(ValueError, match=r"."):
        reader(raw)


DOCUMENTED = SimulatedAccount.documented().data
PACK = credit_pack(1, END)
texts = st.text(st.characters(codec="utf-8")) | st.sampled_from(
    [KEY, f"my {KEY}", "0001-01-01T00:00:00Z", "2026-07-01T00:00:00Z", "9999-12-31T23:59:59-23:59"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda children: st.lists(children) | st.dictionaries(texts, children),
    max_leaves=20,
)


def objects(*documented: Any, values: st.SearchStrategy[Any] = json_values) -> Any:
    """Return objects with some of the documented names, and others."""
    names = st.sampled_from([name for example in documented for name in example])
    return st.dictionaries(names | texts, values)


any_packs = json_values | st.lists(objects(PACK) | objects(PACK).map(lambda raw: PACK | raw))
any_section = st.fixed_dictionaries({}, optional={"credit_packs": any_packs}) | objects(
    DOCUMENTED["wallet"], DOCUMENTED["credit_pack_info"]
)


@given(
    objects(DOCUMENTED, ["equivalent_in_usd", "quota", "api_keys"]),
    st.integers(1, 9) | json_values,
    json_values | any_section,
    json_values | any_section,
)
def test_any_json_is_an_account_or_refused(
    data: dict[str, Any], account_id: object, wallet: object, info: object
) -> None:
    """Whatever stands in the JSON: an account without the key, or a GoAPIResponseError."""
    data |= {"id": account_id, "wallet": wallet, "credit_pack_info": info}
    try:
        account = parse_account(data, KEY)
    except GoAPIResponseError:
        return
    assert isinstance(account, Account)
    assert account == parse_account(data, KEY)
    assert KEY not in repr(account)
    for pack in account.packs or ():
        assert pack.ends_at.tzinfo is UTC
    orjson.dumps([account.fields, parts(account), account.name])
