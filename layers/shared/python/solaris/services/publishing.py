"""Hands a process's metrics over to Redis, about once a second."""

import asyncio

from solaris.cache import AsyncCache
from solaris.metrics import METRICS_KEY, Metrics

PUBLISH_SECONDS = 1.0


async def publish_metrics(metrics: Metrics, cache: AsyncCache) -> None:
    """Publish once; what Redis does not take is kept for the next time."""
    amounts = metrics.take_unpublished()
    if amounts and not await cache.add_all(METRICS_KEY, amounts):
        metrics.put_back(amounts)


async def publish_forever(metrics: Metrics, cache: AsyncCache) -> None:
    """Publish every second until cancelled."""
    while True:
        await asyncio.sleep(PUBLISH_SECONDS)
        await publish_metrics(metrics, cache)
