"""Bodies that the one port passes on to the functions: read only of somebody who is known.

Of whom nobody knows, the request goes on without its body: the function refuses it by its head, in
its own words, as API Gateway's authorizer does.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from solaris.gateway.body.bodies import Body, has_body
from solaris.platform.errors import InvalidAdminKeyError, UnauthenticatedError
from solaris.platform.web.body_limits import CHECK_PATH, body_limit, needs_token
from solaris.platform.web.messages import bearer_token
from solaris.sign_in.admin_keys.key import is_admin_key

if TYPE_CHECKING:
    from solaris.app import Parts

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class PassedBodies:
    """Reads what may be passed on; `parts` are asked for with the first body."""

    def __init__(self, parts: Callable[[], "Parts"]) -> None:
        self._parts = parts

    async def read(self, scope: Message, path: str, receive: Receive) -> Body | None:
        """The body of a request, an empty one where there is none; None: it is not to be read.

        Raises InvalidApiKeyError and RateLimitedError as /v1 does, PayloadTooLargeError and what
        else `Bodies.read` raises.
        """
        headers = _headers(scope)
        if not has_body(headers):
            return Body()
        limit = body_limit(path)
        if not limit:
            return None
        parts = self._parts()
        client = scope.get("client")
        address = client[0] if client else None
        if path == CHECK_PATH:
            await parts.keys.entrance.key_of(headers, address)
        elif needs_token(path):
            token = bearer_token(headers.get("authorization", ""))
            try:
                if is_admin_key(token):
                    # a look at the store, unless the key is remembered
                    await asyncio.to_thread(parts.sign_in.admin_key_verifier.verify, token)
                else:
                    parts.sign_in.access_tokens.read(token)
            except (UnauthenticatedError, InvalidAdminKeyError):
                return None
        return await parts.gateway.bodies.read(receive, headers, limit=limit, address=address)


def _headers(scope: Message) -> dict[str, str]:
    """Lower-case names; what is repeated is joined."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found
