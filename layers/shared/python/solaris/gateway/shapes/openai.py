"""OpenAI's older endpoints: chat completions, completions and embeddings."""

import re
from collections.abc import Container

from solaris.gateway.shapes.base import ApiShape, Body, as_object, objects_in, told_error
from solaris.gateway.shapes.text import PromptText
from solaris.gateway.shapes.usage import chat_usage, embeddings_usage
from solaris.quota.usage import TokenCounts

# OpenAI's reasoning models refuse `max_tokens`: o1, o3, o4 and every GPT from 5 on. Two digits
# end at 29, because Azure writes gpt-35-turbo for 3.5.
_OPENAI_MODEL = re.compile(r"(?:ft:)?(?:gpt-|chatgpt-|codex-)(?!oss)")
_REASONING_MODEL = re.compile(r"(?:ft:)?(?:o[134](?![0-9a-z])|gpt-(?:[5-9]|[12]\d)(?!\d))")


class _StreamsChunks(ApiShape):
    """An endpoint that streams chunks with `choices` and states usage only when asked to."""

    def for_streaming(self, body: Body) -> Body:
        if not self.is_stream(body):
            # OpenAI refuses them without `stream`; LibreChat adds them to every call
            has_options = "stream_options" in as_object(body)
            return self.without_stream_options(body) if has_options else body
        options = as_object(body.get("stream_options"))
        if options.get("include_usage") is True:
            return body
        return {**body, "stream_options": {**options, "include_usage": True}}

    def without_stream_options(self, body: Body) -> Body:
        return {name: body[name] for name in body if name != "stream_options"}

    def wants_usage_frame(self, body: Body) -> bool:
        """Only when the client asked: OpenAI sends it only then, and `choices[0]` fails on it."""
        options = as_object(as_object(body).get("stream_options"))
        return options.get("include_usage") is True

    def is_usage_only(self, frame: object) -> bool:
        chunk = as_object(frame)
        return not chunk.get("choices") and self.usage_of_frame(frame, None) is not None

    def usage_of_body(self, answer: object) -> TokenCounts | None:
        return self._usage_anywhere(answer)

    def usage_of_frame(self, frame: object, so_far: TokenCounts | None) -> TokenCounts | None:
        return self._usage_anywhere(frame) or so_far

    def is_finish(self, frame: object) -> bool:
        return any(choice.get("finish_reason") for choice in objects_in(frame, "choices"))

    def error_of_frame(self, frame: object) -> str | None:
        told = told_error(frame)
        if told is not None:
            return told
        for choice in objects_in(frame, "choices"):
            told = told_error(choice)
            if told is not None:
                return told
            if choice.get("finish_reason") == "error":
                return "the answer ended in an error"
        return None

    def error_of_body(self, answer: object) -> str | None:
        return self.error_of_frame(answer)

    def _usage_anywhere(self, value: object) -> TokenCounts | None:
        """Where upstreams put it: at the top, in Groq's extension, in a choice (Moonshot)."""
        whole = as_object(value)
        found = self._usage(whole.get("usage"))
        if found is None:
            found = self._usage(as_object(whole.get("x_groq")).get("usage"))
        if found is None:
            for choice in objects_in(whole, "choices"):
                found = self._usage(choice.get("usage")) or found
        return found

    def _usage(self, usage: object) -> TokenCounts | None:
        return chat_usage(usage)


class ChatCompletions(_StreamsChunks):
    """POST /v1/chat/completions."""

    endpoint = "/v1/chat/completions"
    _maximum_fields = ("max_completion_tokens", "max_tokens")
    _choice_fields = ("n",)
    _input_field = "messages"
    _input_types = (list,)

    def text_of_frame(self, frame: object) -> str:
        choices = objects_in(frame, "choices")
        return "".join("".join(_texts_of(choice.get("delta"))) for choice in choices)

    def text_of_body(self, answer: object) -> str:
        choices = objects_in(answer, "choices")
        return "\n".join("\n".join(_texts_of(choice.get("message"))) for choice in choices)

    def _collect(self, body: Body, text: PromptText) -> None:
        text.add_messages(body.get("messages"))
        for field in ("tools", "functions", "response_format"):
            text.add_json(body.get(field))
        # what of a prediction is not used is billed as completion, whatever the maximum
        text.add(as_object(body.get("prediction")).get("content"))

    def _spellings(self, body: Body, stated: Container[str], refused: Container[str]) -> list[str]:
        """Both spellings, since an upstream may know only one of them; one for OpenAI's models.

        OpenAI refuses the two beside each other, and its reasoning models refuse `max_tokens`.
        """
        name = self.model(body).rpartition("/")[2].lower()
        if _REASONING_MODEL.match(name):
            fields = ["max_completion_tokens"]
        elif _OPENAI_MODEL.match(name):
            is_newer = "max_completion_tokens" in stated and "max_tokens" not in stated
            fields = ["max_completion_tokens" if is_newer else "max_tokens"]
        else:
            fields = list(self._maximum_fields)
        return [field for field in fields if field not in refused] or fields[:1]


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

    def text_of_frame(self, frame: object) -> str:
        texts = (choice.get("text") for choice in objects_in(frame, "choices"))
        return "".join(text for text in texts if isinstance(text, str))

    def text_of_body(self, answer: object) -> str:
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

    def _usage(self, usage: object) -> TokenCounts | None:
        return embeddings_usage(usage)


def _texts_of(value: object) -> list[str]:
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
