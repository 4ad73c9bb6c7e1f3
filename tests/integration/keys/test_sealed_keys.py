"""Keys in Redis: believed under our own seal, and nobody else's."""

from collections.abc import Callable
from typing import cast

import pytest

from solaris.keys import authenticator as authenticating
from solaris.keys.authenticator import Authenticator
from solaris.keys.key import GatewayKey, new_key
from solaris.keys.sealing import Seal, seal_of
from solaris.platform.cache import AsyncCache
from solaris.platform.errors import InvalidApiKeyError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.settings import Settings
from tests.integration.conftest import NOON, Clock
from tests.integration.keys.test_keys import (  # noqa: F401 - a fixture
    SECRET,
    CountingKeys,
    authenticator,
    bearer,
    keys_fixture,
    stored,
)


class Forger:
    """Whoever can write into Redis, and read there."""

    def __init__(self, change: Callable[[str, str], str | None]) -> None:
        self._change = change
        self.kept: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        return self._change(name, self.kept.get(name, ""))

    async def set(self, name: str, value: str, _: int) -> None:
        self.kept[name] = value


def made_up(secret: str) -> GatewayKey:
    return new_key(secret, name="forged", now=NOON)


@pytest.mark.parametrize("seal", ["none", "another secret", "garbage"])
async def test_a_key_that_somebody_wrote_into_redis_is_none(keys: CountingKeys, seal: str) -> None:
    secret = "sk-solaris-made-up-by-a-neighbour"
    text = authenticating._to_json(made_up(secret))
    until = NOON + authenticating.REDIS_LIFE

    def forged(name: str, _: str) -> str:
        match seal:
            case "none":
                return text
            case "another secret":
                return Seal("x" * 32).close(name, text, until)
            case _:
                return f"é.{until.timestamp():.0f}.{text}"

    for _ in range(2):
        with pytest.raises(InvalidApiKeyError):
            await authenticator(keys, Forger(forged)).authenticate(bearer(secret))


async def test_a_sealed_key_is_none_under_another_name(keys: CountingKeys) -> None:
    """A key of one's own, copied to where another's would be."""
    mine, key = stored(keys)
    redis = Forger(lambda _, value: value or next(iter(redis.kept.values()), None))
    await authenticator(keys, redis).authenticate(bearer(mine))
    with pytest.raises(InvalidApiKeyError):
        await authenticator(keys, redis).authenticate(bearer("sk-solaris-another"))
    assert key.key_hash


async def test_a_revoked_key_does_not_live_on_by_writing_its_sealed_text_back(
    keys: CountingKeys,
) -> None:
    secret, key = stored(keys)
    redis = Forger(lambda _, value: value or None)
    await authenticator(keys, redis).authenticate(bearer(secret))
    kept = dict(redis.kept)
    keys.revoke(key.key_hash, iso_milliseconds(NOON))
    redis.kept = kept
    cache = cast("AsyncCache", redis)
    clock = Clock(NOON + authenticating.REDIS_LIFE)
    later = Authenticator(keys, cache, "t", clock, seal=Seal(SECRET))
    with pytest.raises(InvalidApiKeyError):
        await later.authenticate(bearer(secret))


async def test_without_a_secret_of_ones_own_redis_keeps_no_keys(keys: CountingKeys) -> None:
    assert seal_of(Settings(solaris_stage="local")) is None
    secret, _ = stored(keys)
    redis = Forger(lambda _, value: pytest.fail(value))
    who = Authenticator(keys, cast("AsyncCache", redis), "t", Clock(), seal=None)
    await who.authenticate(bearer(secret))
    assert redis.kept == {}


def test_a_wrong_seal_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    seal = Seal(SECRET)
    for text in ("", "a.b.c", "..", "a.1.b"):
        assert seal.open("n", text, now=NOON, latest=NOON) is None
    captured = capsys.readouterr()
    assert (captured.out + captured.err).count("cached_identity_refused") == 1
