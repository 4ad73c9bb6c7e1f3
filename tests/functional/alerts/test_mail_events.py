"""What SES says about mails: both its forms as AWS documents them, and everything else refused."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.alerts.mail_events import (
    MAX_MESSAGE_BYTES,
    MalformedMailEventError,
    mail_event_from_json,
)
from solaris.alerts.suppression import (
    MAX_DETAIL_CHARACTERS,
    MAX_RECIPIENTS,
    MailEvent,
    SuppressionReason,
)

FORMS = ("notificationType", "eventType")
MAIL = {
    "timestamp": "2026-11-22T13:05:00.000Z",
    "source": "noreply@example.com",
    "messageId": "0100018f-0000",
    "destination": ["ana@example.com"],
}
BOUNCE: dict[str, Any] = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [
        {
            "emailAddress": "Ana@Example.com",
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
        }
    ],
    "timestamp": "2026-11-22T13:05:09.123Z",
    "feedbackId": "f-1",
    "reportingMTA": "dsn; a0-0.smtp-out.amazonses.com",
}
COMPLAINT: dict[str, Any] = {
    "complainedRecipients": [{"emailAddress": "ana@example.com"}],
    "timestamp": "2026-11-22T10:05:09.123456-03:00",
    "feedbackId": "f-2",
    "complaintSubType": None,
    "complaintFeedbackType": "abuse",
}
AT = datetime(2026, 11, 22, 13, 5, 9, 123_000, tzinfo=UTC)


def bounce(form: str = "eventType", **changes: Any) -> dict[str, Any]:
    return {form: "Bounce", "bounce": BOUNCE | changes, "mail": MAIL}


def complaint(form: str = "eventType", **changes: Any) -> dict[str, Any]:
    return {form: "Complaint", "complaint": COMPLAINT | changes, "mail": MAIL}


def enveloped(message: str) -> str:
    return json.dumps({"Type": "Notification", "MessageId": "m-1", "Message": message})


def read(message: Any) -> MailEvent:
    event = mail_event_from_json(json.dumps(message))
    assert event is not None
    return event


def refused(message: Any) -> str:
    with pytest.raises(MalformedMailEventError) as refusal:
        mail_event_from_json(json.dumps(message))
    return str(refusal.value)


@pytest.mark.parametrize("form", FORMS)
def test_a_permanent_bounce_names_its_addresses_and_why(form: str) -> None:
    event = read(bounce(form))
    assert (event.reason, event.is_lasting) == (SuppressionReason.BOUNCE, True)
    assert (event.event_id, event.occurred_at) == ("f-1", AT)
    (one,) = event.affected
    assert one.email == "ana@example.com"
    assert one.detail == "General: smtp; 550 5.1.1 user unknown"


@pytest.mark.parametrize("form", FORMS)
def test_a_complaint_names_its_addresses_and_why(form: str) -> None:
    event = read(complaint(form))
    assert (event.reason, event.is_lasting) == (SuppressionReason.COMPLAINT, True)
    # cut to the milliseconds that the store keeps
    assert (event.event_id, event.occurred_at) == ("f-2", AT)
    assert [(one.email, one.detail) for one in event.affected] == [("ana@example.com", "abuse")]


@pytest.mark.parametrize("message", [bounce(), complaint()])
def test_the_envelope_of_sns_is_taken_off(message: dict[str, Any]) -> None:
    plain = json.dumps(message)
    assert mail_event_from_json(enveloped(plain)) == mail_event_from_json(plain)


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_a_bounce_that_may_pass_does_not_last(kind: str) -> None:
    assert not read(bounce(bounceType=kind)).is_lasting


def test_not_spam_is_the_opposite_of_a_complaint() -> None:
    assert not read(complaint(complaintFeedbackType="not-spam")).is_lasting


def test_a_complaint_without_a_feedback_type_lasts() -> None:
    told = complaint(complaintSubType="OnAccountSuppressionList", complaintFeedbackType=None)
    event = read(told)
    assert event.is_lasting
    assert event.affected[0].detail == "OnAccountSuppressionList"


def test_every_recipient_is_affected() -> None:
    some = [{"emailAddress": f"User{n} <user{n}@example.com>"} for n in range(MAX_RECIPIENTS)]
    event = read(bounce(bouncedRecipients=some) | {"mail": {}})
    assert [one.email for one in event.affected] == [f"user{n}@example.com" for n in range(50)]


def test_a_bounce_of_a_forwarded_mail_is_one_of_the_address_that_it_went_to() -> None:
    elsewhere = [{"emailAddress": "ana@home.example"}]
    assert read(bounce(bouncedRecipients=elsewhere)).affected[0].email == "ana@example.com"
    several = MAIL | {"destination": ["ana@example.com", "bia@example.com"]}
    event = read(bounce(bouncedRecipients=elsewhere) | {"mail": several})
    assert event.affected[0].email == "ana@home.example"


def test_details_are_short_and_printable() -> None:
    said = [{"emailAddress": "ana@example.com", "diagnosticCode": "550\x00\r\n " + "x" * 9_000}]
    detail = read(bounce(bouncedRecipients=said)).affected[0].detail
    assert len(detail) == MAX_DETAIL_CHARACTERS
    assert detail.isprintable()
    assert detail.startswith("General: 550 xxx")


@pytest.mark.parametrize(
    "kind", ["Send", "Delivery", "DeliveryDelay", "Open", "Click", "Reject", "Rendering Failure"]
)
@pytest.mark.parametrize("form", FORMS)
def test_what_says_nothing_against_an_address_is_passed_over(form: str, kind: str) -> None:
    assert mail_event_from_json(json.dumps({form: kind, "mail": MAIL})) is None


@pytest.mark.parametrize(
    "message",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        '{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"You have subscribed"}',
    ],
)
def test_a_new_topic_is_greeted_and_nothing_follows(message: str) -> None:
    assert mail_event_from_json(message) is None
    assert mail_event_from_json(enveloped(message)) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "[]", "null", "1", "{}", "{", '{"Type":"Notification","Message":"x"}'),
        *('{"Type": "Notification", "Message": 3}', '{"eventType": "Teapot"}'),
        *('{"eventType": 7}', '{"eventType": ["Bounce"]}', '{"eventType": "bounce"}'),
        *("[" * 5_000, "\ud800", '{"eventType": "Bounce"}', "NaN"),
    ],
)
def test_what_is_none_of_ses_s_is_refused(text: str) -> None:
    with pytest.raises(MalformedMailEventError) as refusal:
        mail_event_from_json(text)
    assert str(refusal.value)


@pytest.mark.parametrize("name", sorted(set(BOUNCE) - {"reportingMTA"}))
def test_a_bounce_without_a_field_is_refused_and_the_field_named(name: str) -> None:
    message = bounce()
    del message["bounce"][name]
    assert name in refused(message)


@pytest.mark.parametrize("name", ["complainedRecipients", "timestamp", "feedbackId"])
def test_a_complaint_without_a_field_is_refused_and_the_field_named(name: str) -> None:
    message = complaint()
    del message["complaint"][name]
    assert name in refused(message)


@pytest.mark.parametrize(
    "changes",
    [
        {"bounceType": "permanent"},
        {"bouncedRecipients": []},
        {"bouncedRecipients": [{"emailAddress": "a@example.com"}] * (MAX_RECIPIENTS + 1)},
        {"bouncedRecipients": [{"emailAddress": "nobody"}]},
        {"bouncedRecipients": [{"emailAddress": "x" * 300 + "@example.com"}]},
        {"bouncedRecipients": [{"emailAddress": 7}]},
        {"bouncedRecipients": {"emailAddress": "a@example.com"}},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-11-22T13:05:09"},
        {"timestamp": 1763816709},
        {"timestamp": "0001-01-01T00:00:00+23:59"},
        {"feedbackId": ""},
        {"feedbackId": "x" * 201},
        {"feedbackId": 7},
    ],
    ids=str,
)
def test_a_broken_bounce_is_refused(changes: dict[str, Any]) -> None:
    assert refused(bounce(**changes))


def test_one_broken_address_of_several_refuses_the_whole_message() -> None:
    """Half of it recorded and the rest acknowledged would be a part lost."""
    some = [{"emailAddress": "bia@example.com"}, {"emailAddress": "?"}]
    assert "?" in refused(bounce(bouncedRecipients=some))


def test_a_message_beyond_sns_s_limit_is_refused_unread() -> None:
    assert str(MAX_MESSAGE_BYTES) in refused("é" * MAX_MESSAGE_BYTES)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from([*bounce(), *BOUNCE, *COMPLAINT, "complaint", "Type", "Message"]),
                inner,
            )
        ),
    ),
    st.sampled_from([bounce(), complaint()]),
    st.data(),
)
def test_a_spoilt_message_is_an_event_or_refused_and_never_another_error(
    value: Any, message: dict[str, Any], data: st.DataObject
) -> None:
    part = message["bounce" if "bounce" in message else "complaint"]
    name = data.draw(st.sampled_from(sorted(part)))
    spoilt = json.loads(json.dumps(message))
    spoilt["bounce" if "bounce" in message else "complaint"][name] = value
    for one in (value, spoilt):
        with suppress(MalformedMailEventError):
            mail_event_from_json(json.dumps(one))


@given(st.text(max_size=300))
def test_text_is_never_another_error(text: str) -> None:
    with suppress(MalformedMailEventError):
        mail_event_from_json(text)
    with suppress(MalformedMailEventError):
        mail_event_from_json(enveloped(text))
