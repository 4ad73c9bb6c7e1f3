"""Between the web server and the forwarder: bodies in, replies out, hang-ups noticed."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson

from solaris.errors import (
    InvalidRequestError,
    PayloadTooLargeError,
    SolarisError,
)
from solaris.http import error_answer
from solaris.metrics import REFUSALS, REQUESTS, Metrics
from solaris.observability import get_logger
from solaris.services.answering import BufferedReply, Reply
from solaris.services.forwarding import Forwarder, IncomingRequest
from solaris.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
SendMessage = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 60

_log = get_logger("solaris.proxy")


class _ClientGoneError(Exception):
    pass


class GatewayApp:
    """The ASGI application of everything under /v1."""

    def __init__(
        self,
        forwarder: Forwarder,
        *,
        settings: Settings,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._forwarder = forwarder
        self._settings = settings
        self._metrics = metrics
        self._clock = clock

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: SendMessage
    ) -> None:
        """Answer one HTTP request."""
        request_id = uuid.uuid4().hex
        try:
            request = await self._read(request_id, scope, receive)
        except _ClientGoneError:
            return
        except SolarisError as error:
            await self._refuse(scope["path"], request_id, error, send)
            return
        serving = asyncio.create_task(self._serve(request, send))
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({serving, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not serving.done():
                serving.cancel()
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await serving

    async def _read(
        self, request_id: str, scope: MutableMapping[str, Any], receive: Receive
    ) -> IncomingRequest:
        received_at = self._clock()
        headers = _headers(scope["headers"])
        path: str = scope["path"]
        body = b""
        if scope["method"] == "POST" and self._forwarder.is_metered(path):
            body = await self._read_body(headers, receive)
        client = scope.get("client")
        return IncomingRequest(
            request_id=request_id,
            method=scope["method"],
            path=path,
            query=scope.get("query_string", b"").decode("ascii", "replace"),
            headers=headers,
            body=body,
            ip_address=client[0] if client else None,
            received_at=received_at,
        )

    async def _read_body(self, headers: dict[str, str], receive: Receive) -> bytes:
        limit = self._settings.max_body_bytes
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise PayloadTooLargeError(limit)
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _ClientGoneError
                    part = message.get("body", b"")
                    size += len(part)
                    if size > limit:
                        raise PayloadTooLargeError(limit)
                    parts.append(part)
                    if not message.get("more_body", False):
                        return parts[0] if len(parts) == 1 else b"".join(parts)
        except TimeoutError as error:
            raise InvalidRequestError(f"the body took over {BODY_SECONDS} s") from error

    async def _serve(self, request: IncomingRequest, send: SendMessage) -> None:
        try:
            reply = await self._forwarder.forward(request)
        except SolarisError as error:
            await self._refuse(request.path, request.request_id, error, send)
        except Exception:  # noqa: BLE001 - the boundary: whatever it was, the client gets an answer
            _log.exception("unexpected_error", request_id=request.request_id)
            await self._refuse(request.path, request.request_id, SolarisError(), send)
        else:
            await _send_reply(reply, send)

    async def _refuse(
        self, path: str, request_id: str, error: SolarisError, send: SendMessage
    ) -> None:
        answer = error_answer(error, self._settings.locale, request_id)
        endpoint = path if self._forwarder.is_metered(path) else "other"
        self._metrics.count(REFUSALS, error.code)
        self._metrics.count(REQUESTS, endpoint, "-", str(answer.status))
        _log.info(
            "request_refused",
            request_id=request_id,
            code=error.code,
            status=answer.status,
            endpoint=endpoint,
            reason=str(error)[:200],
        )
        body = orjson.dumps(answer.body)
        headers = {"content-type": "application/json", **answer.headers}
        with suppress(OSError):
            await _send_reply(BufferedReply(answer.status, headers, body), send)


async def _until_gone(receive: Receive) -> None:
    """Return when the client hangs up; a body that nobody asked for is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_reply(reply: Reply, send: SendMessage) -> None:
    headers = [(name.encode("latin-1"), _latin(value)) for name, value in reply.headers.items()]
    if isinstance(reply, BufferedReply):
        headers.append((b"content-length", str(len(reply.body)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})
        return
    headers += [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]

    async def send_part(part: bytes) -> None:
        await send({"type": "http.response.body", "body": part, "more_body": True})

    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await reply.run(send_part)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _latin(value: str) -> bytes:
    return value.encode("latin-1", "replace")


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Lower-case names; a repeated header is joined, so that it cannot be read two ways."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
