"""Which addresses get no more mail: those that bounced for good, and those that complained. Pure.

    bounce, permanent                  suppressed
    bounce, transient or undetermined  noted in the log alone: the next mail may arrive
    complaint                          suppressed
    complaint, "not spam"              noted in the log alone: it says the opposite

Events come at least once and in any order. What is known of an address follows from the set of
its events, not from their order: the time of the first, the reason of the last. Lifting draws a
line: events from before it are old news, whenever they arrive.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

MAX_DETAIL_CHARACTERS = 300
MAX_EVENT_ID_CHARACTERS = 200
MAX_RECIPIENTS = 50  # SES takes no more in one message


class SuppressionReason(StrEnum):
    """Why an address gets no more mail."""

    BOUNCE = "bounce"
    """It does not exist, or takes no mail from us."""

    COMPLAINT = "complaint"
    """Its owner has marked our mail as spam."""


class SesListAnswer(StrEnum):
    """What SES's own list of such addresses had to do with lifting one."""

    REMOVED = "removed"
    NOT_LISTED = "not_listed"
    UNSUPPORTED = "unsupported"
    """An emulator without such a list."""

    NOT_USED = "not_used"
    """Mail goes out by SMTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """One address of an event, normalised; `detail` is what its server said, for people."""

    email: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEvent:
    """A bounce or a complaint; `occurred_at` is SES's own time, `event_id` its feedback id."""

    event_id: str
    reason: SuppressionReason
    occurred_at: datetime
    affected: tuple[Affected, ...]
    is_lasting: bool
    """False: nothing follows from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that gets no mail: since when, and what its last event said."""

    email: str
    reason: SuppressionReason
    detail: str
    suppressed_at: datetime
    last_event_at: datetime
    last_event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRecord:
    """What is known of an address; without a suppression it gets mail (again).

    `version` counts the writes to it.
    """

    email: str
    suppression: Suppression | None = None
    lifted_at: datetime | None = None
    version: int = 0


def noted(record: AddressRecord, event: MailEvent, detail: str) -> AddressRecord:
    """The record after an event; the same object when the event changes nothing."""
    if not event.is_lasting:
        return record
    if record.lifted_at is not None and event.occurred_at <= record.lifted_at:
        return record
    before = record.suppression
    after = Suppression(
        email=record.email,
        reason=event.reason,
        detail=detail,
        suppressed_at=event.occurred_at,
        last_event_at=event.occurred_at,
        last_event_id=event.event_id,
    )
    if before is not None:
        first = min(before.suppressed_at, event.occurred_at)
        # of two at the same time the id decides, so that every order ends the same
        newer = after if _moment(after) > _moment(before) else before
        after = replace(newer, suppressed_at=first)
    if after == before:
        return record
    return replace(record, suppression=after, version=record.version + 1)


def lifted(record: AddressRecord, now: datetime) -> AddressRecord:
    """The record of an address that may get mail again; the same object if it does already.

    The line is drawn at the last event at the earliest: SES's clock may be ahead of this one, and
    a second delivery of that event must not bring the suppression back.
    """
    if record.suppression is None:
        return record
    line = max(now, record.suppression.last_event_at)
    return replace(record, suppression=None, lifted_at=line, version=record.version + 1)


def _moment(one: Suppression) -> tuple[datetime, str]:
    return one.last_event_at, one.last_event_id
