"""Alerts and summaries as mail messages: subject, text, HTML, safe headers.

Names and addresses come from clients: they are put on one line, escaped by jinja2 (autoescape),
and never reach a header but as the subject's text or a checked address.
"""

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from solaris.alerts.alert import (
    AlertType,
    Audience,
    ChannelPaused,
    ModelWithoutPrice,
    MonthlySummary,
    TopUser,
    UsageFigures,
)
from solaris.alerts.ceiling import CeilingReached
from solaris.alerts.ceiling_words import CEILING_WORDS, GROUP_SUMMARY_WORDS
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mail_words import (
    ENDING_WORDS,
    LABELS,
    PAUSED_WORDS,
    RECORD_WORDS,
    SUMMARY_WORDS,
    THRESHOLD_WORDS,
    WARNED_WORDS,
    MailWords,
)
from solaris.platform.mail.formatting import long_date, month, one_line, percentage
from solaris.platform.mail.sender import MailRejectedError
from solaris.platform.money_texts import cost_text
from solaris.platform.texts import Locale, format_integer
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement

SENDER_NAME = "IA SOLARIS"
MAX_TOP_USERS = 10
TEXT_BAR_CHARACTERS = 30

# accent of texts, accent on dark, of bars, tint behind the badge; the contrast of each accent on
# white and on its tint is at least 4.5:1
_COLOURS: Mapping[str, tuple[str, str, str, str]] = {
    "warning": ("#8f5f00", "#f0b840", "#e0a526", "#fdf3dc"),
    "critical": ("#b3460b", "#f59a5c", "#dd6f26", "#fdeee3"),
    "block": ("#ad2b22", "#f58b80", "#c5392f", "#fcebe9"),
    "summary": ("#1f5a94", "#7db7ee", "#2f76b8", "#e8f1fa"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Whom an alert is about."""

    email: str
    name: str
    plan: str
    enforcement: Enforcement = Enforcement.BLOCK

    @property
    def shown_name(self) -> str:
        """The name on one line, else the address."""
        return one_line(self.name, 60) or one_line(self.email)


@dataclass(frozen=True, slots=True)
class ThresholdNotice:
    """Everything that a mail about a threshold says; `renews_at` is in the periods' zone.

    `usage_url` opens the user's own page to whoever holds it: the admins' copy never shows it.
    """

    person: Person
    threshold: Threshold
    threshold_ppm: int
    period: str
    figures: UsageFigures
    renews_at: datetime
    usage_url: str | None = None


@dataclass(frozen=True, slots=True)
class EndingNotice:
    """Everything that a mail about the end of a grant says; `until` is the grant's last day."""

    person: Person
    tokens: int
    granted_tokens: int
    until: date
    usage_url: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """One mail, not addressed yet."""

    subject: str
    text: str
    html: str


class MailRenderer:
    """Renders in one language; `support_email` gets the button and the replies, if set."""

    def __init__(self, locale: Locale, *, support_email: str | None = None) -> None:
        self._locale = locale
        self._support_email = support_email
        self._labels = LABELS[locale]

    def threshold(self, notice: ThresholdNotice, audience: Audience) -> Rendered:
        """The mail to the user, or the admins' copy, which says who and how to grant more."""
        words = THRESHOLD_WORDS[self._locale][audience][notice.threshold]
        if notice.person.enforcement is Enforcement.WARN:
            words = WARNED_WORDS[self._locale][audience].get(notice.threshold, words)
        values = self._values(notice)
        is_user = audience is Audience.USER
        ask = self._support_email if is_user else None
        permille = notice.figures.permille
        return self._render(
            "threshold",
            words,
            values,
            notice.threshold.value,
            greeting=self._greeting(notice.person) if is_user else None,
            percentage=values["percentage"],
            used_of=self._labels["of"].format(**values),
            bar=min(100, permille // 10),
            text_bar=_text_bar(permille),
            facts=self._facts(notice, values, audience),
            command=None if is_user else _grant_command(notice),
            usage_url=notice.usage_url if is_user else None,
            ask_address=ask,
            ask_url=ask and f"mailto:{quote(ask, safe='@')}?subject={self._ask_subject()}",
            footer=self._labels["footer" if is_user else "footer_admins"],
        )

    def ending(self, notice: EndingNotice) -> Rendered:
        """The mail to the user whose grant ends soon, most of it unused."""
        values = self._ending_values(notice)
        permille = notice.tokens * 1000 // notice.granted_tokens
        return self._render(
            "threshold",
            ENDING_WORDS[self._locale],
            values,
            "summary",
            greeting=self._greeting(notice.person),
            percentage=values["percentage"],
            used_of=self._labels["unused_of"].format(**values),
            bar=permille // 10,
            text_bar=_text_bar(permille),
            facts=[
                (self._labels[f"grant_{name}"], values[name])
                for name in ("granted", "left", "until")
            ],
            command=None,
            usage_url=notice.usage_url,
            ask_address=None,
            ask_url=None,
            footer=self._labels["footer"],
        )

    def ceiling(self, found: CeilingReached) -> Rendered:
        """The mail about a ceiling: to the group's people, and to the admins."""
        values = self._ceiling_values(found)
        permille = found.used_tokens * 1000 // found.ceiling_tokens
        is_full = found.percent >= 100  # noqa: PLR2004 - per cent
        words = CEILING_WORDS[self._locale]["full" if is_full else "near"]
        return self._render(
            "threshold",
            words,
            values,
            "critical" if found.type is AlertType.CRITICAL else "warning",
            greeting=None,
            percentage=values["percentage"],
            used_of=self._labels["of"].format(used=values["used"], granted=values["ceiling"]),
            bar=min(100, permille // 10),
            text_bar=_text_bar(permille),
            facts=[
                (self._labels["used"], values["used"]),
                (self._labels["ceiling"], values["ceiling"]),
            ],
            command=None,
            usage_url=None,
            ask_address=None,
            ask_url=None,
            footer=self._labels["footer_ceiling"],
        )

    def summary(self, summary: MonthlySummary) -> Rendered:
        """The admins' mail about a closed month."""
        values = self._summary_values(summary)
        rows = ["users", "active", "blocked", "total", "cost"]
        if summary.open_requests:
            rows.append("still_open")
            values["still_open"] = self._labels["still_open_value"].format(
                n=format_integer(summary.open_requests, self._locale)
            )
        groups = [
            self._row(
                one_line(one.name, 80) or self._labels["no_group"],
                one.tokens,
                100 * one.tokens / max(1, summary.total_tokens),
            )
            for one in summary.groups
        ]
        return self._render(
            "summary",
            SUMMARY_WORDS[self._locale],
            values,
            "summary",
            facts=[(self._labels[name], values[name]) for name in rows],
            top=self._top(summary.top),
            groups=groups,
            footer=self._labels["footer_admins"],
        )

    def paused(self, paused: ChannelPaused) -> Rendered:
        """The admins' mail about a channel that gets nothing any more."""
        return self._render(
            "notice",
            PAUSED_WORDS[self._locale],
            self._paused_values(paused),
            "warning",
            footer=self._labels["footer_admins"],
        )

    def group_summary(self, summary: GroupSummary) -> Rendered:
        """The mail about a closed month to a group's managers and recipients."""
        values = self._group_summary_values(summary)
        rows = ["active", "total", "cost"]
        if summary.ceiling_tokens:
            rows.append("ceiling")
            values["ceiling"] = self._labels["ceiling_value"].format(**values)
        return self._render(
            "summary",
            GROUP_SUMMARY_WORDS[self._locale],
            values,
            "summary",
            facts=[(self._labels[name], values[name]) for name in rows],
            top=self._top(summary.top),
            groups=[],
            footer=self._labels["footer_ceiling"],
        )

    def group_summary_record(self, summary: GroupSummary) -> tuple[str, str]:
        """Title and message of the record of a group's summary."""
        words, values = RECORD_WORDS[self._locale], self._group_summary_values(summary)
        return words["group_summary"].format(**values), words["group_message"].format(**values)

    def _group_summary_values(self, summary: GroupSummary) -> dict[str, str]:
        ceiling = summary.ceiling_tokens
        return {
            "who": one_line(summary.name, 80),
            "month": month(summary.period, self._locale),
            "total": format_integer(summary.total_tokens, self._locale),
            "active": format_integer(summary.active_members, self._locale),
            "cost": self._cost(summary),
            "ceiling": format_integer(ceiling, self._locale),
            "percentage": percentage(summary.total_tokens * 1000 // max(1, ceiling), self._locale),
        }

    def _top(self, top: Sequence[TopUser]) -> list[dict[str, Any]]:
        return [
            self._row(one_line(one.email), one.tokens, one.percentage)
            for one in top[:MAX_TOP_USERS]
        ]

    def _row(self, name: str, tokens: int, percent: float) -> dict[str, Any]:
        return {
            "name": name,
            "tokens": format_integer(tokens, self._locale),
            "share": percentage(round(percent * 10), self._locale),
            "bar": max(0, min(100, int(percent))),
        }

    def record(self, notice: ThresholdNotice) -> tuple[str, str]:
        """Title and message of the alert's record."""
        words = RECORD_WORDS[self._locale]
        values = self._values(notice)
        if notice.threshold is Threshold.BLOCK and notice.figures.remaining_tokens:
            # blocked with tokens left, too few for a request (quota/standing.py)
            left = format_integer(notice.figures.remaining_tokens, self._locale)
            message = words["nearly_out_message"].format(**values | {"left": left})
            return words["nearly_out"], message
        return words[notice.threshold.value].format(**values), words["message"].format(**values)

    def ending_record(self, notice: EndingNotice) -> tuple[str, str]:
        """Title and message of the record of a grant's end."""
        words, values = RECORD_WORDS[self._locale], self._ending_values(notice)
        return words["ending"].format(**values), words["ending_message"].format(**values)

    def unpriced_record(self, unpriced: ModelWithoutPrice) -> tuple[str, str]:
        """Title and message of the record of a model whose price is not known."""
        words = RECORD_WORDS[self._locale]
        values = {"model": one_line(unpriced.model), "entry": one_line(unpriced.entry)}
        return words["unpriced"].format(**values), words["unpriced_message"].format(**values)

    def paused_record(self, paused: ChannelPaused) -> tuple[str, str]:
        """Title and message of the record of a paused channel."""
        words, values = RECORD_WORDS[self._locale], self._paused_values(paused)
        return words["paused"].format(**values), words["paused_message"].format(**values)

    def ceiling_record(self, found: CeilingReached) -> tuple[str, str]:
        """Title and message of the record of a ceiling."""
        words, values = RECORD_WORDS[self._locale], self._ceiling_values(found)
        return words["ceiling"].format(**values), words["ceiling_message"].format(**values)

    def _ceiling_values(self, found: CeilingReached) -> dict[str, str]:
        permille = found.used_tokens * 1000 // found.ceiling_tokens
        return {
            "who": one_line(found.name, 80) or self._labels["company"],
            "month": month(found.period, self._locale),
            "threshold": percentage(found.percent * 10, self._locale),
            "percentage": percentage(permille, self._locale),
            "used": format_integer(found.used_tokens, self._locale),
            "ceiling": format_integer(found.ceiling_tokens, self._locale),
        }

    def summary_record(self, summary: MonthlySummary) -> tuple[str, str]:
        """Title and message of a summary's record."""
        words = RECORD_WORDS[self._locale]
        values = self._summary_values(summary)
        return words["summary"].format(**values), words["summary_message"].format(**values)

    def _values(self, notice: ThresholdNotice) -> dict[str, str]:
        figures = notice.figures
        return {
            "who": notice.person.shown_name,
            "email": one_line(notice.person.email),
            "percentage": percentage(figures.permille, self._locale),
            "threshold": percentage(notice.threshold_ppm // 1000, self._locale),
            "month": month(notice.period, self._locale),
            "renews": long_date(notice.renews_at, self._locale),
            "used": format_integer(figures.current_usage, self._locale),
            "granted": format_integer(figures.granted_tokens, self._locale),
            "limit": format_integer(figures.monthly_limit, self._locale),
            "additional": format_integer(figures.additional_tokens, self._locale),
            "remaining": format_integer(figures.remaining_tokens, self._locale),
        }

    def _ending_values(self, notice: EndingNotice) -> dict[str, str]:
        return {
            "email": one_line(notice.person.email),
            "left": format_integer(notice.tokens, self._locale),
            "granted": format_integer(notice.granted_tokens, self._locale),
            "percentage": percentage(notice.tokens * 1000 // notice.granted_tokens, self._locale),
            "until": long_date(notice.until, self._locale),
        }

    def _paused_values(self, paused: ChannelPaused) -> dict[str, str]:
        return {
            "name": one_line(paused.name),
            "since": long_date(paused.failing_since, self._locale),
        }

    def _greeting(self, person: Person) -> str:
        name = one_line(person.name, 60)
        return self._labels["greeting" if name else "greeting_unnamed"].format(name=name)

    def _summary_values(self, summary: MonthlySummary) -> dict[str, str]:
        numbers = {
            "users": summary.users,
            "active": summary.active_users,
            "blocked": summary.blocked_users,
            "total": summary.total_tokens,
        }
        values = {name: format_integer(value, self._locale) for name, value in numbers.items()}
        values["month"] = month(summary.period, self._locale)
        values["people"] = self._counted("people", summary.active_users)
        values["cost"] = self._cost(summary)
        return values

    def _cost(self, summary: MonthlySummary | GroupSummary) -> str:
        """Money, and what it leaves out: without a price is not without a cost."""
        unpriced = summary.unpriced_requests
        local = summary.local_cost if isinstance(summary, MonthlySummary) else None
        cost = cost_text(summary.cost_micros, local, self._locale)
        if not unpriced:
            return cost
        name = "some_priced" if summary.cost_micros else "none_priced"
        return self._labels[name].format(
            cost=cost,
            requests=self._counted("requests", unpriced),
        )

    def _counted(self, what: str, count: int) -> str:
        """`1 pessoa`, `2 pessoas`."""
        form = "one" if count == 1 else "other"
        return self._labels[f"{what}_{form}"].format(count=format_integer(count, self._locale))

    def _facts(
        self, notice: ThresholdNotice, values: Mapping[str, str], audience: Audience
    ) -> list[tuple[str, str]]:
        person = notice.person
        rows = []
        if audience is Audience.ADMINS:
            name = one_line(person.name, 60)
            rows += [(self._labels["user"], name)] if name else []
            rows += [
                (self._labels["email"], one_line(person.email)),
                (self._labels["plan"], person.plan),
            ]
        names = ("used", "limit", "additional", "remaining", "renews")
        return rows + [(self._labels[name], values[name]) for name in names]

    def _render(
        self,
        template: str,
        words: MailWords,
        values: Mapping[str, str],
        colour: str,
        **context: Any,
    ) -> Rendered:
        subject = words.subject.format(**values)
        accent, accent_dark, fill, tint = _COLOURS[colour]
        context |= {
            "locale": self._locale,
            "labels": self._labels,
            "subject": subject,
            "preheader": words.preheader.format(**values),
            "badge": words.badge,
            "heading": words.heading.format(**values),
            "intro": words.intro.format(**values),
            "steps": [step.format(**values) for step in words.steps],
            "accent": accent,
            "accent_dark": accent_dark,
            "fill": fill,
            "tint": tint,
        }
        environment = _environment()
        return Rendered(
            subject=subject,
            text=environment.get_template(f"{template}.txt").render(context),
            html=environment.get_template(f"{template}.html").render(context),
        )

    def _ask_subject(self) -> str:
        return quote(self._labels["ask_subject"])


def compose(
    rendered: Rendered,
    *,
    from_email: str,
    to: Sequence[str],
    mail_id: str,
    now: datetime,
    reply_to: str | None = None,
) -> EmailMessage:
    """Address a mail. The same `mail_id` gives the same Message-ID.

    Raises MailRejectedError when an address cannot stand in a header; a line end in any header is
    refused by EmailMessage itself.
    """
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = _address(from_email, SENDER_NAME)
    message["To"] = [_address(one) for one in to]
    if reply_to:
        message["Reply-To"] = _address(reply_to)
    message["Subject"] = one_line(rendered.subject, 200)
    message["Date"] = now
    digest = hashlib.sha256(mail_id.encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{from_email.rpartition('@')[2]}>"
    # nobody's holiday notice shall answer a machine (RFC 3834; the second is Exchange's own)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    # 7-bit on the wire: SES and old servers promise no more
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    return message


def _address(email: str, name: str = "") -> Address:
    local, _, domain = email.rpartition("@")
    try:
        address = Address(name, local, domain.encode("idna").decode("ascii"))
        # SES and most servers take no other local parts (SMTPUTF8, RFC 6531)
        address.addr_spec.encode("ascii")
    except (HeaderParseError, ValueError, IndexError) as error:
        raise MailRejectedError("InvalidAddress") from error
    if not local or not domain:
        raise MailRejectedError("InvalidAddress")
    return address


def _grant_command(notice: ThresholdNotice) -> str:
    # a tenth of the limit, as a start; quoted, because an address may hold what a shell obeys
    tokens = max(1, notice.figures.monthly_limit // 10)
    email = shlex.quote(one_line(notice.person.email, 254))
    return f'solaris users add-tokens {email} {tokens} --this-month --reason "…"'


def _text_bar(permille: int) -> str:
    full = min(TEXT_BAR_CHARACTERS, permille * TEXT_BAR_CHARACTERS // 1000)
    return f"[{'#' * full}{'.' * (TEXT_BAR_CHARACTERS - full)}]"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("solaris.alerts"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
