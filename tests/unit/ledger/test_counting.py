"""What a booking adds to the metrics: what the books get, once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from solaris.ledger.booking import LedgerEntry, RecordedUsage
from solaris.ledger.recorder import count_booked, lag_seconds
from solaris.platform.errors import ForbiddenError, InvalidCredentialsError, LoginLockedError
from solaris.platform.metrics import (
    ADMIN_DURATION,
    ADMIN_REQUESTS,
    BOOKING_LAG,
    COST,
    LOGIN_FAILURES,
    RECORDED,
    TOKENS,
    TOKENS_CHARGED,
    Metrics,
)
from solaris.platform.web.dispatch import count_admin_request
from solaris.quota.settlement import Booking
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COUNTS = TokenCounts(100, 40, 30, 20)


def entry_of(counts: TokenCounts = COUNTS, cost: int = 7, **changes: Any) -> LedgerEntry:
    event = UsageEvent(
        request_id="r1",
        user_id="u1",
        period="2026-11",
        outcome=Outcome.SETTLED,
        created_at=NOON,
        model="gpt",
        endpoint="/v1/chat/completions",
        counts=counts,
        charged_tokens=counts.charged_tokens(),
        reserved_tokens=500,
        response_time_ms=1500,
    )
    return LedgerEntry(replace(event, **changes), cost_micros=cost, day="2026-11-22")


def counted(
    *bookings: tuple[LedgerEntry, Booking], replaced: RecordedUsage | None = None
) -> dict[tuple[str, ...], float]:
    metrics = Metrics()
    for entry, booking in bookings:
        now = NOON + timedelta(seconds=2)
        before = replaced if booking is Booking.CORRECTION else None
        count_booked(metrics, entry, booking, before, now)
    return {tuple(field.split("\x1f")): value for field, value in metrics.snapshot().items()}


def test_a_booking_is_counted_by_model_and_kind_with_its_cost_and_its_lag() -> None:
    found = counted((entry_of(), Booking.OPEN))
    assert found == {
        (RECORDED.name, "open"): 1,
        (TOKENS.name, "gpt", "prompt"): 100,
        (TOKENS.name, "gpt", "completion"): 40,
        (TOKENS.name, "gpt", "cached"): 30,
        (TOKENS.name, "gpt", "reasoning"): 20,
        (TOKENS_CHARGED.name, "gpt"): 140,
        (COST.name, "gpt"): 7,
        (f"{BOOKING_LAG.name}_bucket", "0.5"): 1,
        (f"{BOOKING_LAG.name}_sum",): 0.5,
    }


def test_costs_below_a_micro_dollar_add_up() -> None:
    entry = replace(entry_of(cost=0), cost_nanos=450)
    found = counted(*((entry, Booking.OPEN) for _ in range(100)))
    assert found[COST.name, "gpt"] == pytest.approx(45)


def test_a_repeat_adds_nothing_to_the_figures() -> None:
    once = counted((entry_of(), Booking.OPEN))
    twice = counted((entry_of(), Booking.OPEN), (entry_of(), Booking.DUPLICATE))
    assert twice == once | {(RECORDED.name, "duplicate"): 1}


def test_a_late_answer_takes_the_place_of_what_its_expiry_counted() -> None:
    expired = entry_of(TokenCounts(150), cost=3, outcome=Outcome.EXPIRED, status_code=0)
    before = RecordedUsage(Outcome.EXPIRED, TokenCounts(150), 150, 3, "gpt")
    later = entry_of(TokenCounts(10, 5), cost=1, request_id="r2")
    found = counted(
        (expired, Booking.OPEN),
        (entry_of(), Booking.CORRECTION),
        (later, Booking.OPEN),
        replaced=before,
    )
    # 150 were counted, 100 were right: the 50 too many are set off, 10 of them by the last
    assert found[TOKENS.name, "gpt", "prompt"] == 150
    assert found[TOKENS.name, "gpt", "completion"] == 45
    assert found[TOKENS_CHARGED.name, "gpt"] == 155
    assert found[COST.name, "gpt"] == 8
    assert found[f"{BOOKING_LAG.name}_bucket", "0.5"] == 2  # an expiry has no lag


def test_a_request_that_used_nothing_names_no_model() -> None:
    nothing = entry_of(TokenCounts(), cost=0, outcome=Outcome.RELEASED, status_code=502)
    assert {field for field in counted((nothing, Booking.OPEN)) if "gpt" in field} == set()


@pytest.mark.parametrize(
    ("after_seconds", "expected"), [(1.4, 0.0), (1.5, 0.0), (61.5, 60.0), (-5.0, 0.0)]
)
def test_the_lag_begins_with_the_end_of_the_answer(after_seconds: float, expected: float) -> None:
    now = NOON + timedelta(seconds=after_seconds)
    assert lag_seconds(entry_of().event, now) == pytest.approx(expected)


def test_a_call_of_the_admin_api_is_counted_and_a_refused_login_by_its_reason() -> None:
    metrics = Metrics()
    for operation, status, code in (
        ("getUsers", 200, None),
        ("login", 401, InvalidCredentialsError.code),
        ("login", 423, LoginLockedError.code),
        ("addTokens", 403, ForbiddenError.code),
    ):
        count_admin_request(metrics, operation, status=status, seconds=0.02, code=code)
    found = {tuple(field.split("\x1f")): value for field, value in metrics.snapshot().items()}
    assert {field[1:]: n for field, n in found.items() if field[0] == ADMIN_REQUESTS.name} == {
        ("getUsers", "200"): 1,
        ("login", "401"): 1,
        ("login", "423"): 1,
        ("addTokens", "403"): 1,
    }
    assert found[f"{ADMIN_DURATION.name}_bucket", "login", "0.025"] == 2
    assert {field[1] for field in found if field[0] == LOGIN_FAILURES.name} == {
        InvalidCredentialsError.code,
        LoginLockedError.code,
    }
