"""Requests a second per user: counted in Redis, in this process while Redis is away."""

import time
from collections import OrderedDict

from solaris.cache import AsyncCache
from solaris.domain.rate_limit import RateRule, decide
from solaris.errors import RateLimitedError

MAX_TRACKED_USERS = 100_000


class RateLimiter:
    """One rule for every user; raises RateLimitedError with the seconds to wait."""

    def __init__(self, cache: AsyncCache, stage: str, rule: RateRule) -> None:
        self._cache = cache
        self._prefix = f"solaris:{stage}:rate:"
        self._rule = rule
        self._arrivals: OrderedDict[str, float] = OrderedDict()

    async def admit(self, user_id: str) -> None:
        """Count one request of a user."""
        now = time.time()
        wait = await self._cache.wait_for_rate(self._prefix + user_id, now, self._rule)
        if wait is None:
            wait = self._decide_here(user_id, now)
        if wait > 0:
            raise RateLimitedError(wait)

    def _decide_here(self, user_id: str, now: float) -> float:
        decision = decide(self._arrivals.get(user_id), now, self._rule)
        self._arrivals[user_id] = decision.arrival
        self._arrivals.move_to_end(user_id)
        if len(self._arrivals) > MAX_TRACKED_USERS:
            self._arrivals.popitem(last=False)
        return decision.retry_after_seconds
