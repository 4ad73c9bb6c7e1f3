"""What must hold after a fault: pure comparisons of three witnesses.

clients     what each saw of its answer (load.py)
upstream    what the demo really wrote, by the request id that the gateway sent along
books       usage records and users, as the store has them
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solaris.ledger.figures import UsageLine
from solaris.quota.usage import Outcome
from solaris.quota.user import User
from tests.faults.load import OK, QUOTA_EXHAUSTED, TOO_MANY_REQUESTS, Seen

FIRST_ERROR = 400
_UNANSWERED = frozenset({Outcome.RELEASED, Outcome.EXPIRED})

Booked = Mapping[str, UsageLine]
"""Records by request id."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request at the upstream; `total_tokens` as it states them, if it states any.

    `finished`: sent whole, and not garbled on its way.
    """

    request_id: str
    status: int
    finished: bool
    total_tokens: int

    @classmethod
    def of(cls, shown: Mapping[str, Any], garbled: Container[str] = ()) -> "Exchange":
        """Read the demo's own form; `garbled` has ids of requests."""
        name = shown["headers"].get("x-request-id", "")
        return cls(
            request_id=name,
            status=shown["status"],
            finished=shown["finished"] and name not in garbled,
            total_tokens=shown["total_tokens"],
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """The three witnesses of one round; `silent`: no client may have noticed the fault."""

    seen: Sequence[Seen]
    exchanges: Sequence[Exchange]
    records: Sequence[UsageLine]
    users: Sequence[User]
    silent: bool = False


def problems(evidence: Evidence) -> list[str]:
    """Everything that does not hold, a line each."""
    found = _repeats(evidence.records)
    booked = {one.request_id: one for one in evidence.records}
    found += _of_clients(evidence, booked)
    found += _of_refusals(evidence, booked)
    found += _of_upstream(evidence, booked)
    found += _of_users(evidence)
    found += _of_sums(evidence)
    return found


def _repeats(records: Iterable[UsageLine]) -> list[str]:
    times = Counter(one.request_id for one in records)
    return [f"{name}: {count} records" for name, count in times.items() if count > 1]


def _of_clients(evidence: Evidence, booked: Booked) -> list[str]:
    """An answer that was seen finished has its record, with exactly the tokens it stated."""
    found = []
    for seen in evidence.seen:
        borne = (OK,) if seen.is_far else (OK, TOO_MANY_REQUESTS)
        if evidence.silent and (seen.is_broken or seen.status not in borne):
            found.append(f"{seen.request_id}: the client noticed ({seen.status} {seen.code})")
        if seen.is_far and (seen.capped or seen.code == QUOTA_EXHAUSTED):
            found.append(f"{seen.request_id}: cut or refused far from the limit")
    return found + unbooked(evidence.seen, booked)


def unbooked(seen: Iterable[Seen], booked: Booked) -> list[str]:
    """Answers that were seen finished and are not in the books as they were stated, a line each."""
    found = []
    for one in seen:
        if one.status != OK or not one.finished:
            continue
        record = booked.get(one.request_id or "")
        if record is None:
            found.append(f"{one.request_id}: seen finished, not in the books")
        elif one.stated_tokens is not None and (
            record.total_tokens != one.stated_tokens or record.estimated
        ):
            found.append(f"{one.request_id}: {one.stated_tokens} stated, {_shown(record)} booked")
        elif record.outcome != Outcome.SETTLED:
            found.append(f"{one.request_id}: seen finished, {_shown(record)} booked")
    return found


def lost_tokens(finished: Iterable[Seen], booked: Booked) -> int:
    """Tokens that clients were told of and that nobody was charged."""
    return sum(
        max(0, (one.stated_tokens or 0) - (record.total_tokens if record else 0))
        for one in finished
        for record in (booked.get(one.request_id or ""),)
    )


def charged_refusals(evidence: Evidence, booked: Booked) -> list[tuple[str, int]]:
    """Ids and tokens of requests that were refused and charged.

    A status that says no is one, unless the upstream had begun an answer by then: what of it came
    is billed there, whoever loses the rest.
    """
    begun = {one.request_id for one in evidence.exchanges if one.status < FIRST_ERROR}
    refused = {one.request_id or "" for one in evidence.seen if one.status >= FIRST_ERROR}
    records = [booked[name] for name in refused if name in booked]
    return [
        (record.request_id, record.charged_tokens)
        for record in records
        if record.charged_tokens and record.request_id not in begun
    ]


def _of_refusals(evidence: Evidence, booked: Booked) -> list[str]:
    return [
        f"{name}: refused, {charged} tokens charged"
        for name, charged in charged_refusals(evidence, booked)
    ]


def _of_upstream(evidence: Evidence, booked: Booked) -> list[str]:
    """Every request that went upstream has a record: its own tokens, an estimate, or a release."""
    found = []
    sent = Counter(one.request_id for one in evidence.exchanges)
    found += [f"{name}: sent upstream {count} times" for name, count in sent.items() if count > 1]
    for one in evidence.exchanges:
        record = booked.get(one.request_id)
        if record is None:
            found.append(f"{one.request_id}: went upstream, not in the books")
        elif one.status >= FIRST_ERROR:
            if record.outcome not in _UNANSWERED and record.charged_tokens:
                found.append(f"{one.request_id}: failed upstream, {_shown(record)} booked")
        elif one.finished and record.outcome == Outcome.SETTLED and not record.estimated:
            if record.charged_tokens != one.total_tokens:
                found.append(
                    f"{one.request_id}: {one.total_tokens} upstream, {_shown(record)} booked"
                )
        elif record.outcome == Outcome.SETTLED and not record.charged_tokens:
            found.append(f"{one.request_id}: answered, nothing booked")
    for record in evidence.records:
        is_unsent = record.request_id not in sent and record.outcome == Outcome.SETTLED
        if is_unsent and not record.estimated:
            found.append(f"{record.request_id}: {_shown(record)} booked, never went upstream")
    return found


def _of_users(evidence: Evidence) -> list[str]:
    found = []
    for user in evidence.users:
        granted = user.monthly_limit + user.additional_tokens
        if user.current_usage > granted:
            found.append(f"{user.email}: {user.current_usage} used of {granted}")
        if user.reservations:
            found.append(f"{user.email}: {len(user.reservations)} reservations are left")
        if user.available_tokens != user.quota.available_tokens:
            found.append(f"{user.email}: {user.available_tokens} available by the item")
    return found


def _of_sums(evidence: Evidence) -> list[str]:
    """Records = what the upstream counted for answers it finished + the estimates for the rest.

    And never less than what clients were told.
    """
    upstream = {one.request_id: one for one in evidence.exchanges}
    exact = estimates = 0
    for record in evidence.records:
        one = upstream.get(record.request_id)
        if one is not None and one.status == OK and one.finished and not record.estimated:
            exact += one.total_tokens
        else:
            estimates += record.charged_tokens
    total = sum(record.charged_tokens for record in evidence.records)
    told = sum(one.stated_tokens or 0 for one in evidence.seen if one.finished)
    found = []
    if total != exact + estimates:
        found.append(f"{total} tokens booked, {exact} finished upstream + {estimates} estimated")
    if total < told:
        found.append(f"{total} tokens booked, clients were told {told}")
    return found


def _shown(record: UsageLine) -> str:
    estimated = " estimated" if record.estimated else ""
    return f"{record.charged_tokens} {record.outcome}{estimated}"
