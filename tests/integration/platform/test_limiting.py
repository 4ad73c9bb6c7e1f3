"""Requests a second of admins: one count for all processes in a real Valkey, and without it."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from solaris.platform import rate_limit as limiting
from solaris.platform.cache import Cache
from solaris.platform.errors import RateLimitedError
from solaris.platform.rate_limit import BlockingRateLimiter
from solaris.platform.rate_rule import RateRule
from tests.integration.operations.test_published_metrics import valkey  # noqa: F401 - a fixture

RULE = RateRule(per_second=0.001, burst=3)


@pytest.fixture(params=["valkey", "away"])
def cache(request: pytest.FixtureRequest, unused_port: int) -> Iterator[Cache]:
    if request.param == "valkey":
        found = Cache(request.getfixturevalue("valkey"))
    else:
        found = Cache(f"redis://127.0.0.1:{unused_port}/0")
    yield found
    found.close()


@pytest.fixture
def unused_port() -> int:
    return 1  # nothing listens there


def admitted(limiter: BlockingRateLimiter, subject: str, times: int) -> int:
    waits = []
    for _ in range(times):
        try:
            limiter.admit(subject)
        except RateLimitedError as error:
            waits.append(error.retry_after_seconds)
    assert all(900 < wait < 1001 for wait in waits)
    return times - len(waits)


def test_the_burst_is_let_through_and_each_subject_has_its_own(cache: Cache) -> None:
    limiter = BlockingRateLimiter(cache, uuid.uuid4().hex, RULE, "admin")
    assert admitted(limiter, "ana@example.com", 5) == 3
    assert admitted(limiter, "rui@example.com", 5) == 3
    assert admitted(limiter, "ana@example.com", 1) == 0


def test_scopes_do_not_count_for_each_other(cache: Cache) -> None:
    stage = uuid.uuid4().hex
    for scope in ("admin", "login"):
        assert admitted(BlockingRateLimiter(cache, stage, RULE, scope), "ana", 4) == 3


def test_threads_do_not_pass_the_burst_together(cache: Cache) -> None:
    limiter = BlockingRateLimiter(cache, uuid.uuid4().hex, RULE, "admin")
    with ThreadPoolExecutor(8) as pool:
        counts = pool.map(lambda _: admitted(limiter, "ana", 4), range(8))
        assert sum(counts) == 3


def test_processes_share_one_count_while_valkey_answers(valkey: str) -> None:  # noqa: F811
    stage = uuid.uuid4().hex
    caches = [Cache(valkey), Cache(valkey)]
    counts = [admitted(BlockingRateLimiter(one, stage, RULE, "admin"), "ana", 2) for one in caches]
    assert counts == [2, 1]
    for one in caches:
        one.close()


def test_what_is_remembered_here_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "MAX_TRACKED", 2)
    limiter = BlockingRateLimiter(Cache(None), "t", RateRule(0.001, 1), "admin")
    assert [admitted(limiter, subject, 1) for subject in ("a", "b", "c")] == [1, 1, 1]
    assert admitted(limiter, "c", 1) == 0
    assert admitted(limiter, "a", 1) == 1  # forgotten: the one seen longest ago


def test_a_clock_set_back_by_an_hour_refuses_nobody(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    limiter = BlockingRateLimiter(cache, uuid.uuid4().hex, RateRule(10, 3), "admin")
    for _ in range(3):
        limiter.admit("ana")
    with pytest.raises(RateLimitedError):
        limiter.admit("ana")
    now -= 3_600
    for _ in range(3):
        limiter.admit("ana")
    with pytest.raises(RateLimitedError) as refused:
        limiter.admit("ana")
    assert refused.value.retry_after_seconds < 1
