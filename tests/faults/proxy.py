"""A proxy in front of one AWS service, which fails as it is told to.

Loopback only, in a thread of its own. Programs are pointed to it by AWS_ENDPOINT_URL_<SERVICE>.
"""

import asyncio
import random
import re
import threading
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from enum import Enum, auto

import aiohttp
import orjson
from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

MAX_BODY_BYTES = 32 * 1024 * 1024
CALL_SECONDS = 30.0
MAX_DELAY_SECONDS = 0.3
_DROPPED = frozenset({"host", "content-length", "connection", "transfer-encoding"})
_SIGNED = frozenset({"authorization", "x-amz-date"})
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
ACCESS_KEY, SECRET_KEY = "AKIDFAULTS", "a secret of the tests"
# after a failure the gateway first asks for the queue again
SENDERS = ("AmazonSQS.GetQueueUrl", "AmazonSQS.SendMessageBatch")
SENDS = ("AmazonSQS.SendMessageBatch", "AmazonSQS.SendMessage")


class Mode(Enum):
    """What the proxy does with a call."""

    PASS = auto()
    DOWN = auto()
    """The connection is cut before anything is done."""

    THROTTLE = auto()
    """A share of calls is answered with DynamoDB's throttling error, and not done."""

    LOSE = auto()
    """A share of calls is done, and the connection cut before the answer."""

    SHUFFLE = auto()
    """Messages are sent late and in another order; `tapped` keeps them."""


class Proxy:
    """`backend` gives the URL of the real service, which may not be known yet at first.

    `hit` counts the calls that failed: those to `counted` operations, or all.
    """

    def __init__(
        self, backend: Callable[[], str], *, seed: int, counted: Container[str] | None = None
    ) -> None:
        self._backend = backend
        self._counted = counted
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self.mode = Mode.PASS
        self.share = 1.0
        self.hit = 0
        self.tapped: list[str] = []
        self.url = ""

    def start(self) -> None:
        """Listen on a port that the system chooses."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(CALL_SECONDS)

    def stop(self) -> None:
        """Close everything."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(CALL_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_SECONDS)
        self._loop.close()

    @contextmanager
    def failing(self, mode: Mode, share: float = 1.0) -> Iterator[None]:
        """Fail in that way until the end of the block."""
        self.share, self.mode, self.hit = share, mode, 0
        try:
            yield
        finally:
            self.mode = Mode.PASS

    async def _open(self) -> None:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS), auto_decompress=False
        )
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _serve(self, request: web.Request) -> web.Response:
        body = await request.read()
        mode = self.mode
        fails = mode is not Mode.PASS and self._random.random() < self.share
        target = request.headers.get("x-amz-target", "")
        if fails and (self._counted is None or target in self._counted):
            self.hit += 1
        if fails and mode is Mode.DOWN:
            return _cut(request)
        if fails and mode is Mode.THROTTLE:
            return _throttled()
        if fails and mode is Mode.SHUFFLE:
            body = await self._shuffled(request, body)
        try:
            answer = await self._forward(request, body)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return _cut(request)  # the service is away
        return _cut(request) if fails and mode is Mode.LOSE else answer

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        if self._session is None:
            raise OSError("closed")
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _DROPPED}
        url = self._backend().rstrip("/") + request.path_qs
        headers = _signed_anew(request.method, url, headers, body)
        async with self._session.request(request.method, url, data=body, headers=headers) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _DROPPED}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    async def _shuffled(self, request: web.Request, body: bytes) -> bytes:
        if request.headers.get("x-amz-target") not in SENDS:
            return body
        payload = orjson.loads(body)
        entries = payload.get("Entries", [payload])
        self.tapped += [one["MessageBody"] for one in entries]
        self._random.shuffle(entries)
        await asyncio.sleep(self._random.uniform(0, MAX_DELAY_SECONDS))
        return orjson.dumps(payload)


def _signed_anew(method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
    """The headers with a signature for this URL, whose host is another than the client's."""
    scope = _SCOPE.search(headers.get("Authorization", ""))
    if scope is None:
        return headers
    kept = {name: value for name, value in headers.items() if name.lower() not in _SIGNED}
    request = AWSRequest(method, url, headers=kept, data=body)
    SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), scope[2], scope[1]).add_auth(request)
    return dict(request.headers.items())


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


def _throttled() -> web.Response:
    kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
    data = {"__type": kind, "message": "The level of configured throughput was exceeded."}
    return web.Response(
        status=400, body=orjson.dumps(data), content_type="application/x-amz-json-1.0"
    )
