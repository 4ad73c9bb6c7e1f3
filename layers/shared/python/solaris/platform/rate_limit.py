"""Requests a second per user, key or admin: counted in Redis, here while Redis is away."""

import threading
import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network

from solaris.platform.cache import AsyncCache, Cache, Remembered
from solaris.platform.errors import RateLimitedError
from solaris.platform.rate_rule import RateRule, decide

MAX_TRACKED = 100_000
WRONG_KEY_SCOPE = "wrong-key"
READING_SCOPE = "reading"


class RateLimiter:
    """One rule for every user, one of its own for a key that has one.

    Raises RateLimitedError with the seconds to wait.
    """

    def __init__(self, cache: AsyncCache, stage: str, rule: RateRule) -> None:
        self._cache = cache
        self._prefix = f"solaris:{stage}:rate:"
        self._rule = rule
        self._own = _Arrivals(rule)
        self._waiting: Remembered[str, None] = Remembered(MAX_TRACKED)

    async def admit(self, user_id: str, rule: RateRule | None = None) -> None:
        """Count one request of a user, by a rule of the user's plan where there is one."""
        if rule is not None:
            # by the rule too, as for keys
            await self.admit_subject(f"{user_id}:{rule.per_second:g}:{rule.burst}", rule)
            return
        now = time.time()
        wait = await self._cache.wait_for_rate(self._prefix + user_id, now, self._rule)
        if wait is None:
            wait = self._own.wait(user_id, now)
        if wait > 0:
            raise RateLimitedError(wait)

    async def admit_key(self, key_id: str, rule: RateRule) -> None:
        """Count one request of a key with a limit of its own, whoever its user is."""
        # by the rule too: what a slower rule has counted must not hold a faster one up
        await self.admit_subject(f"key:{key_id}:{rule.per_second:g}:{rule.burst}", rule)

    async def admit_subject(self, subject: str, rule: RateRule) -> None:
        """Count one request of anything else, by a rule of its own."""
        now = time.time()
        wait = await self._cache.wait_for_rate(self._prefix + subject, now, rule)
        if wait is None:
            wait = self._own.wait(subject, now, rule)
        if wait > 0:
            self._waiting.put(subject, None, wait)
            raise RateLimitedError(wait)

    def is_waiting(self, subject: str) -> bool:
        """Whether this process has refused a subject of `admit_subject`, and still would."""
        return self._waiting.get(subject) is not None


class BlockingRateLimiter:
    """The same for synchronous functions, which may call it from several threads.

    `scope` keeps the subjects of different rules apart: `admin`, `login`.
    """

    def __init__(self, cache: Cache, stage: str, rule: RateRule, scope: str) -> None:
        self._cache = cache
        self._prefix = f"solaris:{stage}:rate:{scope}:"
        self._rule = rule
        self._own = _Arrivals(rule)
        self._lock = threading.Lock()

    def admit(self, subject: str) -> None:
        """Count one request; raises RateLimitedError with the seconds to wait."""
        now = time.time()
        wait = self._cache.wait_for_rate(self._prefix + subject, now, self._rule)
        if wait is None:
            with self._lock:
                wait = self._own.wait(subject, now)
        if wait > 0:
            raise RateLimitedError(wait)


def counted_address(address: str | None) -> str:
    """What is counted as one address: an IPv6 customer has a whole /64."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or "-"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


class _Arrivals:
    """What this process has seen itself, of the MAX_TRACKED subjects seen last."""

    def __init__(self, rule: RateRule) -> None:
        self._rule = rule
        self._arrivals: OrderedDict[str, float] = OrderedDict()

    def wait(self, subject: str, now: float, rule: RateRule | None = None) -> float:
        """Count one request, by a rule of its own if stated; return the seconds to wait."""
        decision = decide(self._arrivals.get(subject), now, rule or self._rule)
        self._arrivals[subject] = decision.arrival
        self._arrivals.move_to_end(subject)
        if len(self._arrivals) > MAX_TRACKED:
            self._arrivals.popitem(last=False)
        return decision.retry_after_seconds
