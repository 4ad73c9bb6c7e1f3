"""A model that calls tools, fills schemas and refuses, in the three APIs that SDKs speak.

It answers by rule, so that a test knows what an SDK has to show:

- with tools and no result of one yet: a call of the tool, its arguments made from its schema
- with a schema for the answer (`response_format`, `text.format`, `output_config`): JSON for it
- after a tool's result: FINAL and the result. Otherwise GREETING, a word a frame
- the model `model-too-long`: 400 with TOO_LONG

`ledger` has the tokens of each answer, as stated to the client.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
GREETING = "Olá! O mar é azul, fundo e salgado."
FINAL = "Resultado da ferramenta:"
TOO_LONG = "This model's maximum context length is 100 tokens."
MODEL, TOO_LONG_MODEL = "model-of-tests", "model-too-long"
VALUES: dict[str, Any] = {
    "string": "Recife", "integer": 31, "number": 31.5, "boolean": True, "array": [], "object": {},
}  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """What one answer cost, and how it was asked for."""

    path: str
    prompt: int
    completion: int
    stream: bool

    @property
    def total(self) -> int:
        """Tokens in and out."""
        return self.prompt + self.completion


@dataclass(frozen=True)
class Said:
    """An answer before it has the form of an API: a text, or the call of a tool."""

    text: str = ""
    tool: str = ""

    @property
    def words(self) -> list[str]:
        """The text in the pieces in which it is streamed."""
        first, *others = self.text.split(" ")
        return [first, *(f" {word}" for word in others)]


class SdkUpstream(ThreadingHTTPServer):
    """Listens on a port of its own on this machine's loopback until it is shut down."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ledger: list[Answered] = []
        self.refused = 0
        self.numbers = count(1)
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """As LITELLM_BASE_URL takes it."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SdkUpstream

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        models = [{"id": name, "object": "model"} for name in (MODEL, TOO_LONG_MODEL)]
        self._whole(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body["model"] == TOO_LONG_MODEL:
            self.server.refused += 1
            code = "context_length_exceeded"
            error = {"message": TOO_LONG, "type": "invalid_request_error", "code": code}
            self._whole(400, {"type": "error", "error": error})
            return
        said = answer_to(self.path, body)
        stream = body.get("stream") is True
        answered = Answered(
            self.path,
            prompt=10 + len(json.dumps(body)) // 4,
            completion=3 + len(said.text or said.tool) // 4,
            stream=stream,
        )
        with self.server.lock:
            self.server.ledger.append(answered)
            number = next(self.server.numbers)
        forms: dict[str, type[_Shape]] = {CHAT: _Chat, RESPONSES: _Responses, MESSAGES: _Messages}
        form = forms[self.path]
        shape = form(body, said, answered, number)
        if stream:
            self._stream(shape.frames())
        else:
            self._whole(200, shape.whole())

    def _whole(self, status: int, content: Any) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, frames: Iterator[dict[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for frame in frames:
            name = f"event: {frame['type']}\n" if "type" in frame else ""
            self._chunk(f"{name}data: {json.dumps(frame)}\n\n")
        if self.path == CHAT:
            self._chunk("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


def made_from(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """A value that fits a JSON schema of objects and plain values."""
    root = root or schema
    if "$ref" in schema:
        return made_from(root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root)
    if "properties" in schema:
        return {name: made_from(one, root) for name, one in schema["properties"].items()}
    return VALUES[schema.get("type", "string")]


def answer_to(path: str, body: dict[str, Any]) -> Said:
    """What the rules above say."""
    result = _tool_result(body)
    if result is not None:
        return Said(f"{FINAL} {result}")
    if body.get("tools"):
        name, schema = _tool(path, body)
        return Said(json.dumps(made_from(schema)), name)
    wanted = _schema(path, body)
    return Said(json.dumps(made_from(wanted)) if wanted else GREETING)


def _tool(path: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    tool = body["tools"][0]
    if path == CHAT:
        return tool["function"]["name"], tool["function"]["parameters"]
    return tool["name"], tool["input_schema" if path == MESSAGES else "parameters"]


def _tool_result(body: dict[str, Any]) -> str | None:
    turns = body.get("messages") or body.get("input")
    last = turns[-1] if isinstance(turns, list) else {}
    if last.get("role") == "tool":
        return _text(last["content"])
    if last.get("type") == "function_call_output":
        return _text(last["output"])
    parts = last.get("content")
    if isinstance(parts, list):
        for part in parts:
            if part.get("type") == "tool_result":
                return _text(part["content"])
    return None


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content)


def _schema(path: str, body: dict[str, Any]) -> dict[str, Any] | None:
    if path == CHAT:
        wanted = body.get("response_format", {}).get("json_schema")
    elif path == RESPONSES:
        wanted = body.get("text", {}).get("format")
    else:
        wanted = body.get("output_config", {}).get("format") or body.get("output_format")
    return wanted.get("schema") if wanted else None


@dataclass(frozen=True)
class _Shape:
    body: dict[str, Any]
    said: Said
    answered: Answered
    number: int

    def whole(self) -> dict[str, Any]:
        """The answer's body."""
        raise NotImplementedError

    def frames(self) -> Iterator[dict[str, Any]]:
        """The data of the answer's events."""
        raise NotImplementedError


class _Chat(_Shape):
    """OpenAI's chat completions."""

    @property
    def _usage(self) -> dict[str, int]:
        one = self.answered
        return {
            "prompt_tokens": one.prompt,
            "completion_tokens": one.completion,
            "total_tokens": one.total,
        }

    def _base(self, kind: str) -> dict[str, Any]:
        name = f"chatcmpl-{self.number}"
        return {"id": name, "object": kind, "created": 1, "model": self.body["model"]}

    def _call(self, arguments: str) -> dict[str, Any]:
        function = {"name": self.said.tool, "arguments": arguments}
        return {"id": f"call_{self.number}", "type": "function", "function": function}

    def whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": self.said.text, "refusal": None}
        if self.said.tool:
            message |= {"content": None, "tool_calls": [self._call(self.said.text)]}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason}
        return {**self._base("chat.completion"), "choices": [choice], "usage": self._usage}

    @property
    def _reason(self) -> str:
        return "tool_calls" if self.said.tool else "stop"

    def frames(self) -> Iterator[dict[str, Any]]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        if self.said.tool:
            deltas.append({"tool_calls": [{"index": 0, **self._call("")}]})
            rest = {"index": 0, "function": {"arguments": self.said.text}}
            deltas.append({"tool_calls": [rest]})
        else:
            deltas += [{"content": word} for word in self.said.words]
        base = self._base("chat.completion.chunk")
        for delta in deltas:
            yield {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        yield {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": self._reason}]}
        if self.body.get("stream_options", {}).get("include_usage"):
            yield {**base, "choices": [], "usage": self._usage}


class _Messages(_Shape):
    """Anthropic's messages."""

    def _message(self, content: list[Any], output: int, reason: str | None) -> dict[str, Any]:
        return {
            "id": f"msg_{self.number}",
            "type": "message",
            "role": "assistant",
            "model": self.body["model"],
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": {"input_tokens": self.answered.prompt, "output_tokens": output},
        }

    @property
    def _reason(self) -> str:
        return "tool_use" if self.said.tool else "end_turn"

    def _block(self, text: str) -> dict[str, Any]:
        if self.said.tool:
            call = {"type": "tool_use", "id": f"toolu_{self.number}", "name": self.said.tool}
            return {**call, "input": json.loads(text or "{}")}
        return {"type": "text", "text": text}

    def whole(self) -> dict[str, Any]:
        block = self._block(self.said.text)
        return self._message([block], self.answered.completion, self._reason)

    def frames(self) -> Iterator[dict[str, Any]]:
        yield {"type": "message_start", "message": self._message([], 1, None)}
        yield {"type": "content_block_start", "index": 0, "content_block": self._block("")}
        if self.said.tool:
            deltas = [{"type": "input_json_delta", "partial_json": self.said.text}]
        else:
            deltas = [{"type": "text_delta", "text": word} for word in self.said.words]
        for delta in deltas:
            yield {"type": "content_block_delta", "index": 0, "delta": delta}
        yield {"type": "content_block_stop", "index": 0}
        yield {
            "type": "message_delta",
            "delta": {"stop_reason": self._reason, "stop_sequence": None},
            "usage": {
                "input_tokens": self.answered.prompt,
                "output_tokens": self.answered.completion,
            },
        }
        yield {"type": "message_stop"}


class _Responses(_Shape):
    """OpenAI's responses."""

    def _item(self, text: str, status: str) -> dict[str, Any]:
        if self.said.tool:
            call = {"type": "function_call", "id": f"fc_{self.number}", "status": status}
            return {
                **call, "call_id": f"call_{self.number}",
                "name": self.said.tool, "arguments": text,
            }  # fmt: skip
        part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        message = {"type": "message", "id": f"msg_{self.number}", "role": "assistant"}
        return {**message, "status": status, "content": [part] if text else []}

    def _response(self, output: list[Any], status: str) -> dict[str, Any]:
        one = self.answered
        done = status == "completed"
        usage = {
            "input_tokens": one.prompt,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": one.completion,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": one.total,
        }
        return {
            "id": f"resp_{self.number}", "object": "response", "created_at": 1,
            "model": self.body["model"], "status": status, "error": None,
            "incomplete_details": None, "instructions": None, "metadata": {}, "output": output,
            "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [],
            "top_p": 1.0, "usage": usage if done else None,
        }  # fmt: skip

    def whole(self) -> dict[str, Any]:
        return self._response([self._item(self.said.text, "completed")], "completed")

    def frames(self) -> Iterator[dict[str, Any]]:
        for number, frame in enumerate(self._events()):
            yield {**frame, "sequence_number": number}

    def _events(self) -> Iterator[dict[str, Any]]:
        text, place = self.said.text, {"output_index": 0}
        begun, ended = self._item("", "in_progress"), self._item(text, "completed")
        yield {"type": "response.created", "response": self._response([], "in_progress")}
        yield {"type": "response.output_item.added", **place, "item": begun}
        within = {**place, "item_id": ended["id"]}
        if self.said.tool:
            kind = "response.function_call_arguments"
            yield {"type": f"{kind}.delta", **within, "delta": text}
            yield {"type": f"{kind}.done", **within, "arguments": text, "name": self.said.tool}
        else:
            within["content_index"] = 0
            empty = {"type": "output_text", "text": "", "annotations": []}
            yield {"type": "response.content_part.added", **within, "part": empty}
            for word in self.said.words:
                delta = {"delta": word, "logprobs": []}
                yield {"type": "response.output_text.delta", **within, **delta}
            yield {"type": "response.output_text.done", **within, "text": text, "logprobs": []}
            part = ended["content"][0]
            yield {"type": "response.content_part.done", **within, "part": part}
        yield {"type": "response.output_item.done", **place, "item": ended}
        yield {"type": "response.completed", "response": self._response([ended], "completed")}
