"""A demo of an OpenAI-compatible upstream, and the mock of tests and benches.

`python -m infra.local.demo.upstream --host 127.0.0.1 --port 9000`; texts by the variable LOCALE
(pt-BR, en). The model's name says how it behaves. Any `demo…` is accepted, others are 404:

- `demo` (first token after 150 ms, 60 tokens/s), `demo-fast` (no waits), `demo-embedding`
- `demo-chunks-20`, `demo-chunks-200-5ms`: so many content chunks of one token, and the gap after
  each. Without a gap up to 64 leave in one write (cheapest); `-0ms` writes each by itself, as a
  real upstream does. `demo-tokens-500`: an answer of so many tokens, the same as chunks
- `demo-error-429`: that status, with Retry-After 1. `demo-slow-3s`: headers only after 3 s
- `demo-stall-3s`, `demo-drop`, `demo-malformed`, `demo-error-midstream`, `demo-huge-line`: at half
  of the stream a silence, a cut connection, broken JSON, an error frame (then the end), a frame of
  2 MiB. Buffered: the wait, half a body and a cut, half a body, a 500, 2 MiB of padding
- `demo-no-done`: the last frame is left out. `demo-no-usage`: never states usage.
  `demo-zero-usage`: states zeros. `demo-cached`: half the prompt cached, half the answer reasoning
- `demo-echo`: the answer is JSON of the headers and the body received; keys are masked

Parts add up: `demo-chunks-20-no-usage-drop`. Waits in ms or s, at most 600 s; 100,000 tokens.

GET /_demo/requests tells what was really answered, whatever usage was stated: the last 10,000
requests, and totals since POST /_demo/reset. `?settled=true` first waits (10 s at most) until no
answer is being written. Tokens of an answer that the client left are those written until then.
"""

import argparse
import asyncio
import contextlib
import os
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from infra.local.demo.upstream import answers, wire
from infra.local.demo.upstream.answers import Answer, Ask, RequestError
from infra.local.demo.upstream.exchanges import Exchange, Ledger, shown_headers
from infra.local.demo.upstream.wire import Plan
from infra.local.edge.for_the_system import ForTheSystem
from infra.local.run.lifeline import end_when_alone, steady_output
from infra.local.run.programs import PREFIX_VARIABLE

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_SETTLE_SECONDS = 10.0
MAX_LENGTH_TOKENS = 250_000
MAX_WAIT_SECONDS = 600.0
FRAMES_IN_RUN = 64
OK, RETRY_STATUSES = 200, (429, 503)
"""What every path begins with, a secret; unset for tests and measurements of the demo alone."""

LISTED_MODELS = ("demo", "demo-fast", "demo-embedding")
_LIMIT_KEYS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_LOGGED_KEYS = frozenset({*_LIMIT_KEYS, "n", "stream", "stream_options", "user"})
_JSON = (b"content-type", b"application/json")
_EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
_FRAME_FLAGS = frozenset({"malformed", "huge-line", "error-midstream"})
_ODD_FLAGS = _FRAME_FLAGS | {"drop"}
_MODEL_PART = re.compile(
    r"-(?:(?:chunks-(?P<chunks>\d{1,6})(?:-(?P<gap>\d{1,6})ms)?|tokens-(?P<tokens>\d{1,6}))"
    r"|error-(?P<status>[45]\d\d)|(?P<wait>slow|stall)-(?P<time>\d{1,6})(?P<unit>ms|s)"
    r"|(?P<flag>fast|embedding|drop|no-usage|zero-usage|malformed|error-midstream|no-done"
    r"|huge-line|cached|echo))(?=-|$)"
)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a model name asks for. `gap_s` None: no pause at all; `length` 0: the whole notice."""

    first_token_s: float = 0.0
    gap_s: float | None = None
    slow_s: float = 0.0
    stall_s: float = 0.0
    length: int = 0
    status: int = 200
    flags: frozenset[str] = frozenset()


@lru_cache(maxsize=1024)
def behaviour_of(model: str) -> Behaviour | None:
    """Read a model name; None when it is not one of the demo's. Unknown parts change nothing."""
    if not model.startswith("demo"):
        return None
    if model == "demo":
        return Behaviour(first_token_s=0.150, gap_s=1 / 60)
    values: dict[str, Any] = {}
    flags, position = set(), len("demo")
    while part := _MODEL_PART.match(model, position):
        position = part.end()
        if length := part["chunks"] or part["tokens"]:
            values["length"] = min(max(int(length), 1), MAX_LENGTH_TOKENS)
        if part["gap"]:
            values["gap_s"] = min(int(part["gap"]) / 1000, MAX_WAIT_SECONDS)
        if part["status"]:
            values["status"] = int(part["status"])
        if part["wait"]:
            seconds = int(part["time"]) / (1000 if part["unit"] == "ms" else 1)
            values[part["wait"] + "_s"] = min(seconds, MAX_WAIT_SECONDS)
        if part["flag"]:
            flags.add(part["flag"])
    return Behaviour(**values, flags=frozenset(flags))


class ClientGoneError(Exception):
    """The client hung up before its answer was whole."""


class _Client:
    """The other end of one request. A hang-up is looked for only where the answer pauses."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._hangup: asyncio.Task[None] | None = None

    async def body(self) -> bytes:
        chunks, size, more = [], 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            more = message.get("more_body", False)
            if size > MAX_BODY_BYTES:
                raise RequestError("The body is larger than 32 MiB.", 413)
        return b"".join(chunks)

    async def _wait_hangup(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def pause(self, seconds: float) -> None:
        """Wait, 0 only yields; raises ClientGoneError as soon as the client hangs up."""
        if self._hangup is None:
            self._hangup = asyncio.create_task(self._wait_hangup())
        if seconds:
            await asyncio.wait((self._hangup,), timeout=seconds)
        else:
            await asyncio.sleep(0)
        if self._hangup.done():
            raise ClientGoneError

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def write(self, data: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    def close(self) -> None:
        if self._hangup is not None:
            self._hangup.cancel()


class DemoUpstream:
    """The ASGI application. The metered paths skip Starlette: they are also a bench's mock."""

    def __init__(self, locale: str) -> None:
        self._locale = locale
        self._ledger = Ledger()
        routes = [
            Route("/v1/models", self._models),
            Route("/v1/models/{model:path}", self._model),
            Route("/_demo/requests", self._requests),
            Route("/_demo/reset", self._reset, methods=["POST"]),
        ]
        handlers = {HTTPException: _refused, RequestError: _refused}
        self._rest = Starlette(routes=routes, exception_handlers=handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        post = scope["type"] == "http" and scope["method"] == "POST"
        if not post or scope["path"] not in answers.ID_PREFIX:
            await self._rest(scope, receive, send)
            return
        client = _Client(receive, send)
        exchange = self._ledger.begin(scope["path"], scope["headers"])
        try:
            await self._answer(client, exchange)
        except ClientGoneError:
            exchange.client_gone = True
        finally:
            client.close()
            self._ledger.end(exchange)

    async def _answer(self, client: _Client, exchange: Exchange) -> None:
        try:
            body, behaviour = await self._read(client, exchange)
            ask = answers.read_ask(exchange.path, exchange.model, behaviour.flags, body)
            answer = self._text(ask, behaviour, exchange, body)
            made = _render(ask, answer, exchange.id, body)
        except RequestError as error:
            await self._refuse(client, exchange, error)
            return
        exchange.prompt_tokens, exchange.status = ask.prompt_tokens, OK
        if isinstance(made, Plan):
            await self._stream(client, exchange, made, behaviour)
            return
        output = 0 if ask.path == answers.EMBEDDINGS else len(answer.pieces) * ask.choices
        wait = behaviour.first_token_s + behaviour.stall_s + (behaviour.gap_s or 0.0) * output
        if wait:
            await client.pause(wait)
        await self._whole(client, exchange, made, ask.flags)
        exchange.completion_tokens = output if exchange.finished else 0

    async def _read(self, client: _Client, exchange: Exchange) -> tuple[dict[str, Any], Behaviour]:
        """The body and what its model name asks for; waits and fails as the name says."""
        try:
            body = orjson.loads(await client.body())
        except orjson.JSONDecodeError as error:
            raise RequestError("The body is not valid JSON.") from error
        model = body.get("model") if isinstance(body, dict) else None
        if not isinstance(model, str) or not model:
            raise RequestError("You must provide a model parameter.")
        exchange.model = model
        exchange.request = {key: body[key] for key in _LOGGED_KEYS & body.keys()}
        behaviour = _known(model)
        if behaviour.slow_s:
            await client.pause(behaviour.slow_s)
        if behaviour.status != OK:
            code = "rate_limit_exceeded" if behaviour.status == wire.TOO_MANY_REQUESTS else None
            raise RequestError("The demo fails, as its model name asks.", behaviour.status, code)
        return body, behaviour

    def _text(
        self, ask: Ask, behaviour: Behaviour, exchange: Exchange, body: dict[str, Any]
    ) -> Answer:
        if "echo" not in ask.flags:
            return answers.notice(self._locale, behaviour.length, ask.max_tokens)
        shown = {"headers": shown_headers(exchange.raw_headers), "body": body}
        return answers.echo(orjson.dumps(shown).decode(), ask.max_tokens)

    async def _refuse(self, client: _Client, exchange: Exchange, error: RequestError) -> None:
        exchange.status = error.status
        data = wire.error_body(exchange.path, error)
        headers = [_JSON, (b"content-length", b"%d" % len(data))]
        if error.status in RETRY_STATUSES:
            headers.append((b"retry-after", b"1"))
        await client.start(error.status, headers)
        await client.write(data, more=False)
        exchange.finished = True

    async def _whole(
        self, client: _Client, exchange: Exchange, data: bytes, flags: frozenset[str]
    ) -> None:
        if "malformed" in flags:
            data = data[: len(data) // 2]
        if "huge-line" in flags:
            data = data.ljust(wire.HUGE_FRAME_BYTES)
        headers = [_JSON, (b"content-length", b"%d" % len(data))]
        await client.start(OK, [*headers, (b"x-request-id", exchange.id.encode())])
        if "drop" in flags:
            await client.write(data[: len(data) // 2])
            return  # the server closes a connection whose answer is not whole
        await client.write(data, more=False)
        exchange.finished = True

    async def _stream(
        self, client: _Client, exchange: Exchange, plan: Plan, behaviour: Behaviour
    ) -> None:
        flags, gap, write = behaviour.flags, behaviour.gap_s, client.write
        await client.start(OK, [*_EVENTS, (b"x-request-id", exchange.id.encode())])
        if behaviour.first_token_s:
            await client.pause(behaviour.first_token_s)
        odd_index = len(plan.tails) // 2 if flags & _ODD_FLAGS or behaviour.stall_s else -1
        if gap is None and odd_index < 0:
            await self._write_runs(client, exchange, plan)
        else:
            if plan.opening:
                await write(plan.opening)
            for index, tail in enumerate(plan.tails):
                frame = plan.head + tail
                if index == odd_index:
                    if behaviour.stall_s:
                        await client.pause(behaviour.stall_s)
                    if "drop" in flags:
                        return  # the server closes a connection whose answer is not whole
                    for flag in flags & _FRAME_FLAGS:
                        frame = wire.odd_frame(exchange.path, flag, frame)
                    if "error-midstream" in flags:
                        await write(frame, more=False)
                        return
                await write(frame)
                exchange.completion_tokens += 1
                await client.pause(gap or 0)
        closing = plan.closing[:-1] if "no-done" in flags else plan.closing
        await write(b"".join(closing), more=False)
        exchange.finished = True

    async def _write_runs(self, client: _Client, exchange: Exchange, plan: Plan) -> None:
        """Frames without pauses leave in runs: uvicorn's work is by write, not by byte."""
        before = plan.opening
        for start in range(0, len(plan.tails), FRAMES_IN_RUN):
            if start:
                await client.pause(0)
            run = plan.tails[start : start + FRAMES_IN_RUN]
            await client.write(before + plan.head + plan.head.join(run))
            exchange.completion_tokens += len(run)
            before = b""

    async def _models(self, _request: Request) -> Response:
        models = [_model_object(model) for model in LISTED_MODELS]
        return _json({"object": "list", "data": models})

    async def _model(self, request: Request) -> Response:
        _known(request.path_params["model"])
        return _json(_model_object(request.path_params["model"]))

    async def _requests(self, request: Request) -> Response:
        if request.query_params.get("settled") == "true":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ledger.idle.wait(), MAX_SETTLE_SECONDS)
        return _json(self._ledger.shown())

    async def _reset(self, _request: Request) -> Response:
        self._ledger.reset()
        return _json({"reset": True})


def _render(ask: Ask, answer: Answer, reply_id: str, body: dict[str, Any]) -> Plan | bytes:
    """A stream's frames, or a whole body."""
    created = int(time.time())
    if ask.stream:
        return wire.plan_stream(ask, answer, reply_id, created)
    if "error-midstream" in ask.flags:
        raise RequestError("The demo failed, as its model name asks.", 500)
    if ask.path == answers.EMBEDDINGS:
        return wire.render_embeddings(ask, body)
    return wire.render_whole(ask, answer, reply_id, created)


def _known(model: str) -> Behaviour:
    behaviour = behaviour_of(model)
    if behaviour is None:
        raise RequestError(f"The model `{model}` does not exist.", 404, "model_not_found")
    return behaviour


def _model_object(model: str) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": 0, "owned_by": "ia-solaris-demo"}


def _json(body: object, status: int = OK) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


async def _refused(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else OK
    refusal = error if isinstance(error, RequestError) else RequestError("Unknown path.", status)
    data = wire.error_body("", refusal)
    return Response(data, refusal.status, media_type="application/json")


def create_app(locale: str | None = None) -> DemoUpstream:
    """A demo with an empty log; the locale defaults to the variable LOCALE, then to pt-BR."""
    return DemoUpstream(locale or os.environ.get("LOCALE") or "pt-BR")


def main() -> None:
    """Serve until SIGINT or SIGTERM; open streams get 2 s to end."""
    parser = argparse.ArgumentParser(description="Demo of an OpenAI-compatible upstream")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    options = parser.parse_args()
    prefix = os.environ.get(PREFIX_VARIABLE, "")
    steady_output()
    end_when_alone()
    uvicorn.run(
        ForTheSystem(create_app(), prefix=prefix) if prefix else create_app(),
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=75,  # longer than a client's pool keeps a connection
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
