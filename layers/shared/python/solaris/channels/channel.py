"""What a channel is, which events it gets, and when it is paused. Pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from solaris.channels.event_names import EventName

MAX_CHANNELS = 20
MAX_NAME_CHARACTERS = 60
MAX_GROUPS = 50
MAX_HISTORY = 50
PAUSE_AFTER_FAILURES = 50
MAX_TRIES = 5
SHOWN_CHARACTERS = 4
LEAST_CHARACTERS = 10
ROTATION = timedelta(hours=24)
"""So long the secret before signs as well: a receiver has a day to take the new one."""

# Before the second try, the third, …: three quarters of an hour in all.
_PAUSE_SECONDS = (30, 120, 600, 1_800)


class ChannelKind(StrEnum):
    """What stands behind a channel's address."""

    WEBHOOK = "webhook"
    """A program: JSON, signed as Standard Webhooks says."""

    TEAMS = "teams"
    """A workflow of Microsoft Teams, "when a webhook request is received"."""

    SLACK = "slack"
    """An incoming webhook of Slack, or of what takes its messages."""


class PausedWhy(StrEnum):
    """Why a channel gets nothing for now."""

    FAILURES = "failures"
    """Fifty tries in a row have failed."""


class Outcome(StrEnum):
    """How a try to deliver went. Of the answer itself nothing is kept but its status."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """An answer with another status than 2xx; a redirect is one: it is not followed."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    """No such name, no connection, or one that broke."""

    TLS = "tls"
    """The certificate is not the host's, or nobody's that is trusted."""

    NOT_ALLOWED = "not_allowed"
    """The address leads, by now, to where nothing may be sent (addresses.py)."""

    UNREADABLE = "unreadable"
    """SECRET_KEY is another than the one that has sealed the address."""


@dataclass(frozen=True, slots=True)
class ChannelFilter:
    """What of all that happens a channel gets.

    `events` None: all, those of later versions too. With `groups` (ids) it gets what is about one
    of them or about somebody who was in it then, and nothing of what is about no group: the
    company's month, a model without a price. Without any: everything.
    """

    events: tuple[EventName, ...] | None = None
    groups: tuple[str, ...] = ()

    def takes(self, event: EventName, group_id: str | None = None) -> bool:
        """Whether an event, of a group or of none, goes to the channel. A test goes to any."""
        if event is EventName.TEST:
            return True
        if self.groups and group_id not in self.groups:
            return False
        return self.events is None or event in self.events


@dataclass(frozen=True, slots=True)
class Secret:
    """A webhook's secret, as Standard Webhooks writes it; `until`: the end of one rotated out."""

    text: str = field(repr=False)
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as admins have made it. `url` and `secrets` stay inside the system.

    `url` is None where what is kept cannot be opened.
    """

    channel_id: str
    name: str
    kind: ChannelKind
    url: str | None = field(repr=False)
    shown_url: str
    """What people see of it: `https://hooks.example.com/…9f2c`."""

    filter: ChannelFilter
    language: str
    no_names: bool
    secrets: tuple[Secret, ...]
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """What a message is signed with, the newest first."""
        return tuple(one.text for one in self.secrets if one.until is None or now < one.until)


@dataclass(frozen=True, slots=True)
class Try:
    """One try to deliver, as a channel's history tells it."""

    at: datetime
    event: str
    outcome: Outcome
    status: int | None
    milliseconds: int
    number: int
    """Which of the tries of this delivery it was, from 1; 0 was a test."""

    is_last: bool = False
    """It failed, and no other follows: the delivery is dead."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel has fared: tries newest first, failures in a row, and whether it is paused."""

    tries: tuple[Try, ...] = ()
    failures: int = 0
    failing_since: datetime | None = None
    paused_at: datetime | None = None
    paused_why: PausedWhy | None = None
    version: int = 0

    @property
    def is_paused(self) -> bool:
        """Whether nothing is sent."""
        return self.paused_at is not None


def after_tries(before: Standing, tries: Sequence[Try]) -> Standing:
    """A standing after some tries, oldest first. A test counts for nothing but the history."""
    failures, since = before.failures, before.failing_since
    paused_at, why = before.paused_at, before.paused_why
    for one in tries:
        if one.number == 0:
            continue
        if one.outcome is Outcome.DELIVERED:
            failures, since = 0, None
            continue
        failures += 1
        since = since or one.at
        if failures >= PAUSE_AFTER_FAILURES and paused_at is None:
            paused_at, why = one.at, PausedWhy.FAILURES
    history = (*reversed(tries), *before.tries)[:MAX_HISTORY]
    return Standing(history, failures, since, paused_at, why, before.version)


def resumed(before: Standing) -> Standing:
    """A standing of a channel that gets alerts again; its history stays."""
    return Standing(tries=before.tries, version=before.version)


def pause_seconds(tries: int) -> int:
    """How long after so many failed tries the next one comes."""
    return _PAUSE_SECONDS[min(max(tries, 1), len(_PAUSE_SECONDS)) - 1]


def rotated(secrets: Sequence[Secret], new: str, now: datetime) -> tuple[Secret, ...]:
    """The new secret and the one before it, which signs for another day. Never more than two."""
    return (Secret(new), *(Secret(one.text, now + ROTATION) for one in secrets[:1]))


def shown_url(url: str) -> str:
    """Scheme, host and the last four characters: an address of Teams or Slack is a secret.

    Of one so short that four would be much of it, none.
    """
    parts = urlsplit(url)
    start = f"{parts.scheme}://{parts.netloc}"
    rest = url[len(start) :].lstrip("/")
    if not rest:
        return start
    return f"{start}/…{rest[-SHOWN_CHARACTERS:] if len(rest) >= LEAST_CHARACTERS else ''}"
