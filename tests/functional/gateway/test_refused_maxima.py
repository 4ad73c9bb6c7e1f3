"""Upstreams that refuse the gateway's own maximum, each in its words: asked once more, then known.

The upstream here is a server that counts: what it refuses is what would not fit. Its texts are
those of the vendors, with its own figures in them.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.functional.gateway.frames import (
    CHAT,
    COMPLETIONS,
    MESSAGES,
    RESPONSES,
    asked,
    whole,
)
from tests.functional.gateway.gateway_support import Gateway, load_tokenizer

load_tokenizer()

MAXIMA = ("max_tokens", "max_completion_tokens", "max_output_tokens")
LARGEST, CONTEXT = 4_096, 8_192
# by the upstream's own template and tokenizer; the gateway counts 8 for "Oi"
PROMPT = 47
STRICT = 16_384

Words = Callable[[int, int], Any]
"""(what was asked for, how long the prompt is) → the body of the refusal."""


@dataclass
class Counting:
    """Takes what fits, and refuses the rest by `words`."""

    words: Words
    largest: int = 10**9
    context: int = 10**9
    prompt: int = PROMPT
    status: int = 400
    asked: list[int | None] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        stated = [body[name] for name in MAXIMA if name in body]
        maximum = max(stated, default=None)
        self.asked.append(maximum)
        if maximum is not None and (maximum > self.largest or maximum + self.prompt > self.context):
            return web.json_response(self.words(maximum, self.prompt), status=self.status)
        return web.json_response(whole(request.path, "um"))


@asynccontextmanager
async def served(upstream: Counting, **settings: Any) -> AsyncIterator[Gateway]:
    app = web.Application()
    app.router.add_post("/{path:.*}", upstream.answer)
    async with TestServer(app) as server:
        gateway = Gateway(str(server.make_url("/v1")), strict_cap=True, **settings)
        yield gateway
        await gateway.close()


def openai(text: str) -> dict[str, Any]:
    error = {"message": text, "type": "invalid_request_error", "param": "max_tokens"}
    return {"error": {**error, "code": "invalid_value"}}


def litellm(text: str) -> dict[str, Any]:
    error = {"message": text, "type": None, "param": None, "code": "400"}
    return {"error": error}


def anthropic(text: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": text}}


AT_MOST = (
    "max_tokens is too large: {0}. This model supports at most 4096 completion tokens, whereas"
)
ANSWERS: dict[str, tuple[Words, tuple[str, ...]]] = {
    "openai": (lambda m, _: openai(AT_MOST.format(m) + f" you provided {m}."), (CHAT,)),
    "openai responses": (
        lambda m, _: openai(
            "Invalid 'max_output_tokens': integer above maximum value. "
            f"Expected a value <= 4096, but got {m} instead."
        ),
        (RESPONSES,),
    ),
    "azure in litellm": (
        lambda m, _: litellm(
            "litellm.BadRequestError: AzureException BadRequestError - "
            + AT_MOST.format(m)
            + f" you provided {m}.. Received Model Group=gpt\nAvailable Model Group Fallbacks=None"
        ),
        (CHAT, RESPONSES),
    ),
    "anthropic": (
        lambda m, _: anthropic(
            f"max_tokens: {m} > 4096, which is the maximum allowed number of output tokens for x"
        ),
        (MESSAGES,),
    ),
    "anthropic in litellm": (
        lambda m, _: litellm(
            'litellm.BadRequestError: AnthropicException - b\'{"type":"error","error":{"message":'
            f'"max_tokens: {m} > 4096, which is the maximum allowed number of output tokens"}}}}\''
        ),
        (CHAT, MESSAGES),
    ),
    "groq": (
        lambda *_: openai(
            "`max_tokens` must be less than or equal to `4096`, the maximum value for "
            "`max_tokens` is less than the `context_window` for this model"
        ),
        (CHAT,),
    ),
    "pydantic in an envelope": (
        lambda *_: litellm('{"loc":["max_tokens"],"msg":"less than or equal to \\"4096\\""}'),
        (CHAT,),
    ),
    "deepseek": (
        lambda *_: openai("Invalid max_tokens value, the valid range of max_tokens is [1, 4096]"),
        (CHAT,),
    ),
    "dashscope": (lambda *_: openai("Range of max_tokens should be [1, 4096]"), (CHAT,)),
    "volcano ark": (
        lambda m, _: openai(
            "The parameter `max_tokens` specified in the request are not valid: integer above "
            f"maximum value, expected a value <= 4096, but got {m} instead."
        ),
        (CHAT,),
    ),
    "bedrock in litellm": (
        lambda *_: litellm(
            "litellm.BadRequestError: BedrockException - The maximum tokens you requested exceeds "
            "the model limit of 4096. Try again with a maximum tokens value that is lower than "
            "4096."
        ),
        (CHAT, MESSAGES),
    ),
    "gemini": (
        lambda m, _: openai(
            f"Unable to submit request because it has a maxOutputTokens value of {m} but the "
            "supported range is from 1 (inclusive) to 4097 (exclusive)."
        ),
        (CHAT,),
    ),
}
LONGEST = "This model's maximum context length is 8192 tokens"
CONTEXTS: dict[str, tuple[Words, tuple[str, ...]]] = {
    "openai": (
        lambda m, p: openai(
            f"{LONGEST}. However, you requested {p + m} tokens ({p} in the messages, {m} in the "
            "completion). Please reduce the length of the messages or completion."
        ),
        (CHAT,),
    ),
    "openai completions": (
        lambda m, p: openai(
            f"{LONGEST}, however you requested {p + m} tokens ({p} in your prompt; {m} for the "
            "completion). Please reduce your prompt; or completion length."
        ),
        (COMPLETIONS,),
    ),
    "vllm": (
        lambda m, p: openai(
            f"'max_tokens' or 'max_completion_tokens' is too large: {m}. {LONGEST} and your "
            f"request has {p} input tokens ({m} > 8192 - {p})."
        ),
        (CHAT, COMPLETIONS, RESPONSES, MESSAGES),
    ),
    "vllm in litellm": (
        lambda m, p: litellm(
            "litellm.ContextWindowExceededError: litellm.BadRequestError: "
            f"ContextWindowExceededError: OpenAIException - 'max_tokens' is too large: {m}. "
            f"{LONGEST} and your request has {p} input tokens ({m} > 8192 - {p})."
        ),
        (CHAT, MESSAGES),
    ),
    "vllm, no room at all": (
        lambda m, _: openai(
            f"max_tokens={m}cannot be greater than max_model_len=max_total_tokens=8192. "
            "Please request fewer output tokens."
        ),
        (CHAT, COMPLETIONS, RESPONSES, MESSAGES),
    ),
    "vllm, counted as far as it must": (
        lambda m, _: openai(
            f"You passed {max(0, 8192 - m) + 1} input tokens and requested {m} output tokens. "
            "However, the model's context length is only 8192 tokens, resulting in a maximum "
            f"input length of {8192 - m} tokens. Please reduce the length of the input prompt."
        ),
        (CHAT, RESPONSES),
    ),
    "vllm, at least": (
        lambda m, _: openai(
            f"{LONGEST}. However, you requested {m} output tokens and your prompt contains at "
            f"least {max(0, 8192 - m) + 1} input tokens, for a total of at least 8193 tokens."
        ),
        (CHAT,),
    ),
    "together": (
        lambda m, p: openai(
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192. "
            f"Given: {p} `inputs` tokens and {m} `max_new_tokens`"
        ),
        (CHAT, COMPLETIONS),
    ),
    "anthropic": (
        lambda m, p: anthropic(
            f"input length and `max_tokens` exceed context limit: {p} + {m} > 8192, decrease "
            "input length or `max_tokens` and try again"
        ),
        (MESSAGES,),
    ),
    "mistral": (
        lambda _, p: openai(
            f"Prompt contains {p} tokens and 0 draft tokens, too large for model with 8192 "
            "maximum context length"
        ),
        (CHAT,),
    ),
    "openrouter": (
        lambda m, p: openai(
            "This endpoint's maximum context length is 8192 tokens. However, you requested about "
            f"{p + m} tokens ({p} of text input, {m} in the output)."
        ),
        (CHAT,),
    ),
    "kimi": (
        lambda m, p: openai(
            f"Invalid request: Your request exceeded model token limit: 8192 (requested: {p + m})"
        ),
        (CHAT,),
    ),
}


def cases(table: dict[str, tuple[Words, tuple[str, ...]]]) -> list[Any]:
    return [
        pytest.param(words, one, id=f"{name} {one}")
        for name, (words, endpoints) in table.items()
        for one in endpoints
    ]


def plain(endpoint: str, **more: Any) -> dict[str, Any]:
    """A request without a maximum of the client's, but where the API wants one."""
    return asked(endpoint, stream=False, **more)


def room(endpoint: str) -> dict[str, Any]:
    """A user whose slice is what STRICT_CAP gives elsewhere: a stated maximum is no gateway's."""
    return {"limit": 3 * STRICT + 100} if endpoint == MESSAGES else {}


@pytest.mark.parametrize(("words", "endpoint"), cases(ANSWERS))
async def test_the_largest_answer_is_taken_at_its_word(words: Words, endpoint: str) -> None:
    upstream = Counting(words, largest=LARGEST)
    async with served(upstream, **room(endpoint)) as gateway:
        for _ in range(2):
            assert (await gateway.ask(plain(endpoint), endpoint)).status == 200
    first, again, later = upstream.asked
    assert first is not None
    assert first > 16_000
    assert again == LARGEST
    assert later == LARGEST, "remembered: the next one pays nothing"


@pytest.mark.parametrize(("words", "endpoint"), cases(CONTEXTS))
async def test_a_short_context_leaves_room_for_the_prompt(words: Words, endpoint: str) -> None:
    upstream = Counting(words, context=CONTEXT)
    async with served(upstream, **room(endpoint)) as gateway:
        for _ in range(2):
            assert (await gateway.ask(plain(endpoint), endpoint)).status == 200
    first, again, later = upstream.asked
    assert first is not None
    assert again is not None
    assert later is not None
    assert first > 16_000
    assert CONTEXT - 200 < again <= CONTEXT - PROMPT
    assert CONTEXT - 200 < later <= CONTEXT - PROMPT, "remembered: the next one pays nothing"


async def test_a_prompt_that_is_dearer_than_any_template_is_found_by_trying() -> None:
    words, _ = CONTEXTS["kimi"]
    upstream = Counting(words, context=CONTEXT, prompt=600)
    async with served(upstream) as gateway:
        for _ in range(2):
            assert (await gateway.ask(plain(CHAT))).status == 200
    assert len(upstream.asked) == 5
    assert upstream.asked[-1] == upstream.asked[-2]


@pytest.mark.parametrize("name", ["openai", "vllm", "together", "mistral"])
async def test_a_prompt_that_is_too_long_alone_is_the_clients_to_mend(name: str) -> None:
    words, _ = CONTEXTS[name]
    upstream = Counting(words, context=CONTEXT, prompt=9_000)
    async with served(upstream) as gateway:
        assert (await gateway.ask(plain(CHAT))).status == 400
    assert len(upstream.asked) == 1


@pytest.mark.parametrize("endpoint", [CHAT, COMPLETIONS, RESPONSES, MESSAGES])
async def test_a_clients_own_maximum_goes_as_it_came(endpoint: str) -> None:
    name = "max_output_tokens" if endpoint == RESPONSES else "max_tokens"
    upstream = Counting(ANSWERS["openai"][0], largest=LARGEST)
    async with served(upstream) as gateway:
        assert (await gateway.ask(plain(endpoint, **{name: 50}), endpoint)).status == 200
        assert (await gateway.ask(plain(endpoint, **{name: 9_000}), endpoint)).status == 400
    assert upstream.asked == [50, 9_000]


async def test_a_figure_that_takes_what_was_sent_is_not_what_it_was_refused_for() -> None:
    quoted = "Invalid role: 'x'. max_tokens: this model supports at most 200000 completion tokens"
    upstream = Counting(lambda *_: openai(quoted), largest=0)
    async with served(upstream) as gateway:
        assert (await gateway.ask(plain(CHAT, model="gpt-4o"))).status == 400
    assert upstream.asked == [STRICT, 4_096], "once with what every model answers, not the figure"


async def test_what_is_publicly_known_of_a_context_is_not_asked_for_by_a_refusal() -> None:
    long = "palavra " * 4_000
    upstream = Counting(CONTEXTS["openai"][0], context=CONTEXT, prompt=4_200)
    body = plain(CHAT, model="gpt-4", messages=[{"role": "user", "content": long}])
    async with served(upstream) as gateway:
        got = await gateway.ask(body)
    assert got.status == 200
    (sent,) = upstream.asked
    assert sent is not None
    assert 256 <= sent <= CONTEXT - 4_200


async def test_a_prompt_beyond_the_known_context_is_left_to_the_upstream() -> None:
    """Its context may have grown: what is publicly known shortens no answer to nothing."""
    long = "palavra " * 9_000
    upstream = Counting(CONTEXTS["openai"][0], context=100_000, prompt=9_200)
    body = plain(CHAT, model="gpt-4", messages=[{"role": "user", "content": long}])
    async with served(upstream) as gateway:
        assert (await gateway.ask(body)).status == 200
    assert upstream.asked == [8_192]
