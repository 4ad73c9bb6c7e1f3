"""Streams relayed byte for byte, however the network cuts them, and the usage found in them."""

import itertools
import random
from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.gateway import tokenizer as tokens
from solaris.gateway.shapes.all import SHAPES
from solaris.gateway.sse import FOLD_BYTES, MAX_FRAME_BYTES, DeliveredText, SseRelay
from solaris.quota.usage import TokenCounts

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
RESPONSES = "/v1/responses"
DONE = b"data: [DONE]\n\n"


def frame(value: Any, event: str = "") -> bytes:
    name = f"event: {event}\n".encode() if event else b""
    return name + b"data: " + orjson.dumps(value) + b"\n\n"


def chat_chunk(text: str, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return frame({"id": "c-1", "object": "chat.completion.chunk", "choices": [choice], **more})


def chat_stream(texts: Iterable[str]) -> list[bytes]:
    """As OpenAI sends it: every chunk states a null usage, the one before the end the real one."""
    usage = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    last = {"id": "c-1", "object": "chat.completion.chunk", "choices": [], "usage": usage}
    return [*(chat_chunk(text, usage=None) for text in texts), frame(last), DONE]


def messages_stream(texts: Iterable[str], *, named: bool = True) -> list[bytes]:
    values: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}}
            for t in texts
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end"}, "usage": {"output_tokens": 12}},
        {"type": "message_stop"},
    ]
    return [frame(value, value["type"] if named else "") for value in values]


def responses_stream(texts: Iterable[str], *, named: bool = True) -> list[bytes]:
    usage = {"input_tokens": 9, "output_tokens": 12, "total_tokens": 21}
    values: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "r-1", "usage": None}},
        *({"type": "response.output_text.delta", "delta": text} for text in texts),
        {"type": "response.completed", "response": {"id": "r-1", "usage": usage}},
    ]
    return [frame(value, value["type"] if named else "") for value in values]


WORDS = ["Olá", ", ", "São Paulo ", "🌅", "\n\n", "fim."]
STREAMS = {
    CHAT: chat_stream(WORDS),
    MESSAGES: messages_stream(WORDS),
    RESPONSES: responses_stream(WORDS),
}
BUILDERS = {CHAT: chat_stream, MESSAGES: messages_stream, RESPONSES: responses_stream}
ENDPOINTS = sorted(STREAMS)
STATED = TokenCounts(9, 12)

# What an answer about this very protocol would say.
TALK = st.sampled_from(
    [
        '"usage"',
        '"usage": {"prompt_tokens": 0, "completion_tokens": 0}',
        "[DONE]",
        "data: [DONE]\n\n",
        "\n\ndata: [DONE]\n\n",
        "event: message_stop\n\n",
        '{"type":"message_stop"}',
        '"type":"response.completed"',
        "response.failed",
        "message_stop",
        "\\",
        '\\"',
        "\r\n\r\n",
    ]
)


class Relayed:
    """A stream that was fed in pieces."""

    def __init__(self, endpoint: str, pieces: Iterable[bytes], *, hide: bool = False) -> None:
        self.relay = SseRelay(SHAPES[endpoint], hide_usage_frame=hide)
        self.shown = b""
        self.last: bytes | None = None
        for piece in pieces:
            relayed = self.relay.feed(piece)
            self.shown += relayed.now
            if relayed.last is not None:
                assert self.last is None
                self.last = relayed.last


def pieces_of(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


CUTS = st.lists(st.integers(min_value=0, max_value=1_000_000), max_size=30)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@given(cuts=CUTS)
def test_any_split_is_relayed_byte_for_byte_and_the_last_frame_is_held_back(
    endpoint: str, line_end: bytes, cuts: list[int]
) -> None:
    frames = [one.replace(b"\n", line_end) for one in STREAMS[endpoint]]
    relayed = Relayed(endpoint, pieces_of(b"".join(frames), cuts))
    assert relayed.shown == b"".join(frames[:-1])
    assert relayed.last == frames[-1]
    assert relayed.relay.usage == STATED
    assert relayed.relay.usage_is_final
    assert relayed.relay.rest() == b""


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_byte_by_byte_gives_each_frame_as_soon_as_it_is_whole(endpoint: str) -> None:
    relay = SseRelay(SHAPES[endpoint], hide_usage_frame=False)
    for whole in STREAMS[endpoint][:-1]:
        for n in range(len(whole) - 1):
            assert relay.feed(whole[n : n + 1]).now == b""
        assert relay.feed(whole[-1:]).now == whole


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@given(texts=st.lists(st.text(max_size=8) | TALK, max_size=8), cuts=CUTS)
def test_what_the_answer_says_is_never_taken_for_the_protocol(
    endpoint: str, texts: list[str], cuts: list[int]
) -> None:
    frames = BUILDERS[endpoint](["".join(texts), *texts])
    relayed = Relayed(endpoint, pieces_of(b"".join(frames), cuts))
    assert (relayed.shown, relayed.last) == (b"".join(frames[:-1]), frames[-1])
    assert relayed.relay.usage == STATED


@pytest.mark.parametrize("builder", [messages_stream, responses_stream])
@given(texts=st.lists(st.text(max_size=8) | TALK, max_size=8), cuts=CUTS)
def test_upstreams_that_name_no_events_are_understood_by_their_data(
    builder: Any, texts: list[str], cuts: list[int]
) -> None:
    endpoint = MESSAGES if builder is messages_stream else RESPONSES
    frames = builder(["".join(texts), *texts], named=False)
    relayed = Relayed(endpoint, pieces_of(b"".join(frames), cuts))
    assert (relayed.shown, relayed.last) == (b"".join(frames[:-1]), frames[-1])
    assert relayed.relay.usage == STATED


@given(cuts=CUTS)
def test_a_hidden_usage_frame_is_read_and_not_shown(cuts: list[int]) -> None:
    frames = STREAMS[CHAT]
    relayed = Relayed(CHAT, pieces_of(b"".join(frames), cuts), hide=True)
    assert relayed.shown == b"".join(frames[:-2])
    assert relayed.last == DONE
    assert relayed.relay.usage == STATED


def test_a_usage_that_comes_with_text_is_shown_even_when_usage_is_to_be_hidden() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 12}
    whole = chat_chunk("fim", usage=usage)
    relayed = Relayed(CHAT, [whole, DONE], hide=True)
    assert relayed.shown == whole
    assert relayed.relay.usage == STATED


def test_a_stated_zero_is_zero() -> None:
    relayed = Relayed(CHAT, [chat_chunk("", usage={"prompt_tokens": 0, "completion_tokens": 0})])
    assert relayed.relay.usage == TokenCounts()


def test_a_stream_that_states_no_usage_has_none() -> None:
    relayed = Relayed(CHAT, [chat_chunk("a", usage=None), chat_chunk("b"), DONE])
    assert relayed.relay.usage is None
    assert relayed.last == DONE


def test_of_usage_in_every_chunk_the_latest_counts() -> None:
    chunks = [
        chat_chunk("a", usage={"prompt_tokens": 9, "completion_tokens": n}) for n in range(13)
    ]
    assert Relayed(CHAT, chunks).relay.usage == STATED


def test_nothing_passes_after_the_last_frame() -> None:
    relayed = Relayed(CHAT, [DONE + b"data: more\n\n", b"data: and more\n\n"])
    assert (relayed.shown, relayed.last) == (b"", DONE)


def test_comments_and_unknown_fields_pass_untouched() -> None:
    stream = b": OPENROUTER PROCESSING\n\nid: 7\nretry: 10\n\ndata: {not json\n\n"
    assert Relayed(CHAT, [stream]).shown == stream


def test_a_stream_that_ends_without_a_blank_line_is_passed_on_to_its_last_byte() -> None:
    relayed = Relayed(CHAT, [chat_chunk("a"), b"data: [DONE]"])
    assert relayed.last is None
    assert relayed.relay.rest() == b"data: [DONE]"
    assert relayed.relay.rest() == b""


def test_the_first_figure_of_a_message_is_not_its_final_one() -> None:
    start = messages_stream([])[0]
    relayed = Relayed(MESSAGES, [start, messages_stream(["text"])[3]])
    assert relayed.relay.usage == TokenCounts(9, 1)
    assert not relayed.relay.usage_is_final


@pytest.mark.parametrize("text", ["message_stop", "[DONE]", "response.completed"])
def test_a_text_about_the_protocol_does_not_make_the_first_figure_final(text: str) -> None:
    """A client that hangs up after such a text would be charged one token for all of it."""
    frames = messages_stream([text])
    assert not Relayed(MESSAGES, frames[:4]).relay.usage_is_final


@pytest.mark.parametrize("piece_bytes", [64 * 1024, 1024 * 1024, 20 * 1024 * 1024])
def test_a_giant_frame_passes_in_bounded_memory_and_the_stream_goes_on(piece_bytes: int) -> None:
    giant = chat_chunk("x" * (2 * MAX_FRAME_BYTES))
    data = giant + b"".join(STREAMS[CHAT])
    relay = SseRelay(SHAPES[CHAT], hide_usage_frame=False)
    shown = bytearray()
    last = None
    for start in range(0, len(data), piece_bytes):
        relayed = relay.feed(data[start : start + piece_bytes])
        shown += relayed.now
        last = relayed.last or last
        assert len(relay._partial) <= MAX_FRAME_BYTES
    assert bytes(shown) + (last or b"") == data
    assert last == DONE
    assert relay.usage == STATED


def delivered(endpoint: str, parts: Iterable[bytes]) -> DeliveredText:
    counted = DeliveredText(SHAPES[endpoint])
    for part in parts:
        counted.add(part)
    return counted


@pytest.fixture(scope="module")
def _tokenizer() -> None:
    tokens.count_tokens("load")


@pytest.mark.usefixtures("_tokenizer")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@given(texts=st.lists(st.text(max_size=40), max_size=20))
def test_a_short_answer_is_counted_as_the_tokenizer_counts_its_text(
    endpoint: str, texts: list[str]
) -> None:
    counted = delivered(endpoint, BUILDERS[endpoint](texts))
    assert counted.count_tokens() == tokens.count_tokens("".join(texts))


# Models stream tokens, which begin with their space. Words cut behind it count up to 3 more.
SPOKEN = [" Amanhã", " the", " gateway", " conta", "tokens", ",", " não", " 42", ".\n", "ção"]
TYPED = ["Amanhã ", "the ", "gateway ", "conta ", "tokens", ", ", "não ", "42", ".\n", "ção "]


@pytest.mark.usefixtures("_tokenizer")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(("words", "tokens_a_fold"), [(SPOKEN, 1), (TYPED, 3)])
def test_a_long_answer_is_counted_to_a_few_tokens_per_fold_in_constant_memory(
    endpoint: str, words: list[str], tokens_a_fold: int
) -> None:
    for seed in range(5):
        chosen = random.Random(seed)
        texts = [chosen.choice(words) for _ in range(3_000)]
        parts = BUILDERS[endpoint](texts)
        counted = DeliveredText(SHAPES[endpoint])
        for part in parts:
            counted.add(part)
            assert sum(len(kept) for kept in counted._parts) < FOLD_BYTES
        folds = sum(len(part) for part in parts) // FOLD_BYTES
        assert folds > 3
        difference = counted.count_tokens() - tokens.count_tokens("".join(texts))
        assert abs(difference) <= folds * tokens_a_fold


@pytest.mark.usefixtures("_tokenizer")
def test_frames_that_are_no_answer_deliver_no_text() -> None:
    assert delivered(CHAT, [b": ping\n\n", b"data: {spoilt\n\n", DONE]).count_tokens() == 0
