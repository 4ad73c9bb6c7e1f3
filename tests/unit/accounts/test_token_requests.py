"""Rules of requests for tokens: who may ask, what answers a request, which amounts are proposed."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.accounts.token_requests.listing import stored_in
from solaris.accounts.token_requests.request import (
    REQUEST_ID_PATTERN,
    AskRefusal,
    RequestState,
    TokenRequest,
    deciders,
    is_answered,
    is_out,
    may_ask,
    new_request_id,
    suggested,
)
from solaris.quota import changes
from solaris.quota.groups.group import Group
from solaris.quota.quota import PPM, Quota
from solaris.quota.user import Enforcement, Plan, User, UserStatus

NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
ADMINS = ("boss@example.com",)


def person(limit: int = 100_000, used: int = 0, **fields: object) -> User:
    made = changes.new_user(
        email="ana@example.com",
        name="Ana",
        plan=Plan.BASIC,
        monthly_limit=limit,
        period="2026-11",
        block_ppm=PPM,
        now=NOON,
    )
    return replace(made, current_usage=used, available_tokens=limit - used, **fields)  # type: ignore[arg-type]


def asked(user: User, tokens: int = 5_000, **fields: object) -> TokenRequest:
    request = TokenRequest(
        user_id=user.user_id,
        request_id=new_request_id(NOON),
        period="2026-11",
        tokens=tokens,
        reason="x",
        created_at=NOON,
        granted_before=user.quota.granted_tokens,
        was_out=is_out(user.quota),
    )
    return replace(request, **fields)  # type: ignore[arg-type]


def test_ids_sort_by_time() -> None:
    ids = [new_request_id(NOON + timedelta(milliseconds=n)) for n in (0, 1, 999, 61_000)]
    assert ids == sorted(ids)
    assert all(re.fullmatch(REQUEST_ID_PATTERN, one) for one in ids)
    assert len({new_request_id(NOON) for _ in range(100)}) == 100


def test_one_at_a_time_and_a_pause_after_a_no() -> None:
    user = person()
    assert may_ask(user, None, NOON, is_on=True).why_not is None
    pending = asked(user)
    assert may_ask(user, pending, NOON, is_on=True).why_not is AskRefusal.PENDING
    later = replace(user, period="2026-12")
    assert may_ask(later, pending, NOON, is_on=True).why_not is None
    denied = replace(pending, state=RequestState.DENIED, decided_at=NOON)
    until = NOON + timedelta(days=7)
    found = may_ask(user, denied, until - timedelta(seconds=1), is_on=True)
    assert (found.why_not, found.not_before) == (AskRefusal.PAUSED, until)
    assert may_ask(user, denied, until, is_on=True).why_not is None
    # a pause is not over with the month
    assert may_ask(later, denied, NOON, is_on=True).why_not is AskRefusal.PAUSED
    approved = replace(denied, state=RequestState.APPROVED)
    assert may_ask(user, approved, NOON, is_on=True).why_not is None


@pytest.mark.parametrize(
    ("user", "is_on", "why"),
    [
        (person(), False, AskRefusal.OFF),
        (person(status=UserStatus.SUSPENDED), True, AskRefusal.NOT_ACTIVE),
        (person(status=UserStatus.BLOCKED), True, AskRefusal.NOT_ACTIVE),
        (person(status=UserStatus.PENDING), True, AskRefusal.NOT_ACTIVE),
        (person(enforcement=Enforcement.WARN), True, AskRefusal.NOT_LIMITED),
    ],
)
def test_who_may_not_ask(user: User, is_on: bool, why: AskRefusal) -> None:
    assert may_ask(user, None, NOON, is_on=is_on).why_not is why


def test_what_answers_a_request() -> None:
    user = person(100_000, used=50_000)
    request = asked(user, 5_000)
    assert not is_answered(request, user)
    assert not is_answered(request, person(104_999, used=50_000))
    assert is_answered(request, person(105_000, used=50_000))
    assert is_answered(request, person(100_000, additional_tokens=5_000))
    # what was used in between takes nothing away from what was given
    assert is_answered(request, person(105_000, used=105_000))
    assert is_answered(request, replace(user, enforcement=Enforcement.WARN))
    out = person(100_000, used=100_000)
    assert is_answered(asked(out), person(100_500, used=100_000))
    assert is_answered(asked(out), person(100_000, used=0))  # forgiven
    assert not is_answered(asked(out), person(100_010, used=100_000))  # too little for an answer
    assert not is_answered(asked(out), replace(person(200_000), period="2026-12"))  # lapsed
    assert not is_answered(asked(out), person(200_000, status=UserStatus.DELETED))
    decided = replace(asked(out), state=RequestState.DENIED, decided_at=NOON)
    assert not is_answered(decided, person(200_000))


@given(
    limit=st.integers(0, 10**12),
    used=st.integers(0, 10**12),
    pace=st.integers(0, 10**12),
    days=st.integers(0, 31),
)
def test_suggestions_rise_and_are_round(limit: int, used: int, pace: int, days: int) -> None:
    found = suggested(Quota(limit, 0, used, 0), pace, days)
    assert 1 <= len(found) <= 3
    assert list(found) == sorted(set(found))
    for one in found:
        assert 0 < one <= changes.MAX_GRANT_TOKENS
        assert len(str(one).rstrip("0")) <= 2 or one % 1_000 == 0


def test_suggestions_follow_the_pace() -> None:
    assert suggested(Quota(1_000_000, 0, 900_000, 0), 50_000, 10) == (200_000, 400_000, 800_000)
    assert suggested(Quota(1_000_000, 0, 900_000, 0), 1_000, 10) == (100_000, 250_000, 500_000)
    assert suggested(Quota(0, 0, 0, 0), 0, 10) == (100_000, 250_000, 500_000)
    assert suggested(Quota(123_456, 0, 123_456, 0), 12_345, 1) == (7_000, 13_000, 25_000)


def test_who_decides() -> None:
    user = person(group_id="a" * 12)

    def of(*managers: str) -> tuple[str, ...]:
        group = Group(group_id="a" * 12, name="Vendas", managers=managers)
        return deciders(user, {"a" * 12: group}, ADMINS)

    assert of("chefe@example.com", "outra@example.com") == (
        "chefe@example.com",
        "outra@example.com",
    )
    assert of() == ADMINS
    assert of("ana@example.com") == ADMINS  # nobody decides about themselves
    assert of("ana@example.com", "chefe@example.com") == ("chefe@example.com",)
    assert deciders(user, {}, ADMINS) == ADMINS
    assert deciders(person(), {}, ()) == ()


def test_where_requests_are_found() -> None:
    pending, lapsed, denied = RequestState.PENDING, RequestState.LAPSED, RequestState.DENIED
    now = "2026-11"
    assert stored_in(pending, None, now) == (pending, now)
    assert stored_in(pending, "2026-10", now) is None
    assert stored_in(lapsed, None, now) == (pending, "2026-10")
    assert stored_in(lapsed, "2026-08", now) == (pending, "2026-08")
    assert stored_in(lapsed, now, now) is None
    assert stored_in(denied, "2026-08", now) == (denied, "2026-08")
    assert stored_in(denied, None, now) == (denied, now)
