"""Moving, merging and releasing as rules: nothing is won, nothing is lost, nobody is two."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.ledger.transactions import Origin, TransactionKind, merge_row
from solaris.quota.changes import ChangeRefusedError, delete, new_user
from solaris.quota.item import user_from_item, user_to_item
from solaris.quota.moving import MAX_MERGED, alias_of, carry, merge, move, owned, released
from solaris.quota.user import NOBODY, Plan, User, UserStatus, user_id_for

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANA, NEW = "ana@example.com", "ana.lima@example.org"
TOKENS = st.integers(0, 10**9)


def person(email: str = ANA, *, limit: int = 1_000, used: int = 0, granted: int = 0) -> User:
    made = new_user(
        email=email,
        name="Ana",
        plan=Plan.BASIC,
        monthly_limit=limit,
        period="2026-11",
        block_ppm=1_000_000,
        now=NOW,
    )
    changed = replace(made, current_usage=used, additional_tokens=granted)
    return replace(changed, available_tokens=changed.quota.available_tokens)


@given(limit=TOKENS, used=TOKENS, granted=TOKENS, other=TOKENS, other_limit=TOKENS)
def test_a_merge_adds_usage_and_leaves_the_quota(
    limit: int, used: int, granted: int, other: int, other_limit: int
) -> None:
    target = person(limit=limit, used=used, granted=granted)
    source = person(NEW, limit=other_limit, used=other, granted=7)
    gone, grown = merge(source, target, NOW)
    assert gone.current_usage + grown.current_usage == used + other
    assert (grown.monthly_limit, grown.additional_tokens) == (limit, granted)
    assert gone.current_usage == 0
    for before, after in ((source, gone), (target, grown)):
        assert after.available_tokens == after.quota.available_tokens
        assert after.version > before.version
        row = merge_row(before, after, Origin(transaction_id="t", actor="boss", reason="", now=NOW))
        assert row.kind is TransactionKind.MERGE
        assert row.amount == after.current_usage - before.current_usage
        assert user_from_item(user_to_item(after)) == after
    assert (gone.status, gone.address_of, gone.merged_into) == (
        UserStatus.DELETED,
        target.user_id,
        target.user_id,
    )
    assert (grown.aliases, grown.merged_from) == ((NEW,), (source.user_id,))


@given(moves=st.lists(st.sampled_from([ANA, NEW, "a@b.example", "c@d.example"]), max_size=12))
def test_the_own_address_is_never_among_the_aliases_and_none_is_lost(moves: list[str]) -> None:
    user = person()
    had = {ANA}
    for email in moves:
        moved = move(user, email, NOW)
        assert (moved is user) is (email == user.email)
        user = moved
        had.add(email)
    assert user.user_id == user_id_for(ANA)
    assert {user.email, *user.aliases} == had
    assert len(user.aliases) == len(had) - 1


def test_a_released_alias_is_gone_and_the_own_address_is_none() -> None:
    user = move(person(), NEW, NOW)
    assert released(user, ANA, NOW).aliases == ()
    assert released(user, "b@example.com", NOW) is user
    with pytest.raises(ChangeRefusedError) as refusal:
        released(user, NEW, NOW)
    assert refusal.value.code == "not_an_alias"


def test_an_items_address_goes_from_hand_to_hand() -> None:
    user = person()
    freed = owned(user, NOBODY)
    assert freed.address_of == NOBODY
    assert owned(freed, NOBODY) is freed
    assert owned(freed, user.user_id).address_of is None
    assert owned(user, user.user_id) is user
    assert owned(freed, "other").address_of == "other"


def test_an_alias_is_refused_by_whatever_knows_nothing_of_it() -> None:
    alias = alias_of(person(), NEW, NOW)
    assert (alias.status, alias.available_tokens, alias.monthly_limit) == (UserStatus.DELETED, 0, 0)
    assert alias.available_tokens == alias.quota.available_tokens
    assert alias.user_id == user_id_for(NEW)


def test_nothing_is_done_to_the_deleted_nor_with_oneself() -> None:
    user, gone = person(), delete(person(NEW), NOW)
    for attempt, code in (
        (lambda: move(gone, ANA, NOW), "deleted"),
        (lambda: merge(gone, user, NOW), "deleted"),
        (lambda: merge(user, gone, NOW), "deleted"),
        (lambda: released(gone, ANA, NOW), "deleted"),
        (lambda: merge(user, user, NOW), "merged_with_itself"),
    ):
        with pytest.raises(ChangeRefusedError) as refusal:
            attempt()
        assert refusal.value.code == code


def test_twenty_accounts_are_merged_into_one_and_no_more() -> None:
    user = person()
    for n in range(MAX_MERGED):
        _, user = merge(person(f"a{n}@example.com"), user, NOW)
    with pytest.raises(ChangeRefusedError) as refusal:
        merge(person(NEW), user, NOW)
    assert refusal.value.code == "too_many_aliases"


def test_usage_is_carried_within_one_month_alone() -> None:
    late = person(NEW, used=5)
    with pytest.raises(ValueError, match="2026-10"):
        carry(replace(late, period="2026-10"), person(), NOW)
