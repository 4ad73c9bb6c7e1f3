"""The HTTP client of the upstream: httpx over aiohttp's connections, with stated time-outs.

aiohttp does the transport because httpx's own is four times slower with many connections
(ARCHITECTURE.md, "Hot path"). Connecting may take 5 s, silence 60 s (settings); the whole answer
has no limit, since a long one is no failure.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from solaris.errors import UpstreamTimeoutError, UpstreamUnavailableError

MAX_BUFFERED_BYTES = 64 * 1024 * 1024
KEEP_ALIVE_SECONDS = 30


class UpstreamAnswer:
    """Status and headers of an answer whose body is still to be read. Close it in any case."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    @property
    def is_event_stream(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return self.headers.get("content-type", "").lower().startswith("text/event-stream")

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives; a compressed one is unpacked."""
        packed = "content-encoding" in self.headers
        with _upstream_errors():
            stream = self._response.aiter_bytes() if packed else self._response.aiter_raw()
            async for chunk in stream:
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
        return b"".join(parts)

    async def close(self) -> None:
        """Close the answer; one not read to its end closes the upstream's connection too."""
        await self._response.aclose()


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
        self._base_url = base_url.rstrip("/")
        self._authorization = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._limit = max_connections
        self._client = httpx.AsyncClient(
            transport=AiohttpTransport(client=self._open_session),
            timeout=httpx.Timeout(
                connect=connect_seconds, read=idle_seconds, write=idle_seconds, pool=connect_seconds
            ),
            trust_env=False,
        )

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> UpstreamAnswer:
        """Send a request and return when the headers of its answer are there.

        `path` follows /v1, e.g. `/chat/completions`. Raises UpstreamUnavailableError and
        UpstreamTimeoutError.
        """
        request = self._client.build_request(
            method,
            self._base_url + path,
            content=body,
            headers={**headers, **self._authorization, "accept-encoding": "identity"},
        )
        with _upstream_errors():
            return UpstreamAnswer(await self._client.send(request, stream=True))

    async def close(self) -> None:
        """Close the kept-alive connections."""
        await self._client.aclose()

    def _open_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._limit, keepalive_timeout=KEEP_ALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            # an SSE line or a header of a real upstream stays far below these
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        )


@contextmanager
def _upstream_errors() -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        # The transport reports a connection that broke off as a connect time-out.
        if isinstance(error.__cause__, TimeoutError):
            raise UpstreamTimeoutError(str(error)) from error
        raise UpstreamUnavailableError(str(error)) from error
    except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
        raise UpstreamUnavailableError(f"{type(error).__name__}: {error}") from error
