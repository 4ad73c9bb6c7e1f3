"""What may be forgotten at any time: in this process, and in Redis. It never decides a quota.

Redis holds keys, rate limits and metrics. Its client, slow to load, is imported where there is an
address.

Every call is bounded (0.25 s). When Redis fails it is left alone for five seconds and the caller
gets None, "not known": keys are then read from DynamoDB and rates limited in process.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import structlog
from cachetools import TLRUCache

from solaris.platform.rate_rule import SKEW_SECONDS, RateRule

if TYPE_CHECKING:
    import redis
    import redis.asyncio

TIMEOUT_SECONDS = 0.25
PAUSE_SECONDS = 5.0
METRICS_SECONDS = 7 * 24 * 3600
_OPTIONS: Mapping[str, Any] = {
    "socket_timeout": TIMEOUT_SECONDS,
    "socket_connect_timeout": TIMEOUT_SECONDS,
    "decode_responses": True,
    "protocol": 2,
}

# The rule of platform/rate_rule.py (GCRA) in one round trip. Times are seconds.
_RATE_SCRIPT = """
local now = tonumber(ARGV[1])
local interval = 1 / tonumber(ARGV[2])
local start = tonumber(redis.call('GET', KEYS[1]) or now)
local latest = now + tonumber(ARGV[3]) * interval + tonumber(ARGV[4])
if start < now or start > latest then start = now end
local wait = start + interval - tonumber(ARGV[3]) * interval - now
-- tostring keeps 14 digits: tenths of a millisecond of today's time, by which it then refuses
local function whole(number) return string.format('%.17g', number) end
if wait > 1e-9 then return whole(wait) end
redis.call('SET', KEYS[1], whole(start + interval), 'PX',
           math.ceil((start + interval - now) * 1000) + 1000)
return '0'
"""

# Adds to fields of a hash. A new field is made only while there is room; beyond it the amount
# goes to the field named instead.
_ADD_SCRIPT = """
local most = tonumber(ARGV[1])
for i = 3, #ARGV, 3 do
  local field = ARGV[i]
  if redis.call('HEXISTS', KEYS[1], field) == 0 and redis.call('HLEN', KEYS[1]) >= most then
    field = ARGV[i + 1]
  end
  redis.call('HINCRBYFLOAT', KEYS[1], field, ARGV[i + 2])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_log = structlog.get_logger("solaris.platform.cache")


@dataclass(frozen=True, slots=True)
class Kept(Generic[V]):
    """A value, and the first moment of the timer at which it is no longer told."""

    value: V
    until: float


class Remembered(Generic[K, V]):
    """What this process knows for a while; of more than `most` those that were used last.

    For any number of threads. `timer` tells seconds and only rises.
    """

    def __init__(self, most: int, timer: Callable[[], float] | None = None) -> None:
        self._timer = timer or time.monotonic
        self._kept: TLRUCache[K, Kept[V]] = TLRUCache(
            most, ttu=lambda _key, kept, _now: kept.until, timer=self._timer
        )
        self._lock = Lock()

    def get(self, key: K) -> Kept[V] | None:
        """What is kept under a key and not over."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: K, value: V, seconds: float, *, since: float | None = None) -> None:
        """Keep a value for so long, instead of what was kept before.

        `since` is the moment of the timer at which it was asked for, where that is not now.
        """
        until = (self._timer() if since is None else since) + seconds
        with self._lock:
            self._kept[key] = Kept(value, until)

    def forget(self, key: K) -> None:
        """Keep nothing under a key."""
        with self._lock:
            self._kept.pop(key, None)


class _Breaker:
    """Remembers a failure, so that a dead Redis costs one time-out in five seconds."""

    def __init__(self) -> None:
        self._closed_until = 0.0

    def is_open(self) -> bool:
        return time.monotonic() >= self._closed_until

    def failed(self, error: Exception) -> None:
        self._closed_until = time.monotonic() + PAUSE_SECONDS
        _log.warning("redis_unavailable", error=type(error).__name__)


def _failures() -> tuple[type[Exception], ...]:
    """What a call to Redis may raise; looked up when something was raised."""
    import redis  # noqa: PLC0415

    return redis.RedisError, OSError, TimeoutError


def _additions(
    amounts: Mapping[str, float], most: int, instead: Mapping[str, str]
) -> list[str | float]:
    given = [(field, instead[field], amount) for field, amount in amounts.items()]
    return [most, METRICS_SECONDS, *(part for one in given for part in one)]


def _rate_arguments(now: float, rule: RateRule) -> list[Any]:
    return [now, rule.per_second, rule.burst, SKEW_SECONDS]


class AsyncCache:
    """Redis from the request path; without an address every answer is None."""

    def __init__(self, address: str | None) -> None:
        self._breaker = _Breaker()
        self._redis: redis.asyncio.Redis | None = None
        if address:
            from redis.asyncio import Redis  # noqa: PLC0415

            self._redis = Redis.from_url(address, **_OPTIONS)
        self._rate_script = self._redis.register_script(_RATE_SCRIPT) if self._redis else None
        self._add_script = self._redis.register_script(_ADD_SCRIPT) if self._redis else None

    async def get(self, key: str) -> str | None:
        """Return a value, None when unknown or Redis is away."""
        if self._redis is None:
            return None
        return cast("str | None", await self._bounded(self._redis.get(key)))

    async def set(self, key: str, value: str, seconds: int) -> None:
        """Keep a value for a while."""
        if self._redis is not None:
            await self._bounded(self._redis.set(key, value, ex=seconds))

    async def wait_for_rate(self, key: str, now: float, rule: RateRule) -> float | None:
        """Count one request; return the seconds to wait, 0 for none, None when Redis is away."""
        if self._rate_script is None:
            return None
        call = self._rate_script(keys=[key], args=_rate_arguments(now, rule))
        answer = await self._bounded(cast("Awaitable[Any]", call))
        return None if answer is None else float(answer)

    async def add_all(
        self, key: str, amounts: Mapping[str, float], *, most: int, instead: Mapping[str, str]
    ) -> bool:
        """Add amounts to fields of a hash in one round trip; False when Redis is away.

        The hash has `most` fields at most: an amount for a new one beyond goes to `instead`.
        """
        if self._add_script is None:
            return False
        call = self._add_script(keys=[key], args=_additions(amounts, most, instead))
        return await self._bounded(cast("Awaitable[Any]", call)) is not None

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _bounded(self, call: Awaitable[Any]) -> Any:
        if not self._breaker.is_open():
            close = getattr(call, "close", None)
            if close is not None:
                close()
            return None
        try:
            return await call
        except _failures() as error:
            self._breaker.failed(error)
            return None


class Cache:
    """Redis from synchronous functions and the command line."""

    def __init__(self, address: str | None) -> None:
        self._breaker = _Breaker()
        self._redis: redis.Redis | None = None
        if address:
            from redis import Redis  # noqa: PLC0415

            self._redis = Redis.from_url(address, **_OPTIONS)
        self._add_script = self._redis.register_script(_ADD_SCRIPT) if self._redis else None

    @property
    def is_configured(self) -> bool:
        """Whether there is an address at all."""
        return self._redis is not None

    def ping(self) -> bool:
        """Ask Redis for a sign of life now, whatever happened before."""
        if self._redis is None:
            return False
        try:
            return bool(self._redis.ping())
        except _failures():
            return False

    def wait_for_rate(self, key: str, now: float, rule: RateRule) -> float | None:
        """Count one request, as AsyncCache does."""
        if self._redis is None or not self._breaker.is_open():
            return None
        arguments = _rate_arguments(now, rule)
        try:
            return float(cast("str", self._redis.eval(_RATE_SCRIPT, 1, key, *arguments)))
        except _failures() as error:
            self._breaker.failed(error)
            return None

    def read_all(self, key: str) -> dict[str, float] | None:
        """Return a hash of figures; None when Redis is away."""
        if self._redis is None or not self._breaker.is_open():
            return None
        try:
            values = cast("dict[str, str]", self._redis.hgetall(key))
        except _failures() as error:
            self._breaker.failed(error)
            return None
        return {field: float(value) for field, value in values.items()}

    def add_all(
        self, key: str, amounts: Mapping[str, float], *, most: int, instead: Mapping[str, str]
    ) -> bool:
        """Add amounts to fields of a hash, as AsyncCache does; False when Redis is away."""
        if self._add_script is None or not self._breaker.is_open():
            return False
        try:
            self._add_script(keys=[key], args=_additions(amounts, most, instead))
        except _failures() as error:
            self._breaker.failed(error)
            return False
        return True

    def delete(self, key: str) -> bool:
        """Forget a value; False when Redis is away (it then expires by itself)."""
        if self._redis is None:
            return False
        try:
            self._redis.delete(key)
        except _failures() as error:
            self._breaker.failed(error)
            return False
        return True

    def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            self._redis.close()
