"""Between the web server and the forwarder: bodies in, replies out, hang-ups noticed."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson

from solaris.gateway.answer import BufferedReply
from solaris.gateway.body.bodies import Bodies, Body, has_body
from solaris.gateway.client import Client, ClientGoneError
from solaris.gateway.frames import error_frame, refusal
from solaris.gateway.key_refusal import error_in
from solaris.gateway.request import Forwarder, IncomingRequest
from solaris.keys.entrance import Asking, Entrance
from solaris.ledger.figures import is_error
from solaris.ledger.refusals import Refusals
from solaris.platform.errors import (
    ModelNotAllowedError,
    SolarisError,
    StoreUnavailableError,
    UpstreamUnavailableError,
)
from solaris.platform.logs import get_logger
from solaris.platform.metrics import REFUSALS, REQUESTS, Metrics
from solaris.platform.settings import Settings
from solaris.platform.web.errors import error_answer

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
SendMessage = Callable[[Message], Awaitable[None]]

_log = get_logger("solaris.proxy")


class GatewayApp:
    """The ASGI application of everything under /v1."""

    def __init__(
        self,
        forwarder: Forwarder,
        *,
        entrance: Entrance,
        bodies: Bodies,
        settings: Settings,
        metrics: Metrics,
        refusals: Refusals,
        clock: Callable[[], datetime],
    ) -> None:
        self._forwarder = forwarder
        self._entrance = entrance
        self._bodies = bodies
        self._settings = settings
        self._metrics = metrics
        self._refusals = refusals
        self._clock = clock
        self._reading_on = 0

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: SendMessage
    ) -> None:
        """Answer one HTTP request."""
        client = Client(send)
        request = await self._let_in(scope, receive, client)
        if request is None:
            return
        serving = asyncio.create_task(self._serve(request, client))
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({serving, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                client.leave()
                await self._read_on(serving)
        finally:
            if not serving.done():
                serving.cancel()
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await serving

    async def _read_on(self, serving: asyncio.Task[None]) -> None:
        """Let the answer of a client that has gone come to its end, so that its usage is known.

        Bounded in time and number; what is cut off then is charged as far as it can be told.
        """
        if self._reading_on >= self._settings.upstream_drain_max_open:
            return
        self._reading_on += 1
        try:
            await asyncio.wait({serving}, timeout=self._settings.upstream_drain_seconds)
        finally:
            self._reading_on -= 1

    async def _let_in(
        self, scope: MutableMapping[str, Any], receive: Receive, client: Client
    ) -> IncomingRequest | None:
        """The request with its body; None when it was refused by its head, or its client left."""
        request_id = uuid.uuid4().hex
        headers = _headers(scope["headers"])
        asking = Asking()
        try:
            return await self._read(request_id, scope, headers, receive, asking)
        except ClientGoneError:
            return None
        except SolarisError as error:
            # here, and not after it: an error that is kept keeps its frames, and their bytes
            closes = has_body(headers)  # a body that nobody reads is not waited for
            await self._refuse(
                scope["path"], request_id, error, client, asking=asking, closes=closes
            )
        except Exception:  # noqa: BLE001 - the boundary: whatever it was, the client gets an answer
            _log.exception("unexpected_error", request_id=request_id)
            closes = has_body(headers)
            await self._refuse(scope["path"], request_id, SolarisError(), client, closes=closes)
        return None

    async def _read(
        self,
        request_id: str,
        scope: MutableMapping[str, Any],
        headers: dict[str, str],
        receive: Receive,
        asking: Asking,
    ) -> IncomingRequest:
        received_at = self._clock()
        path: str = scope["path"]
        client = scope.get("client")
        address = client[0] if client else None
        chats = scope["method"] == "POST" and self._forwarder.is_metered(path)
        entered = await self._entrance.enter(headers, address, chats=chats, asking=asking)
        if chats:
            limit = self._settings.max_body_bytes
            body = await self._bodies.read(
                receive,
                headers,
                limit=limit,
                address=address,
                is_json=self._forwarder.takes_json(path),
            )
        else:
            body = Body()
        return IncomingRequest(
            request_id=request_id,
            method=scope["method"],
            path=path,
            query=scope.get("query_string", b"").decode("ascii", "replace"),
            headers=headers,
            entered=entered,
            body=body,
            ip_address=address,
            received_at=received_at,
        )

    async def _serve(self, request: IncomingRequest, client: Client) -> None:
        try:
            try:
                reply = await self._forwarder.forward(request, client)
            finally:
                request.body.done()  # it is with the upstream, or refused
            if isinstance(reply, BufferedReply):
                await self._send_whole(request, reply, client)
            else:
                await reply.run(client)
        except SolarisError as error:
            asking = request.entered.asking
            await self._refuse(request.path, request.request_id, error, client, asking=asking)
        except ClientGoneError:
            return
        except asyncio.CancelledError:
            # the process stops: what is cut off says so, and does not look whole
            if not client.has_finished and not client.is_gone:
                stopping = StoreUnavailableError("the gateway is stopping")
                await self._refuse(
                    request.path, request.request_id, stopping, client, has_record=True
                )
            raise
        except Exception:  # noqa: BLE001 - the boundary: whatever it was, the client gets an answer
            _log.exception("unexpected_error", request_id=request.request_id)
            await self._refuse(request.path, request.request_id, SolarisError(), client)

    async def _send_whole(
        self, request: IncomingRequest, reply: BufferedReply, client: Client
    ) -> None:
        """Send a whole answer; into a stream that has begun with comments, as its one frame."""
        if not client.has_started:
            headers = {**reply.headers, "content-length": str(len(reply.body))}
            await client.start(reply.status, headers)
            await client.finish(reply.body)
            return
        if not is_error(reply.status):
            await client.finish(b"data: " + reply.body.translate(None, b"\r\n") + b"\n\n")
            return
        told = error_in(reply.body) or f"the model provider answered {reply.status}"
        code = UpstreamUnavailableError.code
        await client.finish(error_frame(request.path, told, code, request.request_id))

    async def _refuse(
        self,
        path: str,
        request_id: str,
        error: SolarisError,
        client: Client,
        *,
        asking: Asking | None = None,
        closes: bool = False,
        has_record: bool = False,
    ) -> None:
        answer = error_answer(error, self._settings.locale, request_id)
        endpoint = path if self._forwarder.is_metered(path) else "other"
        self._metrics.count(REFUSALS, error.code)
        if not has_record:
            self._remember(error, asking or Asking())
        self._metrics.count(REQUESTS, endpoint, "-", str(answer.status))
        _log.info(
            "request_refused",
            request_id=request_id,
            code=error.code,
            status=answer.status,
            endpoint=endpoint,
            reason=str(error)[:200],
        )
        if client.has_started:
            told = answer.body["error"]
            await client.finish(error_frame(path, told["message"], told["code"], request_id))
            return
        data = orjson.dumps(refusal(path, answer.status, answer.body["error"], request_id))
        headers = {"content-type": "application/json", **answer.headers}
        if closes:
            headers["connection"] = "close"
        await client.start(answer.status, {**headers, "content-length": str(len(data))})
        await client.finish(data)

    def _remember(self, error: SolarisError, asking: Asking) -> None:
        model = error.model if isinstance(error, ModelNotAllowedError) else asking.model
        self._refusals.count(
            error.counted_as, user_id=asking.user_id, model=model, key_id=asking.key_id
        )


async def _until_gone(receive: Receive) -> None:
    """Return when the client hangs up; a body that nobody asked for is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Lower-case names; a repeated header is joined, so that it cannot be read two ways."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
