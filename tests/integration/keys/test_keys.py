"""Gateway keys on a real store: cached, and refused everywhere within five seconds of a revoke."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from solaris.app import Parts
from solaris.keys import authenticator as authenticating
from solaris.keys.authenticator import Authenticator, BlockingAuthenticator
from solaris.keys.key import GatewayKey, KeyKind, generate_key, new_key
from solaris.keys.sealing import Seal
from solaris.keys.store import KeyStore
from solaris.platform import cache as caching
from solaris.platform.cache import AsyncCache
from solaris.platform.errors import InvalidApiKeyError, NotFoundError, StoreUnavailableError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.rate_rule import RateRule
from tests.integration.conftest import NOON, Clock

REVOKED_WITHIN_SECONDS = 5.0
SECRET = "integration-tests-only-0123456789"


class Monotonic:
    """The process's seconds, moved by the test."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds


class MemoryCache:
    """Redis as the authenticator sees it, on the test's time."""

    def __init__(self, time: Monotonic) -> None:
        self._time = time
        self._values: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def get(self, key: str) -> str | None:
        value, until = self._values.get(key, ("", 0.0))
        return value if self._time.seconds < until else None

    async def set(self, key: str, value: str, seconds: int) -> None:
        self._values[key] = (value, self._time.seconds + seconds)


class CountingKeys(KeyStore):
    """The real store; counts what is read."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.platform.dynamodb, parts.settings.table_name("keys"))
        self.reads = 0

    def get(self, key_hash: str) -> GatewayKey | None:
        self.reads += 1
        return super().get(key_hash)


@pytest.fixture(name="keys")
def keys_fixture(parts: Parts) -> CountingKeys:
    return CountingKeys(parts)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    seconds = Monotonic()
    monkeypatch.setattr(caching, "time", seconds)
    return seconds


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def stored(keys: KeyStore, **about: object) -> tuple[str, GatewayKey]:
    secret = generate_key()
    key = new_key(secret, name="LibreChat", now=NOON, **about)  # type: ignore[arg-type]
    assert keys.put_new(key)
    return secret, key


def authenticator(keys: KeyStore, cache: object = None) -> Authenticator:
    return Authenticator(
        keys, cast("AsyncCache", cache or AsyncCache(None)), "t", Clock(), seal=Seal(SECRET)
    )


async def test_a_key_comes_back_as_it_was_stored(keys: CountingKeys) -> None:
    _, service = stored(keys)
    _, personal = stored(
        keys,
        user_email="ana@example.com",
        expires_at=NOON + timedelta(days=1),
        allowed_models=("gpt-4o", "claude-*"),
        rate=RateRule(0.5, 3),
        created_by="cli:ana",
    )
    assert (service.kind, personal.kind) == (KeyKind.SERVICE, KeyKind.PERSONAL)
    assert keys.get(service.key_hash) == service
    assert keys.get(personal.key_hash) == personal
    assert {key.key_id for key in keys.list()} == {service.key_id, personal.key_id}
    assert keys.get("0" * 64) is None


async def test_the_same_key_is_stored_once(keys: CountingKeys) -> None:
    _, key = stored(keys)
    assert keys.put_new(key) is False


async def test_the_first_revoke_stays_on_record(keys: CountingKeys) -> None:
    _, key = stored(keys)
    keys.revoke(key.key_hash, iso_milliseconds(NOON))
    keys.revoke(key.key_hash, iso_milliseconds(NOON + timedelta(days=1)))
    found = keys.get(key.key_hash)
    assert found is not None
    assert found.revoked_at == NOON


async def test_revoking_an_unknown_key_makes_none(keys: CountingKeys) -> None:
    with pytest.raises(NotFoundError):
        keys.revoke("0" * 64, iso_milliseconds(NOON))
    assert keys.list() == []


@pytest.mark.parametrize(
    "headers",
    [
        lambda secret: {"authorization": f"Bearer {secret}"},
        lambda secret: {"authorization": f"bearer   {secret} "},
        lambda secret: {"x-api-key": secret},
        lambda secret: {"authorization": "Basic dTpw", "x-api-key": secret},
    ],
)
async def test_a_key_comes_as_bearer_or_as_x_api_key(
    keys: CountingKeys, headers: Callable[[str], dict[str, str]]
) -> None:
    secret, key = stored(keys)
    assert await authenticator(keys).authenticate(headers(secret)) == key


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"x-api-key": " "},
        {"authorization": "Bearer " + "x" * 513},
        {"authorization": "sk-solaris-without-a-scheme"},
    ],
)
async def test_what_can_be_no_key_is_refused_without_asking_the_store(
    keys: CountingKeys, headers: dict[str, str]
) -> None:
    with pytest.raises(InvalidApiKeyError):
        await authenticator(keys).authenticate(headers)
    assert keys.reads == 0


async def test_a_cached_key_needs_no_store(keys: CountingKeys, time: Monotonic) -> None:
    secret, key = stored(keys)
    who = authenticator(keys)
    for _ in range(20):
        assert await who.authenticate(bearer(secret)) == key
        time.seconds += 0.1
    assert keys.reads == 1


async def test_redis_spares_another_process_the_store(keys: CountingKeys, time: Monotonic) -> None:
    secret, key = stored(keys, user_email="ana@example.com", expires_at=NOON + timedelta(days=1))
    redis = MemoryCache(time)
    assert await authenticator(keys, redis).authenticate(bearer(secret)) == key
    assert await authenticator(keys, redis).authenticate(bearer(secret)) == key
    assert keys.reads == 1


async def test_an_unknown_key_is_remembered_too(keys: CountingKeys, time: Monotonic) -> None:
    who = authenticator(keys)
    for _ in range(5):
        with pytest.raises(InvalidApiKeyError):
            await who.authenticate(bearer("sk-solaris-unknown"))
    assert keys.reads == 1


async def test_a_revoked_key_is_refused_within_five_seconds_at_worst(
    keys: CountingKeys, time: Monotonic
) -> None:
    """At worst: revoked just after a read, and another process copies Redis at its last moment."""
    secret, key = stored(keys)
    redis = MemoryCache(time)
    first, second = authenticator(keys, redis), authenticator(keys, redis)
    await first.authenticate(bearer(secret))
    keys.revoke(key.key_hash, iso_milliseconds(NOON))
    revoked = time.seconds
    time.seconds = revoked + authenticating.REDIS_SECONDS - 0.01
    await second.authenticate(bearer(secret))
    time.seconds = revoked + REVOKED_WITHIN_SECONDS
    for who in (first, second):
        with pytest.raises(InvalidApiKeyError):
            await who.authenticate(bearer(secret))


async def test_an_expired_key_is_refused_even_while_cached(
    keys: CountingKeys, time: Monotonic
) -> None:
    secret, _ = stored(keys, expires_at=NOON + timedelta(seconds=1))
    clock = Clock()
    who = Authenticator(keys, AsyncCache(None), "t", clock, seal=None)
    await who.authenticate(bearer(secret))
    clock.forward(seconds=1)
    with pytest.raises(InvalidApiKeyError):
        await who.authenticate(bearer(secret))
    assert keys.reads == 1


async def test_a_redis_that_is_away_changes_nothing(keys: CountingKeys, free_port: int) -> None:
    secret, key = stored(keys)
    redis = AsyncCache(f"redis://127.0.0.1:{free_port}/0")
    assert await authenticator(keys, redis).authenticate(bearer(secret)) == key
    await redis.close()


@pytest.mark.parametrize("value", ["{", "null", "[]", '{"kind": "service"}', '"text"'])
async def test_a_spoilt_cache_entry_counts_as_none(keys: CountingKeys, value: str) -> None:
    secret, key = stored(keys)

    async def get(_: str) -> str:
        return value

    async def put(*_: object) -> None:
        return None

    spoilt = SimpleNamespace(get=get, set=put)
    assert await authenticator(keys, spoilt).authenticate(bearer(secret)) == key


# the last use


def last_use(keys: KeyStore, key: GatewayKey) -> datetime | None:
    found = keys.get(key.key_hash)
    assert found is not None
    return found.last_used_at


async def test_a_use_is_noted_beside_the_request_and_once_a_minute_at_most(
    keys: CountingKeys, time: Monotonic
) -> None:
    secret, key = stored(keys)
    clock = Clock()
    who = Authenticator(keys, AsyncCache(None), "t", clock, seal=None)
    noted = []
    for _ in range(30):
        await who.authenticate(bearer(secret))
        who._use.drain()
        noted.append(last_use(keys, key))
        clock.forward(seconds=3)
        time.seconds += 3
    assert noted == [NOON] * 20 + [NOON + timedelta(seconds=60)] * 10


async def test_two_processes_note_a_minute_once(keys: CountingKeys) -> None:
    secret, key = stored(keys)
    later = Clock(NOON + timedelta(seconds=59))
    for clock in (Clock(), later):
        who = Authenticator(keys, AsyncCache(None), "t", clock, seal=None)
        await who.authenticate(bearer(secret))
        who._use.drain()
    assert last_use(keys, key) == NOON


async def test_a_use_changes_nothing_of_a_revoked_key_and_makes_none(keys: CountingKeys) -> None:
    _, key = stored(keys)
    keys.revoke(key.key_hash, iso_milliseconds(NOON))
    revoked = keys.get(key.key_hash)
    assert keys.note_use(key.key_hash, NOON) is False
    assert keys.note_use("0" * 64, NOON) is False
    assert keys.list() == [revoked]


@pytest.mark.parametrize("about", [{"expires_at": NOON}, {"revoked": True}])
async def test_a_refused_key_is_not_used(keys: CountingKeys, about: dict[str, Any]) -> None:
    is_revoked = about.pop("revoked", False)
    secret, key = stored(keys, **about)
    if is_revoked:
        keys.revoke(key.key_hash, iso_milliseconds(NOON))
    who = authenticator(keys)
    with pytest.raises(InvalidApiKeyError):
        await who.authenticate(bearer(secret))
    who._use.drain()
    assert last_use(keys, key) is None


async def test_a_use_that_cannot_be_noted_refuses_nobody(
    keys: CountingKeys, time: Monotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, key = stored(keys)
    tried = []

    def away(*about: object) -> bool:
        tried.append(about)
        raise StoreUnavailableError("away")

    monkeypatch.setattr(keys, "note_use", away)
    who = authenticator(keys)
    for _ in range(3):
        assert await who.authenticate(bearer(secret)) == key
        time.seconds += 5
        who._use.drain()
    assert len(tried) == 1


def test_a_synchronous_function_notes_a_use_too(keys: CountingKeys) -> None:
    secret, key = stored(keys)
    who = BlockingAuthenticator(keys, Clock())
    who.authenticate(bearer(secret))
    who._use.drain()
    assert last_use(keys, key) == NOON
