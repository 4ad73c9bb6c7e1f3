"""Files of exports at /files/: for links that this system signed, read from the store.

The store listens on loopback only, and on a port that nobody outside knows. Here each link is
held against its signature and its end, and the bytes are passed on as they come.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from yarl import URL

from solaris.platform.aws.files import FileStore, Source
from solaris.platform.errors import SolarisError
from solaris.platform.file_links import FILES_PATH, content_disposition

PIECE_BYTES = 64 * 1024
MAX_DOWNLOADS = 16
MAX_QUERY_FIELDS = 10
MAX_QUERY_CHARACTERS = 2000
DOWNLOAD_SECONDS = 3600
STORE_SECONDS = 30  # until the next bytes come

_PASSED_ON = frozenset(
    {
        *(b"content-type", b"content-length", b"content-range", b"accept-ranges"),
        *(b"etag", b"last-modified"),
    }
)
_OWN_HEADERS = [
    (b"cache-control", b"private, no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox; default-src 'none'"),
]

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


def is_download(path: str) -> bool:
    """Whether a path is a file's."""
    return path.startswith(FILES_PATH)


class Downloads:
    """Answers everything under /files/. `files` is asked for when the first link comes."""

    def __init__(self, files: Callable[[], FileStore]) -> None:
        self._files = files
        self._session: aiohttp.ClientSession | None = None
        self._free = asyncio.Semaphore(MAX_DOWNLOADS)

    async def __call__(self, scope: Message, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await _say(send, 405, "Method Not Allowed", [(b"allow", b"GET, HEAD")])
            return
        try:
            source = await asyncio.to_thread(self._source, scope)
        except SolarisError:
            await _say(send, 503, "Service Unavailable")
            return
        if source is None:
            await _say(send, 403, "Link inválido ou vencido. / The link is wrong or has expired.")
            return
        # the longest that a slow client may hold one of the places
        async with self._free, asyncio.timeout(DOWNLOAD_SECONDS):
            await self._pass_on(source, scope, send)

    def _source(self, scope: Message) -> Source | None:
        text = scope["query_string"].decode("latin-1")
        if len(text) > MAX_QUERY_CHARACTERS:
            return None
        try:
            query = dict(parse_qsl(text, max_num_fields=MAX_QUERY_FIELDS, errors="strict"))
        except ValueError:  # too many fields, or no UTF-8
            return None
        key = scope["path"].removeprefix(FILES_PATH)
        return self._files().source(key, query)

    async def _pass_on(self, source: Source, scope: Message, send: Send) -> None:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(
                total=DOWNLOAD_SECONDS, sock_connect=2, sock_read=STORE_SECONDS
            )
            self._session = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)
        # one range of a file, for a download that is taken up again
        wanted = {
            name.decode(): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"range", b"if-range")
        }
        has_begun = False
        try:
            url, headers = URL(source.url, encoded=True), source.headers | wanted
            async with self._session.get(url, headers=headers) as answer:
                if answer.status not in (200, 206):
                    status = answer.status if answer.status in (404, 416) else 503
                    await _say(send, status, "Not available")
                    return
                kept = [
                    (name.lower(), value)
                    for name, value in answer.raw_headers
                    if name.lower() in _PASSED_ON
                ]
                name = content_disposition(source.file_name).encode("latin-1")
                kept += [(b"content-disposition", name), *_OWN_HEADERS]
                start = {"status": answer.status, "headers": kept}
                await send({"type": "http.response.start", **start})
                has_begun = True
                if scope["method"] == "GET":
                    async for piece in answer.content.iter_chunked(PIECE_BYTES):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (aiohttp.ClientError, TimeoutError, OSError):
            if has_begun:
                raise  # the connection breaks off: the client must not take a part for the whole
            await _say(send, 503, "Service Unavailable")

    async def close(self) -> None:
        """Close the connections to the store."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _say(
    send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    body = f"{text}\n".encode()
    own = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    sent = [*own, *_OWN_HEADERS, *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
