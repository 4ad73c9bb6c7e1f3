"""proxy: everything under /v1. One ASGI app, because Chalice cannot stream.

Locally infra/local/edge/gateway.py serves `app`. On Lambda `served_on_lambda` is served by run.sh
behind the Lambda Web Adapter, or by buffered.py where the gateway cannot stream.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.routing import Route

from solaris.app import process_parts
from solaris.gateway.lambda_asgi import on_lambda
from solaris.platform.background import drain
from solaris.platform.metrics import publish_forever, publish_metrics

DRAIN_SECONDS = 10


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    parts = process_parts()
    parts.gateway.warm_up()
    refusals = parts.gateway.refusals
    beside = asyncio.gather(
        publish_forever(parts.platform.metrics, parts.platform.async_cache),
        refusals.flush_forever(),
    )
    try:
        yield
    finally:
        beside.cancel()
        with suppress(asyncio.CancelledError):
            await beside
        await drain(DRAIN_SECONDS)
        await refusals.flush()
        await publish_metrics(parts.platform.metrics, parts.platform.async_cache)
        await parts.close()


app = Starlette(routes=[Route("/{path:path}", process_parts().gateway.app)], lifespan=lifespan)
served_on_lambda = on_lambda(app, process_parts().gateway)
