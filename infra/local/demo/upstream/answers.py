"""What the demo upstream answers: checked requests, tokens and texts.

Pure: no clock, no I/O. Every text is built from single tokens of o200k_base, chosen so that any
prefix of n tokens encodes to n tokens again; a token limit is therefore kept exactly.
"""

import codecs
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import orjson

CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
EMBEDDINGS, RESPONSES, MESSAGES = "/v1/embeddings", "/v1/responses", "/v1/messages"
ID_PREFIX = dict(
    zip(
        (CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES, MESSAGES),
        ("chatcmpl-", "cmpl-", "embd-", "resp_", "msg_"),
        strict=True,
    )
)
MEDIA_TOKENS = 85  # flat figure for an image, a sound or a file, whatever its base64 length
MAX_CHOICES = 128
MAX_SHARED_TOKENS = 2000

_NOTICES = {
    "pt": (
        "Esta é uma resposta de demonstração da IA SOLARIS. Nenhum modelo real foi consultado: este"
        " gateway ainda não tem um provedor configurado. Os tokens desta conversa são contados de"
        " verdade, com o mesmo controle de cota que vale para um modelo real. Para usar um modelo,"
        " informe LITELLM_BASE_URL e a chave do provedor e reinicie o serviço."
    ),
    "en": (
        "This is a demo answer from IA SOLARIS. No real model was asked: this gateway has no"
        " provider configured yet. The tokens of this conversation are really counted, under the"
        " same quota control that a real model gets. To use a model, set LITELLM_BASE_URL and the"
        " key of the provider, then restart the service."
    ),
}


class RequestError(Exception):
    """The request is refused with `status` and an error body of OpenAI's shape."""

    def __init__(self, message: str, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """One text, token by token. Compared by identity, because frames are cached by answer.

    `shared` is false for an answer made for one request or too long to keep its frames.
    """

    pieces: tuple[str, ...]
    cut: bool
    shared: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that was understood. `max_tokens` limits each choice."""

    path: str
    model: str
    flags: frozenset[str]
    prompt_tokens: int
    max_tokens: int | None
    choices: int
    stream: bool
    include_usage: bool


@cache
def _encoder() -> Any:
    with warnings.catch_warnings():  # its import calls a deprecated function of importlib
        warnings.simplefilter("ignore", DeprecationWarning)
        import bpe_openai  # noqa: PLC0415 (half a second and 150 MB: only when first needed)
    return bpe_openai.get_encoding("o200k_base")


def count_tokens(text: str) -> int:
    """Tokens of a text in o200k_base; special tokens count as plain text."""
    return len(_encoder().encode_ordinary(text))


def _content_tokens(content: object) -> int:
    """Tokens of a text, of a part or of a list of parts; what is no text counts as its JSON."""
    if content is None or isinstance(content, str):
        return count_tokens(content or "")
    if isinstance(content, list):
        return sum(map(_content_tokens, content))
    if not isinstance(content, dict):
        raise RequestError("Invalid content.")
    if isinstance(content.get("text"), str):
        return count_tokens(content["text"])
    kind = str(content.get("type"))
    if kind == "tool_result":
        return _content_tokens(content.get("content"))
    if kind.removeprefix("input_").startswith(("image", "audio", "file", "document")):
        return MEDIA_TOKENS
    return count_tokens(orjson.dumps(content).decode())


def _chat_tokens(messages: object) -> int:
    """OpenAI's published rule: 3 a message, role, content, name + 1, and 3 for the answer."""
    if not isinstance(messages, list) or not messages:
        raise RequestError("'messages' must be a non-empty array.")
    total = 3
    for message in messages:
        if not isinstance(message, dict):
            raise RequestError("Each message must be an object.")
        role, name = message.get("role"), message.get("name")
        if role is None and isinstance(message.get("type"), str):  # Responses API: a tool's item
            total += 3 + count_tokens(orjson.dumps(message).decode())
            continue
        if not isinstance(role, str):
            raise RequestError("Each message needs a 'role'.")
        total += 3 + count_tokens(role) + _content_tokens(message.get("content"))
        if isinstance(name, str) and name:
            total += 1 + count_tokens(name)
    return total


def inputs_of(value: object, field: str) -> list[str | list[int]]:
    """The texts, or lists of token numbers, of a `prompt` or an `input`."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value:
        if all(type(item) is int for item in value):
            return [value]
        if all(isinstance(item, (str, list)) for item in value):
            return value
    raise RequestError(f"'{field}' must be a string or a non-empty array.")


def _prompt_tokens(path: str, body: Mapping[str, Any]) -> int:
    if path in (COMPLETIONS, EMBEDDINGS):
        field = "prompt" if path == COMPLETIONS else "input"
        texts = inputs_of(body.get(field), field)
        return sum(count_tokens(t) if isinstance(t, str) else len(t) for t in texts)
    if path == RESPONSES:
        system, turns = body.get("instructions"), body.get("input")
        turns = [{"role": "user", "content": turns}] if isinstance(turns, str) else turns
    else:
        system, turns = (body.get("system") if path == MESSAGES else None), body.get("messages")
    if system and isinstance(turns, list):
        turns = [{"role": "system", "content": system}, *turns]
    tools = body.get("tools")
    return _chat_tokens(turns) + (count_tokens(orjson.dumps(tools).decode()) if tools else 0)


def positive(body: Mapping[str, Any], limit: int, *names: str) -> int | None:
    for name in names:
        value = body.get(name)
        if value is None:
            continue
        if type(value) is not int or not 1 <= value <= limit:
            raise RequestError(f"'{name}' must be an integer from 1 to {limit}.")
        return value
    return None


def read_ask(path: str, model: str, flags: frozenset[str], body: Mapping[str, Any]) -> Ask:
    """Check a body as the real endpoint would; raises RequestError."""
    stream = body.get("stream") or False
    options = body.get("stream_options") or {}
    if not isinstance(stream, bool) or not isinstance(options, dict):
        raise RequestError("'stream' must be a boolean and 'stream_options' an object.")
    names = {CHAT: ("max_completion_tokens", "max_tokens"), RESPONSES: ("max_output_tokens",)}
    limit = positive(body, 2**31, *names.get(path, ("max_tokens",)))
    if path == MESSAGES and limit is None:
        raise RequestError("max_tokens: Field required")
    choices = 1
    if path in (CHAT, COMPLETIONS):
        choices = positive(body, MAX_CHOICES, "n") or 1
    tokens = _prompt_tokens(path, body)
    if path == COMPLETIONS:
        choices *= len(inputs_of(body["prompt"], "prompt"))
    usage = options.get("include_usage") is True
    return Ask(path, model, flags, tokens, limit, choices, stream and path != EMBEDDINGS, usage)


@lru_cache(maxsize=64)
def notice(locale: str, length_tokens: int, max_tokens: int | None) -> Answer:
    """The demo's text of `length_tokens` (0: said once), cut at `max_tokens`."""
    text = _NOTICES["en" if locale.lower().startswith("en") else "pt"]
    ids = _encoder().encode_ordinary(text)
    length = length_tokens or len(ids)
    if length > len(ids):
        ids += _encoder().encode_ordinary(" " + text) * (length // len(ids))
    kept = ids[:length][:max_tokens]
    pieces = tuple(_encoder().decode([token]) for token in kept)
    return Answer(pieces, len(kept) < length, shared=len(kept) <= MAX_SHARED_TOKENS)


def echo(text: str, max_tokens: int | None) -> Answer:
    """Any text as an answer; a token that ends within a character gives an empty piece."""
    ids = _encoder().encode_ordinary(text)
    kept = ids[:max_tokens]
    read = codecs.getincrementaldecoder("utf-8")("replace").decode
    pieces = tuple(read(_encoder().decode_single_token_bytes(token)) for token in kept)
    return Answer(pieces, len(kept) < len(ids), shared=False)


def usage_of(ask: Ask, output: int) -> dict[str, Any] | None:
    """The usage that the model states: None for no-usage, zeros for zero-usage.

    `demo-cached` says that half of the prompt was cached and half of the answer was reasoning.
    """
    flags, prompt = ask.flags, ask.prompt_tokens
    if "no-usage" in flags:
        return None
    if "zero-usage" in flags:
        prompt = output = 0
    cached, reasoning = (prompt // 2, output // 2) if "cached" in flags else (0, 0)
    if ask.path == MESSAGES:  # Anthropic's input_tokens leave the cached ones out
        cache_use = {"cache_read_input_tokens": cached, "cache_creation_input_tokens": 0}
        return {"input_tokens": prompt - cached, "output_tokens": output, **cache_use}
    total = prompt + output
    details = {"cached_tokens": cached}, {"reasoning_tokens": reasoning}
    if ask.path == RESPONSES:
        usage = {"input_tokens": prompt, "input_tokens_details": details[0]}
        usage |= {"output_tokens": output, "output_tokens_details": details[1]}
        return {**usage, "total_tokens": total}
    if ask.path == EMBEDDINGS:
        return {"prompt_tokens": prompt, "total_tokens": total}
    usage = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": total}
    if "cached" in flags:
        usage |= {"prompt_tokens_details": details[0], "completion_tokens_details": details[1]}
    return usage
