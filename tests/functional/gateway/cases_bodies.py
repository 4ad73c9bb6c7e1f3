"""Answers of another shape than the API says."""

from typing import Any

from solaris.quota.usage import Outcome
from tests.functional.gateway.frames import CHAT, data, end, whole
from tests.functional.gateway.upstream_cases import (
    ESTIMATED_PROMPT,
    STATED,
    USAGE,
    Case,
    buffered,
    json_body,
    streamed,
    text,
)


def _says_when(got: Any) -> None:
    assert got.headers["retry-after"] == "7"
    assert got.headers["retry-after-ms"] == "6500"
    assert got.headers["x-should-retry"] == "true"


SHAPES_OF_BODIES = [
    Case(
        "a list of answers: each was billed",
        "LiteLLM: a model with commas",
        buffered(json_body([whole(CHAT, "um"), whole(CHAT, "dois")])),
        2 * STATED,
        stream=False,
    ),
    Case(
        "plain text",
        "semantic-router #2215",
        buffered(b"um dois", content_type="text/plain"),
        ESTIMATED_PROMPT + 2,
        stream=False,
        estimated=True,
    ),
    Case(
        "a JSON text",
        "semantic-router #2215",
        buffered(b'"um dois"'),
        ESTIMATED_PROMPT + 2,
        stream=False,
        estimated=True,
    ),
    Case(
        "events that nobody asked for",
        "Franklin #74",
        buffered(b"".join([*text(CHAT), *end(CHAT)]), content_type="text/plain"),
        STATED,
        stream=False,
    ),
    Case(
        "a whole body although a stream was asked for",
        "cline #582",
        buffered(json_body(whole(CHAT, "um"))),
        STATED,
    ),
    Case(
        "a whole body that calls itself a stream",
        "cline #582",
        streamed(json_body(whole(CHAT, "um"))),
        STATED,
    ),
    Case(
        "an error that states its use is charged",
        "OpenRouter's document",
        buffered(json_body({"error": {"message": "cut"}, "usage": USAGE})),
        STATED,
        stream=False,
        error="cut",
    ),
    Case(
        "an error in mid-stream: what was delivered is charged",
        "OpenRouter's document",
        streamed(
            *text(CHAT),
            data(
                {
                    "error": {"message": "gone"},
                    "choices": [{"delta": {"content": ""}, "finish_reason": "error"}],
                }
            ),
        ),
        ESTIMATED_PROMPT + 3,
        record_status=502,
        estimated=True,
        error="gone",
        shown=[b"gone"],
    ),
    Case(
        "an upstream error passes through and costs nothing",
        "the API's document",
        buffered(
            json_body({"error": {"message": "slow down"}}),
            429,
            headers=["retry-after: 7", "retry-after-ms: 6500", "x-should-retry: true"],
        ),
        0,
        status=429,
        outcome=Outcome.RELEASED,
        record_status=429,
        error="429",
        shown=[b"slow down"],
        check=_says_when,
    ),
]
