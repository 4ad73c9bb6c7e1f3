"""Mails about people, groups and amounts that are as odd as they may be."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from solaris.alerts.alert import (
    Audience,
    ChannelPaused,
    GroupPart,
    MonthlySummary,
    TopUser,
    UsageFigures,
)
from solaris.alerts.ceiling import CeilingReached
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mails import EndingNotice, MailRenderer, Person, Rendered, ThresholdNotice
from solaris.quota.thresholds import Threshold

MOST = 10**15
NAMES = (
    '<script>alert("x")</script>',
    "{{ 7 * 7 }} {% raw %} {who} %s",
    "Ana\r\nBcc: all@example.com\r\n\r\n<b>",
    "\u202eanA\u202c \u200f\u200b\u2066Souza",
    "x" * 200,
    "Ana Maria " * 20,
    "Boss <boss@bank.example>",
    "אנה סוזה",
    "\u200b\u2060\ufeff",
    "",
)
LONG_ADDRESS = f"{'y' * 64}@{'z' * 63}.{'z' * 63}.example.com"


def odd_mails(renderer: MailRenderer) -> Iterator[tuple[str, Rendered]]:
    """Yield the name of each mail and the mail."""
    for number, name in enumerate(NAMES):
        email = LONG_ADDRESS if number % 2 else "ana@example.com"
        for threshold, figures in (
            (Threshold.WARNING, UsageFigures(MOST * 9 // 10, MOST, 0)),
            (Threshold.CRITICAL, UsageFigures(MOST, 1, 0)),
            (Threshold.BLOCK, UsageFigures(0, 0, 0)),
        ):
            notice = ThresholdNotice(
                person=Person(email, name, "enterprise"),
                threshold=threshold,
                threshold_ppm=755_050,
                period="2026-11",
                figures=figures,
                renews_at=datetime(2026, 12, 1, tzinfo=UTC),
                usage_url=f"https://ia.example.com/ia/me/#{'a' * 60}",
                user_id="../<u>?1",
            )
            for audience in Audience:
                label = f"{number}-{threshold.value}-{audience.value}"
                yield label, renderer.threshold(notice, audience)
        yield from _of_all(renderer, str(number), name, email)


def _of_all(
    renderer: MailRenderer, number: str, name: str, email: str
) -> Iterator[tuple[str, Rendered]]:
    ending = EndingNotice(Person(email, name, "pro"), MOST, MOST, date(2026, 12, 1))
    yield f"{number}-ending", renderer.ending(ending)
    since = datetime(2026, 11, 28, tzinfo=UTC)
    yield f"{number}-paused", renderer.paused(ChannelPaused("c", name, since, "2026-11"))
    top = (TopUser(email, MOST, 10.0**9, name), TopUser(email, 0, 0.0, ""))
    summary = MonthlySummary(
        "2026-11", MOST, MOST, 0, MOST, MOST, top, unpriced_requests=MOST, open_requests=MOST
    )
    groups = (GroupPart(name, MOST), GroupPart("", 0))
    yield f"{number}-summary", renderer.summary(replace(summary, groups=groups))
    group = GroupSummary(
        group_id="aaaaaaaaaaaa",
        name=name,
        period="2026-11",
        total_tokens=MOST,
        cost_micros=0,
        ceiling_tokens=1,
        top=top,
    )
    yield f"{number}-group", renderer.group_summary(group)
    ceiling = CeilingReached(
        group_id="aaaaaaaaaaaa",
        name=name,
        period="2026-11",
        percent=100,
        used_tokens=MOST,
        ceiling_tokens=1,
    )
    yield f"{number}-ceiling", renderer.ceiling(ceiling)
