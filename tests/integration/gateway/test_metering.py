"""Resolving a reservation while the queue, or everything, is away: no usage is ever lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from structlog.testing import CapturingLogger

from solaris.gateway import meter as metering
from solaris.ledger.events import event_from_dict, event_from_json
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.queues import USAGE_QUEUE
from solaris.platform.background import drain
from solaris.platform.errors import StoreUnavailableError
from solaris.quota.usage import Outcome, TokenCounts
from tests.integration.conftest import MoneyPath


@pytest.fixture
async def without_queue(money: MoneyPath, free_port: int) -> AsyncIterator[MoneyPath]:
    """The money path of a process for which SQS is away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_SQS", f"http://127.0.0.1:{free_port}")
        aws = AsyncAws("us-east-1")
        aws._endpoint("sqs")
    yield MoneyPath.of(money.parts, money.clock, aws)
    await aws.close()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    captured = CapturingLogger()
    monkeypatch.setattr(metering, "_log", captured)
    return captured


async def test_an_event_is_on_the_queue_when_resolve_returns(money: MoneyPath) -> None:
    event = money.event((await money.admit()).reservation, completion=90)
    await money.meter.resolve(event)
    (message,) = money.parts.platform.queues.receive(USAGE_QUEUE, wait_seconds=0)
    assert event_from_json(message["Body"]) == event
    assert money.rows("usage") == []


async def test_without_the_queue_the_event_is_booked_directly(
    without_queue: MoneyPath, log: CapturingLogger
) -> None:
    event = without_queue.event((await without_queue.admit()).reservation, completion=90)
    log.calls.clear()
    await without_queue.meter.resolve(event)
    user = without_queue.user()
    assert (user.current_usage, user.reservations) == (100, {})
    assert [call.method_name for call in log.calls] == ["warning"]


async def test_the_queue_delivering_later_what_was_booked_directly_changes_nothing(
    without_queue: MoneyPath,
) -> None:
    """SQS may have taken the message although its answer was lost."""
    event = without_queue.event((await without_queue.admit()).reservation, completion=90)
    await without_queue.meter.resolve(event)
    assert without_queue.record(event) == []
    assert without_queue.user().current_usage == 100


async def test_without_queue_and_store_the_log_holds_the_whole_event(
    without_queue: MoneyPath, log: CapturingLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservation = (await without_queue.admit(prompt=100)).reservation
    event = without_queue.event(
        reservation,
        counts=TokenCounts(120, 80, 30, 10),
        charged_tokens=200,
        estimated=True,
        error_message="açúcar",
        response_time_ms=1_234,
        first_byte_ms=56,
        key_id="key_1",
        conversation_id="c-1",
        user_agent="LibreChat",
        ip_address="10.0.0.1",
    )

    def away(*_: Any) -> None:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(without_queue.parts.ledger.ledger, "book", away)
        patch.setattr(metering, "OFFER_PAUSES_SECONDS", ())
        await without_queue.meter.resolve(event)
    last = log.calls[-1]
    assert (last.method_name, last.args) == ("error", ("usage_event",))
    line = orjson.loads(orjson.dumps(last.kwargs))
    assert event_from_dict(line["usage_event"]) == event
    assert line["request_id"] == event.request_id
    # what `solaris replay` does with the line
    assert without_queue.record(event_from_dict(line["usage_event"])) == []
    assert without_queue.user().current_usage == 200


async def test_a_logged_event_is_offered_again_until_the_queue_is_back(
    money: MoneyPath, log: CapturingLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = money.event((await money.admit()).reservation, completion=90)
    send, failures = money.meter._sender.send, iter([True, True, True])

    async def failing(body: str) -> None:
        if next(failures, False):
            raise StoreUnavailableError("away")
        await send(body)

    def away(*_: Any) -> None:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(money.meter._sender, "send", failing)
        patch.setattr(money.parts.ledger.ledger, "book", away)
        patch.setattr(metering, "OFFER_PAUSES_SECONDS", (0.0, 0.0, 0.0, 0.0))
        await money.meter.resolve(event)
        assert log.calls[-1].args == ("usage_event",)
        assert await drain(10) == 0
    assert log.calls[-1].args == ("usage_event_taken_back",)
    (message,) = money.parts.platform.queues.receive(USAGE_QUEUE, wait_seconds=0)
    assert event_from_json(message["Body"]) == event


async def test_an_event_that_cannot_be_booked_directly_is_logged_and_never_raised(
    without_queue: MoneyPath, log: CapturingLogger
) -> None:
    stranger = without_queue.event(None, "nobody@example.com", prompt=5)
    without_queue.put_user()
    ahead = without_queue.event(None, prompt=5, period="2026-12")
    await without_queue.meter.resolve(stranger)
    await without_queue.meter.resolve(ahead)
    errors = [call for call in log.calls if call.method_name == "error"]
    assert [event_from_dict(call.kwargs["usage_event"]) for call in errors] == [stranger, ahead]


async def test_the_whole_path_of_forty_requests_leaves_exact_books(money: MoneyPath) -> None:
    """Admit, queue, usage function, books: as the functions do it, with repeats in between."""
    money.put_user()

    async def serve(n: int) -> None:
        outcome = Outcome.RELEASED if n % 4 == 0 else Outcome.SETTLED
        reservation = (await money.admit()).reservation
        await money.meter.resolve(money.event(reservation, completion=n, outcome=outcome))

    await asyncio.gather(*(serve(n) for n in range(40)))
    queues, delivered = money.parts.platform.queues, 0
    while messages := queues.receive(USAGE_QUEUE, wait_seconds=0):
        delivered += len(messages)
        events = [event_from_json(message["Body"]) for message in messages]
        assert money.record(*events) == []
        assert money.record(*events) == []
        queues.delete(USAGE_QUEUE, messages)
    assert delivered == 40
    served = [n for n in range(40) if n % 4]
    user = money.user()
    assert (user.current_usage, user.reservations) == (10 * len(served) + sum(served), {})
