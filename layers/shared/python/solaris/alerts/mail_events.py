"""What SES says on the topic of mail events, in both of its forms, into the rules' words.

    {"notificationType": "Bounce" | "Complaint", …}     notifications of an identity
    {"eventType": "Bounce" | "Complaint" | …, …}        event publishing of a configuration set

either as it is or in SNS's envelope (`{"Type": "Notification", "Message": "<the above>"}`). The
fields are those of AWS's documentation, "notification contents" and "event publishing contents";
others may come and are passed over. Beside bounces and complaints SES tells of sends, deliveries,
opens and the like, where it is asked to, and greets a topic that is new to it: nothing follows
from these. Anything else is an error, so that it is delivered again, and kept when it fails.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from solaris.alerts.suppression import (
    MAX_DETAIL_CHARACTERS,
    MAX_EVENT_ID_CHARACTERS,
    MAX_RECIPIENTS,
    Affected,
    MailEvent,
    SuppressionReason,
)
from solaris.platform.email import valid_email
from solaris.platform.errors import SolarisError
from solaris.platform.instants import parse_instant
from solaris.platform.printable import printable

MAX_MESSAGE_BYTES = 256 * 1024  # SNS's own limit

# Event types that AWS documents and that say nothing against an address. "Reject" is about the
# message (a virus), not about who it was for.
_TELL_NOTHING = frozenset(
    {
        *("Send", "Delivery", "DeliveryDelay", "Open", "Click", "Reject", "Subscription"),
        *("Rendering Failure", "RenderingFailure", "AmazonSnsSubscriptionSucceeded"),
    }
)
# How event publishing greets a new topic: plain text, no JSON.
_GREETING = "Successfully validated SNS topic"
_NOT_SPAM = "not-spam"
# `Ana <ana@example.com>`
_NAMED = re.compile(r"[^<>]*<([^<>]+)>\s*")


class MalformedMailEventError(SolarisError):
    """A message that is none of SES's, or is broken; the text says what is wrong with it."""


def _instant(value: object) -> datetime:
    """ISO 8601 with an offset; cut to milliseconds, as the store keeps it."""
    if not isinstance(value, str):
        msg = "must be a text"
        raise ValueError(msg)  # noqa: TRY004 - pydantic reports this one
    try:
        instant = parse_instant(value)
    except OverflowError as error:
        msg = "no such time"
        raise ValueError(msg) from error
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


_Time = Annotated[datetime, BeforeValidator(_instant)]
_Id = Annotated[str, Field(min_length=1, max_length=MAX_EVENT_ID_CHARACTERS)]


class _Base(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Recipient(_Base):
    email: str = Field(alias="emailAddress")
    diagnostic: str | None = Field(default=None, alias="diagnosticCode")


_Recipients = Annotated[list[_Recipient], Field(min_length=1, max_length=MAX_RECIPIENTS)]


class _Bounce(_Base):
    type: Literal["Permanent", "Transient", "Undetermined"] = Field(alias="bounceType")
    subtype: str = Field(alias="bounceSubType")
    recipients: _Recipients = Field(alias="bouncedRecipients")
    timestamp: _Time
    feedback_id: _Id = Field(alias="feedbackId")


class _Complaint(_Base):
    subtype: str | None = Field(default=None, alias="complaintSubType")
    kind: str | None = Field(default=None, alias="complaintFeedbackType")
    recipients: _Recipients = Field(alias="complainedRecipients")
    timestamp: _Time
    feedback_id: _Id = Field(alias="feedbackId")


class _Mail(_Base):
    destination: Annotated[list[str], Field(max_length=MAX_RECIPIENTS)] = []


class _BounceMessage(_Base):
    bounce: _Bounce
    mail: _Mail = _Mail()


class _ComplaintMessage(_Base):
    complaint: _Complaint
    mail: _Mail = _Mail()


def mail_event_from_json(message: str) -> MailEvent | None:
    """Read a message; None for one that says nothing against an address.

    Raises MalformedMailEventError.
    """
    if len(message.encode("utf-8", "replace")) > MAX_MESSAGE_BYTES:
        raise MalformedMailEventError(f"larger than {MAX_MESSAGE_BYTES} bytes")
    if message.startswith(_GREETING):
        return None
    content = _object(message)
    if content.get("Type") == "Notification" and isinstance(content.get("Message"), str):
        if content["Message"].startswith(_GREETING):
            return None
        content = _object(content["Message"])
    kind = content.get("eventType", content.get("notificationType"))
    try:
        if kind == "Bounce":
            return _bounce(_BounceMessage.model_validate(content))
        if kind == "Complaint":
            return _complaint(_ComplaintMessage.model_validate(content))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MalformedMailEventError(f"{kind}: {where}: {first['msg']}") from error
    if isinstance(kind, str) and kind in _TELL_NOTHING:
        return None
    raise MalformedMailEventError(f"no event of SES: type {str(kind)[:50]!r}")


def _object(text: str) -> dict[str, Any]:
    try:
        content = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise MalformedMailEventError("not JSON") from error
    if not isinstance(content, dict):
        raise MalformedMailEventError("not a JSON object")
    return content


def _bounce(message: _BounceMessage) -> MailEvent:
    bounce = message.bounce
    return MailEvent(
        event_id=bounce.feedback_id,
        reason=SuppressionReason.BOUNCE,
        occurred_at=bounce.timestamp,
        affected=tuple(
            Affected(
                email=_address(one.email, message.mail),
                detail=_detail(bounce.subtype, one.diagnostic),
            )
            for one in bounce.recipients
        ),
        is_lasting=bounce.type == "Permanent",
    )


def _complaint(message: _ComplaintMessage) -> MailEvent:
    complaint = message.complaint
    return MailEvent(
        event_id=complaint.feedback_id,
        reason=SuppressionReason.COMPLAINT,
        occurred_at=complaint.timestamp,
        affected=tuple(
            Affected(
                email=_address(one.email, message.mail),
                detail=_detail(complaint.subtype, complaint.kind),
            )
            for one in complaint.recipients
        ),
        is_lasting=complaint.kind != _NOT_SPAM,
    )


def _address(given: str, mail: _Mail) -> str:
    """The address that we wrote to.

    A bounce may name where the mail was forwarded to. When it went to one address only, that is
    the one to stop writing to.
    """
    email = _plain(given)
    sent_to = [_plain(one) for one in mail.destination]
    if len(sent_to) == 1 and email not in sent_to:
        return sent_to[0]
    return email


def _plain(given: str) -> str:
    """`Ana <Ana@Example.com>` as `ana@example.com`."""
    named = _NAMED.fullmatch(given)
    email = valid_email(named[1] if named else given)
    if email is None:
        raise MalformedMailEventError(f"no e-mail address: {given[:100]!r}")
    return email


def _detail(*parts: str | None) -> str:
    return printable(": ".join(part for part in parts if part), MAX_DETAIL_CHARACTERS)
