"""OpenAI's own SDK: chat completions, or responses with `api` "responses"."""

import json
from typing import Any

from calling import CITY_SCHEMA, QUESTION_OF_TOOL, WEATHER, serve, total, weather
from openai import OpenAI
from pydantic import BaseModel


class Place(BaseModel):
    city: str
    degrees: int


def client(call: dict[str, Any]) -> OpenAI:
    return OpenAI(
        base_url=call["url"] + "/v1",
        api_key=call["key"],
        default_headers={"X-User-Email": call["email"]},
    )


def messages(call: dict[str, Any]) -> list[Any]:
    return [{"role": "user", "content": call["text"]}]


def chat(call: dict[str, Any]) -> dict[str, Any]:
    with client(call) as sdk:
        if call["api"] == "responses":
            made = sdk.responses.create(model=call["model"], input=call["text"])
            return {"text": made.output_text, "tokens": total(made.usage)}
        answer = sdk.chat.completions.create(model=call["model"], messages=messages(call))
        return {"text": answer.choices[0].message.content, "tokens": total(answer.usage)}


def stream(call: dict[str, Any]) -> dict[str, Any]:
    pieces: list[str] = []
    usage = None
    with client(call) as sdk:
        if call["api"] == "responses":
            with sdk.responses.stream(model=call["model"], input=call["text"]) as events:
                pieces += [one.delta for one in events if one.type == "response.output_text.delta"]
                usage = events.get_final_response().usage
        else:
            for chunk in sdk.chat.completions.create(
                model=call["model"],
                messages=messages(call),
                stream=True,
                stream_options={"include_usage": True},
            ):
                pieces += [one.delta.content for one in chunk.choices if one.delta.content]
                usage = chunk.usage or usage
    return {"text": "".join(pieces), "pieces": len(pieces), "tokens": total(usage)}


def tool(call: dict[str, Any]) -> dict[str, Any]:
    if call["api"] == "responses":
        return tool_of_responses(call)
    function = {"name": "weather", "description": WEATHER, "parameters": CITY_SCHEMA}
    tools: list[Any] = [{"type": "function", "function": function}]
    said: list[Any] = [{"role": "user", "content": QUESTION_OF_TOOL}]
    with client(call) as sdk:
        asked = sdk.chat.completions.create(model=call["model"], messages=said, tools=tools)
        message = asked.choices[0].message
        (wanted,) = message.tool_calls
        arguments = json.loads(wanted.function.arguments)
        result = {"role": "tool", "tool_call_id": wanted.id, "content": weather(**arguments)}
        said += [message, result]
        final = sdk.chat.completions.create(model=call["model"], messages=said, tools=tools)
    text = final.choices[0].message.content
    return {"text": text, "arguments": arguments, "tokens": total(asked.usage, final.usage)}


def tool_of_responses(call: dict[str, Any]) -> dict[str, Any]:
    tools: list[Any] = [
        {"type": "function", "name": "weather", "description": WEATHER, "parameters": CITY_SCHEMA}
    ]
    said: list[Any] = [{"role": "user", "content": QUESTION_OF_TOOL}]
    with client(call) as sdk:
        asked = sdk.responses.create(model=call["model"], input=said, tools=tools)
        (wanted,) = asked.output
        arguments = json.loads(wanted.arguments)
        told = {"type": "function_call_output", "call_id": wanted.call_id}
        said += [wanted.model_dump(exclude_none=True), {**told, "output": weather(**arguments)}]
        final = sdk.responses.create(model=call["model"], input=said, tools=tools)
    usage = total(asked.usage, final.usage)
    return {"text": final.output_text, "arguments": arguments, "tokens": usage}


def structured(call: dict[str, Any]) -> dict[str, Any]:
    with client(call) as sdk:
        if call["api"] == "responses":
            made = sdk.responses.parse(model=call["model"], input=call["text"], text_format=Place)
            return {"data": made.output_parsed.model_dump(), "tokens": total(made.usage)}
        answer = sdk.chat.completions.parse(
            model=call["model"], messages=messages(call), response_format=Place
        )
        parsed = answer.choices[0].message.parsed
        return {"data": parsed.model_dump(), "tokens": total(answer.usage)}


serve({"chat": chat, "stream": stream, "tool": tool, "structured": structured})
