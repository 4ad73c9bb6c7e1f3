"""The upstream's list of models is told at once from what is kept, and renewed behind it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from solaris.gateway.models.listing import KEPT_SECONDS, LIST_PATH, ModelList
from solaris.platform.errors import UpstreamUnavailableError

SECONDS = 5.0


class Answer:
    """What the upstream says."""

    def __init__(self, body: bytes, status: int) -> None:
        self.status, self.body = status, body
        self.headers: dict[str, str] = {}

    async def read(self) -> bytes:
        """The whole body."""
        return self.body

    async def close(self) -> None:
        """Nothing to close."""


class FakeUpstream:
    """Tells `body` with `status`, or raises; waits while `open` is not set."""

    def __init__(self) -> None:
        self.body, self.status = b"first", 200
        self.error: Exception | None = None
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, _method: str, _path: str, *, headers: Mapping[str, str]) -> Answer:
        """One request."""
        self.asked += 1
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return Answer(self.body, self.status)


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(seconds: float = SECONDS) -> tuple[ModelList, FakeUpstream, Clock]:
    """The list, what it asks, and its clock."""
    upstream, clock = FakeUpstream(), Clock()
    fake: Any = upstream
    return ModelList(fake, seconds, clock), upstream, clock


async def told(models: ModelList, **headers: str) -> bytes:
    """The body of one answer."""
    return (await models.get(LIST_PATH, headers)).body


async def settled() -> None:
    """Let the tasks behind the answer run to their end, or to what they wait for."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_list_is_asked_for_once_while_it_is_good() -> None:
    models, upstream, clock = made()
    assert [await told(models), await told(models)] == [b"first", b"first"]
    clock.now += SECONDS - 1
    await told(models)
    assert upstream.asked == 1


async def test_an_old_list_is_told_at_once_while_a_slow_upstream_is_asked() -> None:
    models, upstream, clock = made()
    await told(models)
    clock.now += SECONDS
    upstream.open.clear()
    upstream.body = b"second"
    assert [await told(models), await told(models)] == [b"first", b"first"]
    await settled()
    assert upstream.asked == 2
    upstream.open.set()
    await settled()
    assert await told(models) == b"second"
    assert upstream.asked == 2


@pytest.mark.parametrize("failure", [UpstreamUnavailableError("away"), 401, 503])
async def test_an_upstream_that_fails_leaves_the_old_list(failure: Exception | int) -> None:
    models, upstream, clock = made()
    await told(models)
    if isinstance(failure, int):
        upstream.status, upstream.body = failure, b"refused"
    else:
        upstream.error = failure
    clock.now += SECONDS
    assert await told(models) == b"first"
    await settled()
    assert upstream.asked == 2
    assert await told(models) == b"first"
    assert upstream.asked == 2, "not with every request"
    clock.now += KEPT_SECONDS - SECONDS - 1
    assert await told(models) == b"first"


async def test_after_a_day_the_failure_is_told() -> None:
    models, upstream, clock = made()
    await told(models)
    upstream.error = UpstreamUnavailableError("away")
    clock.now += KEPT_SECONDS
    with pytest.raises(UpstreamUnavailableError):
        await told(models)


async def test_a_refusal_is_not_kept() -> None:
    models, upstream, _ = made()
    upstream.status, upstream.body = 401, b"refused"
    assert await told(models) == b"refused"
    upstream.status, upstream.body = 200, b"first"
    assert await told(models) == b"first"


async def test_another_dialect_has_a_list_of_its_own() -> None:
    models, upstream, _ = made()
    await told(models)
    upstream.body = b"anthropic's"
    assert await told(models, **{"anthropic-version": "2023-06-01"}) == b"anthropic's"
    assert await told(models) == b"first"


async def test_with_0_seconds_nothing_is_kept() -> None:
    models, upstream, _ = made(seconds=0)
    await told(models)
    upstream.error = UpstreamUnavailableError("away")
    with pytest.raises(UpstreamUnavailableError):
        await told(models)
