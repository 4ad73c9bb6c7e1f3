"""Work that outlives its request: settlements after the client has gone."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()


def keep(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start work that a cancelled request does not take down with it."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


async def drain(seconds: float) -> int:
    """Wait for what is still running, for a clean stop; return how much was not done in time."""
    if not _running:
        return 0
    _, pending = await asyncio.wait(set(_running), timeout=seconds)
    return len(pending)
