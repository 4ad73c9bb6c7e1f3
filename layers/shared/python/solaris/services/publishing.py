"""Hands a process's metrics over to Redis, about once a second."""

import asyncio

from solaris.cache import AsyncCache, Cache
from solaris.metrics import MAX_FIELDS, METRICS_KEY, Metrics, overflow_fields

PUBLISH_SECONDS = 1.0


async def publish_metrics(metrics: Metrics, cache: AsyncCache) -> None:
    """Publish once; what Redis does not take is kept for the next time."""
    amounts = metrics.take_unpublished()
    if amounts and not await cache.add_all(
        METRICS_KEY, amounts, most=MAX_FIELDS, instead=overflow_fields(amounts)
    ):
        metrics.put_back(amounts)


def publish_now(metrics: Metrics, cache: Cache) -> None:
    """Publish once, from a function that may be frozen when it has answered."""
    amounts = metrics.take_unpublished()
    if amounts and not cache.add_all(
        METRICS_KEY, amounts, most=MAX_FIELDS, instead=overflow_fields(amounts)
    ):
        metrics.put_back(amounts)


async def publish_forever(metrics: Metrics, cache: AsyncCache) -> None:
    """Publish every second until cancelled."""
    while True:
        await asyncio.sleep(PUBLISH_SECONDS)
        await publish_metrics(metrics, cache)
