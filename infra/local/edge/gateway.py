"""The one port: /v1 is served here by the proxy function, the rest by the other functions.

python -m infra.local.edge.gateway --host 127.0.0.1 --port 8080 --functions http://127.0.0.1:N
"""

import argparse
import ctypes
import gc
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from yarl import URL

from infra.local.edge.downloads import Downloads, is_download
from infra.local.edge.for_the_system import HEADER, system_secret
from infra.local.edge.functions import load_function, send_reply
from infra.local.edge.gateway_responses import gateway_response
from infra.local.edge.guarded_http import GuardedHttp
from infra.local.edge.listening import serve
from infra.local.edge.mailbox import Mailbox, is_mailbox, is_open
from infra.local.edge.passed_bodies import PassedBodies
from infra.local.edge.site import Site, is_site
from infra.local.run.lifeline import steady_output
from infra.local.run.programs import ROOT, STREAM_SECONDS
from solaris.app import process_parts
from solaris.gateway.body.bodies import Body, has_body
from solaris.gateway.client import ClientGoneError
from solaris.gateway.upstream import in_parts
from solaris.platform.errors import SolarisError, StoreUnavailableError, UnknownPathError
from solaris.platform.settings import Settings, load_settings
from solaris.platform.web.trusted_proxies import BehindFront

FUNCTION_SECONDS = 30
KEEP_ALIVE_SECONDS = 75
SWITCH_SECONDS = 0.001  # Python's own is 5 ms
MAPPED_BYTES = 256 * 1024
_M_MMAP_THRESHOLD = -3  # malloc.h
# Hop-by-hop headers (RFC 9110, section 7.6.1) are not passed on. Host is: the functions compare a
# page's Origin with it.
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_SAID_HERE = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip", HEADER})

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Gateway:
    """Sends /v1 to the proxy and everything else to the functions' own process."""

    def __init__(
        self,
        proxy: App,
        functions_url: str,
        settings: Settings,
        mailbox: Mailbox | None = None,
        bodies: PassedBodies | None = None,
    ) -> None:
        self._settings = settings
        self._bodies = bodies or PassedBodies(process_parts)
        self._proxy = proxy
        self._mailbox = mailbox
        self._functions_url = functions_url
        self._secret = system_secret(settings.secret_key).decode()
        self._downloads = Downloads(lambda: process_parts().platform.files)
        stage = {"locale": settings.locale, "timeZone": settings.period_timezone}
        self._site = Site(ROOT / "admin_site" / "dist", {"apiBaseUrl": "/api", **stage})
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or run the proxy's start and stop."""
        path = scope.get("path", "")
        if scope["type"] == "lifespan" or path == "/v1" or _is_proxied(path):
            await self._proxy(scope, receive, send)
        elif scope["type"] == "http" and self._mailbox is not None and is_mailbox(path):
            await self._mailbox(scope, send)
        elif scope["type"] == "http" and is_site(path):
            await self._site(scope, receive, send)
        elif scope["type"] == "http" and is_download(path):
            await self._downloads(scope, send)
        elif scope["type"] == "http":
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = [*_forwarded(scope), (HEADER.decode(), self._secret)]
        # the path as it came: what is percent-encoded in it stays so
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        found = {name.lower(): value for name, value in headers}
        body: Body | None = None
        try:
            if not path.startswith("/"):
                raise UnknownPathError(path)  # `OPTIONS *`, of the server and no path of it
            body = await self._bodies.read(scope, path, receive)
            if body is None:
                # nobody whose body is read: the answer is the same without it
                left_out = (b"content-length", b"transfer-encoding")
                headers = [one for one in headers if one[0].lower().encode() not in left_out]
            status, raw, data = await self._ask(scope, path, headers, body.data if body else b"")
        except ClientGoneError:
            return
        except SolarisError as error:
            reply = gateway_response(error, path=path, headers=found, settings=self._settings)
            if body is None and has_body(found):
                reply = reply.with_headers({"connection": "close"})
            await send_reply(send, reply)
            return
        finally:
            if body is not None:
                body.done()
        if body is None and has_body(found):
            raw.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": data})

    async def _ask(
        self, scope: Message, path: str, headers: list[tuple[str, str]], body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        url = self._functions_url + path
        if scope["query_string"]:
            url += "?" + scope["query_string"].decode("latin-1")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=FUNCTION_SECONDS, sock_connect=2),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
            )
        try:
            async with self._session.request(
                scope["method"],
                URL(url, encoded=True),
                data=in_parts(body or None),
                headers=headers,
                allow_redirects=False,
            ) as answer:
                data = await answer.read()
                raw = [(n, v) for n, v in answer.raw_headers if n.lower() not in _HOP_BY_HOP]
                return answer.status, raw, data
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise StoreUnavailableError from error


def _forwarded(scope: Message) -> list[tuple[str, str]]:
    """The headers to pass on; who asks is said here and not by the client."""
    headers = [
        (name.decode("latin-1"), _text(value))
        for name, value in scope["headers"]
        if name.lower() not in _HOP_BY_HOP | _SAID_HERE
    ]
    client = scope.get("client")
    return [*headers, ("x-forwarded-for", client[0])] if client else headers


def _text(value: bytes) -> str:
    """A header's value so that aiohttp, which writes UTF-8, sends what came."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _is_proxied(path: str) -> bool:
    # these two are the quota function's, as on API Gateway
    return path.startswith("/v1/") and path not in ("/v1/quota", "/v1/quota/check")


def _share_the_process() -> None:
    """Let the event loop in after a millisecond of a large body, and give its memory back.

    glibc else keeps blocks of up to 32 MiB for the next body, in pieces that do not fit it.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with suppress(AttributeError, OSError):  # another C library: it has ways of its own
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES)


def main() -> None:
    """Serve until SIGTERM; open streams get 30 s to end."""
    steady_output()
    parser = argparse.ArgumentParser(description="The gateway on one port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--functions", required=True, help="URL of the functions' process")
    parser.add_argument("--mails", type=Path, help="file of the store's mails, to show them")
    arguments = parser.parse_args()
    settings = load_settings()
    has_mailbox = arguments.mails and is_open(settings, arguments.host)
    mailbox = Mailbox(arguments.mails) if has_mailbox else None
    gateway = Gateway(load_function("proxy").app, arguments.functions, settings, mailbox)
    _share_the_process()
    # what is loaded stays: no collection during a request has to walk through it
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        BehindFront(gateway, settings.front, settings.locale),
        host=arguments.host,
        port=arguments.port,
        loop="uvloop",
        http=GuardedHttp,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STREAM_SECONDS,
    )
    serve(config)


if __name__ == "__main__":
    main()
