"""The client's own address behind proxies, of which TRUSTED_PROXIES says how many there are.

X-Forwarded-For is what anybody may send, and each proxy adds at its right end whom it saw. So as
many entries from the right as there are proxies are true, and nothing left of them (RFC 7239,
section 7.4).
"""

from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def client_address(peer: str | None, forwarded: str, proxies: int) -> str | None:
    """Who asks: the entry of `forwarded` that the outermost of so many proxies has written.

    `peer` is the connection's address: the answer when there is no proxy, or the header is missing
    or holds something else there. A shorter header is of a request that met fewer proxies: its
    first entry counts.
    """
    entries = [entry.strip() for entry in forwarded.split(",") if entry.strip()]
    if proxies < 1 or not entries:
        return peer
    try:
        return str(ip_address(entries[-min(proxies, len(entries))]))
    except ValueError:
        return peer


class TrustedProxies:
    """ASGI: `scope["client"]` becomes the client's own address; with 0 proxies nothing changes."""

    def __init__(self, app: App, proxies: int) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if self._proxies and scope["type"] == "http":
            client = scope.get("client")
            peer = client[0] if client else None
            values = [
                value.decode("latin-1")
                for name, value in scope["headers"]
                if name.lower() == b"x-forwarded-for"
            ]
            address = client_address(peer, ",".join(values), self._proxies)
            if address is not None and address != peer:
                scope = {**scope, "client": (address, 0)}
        await self._app(scope, receive, send)
