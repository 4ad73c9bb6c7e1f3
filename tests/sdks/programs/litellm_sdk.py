"""LiteLLM's SDK, which calls the gateway as a server of OpenAI's API, or of Anthropic's."""

import json
from typing import Any

import litellm
from calling import CITY_SCHEMA, QUESTION_OF_TOOL, WEATHER, serve, total, weather
from pydantic import BaseModel

litellm.telemetry = False


class Place(BaseModel):
    city: str
    degrees: int


def asked(call: dict[str, Any], messages: list[Any] | None = None) -> dict[str, Any]:
    anthropic = call["api"] == "anthropic"
    return {
        "model": f"{'anthropic' if anthropic else 'openai'}/{call['model']}",
        "api_base": call["url"] if anthropic else call["url"] + "/v1",
        "api_key": call["key"],
        "extra_headers": {"X-User-Email": call["email"]},
        "messages": messages or [{"role": "user", "content": call["text"]}],
    }


def chat(call: dict[str, Any]) -> dict[str, Any]:
    answer = litellm.completion(**asked(call))
    return {"text": answer.choices[0].message.content, "tokens": total(answer.usage)}


def stream(call: dict[str, Any]) -> dict[str, Any]:
    pieces: list[str] = []
    usage = None
    options = {"stream_options": {"include_usage": True}}
    for chunk in litellm.completion(**asked(call), stream=True, **options):
        pieces += [one.delta.content for one in chunk.choices if one.delta.content]
        usage = getattr(chunk, "usage", None) or usage
    return {"text": "".join(pieces), "pieces": len(pieces), "tokens": total(usage)}


def tool(call: dict[str, Any]) -> dict[str, Any]:
    function = {"name": "weather", "description": WEATHER, "parameters": CITY_SCHEMA}
    tools = [{"type": "function", "function": function}]
    said: list[Any] = [{"role": "user", "content": QUESTION_OF_TOOL}]
    first = litellm.completion(**asked(call, said), tools=tools)
    message = first.choices[0].message
    (wanted,) = message.tool_calls
    arguments = json.loads(wanted.function.arguments)
    result = {"role": "tool", "tool_call_id": wanted.id, "content": weather(**arguments)}
    said += [message.model_dump(), result]
    final = litellm.completion(**asked(call, said), tools=tools)
    text = final.choices[0].message.content
    return {"text": text, "arguments": arguments, "tokens": total(first.usage, final.usage)}


def structured(call: dict[str, Any]) -> dict[str, Any]:
    answer = litellm.completion(**asked(call), response_format=Place)
    data = json.loads(answer.choices[0].message.content)
    return {"data": Place(**data).model_dump(), "tokens": total(answer.usage)}


serve({"chat": chat, "stream": stream, "tool": tool, "structured": structured})
