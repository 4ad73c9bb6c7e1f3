"""Who asks, and whether they may ask here, when something stands in front.

X-Forwarded-For is what anybody may send, and each proxy adds at its right end whom it saw (RFC
7239, section 7.4). So it is read from the right, one entry for each proxy, and only as long as who
wrote the entry is named as one who may forward. What is left of that is the client's own word.

CloudFront has addresses that change. It is known by a secret instead, which it puts into every
request, beside the viewer's address; with such a secret whoever comes without it is refused.
"""

import hmac
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import orjson

from solaris.platform.errors import DirectCallError
from solaris.platform.texts import Locale

SECRET_HEADER = "x-solaris-origin"  # noqa: S105 - the name of the header
VIEWER_HEADER = "x-solaris-viewer"
OPEN_PATHS = frozenset({"/health", "/metrics"})
"""What monitoring asks past the edge: neither depends on who asks."""

LOCAL_NETWORKS = (
    *("127.0.0.0/8", "::1/128"),
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
)
"""Loopback and private networks."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Front:
    """What stands in front: so many proxies in such networks; CloudFront, by its secrets."""

    proxies: int = 0
    networks: tuple[Network, ...] = tuple(map(ip_network, LOCAL_NETWORKS))
    secrets: tuple[str, ...] = ()

    def admit(self, headers: Mapping[str, str]) -> None:
        """Raise DirectCallError for who comes past CloudFront; names in lower case."""
        if self.secrets and not self._has_secret(headers):
            raise DirectCallError

    def client_address(self, peer: str | None, headers: Mapping[str, str]) -> str | None:
        """Who asks; `peer` is the connection's own address, names of headers are in lower case."""
        if self.secrets and self._has_secret(headers):
            viewer = _address(headers.get(VIEWER_HEADER, ""))
            if viewer is not None:
                return viewer
        entries = headers.get("x-forwarded-for", "").split(",")
        for entry in entries[::-1][: self.proxies]:
            said = _address(entry) if self._may_forward(peer) else None
            if said is None:
                break
            peer = said
        return peer

    def _has_secret(self, headers: Mapping[str, str]) -> bool:
        given = headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        return any([hmac.compare_digest(given, one.encode()) for one in self.secrets])  # noqa: C419 - all of them, in the same time

    def _may_forward(self, address: str | None) -> bool:
        try:
            found = ip_address(address or "")
        except ValueError:
            return False
        return any(found in one for one in self.networks)


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None


class BehindFront:
    """ASGI: `scope["client"]` becomes the client's own address; who may not ask here gets 403."""

    def __init__(self, app: App, front: Front, locale: Locale) -> None:
        self._app = app
        self._front = front
        self._locale: Locale = locale

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] == "http" and (self._front.proxies or self._front.secrets):
            headers = _headers(scope)
            try:
                if scope["path"] not in OPEN_PATHS:
                    self._front.admit(headers)
            except DirectCallError as error:
                await self._refuse(error, send)
                return
            client = scope.get("client")
            peer = client[0] if client else None
            address = self._front.client_address(peer, headers)
            if address is not None and address != peer:
                scope = {**scope, "client": (address, 0)}
        await self._app(scope, receive, send)

    async def _refuse(self, error: DirectCallError, send: Send) -> None:
        from solaris.platform.web.errors import error_answer  # noqa: PLC0415 - settings read this module

        answer = error_answer(error, self._locale, uuid.uuid4().hex)
        body = orjson.dumps(answer.body)
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",  # a body that follows is not read
            **answer.headers,
        }
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def _headers(scope: Message) -> dict[str, str]:
    """What is asked for here; repeated ones are joined, in their order."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in (SECRET_HEADER, VIEWER_HEADER, "x-forwarded-for"):
            text = value.decode("latin-1")
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found
