"""LangChain's clients: ChatOpenAI, or ChatAnthropic with `api` "anthropic"."""

from typing import Any

from calling import QUESTION_OF_TOOL, serve, weather
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool as as_tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Place(BaseModel):
    """A place and how warm it is there."""

    city: str
    degrees: int


def client(call: dict[str, Any]) -> BaseChatModel:
    headers = {"X-User-Email": call["email"]}
    if call["api"] == "anthropic":
        return ChatAnthropic(
            model=call["model"],
            base_url=call["url"],
            api_key=call["key"],
            default_headers=headers,
            max_tokens=200,
        )
    return ChatOpenAI(
        model=call["model"],
        base_url=call["url"] + "/v1",
        api_key=call["key"],
        default_headers=headers,
        stream_usage=True,
    )


def used(*messages: Any) -> int:
    return sum(one.usage_metadata["total_tokens"] for one in messages)


def chat(call: dict[str, Any]) -> dict[str, Any]:
    answer = client(call).invoke(call["text"])
    return {"text": answer.text, "tokens": used(answer)}


def stream(call: dict[str, Any]) -> dict[str, Any]:
    chunks = list(client(call).stream(call["text"]))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    pieces = [one.text for one in chunks if one.text]
    return {"text": "".join(pieces), "pieces": len(pieces), "tokens": used(whole)}


def tool(call: dict[str, Any]) -> dict[str, Any]:
    with_tool = client(call).bind_tools([as_tool(weather)])
    said: list[Any] = [HumanMessage(QUESTION_OF_TOOL)]
    asked = with_tool.invoke(said)
    (wanted,) = asked.tool_calls
    said += [asked, ToolMessage(weather(**wanted["args"]), tool_call_id=wanted["id"])]
    final = with_tool.invoke(said)
    return {"text": final.text, "arguments": wanted["args"], "tokens": used(asked, final)}


def structured(call: dict[str, Any]) -> dict[str, Any]:
    came = client(call).with_structured_output(Place, include_raw=True).invoke(call["text"])
    return {"data": came["parsed"].model_dump(), "tokens": used(came["raw"])}


serve({"chat": chat, "stream": stream, "tool": tool, "structured": structured})
