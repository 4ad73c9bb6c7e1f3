"""A row of the table of upstream behaviours, and the rows that every API has alike.

One row a behaviour: what an upstream sends, and what must come of it (cases_*.py). `source` is the
public report that it comes from, or the document that allows it. To add one: write its bytes, what
the client must see, and what must be charged and recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from solaris.quota.usage import Outcome
from tests.functional.gateway.frames import (
    CHAT,
    EMBEDDINGS,
    STREAMING,
    begin,
    data,
    delta,
    end,
    whole,
)
from tests.functional.gateway.raw_upstream import Script

PROMPT, ANSWER = 10, 20
"""What the upstream states, unless a row says otherwise."""

ESTIMATED_PROMPT = 8
"""Our own estimate of the request that `asked` makes, in any API (o200k): 8 tokens."""


@dataclass(frozen=True)
class Case:
    """One behaviour. `charged` in tokens; `shown` must be in the client's bytes, `hidden` not."""

    name: str
    source: str
    scripts: Sequence[Script]
    charged: int
    endpoint: str = CHAT
    stream: bool = True
    body: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    record_status: int | None = None
    estimated: bool = False
    outcome: Outcome = Outcome.SETTLED
    error: str | None = None
    shown: Sequence[bytes] = ()
    hidden: Sequence[bytes] = ()
    check: Callable[[Any], None] | None = None


def streamed(*parts: bytes | float | str, **more: Any) -> list[Script]:
    return [Script(parts, **more)]


def buffered(value: bytes, status: int = 200, **more: Any) -> list[Script]:
    more.setdefault("content_type", "application/json")
    return [Script([value], status=status, **more)]


def json_body(value: Any) -> bytes:
    return data(value)[6:].strip()


def text(endpoint: str) -> list[bytes]:
    """Three frames of text, of three tokens in all."""
    return [
        begin(endpoint),
        delta(endpoint, "um"),
        delta(endpoint, " dois"),
        delta(endpoint, " três"),
    ]


USAGE = {"prompt_tokens": PROMPT, "completion_tokens": ANSWER, "total_tokens": PROMPT + ANSWER}
STATED = PROMPT + ANSWER


def final_chunk(**more: Any) -> bytes:
    choice = {"index": 0, "delta": {}, "finish_reason": "stop", **more.pop("choice", {})}
    return data({"id": "c", "model": "m", "choices": [choice], **more})


def ordinary() -> list[Case]:
    cases = []
    for endpoint in STREAMING:
        good = [*text(endpoint), *end(endpoint)]
        cases += [
            Case(f"stream {endpoint}", "the API's document", streamed(*good), STATED, endpoint),
            Case(
                f"one frame without its blank line at the end {endpoint}",
                "freellmapi PR #521",
                streamed(*good[:-1], good[-1].rstrip(b"\n")),
                STATED,
                endpoint,
            ),
            Case(
                f"byte order mark {endpoint}",
                "WHATWG HTML, 9.2.5",
                streamed(b"\xef\xbb\xbf" + b"".join(good)),
                STATED,
                endpoint,
                hidden=[b"\xef\xbb\xbf"],
            ),
            Case(
                f"frames that single line breaks keep apart {endpoint}",
                "llmgateway PR #3505",
                streamed(*(one.replace(b"\n\n", b"\n") for one in _unnamed(good))),
                STATED,
                endpoint,
                shown=[b"}\n\ndata: "],
            ),
            Case(
                f"a blank line between event and data {endpoint}",
                "bifrost PR #5963",
                streamed(*(one.replace(b"\ndata:", b"\n\ndata:") for one in good)),
                STATED,
                endpoint,
            ),
        ]
        for kind in ("text/plain", "application/json", "application/octet-stream", None):
            cases.append(
                Case(
                    f"stream as {kind} {endpoint}",
                    "LocalAI #9927, new-api #7486",
                    streamed(*good, content_type=kind),
                    STATED,
                    endpoint,
                    check=_is_sent_as_a_stream,
                )
            )
    for endpoint in (*STREAMING, EMBEDDINGS):
        used = PROMPT if endpoint == EMBEDDINGS else STATED
        answer = json_body(whole(endpoint, "um dois três"))
        cases.append(
            Case(
                f"buffered {endpoint}",
                "the API's document",
                buffered(answer),
                used,
                endpoint,
                stream=False,
            )
        )
    return cases


def _unnamed(frames: Sequence[bytes]) -> list[bytes]:
    """Without the names of events, which would stand on lines of their own."""
    return [b"data:" + one.partition(b"data:")[2] for one in frames if one]


def _is_sent_as_a_stream(got: Any) -> None:
    assert got.headers["content-type"].startswith("text/event-stream")
    assert len(got.parts) > 1, "frames go on as they come"
