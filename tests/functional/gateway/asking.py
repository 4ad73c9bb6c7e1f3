"""One request through a gateway of its own, and what its upstream was asked."""

from typing import Any

from tests.functional.gateway.frames import CHAT, begin, delta, end
from tests.functional.gateway.gateway_support import Gateway, Got
from tests.functional.gateway.raw_upstream import Script, raw_upstream


async def sent(
    body: dict[str, Any], path: str = CHAT, *, query: str = "", **more: Any
) -> tuple[dict[str, Any], Got, Gateway]:
    """What the upstream was asked, what the client got."""
    good = Script([begin(path), delta(path, "um"), *end(path)])
    async with raw_upstream(good) as upstream:
        gateway = Gateway(upstream.url, **more)
        got = await gateway.ask(body, path, query=query)
        await gateway.close()
    return (upstream.asked[-1] if upstream.asked else {}), got, gateway
