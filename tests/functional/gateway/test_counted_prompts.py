"""/v1/messages/count_tokens: how long a prompt is, without upstream, hold or charge."""

import pytest

from solaris.gateway.request import COUNT_PATH
from tests.functional.gateway.frames import MESSAGES, asked
from tests.functional.gateway.gateway_support import Gateway, load_tokenizer

load_tokenizer()
NOBODY = "http://127.0.0.1:9/v1"  # an upstream that would be missed


async def test_a_prompt_is_counted_without_an_upstream_and_costs_nothing() -> None:
    gateway = Gateway(NOBODY)
    body = asked(MESSAGES)
    got = await gateway.ask({"model": body["model"], "messages": body["messages"]}, COUNT_PATH)
    longer = [{"role": "user", "content": "Fale do mar. " * 1_000}]
    more = await gateway.ask({"model": body["model"], "messages": longer}, COUNT_PATH)
    await gateway.close()
    assert got.status == more.status == 200
    assert 0 < got.json["input_tokens"] < 100
    assert 3_000 < more.json["input_tokens"] < 10_000
    assert gateway.meter.events == []
    assert gateway.meter.user.reservations == {}


async def test_system_and_tools_count_as_well() -> None:
    gateway = Gateway(NOBODY)
    body = asked(MESSAGES)
    plain = {"model": body["model"], "messages": body["messages"]}
    tool = {"name": "weather", "description": "of a city " * 50, "input_schema": {}}
    full = plain | {"system": "Seja breve. " * 50, "tools": [tool]}
    counts = [(await gateway.ask(one, COUNT_PATH)).json["input_tokens"] for one in (plain, full)]
    await gateway.close()
    assert counts[1] > counts[0] + 200


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"model": "claude-x", "messages": "no list"}, 400, "invalid_request_error"),
        (b"no json", 400, "invalid_request_error"),
        ({"model": "another", "messages": []}, 403, "permission_error"),
    ],
    ids=["messages", "json", "model"],
)
async def test_what_is_refused_there_is_refused_here_in_the_same_words(
    body: object, status: int, kind: str
) -> None:
    gateway = Gateway(NOBODY, allowed_models=("claude-*",))
    got = await gateway.ask(body, COUNT_PATH)
    await gateway.close()
    assert (got.status, got.json["type"], got.json["error"]["type"]) == (status, "error", kind)
