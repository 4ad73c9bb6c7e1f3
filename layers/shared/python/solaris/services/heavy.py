"""One thread for large bodies, apart from those that look keys up and ask the store.

orjson and the tokenizer hold the interpreter while they work, so more threads would not make them
faster, and each is one more that the event loop waits for. How long such a call may take is bounded
by domain/body_structure.py and upstream/tokens.py. A process of its own would not stand in the way
at all, but takes each body and its meaning through a pipe; that has not been measured.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import ParamSpec, TypeVar

HEAVY_BYTES = 256 * 1024
THREADS = 1

P = ParamSpec("P")
R = TypeVar("R")


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="heavy-body")


async def in_heavy_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do the work of one large body, one at a time; what it raises is raised here."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), lambda: work(*args, **kwargs))
