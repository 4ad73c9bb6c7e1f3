"""What the proxy's ASGI application needs on Lambda, where a process is frozen between requests.

Nothing runs once an answer has ended, and a frozen process may never run again. So the end of an
answer waits for what was begun beside it (a notice to a blocked user, the metrics) and, every five
seconds at most, for the refusals that were counted. What is then left of them in a process that is
never asked again is written when Lambda ends it.
"""

from typing import TYPE_CHECKING

from solaris.ledger.refusals import Refusals
from solaris.platform.background import drain
from solaris.platform.cache import AsyncCache
from solaris.platform.metrics import Metrics, publish_metrics
from solaris.platform.web.trusted_proxies import App, BehindFront, Message, Receive, Send

if TYPE_CHECKING:
    from solaris.gateway.parts import GatewayParts

FINISH_SECONDS = 2.0


class FinishBeforeFreezing:
    """ASGI: holds an answer's end back until background work is done, two seconds at most.

    Refusals have four seconds of their own (ledger/refusals.py): two for counts, two for people.
    What takes longer goes on with the next request; a reservation that is lost with its process
    expires (gateway/sweeper.py).
    """

    def __init__(self, app: App, metrics: Metrics, cache: AsyncCache, refusals: Refusals) -> None:
        self._app = app
        self._metrics = metrics
        self._cache = cache
        self._refusals = refusals

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass one request on."""

        async def send_the_end_last(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                if message.get("body"):
                    # the client has all of its answer, while we finish
                    await send({**message, "more_body": True})
                    message = {**message, "body": b""}
                await drain(FINISH_SECONDS)
                await publish_metrics(self._metrics, self._cache)
                await self._refusals.flush_if_due()
            await send(message)

        await self._app(scope, receive, send_the_end_last)


def on_lambda(app: App, parts: "GatewayParts") -> BehindFront:
    """The application as Lambda runs it, behind a gateway that says who asks."""
    platform = parts.platform
    finishing = FinishBeforeFreezing(app, platform.metrics, platform.async_cache, parts.refusals)
    return BehindFront(finishing, platform.settings.front, platform.settings.locale)
