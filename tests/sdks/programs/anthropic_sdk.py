"""Anthropic's own SDK."""

from typing import Any

from anthropic import Anthropic
from calling import CITY_SCHEMA, QUESTION_OF_TOOL, WEATHER, serve, total, weather
from pydantic import BaseModel

MOST = 200


class Place(BaseModel):
    city: str
    degrees: int


def client(call: dict[str, Any]) -> Anthropic:
    return Anthropic(
        base_url=call["url"],
        api_key=call["key"],
        default_headers={"X-User-Email": call["email"]},
    )


def asked(call: dict[str, Any]) -> dict[str, Any]:
    messages = [{"role": "user", "content": call["text"]}]
    return {"model": call["model"], "max_tokens": MOST, "messages": messages}


def chat(call: dict[str, Any]) -> dict[str, Any]:
    with client(call) as sdk:
        answer = sdk.messages.create(**asked(call))
    return {"text": answer.content[0].text, "tokens": total(answer.usage)}


def stream(call: dict[str, Any]) -> dict[str, Any]:
    with client(call) as sdk, sdk.messages.stream(**asked(call)) as events:
        pieces = list(events.text_stream)
        usage = events.get_final_message().usage
    return {"text": "".join(pieces), "pieces": len(pieces), "tokens": total(usage)}


def tool(call: dict[str, Any]) -> dict[str, Any]:
    tools: list[Any] = [{"name": "weather", "description": WEATHER, "input_schema": CITY_SCHEMA}]
    said: list[Any] = [{"role": "user", "content": QUESTION_OF_TOOL}]
    common: dict[str, Any] = {"model": call["model"], "max_tokens": MOST, "tools": tools}
    with client(call) as sdk:
        first = sdk.messages.create(messages=said, **common)
        (wanted,) = first.content
        result = {"type": "tool_result", "tool_use_id": wanted.id}
        said += [
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": [{**result, "content": weather(**wanted.input)}]},
        ]
        final = sdk.messages.create(messages=said, **common)
    usage = total(first.usage, final.usage)
    return {"text": final.content[0].text, "arguments": wanted.input, "tokens": usage}


def structured(call: dict[str, Any]) -> dict[str, Any]:
    with client(call) as sdk:
        answer = sdk.messages.parse(**asked(call), output_format=Place)
    return {"data": answer.parsed_output.model_dump(), "tokens": total(answer.usage)}


serve({"chat": chat, "stream": stream, "tool": tool, "structured": structured})
