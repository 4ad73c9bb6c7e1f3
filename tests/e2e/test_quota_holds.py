"""The promise on the running system: nobody passes the quota, whatever runs in parallel.

The demo upstream counts what it has really answered; books and quota are held against that.
"""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.e2e.local_system import LocalSystem

pytestmark = pytest.mark.e2e

QUESTION = [{"role": "user", "content": "Conte uma história bem longa."}]
SECONDS = 120


async def ask_all(
    system: LocalSystem, email: str, bodies: list[dict[str, Any]]
) -> list[tuple[int, str | None]]:
    """All of them at once; status and error code of each."""
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": email}
    limits = httpx.Limits(max_connections=len(bodies))
    async with httpx.AsyncClient(headers=headers, timeout=SECONDS, limits=limits) as client:

        async def ask(body: dict[str, Any]) -> tuple[int, str | None]:
            answer = await client.post(
                f"{system.url}/v1/chat/completions", json={"messages": QUESTION, **body}
            )
            if answer.status_code == 200:
                return 200, None
            return answer.status_code, answer.json()["error"]["code"]

        return list(await asyncio.gather(*(ask(body) for body in bodies)))


def user_with(system: LocalSystem, email: str, limit: int) -> None:
    system.cli("users", "create", email)
    system.cli("users", "set-limit", email, str(limit))
    system.reset_demo()


def hold_books(system: LocalSystem, email: str, limit: int, answers: list[tuple[int, Any]]) -> int:
    """Served ones are booked to the token, nothing is past the limit; return what is used."""
    served = [one for one in answers if one[0] == 200]
    assert served
    assert {one for one in answers if one[0] != 200} <= {(429, "tokens_held")}
    shown = system.booked_user(email, records=len(served))
    used = sum(one["total_tokens"] for one in system.demo()["requests"])
    assert shown["currentUsage"] == used, "the books are what the upstream has answered"
    assert used <= limit
    assert shown["reservedTokens"] == 0
    return int(used)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("name", "fields"),
    [("unstated", {}), ("stated", {"max_tokens": 30_000})],
)
def test_twenty_parallel_chats_of_a_trial_user_end_at_the_limit(
    system: LocalSystem, name: str, fields: dict[str, Any], stream: bool
) -> None:
    """Answers of 30,000 tokens each: 600,000 were asked for, 100,000 are there."""
    email = f"trial-{name}-{stream}@example.com".lower()
    user_with(system, email, 100_000)
    body = {"model": "demo-tokens-30000", "stream": stream, **fields}
    answers = asyncio.run(ask_all(system, email, [body] * 20))
    used = hold_books(system, email, 100_000, answers)
    assert used > 60_000, "and most of it is used"


def test_two_hundred_parallel_requests_at_their_stated_maxima_stay_within_the_quota(
    system: LocalSystem,
) -> None:
    email = "two-hundred@example.com"
    user_with(system, email, 450_000)
    bodies = [
        {"model": f"demo-tokens-{n}", "max_tokens": n, "stream": n % 2 == 0}
        for n in (500, 3_000, 9_001, 30_000)
        for _ in range(25)
    ] + [{"model": "demo-tokens-30000", "stream": n % 2 == 0} for n in range(100)]
    answers = asyncio.run(ask_all(system, email, bodies))
    served = [one for one in answers if one[0] == 200]
    assert {one for one in answers if one[0] != 200} <= {
        (429, "tokens_held"),
        (429, "rate_limit_exceeded"),
    }
    system.booked_user(email, records=len(served))
    used = sum(one["total_tokens"] for one in system.demo()["requests"])
    assert system.user(email)["currentUsage"] == used <= 450_000


def test_a_hundred_streams_of_a_hundred_thousand_tokens_stay_within_the_quota(
    system: LocalSystem,
) -> None:
    email = "hundred-streams@example.com"
    user_with(system, email, 450_000)
    body = {"model": "demo-tokens-100000", "stream": True}
    answers = asyncio.run(ask_all(system, email, [body] * 100))
    hold_books(system, email, 450_000, answers)


@pytest.mark.parametrize("stream", [True, False])
def test_one_answer_longer_than_what_is_left_is_capped_to_it(
    system: LocalSystem, stream: bool
) -> None:
    email = f"one-long-{stream}@example.com".lower()
    user_with(system, email, 34_000)
    body = {"model": "demo-tokens-64000", "stream": stream}
    hold_books(system, email, 34_000, asyncio.run(ask_all(system, email, [body])))


def test_two_chats_and_a_title_are_served_with_15_per_cent_of_a_trial_quota_left(
    system: LocalSystem,
) -> None:
    """LibreChat asks for the title at the same moment as for the answer."""
    email = "two-tabs@example.com"
    user_with(system, email, 15_000)
    title = {"model": "demo-tokens-8", "max_tokens": 500}
    chat = {"model": "demo-chunks-300-2ms", "stream": True}
    answers = asyncio.run(ask_all(system, email, [chat, chat, title]))
    assert answers == [(200, None)] * 3
    hold_books(system, email, 15_000, answers)


def test_five_short_chats_fit_in_the_last_21_000_tokens(system: LocalSystem) -> None:
    email = "five-short@example.com"
    user_with(system, email, 21_000)
    answers = asyncio.run(ask_all(system, email, [{"model": "demo-tokens-100"}] * 5))
    assert answers == [(200, None)] * 5


def test_a_pasted_table_is_not_served_beyond_what_is_left(system: LocalSystem) -> None:
    """CSV has twice the tokens a character of prose: 70 kB are some 38,000."""
    email = "csv@example.com"
    user_with(system, email, 25_000)
    rows = "\n".join(f"{n};{n * 7919 % 10007};{n / 3:.4f};BR{n:06d}" for n in range(2_400))
    body = {"model": "demo-fast", "messages": [{"role": "user", "content": rows}]}
    (answer,) = asyncio.run(ask_all(system, email, [body]))
    assert answer == (429, "insufficient_quota")
    assert system.user(email)["currentUsage"] == 0


def test_the_refusal_of_a_long_prompt_does_not_say_used_up(system: LocalSystem) -> None:
    email = "long-prompt@example.com"
    user_with(system, email, 25_000)
    text = json.dumps([{"role": "user", "content": "palavra " * 40_000}])
    answer = httpx.post(
        f"{system.url}/v1/chat/completions",
        headers={"authorization": f"Bearer {system.printed_key}", "x-user-email": email},
        json={"model": "demo-fast", "messages": json.loads(text)},
        timeout=30,
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (429, "insufficient_quota")
    assert error["message"].startswith("Esta pergunta precisa de cerca de 40.")
    assert "esgotado" not in error["message"]
