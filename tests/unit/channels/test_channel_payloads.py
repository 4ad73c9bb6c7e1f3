"""What receivers get: valid where it goes, in both languages, without names where none shall be.

`card_faults` holds a card against the published schema of Adaptive Cards 1.5
(github.com/microsoft/AdaptiveCards, schemas/1.5.0/adaptive-card.json): the required properties, the
properties that there are (`additionalProperties` is false there) and the values of enumerations,
for the elements that we use. Teams' limit of 28 KB is that of its documentation, "Create and send
messages". Slack's limits are those of its reference of blocks (docs.slack.dev, Block Kit).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.alerts.alert import AlertType, ModelWithoutPrice, MonthlySummary, TopUser, UsageFigures
from solaris.alerts.causes.cause import (
    BooksDiffer,
    KeyExpiring,
    PersonWaiting,
    UpstreamFailing,
)
from solaris.alerts.ceiling import COMPANY, CeilingReached
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mails import EndingNotice, Person, ThresholdNotice
from solaris.alerts.token_requests.mail_samples import told_samples
from solaris.alerts.token_requests.mails import ToldRequest
from solaris.alerts.token_requests.notice import RequestNews
from solaris.channels.channel import Channel, ChannelFilter, ChannelKind
from solaris.channels.event_names import OF_THRESHOLD, EventName
from solaris.channels.events import (
    ChannelEvent,
    Delivery,
    MalformedDeliveryError,
    delivery_from_json,
    delivery_to_json,
)
from solaris.channels.events import (
    test_event as made_test_event,
)
from solaris.channels.payloads import MAX_CARD_BYTES, body_of
from solaris.quota.thresholds import Threshold

NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
SITE = "https://ia.example.com"
EMAIL, NAME = "zelia.quintx@pessoas.example", "Zélia Quintx"
ANA = Person(EMAIL, NAME, "basic")

ELEMENT = {"type", "id", "spacing", "separator", "height", "isVisible", "fallback", "requires"}
SPACING = {"Default", "None", "Small", "Medium", "Large", "ExtraLarge", "Padding"}
# element → (required, allowed) properties
SCHEMA: dict[str, tuple[set[str], set[str]]] = {
    "AdaptiveCard": (
        {"type", "version"},
        {"type", "version", "body", "actions", "fallbackText", "lang", "$schema", "minHeight"},
    ),
    "Container": ({"type", "items"}, ELEMENT | {"items", "style", "bleed", "selectAction"}),
    "RichTextBlock": ({"type", "inlines"}, ELEMENT | {"inlines", "horizontalAlignment"}),
    "TextRun": (
        {"type", "text"},
        {"type", "text", "size", "weight", "color", "isSubtle", "italic", "strikethrough"},
    ),
    "Action.OpenUrl": ({"type", "url"}, {"type", "url", "title", "iconUrl", "id", "style"}),
}
VALUES = {
    "size": {"Default", "Small", "Medium", "Large", "ExtraLarge"},
    "weight": {"Default", "Lighter", "Bolder"},
    "style": {"default", "emphasis", "good", "attention", "warning", "accent"},
    "spacing": SPACING,
}
INSIDE = ("body", "items", "inlines", "actions")


def card_faults(element: dict[str, Any], where: str = "card") -> Iterator[str]:
    required, allowed = SCHEMA.get(element.get("type", ""), (set(), set()))
    if not required:
        yield f"{where}: no such element {element.get('type')}"
        return
    yield from (f"{where}: {one} is missing" for one in required - element.keys())
    yield from (f"{where}: there is no {one}" for one in element.keys() - allowed)
    for name, values in VALUES.items():
        if element.get(name, next(iter(values))) not in values:
            yield f"{where}: {name} is {element[name]}"
    for name in INSIDE:
        for number, inner in enumerate(element.get(name, [])):
            yield from card_faults(inner, f"{where}.{name}[{number}]")


def event(**more: Any) -> ChannelEvent:
    fields: dict[str, Any] = {
        "event_id": "u-1#2026-11#warning",
        "name": EventName.QUOTA_WARNING,
        "severity": AlertType.WARNING,
        "occurred_at": NOON,
        "period": "2026-11",
        "user_id": "u-1",
    }
    return ChannelEvent(**(fields | more))


def of_threshold(threshold: Threshold, person: Person = ANA, used: int = 974_310) -> ChannelEvent:
    notice = ThresholdNotice(
        person=person,
        threshold=threshold,
        threshold_ppm=800_000,
        period="2026-11",
        figures=UsageFigures(used, 1_000_000, 200_000),
        renews_at=datetime(2026, 12, 1, tzinfo=UTC),
    )
    return event(name=OF_THRESHOLD[threshold], threshold=notice)


def every_event(person: Person = ANA, model: str = "gpt-9") -> list[ChannelEvent]:
    ending = EndingNotice(person, 160_000, 200_000, date(2026, 12, 15))
    summary = MonthlySummary(
        "2026-11", 120, 90, 3, 5_000_000, 12_000_000, (TopUser(person.email, 900_000, 90.0),)
    )
    return [
        *(of_threshold(one, person) for one in Threshold),
        of_threshold(Threshold.BLOCK, person, used=1_199_990),
        event(name=EventName.GRANT_ENDING, severity=AlertType.INFO, ending=ending),
        event(name=EventName.MONTH_CLOSED, severity=AlertType.INFO, user_id=None, summary=summary),
        event(
            name=EventName.MODEL_UNPRICED,
            user_id=None,
            unpriced=ModelWithoutPrice(model, "gpt-*", "2026-11"),
        ),
        *(of_ceiling(one) for one in ("0123456789ab", COMPANY)),
        event(
            name=EventName.GROUP_MONTH_CLOSED,
            severity=AlertType.INFO,
            user_id=None,
            group_id="0123456789ab",
            group_summary=GroupSummary(
                group_id="0123456789ab",
                name=model[:80],
                period="2026-11",
                total_tokens=5_000_000,
                cost_micros=12_000_000,
                ceiling_tokens=6_000_000,
                active_members=90,
                top=(TopUser(person.email, 900_000, 90.0),),
            ),
        ),
        *(of_request(told, person) for _, told in told_samples(UTC)),
        *causes(person),
        made_test_event("chn_1", NOON, "2026-11"),
    ]


def of_request(told: ToldRequest, person: Person = ANA) -> ChannelEvent:
    """As `event_of` makes it: a reason names whoever wrote it."""
    is_asked = told.news.news is RequestNews.ASKED
    name = EventName.REQUEST_CREATED if is_asked else EventName.REQUEST_DECIDED
    news = replace(told.news, reason=f"{person.name} {person.email}", decided_by=person.email)
    request = replace(told, person=person, news=news, usage_url=None)
    return event(name=name, severity=AlertType.INFO, request=request)


def causes(person: Person) -> list[ChannelEvent]:
    waiting = PersonWaiting(
        user_id="u-1",
        email=person.email,
        name=person.name,
        plan="basic",
        since=NOON,
        period="2026-11",
    )
    key = KeyExpiring(
        key_id="key_0123456789ab",
        prefix="sk-solaris-abcd",
        name=person.name,
        expires_at=NOON,
        days=7,
        period="2026-11",
    )
    own = replace(key, user_id="u-1", email=person.email)
    upstream = UpstreamFailing(since=NOON, requests=40, failed=31, minutes=10, period="2026-11")
    books = BooksDiffer(found_at=NOON, differences=3, users=7, period="2026-11")
    return [
        event(name=EventName.USER_PENDING, cause=waiting),
        event(name=EventName.KEY_EXPIRING, user_id=None, cause=key),
        event(name=EventName.KEY_EXPIRING, cause=own),
        event(name=EventName.UPSTREAM_FAILING, user_id=None, cause=upstream),
        event(name=EventName.BOOKS_DIFFER, user_id=None, cause=books),
    ]


def of_ceiling(group_id: str) -> ChannelEvent:
    found = CeilingReached(
        group_id=group_id,
        name="" if group_id == COMPANY else "Vendas",
        period="2026-11",
        percent=95,
        used_tokens=960,
        ceiling_tokens=1_000,
    )
    more = {"group_id": found.of_group, "ceiling": found}
    return event(name=EventName.CEILING_REACHED, user_id=None, **more)


def channel(kind: ChannelKind, language: str = "pt-BR", *, no_names: bool = False) -> Channel:
    return Channel(
        channel_id="chn_1",
        name="On-call",
        kind=kind,
        url="https://hooks.example.com/x",
        shown_url="https://hooks.example.com/…",
        filter=ChannelFilter(),
        language=language,
        no_names=no_names,
        secrets=(),
        created_at=NOON,
        created_by="boss",
        changed_at=NOON,
        changed_by="boss",
    )


def body(one: ChannelEvent, kind: ChannelKind, language: str = "pt-BR", **more: Any) -> Any:
    return orjson.loads(body_of(channel(kind, language, **more), one, SITE))


@pytest.mark.parametrize("one", every_event(), ids=lambda one: str(one.name))
@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_a_card_is_an_adaptive_card(one: ChannelEvent, language: str) -> None:
    message = body(one, ChannelKind.TEAMS, language)
    (attachment,) = message["attachments"]
    assert message["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert list(card_faults(attachment["content"])) == []
    assert attachment["content"]["version"] in ("1.4", "1.5")
    assert attachment["content"]["actions"][0]["url"].startswith(f"{SITE}/admin/")


def test_a_wrong_card_would_be_found() -> None:
    card: dict[str, Any] = {"type": "AdaptiveCard", "body": [{"type": "TextRun", "colour": 1}]}
    assert sorted(card_faults(card)) == [
        "card.body[0]: text is missing",
        "card.body[0]: there is no colour",
        "card: version is missing",
    ]


@pytest.mark.parametrize("one", every_event(), ids=lambda one: str(one.name))
@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_a_message_of_slack_keeps_its_limits(one: ChannelEvent, language: str) -> None:
    assert_slack(body(one, ChannelKind.SLACK, language))


def assert_slack(message: dict[str, Any]) -> None:
    assert message["text"]
    assert len(message["text"]) <= 3_000
    assert 2 <= len(message["blocks"]) <= 50
    for block in message["blocks"]:
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            assert 1 <= len(block["text"]["text"]) <= 150
        elif block["type"] == "section" and "text" in block:
            assert 1 <= len(block["text"]["text"]) <= 3_000
        elif block["type"] == "section":
            assert 1 <= len(block["fields"]) <= 10
            assert all(1 <= len(one["text"]) <= 2_000 for one in block["fields"])
        else:
            assert block["type"] == "actions"
            assert 1 <= len(block["elements"]) <= 25
            for button in block["elements"]:
                assert 1 <= len(button["text"]["text"]) <= 75
                assert len(button["url"]) <= 3_000


@given(
    name=st.text(max_size=300),
    local=st.text(alphabet="abc<&>*_[]()!@#`é", min_size=1, max_size=240),
    model=st.text(min_size=1, max_size=200),
)
def test_whatever_people_are_called_the_limits_hold(name: str, local: str, model: str) -> None:
    for one in every_event(Person(f"{local}@example.com", name, "basic"), model):
        for language in ("pt-BR", "en"):
            assert_slack(body(one, ChannelKind.SLACK, language))
            card = body_of(channel(ChannelKind.TEAMS, language), one, SITE)
            assert len(card) <= MAX_CARD_BYTES
            (attachment,) = orjson.loads(card)["attachments"]
            assert list(card_faults(attachment["content"])) == []


def test_a_name_is_no_mention_and_no_link_in_slack() -> None:
    person = Person("x@example.com", "<!channel> <https://evil.example|click> &", "basic")
    for one in every_event(person):
        message = body(one, ChannelKind.SLACK)
        marked = [message["text"]] + [
            field["text"] for block in message["blocks"] for field in block.get("fields", [])
        ]
        assert not any("<" in text for text in marked)


def test_text_of_people_is_no_markdown_in_teams() -> None:
    person = Person("x@example.com", "[click](https://evil.example)", "basic")
    text = body_of(channel(ChannelKind.TEAMS), of_threshold(Threshold.BLOCK, person), SITE)
    assert b'"TextBlock"' not in text
    assert b'"FactSet"' not in text


@pytest.mark.parametrize("kind", list(ChannelKind))
@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_without_names_nobody_is_named(kind: ChannelKind, language: str) -> None:
    for one in every_event():
        text = body_of(channel(kind, language, no_names=True), one, SITE).decode()
        for part in ("zelia", "Zélia", "quintx", "Quintx", "pessoas.example", "@"):
            assert part not in text, (one.name, part)
    named = body_of(channel(kind, language), of_threshold(Threshold.WARNING), SITE).decode()
    assert EMAIL in named
    assert NAME in named


def test_a_webhook_gets_words_and_figures() -> None:
    told = body(of_threshold(Threshold.WARNING), ChannelKind.WEBHOOK, "en")
    assert (told["type"], told["timestamp"]) == ("quota.warning", "2026-11-15T12:00:00.000Z")
    assert told["data"] == {
        "id": "u-1#2026-11#warning",
        "severity": "warning",
        "period": "2026-11",
        "title": "80% of the quota used",
        "message": f"{EMAIL} has used 974,310 of 1,200,000 tokens (81.1%) in November 2026.",
        "url": f"{SITE}/admin/users/u-1",
        "user": {"id": "u-1", "plan": "basic", "email": EMAIL, "name": NAME},
        "group_id": None,
        "threshold": "warning",
        "figures": {
            "used_tokens": 974_310,
            "monthly_limit": 1_000_000,
            "additional_tokens": 200_000,
            "remaining_tokens": 225_690,
            "percentage": 81.1,
        },
    }


def test_a_ceiling_is_told_in_figures() -> None:
    told = body(of_ceiling("0123456789ab"), ChannelKind.WEBHOOK, "en")
    assert told["type"] == "ceiling.reached"
    assert (told["data"]["group_id"], told["data"]["user"]) == ("0123456789ab", None)
    figures = {"used_tokens": 960, "ceiling_tokens": 1_000, "percent": 95}
    assert told["data"]["figures"] == figures
    assert told["data"]["title"] == "Vendas: 95% of the monthly ceiling"
    company = body(of_ceiling(COMPANY), ChannelKind.WEBHOOK, "en")["data"]
    assert company["group_id"] is None
    assert "company" in company["title"].lower()


def test_causes_are_told_in_figures() -> None:
    waiting, key, own, upstream, books = (
        body(one, ChannelKind.WEBHOOK, "en")["data"] for one in causes(ANA)
    )
    assert waiting["user"] == {"id": "u-1", "plan": "basic", "email": EMAIL, "name": NAME}
    assert waiting["url"] == f"{SITE}/admin/users/u-1"
    assert (key["user"], key["figures"]["key_id"]) == (None, "key_0123456789ab")
    assert own["user"] == {"id": "u-1", "email": EMAIL}
    assert upstream["figures"] == {"requests": 40, "failed": 31, "minutes": 10}
    assert books["figures"] == {"differences": 3, "users": 7}


def test_words_are_those_of_the_language() -> None:
    assert body(of_threshold(Threshold.BLOCK), ChannelKind.WEBHOOK)["data"]["title"] == (
        "Quase sem tokens"
    )
    told = body(of_threshold(Threshold.WARNING), ChannelKind.WEBHOOK, no_names=True)["data"]
    assert told["message"].startswith("Um usuário usou 974.310 de 1.200.000 tokens")
    assert told["user"] == {"id": "u-1", "plan": "basic"}


def test_a_body_is_the_same_for_each_try() -> None:
    for one in every_event():
        for kind in ChannelKind:
            assert body_of(channel(kind), one, SITE) == body_of(channel(kind), one, SITE)


@pytest.mark.parametrize("one", every_event(), ids=lambda one: str(one.name))
def test_an_event_comes_out_of_the_queue_as_it_went_in(one: ChannelEvent) -> None:
    delivery = Delivery("chn_1", one)
    assert delivery_from_json(delivery_to_json(delivery)) == delivery


def test_what_is_no_delivery_is_told_without_what_it_says() -> None:
    with pytest.raises(MalformedDeliveryError) as caught:
        delivery_from_json('{"channel_id": 1, "event": {"name": "ana@example.com"}}')
    assert "ana" not in str(caught.value)


def test_the_card_is_cut_where_it_would_be_too_large() -> None:
    wide = [TopUser(f"{'x' * 240}@example.com", 1, 1.0)] * 5
    one = next(found for found in every_event() if found.summary)
    assert one.summary is not None
    card = body_of(
        channel(ChannelKind.TEAMS),
        replace(one, summary=replace(one.summary, top=tuple(wide))),
        SITE,
    )
    assert len(card) <= MAX_CARD_BYTES


def test_a_request_is_decided_in_two_clicks() -> None:
    """The card's buttons open the site's dialogs; no GET decides anything."""
    (asked,) = (one for one in every_event() if one.name is EventName.REQUEST_CREATED)
    card = body(asked, ChannelKind.TEAMS)["attachments"][0]["content"]
    page = f"{SITE}/admin/requests?user="
    assert [one["title"] for one in card["actions"]] == ["Aprovar", "Negar"]
    for one, decision in zip(card["actions"], ("approve", "deny"), strict=True):
        assert one["url"].startswith(page)
        assert one["url"].endswith(f"&decision={decision}")
    blocks = body(asked, ChannelKind.SLACK)["blocks"]
    buttons = [one["url"] for one in blocks[-1]["elements"]]
    assert buttons == [one["url"] for one in card["actions"]]
    assert len({one["action_id"] for one in blocks[-1]["elements"]}) == 2
    data = body(asked, ChannelKind.WEBHOOK)["data"]
    assert (data["request"]["state"], data["request"]["tokens"]) == ("asked", 500_000)
    assert data["url"] == card["actions"][0]["url"]
    quiet = body(asked, ChannelKind.WEBHOOK, no_names=True)["data"]["request"]
    assert "reason" not in quiet
