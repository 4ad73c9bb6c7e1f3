"""What an alert is, which of its mails are due, and which mail error is final. Pure rules.

An alert has two mails: one to the user and one to the admins. Each has a state of its own, so
that a failure of one never repeats the other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from solaris.platform.exchange import LocalCost
from solaris.platform.instants import iso_milliseconds
from solaris.quota.quota import PPM, ceiling_tokens
from solaris.quota.standing import is_nearly_out
from solaris.quota.thresholds import Threshold, ThresholdRule, reached
from solaris.quota.user import Enforcement, User, UserStatus

# Longer than the function may run (60 s): a lease that is over belongs to a process that is gone.
LEASE_SECONDS = 90
LEASE = timedelta(seconds=LEASE_SECONDS)
RETRY_SECONDS = 60
MAX_RETRY_SECONDS = 900
ALERT_DAYS = 400  # as long as the usage records
MAX_ERROR_CHARACTERS = 200
SYSTEM = "system"
MONTHLY_SUMMARY = "monthly_summary"
GRANT_ENDING = "grant_ending"
MODEL_WITHOUT_PRICE = "model_without_price"
CHANNEL_PAUSED = "channel_paused"


class AlertType(StrEnum):
    """How serious an alert is."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Audience(StrEnum):
    """Whom one of an alert's mails is for."""

    USER = "user"
    ADMINS = "admins"


class MailState(StrEnum):
    """How far a mail is. Final are all but `pending`, `sending` and `failed`."""

    NONE = "none"
    """There is nobody to write to."""

    PENDING = "pending"
    SENDING = "sending"
    """Claimed by one process until its lease is over."""

    SENT = "sent"
    FAILED = "failed"
    """The last try failed for now; the queue delivers the message again."""

    REJECTED = "rejected"
    """Refused for good: the address or the sender is not accepted."""

    SUPPRESSED = "suppressed"
    """Not sent: whoever it was for gets no mail, after a bounce or a complaint."""

    SKIPPED = "skipped"
    """Out of date when it was looked at: the month was over, or the user back under it."""


class ResolvedWhy(StrEnum):
    """Why the system has resolved an alert by itself."""

    SUPERSEDED = "superseded"
    """A higher alert of the same user and month stands in its place."""

    MONTH = "month"
    """Its month is over: the quota is new."""

    GRANT = "grant"
    LIMIT = "limit"
    PLAN = "plan"
    RESET = "reset"
    """What was used was forgiven."""

    THRESHOLDS = "thresholds"
    """Warnings, or the block, come at another share of the quota."""

    WARN_ONLY = "warn_only"
    """The user is not refused any more when the quota is used up."""

    DELETED = "deleted"
    ACTIVATED = "activated"
    """Whoever waited is served."""

    STATUS = "status"
    """Whoever waited has another status, and is not served."""

    REVOKED = "revoked"
    RENEWED = "renewed"
    """The key has another end, or none."""

    EXPIRED = "expired"
    """The key is over: what was warned of has happened."""

    WELL_AGAIN = "well_again"
    """The upstream answers."""

    BOOKS_AGREE = "books_agree"
    """A later reconciliation has found nothing."""

    RESUMED = "resumed"
    """The paused channel gets alerts again."""

    NOTHING_TO_DO = "nothing_to_do"
    """It only tells something (the summary of a month)."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A threshold crossed by a user in a period; `round` counts its re-armings by grants."""

    user_id: str
    period: str
    threshold: Threshold
    crossed_at: datetime
    round: int = 0

    @property
    def alert_id(self) -> str:
        """One alert a user, period, threshold and round."""
        base = f"{self.user_id}#{self.period}#{self.threshold.value}"
        return f"{base}#{self.round}" if self.round else base


@dataclass(frozen=True, slots=True)
class GrantEnding:
    """A grant of additional tokens ends within a week, and most of it is unused."""

    user_id: str
    grant_id: str
    announced_at: datetime

    @property
    def alert_id(self) -> str:
        """One alert a grant."""
        return f"{self.user_id}#{GRANT_ENDING}#{self.grant_id}"


@dataclass(frozen=True, slots=True)
class ModelWithoutPrice:
    """A model has answered whose weight should follow its price, and none is known."""

    model: str
    entry: str
    period: str

    @property
    def alert_id(self) -> str:
        """One alert a period and model."""
        return f"{SYSTEM}#{self.period}#{MODEL_WITHOUT_PRICE}#{self.model}"


@dataclass(frozen=True, slots=True)
class ChannelPaused:
    """A channel gets no alerts any more: whatever was sent to it since has failed."""

    channel_id: str
    name: str
    failing_since: datetime
    period: str

    @property
    def alert_id(self) -> str:
        """One alert a row of failures."""
        since = iso_milliseconds(self.failing_since)
        return f"{SYSTEM}#{self.period}#{CHANNEL_PAUSED}#{self.channel_id}#{since}"


@dataclass(frozen=True, slots=True)
class UsageFigures:
    """A user's month in tokens, as the alert found it."""

    current_usage: int
    monthly_limit: int
    additional_tokens: int
    block_ppm: int = PPM

    @property
    def granted_tokens(self) -> int:
        """Monthly limit plus additional tokens."""
        return self.monthly_limit + self.additional_tokens

    @property
    def remaining_tokens(self) -> int:
        """What may be used until the block, never below zero."""
        ceiling = ceiling_tokens(self.monthly_limit, self.additional_tokens, self.block_ppm)
        return max(0, ceiling - self.current_usage)

    @property
    def permille(self) -> int:
        """Usage in tenths of a percent of what is granted, cut: 99.99 % is not shown as 100."""
        if self.granted_tokens == 0:
            return 1000
        return self.current_usage * 1000 // self.granted_tokens


@dataclass(frozen=True, slots=True)
class TopUser:
    """One of the month's heaviest users; `percentage` is of the user's monthly limit."""

    email: str
    tokens: int
    percentage: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class GroupPart:
    """One group's part of a month; without a name: what was used in no group."""

    name: str
    tokens: int


@dataclass(frozen=True, slots=True)
class MonthlySummary:
    """A closed month for the admins; money in micro-dollars, without the `unpriced_requests`.

    `local_cost` is the same in CURRENCY; None in dollars.
    """

    period: str
    users: int
    active_users: int
    blocked_users: int
    total_tokens: int
    cost_micros: int
    top: tuple[TopUser, ...] = ()
    unpriced_requests: int = 0
    local_cost: LocalCost | None = None
    open_requests: int = 0
    """Began in the month and were not booked when it was summed up: the figures may rise."""

    groups: tuple[GroupPart, ...] = ()
    """Those that have used most, and what was used in none; empty without groups."""

    @property
    def alert_id(self) -> str:
        """One summary a period."""
        return f"{SYSTEM}#{self.period}#{MONTHLY_SUMMARY}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The record. It stands whatever happens to its mails."""

    alert_id: str
    type: AlertType
    title: str
    message: str
    period: str
    created_at: datetime
    mails: dict[Audience, MailState]
    user_id: str | None = None
    threshold: Threshold | None = None
    figures: UsageFigures | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    """Whoever resolved it; None when there was nothing to do about it from the start."""

    resolved_why: ResolvedWhy | None = None
    """When SYSTEM did."""

    enforcement: Enforcement | None = None
    """What a used up quota meant for the user then; None: not known."""

    errors: dict[Audience, str] | None = None
    group_id: str | None = None
    """The group that it is about, or that its user was in then."""


def is_reopenable(alert: Alert) -> bool:
    """Whether a person has resolved it, so that a person may take that back.

    What the system has closed has no cause any more, and what was resolved from the start asks
    nobody for anything.
    """
    return (
        alert.resolved_at is not None
        and alert.resolved_by not in (None, SYSTEM)
        and alert.resolved_why is None
    )


def message_about(address: str, message: str) -> str:
    """A threshold's message with another address: the first word of it (alerts/mail_words.py)."""
    return address + message[message.index(" ") :]


def type_of(threshold: Threshold) -> AlertType:
    """A warning is a warning; everything above is critical."""
    return AlertType.WARNING if threshold is Threshold.WARNING else AlertType.CRITICAL


def figures_of(user: User) -> UsageFigures:
    """The user's open period."""
    return UsageFigures(
        user.current_usage, user.monthly_limit, user.additional_tokens, user.block_ppm
    )


def is_out_of_date(
    crossing: Crossing, user: User, *, current_period: str, rule: ThresholdRule
) -> bool:
    """True when a mail would say what is no longer so.

    The month of the crossing is over (the quota is new), or a grant, a raised limit or a manual
    reset has brought the user back under the threshold. A block is announced with a few tokens
    left too (quota/standing.py): it stands while no change has re-armed it and the user is still
    as good as out of tokens. A deleted user is told nothing.
    """
    if user.status is UserStatus.DELETED:
        return True
    if max(current_period, user.period) > crossing.period:
        return True
    found = reached(user.quota, rule)
    if crossing.threshold in found:
        return False
    if crossing.threshold is not Threshold.BLOCK or user.alert_round > crossing.round:
        return True
    return not is_nearly_out(user.quota, rule)


def retry_seconds(receives: int) -> int:
    """Pause before a message that failed is delivered again: 60 s, doubled each time, at most 900.

    With five receives a mail server may be away for a quarter of an hour before the message goes
    to the dead-letter queue.
    """
    return min(MAX_RETRY_SECONDS, RETRY_SECONDS << min(10, max(0, receives - 1)))
