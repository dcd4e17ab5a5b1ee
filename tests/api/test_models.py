"""Test how an account is read from JSON."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.goapi.api import Account, GoAPIError, GoAPIResponseError
from custom_components.goapi.api.models import (
    MAX_SHAPED_FIELDS,
    MAX_UNREAD_NAMES,
    parse_account,
)
from tests.simulator import SimulatedAccount

KEY = "0123456789abcdef"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)
field_names = st.sampled_from(
    [*SimulatedAccount.documented().data, "equivalent_in_usd", "udio_failover_enabled"]
)
wallet_names = st.sampled_from([*SimulatedAccount.documented().data["wallet"], "udio_remain"])


@pytest.fixture
def data() -> dict[str, Any]:
    """Return the documented account."""
    return SimulatedAccount.documented().data


def test_documented_account(data: dict[str, Any]) -> None:
    """Every field of the documented answer is read, but for the secrets and the relations."""
    account = parse_account(data)
    assert account.id == "1"
    assert account.name == "xxxxxxxxxxxx"
    assert len(account.fields) == 69
    assert account.fields["credit_remain"] == 74
    assert account.fields["max_suno_concurrency"] == 0
    assert account.fields["wallet_id"] == "1"
    assert account.fields["deleted_at"] is None
    assert account.fields["created_at"] == datetime(2023, 10, 31, 16, 11, 33, 903170, UTC)
    assert account.unreadable == frozenset()
    assert account.unread == {
        "account_tags",
        "account_mj_bot_group_relations",
        "account_mj_worker_node_group_relations",
    }


def test_what_is_not_sent_is_not_there(data: dict[str, Any]) -> None:
    """A field that is missing has no value at all, and above all not zero."""
    del data["wallet"]["credit_remain"], data["credit_pack_info"]
    account = parse_account(data)
    assert "credit_remain" not in account.fields
    assert "available_credits" not in account.fields


def test_wrong_value_is_none_and_named(data: dict[str, Any]) -> None:
    """A value of the wrong type spoils its own field only."""
    data["wallet"]["credit_remain"] = "74"
    data["name"] = 5
    account = parse_account(data)
    assert account.fields["credit_remain"] is None
    assert account.fields["point_remain"] == 600
    assert account.name is None
    assert account.unreadable == {"credit_remain", "name"}


@pytest.mark.parametrize("section", ["wallet", "credit_pack_info"])
def test_section_of_the_wrong_type_is_named(data: dict[str, Any], section: str) -> None:
    """An account without a usable wallet still is an account."""
    data[section] = [1, 2]
    account = parse_account(data)
    assert section in account.unreadable
    assert account.fields["plan"] == "hobbyist"


@pytest.mark.parametrize("account_id", [None, 0, "", True, 1.5, [1], 2**64])
def test_account_without_an_id_is_none(data: dict[str, Any], account_id: object) -> None:
    """Without the account's id nobody knows whose numbers these are."""
    data["id"] = account_id
    with pytest.raises(GoAPIResponseError):
        parse_account(data)


@pytest.mark.parametrize(
    ("wallet", "info", "count"),
    [
        ({"credit_packs": None}, {"credit_packs_count": 5}, 5),
        ({"credit_packs": [{}, {}]}, {"credit_packs_count": 5}, 5),
        ({"credit_packs": [{}, {}]}, {}, 2),
        ({"credit_packs": []}, {}, 0),
        ({}, {"credit_packs_count": 3}, 3),
        ({"credit_packs": None}, {}, None),
        ({"credit_packs": "none"}, {"credit_packs_count": "5"}, None),
    ],
)
def test_credit_packs_are_counted(wallet: Any, info: Any, count: int | None) -> None:
    """The API's own count comes first, then the length of the wallet's list."""
    account = parse_account({"id": 1, "wallet": wallet, "credit_pack_info": info})
    assert account.fields["credit_packs"] == count


def test_no_credit_packs_are_no_count() -> None:
    """Where the API does not speak of credit packs there is no number of them."""
    assert "credit_packs" not in parse_account({"id": 1, "wallet": {}}).fields


def test_quotas_and_pools_nobody_knows_are_read() -> None:
    """Fields of a known shape are read whatever they are called."""
    account = parse_account(
        {
            "id": 1,
            "max_udio_concurrency": 3,
            "udio_failover_enabled": True,
            "is_using_private_udio_pool": False,
            "private_udio_pool_size": 2,
            "wallet": {"udio_remain": 5.5, "udio_used": 1, "udio_frozen": 0},
        }
    )
    assert account.unread == frozenset()
    assert account.fields["udio_remain"] == 5.5
    assert account.fields["udio_failover_enabled"] is True


def test_quotas_by_the_thousand_are_not_followed() -> None:
    """Of the quotas that a server makes up only so many are read, and so many names kept."""
    wallet = {f"quota{number}_remain": number for number in range(5000)}
    account = parse_account({"id": 1, "wallet": wallet})
    assert len(account.fields) == MAX_SHAPED_FIELDS + 1
    assert len(account.unread) == MAX_UNREAD_NAMES


def test_made_up_quotas_do_not_crowd_out_the_documented_ones() -> None:
    """Documented quotas are read, however many others come before them."""
    wallet = {f"quota{number}_remain": number for number in range(5000)} | {"credit_remain": 5}
    assert parse_account({"id": 1, "wallet": wallet}).fields["credit_remain"] == 5


def test_names_without_end_are_not_kept() -> None:
    """A name longer than any is not looked at."""
    wallet = {"x" * 1_000_000 + "_remain": 1, "__remain": 2, "_x_remain": 3}
    account = parse_account({"id": 1, "wallet": wallet})
    assert account.fields.keys() == {"id"}
    assert account.unread == {"__remain", "_x_remain"}


def test_secrets_are_dropped(data: dict[str, Any]) -> None:
    """What the body echoes of the key and of the notification address is gone after parsing."""
    data |= {
        "api_key": KEY,
        "notification_hook_url": "https://hooks.example.com/secret-token",
        "name": f"key {KEY}",
        "plan": KEY,
        KEY: 1,
        "\ud800": 1,
    }
    data["wallet"][f"{KEY}_remain"] = 1
    account = parse_account(data, KEY)
    assert KEY not in repr(account)
    assert "secret-token" not in repr(account)
    assert account.name is None
    assert account.fields["plan"] is None
    assert "plan" in account.unreadable


def test_id_that_is_the_key_is_no_id() -> None:
    """A key never becomes an identity."""
    with pytest.raises(GoAPIResponseError):
        parse_account({"id": KEY}, KEY)


def _read_or_refused(data: Any) -> None:
    """See that reading gives an account or raises a GoAPIError, and nothing else."""
    try:
        account = parse_account(data, KEY)
    except GoAPIError:
        return
    assert isinstance(account, Account)
    assert account == parse_account(data, KEY)


@given(st.dictionaries(st.text() | field_names, json_values), st.integers(1, 9))
def test_any_account_is_read_or_refused(data: dict[str, Any], account_id: int) -> None:
    """Whatever stands in the account: an account or a GoAPIError."""
    _read_or_refused(data)
    _read_or_refused(data | {"id": account_id})


@given(st.dictionaries(st.text() | wallet_names, json_values))
def test_any_wallet_is_read(wallet: dict[str, Any]) -> None:
    """Whatever stands in the wallet and the credit packs: an account."""
    parse_account({"id": 1, "wallet": wallet, "credit_pack_info": wallet})
