"""The demo upstream: real SDKs against a real server, exact tokens, and every misbehaviour."""

import asyncio
import base64
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import openai
import orjson
import pytest
import uvicorn

from infra.local.demo.upstream import __main__ as demo_upstream
from infra.local.demo.upstream import answers as demo_answers
from infra.local.run.programs import demo_command

TALK: Any = [{"role": "user", "content": "Olá, tudo bem?"}]
tokens = demo_answers.count_tokens
PROMPT_TOKENS = 3 + 3 + tokens("user") + tokens("Olá, tudo bem?")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A served demo; connections wait in the listening socket until it is up."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        demo_upstream.create_app("pt-BR"), ws="none", log_level="critical", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=10, trust_env=False) as client:
        client.post("/_demo/reset")
        yield client


@pytest.fixture
def sdk(url: str, http: httpx.Client) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="sk-demo-1234", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(url: str, http: httpx.Client) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key="sk-demo-1234", max_retries=0) as client:
        yield client


def settled(http: httpx.Client) -> dict[str, Any]:
    log: dict[str, Any] = http.get("/_demo/requests", params={"settled": "true"}).json()
    return log


def last(http: httpx.Client) -> dict[str, Any]:
    entry: dict[str, Any] = settled(http)["requests"][-1]
    return entry


def ask(http: httpx.Client, model: str, path: str = "chat/completions", **body: Any) -> Any:
    said = {"prompt": "oi"} if path == "completions" else {"messages": TALK}
    said = {"input": "oi"} if path in ("responses", "embeddings") else said
    limit = {"max_tokens": 50} if path == "messages" and "max_tokens" not in body else {}
    return http.post(f"/v1/{path}", json={"model": model, **said, **limit, **body})


def frames(text: str) -> list[Any]:
    """The parsed `data:` lines of a stream, without [DONE]."""
    lines = [line[6:] for line in text.split("\n") if line.startswith("data: ")]
    return [orjson.loads(line) for line in lines if line != "[DONE]"]


def test_tokens_are_those_of_o200k_base() -> None:
    assert (tokens("hello world"), tokens("<|endoftext|>"), tokens("")) == (2, 7, 0)


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_any_prefix_of_the_notice_has_exactly_its_tokens(locale: str) -> None:
    pieces = demo_answers.notice(locale, 300, None).pieces
    assert [tokens("".join(pieces[:n])) for n in range(301)] == list(range(301))
    assert ("demonstração" if locale == "pt-BR" else "demo answer") in "".join(pieces)


def test_model_names_are_read_and_bounded() -> None:
    read = demo_upstream.behaviour_of
    assert read("gpt-4o") is None
    assert read("demo-surprise") == demo_upstream.Behaviour()
    both = read("demo-chunks-20-5ms-no-usage-stall-250ms")
    assert both is not None
    assert (both.length, both.gap_s, both.stall_s, *both.flags) == (20, 0.005, 0.25, "no-usage")
    far = read("demo-tokens-999999-slow-9999s")
    assert far is not None
    assert (far.length, far.slow_s) == (250_000, 600)


def test_models(sdk: openai.OpenAI) -> None:
    assert [m.id for m in sdk.models.list()] == ["demo", "demo-fast", "demo-embedding"]
    assert sdk.models.retrieve("demo-chunks-20").id == "demo-chunks-20"
    with pytest.raises(openai.NotFoundError) as refused:
        sdk.models.retrieve("gpt-4o")
    assert refused.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        sdk.chat.completions.create(model="gpt-4o", messages=TALK)


def test_chat_counts_the_published_way(sdk: openai.OpenAI, http: httpx.Client) -> None:
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {}}}
    named: Any = {"role": "user", "name": "Ana", "content": [{"type": "text", "text": "oi"}]}
    answer = sdk.chat.completions.create(
        model="demo-tokens-30", messages=[*TALK, named], n=3, tools=[tool]
    )
    expected = PROMPT_TOKENS + 3 + tokens("user") + tokens("oi") + 1 + tokens("Ana")
    expected += tokens(orjson.dumps([tool]).decode())
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (expected, 90)
    assert [tokens(c.message.content or "") for c in answer.choices] == [30, 30, 30]
    entry = last(http)
    assert (entry["id"], entry["finished"], entry["completion_tokens"]) == (answer.id, True, 90)
    assert entry["headers"]["authorization"] == "****1234"
    assert entry["request"] == {"n": 3}


def test_chat_stream_with_usage(sdk: openai.OpenAI) -> None:
    ask_usage: Any = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(
        sdk.chat.completions.create(model="demo-chunks-20", messages=TALK, n=2, **ask_usage)
    )
    said = [c for c in chunks if c.choices and c.choices[0].delta.content]
    assert len(said) == 40
    assert all("usage" in c.model_fields_set and c.usage is None for c in chunks[:-1])
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == PROMPT_TOKENS + 40
    assert len({c.id for c in chunks}) == 1
    assert {c.choices[0].finish_reason for c in chunks[:-1]} == {None, "stop"}


def test_chat_stream_without_usage_never_names_it(http: httpx.Client) -> None:
    text = ask(http, "demo-chunks-20", stream=True).text
    assert '"usage"' not in text
    assert text.endswith("data: [DONE]\n\n")
    assert last(http)["completion_tokens"] == 20


@pytest.mark.parametrize("limit", [1, 7, 19])
def test_limits_are_kept_to_the_token(
    sdk: openai.OpenAI, claude: anthropic.Anthropic, limit: int
) -> None:
    model = "demo-tokens-20"
    chat = sdk.chat.completions.create(model=model, messages=TALK, max_completion_tokens=limit)
    assert tokens(chat.choices[0].message.content or "") == limit
    assert chat.choices[0].finish_reason == "length"
    plain = sdk.completions.create(model=model, prompt="oi", max_tokens=limit)
    assert (tokens(plain.choices[0].text), plain.choices[0].finish_reason) == (limit, "length")
    reply = sdk.responses.create(model=model, input="oi", max_output_tokens=limit)
    assert (tokens(reply.output_text), reply.status) == (limit, "incomplete")
    message = claude.messages.create(model=model, messages=TALK, max_tokens=limit)
    assert (message.usage.output_tokens, message.stop_reason) == (limit, "max_tokens")


def test_a_limit_equal_to_the_answer_does_not_cut(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.create(model="demo-tokens-20", messages=TALK, max_tokens=20)
    assert answer.choices[0].finish_reason == "stop"


def test_completions_stream(sdk: openai.OpenAI) -> None:
    usage: Any = {"include_usage": True}
    model = "demo-chunks-5"
    chunks = list(
        sdk.completions.create(model=model, prompt="oi", stream=True, stream_options=usage)
    )
    assert tokens("".join(c.choices[0].text for c in chunks[:-1])) == 5
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == tokens("oi")


def test_embeddings(sdk: openai.OpenAI, http: httpx.Client) -> None:
    answer = sdk.embeddings.create(model="demo-embedding", input=["um", "dois", "um"])
    vectors = [item.embedding for item in answer.data]
    assert vectors[0] == vectors[2] != vectors[1]
    assert sum(x * x for x in vectors[0]) == pytest.approx(1, abs=1e-5)
    assert answer.usage.total_tokens == tokens("um") * 2 + tokens("dois")
    packed = ask(http, "demo-fast", "embeddings", encoding_format="base64", dimensions=8).json()
    raw = base64.b64decode(packed["data"][0]["embedding"])
    assert len(struct.unpack("<8f", raw)) == 8


def test_responses(sdk: openai.OpenAI) -> None:
    whole = sdk.responses.create(model="demo-tokens-20", input="oi", instructions="Fale pouco")
    assert whole.status == "completed"
    assert whole.usage is not None
    assert whole.usage.output_tokens == tokens(whole.output_text) == 20
    with sdk.responses.stream(model="demo-chunks-20", input=TALK) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [e.sequence_number for e in events] == list(range(28))
    ends = ["created", "in_progress", "output_item.added", "content_part.added", "completed"]
    assert [e.type for e in (*events[:4], events[-1])] == [f"response.{end}" for end in ends]
    assert final.usage is not None
    assert (final.usage.input_tokens, final.usage.output_tokens) == (PROMPT_TOKENS, 20)
    assert tokens(final.output_text) == 20


def test_messages(claude: anthropic.Anthropic) -> None:
    whole = claude.messages.create(
        model="demo-tokens-20", messages=TALK, max_tokens=100, system="Fale pouco"
    )
    system = 3 + tokens("system") + tokens("Fale pouco")
    assert whole.usage.input_tokens == PROMPT_TOKENS + system
    assert whole.stop_reason == "end_turn"
    with claude.messages.stream(model="demo-chunks-20", messages=TALK, max_tokens=100) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert tokens(text) == final.usage.output_tokens == 20
    assert final.usage.input_tokens == PROMPT_TOKENS
    with pytest.raises(anthropic.RateLimitError):
        claude.messages.create(model="demo-error-429", messages=TALK, max_tokens=5)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503, 529])
def test_error_models(http: httpx.Client, status: int) -> None:
    answer = ask(http, f"demo-error-{status}", stream=True)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert (answer.headers.get("retry-after") == "1") == (status in (429, 503))
    entry = last(http)
    assert (entry["status"], entry["total_tokens"]) == (status, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"messages": []}',
        b'{"model": "demo-fast"}',
        b'{"model": "demo-fast", "messages": [1]}',
        b'{"model": "demo-fast", "messages": [{"role": "user", "content": 1}]}',
        b'{"model": "demo-fast", "messages": [{"role": "user"}], "max_tokens": 0}',
        b'{"model": "demo-fast", "messages": [{"role": "user"}], "n": 129}',
        b'{"model": "demo-fast", "messages": [{"role": "user"}], "stream": "yes"}',
    ],
)
def test_bad_bodies_are_400(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/v1/chat/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_other_paths_and_large_bodies_are_refused(http: httpx.Client) -> None:
    unknown = http.get("/v1/nothing")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, None)
    assert http.get("/v1/chat/completions").status_code == 404
    large = http.post("/v1/embeddings", content=b" " * (32 * 1024 * 1024 + 1))
    assert large.status_code == 413


@pytest.mark.parametrize("path", ["chat/completions", "completions", "responses", "messages"])
@pytest.mark.parametrize("stream", [True, False])
def test_usage_unstated_zero_and_detailed(http: httpx.Client, path: str, stream: bool) -> None:
    options = {"stream": stream, "stream_options": {"include_usage": True}}
    silent = ask(http, "demo-chunks-4-no-usage", path, **options).text
    assert '_tokens":' not in silent.replace("max_output_tokens", "")
    assert last(http)["completion_tokens"] == 4
    zero = ask(http, "demo-chunks-4-zero-usage", path, **options).text
    assert 'put_tokens":0' in zero or 'completion_tokens":0' in zero
    assert 'put_tokens":4' not in zero
    assert 'completion_tokens":4' not in zero
    detailed = ask(http, "demo-chunks-4-cached", path, **options).text
    if path == "messages":
        assert f'"cache_read_input_tokens":{PROMPT_TOKENS // 2}' in detailed
    else:
        assert '"reasoning_tokens":2' in detailed
        assert '"cached_tokens":' in detailed


@pytest.mark.parametrize("path", ["chat/completions", "completions", "responses", "messages"])
def test_misbehaviour_in_mid_stream(http: httpx.Client, path: str) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        frames(ask(http, "demo-chunks-10-malformed", path, stream=True).text)
    broken = frames(ask(http, "demo-chunks-10-error-midstream", path, stream=True).text)
    assert "error" in broken[-1]
    entry = last(http)
    assert (entry["completion_tokens"], entry["finished"]) == (5, False)
    huge = ask(http, "demo-chunks-10-huge-line", path, stream=True).text
    assert max(map(len, huge.split("\n\n"))) == pytest.approx(2 * 1024 * 1024, abs=2)
    whole = ask(http, "demo-chunks-10", path, stream=True).text
    assert len(frames(huge)) == len(frames(whole))
    short = ask(http, "demo-chunks-10-no-done", path, stream=True).text
    assert short.count("\n\n") == whole.count("\n\n") - 1


@pytest.mark.parametrize("stream", [True, False])
def test_drop_cuts_the_connection(http: httpx.Client, stream: bool) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        ask(http, "demo-chunks-10-drop", stream=stream)
    entry = last(http)
    assert entry["completion_tokens"] == (5 if stream else 0)
    assert not entry["finished"]
    assert not entry["client_gone"]


@pytest.mark.parametrize("model", ["demo-slow-200ms", "demo-chunks-10-stall-200ms"])
@pytest.mark.parametrize("stream", [True, False])
def test_waits(http: httpx.Client, model: str, stream: bool) -> None:
    begun = time.monotonic()
    assert ask(http, model, stream=stream).status_code == 200
    assert time.monotonic() - begun >= 0.2


def test_the_default_model_is_paced(http: httpx.Client) -> None:
    begun = time.monotonic()
    ask(http, "demo", stream=True, max_tokens=12)
    assert 0.3 <= time.monotonic() - begun < 3


def test_a_client_that_hangs_up_is_recorded(http: httpx.Client) -> None:
    body = {"model": "demo-chunks-1000-5ms", "messages": TALK, "stream": True}
    with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        for line in answer.iter_lines():
            if '"content":" é"' in line:
                totals = http.get("/_demo/requests").json()["totals"]
                break
    assert totals["open_streams"] == 1
    entry = last(http)
    assert entry["client_gone"]
    assert not entry["finished"]
    assert 2 <= entry["completion_tokens"] < 1000


def test_a_client_that_hangs_up_before_the_headers_costs_no_answer(http: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        http.post(
            "/v1/chat/completions", json={"model": "demo-slow-30s", "messages": TALK}, timeout=0.1
        )
    entry = last(http)
    assert (entry["client_gone"], entry["total_tokens"]) == (True, 0)


def test_echo_tells_what_arrived(http: httpx.Client) -> None:
    told = "".join(
        frame["choices"][0]["delta"].get("content", "")
        for frame in frames(ask(http, "demo-echo", stream=True, user="ana 🧿").text)
    )
    assert orjson.loads(told)["body"]["user"] == "ana 🧿"
    assert ask(http, "demo-echo", max_tokens=5).json()["usage"]["completion_tokens"] == 5


def test_totals_are_sums_and_reset(http: httpx.Client) -> None:
    for _ in range(3):
        ask(http, "demo-chunks-20")
    ask(http, "demo-error-500")
    totals = settled(http)["totals"]
    assert (totals["completion_tokens"], totals["prompt_tokens"]) == (60, 3 * PROMPT_TOKENS)
    assert (totals["started"], totals["finished"], totals["errors"]) == (4, 4, 1)
    assert totals["open_streams"] == 0
    http.post("/_demo/reset")
    assert settled(http)["requests"] == []


async def test_the_command_serves(unused_port: int) -> None:
    command = demo_command("127.0.0.1", unused_port)
    assert command[0] == sys.executable
    process = await asyncio.create_subprocess_exec(*command)
    base = f"http://127.0.0.1:{unused_port}"
    retrying = httpx.AsyncHTTPTransport(retries=6)  # until the port is bound
    try:
        async with httpx.AsyncClient(base_url=base, transport=retrying) as client:
            answer = await client.get("/v1/models")
        assert answer.status_code == 200
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
