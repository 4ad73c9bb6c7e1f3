"""The main job, as a company would use it: OpenAI and Anthropic clients through the gateway."""

import asyncio
import json

import anthropic
import httpx
import openai
import pytest
from anthropic.types import MessageParam
from openai.types.chat import ChatCompletionMessageParam

from tests.e2e.local_system import LocalSystem

pytestmark = pytest.mark.e2e

TEXT = "Olá! Fale do mar em três frases."
QUESTION: list[ChatCompletionMessageParam] = [{"role": "user", "content": TEXT}]
CLAUDE_QUESTION: list[MessageParam] = [{"role": "user", "content": TEXT}]


def client(system: LocalSystem, email: str) -> openai.OpenAI:
    """The OpenAI SDK as functions/proxy/README.md sets it up."""
    return openai.OpenAI(
        base_url=f"{system.url}/v1",
        api_key=system.printed_key,
        default_headers={"X-User-Email": email},
        max_retries=0,
    )


def async_client(system: LocalSystem, email: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=f"{system.url}/v1",
        api_key=system.printed_key,
        default_headers={"X-User-Email": email},
        max_retries=0,
    )


def answered_tokens(system: LocalSystem, email: str) -> int:
    """What the upstream says it used for one user, finished answers only."""
    return sum(
        one["total_tokens"]
        for one in system.demo()["requests"]
        if one["status"] == 200 and one["finished"]
    )


def test_streamed_and_buffered_answers_are_counted_to_the_token(system: LocalSystem) -> None:
    system.reset_demo()
    email = "ana@example.com"
    with client(system, email) as sdk:
        buffered = sdk.chat.completions.create(model="demo-fast", messages=QUESTION)
        assert buffered.choices[0].message.content
        with sdk.chat.completions.create(
            model="demo-fast",
            messages=QUESTION,
            stream=True,
            stream_options={"include_usage": True},
        ) as stream:
            chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == buffered.choices[0].message.content
    assert chunks[-1].usage is not None, "the usage chunk is passed on to who asks for it"
    shown = system.booked_user(email, records=2)
    assert buffered.usage is not None
    expected = buffered.usage.total_tokens + chunks[-1].usage.total_tokens
    assert shown["currentUsage"] == expected == answered_tokens(system, email)
    assert sum(one["chargedTokens"] for one in shown["usage"]) == expected
    assert sum(one["chargedTokens"] for one in shown["models"]) == expected


def test_the_first_chunk_arrives_before_the_upstream_has_finished(system: LocalSystem) -> None:
    system.reset_demo()
    url = system.run_variable("LITELLM_BASE_URL").removesuffix("/v1")
    with (
        client(system, "first@example.com") as sdk,
        sdk.chat.completions.create(
            model="demo-chunks-20-50ms",
            messages=QUESTION,
            stream=True,
        ) as stream,
    ):
        next(iter(stream))
        log = httpx.get(f"{url}/_demo/requests").json()
        assert log["totals"]["open_streams"] == 1
        assert log["totals"]["finished"] == 0
        for _ in stream:
            pass
    assert system.demo()["totals"]["finished"] == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_every_metered_endpoint_is_booked(system: LocalSystem, streamed: bool) -> None:
    email = f"endpoints-{streamed}@example.com"
    system.reset_demo()
    headers = {"X-User-Email": email}
    with (
        client(system, email) as sdk,
        anthropic.Anthropic(
            base_url=system.url, api_key=system.printed_key, default_headers=headers, max_retries=0
        ) as claude,
    ):
        if streamed:
            events = list(sdk.responses.create(model="demo-fast", input="Oi", stream=True))
            assert events[-1].type == "response.completed"
            assert list(sdk.completions.create(model="demo-fast", prompt="Oi", stream=True))
            with claude.messages.stream(
                model="demo-fast",
                max_tokens=50,
                messages=CLAUDE_QUESTION,
            ) as stream:
                assert stream.get_final_message().usage.output_tokens > 0
        else:
            sdk.responses.create(model="demo-fast", input="Oi")
            sdk.completions.create(model="demo-fast", prompt="Oi")
            claude.messages.create(
                model="demo-fast",
                max_tokens=50,
                messages=CLAUDE_QUESTION,
            )
        sdk.embeddings.create(model="demo-embedding", input=["a", "b"])
    shown = system.booked_user(email, records=4)
    assert len(shown["usage"]) == 4
    assert not any(one["estimated"] for one in shown["usage"])
    assert shown["currentUsage"] == answered_tokens(system, email)


async def test_fifty_parallel_requests_never_pass_the_last_thousand_tokens(
    system: LocalSystem,
) -> None:
    email = "last@example.com"
    system.cli("users", "create", email)
    system.cli("users", "set-limit", email, "1000")
    system.reset_demo()
    refusals: list[openai.APIStatusError] = []
    async with async_client(system, email) as sdk:

        async def ask() -> int:
            try:
                answer = await sdk.chat.completions.create(
                    model="demo-tokens-500",
                    messages=QUESTION,
                )
            except openai.APIStatusError as error:
                refusals.append(error)
                return 0
            assert answer.usage is not None
            return answer.usage.total_tokens

        used = await asyncio.gather(*(ask() for _ in range(50)))
        assert 0 < sum(used) <= 1000
        assert refusals
        for refusal in refusals:
            body = refusal.response.json()["error"]
            assert (refusal.status_code, body["code"]) == (429, "tokens_held")
            assert "esgotado" not in body["message"], "nothing is used up while answers are open"
            assert refusal.response.headers["retry-after"] == "5"
        await asyncio.to_thread(system.booked_user, email, sum(one > 0 for one in used))
        refusals.clear()
        while not refusals:
            used.append(await ask())
            await asyncio.to_thread(system.booked_user, email, sum(one > 0 for one in used))
    refusal = refusals[0]
    body = refusal.response.json()["error"]
    assert body["code"] == body["type"] == "insufficient_quota"
    assert body["message"].startswith("Limite de tokens esgotado. Usados ")
    assert body["details"]["limit"] == 1000
    assert body["details"]["additional"] == 0
    assert "retry-after" not in refusal.response.headers
    assert refusal.response.headers["x-ratelimit-limit-tokens"] == "1000"
    assert refusal.response.headers["x-ratelimit-reset-tokens"].endswith("s")
    assert refusal.response.headers["x-request-id"]
    shown = await asyncio.to_thread(system.booked_user, email, sum(one > 0 for one in used))
    assert shown["currentUsage"] == sum(used)
    assert shown["reservedTokens"] == 0
    assert shown["availableTokens"] == 1000 - sum(used)


async def test_fifty_first_requests_make_one_user(system: LocalSystem) -> None:
    email = "new@example.com"
    async with async_client(system, email) as sdk:
        await asyncio.gather(
            *(
                sdk.chat.completions.create(
                    model="demo-tokens-20",
                    messages=QUESTION,
                    max_tokens=100,
                )
                for _ in range(50)
            )
        )
    await asyncio.to_thread(system.booked_user, email, 50)
    listed = json.loads(system.cli("users", "list", "--search", email, "--json").stdout)
    assert [one["email"] for one in listed["users"]] == [email]
    assert listed["users"][0]["monthlyLimit"] == 1_000_000


async def test_a_client_that_hangs_up_is_charged_what_the_upstream_states(
    system: LocalSystem,
) -> None:
    email = "gone@example.com"
    system.reset_demo()
    async with async_client(system, email) as sdk:
        stream = await sdk.chat.completions.create(
            model="demo-chunks-100-20ms",
            messages=QUESTION,
            stream=True,
        )
        got = 0
        async for chunk in stream:
            got += bool(chunk.choices and chunk.choices[0].delta.content)
            if got == 10:
                break
        await stream.close()
    log = await asyncio.to_thread(system.demo)
    assert log["requests"][0]["finished"], "its answer is read to its end without it"
    shown = await asyncio.to_thread(system.booked_user, email, 1)
    record = shown["usage"][0]
    assert not record["estimated"]
    assert record["statusCode"] == 499
    assert record["promptTokens"] == log["requests"][0]["prompt_tokens"]
    assert record["completionTokens"] == 100
    assert shown["currentUsage"] == record["promptTokens"] + record["completionTokens"]
    assert shown["reservedTokens"] == 0


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("demo-error-429", 429, "rate_limit_exceeded"),
        ("demo-error-500", 500, None),
        ("gpt-unknown", 404, "model_not_found"),
    ],
)
def test_an_upstream_error_passes_through_and_costs_nothing(
    system: LocalSystem, model: str, status: int, code: str | None
) -> None:
    email = f"{model}@example.com"
    with client(system, email) as sdk, pytest.raises(openai.APIStatusError) as raised:
        sdk.chat.completions.create(model=model, messages=QUESTION)
    assert raised.value.status_code == status
    if code:
        assert raised.value.code == code
    shown = system.booked_user(email, records=1)
    assert (shown["currentUsage"], shown["reservedTokens"]) == (0, 0)
    assert [(one["outcome"], one["statusCode"]) for one in shown["usage"]] == [("released", status)]


def test_a_stream_that_breaks_off_ends_in_one_error_frame(system: LocalSystem) -> None:
    email = "broken@example.com"
    with (
        pytest.raises(openai.APIError) as raised,
        client(system, email) as sdk,
        sdk.chat.completions.create(
            model="demo-chunks-20-10ms-drop", messages=QUESTION, stream=True
        ) as stream,
    ):
        list(stream)
    assert "provedor de modelos" in str(raised.value)
    record = system.booked_user(email, records=1)["usage"][0]
    assert record["estimated"]
    assert record["statusCode"] == 502
    assert record["completionTokens"] > 0


def read_stream(system: LocalSystem, api: str, model: str, email: str) -> None:
    """A stream of one API, read to its end by its vendor's SDK."""
    if api == "messages":
        headers = {"X-User-Email": email}
        with anthropic.Anthropic(
            base_url=system.url, api_key=system.printed_key, default_headers=headers, max_retries=0
        ) as claude:
            list(
                claude.messages.create(
                    model=model, max_tokens=500, messages=CLAUDE_QUESTION, stream=True
                )
            )
        return
    with client(system, email) as sdk:
        if api == "chat":
            list(sdk.chat.completions.create(model=model, messages=QUESTION, stream=True))
        elif api == "completions":
            list(sdk.completions.create(model=model, prompt="Oi", stream=True))
        else:
            list(sdk.responses.create(model=model, input="Oi", stream=True))


@pytest.mark.parametrize("api", ["chat", "completions", "responses", "messages"])
@pytest.mark.parametrize("flag", ["drop", "error-midstream"])
def test_a_broken_stream_is_an_error_to_every_sdk(system: LocalSystem, api: str, flag: str) -> None:
    """Never a short answer that looks whole."""
    email = f"broken-{api}-{flag}@example.com"
    with pytest.raises((openai.APIError, anthropic.APIError)):
        read_stream(system, api, f"demo-chunks-20-10ms-{flag}", email)
    record = system.booked_user(email, records=1)["usage"][0]
    assert record["statusCode"] == 502
    assert record["estimated"]
    assert record["completionTokens"] > 0


def test_refusals_read_well(system: LocalSystem) -> None:
    """Key, user, path, body and size: each in OpenAI's shape, in Portuguese."""
    url = f"{system.url}/v1/chat/completions"
    good = {"authorization": f"Bearer {system.printed_key}"}
    ana = good | {"x-user-email": "ana@example.com"}
    placeholder = good | {"x-user-email": "{{LIBRECHAT_USER_EMAIL}}"}
    body = {"model": "demo-fast", "messages": QUESTION}
    cases = [
        (httpx.post(url, json=body), 401, "invalid_api_key"),
        (httpx.post(url, json=body, headers={"authorization": "Bearer x"}), 401, "invalid_api_key"),
        (httpx.post(url, json=body, headers=good), 401, "user_not_identified"),
        (httpx.post(url, json=body, headers=placeholder), 401, "user_not_identified"),
        (httpx.post(url, content=b"{", headers=ana), 400, "invalid_request_error"),
        (httpx.post(url, json={"model": 1}, headers=ana), 400, "invalid_request_error"),
        (httpx.post(f"{system.url}/v1/images/x", json={}, headers=ana), 404, "unknown_path"),
        (httpx.get(url, headers=ana), 404, "unknown_path"),
        (
            httpx.post(url, content=b"x" * (20 * 1024 * 1024 + 1), headers=ana),
            413,
            "payload_too_large",
        ),
    ]
    for answer, status, code in cases:
        assert answer.status_code == status, answer.text
        error = answer.json()["error"]
        assert error["code"] == code
        assert error["message"]
        assert error["param"] is None
        assert answer.headers["x-request-id"] == error["details"]["request_id"]


def test_near_the_limit_an_answer_is_capped_and_says_so(system: LocalSystem) -> None:
    email = "near@example.com"
    system.cli("users", "create", email)
    system.cli("users", "set-limit", email, "2000")
    with client(system, email) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(
            model="demo-tokens-5000", messages=QUESTION
        )
    answer = raw.parse()
    assert answer.usage is not None
    assert answer.choices[0].finish_reason == "length"
    assert int(raw.headers["x-solaris-capped"]) == answer.usage.completion_tokens
    assert raw.headers["x-ratelimit-limit-tokens"] == "2000"
    held = answer.usage.prompt_tokens + int(raw.headers["x-solaris-capped"])
    assert int(raw.headers["x-ratelimit-remaining-tokens"]) == 2000 - held
    assert raw.headers["x-ratelimit-reset-tokens"].endswith("s")
    assert system.booked_user(email, records=1)["currentUsage"] == answer.usage.total_tokens <= 2000


def test_models_need_a_key_and_no_user(system: LocalSystem) -> None:
    answer = httpx.get(
        f"{system.url}/v1/models", headers={"authorization": f"Bearer {system.printed_key}"}
    )
    assert answer.status_code == 200
    assert "demo" in [model["id"] for model in answer.json()["data"]]
    assert httpx.get(f"{system.url}/v1/models").status_code == 401


def test_a_suspended_user_is_refused_and_an_activated_one_served(system: LocalSystem) -> None:
    email = "suspended@example.com"
    with client(system, email) as sdk:
        sdk.chat.completions.create(model="demo-tokens-5", messages=QUESTION)
        system.cli("users", "suspend", email, "--reason", "test")
        with pytest.raises(openai.PermissionDeniedError) as raised:
            sdk.chat.completions.create(model="demo-tokens-5", messages=QUESTION)
        assert "Conta suspensa" in str(raised.value)
        system.cli("users", "activate", email)
        sdk.chat.completions.create(model="demo-tokens-5", messages=QUESTION)


def test_health_is_open_and_tells_the_parts(system: LocalSystem) -> None:
    assert httpx.get(f"{system.url}/health").json()["status"] == "healthy"
    detailed = httpx.get(f"{system.url}/health/detailed", timeout=10)
    assert detailed.status_code == 200
    checks = detailed.json()["checks"]
    assert set(checks) == {"database", "redis", "litellm", "queue", "system"}
    assert checks["redis"]["status"] == checks["database"]["status"] == "healthy"
    metrics = httpx.get(f"{system.url}/metrics", timeout=10).text
    assert 'ia_solaris_users_total{status="active"}' in metrics
