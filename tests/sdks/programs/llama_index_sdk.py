"""LlamaIndex's client for an OpenAI-compatible server."""

from typing import Any

from calling import QUESTION_OF_TOOL, serve, total, weather
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel


class Place(BaseModel):
    """A place and how warm it is there."""

    city: str
    degrees: int


def client(call: dict[str, Any]) -> OpenAILike:
    return OpenAILike(
        model=call["model"],
        api_base=call["url"] + "/v1",
        api_key=call["key"],
        default_headers={"X-User-Email": call["email"]},
        is_chat_model=True,
        is_function_calling_model=True,
        context_window=8000,
    )


def said(text: str) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=text)]


def chat(call: dict[str, Any]) -> dict[str, Any]:
    answer = client(call).chat(said(call["text"]))
    return {"text": answer.message.content, "tokens": total(answer.raw.usage)}


def stream(call: dict[str, Any]) -> dict[str, Any]:
    options = {"stream_options": {"include_usage": True}}
    parts = list(client(call).stream_chat(said(call["text"]), **options))
    pieces = [one.delta for one in parts if one.delta]
    usage = parts[-1].raw.usage
    return {"text": "".join(pieces), "pieces": len(pieces), "tokens": total(usage)}


def tool(call: dict[str, Any]) -> dict[str, Any]:
    sdk = client(call)
    function = FunctionTool.from_defaults(fn=weather)
    asked = sdk.chat_with_tools([function], user_msg=QUESTION_OF_TOOL)
    (wanted,) = sdk.get_tool_calls_from_response(asked)
    result = ChatMessage(
        role="tool",
        content=weather(**wanted.tool_kwargs),
        additional_kwargs={"tool_call_id": wanted.tool_id},
    )
    final = sdk.chat([*said(QUESTION_OF_TOOL), asked.message, result])
    usage = total(asked.raw.usage, final.raw.usage)
    return {"text": final.message.content, "arguments": wanted.tool_kwargs, "tokens": usage}


def structured(call: dict[str, Any]) -> dict[str, Any]:
    answer = client(call).as_structured_llm(Place).chat(said(call["text"]))
    return {"data": answer.raw.model_dump()}  # LlamaIndex drops the usage here


serve({"chat": chat, "stream": stream, "tool": tool, "structured": structured})
