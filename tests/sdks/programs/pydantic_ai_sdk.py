"""Pydantic AI's agents: OpenAI's chat, or Anthropic with `api` "anthropic"."""

import asyncio
from typing import Any

from anthropic import AsyncAnthropic
from calling import QUESTION_OF_TOOL, serve, weather
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider


class Place(BaseModel):
    city: str
    degrees: int


def model(call: dict[str, Any]) -> Model:
    headers = {"X-User-Email": call["email"]}
    if call["api"] == "anthropic":
        anthropic = AsyncAnthropic(
            base_url=call["url"], api_key=call["key"], default_headers=headers
        )
        return AnthropicModel(call["model"], provider=AnthropicProvider(anthropic_client=anthropic))
    openai = AsyncOpenAI(base_url=call["url"] + "/v1", api_key=call["key"], default_headers=headers)
    return OpenAIChatModel(call["model"], provider=OpenAIProvider(openai_client=openai))


def tokens(usage: Any) -> int:
    return int(usage.total_tokens)


def chat(call: dict[str, Any]) -> dict[str, Any]:
    result = Agent(model(call)).run_sync(call["text"])
    return {"text": result.output, "tokens": tokens(result.usage)}


def stream(call: dict[str, Any]) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        async with Agent(model(call)).run_stream(call["text"]) as result:
            pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
            return {
                "text": "".join(pieces), "pieces": len(pieces), "tokens": tokens(result.usage)
            }  # fmt: skip

    return asyncio.run(run())


def tool(call: dict[str, Any]) -> dict[str, Any]:
    seen: list[dict[str, Any]] = []
    agent = Agent(model(call))

    @agent.tool_plain(name="weather")
    def told(city: str) -> str:
        seen.append({"city": city})
        return weather(city)

    result = agent.run_sync(QUESTION_OF_TOOL)
    (arguments,) = seen
    return {"text": result.output, "arguments": arguments, "tokens": tokens(result.usage)}


def structured(call: dict[str, Any]) -> dict[str, Any]:
    result = Agent(model(call), output_type=Place).run_sync(call["text"])
    return {"data": result.output.model_dump(), "tokens": tokens(result.usage)}


serve({"chat": chat, "stream": stream, "tool": tool, "structured": structured})
