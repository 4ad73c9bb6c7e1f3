"""Programs that listen for this system alone: who does not know its secret is refused.

Loopback is shared by every account of a machine and by every page in its browsers. A page cannot
name a path that it does not know, nor send a header of ours without asking first (CORS), which
nothing here answers.
"""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import sha256
from typing import Any

HEADER = b"x-solaris-system"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def system_secret(secret_key: str) -> bytes:
    """What this system's processes send each other: derived from SECRET_KEY, for this alone."""
    return hmac.digest(secret_key.encode(), b"solaris: between processes", sha256).hex().encode()


class ForTheSystem:
    """ASGI: passes on what has the secret in `HEADER`, or in front of its path; else 403.

    A header of that name, or that prefix, is taken away. Nothing of a refused body is read.
    """

    def __init__(self, app: App, *, header: bytes = b"", prefix: str = "") -> None:
        if bool(header) == bool(prefix):
            msg = "one of header and prefix"
            raise ValueError(msg)
        self._app = app
        self._header = header
        self._prefix = prefix.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or run the application's start and stop."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        known = scope["type"] == "http" and self._known(scope)
        if known:
            await self._app(known, receive, send)
            return
        body = b"forbidden\n"
        headers = [
            (b"content-type", b"text/plain"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _known(self, scope: Message) -> Message | None:
        """The request as the application gets it; None when nobody of this system has sent it."""
        headers = scope["headers"]
        if any(name.lower() == b"origin" for name, _ in headers) and self._prefix:
            return None  # the functions compare it with their own address
        if self._header:
            given = [value for name, value in headers if name.lower() == HEADER]
            if len(given) != 1 or not hmac.compare_digest(given[0], self._header):
                return None
            return {**scope, "headers": [one for one in headers if one[0].lower() != HEADER]}
        raw = scope.get("raw_path") or scope["path"].encode()
        length = len(self._prefix)
        if not hmac.compare_digest(raw[:length], self._prefix) or raw[length : length + 1] != b"/":
            return None
        path = scope["path"].removeprefix(self._prefix.decode())
        return {**scope, "raw_path": raw[length:], "path": path}
