"""Which ends of grants are told of a week before, and that each is looked at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from solaris.quota.ending import announced, ending_grant, ending_grants
from solaris.quota.grant import NOTICE, Grant, GrantKind
from solaris.quota.grants import with_grant
from solaris.quota.item import grants_from_item, user_from_item, user_to_item
from solaris.quota.user import Plan, User, UserStatus

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
END = datetime(2026, 11, 21, 3, tzinfo=UTC)
WEEK_BEFORE = END - NOTICE
SECOND = timedelta(seconds=1)


def grant(**changes: Any) -> Grant:
    made = Grant(
        grant_id="g",
        kind=GrantKind.UNTIL,
        granted_tokens=1_000,
        tokens=1_000,
        created_at=START,
        until="2026-11-20",
        ends_at=END,
    )
    return replace(made, **changes)


def user(*grants: Grant, used: int = 0, status: UserStatus = UserStatus.ACTIVE) -> User:
    made = User(
        user_id="u",
        email="ana@example.com",
        name="Ana",
        status=status,
        plan=Plan.BASIC,
        monthly_limit=10_000,
        additional_tokens=0,
        current_usage=0,
        available_tokens=10_000,
        period="2026-11",
        created_at=START,
        updated_at=START,
        version=1,
    )
    for one in grants:
        made = with_grant(made, one)
    return replace(made, current_usage=used)


@pytest.mark.parametrize(
    ("now", "is_near"),
    [
        (WEEK_BEFORE - SECOND, False),
        (WEEK_BEFORE, True),
        (END - SECOND, True),
        (END, False),
    ],
)
def test_an_end_is_near_from_a_week_before_until_it_comes(now: datetime, is_near: bool) -> None:
    assert bool(ending_grants(user(grant()), now)) is is_near
    assert (ending_grant(user(grant()), "g", now) is not None) is is_near


@pytest.mark.parametrize(("used", "left"), [(0, 1_000), (499, 501), (500, None), (1_000, None)])
def test_more_than_half_is_to_be_unused(used: int, left: int | None) -> None:
    found = ending_grants(user(grant(), used=used), WEEK_BEFORE)
    assert [one.tokens for one in found] == ([] if left is None else [left])


def test_one_that_outlives_the_month_is_untouched_while_the_months_own_lasts() -> None:
    late = grant(until="2026-12-02", ends_at=datetime(2026, 12, 3, 3, tzinfo=UTC))
    now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    assert [one.tokens for one in ending_grants(user(late, used=9_000), now)] == [1_000]
    assert ending_grants(user(late, used=10_600), now) == []


def test_one_made_within_the_week_before_its_end_is_not_told_of() -> None:
    assert ending_grants(user(grant(created_at=WEEK_BEFORE)), WEEK_BEFORE) != []
    assert ending_grants(user(grant(created_at=WEEK_BEFORE + SECOND)), END - SECOND) == []


@pytest.mark.parametrize("kind", [GrantKind.THIS_MONTH, GrantKind.UNTIL_USED])
def test_other_kinds_are_not_told_of(kind: GrantKind) -> None:
    other = grant(kind=kind, until=None, ends_at=None)
    assert ending_grants(user(other), datetime(2026, 11, 30, 12, tzinfo=UTC)) == []


@pytest.mark.parametrize("status", [one for one in UserStatus if one is not UserStatus.ACTIVE])
def test_whoever_is_not_served_is_told_nothing(status: UserStatus) -> None:
    assert ending_grants(user(grant(), status=status), WEEK_BEFORE) == []
    assert ending_grant(user(grant(), status=status), "g", WEEK_BEFORE) is None


def test_each_is_looked_at_once_whatever_was_found() -> None:
    later = grant(grant_id="later", ends_at=END + timedelta(days=3), until="2026-11-23")
    two = user(grant(), later, used=900)
    looked_at = announced(two, WEEK_BEFORE)
    assert [one.is_announced for one in looked_at.grants] == [True, False]
    assert looked_at.version == two.version + 1
    assert (looked_at.available_tokens, looked_at.additional_tokens) == (
        two.available_tokens,
        two.additional_tokens,
    )
    assert announced(looked_at, WEEK_BEFORE) is looked_at
    assert not any(one.is_to_announce(WEEK_BEFORE) for one in looked_at.grants)
    assert [one.is_announced for one in announced(looked_at, END).grants] == [True, True]
    # it may still be told of: the notice is on its way
    assert ending_grant(announced(user(grant()), WEEK_BEFORE), "g", WEEK_BEFORE) is not None


def test_the_item_remembers_it_and_one_of_a_version_before_says_no() -> None:
    item = user_to_item(announced(user(grant()), WEEK_BEFORE))
    assert [one.is_announced for one in user_from_item(item).grants] == [True]
    assert [one.is_announced for one in grants_from_item({"grants": item["grants"]})] == [True]
    before = user_to_item(user(grant()))
    assert "announced" not in before["grants"]["M"]["list"]["L"][0]["M"]
    assert grants_from_item({}) == ()
