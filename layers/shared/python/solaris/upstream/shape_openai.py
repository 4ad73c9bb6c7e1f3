"""OpenAI's older endpoints: chat completions, completions and embeddings."""

import re
from typing import Any

from solaris.domain.usage import TokenCounts
from solaris.upstream.shape_base import ApiShape, Body, as_object, objects_in
from solaris.upstream.shape_text import PromptText
from solaris.upstream.shape_usage import chat_usage, embeddings_usage

# OpenAI's reasoning models refuse `max_tokens`: o1, o3, o4 and every GPT from 5 on. Two digits
# end at 29, because Azure writes gpt-35-turbo for 3.5.
_REASONING_MODEL = re.compile(r"(?:ft:)?(?:o[134](?![0-9a-z])|gpt-(?:[5-9]|[12]\d)(?!\d))")


class _StreamsChunks(ApiShape):
    """An endpoint that streams chunks with `choices` and states usage only when asked to."""

    def for_streaming(self, body: Body) -> Body:
        if not self.is_stream(body):
            return body
        options = as_object(body.get("stream_options"))
        if options.get("include_usage") is True:
            return body
        return {**body, "stream_options": {**options, "include_usage": True}}

    def wants_usage_frame(self, body: Body) -> bool:
        options = as_object(as_object(body).get("stream_options"))
        return options.get("include_usage") is not False

    def is_usage_only(self, frame: Any) -> bool:
        chunk = as_object(frame)
        return chunk.get("choices") == [] and isinstance(chunk.get("usage"), dict)

    def _usage(self, usage: Any) -> TokenCounts | None:
        return chat_usage(usage)


class ChatCompletions(_StreamsChunks):
    """POST /v1/chat/completions."""

    endpoint = "/v1/chat/completions"
    _maximum_fields = ("max_completion_tokens", "max_tokens")
    _choice_fields = ("n",)
    _input_field = "messages"
    _input_types = (list,)

    def text_of_frame(self, frame: Any) -> str:
        choices = objects_in(frame, "choices")
        return "".join("".join(_texts_of(choice.get("delta"))) for choice in choices)

    def text_of_body(self, answer: Any) -> str:
        choices = objects_in(answer, "choices")
        return "\n".join("\n".join(_texts_of(choice.get("message"))) for choice in choices)

    def _collect(self, body: Body, text: PromptText) -> None:
        text.add_messages(body.get("messages"))
        for field in ("tools", "functions", "response_format"):
            text.add_json(body.get(field))

    def _added_maximum(self, body: Body) -> str:
        name = self.model(body).rpartition("/")[2].lower()
        return "max_completion_tokens" if _REASONING_MODEL.match(name) else "max_tokens"


class Completions(_StreamsChunks):
    """POST /v1/completions, whose prompt may be several prompts or token ids."""

    endpoint = "/v1/completions"
    _maximum_fields = ("max_tokens",)
    _choice_fields = ("n", "best_of")
    _input_field = "prompt"
    _input_required = False

    def choices(self, body: Body) -> int:
        prompt = as_object(body).get("prompt")
        prompts = 1
        if isinstance(prompt, list):
            prompts = max(1, sum(isinstance(one, str | list) for one in prompt))
        return super().choices(body) * prompts

    def text_of_frame(self, frame: Any) -> str:
        texts = (choice.get("text") for choice in objects_in(frame, "choices"))
        return "".join(text for text in texts if isinstance(text, str))

    def text_of_body(self, answer: Any) -> str:
        texts = (choice.get("text") for choice in objects_in(answer, "choices"))
        return "\n".join(text for text in texts if isinstance(text, str))

    def _collect(self, body: Body, text: PromptText) -> None:
        super()._collect(body, text)
        text.add(body.get("suffix"))


class Embeddings(ApiShape):
    """POST /v1/embeddings: a prompt and no completion."""

    endpoint = "/v1/embeddings"
    completes = False
    _input_field = "input"

    def _usage(self, usage: Any) -> TokenCounts | None:
        return embeddings_usage(usage)


def _texts_of(value: Any) -> list[str]:
    """Return what a chat message or delta delivers: answer, reasoning, refusal and tool calls."""
    message = as_object(value)
    text = PromptText()
    text.add(message.get("content"))
    # Some upstreams send the same reasoning under both names.
    text.add(message.get("reasoning_content") or message.get("reasoning"))
    text.add(message.get("refusal"))
    text.add(as_object(message.get("audio")).get("transcript"))
    text.add(message.get("function_call"))
    text.add(message.get("tool_calls"))
    return [piece for piece in text.pieces if piece]
