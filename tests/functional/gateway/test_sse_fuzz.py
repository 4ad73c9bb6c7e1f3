"""Streams as no upstream should send them, and bodies as no client should: nothing may raise.

test_sse.py holds what real streams look like; here frames are made of anything.
"""

import codecs
import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solaris.gateway.shapes.all import SHAPES, MalformedBodyError
from solaris.gateway.sse import MAX_FRAME_BYTES, DeliveredText, SseRelay
from solaris.quota.reservation import Demand, hold_for
from solaris.quota.usage import TokenCounts
from tests.functional.gateway.test_sse import CUTS, ENDPOINTS, STREAMS, pieces_of

CHAT = "/v1/chat/completions"
EXAMPLES = settings(max_examples=150, deadline=None)
LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
FIGURES = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, -1, 10**12, 10**12 + 1, 2**63, 2**64, 10**400, 1.0, 1e300, True]),
    st.text(max_size=4),
    st.none(),
)
NAMES = st.sampled_from(
    [
        *("usage", "choices", "delta", "content", "type", "message", "response", "prompt_tokens"),
        *("completion_tokens", "total_tokens", "input_tokens", "output_tokens", "output", "text"),
        *("prompt_tokens_details", "cached_tokens", "cache_read_input_tokens", "item", "name"),
    ]
)
WORDS = st.sampled_from(
    [
        *("message_start", "message_delta", "message_stop", "content_block_delta", "[DONE]"),
        *("response.completed", "response.failed", "response.output_text.delta", "\n\n", "data: "),
    ]
)
VALUES = st.recursive(
    FIGURES | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def _written(value: Any) -> bytes:
    """JSON as Python writes it, with whole numbers of any size."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


OBJECTS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=5).map(_written)
BROKEN = st.sampled_from(
    [
        b'{"usage": NaN}',
        b'{"usage": {"prompt_tokens": Infinity}}',
        b'{"usage": {"prompt_tokens": 1e999}}',
        b'{"usage": {"prompt_tokens": 5, "prompt_tokens": "x"}}',
        b'{"usage": ' + b'{"usage": ' * 1200 + b"1" + b"}" * 1201,
        b'{"usage": "' + b"\xff\xfe\x80" + b'"}',
        codecs.BOM_UTF8 + b'{"usage": {"prompt_tokens": 5}}',
        '{"usage": {}}'.encode("utf-16"),
        b'{"usage": "\\ud800"}',
        b"[" * 100_000,
        b'{"usage"',
        b"\x00",
        b"",
    ]
)
FIELDS = st.sampled_from([b"data: ", b"data:", b"event: ", b"event:", b": ", b"id: ", b"data", b""])


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Lines of any fields, with any ends, up to an empty one or not."""
    lines = draw(st.lists(st.tuples(FIELDS, OBJECTS | BROKEN | st.binary(max_size=40)), max_size=4))
    ends = draw(st.lists(LINE_ENDS, min_size=len(lines) + 1, max_size=len(lines) + 1))
    out = b"".join(field + line + end for (field, line), end in zip(lines, ends[:-1], strict=True))
    return out + (ends[-1] if draw(st.integers(0, 9)) else b"")


class Fed:
    """What came out of a relay that was fed piece by piece, as gateway/answer.py does."""

    def __init__(self, endpoint: str, pieces: list[bytes], *, hide: bool = False) -> None:
        self.relay = SseRelay(SHAPES[endpoint], hide_usage_frame=hide)
        self.delivered = DeliveredText(SHAPES[endpoint])
        self.shown = b""
        self.ended = False
        for piece in pieces:
            relayed = self.relay.feed(piece)
            self.shown += relayed.now
            self.delivered.add(relayed.now)
            assert len(self.relay._partial) <= MAX_FRAME_BYTES
            if relayed.last is not None:
                self.shown += relayed.last
                self.ended = True
                return
        self.shown += self.relay.rest()


@EXAMPLES
@given(
    endpoint=st.sampled_from(ENDPOINTS),
    made=st.lists(frames() | st.sampled_from(STREAMS[CHAT]), max_size=8),
    cuts=CUTS,
)
def test_whatever_comes_goes_on_to_the_byte(endpoint: str, made: list[bytes], cuts: Any) -> None:
    data = b": a stream that keeps its frames apart\n\n" + b"".join(made)
    fed = Fed(endpoint, pieces_of(data, cuts))
    assert data.startswith(fed.shown)
    assert fed.ended or fed.shown == data
    usage = fed.relay.usage
    assert usage is None or (usage.prompt_tokens >= 0 and usage.completion_tokens >= 0)
    assert fed.delivered.count_tokens() >= 0


@EXAMPLES
@given(endpoint=st.sampled_from(ENDPOINTS), made=st.lists(frames(), max_size=8), cuts=CUTS)
def test_a_stream_without_blank_lines_gets_them_and_nothing_else(
    endpoint: str, made: list[bytes], cuts: Any
) -> None:
    data = b"".join(made)
    fed = Fed(endpoint, pieces_of(data, cuts))
    assert _without_line_breaks(data).startswith(_without_line_breaks(fed.shown))


def _without_line_breaks(data: bytes) -> bytes:
    return data.removeprefix(codecs.BOM_UTF8).translate(None, b"\r\n")


@EXAMPLES
@given(
    endpoint=st.sampled_from(ENDPOINTS),
    made=st.lists(frames(), max_size=6),
    cuts=CUTS,
    others=CUTS,
)
def test_the_usage_does_not_depend_on_how_the_network_cuts(
    endpoint: str, made: list[bytes], cuts: Any, others: Any
) -> None:
    data = b"".join(made)
    one, other = Fed(endpoint, pieces_of(data, cuts)), Fed(endpoint, pieces_of(data, others))
    assert one.relay.usage == other.relay.usage
    # before the first blank line, a line that has come alone is taken for a frame without one
    assert _without_line_breaks(one.shown) == _without_line_breaks(other.shown)


@EXAMPLES
@given(
    stated=st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), max_size=5),
    noise=st.lists(BROKEN, max_size=5),
    line_end=LINE_ENDS,
    space=st.sampled_from([b"", b" ", b"  ", b"\t"]),
    cuts=CUTS,
)
def test_the_usage_is_the_last_that_was_stated(
    stated: list[tuple[int, int]], noise: list[bytes], line_end: bytes, space: bytes, cuts: Any
) -> None:
    """Among frames that say nothing, say it badly, or take all back; [DONE] need not come."""
    data, expected = b"", None
    for number, (prompt, completion) in enumerate(stated):
        usage = {"prompt_tokens": prompt, "completion_tokens": completion}
        value = orjson.dumps({"choices": [], "usage": usage})
        data += b"data:" + space + value + line_end * 2
        if number < len(noise):
            data += b"data: " + noise[number] + line_end * 2
        if expected is None or prompt or completion or not expected.total_tokens:
            expected = TokenCounts(prompt, completion)
    assert Fed(CHAT, pieces_of(data, cuts)).relay.usage == expected


@pytest.mark.parametrize("filler", [b"x", b"data: x\n", b"\rx", b"data: {", b'"usage"'])
def test_a_line_without_end_is_passed_on_in_parts(filler: bytes) -> None:
    piece = filler * (1_000_000 // len(filler))
    fed = Fed(CHAT, [piece] * 20)
    assert fed.shown == piece * 20


@EXAMPLES
@given(endpoint=st.sampled_from(sorted(SHAPES)), value=VALUES | st.binary(max_size=20))
def test_an_answer_of_any_shape_is_read_and_nothing_raises(endpoint: str, value: Any) -> None:
    shape = SHAPES[endpoint]
    assert isinstance(shape.text_of_body(value), str)
    assert isinstance(shape.text_of_frame(value), str)
    shape.usage_of_body(value)
    shape.usage_of_frame(value, None)
    shape.usage_of_frame(value, TokenCounts(1, 1))


BODY_NAMES = st.sampled_from(
    [
        *("model", "messages", "input", "prompt", "stream", "stream_options", "max_tokens", "n"),
        *("max_completion_tokens", "max_output_tokens", "best_of", "tools", "user", "system"),
        *("instructions", "thinking", "response_format", "text", "background"),
    ]
)
BODIES = st.dictionaries(BODY_NAMES, VALUES, max_size=6)
GOOD = st.fixed_dictionaries(
    {"model": st.just("m"), "messages": st.just([]), "input": st.just(""), "prompt": st.just("")}
)


@settings(max_examples=300, deadline=None)
@given(endpoint=st.sampled_from(sorted(SHAPES)), rest=BODIES, good=GOOD, cap=st.integers(1, 10**6))
def test_a_body_is_refused_or_can_be_held_capped_and_sent(
    endpoint: str, rest: Any, good: Any, cap: int
) -> None:
    shape = SHAPES[endpoint]
    for body in (rest, rest | good):
        try:
            # as the forwarder reads it: whole numbers beyond 64 bits become floats
            body = orjson.loads(_written(body))  # noqa: PLW2901
            shape.validate(body)
        except (MalformedBodyError, orjson.JSONDecodeError):
            continue
        prompt, stated = shape.prompt_tokens(body), shape.max_completion_tokens(body)
        hold = hold_for(Demand(prompt, stated, shape.completes), cap)
        assert hold is None or 0 <= hold.tokens <= max(cap, hold.required_tokens)
        sent = orjson.loads(orjson.dumps(shape.for_streaming(shape.with_maximum(body, cap))))
        again = shape.max_completion_tokens(sent)
        if shape.completes:
            assert again is not None
            assert again <= max(cap, shape.choices(sent))
        if shape.is_stream(body) and "completions" in endpoint:
            assert sent["stream_options"]["include_usage"] is True


@pytest.mark.parametrize(
    "maximum", [0, -2, -(2**63), 1.5, math.pi, "100", "", True, [], {}, 2**64, 10**300]
)
@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_maximum_that_is_no_count_is_refused(field: str, maximum: Any) -> None:
    body = orjson.loads(_written({"model": "m", "messages": [], field: maximum}))
    with pytest.raises(MalformedBodyError):
        SHAPES[CHAT].validate(body)


@pytest.mark.parametrize("stream", [1, 0, "true", "", [], {}, 1.0])
def test_a_stream_that_is_neither_true_nor_false_is_refused(stream: Any) -> None:
    with pytest.raises(MalformedBodyError):
        SHAPES[CHAT].validate({"model": "m", "messages": [], "stream": stream})
