"""Test what the names of the API mean."""

import pytest

from custom_components.goapi.api.fields import (
    Kind,
    Part,
    PoolField,
    account_field,
    credit_pack_field,
    part_field,
    pool_field,
    wallet_field,
)
from tests.simulator import SimulatedAccount


def test_a_part_of_a_balance_leads_back_to_its_field() -> None:
    """Each documented part of a balance has the API's own name."""
    data = SimulatedAccount.documented().data
    places = [(name, wallet_field(name)) for name in data["wallet"]]
    places += [(name, credit_pack_field(name)) for name in data["credit_pack_info"]]
    places += [("equivalent_in_usd", account_field("equivalent_in_usd"))]
    parts = [(name, place) for name, place in places if isinstance(place, Part)]
    assert len(parts) == 23 + 6 + 1
    for name, part in parts:
        assert part_field(*part) == name


@pytest.mark.parametrize(
    ("name", "pool"),
    [
        ("max_udio_concurrency", PoolField("max_pool_concurrency", "udio", Kind.NUMBER)),
        ("private_udio_pool_size", PoolField("private_pool_size_of", "udio", Kind.NUMBER)),
        ("is_using_private_udio_pool", PoolField("is_using_private_pool", "udio", Kind.FLAG)),
        ("chat_gpt_failover_enabled", PoolField("failover_enabled", "chat_gpt", Kind.FLAG)),
        ("private_pool_size", None),
        ("max__concurrency", None),
        ("max_" + "x" * 41 + "_concurrency", None),
        ("max_{pool}_concurrency", None),
    ],
)
def test_a_field_of_a_pool_is_known_by_its_shape(name: str, pool: PoolField | None) -> None:
    """The name of a pool is that of an entity too, so it is neither odd nor long."""
    assert pool_field(name) == pool
