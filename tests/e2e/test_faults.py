"""The short form of `make test-faults`: some kills and faults, and whether its checks can fail."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from solaris.ledger.figures import UsageLine
from solaris.quota.usage import Outcome
from solaris.quota.user import Plan, User, UserStatus
from tests.faults.arena import arena
from tests.faults.checks import Evidence, Exchange, problems
from tests.faults.load import OK, Seen
from tests.faults.rounds import Rounds, Row
from tests.faults.scenarios import SCENARIOS

SEED = 20_261_123
SECONDS = 1.0
NOW = datetime(2026, 11, 23, tzinfo=UTC)
KILLED = ("gateway", "tables", "store")
FAULTS = ("queue-down", "store-loses-answers", "messages-three-times", "month-end")
LINE = UsageLine(
    record_key="2026-11-23T00:00:00.000Z#r1",
    request_id="r1",
    user_id="u1",
    day="2026-11-23",
    created_at=NOW,
    model="demo",
    endpoint="/v1/chat/completions",
    method="POST",
    status_code=OK,
    outcome=Outcome.SETTLED.value,
    prompt_tokens=10,
    completion_tokens=20,
    cached_tokens=0,
    reasoning_tokens=0,
    total_tokens=30,
    charged_tokens=30,
    cost_micros=0,
    estimated=False,
    response_time_ms=1,
    first_byte_ms=1,
    error_message=None,
    key_id=None,
    user_agent=None,
    ip_address=None,
)
USER = User(
    user_id="u1",
    email="ana@example.com",
    name="",
    status=UserStatus.ACTIVE,
    plan=Plan.BASIC,
    monthly_limit=100,
    additional_tokens=0,
    current_usage=30,
    available_tokens=70,
    period="2026-11",
    created_at=NOW,
    updated_at=NOW,
)
SEEN = Seen("ana@example.com", "demo", 0.0, True, "r1", OK, finished=True, stated_tokens=30)
EXCHANGE = Exchange("r1", OK, finished=True, total_tokens=30)
WHOLE = Evidence(seen=[SEEN], exchanges=[EXCHANGE], records=[LINE], users=[USER], silent=True)


@pytest.mark.e2e
def test_what_was_answered_is_booked_once_whatever_fails(tmp_path: Path) -> None:
    rounds = Rounds(SEED, seconds=SECONDS)
    with arena(tmp_path, seed=SEED, seconds=SECONDS) as place:
        for victim in KILLED:
            _holds(rounds.kill(place.machine, victim))
        for scenario in SCENARIOS:
            if scenario.name in FAULTS:
                _holds(rounds.scenario(place, scenario))


def _holds(row: Row) -> None:
    assert row.differences == [], row.cells()
    assert row.verdict.records > 0


def test_the_checks_find_nothing_where_all_agrees() -> None:
    assert problems(WHOLE) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (replace(WHOLE, records=[LINE, LINE]), "2 records"),
        (replace(WHOLE, records=[]), "not in the books"),
        (replace(WHOLE, seen=[replace(SEEN, stated_tokens=31)]), "31 stated"),
        (replace(WHOLE, records=[replace(LINE, estimated=True)]), "30 stated"),
        (replace(WHOLE, records=[replace(LINE, charged_tokens=29)]), "30 upstream"),
        (
            replace(
                WHOLE,
                seen=[replace(SEEN, stated_tokens=None)],
                records=[replace(LINE, outcome=Outcome.EXPIRED.value)],
            ),
            "seen finished, 30 expired",
        ),
        (replace(WHOLE, seen=[], records=[]), "went upstream, not in the books"),
        (replace(WHOLE, exchanges=[EXCHANGE, EXCHANGE]), "sent upstream 2 times"),
        (replace(WHOLE, exchanges=[]), "never went upstream"),
        (
            replace(WHOLE, seen=[], exchanges=[replace(EXCHANGE, status=500)]),
            "failed upstream, 30 settled booked",
        ),
        (replace(WHOLE, seen=[replace(SEEN, status=503)]), "the client noticed"),
        (replace(WHOLE, seen=[replace(SEEN, finished=False)]), "the client noticed"),
        (replace(WHOLE, seen=[replace(SEEN, capped=True)]), "far from the limit"),
        (replace(WHOLE, seen=[replace(SEEN, status=429)]), "the client noticed"),
        (
            replace(WHOLE, seen=[replace(SEEN, status=503)], exchanges=[]),
            "refused, 30 tokens charged",
        ),
        (replace(WHOLE, users=[replace(USER, monthly_limit=29)]), "30 used of 29"),
        (replace(WHOLE, users=[replace(USER, available_tokens=71)]), "71 available"),
    ],
)
def test_the_checks_see_each_kind_of_difference(changed: Evidence, said: str) -> None:
    assert any(said in one for one in problems(changed)), problems(changed)
