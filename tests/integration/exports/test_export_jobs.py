"""Export jobs on a real emulator: leases, cancelling, failures, flat memory."""

import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.local.run.worker import Consumer
from solaris.exports import export as limits
from solaris.exports import jobs as export_jobs
from solaris.exports.export import ExportKind, ExportState
from solaris.exports.store import LeaseLostError
from solaris.platform.aws.queues import EXPORTS_QUEUE, MAX_RECEIVES, Message
from solaris.platform.errors import (
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    StoreUnavailableError,
    ValidationFailedError,
)
from tests.integration.conftest import MoneyPath
from tests.integration.exports.exports_support import (
    BOSS,
    Exports,
    endless,
    model_rows,
    order,
    queued,
)


@pytest.fixture
def exports(money: MoneyPath) -> Exports:
    # the links' clock is the real one, and so is that of the emulator
    money.clock.now = datetime.now(UTC)
    return Exports.of(money)


def test_more_than_a_format_takes_is_refused_before_or_said_after(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_ROWS", 2)
    monkeypatch.setattr(exports.parts.reports.reporting, "expected_records", lambda _filters: 3)
    with pytest.raises(ValidationFailedError) as refused:
        exports.jobs.export(order(ExportKind.USAGE), BOSS)
    assert refused.value.problems[0][:2] == ("filters", "too_many_rows")
    exports.gives(monkeypatch, endless())
    export = queued(exports)
    assert exports.run(exports.message())
    failed = exports.jobs.get(export.export_id)
    assert (failed.state, failed.error) == (ExportState.FAILED, "too_many_rows")
    assert exports.stored() == []


def test_a_second_delivery_waits_for_the_lease_and_then_starts_anew(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = queued(exports)
    message = exports.message()
    assert exports.store.claim(export.export_id, "first", exports.clock())
    exports.store.beat(export.export_id, "first", rows_done=70, now=exports.clock())
    assert not exports.run(message)
    assert exports.jobs.get(export.export_id).rows_done == 70
    exports.clock.forward(seconds=limits.LEASE_SECONDS + 1)
    exports.gives(monkeypatch, model_rows(range(2)))
    assert exports.run(message)
    assert exports.jobs.get(export.export_id).rows_done == 2
    with pytest.raises(LeaseLostError):
        exports.store.beat(export.export_id, "first", rows_done=71, now=exports.clock())
    # the message once more: there is nothing left to do
    assert exports.run(message)
    assert len(exports.stored()) == 1


def test_a_cancelled_job_stops_at_its_next_beat_and_leaves_nothing(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_jobs, "BEAT_SECONDS", 0.01)
    export = queued(exports)

    def rows() -> Any:
        yield from model_rows(range(3))
        exports.jobs.remove(export.export_id, BOSS, may_remove_any=False)
        yield from endless()

    exports.gives(monkeypatch, rows())
    assert exports.run(exports.message())
    with pytest.raises(NotFoundError):
        exports.jobs.get(export.export_id)
    assert exports.stored() == []


def test_an_attempt_that_was_overtaken_takes_its_file_away_again(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = queued(exports)

    def rows() -> Any:
        yield from model_rows(range(3))
        exports.clock.forward(seconds=limits.LEASE_SECONDS + 1)
        assert exports.store.claim(export.export_id, "second", exports.clock())

    exports.gives(monkeypatch, rows())
    # the message stays: it is the second attempt's to end
    assert not exports.run(exports.message())
    assert exports.jobs.get(export.export_id).state is ExportState.RUNNING
    assert exports.stored() == []


def test_a_job_says_how_far_it_is(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_jobs, "BEAT_SECONDS", 0.01)
    export = queued(exports)
    seen = []

    def rows() -> Any:
        for row in endless():
            yield row
            found = exports.jobs.get(export.export_id)
            if found.rows_done:
                seen.append((found.state, found.rows_done))
                return

    exports.gives(monkeypatch, rows())
    assert exports.run(exports.message())
    assert seen[0][0] is ExportState.RUNNING


def test_when_the_store_fails_the_job_is_tried_again_five_times(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows() -> Any:
        yield from model_rows(range(3))
        raise StoreUnavailableError("secret detail")

    export = queued(exports)
    message = exports.message()
    exports.gives(monkeypatch, rows())
    assert not exports.run(message)
    assert exports.jobs.get(export.export_id).state is ExportState.QUEUED
    exports.gives(monkeypatch, rows())
    assert not exports.run(replace(message, receives=MAX_RECEIVES))
    failed = exports.jobs.get(export.export_id)
    assert (failed.state, failed.error) == (ExportState.FAILED, "store_unavailable")
    assert exports.stored() == []


def test_a_defect_fails_the_job_with_a_code_and_no_more(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = queued(exports)
    monkeypatch.setattr(exports.exporter, "_rows", lambda _order: 1 / 0)
    assert exports.run(exports.message())
    failed = exports.jobs.get(export.export_id)
    assert (failed.state, failed.error) == (ExportState.FAILED, "internal_error")


def test_a_job_gives_up_before_its_function_ends(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = queued(exports)
    exports.gives(monkeypatch, endless())
    assert exports.run(exports.message(), limits.MARGIN_SECONDS + 0.05)
    assert exports.jobs.get(export.export_id).error == "out_of_time"
    assert exports.stored() == []


def test_a_job_that_nobody_comes_back_to_has_failed(exports: Exports) -> None:
    export = queued(exports)
    assert exports.store.claim(export.export_id, "lost", exports.clock())
    exports.clock.forward(seconds=limits.LEASE_SECONDS + limits.ABANDONED_SECONDS + 1)
    seen = exports.jobs.get(export.export_id)
    assert (seen.state, seen.error) == (ExportState.FAILED, "interrupted")


def test_a_message_that_is_none_is_left_to_the_dead_letters(exports: Exports) -> None:
    for body in ("", "[]", '{"exportId": ', "{}"):
        assert not exports.run(Message("m", body))


def test_a_message_about_no_job_is_done_with(exports: Exports) -> None:
    for export_id in ("20261122T120000000-0123456789abcdef", "no id"):
        assert exports.run(Message("m", json.dumps({"exportId": export_id})))


def test_only_admins_remove_what_others_asked_for(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = queued(exports)
    exports.gives(monkeypatch, model_rows(range(2)))
    assert exports.run(exports.message())
    viewer = replace(BOSS, name="viewer@example.com")
    with pytest.raises(ForbiddenError):
        exports.jobs.remove(export.export_id, viewer, may_remove_any=False)
    assert len(exports.stored()) == 1
    exports.clock.forward(milliseconds=1)
    exports.jobs.remove(export.export_id, viewer, may_remove_any=True)
    assert exports.stored() == []
    assert exports.audited()[0][0] == "report.remove"


def test_jobs_are_listed_newest_first_page_by_page_for_seven_days(exports: Exports) -> None:
    made = []
    for _ in range(5):
        made.append(queued(exports).export_id)
        exports.clock.forward(hours=30)
    exports.clock.forward(hours=-30)
    listed, cursor = exports.jobs.page(2, None)
    more, cursor = exports.jobs.page(2, cursor)
    last, end = exports.jobs.page(2, cursor)
    assert [one.export_id for one in (*listed, *more, *last)] == made[::-1]
    assert end is None
    exports.clock.forward(days=4)
    assert [one.export_id for one in exports.jobs.page(10, None)[0]] == made[:1:-1]
    with pytest.raises(NotFoundError):
        exports.jobs.get(made[0])
    for bad in ("x", "e30"):
        with pytest.raises(ValidationFailedError):
            exports.jobs.page(2, bad)


def test_twenty_jobs_at_once_are_enough(exports: Exports) -> None:
    for _ in range(limits.MAX_OPEN_EXPORTS):
        exports.clock.forward(milliseconds=1)
        queued(exports)
    with pytest.raises(RateLimitedError):
        queued(exports)


def test_a_job_that_cannot_be_queued_is_none(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(exports.parts.platform.queues, "send", away)
    with pytest.raises(StoreUnavailableError):
        queued(exports)
    assert exports.jobs.page(10, None) == ([], None)


def test_a_large_job_streams_through_the_queue_with_flat_memory(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = queued(exports)
    exports.gives(monkeypatch, model_rows(range(200_000)))

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        (record,) = event["Records"]
        message = Message(record["messageId"], record["body"], record["receiptHandle"])
        seconds = context.get_remaining_time_in_millis() / 1000
        failed = [] if exports.run(message, seconds) else [record["messageId"]]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}

    queues = exports.parts.platform.queues
    consumer = Consumer(queues, EXPORTS_QUEUE, handler, "admin", most=1, seconds=900)
    tracemalloc.start()
    try:
        assert consumer.run_once(0) == 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    done = exports.jobs.get(export.export_id)
    assert (done.state, done.rows_done) == (ExportState.DONE, 200_000)
    assert done.file_bytes is not None
    assert done.file_bytes > 5_000_000
    # a part of 8 MiB, twice while it is sent
    assert peak < 30_000_000
    assert queues.depth(EXPORTS_QUEUE) == 0


def test_old_files_are_removed_where_the_store_does_not(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports.parts.platform.files.put("exports/old", b"")
    queued(exports)
    exports.clock.forward(days=8, seconds=60)
    exports.gives(monkeypatch, model_rows(range(2)))
    assert exports.run(exports.message())
    assert "exports/old" not in exports.stored()
