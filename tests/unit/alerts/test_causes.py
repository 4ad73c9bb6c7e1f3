"""Causes that last: which id each has, until when its alert stands, and what is said of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.alerts.alert import Alert, AlertType, Audience, MailState, ResolvedWhy
from solaris.alerts.causes.cause import (
    KEY_DAYS,
    BooksDiffer,
    Cause,
    Facts,
    KeyExpiring,
    KeyTerms,
    PersonWaiting,
    Reconciled,
    UpstreamFailing,
    days_before,
    to_close,
)
from solaris.alerts.causes.rendering import CauseRenderer
from solaris.alerts.notices import MalformedNoticeError, notice_from_json, notice_to_json
from solaris.alerts.schemas import from_wire, to_wire
from solaris.quota.user import UserStatus
from tests.unit.alerts.test_alerts import NOW, USER

PERSON = PersonWaiting(
    user_id="u1", email="ana@example.com", name="Ana", plan="basic", since=NOW, period="2026-11"
)
KEY = KeyExpiring(
    key_id="key_0123456789ab",
    prefix="sk-solaris-abcd",
    name="LibreChat",
    expires_at=NOW + timedelta(days=7),
    days=7,
    period="2026-11",
)
OWN = replace(KEY, key_id="key_ba9876543210", user_id="u1", email="ana@example.com")
UPSTREAM = UpstreamFailing(since=NOW, requests=40, failed=31, minutes=10, period="2026-11")
BOOKS = BooksDiffer(found_at=NOW, differences=3, users=120, period="2026-11")
EVERY: list[Cause] = [PERSON, KEY, OWN, UPSTREAM, BOOKS]


def alert(cause: Cause, **about: Any) -> Alert:
    values: dict[str, Any] = {
        "alert_id": cause.alert_id,
        "type": cause.type,
        "title": "t",
        "message": "m",
        "user_id": getattr(cause, "user_id", None),
        "period": cause.period,
        "created_at": NOW,
        "mails": dict.fromkeys(Audience, MailState.SENT),
    }
    return Alert(**values | about)


def closing(*alerts: Alert, facts: Facts | None, **user: Any) -> list[str | None]:
    """Why each of the alerts is closed; None: it stays open."""
    found = to_close(alerts, {"u1": replace(USER, user_id="u1", **user)}, facts)
    return [found.get(one.alert_id) for one in alerts]


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (UserStatus.PENDING, None),
        (UserStatus.ACTIVE, ResolvedWhy.ACTIVATED),
        (UserStatus.SUSPENDED, ResolvedWhy.STATUS),
        (UserStatus.BLOCKED, ResolvedWhy.STATUS),
        (UserStatus.DELETED, ResolvedWhy.DELETED),
    ],
)
def test_who_waits_is_told_of_until_the_status_is_another(
    status: UserStatus, why: ResolvedWhy | None
) -> None:
    assert closing(alert(PERSON), facts=None, status=status) == [why]
    assert closing(alert(PERSON, user_id="u2"), facts=None, status=status) == [None]


def test_who_comes_anew_after_a_deletion_is_told_of_anew() -> None:
    later = replace(PERSON, since=NOW + timedelta(seconds=1))
    assert later.alert_id != PERSON.alert_id


def key_facts(expires_at: datetime | None, *, revoked: bool = False, now: datetime = NOW) -> Facts:
    return Facts(now, keys={KEY.key_id: KeyTerms(expires_at, revoked)})


def test_a_key_s_alert_stands_until_it_is_revoked_renewed_or_over() -> None:
    end = KEY.expires_at
    assert closing(alert(KEY), facts=key_facts(end)) == [None]
    assert closing(alert(KEY), facts=key_facts(end, revoked=True)) == [ResolvedWhy.REVOKED]
    for other in (None, end + timedelta(days=30)):
        assert closing(alert(KEY), facts=key_facts(other)) == [ResolvedWhy.RENEWED]
    assert closing(alert(KEY), facts=key_facts(end, now=end)) == [ResolvedWhy.EXPIRED]
    # a key that nobody has told of, and facts that nobody knows
    assert closing(alert(KEY), facts=Facts(NOW)) == [None]
    assert closing(alert(KEY), facts=None) == [None]


def test_of_one_key_the_nearest_end_stays() -> None:
    thirty, one = replace(KEY, days=30), replace(KEY, days=1)
    facts = key_facts(KEY.expires_at)
    found = closing(alert(thirty), alert(one), alert(KEY), alert(OWN), facts=facts)
    assert found == [ResolvedWhy.SUPERSEDED, None, ResolvedWhy.SUPERSEDED, None]
    assert one.lower_ids == [thirty.alert_id, KEY.alert_id]
    assert (one.type, KEY.type) == (AlertType.CRITICAL, AlertType.WARNING)


@given(st.timedeltas(timedelta(seconds=-5), timedelta(days=40)))
def test_a_key_s_end_is_told_30_7_and_1_days_before(left: timedelta) -> None:
    found = days_before(NOW + left, NOW)
    expected = [days for days in KEY_DAYS if timedelta(0) < left <= timedelta(days=days)]
    assert found == min(expected, default=None)


def test_the_upstream_s_alert_stands_while_it_fails() -> None:
    assert closing(alert(UPSTREAM), facts=Facts(NOW, failing_since=NOW)) == [None]
    assert closing(alert(UPSTREAM), facts=Facts(NOW)) == [ResolvedWhy.WELL_AGAIN]
    # it was well in between: that failing has an alert of its own
    later = Facts(NOW, failing_since=NOW + timedelta(hours=1))
    assert closing(alert(UPSTREAM), facts=later) == [ResolvedWhy.WELL_AGAIN]


def test_the_books_alert_stands_until_a_reconciliation_finds_nothing() -> None:
    later = NOW + timedelta(days=1)
    for reconciled, why in (
        (None, None),
        (Reconciled(NOW, 3), None),
        (Reconciled(later, 0), ResolvedWhy.BOOKS_AGREE),
        (Reconciled(later, 2), ResolvedWhy.SUPERSEDED),
    ):
        assert closing(alert(BOOKS), facts=Facts(NOW, reconciled=reconciled)) == [why]


def test_what_somebody_has_resolved_is_nobody_s_business() -> None:
    done = [alert(one, resolved_at=NOW) for one in EVERY]
    assert set(closing(*done, facts=Facts(NOW), status=UserStatus.ACTIVE)) == {None}


@pytest.mark.parametrize("cause", EVERY, ids=lambda one: type(one).__name__)
def test_a_cause_comes_out_of_the_queue_as_it_went_in(cause: Cause) -> None:
    body = notice_to_json(cause)
    assert notice_from_json(body) == cause
    with pytest.raises(MalformedNoticeError):
        notice_from_json(body.replace('"version":1', '"version":2'))
    with pytest.raises(MalformedNoticeError):
        notice_from_json(body.replace('"period"', '"p"'))
    assert from_wire(to_wire(cause.alert_id)) == cause.alert_id


@pytest.mark.parametrize("language", ["pt-BR", "en"])
@pytest.mark.parametrize("cause", EVERY, ids=lambda one: type(one).__name__)
def test_what_is_said_is_whole_in_both_languages(cause: Cause, language: Any) -> None:
    renderer = CauseRenderer(language)
    audiences = list(Audience) if isinstance(cause, KeyExpiring) else [Audience.ADMINS]
    for audience in audiences:
        mail = renderer.cause(cause, audience)
        for text in (mail.subject, mail.text, mail.html):
            assert "{" not in text.replace("{{", "")[:200]
        assert mail.subject
    title, text = renderer.cause_record(cause)
    assert title
    assert "{" not in text
    hidden = " ".join(renderer.cause_record(cause, no_names=True))
    assert "ana" not in hidden.lower().replace("semana", "")
    assert "LibreChat" not in hidden


def test_a_record_about_a_person_begins_with_the_address() -> None:
    # by that it is told of nobody once they are deleted (accounts/deletion.py)
    for cause in (PERSON, OWN):
        for language in ("pt-BR", "en"):
            _, text = CauseRenderer(language).cause_record(cause)
            assert text.startswith("ana@example.com ")
            assert "Ana " not in text


def test_the_key_s_name_is_told_to_its_owner_and_the_owner_to_the_admins() -> None:
    renderer = CauseRenderer("en")
    until = f"{OWN.expires_at:%H:%M}"
    assert "sk-solaris-abcd… (LibreChat)" in renderer.cause(OWN, Audience.USER).subject
    assert "sk-solaris-abcd… (ana@example.com)" in renderer.cause(OWN, Audience.ADMINS).subject
    assert "LibreChat (sk-solaris-abcd…)" in renderer.cause(KEY, Audience.ADMINS).subject
    assert until in renderer.cause_record(KEY)[1]


def test_the_zone_of_an_end_is_the_periods() -> None:
    there = KEY.expires_at.astimezone(UTC)
    assert replace(KEY, expires_at=there).alert_id == KEY.alert_id
