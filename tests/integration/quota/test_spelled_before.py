"""People whom versions before have stored by other spellings: found, named, put right."""

import unicodedata

import pytest

from solaris.accounts.moving import Mover
from solaris.gateway.admission import Ticket
from solaris.operations.twins import strays
from solaris.platform.errors import (
    NotFoundError,
    UserNotAllowedError,
)
from solaris.quota.feed import user_to_row
from solaris.quota.identity import Identity
from solaris.quota.reservation import Demand
from solaris.quota.user import user_id_before
from tests.integration.accounts.moving_support import (
    ANA_ID,
    BIA,
    BIA_ID,
    BOSS,
    NEW,
    NEW_ID,
    api,
    item,
    move,
    mover,
)
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MODEL_MAXIMUM, MoneyPath

__all__ = ["api", "mover"]

# -- what versions before have stored --------------------------------------

DECOMPOSED = unicodedata.normalize("NFD", "josé@café.example")
COMPOSED = "josé@xn--caf-dma.example"


def ticket(money: MoneyPath, email: str, spelled: str = "") -> Ticket:
    return Ticket(
        request_id=f"req-{email}-{len(money.rows('users'))}",
        identity=Identity(email, "José", spelled),
        demand=Demand(10, None, True, MODEL_MAXIMUM),
        model="gpt-4o-mini",
        endpoint="/v1/chat/completions",
        key_id="key_1",
        received_at=money.clock(),
    )


def old_user(money: MoneyPath, email: str) -> str:
    """A user as a version before has stored them, under the id of that very spelling."""
    user_id = user_id_before(email)
    money.put_user(email, user_id=user_id)
    return user_id


async def test_who_was_stored_by_another_spelling_is_found_and_gets_no_second_quota(
    money: MoneyPath, mover: Mover
) -> None:
    user_id = old_user(money, DECOMPOSED)
    first = await money.meter.admit(ticket(money, COMPOSED, DECOMPOSED))
    assert first.user.user_id == user_id
    again = await money.meter.admit(ticket(money, COMPOSED))
    assert again.user.user_id == user_id, "by today's spelling alone, from then on"
    found = money.parts.quota.users.of_address(COMPOSED, DECOMPOSED)
    assert found is not None
    assert found.user_id == user_id
    (stray,) = strays(money.parts.platform.dynamodb, money.parts.settings.table_name("users"))
    assert stray.command == f"solaris users move {user_id} {COMPOSED}"
    move(mover, user_id, COMPOSED)
    user = item(money, user_id)
    assert (user.email, user.aliases) == (COMPOSED, ())
    assert strays(money.parts.platform.dynamodb, money.parts.settings.table_name("users")) == []


async def test_twins_are_named_with_the_command_that_merges_them(
    money: MoneyPath, api: Api, mover: Mover
) -> None:
    table = money.parts.settings.table_name("users")
    money.put_user()
    hidden = old_user(money, "an\u200ba@example.com")
    dotted = old_user(money, "bia@example.com.")
    hopeless = old_user(money, "[x]@[y]")
    await money.admit(NEW)
    found = {
        one.user_id: (one.shown, one.command) for one in strays(api.parts.platform.dynamodb, table)
    }
    assert found == {
        hidden: ("an\\u200ba@example.com", f"solaris users merge {hidden} {ANA}"),
        dotted: ("bia@example.com.", f"solaris users move {dotted} {BIA}"),
        hopeless: ("[x]@[y]", f"solaris users move {hopeless} NEW-ADDRESS"),
    }
    mover.merge(hidden, ANA_ID, actor=BOSS, reason="twin")
    move(mover, dotted, BIA)
    move(mover, hopeless, "x@y.example")
    assert strays(api.parts.platform.dynamodb, table) == []
    assert item(money, ANA_ID).aliases == (), "what names nobody is no alias"
    assert (await money.admit(BIA)).user.user_id == dotted


async def test_nobody_is_made_of_a_spelling_that_is_none(money: MoneyPath) -> None:
    with pytest.raises(UserNotAllowedError):
        await money.meter.admit(ticket(money, "an\u200ba@example.com"))
    assert money.rows("users") == []


def test_an_address_whose_item_was_lost_is_claimed_again(money: MoneyPath, mover: Mover) -> None:
    """As after a backup that was made during a move."""
    table = money.parts.settings.table_name("users")
    money.put_user()
    move(mover, ANA_ID, NEW)
    money.parts.platform.dynamodb.delete_item(TableName=table, Key={"user_id": {"S": NEW_ID}})
    (stray,) = strays(money.parts.platform.dynamodb, table)
    assert stray.command == f"solaris users move {ANA_ID} {NEW}"
    move(mover, ANA_ID, NEW)
    assert strays(money.parts.platform.dynamodb, table) == []


def test_an_item_without_any_of_this_is_as_it_was(money: MoneyPath) -> None:
    """What a version before reads and writes: the same attributes for whoever never moved."""
    money.put_user()
    (row,) = money.rows("users")
    assert not {"aliases", "merged_from", "address_of", "merged_into"} & row.keys()
    assert "aliases" not in user_to_row(money.user())


def test_nobody_is_found_who_is_not_there(mover: Mover) -> None:
    for attempt in (
        lambda: move(mover, ANA_ID, NEW),
        lambda: mover.release(ANA, actor=BOSS, reason=""),
        lambda: mover.merge(ANA_ID, BIA_ID, actor=BOSS, reason=""),
    ):
        with pytest.raises(NotFoundError):
            attempt()
