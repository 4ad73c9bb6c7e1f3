"""An event as the body of a request: a webhook's JSON, a card of Teams, blocks of Slack. Pure.

Text of people is text in each of them: Slack's `plain_text` and escaped `mrkdwn` name nobody and
link nowhere, and the runs of a RichTextBlock are no Markdown, as a TextBlock's text would be.

- webhook: https://www.standardwebhooks.com (`type`, `timestamp`, `data`).
- Teams: a message with one Adaptive Card, which the Workflows app posts; 28 KB at most. The cards
  of the connectors of before (MessageCard) are retired.
- Slack: a header of 150 characters, texts of 3,000, fields of 2,000 by tens, 50 blocks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from solaris.alerts.alert import AlertType, MonthlySummary, TopUser, UsageFigures
from solaris.alerts.causes.cause import (
    BooksDiffer,
    Cause,
    KeyExpiring,
    PersonWaiting,
    UpstreamFailing,
)
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.token_requests.mails import ToldRequest
from solaris.channels.channel import Channel, ChannelKind
from solaris.channels.events import ChannelEvent
from solaris.channels.words import ChannelWords, Told
from solaris.platform.instants import iso_milliseconds
from solaris.platform.texts import Locale

CONTENT_TYPE = "application/json"
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
CARD_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
CARD_VERSION = "1.5"
MAX_CARD_BYTES = 28 * 1024

SLACK_HEADER, SLACK_TEXT, SLACK_FIELD, SLACK_FIELDS, SLACK_BUTTON = 150, 3_000, 2_000, 10, 75

_CONTAINER: Mapping[AlertType, str] = {
    AlertType.CRITICAL: "attention",
    AlertType.WARNING: "warning",
    AlertType.INFO: "accent",
}


def body_of(channel: Channel, event: ChannelEvent, site: str) -> bytes:
    """The body that a channel gets: the same for each try while nobody changes the channel."""
    language: Locale = "en" if channel.language == "en" else "pt-BR"
    words = ChannelWords(language, site, no_names=channel.no_names)
    told = words.told(event)
    if channel.kind is ChannelKind.TEAMS:
        return orjson.dumps(teams_message(told, event.severity, language))
    if channel.kind is ChannelKind.SLACK:
        return orjson.dumps(slack_message(told))
    return orjson.dumps(webhook_message(told, event, no_names=channel.no_names))


def webhook_message(told: Told, event: ChannelEvent, *, no_names: bool) -> dict[str, Any]:
    """What happened, in words and as data. Tokens; money in millionths of a dollar."""
    data: dict[str, Any] = {
        "id": event.event_id,
        "severity": event.severity.value,
        "period": event.period,
        "title": told.title,
        "message": told.text,
        "url": told.link,
        "user": _user(event, no_names=no_names),
        "group_id": event.group_id,
    }
    if event.threshold is not None:
        data["threshold"] = event.threshold.threshold.value
        data["figures"] = _usage(event.threshold.figures)
    if event.ending is not None:
        data["figures"] = {
            "granted_tokens": event.ending.granted_tokens,
            "unused_tokens": event.ending.tokens,
            "until": event.ending.until.isoformat(),
        }
    if event.summary is not None:
        data["figures"] = _month(event.summary, no_names=no_names)
    if event.ceiling is not None:
        data["figures"] = {
            "used_tokens": event.ceiling.used_tokens,
            "ceiling_tokens": event.ceiling.ceiling_tokens,
            "percent": event.ceiling.percent,
        }
    if event.group_summary is not None:
        data["figures"] = _group_month(event.group_summary, no_names=no_names)
    if event.request is not None:
        data["request"] = _request(event.request, no_names=no_names)
        data["figures"] = _usage(event.request.figures)
    if event.cause is not None:
        data["figures"] = _cause(event.cause)
    if event.unpriced is not None:
        data["model"] = event.unpriced.model
        data["entry"] = event.unpriced.entry
    return {
        "type": event.name.value,
        "timestamp": iso_milliseconds(event.occurred_at),
        "data": data,
    }


def _user(event: ChannelEvent, *, no_names: bool) -> dict[str, Any] | None:
    if event.cause is not None:
        return _user_of_cause(event.cause, no_names=no_names)
    notice = event.threshold or event.ending or event.request
    if notice is None:
        return None
    told: dict[str, Any] = {"id": event.user_id, "plan": notice.person.plan}
    return told if no_names else told | {"email": notice.person.email, "name": notice.person.name}


def _request(told: ToldRequest, *, no_names: bool) -> dict[str, Any]:
    """What was asked for, and what became of it; the reason and who decided are people's words."""
    news = told.news
    found: dict[str, Any] = {
        "id": news.request_id,
        "state": news.news.value,
        "tokens": news.tokens,
        "granted_tokens": news.granted_tokens,
        "by_policy": news.by_itself,
        "by_raise": news.by_raise,
    }
    return found if no_names else found | {"reason": news.reason, "decided_by": news.decided_by}


def _user_of_cause(cause: Cause, *, no_names: bool) -> dict[str, Any] | None:
    match cause:
        case PersonWaiting():
            told: dict[str, Any] = {"id": cause.user_id, "plan": cause.plan}
            return told if no_names else told | {"email": cause.email, "name": cause.name}
        case KeyExpiring(email=str()):
            told = {"id": cause.user_id}
            return told if no_names else told | {"email": cause.email}
    return None


def _cause(cause: Cause) -> dict[str, Any]:
    match cause:
        case PersonWaiting():
            return {"since": iso_milliseconds(cause.since)}
        case KeyExpiring():
            expires_at = iso_milliseconds(cause.expires_at)
            return {"key_id": cause.key_id, "expires_at": expires_at, "days": cause.days}
        case UpstreamFailing():
            names = ("requests", "failed", "minutes")
            return {name: getattr(cause, name) for name in names}
        case BooksDiffer():
            return {"differences": cause.differences, "users": cause.users}


def _usage(figures: UsageFigures) -> dict[str, Any]:
    return {
        "used_tokens": figures.current_usage,
        "monthly_limit": figures.monthly_limit,
        "additional_tokens": figures.additional_tokens,
        "remaining_tokens": figures.remaining_tokens,
        "percentage": figures.permille / 10,
    }


def _month(summary: MonthlySummary, *, no_names: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "users": summary.users,
        "active_users": summary.active_users,
        "blocked_users": summary.blocked_users,
        "total_tokens": summary.total_tokens,
        "cost_micros": summary.cost_micros,
        "unpriced_requests": summary.unpriced_requests,
    }
    return told if no_names else told | {"top": _top(summary.top)}


def _group_month(summary: GroupSummary, *, no_names: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "active_members": summary.active_members,
        "total_tokens": summary.total_tokens,
        "ceiling_tokens": summary.ceiling_tokens or None,
        "cost_micros": summary.cost_micros,
        "unpriced_requests": summary.unpriced_requests,
    }
    return told if no_names else told | {"top": _top(summary.top)}


def _top(top: Sequence[TopUser]) -> list[dict[str, Any]]:
    return [{"email": one.email, "tokens": one.tokens} for one in top]


def teams_message(told: Told, severity: AlertType, language: Locale) -> dict[str, Any]:
    """A message with one card; figures are left out from the last where it would be too large."""
    facts = list(told.facts)
    while True:
        message = _teams_message(told, facts, severity, language)
        if not facts or len(orjson.dumps(message)) <= MAX_CARD_BYTES:
            return message
        facts.pop()


def _teams_message(
    told: Told, facts: list[tuple[str, str]], severity: AlertType, language: Locale
) -> dict[str, Any]:
    head = _run(told.title, size="Medium", weight="Bolder")
    card = {
        "$schema": CARD_SCHEMA,
        "type": "AdaptiveCard",
        "version": CARD_VERSION,
        "lang": language[:2],
        "fallbackText": f"{told.title}: {told.text}",
        "body": [
            {
                "type": "Container",
                "style": _CONTAINER[severity],
                "bleed": True,
                "items": [{"type": "RichTextBlock", "inlines": [head]}],
            },
            {"type": "RichTextBlock", "inlines": [_run(told.text)]},
            *(
                {
                    "type": "RichTextBlock",
                    "spacing": "Default" if number == 0 else "Small",
                    "inlines": [_run(f"{label}: ", isSubtle=True), _run(value)],
                }
                for number, (label, value) in enumerate(facts)
            ),
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": label, "url": link}
            for label, link in ((told.link_label, told.link), *told.others)
        ],
    }
    attachment = {"contentType": CARD_TYPE, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **more}


def slack_message(told: Told) -> dict[str, Any]:
    """Blocks, and the text of the notification."""
    fields = [
        {
            "type": "mrkdwn",
            "text": f"*{_escaped(label, 200)}*\n{_escaped(value, SLACK_FIELD - 250)}",
        }
        for label, value in told.facts
    ]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(told.title, SLACK_HEADER)},
        {"type": "section", "text": _plain(told.text, SLACK_TEXT)},
        *(
            {"type": "section", "fields": fields[start : start + SLACK_FIELDS]}
            for start in range(0, len(fields), SLACK_FIELDS)
        ),
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": _plain(label, SLACK_BUTTON),
                    "url": link,
                    "action_id": "open" if number == 0 else f"open_{number}",
                }
                for number, (label, link) in enumerate(((told.link_label, told.link), *told.others))
            ],
        },
    ]
    return {"text": _escaped(f"{told.title}: {told.text}", SLACK_TEXT), "blocks": blocks}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _cut(text, most), "emoji": False}


def _escaped(text: str, most: int) -> str:
    """What Slack reads as text: mentions and links begin with `<`. Bounded when escaped, too."""
    escaped = [
        {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(character, character) for character in text
    ]
    while sum(map(len, escaped)) > most:
        escaped = [*escaped[: len(escaped) - max(1, (sum(map(len, escaped)) - most) // 5) - 1], "…"]
    return "".join(escaped)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
