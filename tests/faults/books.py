"""After the fault: everything that is under way ends, then the books are held against all."""

import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from solaris.app import Parts
from solaris.backup.whole_tables import key_names
from solaris.ledger.figures import UsageLine
from solaris.ledger.records import line_from_item
from solaris.platform.aws.queues import USAGE_QUEUE
from solaris.platform.errors import SolarisError
from solaris.reconciliation.reconciler import Reconciliation
from tests.faults.checks import Evidence, Exchange, problems
from tests.faults.load import People, Seen
from tests.faults.machine import Machine
from tests.faults.tables import POLL_SECONDS

DRAIN_SECONDS = 120.0
SETTLED_SECONDS = 30.0
_WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


@dataclass(slots=True)
class Verdict:
    """What was found after one fault. `replayed` events came back from the gateway's log."""

    records: int = 0
    replayed: int = 0
    expired: int = 0
    differences: list[str] = field(default_factory=list)
    evidence: Evidence | None = None


class Ledger:
    """What upstream and books have of some people, gathered while the load goes on: the upstream
    forgets all but its last 10,000 requests. `garbled` has ids of requests.
    """

    def __init__(self, machine: Machine, people: People, garbled: Container[str] = ()) -> None:
        self._machine = machine
        self._ids = machine.user_ids(people)
        self._garbled = garbled
        self._shown: dict[str, dict[str, Any]] = {}

    def gather(self) -> None:
        """Ask the upstream; an answer that was open the last time may be over now."""
        self._shown |= {one["id"]: one for one in self._machine.system.demo()["requests"]}

    @property
    def exchanges(self) -> list[Exchange]:
        """What the upstream has answered."""
        return [Exchange.of(one, self._garbled) for one in self._shown.values()]

    def records(self, look: Parts | None = None) -> list[UsageLine]:
        """What is booked."""
        found = _records(look or self._machine.parts)
        return [one for one in found if one.user_id in self._ids]


def held_against(
    machine: Machine,
    people: People,
    seen: list[Seen],
    *,
    silent: bool = False,
    replay_first: bool = True,
    parts: Parts | None = None,
    ledger: "Ledger | None" = None,
) -> Verdict:
    """Drain, take lost events back, expire what crashes left, compare.

    `replay_first` or the other way round: an event may come back before its reservation has
    expired, or after. What a client left may still be on its way: differences must be gone
    within half a minute, and never come by themselves.
    """
    look = parts or machine.parts
    verdict = Verdict()
    ledger = ledger or Ledger(machine, people)
    ledger.gather()
    steps: list[Callable[[], None]] = [
        partial(_replay, machine, look, verdict),
        partial(_sweep, look, verdict),
    ]
    if not replay_first:
        steps.reverse()
    deadline = time.monotonic() + SETTLED_SECONDS
    while True:
        verdict.differences = _drain(look)
        for step in steps:
            step()
        ids = machine.user_ids(people)
        verdict.evidence = evidence = Evidence(
            seen=seen,
            exchanges=ledger.exchanges,
            records=ledger.records(look),
            users=[one for one in look.quota.users.scan() if one.user_id in ids],
            silent=silent,
        )
        verdict.records = len(evidence.records)
        verdict.differences += [*problems(evidence), *_reconciled(look)]
        if not verdict.differences or time.monotonic() > deadline:
            return verdict
        time.sleep(POLL_SECONDS)


def _drain(look: Parts) -> list[str]:
    """Wait until no usage event waits or is in hand."""
    deadline = time.monotonic() + DRAIN_SECONDS
    left = -1
    while time.monotonic() < deadline:
        try:
            answer: dict[str, Any] = look.platform.queues._client.get_queue_attributes(
                QueueUrl=look.platform.queues.url(USAGE_QUEUE), AttributeNames=list(_WAITING)
            )
        except Exception as error:  # noqa: BLE001 - a store that is still coming back
            last = str(error)
        else:
            left = sum(int(answer["Attributes"][name]) for name in _WAITING)
            last = f"{left} events"
            if left == 0:
                return []
        time.sleep(POLL_SECONDS)
    return [f"the queue is not empty after {DRAIN_SECONDS:g} s: {last}"]


def _replay(machine: Machine, look: Parts, verdict: Verdict) -> None:
    """`solaris replay --from-dlq --file gateway.log`, which the guide says to do after a fault."""
    replayer = look.ledger.replayer
    lines = _lines(machine.gateway_logs())
    results = [replayer.replay_lines(lines, dry_run=False, progress=lambda _: None)]
    if replayer.waiting():
        results.append(replayer.replay_dead_letters(dry_run=False, progress=lambda _: None))
    for result in results:
        verdict.replayed += result.booked
        verdict.differences += [f"{one.name}: {one.reason}" for one in result.failures]


def _lines(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        with path.open("rb") as file:
            yield from ((f"{path.name}:{number}", line) for number, line in enumerate(file, 1))


def _sweep(look: Parts, verdict: Verdict) -> None:
    report = look.gateway.sweeper.run()
    verdict.expired += report.expired
    if report.failed_users or not report.is_done:
        verdict.differences.append(f"the sweep failed for {report.failed_users} users")


def _records(look: Parts) -> Iterator[UsageLine]:
    assert key_names("usage") == ("user_id", "record_key")
    pages = look.platform.dynamodb.get_paginator("scan").paginate(
        TableName=look.settings.table_name("usage"), ConsistentRead=True
    )
    for page in pages:
        for item in page["Items"]:
            yield line_from_item(item)


def _reconciled(look: Parts) -> list[str]:
    """`solaris reconcile`: users, months and counters against the records."""
    report = Reconciliation()
    try:
        for _ in look.reconciliation.reconciler.all_users(report):
            pass
        today = look.clock().astimezone(look.settings.zone).date()
        first = today - timedelta(days=40)
        for _ in look.reconciliation.reconciler.system_days(report, first, today):
            pass
    except SolarisError as error:
        return [f"reconcile: {error}"]
    found = [f"reconcile: {one.difference}" for one in report.findings]
    return found + [f"reconcile: {one} never stood still" for one in report.in_motion]
