"""Usage events back into the books: from the dead-letter queue, or from the gateway's logs.

Safe to run again at any time: an event that is in the books already is a repeat, and is left
alone. What cannot be booked stays where it is and is named.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from solaris.ledger.dead_letters import DeadLetters
from solaris.ledger.events import MalformedEventError, event_from_dict, event_from_json
from solaris.ledger.events import event_to_json as to_json
from solaris.ledger.ledger import MAX_EVENTS, Ledger
from solaris.ledger.recorder import Recorder
from solaris.platform.aws.queues import Message
from solaris.platform.errors import NotFoundError, SolarisError
from solaris.quota.settlement import Booking, booking_for
from solaris.quota.store import UserStore
from solaris.quota.usage import UsageEvent

MAX_MESSAGES = 1_000_000
LOG_MESSAGE = "usage_event"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that was not booked: its request id (or where it stands) and why."""

    name: str
    reason: str


@dataclass(slots=True)
class ReplayResult:
    """Counts of one replay; in a dry run `booked` counts what would be."""

    booked: int = 0
    repeated: int = 0
    skipped_lines: int = 0
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One event on its way; `source` is the queue's message, None for a line of a log."""

    name: str
    event: UsageEvent
    source: dict[str, Any] | None = None


class Replayer:
    """Books events that were lost on the way."""

    def __init__(
        self, *, recorder: Recorder, ledger: Ledger, users: UserStore, dead_letters: DeadLetters
    ) -> None:
        self._recorder = recorder
        self._ledger = ledger
        self._users = users
        self._dead_letters = dead_letters

    def waiting(self) -> int:
        """Messages in the dead-letter queue, approximately."""
        return self._dead_letters.depth()

    def replay_dead_letters(self, *, dry_run: bool, progress: Progress) -> ReplayResult:
        """Book what the dead-letter queue holds; booked messages leave it, failed ones stay.

        Raises StoreUnavailableError and AwsCallError when the queue does not answer.
        """
        result = ReplayResult()
        kept: dict[str, dict[str, Any]] = {}
        try:
            for _ in range(MAX_MESSAGES):
                messages = self._dead_letters.receive()
                fresh = [one for one in messages if one["MessageId"] not in kept]
                kept.update({one["MessageId"]: one for one in messages})
                if not fresh:
                    break
                done = self._replay_messages(fresh, result, dry_run=dry_run)
                if done and not dry_run:
                    self._dead_letters.delete(done)
                    for one in done:
                        del kept[one["MessageId"]]
                progress(len(fresh))
        finally:
            self._dead_letters.put_back(list(kept.values()))
        return result

    def replay_lines(
        self, lines: Iterable[tuple[str, bytes]], *, dry_run: bool, progress: Progress
    ) -> ReplayResult:
        """Book the `usage_event` lines of logs; every other line is skipped and counted.

        Each line comes with the place it stands at (`file:line`).
        """
        result = ReplayResult()
        pending: dict[str, _Candidate] = {}
        for place, line in lines:
            progress(1)
            try:
                event = _event_of_line(line)
            except MalformedEventError as error:
                result.failures.append(Failure(place, str(error)))
                continue
            if event is None:
                result.skipped_lines += 1
                continue
            other = pending.get(event.request_id)
            if other is not None and other.event == event:
                result.repeated += 1
                continue
            if other is not None:  # an expiry and its late answer: one after the other
                self._book(list(pending.values()), result, dry_run=dry_run)
                pending.clear()
            pending[event.request_id] = _Candidate(event.request_id, event)
            if len(pending) == MAX_EVENTS:
                self._book(list(pending.values()), result, dry_run=dry_run)
                pending.clear()
        self._book(list(pending.values()), result, dry_run=dry_run)
        return result

    def _replay_messages(
        self, messages: Sequence[dict[str, Any]], result: ReplayResult, *, dry_run: bool
    ) -> list[dict[str, Any]]:
        candidates = []
        for message in messages:
            try:
                event = event_from_json(message["Body"])
            except MalformedEventError as error:
                name = f"message {message['MessageId']}"
                result.failures.append(Failure(name, str(error)))
                continue
            candidates.append(_Candidate(event.request_id, event, message))
        return self._book(candidates, result, dry_run=dry_run)

    def _book(
        self, candidates: Sequence[_Candidate], result: ReplayResult, *, dry_run: bool
    ) -> list[dict[str, Any]]:
        """Book candidates; return the messages of those that are in the books now."""
        done, wanted, repeated = [], [], []
        for one in candidates:
            try:
                booking = self._booking(one.event)
            except (SolarisError, ValueError) as error:
                result.failures.append(Failure(one.name, _reason(error)))
                continue
            if booking is Booking.DUPLICATE:
                result.repeated += 1
                repeated.append(one)
            else:
                wanted.append(one)
        if dry_run or self._recorder.announce({one.event.user_id for one in repeated}):
            done += repeated
        else:
            # booked, and perhaps here because the directory could not be told of it
            reason = "booked, but the directory was not told"
            result.failures += [Failure(one.name, reason) for one in repeated]
        failed = {} if dry_run else self._record(wanted)
        for number, one in enumerate(wanted):
            if number in failed:
                result.failures.append(Failure(one.name, failed[number]))
            else:
                result.booked += 1
                done.append(one)
        return [one.source for one in done if one.source is not None]

    def _booking(self, event: UsageEvent) -> Booking:
        user = self._users.get(event.user_id)
        if user is None:
            msg = f"no user {event.user_id}"
            raise NotFoundError(msg)
        recorded = self._ledger.find(event)
        return booking_for(user, event, recorded.outcome if recorded else None)

    def _record(self, wanted: Sequence[_Candidate]) -> dict[int, str]:
        """Book events together; return the numbers of those that failed, each with a reason."""
        messages = [Message(str(n), to_json(one.event)) for n, one in enumerate(wanted)]
        if not messages:
            return {}
        try:
            return _refused(self._recorder.record_messages(messages))
        except SolarisError:
            failed: dict[int, str] = {}
        # one event that the store refuses must not keep the others out
        for message in messages:
            try:
                failed |= _refused(self._recorder.record_messages([message]))
            except SolarisError as error:
                failed[int(message.message_id)] = _reason(error)
        return failed


def _refused(message_ids: Iterable[str]) -> dict[int, str]:
    return {int(message_id): "not booked, see the log" for message_id in message_ids}


def _event_of_line(line: bytes) -> UsageEvent | None:
    """Read one line of a log, None unless it holds an event; raises MalformedEventError.

    What a log collector puts in front of the JSON (a container's name, a time) is passed over.
    """
    start = line.find(b"{")
    if start < 0 or LOG_MESSAGE.encode() not in line:
        return None
    try:
        entry = orjson.loads(line[start:])
    except orjson.JSONDecodeError:
        return None
    if entry.get("message") != LOG_MESSAGE or "usage_event" not in entry:
        return None
    return event_from_dict(entry["usage_event"])


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
