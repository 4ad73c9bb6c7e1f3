"""Telling a quota on a real store: what is told is what the meter would do, and writes nothing."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from solaris.gateway.quote import Quoting, Statement
from solaris.keys.authenticator import BlockingAuthenticator
from solaris.keys.key import new_key
from solaris.ledger.counters import UserCounters
from solaris.platform.errors import (
    AccountStatusError,
    BookingsLateError,
    InvalidApiKeyError,
    InvalidRequestError,
    RateLimitedError,
    SolarisError,
    TokensHeldError,
    UserNotAllowedError,
    UserNotIdentifiedError,
)
from solaris.quota.account import account_of
from solaris.quota.reservation import (
    BOOKING_SECONDS,
    MAX_OPEN_RESERVATIONS,
    Reservation,
    expired,
    expiry_of,
)
from solaris.quota.user import User, UserStatus, user_id_for
from tests.integration.conftest import ANA, MoneyPath

KEY = "sk-service-0123456789"
PERSONAL = "sk-personal-0123456789"
BIA = "bia@example.com"
YOUNG, OLD = timedelta(minutes=1), timedelta(minutes=16)  # a reservation expires after 15


def quoting(money: MoneyPath, *, is_late: bool = True) -> Quoting:
    keys = money.parts.keys.store
    keys.put_new(new_key(KEY, name="service", now=money.clock()))
    keys.put_new(new_key(PERSONAL, name="bia", now=money.clock(), user_email=BIA))
    return Quoting(
        settings=money.parts.settings,
        authenticator=BlockingAuthenticator(keys, money.clock),
        users=money.parts.quota.users,
        counters=UserCounters(
            money.parts.platform.dynamodb, money.parts.settings.table_name("counters")
        ),
        weighing=money.parts.ledger.weighing,
        clock=money.clock,
        is_late=lambda: is_late,
    )


def headers(email: str = ANA, key: str = KEY) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", "x-user-email": email}


def check(quotes: Quoting, tokens: Any, email: str = ANA) -> Statement:
    return quotes.check(headers(email), orjson.dumps({"estimated_tokens": tokens}))


async def test_a_quota_is_stated_with_what_is_used_held_and_left(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100_000, additional_tokens=20_000)
    money.spend(30_000)
    await money.admit(prompt=904, most=4_096)
    before = money.user()
    stated = quoting(money).own(headers())
    assert stated.body == {
        "user_id": user_id_for(ANA),
        "email": ANA,
        "status": "active",
        "enforcement": "block",
        "plan": "basic",
        "models": None,
        "period": "2026-11",
        "renews_at": "2026-12-01T00:00:00-03:00",
        "monthly_limit": 100_000,
        "additional_tokens": 20_000,
        "grants": [
            {
                "kind": "every_month",
                "tokens": 20_000,
                "granted_tokens": 20_000,
                "until": None,
                "ends_at": None,
            }
        ],
        "current_usage": 30_000,
        "reserved_tokens": 5_000,
        "bookings_late": False,
        "available_tokens": 85_000,
        "remaining_tokens": 90_000,
        "usage_percentage": 30.0,
        "granted_percentage": 25.0,
        "by_model": {"gpt-4o-mini": 30_000},
        "daily_limit": None,
        "daily_available": None,
        "day_renews_at": None,
        "daily_lifted": False,
    }
    assert stated.headers["x-ratelimit-limit-tokens"] == "120000"
    assert stated.headers["x-ratelimit-remaining-tokens"] == "85000"
    assert stated.headers["x-ratelimit-reset-tokens"] == f"{15 * 86_400 + 12 * 3_600 - 1}s"
    assert money.user() == before


async def test_a_month_not_opened_yet_is_shown_as_opened_and_stays_closed(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100_000, additional_tokens=5)
    money.spend(100_005)
    quotes = quoting(money)
    assert check(quotes, 1).body["reason"] == "insufficient_quota"
    money.clock.forward(days=20)
    shown = quotes.own(headers()).body
    assert (shown["period"], shown["renews_at"]) == ("2026-12", "2027-01-01T00:00:00-03:00")
    assert (shown["current_usage"], shown["available_tokens"]) == (0, 100_005)
    assert shown["by_model"] == {}
    assert check(quotes, 100_005).body["allowed"] is True
    assert (money.user().period, money.rows("periods")) == ("2026-11", [])


async def test_late_bookings_are_told_apart_from_open_requests(money: MoneyPath) -> None:
    """A refusal for want of bookings is no refusal for want of quota, and may be tried again."""
    money.put_user(monthly_limit=1_000)
    admission = await money.admit(prompt=100)
    await money.meter.resolve(money.event(admission.reservation, completion=10))
    quotes, in_time = quoting(money), quoting(money, is_late=False)
    assert not quotes.own(headers()).body["bookings_late"]
    with pytest.raises(TokensHeldError):  # for as long as it may be booked any moment
        await money.admit(prompt=700)
    money.clock.forward(seconds=BOOKING_SECONDS)
    with pytest.raises(BookingsLateError):
        await money.admit(prompt=700)
    assert quotes.own(headers()).body["bookings_late"]
    assert check(quotes, 900).body["reason"] == "bookings_late"
    assert check(quotes, 1_001).body["reason"] == "insufficient_quota"
    assert not in_time.own(headers()).body["bookings_late"]
    assert check(in_time, 900).body["reason"] == "tokens_held"


async def test_what_is_open_is_not_late(money: MoneyPath) -> None:
    money.put_user(monthly_limit=1_000)
    await money.admit(prompt=100)
    money.clock.forward(minutes=5)
    with pytest.raises(TokensHeldError):
        await money.admit(prompt=700)


async def test_a_hundred_unbooked_answers_are_late_bookings(money: MoneyPath) -> None:
    money.put_user()
    for _ in range(MAX_OPEN_RESERVATIONS):
        admission = await money.admit(completes=False)
        await money.meter.resolve(money.event(admission.reservation))
    with pytest.raises(RateLimitedError):
        await money.admit(completes=False)
    money.clock.forward(seconds=BOOKING_SECONDS)
    with pytest.raises(BookingsLateError):
        await money.admit(completes=False)
    assert check(quoting(money), 1).body["reason"] == "bookings_late"


async def test_a_reservation_that_has_run_out_is_shown_as_charged_not_held(
    money: MoneyPath,
) -> None:
    money.put_user(monthly_limit=1_000)
    await money.admit(prompt=100)
    quotes = quoting(money)
    assert quotes.own(headers()).body["reserved_tokens"] == 612
    assert check(quotes, 900).body["reason"] == "tokens_held"
    assert check(quotes, 1_001).body["reason"] == "insufficient_quota"
    money.clock.forward(minutes=16)
    shown = quotes.own(headers()).body
    figures = ("reserved_tokens", "current_usage", "available_tokens")
    assert [shown[name] for name in figures] == [0, 100, 900]
    assert check(quotes, 901).body["allowed"] is False
    assert check(quotes, 900).body["allowed"] is True
    # and so say what admins, the command line and the person themselves see of it
    seen = account_of(money.user(), money.parts.settings, money.clock()).user
    assert [getattr(seen, name) for name in figures] == [0, 100, 900]
    # asked of a process that does not hold it, as after a crash
    await money.settings().admit(prompt=900, completes=False)
    assert money.user().current_usage == 100


@pytest.mark.parametrize("mode", ["active", "pending"])
async def test_an_unknown_user_is_shown_as_the_first_request_would_make_them(
    money: MoneyPath, mode: str
) -> None:
    path = money.settings(auto_provision=mode, default_monthly_limit=5_000)
    quotes = quoting(path)
    shown = quotes.own(headers()).body
    assert (shown["status"], shown["available_tokens"]) == (mode, 5_000)
    reason = check(quotes, 5_000).body["reason"]
    assert reason == (None if mode == "active" else "account_pending")
    assert path.rows("users") == []


async def test_somebody_who_may_not_become_a_user_has_no_quota(money: MoneyPath) -> None:
    quotes = quoting(money.settings(auto_provision="deny"))
    with pytest.raises(UserNotAllowedError):
        quotes.own(headers())
    refused = check(quotes, 1).body
    assert refused["reason"] == "user_not_allowed"
    assert (refused["allowed"], refused["available_tokens"], refused["status"]) == (False, 0, None)
    money.put_user()
    assert quotes.own(headers()).body["status"] == "active"
    assert check(quotes, 1).body["allowed"] is True


async def test_a_personal_key_ignores_headers_and_body(money: MoneyPath) -> None:
    quotes = quoting(money)
    assert quotes.own(headers(ANA, PERSONAL)).body["email"] == BIA
    data = orjson.dumps({"estimated_tokens": 1, "user": ANA})
    assert quotes.check(headers(ANA, PERSONAL), data).body["user_id"] == user_id_for(BIA)


async def test_a_check_may_name_its_user_in_the_body(money: MoneyPath) -> None:
    data = orjson.dumps({"estimated_tokens": 1, "user": "Bia@Example.com"})
    stated = quoting(money).check({"authorization": f"Bearer {KEY}"}, data)
    assert stated.body["user_id"] == user_id_for(BIA)


async def test_a_check_that_names_a_model_asks_the_key_first(money: MoneyPath) -> None:
    quotes = quoting(money)
    limited = "sk-limited-0123456789"
    money.parts.keys.store.put_new(
        new_key(limited, name="x", now=money.clock(), allowed_models=("gpt-4*",))
    )
    money.put_user(status=UserStatus.SUSPENDED)

    def reason(secret: str, **named: str) -> Any:
        body = orjson.dumps({"estimated_tokens": 1, **named})
        return quotes.check(headers(key=secret), body).body["reason"]

    assert reason(limited, model="o3") == "model_not_allowed"
    assert reason(limited, model="gpt-4o") == "account_suspended"
    assert reason(limited) == reason(KEY, model="o3") == "account_suspended"


async def test_without_key_or_user_nothing_is_told(money: MoneyPath) -> None:
    quotes = quoting(money)
    with pytest.raises(InvalidApiKeyError):
        quotes.own({"x-user-email": ANA})
    with pytest.raises(InvalidApiKeyError):
        quotes.own(headers(key="sk-unknown"))
    for unnamed in ({}, {"x-user-email": "{{LIBRECHAT_USER_EMAIL}}"}):
        with pytest.raises(UserNotIdentifiedError):
            quotes.own({"authorization": f"Bearer {KEY}", **unnamed})


async def test_a_revoked_key_is_remembered_for_two_and_a_half_seconds_only(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = 1000.0
    monkeypatch.setattr("solaris.platform.cache.time.monotonic", lambda: at)
    quotes = quoting(money)
    quotes.own(headers())
    (key,) = [key for key in money.parts.keys.store.list() if key.name == "service"]
    money.parts.keys.store.revoke(key.key_hash, "2026-11-15T15:00:00.000Z")
    at += 2.4
    quotes.own(headers())
    at += 0.2
    with pytest.raises(InvalidApiKeyError):
        quotes.own(headers())


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"x", b"\xff", b"[]", b"{}"),
        *(b'{"estimated_tokens": -1}', b'{"estimated_tokens": 1000000000001}'),
        *(b'{"estimated_tokens": "5"}', b'{"estimated_tokens": 1.5}'),
        b'{"estimated_tokens": true}',
    ],
)
async def test_a_wrong_body_is_refused(money: MoneyPath, data: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        quoting(money).check(headers(), data)


async def test_a_check_says_what_the_meter_then_does(money: MoneyPath) -> None:
    """Eighty users in random states: asked, then admitted or refused for the reason told."""
    quotes, chance = quoting(money), random.Random(3)
    reasons = set()
    for n in range(80):
        email = f"user{n}@example.com"
        before = _some_user(money, email, chance)
        available = quotes.own(headers(email)).body["available_tokens"]
        assert isinstance(available, int)
        tokens = max(0, available + chance.choice([-500, -1, 0, 1, 500]))
        told = check(quotes, tokens, email).body
        assert money.user(email) == before
        try:
            held = (await money.admit(email, prompt=tokens, completes=False)).reservation.tokens
            code = None
        except SolarisError as error:
            held, code = 0, error.code
        assert (told["allowed"], told["reason"]) == (code is None, code), (before, tokens)
        reasons.add(code)
        after = money.user(email)
        if after.status is UserStatus.ACTIVE and not expired(after.reservations, money.clock()):
            assert told["available_tokens"] == after.available_tokens + held
    assert reasons == {
        *(None, "insufficient_quota", "bookings_late", "account_suspended"),
    }


def _some_user(money: MoneyPath, email: str, chance: random.Random) -> User:
    """Last month's or this one's, running and run-out reservations, any status, any threshold."""
    now = money.clock()
    if chance.random() < 0.3:
        money.clock.forward(days=-30)
    limit = chance.choice([1, 2_000, 50_000])
    ages = chance.choice([[YOUNG], [OLD], [YOUNG, OLD]])
    reservations = {}
    for n in range(chance.choice([0, 1, 3, 100])):
        prompt, created = chance.randrange(200), now - chance.choice(ages)
        reservations[f"{email}-{n}"] = Reservation(
            request_id=f"{email}-{n}",
            tokens=prompt + chance.randrange(200),
            prompt_tokens=prompt,
            created_at=created,
            expires_at=expiry_of(created),
            period=money.period,
        )
    money.put_user(
        email,
        monthly_limit=limit,
        status=chance.choice([UserStatus.ACTIVE] * 4 + [UserStatus.SUSPENDED]),
        block_ppm=chance.choice([1_000_000, 900_000]),
        reservations=reservations,
    )
    money.spend(chance.randrange(1, limit + 1), email)
    money.clock.now = now
    return money.user(email)


async def test_fifty_first_requests_under_pending_make_one_pending_user(money: MoneyPath) -> None:
    path = money.settings(auto_provision="pending")
    answers = await asyncio.gather(*(path.admit() for _ in range(50)), return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, AccountStatusError)]
    assert {refusal.code for refusal in refusals} == {"account_pending"}
    assert len(refusals) == 50
    (row,) = path.rows("users")
    assert (row["status"], row["version"]) == ("pending", 1)
    assert path.user().reservations == {}
    assert path.user().available_tokens == 1_000_000
    # known users are not affected, nor is this one once activated
    path.put_user(BIA)
    await path.admit(BIA)
    path.parts.quota.users.change(
        user_id_for(ANA),
        lambda found: replace(found, status=UserStatus.ACTIVE, version=found.version + 1),
    )
    await path.admit()


async def test_deny_and_foreign_domains_create_nothing_and_spare_known_users(
    money: MoneyPath,
) -> None:
    denying = money.settings(auto_provision="deny")
    choosy = money.settings(allowed_email_domains="other.example")
    for path in (denying, choosy):
        with pytest.raises(UserNotAllowedError):
            await path.admit()
    assert money.rows("users") == []
    await choosy.admit("cid@other.example")
    await denying.admit("cid@other.example")
    money.put_user()
    await choosy.admit()
