"""Threads for bodies, apart from those that look keys up and ask the store.

orjson and the tokenizer hold the interpreter while they work, so more threads would not make them
faster, and each is one more that the event loop waits for: one for bodies that are large or have
many parts, and one for the rest, which need not wait behind them. How long such a call may take is
bounded by platform/web/body_structure.py and gateway/tokenizer.py. A process of its own would not
stand in the way at all, but takes each body and its meaning through a pipe; that has not been
measured.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

HEAVY_BYTES = 256 * 1024
HEAVY_THREAD = "heavy-body"
LIGHT_THREAD = "light-body"

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _thread(name: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix=name)


async def in_heavy_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do the work of one heavy body, one at a time; what it raises is raised here."""
    return await _in(HEAVY_THREAD, lambda: work(*args, **kwargs))


async def in_light_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do what takes milliseconds of any other body or answer; one at a time, as above."""
    return await _in(LIGHT_THREAD, lambda: work(*args, **kwargs))


async def _in(name: str, work: Callable[[], R]) -> R:
    return await asyncio.get_running_loop().run_in_executor(_thread(name), work)
