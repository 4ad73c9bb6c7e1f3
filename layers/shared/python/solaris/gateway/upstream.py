"""The HTTP client of the upstream: aiohttp, with stated time-outs.

aiohttp itself, because httpx over its transport spends a quarter of the gateway's time a request
on cookies, URLs and headers (ARCHITECTURE.md, "Hot path"). Connecting may take 5 s, silence 600 s
(settings); the whole answer has no limit, since a long one is no failure.
"""

import asyncio
import select
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, partial
from io import BytesIO
from urllib.parse import quote
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.tracing import Trace
from yarl import URL

from solaris.platform.errors import UpstreamTimeoutError, UpstreamUnavailableError

MAX_WHOLE_BYTES = 1024 * 1024
# Headers of an answer that mean something to the client.
PASSED_BACK = (
    *("content-type", "retry-after", "retry-after-ms", "x-should-retry"),
    *("openai-processing-ms", "openai-version"),
)
MAX_BUFFERED_BYTES = 64 * 1024 * 1024
MAX_KNOWN_URLS = 256
# what RFC 3986 lets stand, and the sign of what is encoded already
_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]"
# How a body begins that is a stream of server-sent events, whatever its content type says.
_EVENT_STREAM_BEGINS = (b"data:", b"event:", b"id:", b"retry:", b":")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

WallClock = Callable[[], float]


class UpstreamAnswer:
    """Status and headers of an answer whose body is still to be read. Close it in any case."""

    def __init__(self, response: aiohttp.ClientResponse, idle_seconds: float) -> None:
        self._response = response
        self._idle_seconds = idle_seconds
        self._ahead = b""
        self._whole: bytes | None = None
        self.parts: list[bytes] = []
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    @property
    def is_event_stream(self) -> bool:
        """Whether the answer says that it is a stream of server-sent events."""
        return self.headers.get("content-type", "").lower().startswith("text/event-stream")

    async def begins_like_events(self) -> bool:
        """Whether the body begins as server-sent events do, whatever its content type says.

        Reads the first bytes and keeps them for `chunks` and `read`.
        """
        while True:
            begin = self._ahead.removeprefix(_BYTE_ORDER_MARK).lstrip()
            if begin.startswith(_EVENT_STREAM_BEGINS):
                return True
            is_open = self._ahead in _BYTE_ORDER_MARK or any(
                one.startswith(begin) for one in _EVENT_STREAM_BEGINS
            )
            more = await self._next() if is_open else b""
            if not more:
                return False
            self._ahead += more

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives; a compressed one is unpacked.

        Raises UpstreamTimeoutError after too long a silence: by a timer of our own around each
        read, because aiohttp drops its one at a chunk that it cannot parse.
        """
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            yield ahead
        while chunk := await self._next():
            yield chunk

    async def read(self) -> bytes:
        """Read the whole body, at most 64 MiB; a repeat gives the same bytes.

        What has come before a failure is in `parts`.
        """
        if self._whole is not None:
            return self._whole
        size = 0
        async for chunk in self.chunks():
            size += len(chunk)
            self.parts.append(chunk)
            if size > MAX_BUFFERED_BYTES:
                msg = f"the answer is larger than {MAX_BUFFERED_BYTES} bytes"
                raise UpstreamUnavailableError(msg)
        self._whole = self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)
        return self._whole

    async def close(self) -> None:
        """Close the answer; one not read to its end closes the upstream's connection too."""
        self._response.release()
        await self._response.wait_for_close()

    async def _next(self) -> bytes:
        """The next bytes, b"" at the end."""
        with _upstream_errors():
            async with asyncio.timeout(self._idle_seconds):
                return await self._response.content.readany()


class UpstreamConnector(aiohttp.TCPConnector):
    """aiohttp's pool, which hands out no kept connection that is closed or too old.

    `wall_clock` gives seconds that go on while the process stands still.

    The rule for sending anew, as a chat costs money each time that it is answered: a request goes
    over another connection only while not one byte of it is written. A kept connection that the
    upstream has closed, that is idle for too long, or on which something came that nobody asked for
    (it would be taken for the answer to the next one's request) is therefore found before it is
    used. What breaks off later is told to the client, since the upstream may have worked on it;
    only GET and its like, which change nothing, are asked once more (by aiohttp).
    """

    def __init__(
        self, *, limit: int, keep_alive_seconds: float, wall_clock: WallClock = time.time
    ) -> None:
        super().__init__(limit=limit, keepalive_timeout=keep_alive_seconds)
        self._keep_alive_seconds = keep_alive_seconds
        self._wall_clock = wall_clock
        self._last_used: WeakKeyDictionary[ResponseHandler, float] = WeakKeyDictionary()

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own
    ) -> Connection:
        """A kept connection that is open, or a new one."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None or self._is_usable(protocol):
                break
            connection.close()
        if protocol is not None:
            connection.add_callback(partial(self._note, protocol))
        return connection

    def _note(self, protocol: ResponseHandler) -> None:
        self._last_used[protocol] = self._wall_clock()

    def _is_usable(self, protocol: ResponseHandler) -> bool:
        last_used = self._last_used.get(protocol)
        if last_used is None:
            return True
        if protocol.should_close:  # it has read what nobody asked for: the next one's answer
            return False
        idle = self._wall_clock() - last_used
        return 0 <= idle < self._keep_alive_seconds and not _has_something_to_read(protocol)


class Upstream:
    """One upstream: `base_url` ends in /v1, `api_key` is its own."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        *,
        connect_seconds: float,
        idle_seconds: float,
        max_connections: int,
        keep_alive_seconds: float = 30.0,
        wall_clock: WallClock = time.time,
    ) -> None:
        base = base_url.rstrip("/")
        self.base_url = base
        self._authorization = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._limit = max_connections
        self._keep_alive_seconds = keep_alive_seconds
        self._wall_clock = wall_clock
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._timeout = aiohttp.ClientTimeout(
            connect=connect_seconds, sock_connect=connect_seconds, sock_read=idle_seconds
        )
        self._session: aiohttp.ClientSession | None = None
        # the metered paths come again and again
        self._url = lru_cache(MAX_KNOWN_URLS)(lambda path: _url(base + path))

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> UpstreamAnswer:
        """Send a request and return when the headers of its answer are there.

        `path` follows /v1, e.g. `/chat/completions`. Raises UpstreamUnavailableError and
        UpstreamTimeoutError, which says whether the upstream had the request by then.
        """
        session = self._session or self._open_session()
        with _upstream_errors():
            async with asyncio.timeout(self._connect_seconds + self._idle_seconds):
                response = await session.request(
                    method,
                    self._url(path),
                    data=in_parts(body),
                    headers={**headers, **self._authorization, "accept-encoding": "identity"},
                    allow_redirects=False,
                )
        return UpstreamAnswer(response, self._idle_seconds)

    async def close(self) -> None:
        """Close the kept-alive connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=UpstreamConnector(
                limit=self._limit,
                keep_alive_seconds=self._keep_alive_seconds,
                wall_clock=self._wall_clock,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            # an SSE line or a header of a real upstream stays far below these
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        )
        return self._session


def in_parts(body: bytes | None) -> bytes | BytesIO | None:
    """A body for aiohttp, which copies bytes into its buffer whole and reads a file in parts."""
    return body if body is None or len(body) <= MAX_WHOLE_BYTES else BytesIO(body)


def _url(text: str) -> URL:
    """An address as it was written; only what may not stand in one is percent-encoded."""
    return URL(quote(text, safe=_URL_CHARACTERS), encoded=True)


@contextmanager
def _upstream_errors() -> Iterator[None]:
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise UpstreamTimeoutError(str(error), has_begun=False) from error
    except TimeoutError as error:
        raise UpstreamTimeoutError(str(error)) from error
    except OSError as error:
        raise UpstreamUnavailableError(f"{type(error).__name__}: {error}") from error
    except (aiohttp.ClientError, HttpProcessingError) as error:
        # the text quotes the answer, and this one goes into the log
        raise UpstreamUnavailableError(type(error).__name__) from error


def _has_something_to_read(protocol: ResponseHandler) -> bool:
    """Whether an idle connection has bytes or its end waiting, which the loop has not seen yet.

    Nobody has asked for anything on it, so whatever it is, this connection is at its end.
    """
    transport = protocol.transport
    socket = None if transport is None else transport.get_extra_info("socket")
    if socket is None or socket.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN)
    return bool(poll.poll(0))
