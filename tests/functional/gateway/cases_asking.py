"""What upstreams refuse, and what clients ask for."""

from solaris.quota.usage import Outcome
from tests.functional.gateway.frames import CHAT, COMPLETIONS, end
from tests.functional.gateway.raw_upstream import Script
from tests.functional.gateway.upstream_cases import (
    STATED,
    Case,
    buffered,
    json_body,
    streamed,
    text,
)

ASKING = [
    Case(
        "stream_options refused: asked once more without",
        "Mistral: 422 extra_forbidden",
        [
            *buffered(
                json_body({"detail": [{"loc": ["body", "stream_options"], "msg": "extra"}]}), 422
            ),
            Script([*text(CHAT), *end(CHAT)]),
        ],
        STATED,
    ),
    Case(
        "both spellings of the maximum refused: asked once more with one",
        "OpenAI: max_tokens beside max_completion_tokens",
        [
            *buffered(
                json_body(
                    {
                        "error": {
                            "message": "Setting 'max_tokens' and 'max_completion_tokens' at the "
                            "same time is not supported."
                        }
                    }
                ),
                400,
            ),
            Script([*text(CHAT), *end(CHAT)]),
        ],
        STATED,
        body={"max_tokens": 100},
    ),
    Case(
        "another client's mistake stays the client's",
        "OpenAI's API document",
        buffered(json_body({"error": {"message": "temperature must be at most 2"}}), 400),
        0,
        status=400,
        record_status=400,
        outcome=Outcome.RELEASED,
        error="400",
    ),
    Case(
        "the usage chunk is hidden from who did not ask for it",
        "OpenAI's quick start: chunk.choices[0]",
        streamed(*text(CHAT), *end(CHAT)),
        STATED,
        hidden=[b'"usage"'],
    ),
    Case(
        "the usage chunk is passed on to who asked",
        "OpenAI's API document",
        streamed(*text(CHAT), *end(CHAT)),
        STATED,
        body={"stream_options": {"include_usage": True}},
        shown=[b'"usage"'],
    ),
    Case(
        "completions hide it as well",
        "OpenAI's API document",
        streamed(*text(COMPLETIONS), *end(COMPLETIONS)),
        STATED,
        COMPLETIONS,
        hidden=[b'"usage"'],
    ),
]
