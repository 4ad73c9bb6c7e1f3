"""The HTTP client of the upstream: aiohttp, with stated time-outs.

aiohttp itself, because httpx over its transport spends a quarter of the gateway's time a request
on cookies, URLs and headers (ARCHITECTURE.md, "Hot path"). Connecting may take 5 s, silence 60 s
(settings); the whole answer has no limit, since a long one is no failure.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import quote

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from solaris.errors import UpstreamTimeoutError, UpstreamUnavailableError

MAX_BUFFERED_BYTES = 64 * 1024 * 1024
KEEP_ALIVE_SECONDS = 30
MAX_KNOWN_URLS = 256
# what RFC 3986 lets stand, and the sign of what is encoded already
_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]"


class UpstreamAnswer:
    """Status and headers of an answer whose body is still to be read. Close it in any case."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    @property
    def is_event_stream(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return self.headers.get("content-type", "").lower().startswith("text/event-stream")

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives; a compressed one is unpacked."""
        with _upstream_errors():
            async for chunk in self._response.content.iter_any():
                yield chunk

    async def read(self) -> bytes:
        """Read the whole body, at most 64 MiB."""
        parts: list[bytes] = []
        size = 0
        async for chunk in self.chunks():
            size += len(chunk)
            if size > MAX_BUFFERED_BYTES:
                msg = f"the answer is larger than {MAX_BUFFERED_BYTES} bytes"
                raise UpstreamUnavailableError(msg)
            parts.append(chunk)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def close(self) -> None:
        """Close the answer; one not read to its end closes the upstream's connection too."""
        self._response.release()
        await self._response.wait_for_close()


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
    ) -> None:
        base = base_url.rstrip("/")
        self._authorization = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._limit = max_connections
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
        UpstreamTimeoutError.
        """
        session = self._session or self._open_session()
        with _upstream_errors():
            return UpstreamAnswer(
                await session.request(
                    method,
                    self._url(path),
                    data=body,
                    headers={**headers, **self._authorization, "accept-encoding": "identity"},
                    allow_redirects=False,
                )
            )

    async def close(self) -> None:
        """Close the kept-alive connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._limit, keepalive_timeout=KEEP_ALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            # an SSE line or a header of a real upstream stays far below these
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        )
        return self._session


def _url(text: str) -> URL:
    """An address as it was written; only what may not stand in one is percent-encoded."""
    return URL(quote(text, safe=_URL_CHARACTERS), encoded=True)


@contextmanager
def _upstream_errors() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise UpstreamTimeoutError(str(error)) from error
    except OSError as error:
        raise UpstreamUnavailableError(f"{type(error).__name__}: {error}") from error
    except (aiohttp.ClientError, HttpProcessingError) as error:
        # the text quotes the answer, and this one goes into the log
        raise UpstreamUnavailableError(type(error).__name__) from error
