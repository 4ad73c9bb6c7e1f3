"""An event on its way to a channel: what an alert says, as data, to JSON and back.

It carries names and figures as they were; whether a channel gets the names, and in which language,
is decided when it is delivered. The personal link of a user's own mail is never in it: whoever
holds that link is that user.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from solaris.alerts.alert import Alert, AlertType, ModelWithoutPrice, MonthlySummary
from solaris.alerts.announcing import AlertNotice
from solaris.alerts.causes.cause import (
    BooksDiffer,
    Cause,
    KeyExpiring,
    PersonWaiting,
    UpstreamFailing,
)
from solaris.alerts.ceiling import CeilingReached
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mails import EndingNotice, ThresholdNotice
from solaris.alerts.token_requests.mails import ToldRequest
from solaris.alerts.token_requests.notice import RequestNews
from solaris.channels.event_names import OF_THRESHOLD, EventName


class MalformedDeliveryError(ValueError):
    """A message of the channels queue that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEvent:
    """What has happened; one of the last says it, none of them in a test."""

    event_id: str
    """The alert's own id."""

    name: EventName
    severity: AlertType
    occurred_at: datetime
    period: str
    user_id: str | None = None
    group_id: str | None = None
    """The group that it is about, or whose member; None in a message of a version before."""

    threshold: ThresholdNotice | None = None
    ending: EndingNotice | None = None
    summary: MonthlySummary | None = None
    unpriced: ModelWithoutPrice | None = None
    ceiling: CeilingReached | None = None
    group_summary: GroupSummary | None = None
    request: ToldRequest | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of the channels queue: an event to one channel."""

    channel_id: str
    event: ChannelEvent
    version: int = 1


_DELIVERIES = TypeAdapter(Delivery)


def event_of(alert: Alert, notice: AlertNotice) -> ChannelEvent:
    """The event of an alert."""
    event = ChannelEvent(
        event_id=alert.alert_id,
        name=EventName.TEST,
        severity=alert.type,
        occurred_at=alert.created_at,
        period=alert.period,
        user_id=alert.user_id,
        group_id=alert.group_id,
    )
    match notice:
        case ThresholdNotice():
            told = replace(notice, usage_url=None)
            return replace(event, name=OF_THRESHOLD[notice.threshold], threshold=told)
        case EndingNotice():
            told_end = replace(notice, usage_url=None)
            return replace(event, name=EventName.GRANT_ENDING, ending=told_end)
        case MonthlySummary():
            return replace(event, name=EventName.MONTH_CLOSED, summary=notice)
        case ModelWithoutPrice():
            return replace(event, name=EventName.MODEL_UNPRICED, unpriced=notice)
        case CeilingReached():
            # who gets the mail is nobody's business here
            return replace(event, name=EventName.CEILING_REACHED, ceiling=replace(notice, to=()))
        case GroupSummary():
            told_group = replace(notice, to=())
            return replace(event, name=EventName.GROUP_MONTH_CLOSED, group_summary=told_group)
        case ToldRequest():
            is_asked = notice.news.news is RequestNews.ASKED
            name = EventName.REQUEST_CREATED if is_asked else EventName.REQUEST_DECIDED
            told_request = replace(notice, usage_url=None, news=replace(notice.news, to=()))
            return replace(event, name=name, request=told_request)
        case PersonWaiting():
            return replace(event, name=EventName.USER_PENDING, cause=notice)
        case KeyExpiring():
            return replace(event, name=EventName.KEY_EXPIRING, cause=notice)
        case UpstreamFailing():
            return replace(event, name=EventName.UPSTREAM_FAILING, cause=notice)
        case BooksDiffer():
            return replace(event, name=EventName.BOOKS_DIFFER, cause=notice)


def test_event(channel_id: str, now: datetime, period: str) -> ChannelEvent:
    """What the button "Test" sends: no alert, and about nobody."""
    return ChannelEvent(
        event_id=f"test#{channel_id}#{int(now.timestamp() * 1000)}",
        name=EventName.TEST,
        severity=AlertType.INFO,
        occurred_at=now,
        period=period,
    )


def delivery_to_json(delivery: Delivery) -> str:
    """Write a message."""
    return _DELIVERIES.dump_json(delivery, exclude_none=True).decode()


def delivery_from_json(body: str) -> Delivery:
    """Read a message. Raises MalformedDeliveryError."""
    try:
        return _DELIVERIES.validate_json(body)
    except ValidationError as error:
        # the message itself names people
        raise MalformedDeliveryError(error.errors(include_input=False)[0]["msg"]) from None
