"""Alerts and summaries as mail messages: subject, text, HTML, safe headers.

Names and addresses come from clients: they are put on one line, escaped by jinja2 (autoescape),
and never reach a header but as the subject's text or a checked address.
"""

import hashlib
import shlex
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from functools import lru_cache
from typing import Any, Literal
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
from solaris.alerts.ceiling import COMPANY, CeilingReached
from solaris.alerts.ceiling_words import CEILING_WORDS, COMPANY_STEPS, GROUP_SUMMARY_WORDS
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mail_words import (
    BLOCKED_WORDS,
    ENDING_WORDS,
    LABELS,
    PAUSED_WORDS,
    RECORD_WORDS,
    SUMMARY_WORDS,
    THRESHOLD_WORDS,
    WARNED_WORDS,
    Blocked,
    MailWords,
)
from solaris.platform.mail.formatting import (
    long_date,
    month,
    named_address,
    one_line,
    percentage,
    share,
    share_digits,
)
from solaris.platform.mail.palette import DARK, LIGHT
from solaris.platform.mail.sender import MailRejectedError
from solaris.platform.mail.site_pages import SitePages
from solaris.platform.money_texts import cost_text
from solaris.platform.texts import Locale, format_integer
from solaris.quota.quota import PPM
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement

SENDER_NAME = "IA SOLARIS"
MAX_TOP_USERS = 10
TEXT_BAR_CHARACTERS = 30

TEXT_CHARACTERS = 76

Tone = Literal["warning", "critical", "danger", "info"]
"""The colour of a mail, by the site's name for it (platform/mail/palette.py)."""

_TONES: Mapping[Threshold, Tone] = {
    Threshold.WARNING: "warning",
    Threshold.CRITICAL: "critical",
    Threshold.BLOCK: "danger",
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

    `usage_url` opens the user's own page to whoever holds it: the admins' copy never shows it, and
    leads to the page of `user_id` in the site.
    """

    person: Person
    threshold: Threshold
    threshold_ppm: int
    period: str
    figures: UsageFigures
    renews_at: datetime
    usage_url: str | None = None
    user_id: str | None = None


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


@dataclass(frozen=True, slots=True)
class Button:
    """Where a mail leads. `shown` stands for the address in the plain text."""

    label: str
    url: str
    shown: str


class MailRenderer:
    """Renders in one language.

    `support_email` is whom users ask and gets the replies, if set; `site` is the system's address
    (PUBLIC_URL): without it no mail leads into the site.
    """

    def __init__(
        self, locale: Locale, *, support_email: str | None = None, site: str | None = None
    ) -> None:
        self._locale = locale
        self._support_email = support_email
        self._pages = None if site is None else SitePages(site)
        self._labels = LABELS[locale]

    def threshold(self, notice: ThresholdNotice, audience: Audience) -> Rendered:
        """The mail to the user, or the admins' copy, which says who and how to grant more."""
        values = self._values(notice)
        is_user = audience is Audience.USER
        permille = notice.figures.permille
        buttons = self._users_buttons(notice) if is_user else self._buttons_to_user(notice)
        return self._render(
            "threshold",
            self._threshold_words(notice, audience),
            values,
            _TONES[notice.threshold],
            greeting=self._greeting(notice.person) if is_user else None,
            percentage=values["percentage"],
            used_of=self._labels["of"].format(**values),
            bar=min(100, permille // 10),
            text_bar=_text_bar(permille),
            facts=self._facts(notice, values, audience),
            buttons=buttons,
            whom_to_ask=self._whom_to_ask() if is_user else None,
            ask_address=self._support_email,
            command=None if is_user else _grant_command(notice),
            footer=self._labels["footer" if is_user else "footer_admins"],
        )

    def _threshold_words(self, notice: ThresholdNotice, audience: Audience) -> MailWords:
        threshold, why = notice.threshold, _blocked_why(notice)
        if notice.person.enforcement is Enforcement.WARN:
            # nothing is refused: what is not used up is only told of
            shown = threshold if why is None else Threshold.CRITICAL
            usual = THRESHOLD_WORDS[self._locale][audience]
            return WARNED_WORDS[self._locale][audience].get(shown) or usual[shown]
        if why is not None:
            return BLOCKED_WORDS[self._locale][audience][why]
        return THRESHOLD_WORDS[self._locale][audience][threshold]

    def _users_buttons(self, notice: ThresholdNotice) -> list[Button]:
        """The user's own page first, then who can grant more."""
        found = []
        if notice.usage_url is not None:
            found.append(self._button("see_and_ask", notice.usage_url))
        ask = self._support_email
        if ask is not None:
            url = f"mailto:{quote(ask, safe='@')}?subject={quote(self._labels['ask_subject'])}"
            label = "ask" if notice.usage_url is None else "write"
            found.append(Button(self._labels[label], url, ask))
        return found

    def _buttons_to_user(self, notice: ThresholdNotice) -> list[Button]:
        if self._pages is None or notice.user_id is None:
            return []
        return [self._button("open_user", self._pages.user(notice.user_id))]

    def _button(self, label: str, url: str) -> Button:
        return Button(self._labels[label], url, url)

    def _whom_to_ask(self) -> str:
        if self._support_email is None:
            return self._labels["ask_nobody"]
        return self._labels["ask_address"].format(address=self._support_email)

    def ending(self, notice: EndingNotice) -> Rendered:
        """The mail to the user whose grant ends soon, most of it unused."""
        values = self._ending_values(notice)
        permille = notice.tokens * 1000 // max(1, notice.granted_tokens)
        is_linked = notice.usage_url is not None
        return self._render(
            "threshold",
            ENDING_WORDS[self._locale],
            values,
            "info",
            greeting=self._greeting(notice.person),
            percentage=values["percentage"],
            used_of=self._labels["unused_of"].format(**values),
            bar=min(100, permille // 10),
            text_bar=_text_bar(permille),
            facts=[
                (self._labels[f"grant_{name}"], values[name])
                for name in ("granted", "left", "until")
            ],
            buttons=[self._button("see_usage", notice.usage_url or "")] if is_linked else [],
            whom_to_ask=None,
            ask_address=None,
            command=None,
            footer=self._labels["footer"],
        )

    def ceiling(self, found: CeilingReached) -> Rendered:
        """The mail about a ceiling: to the group's people, and to the admins."""
        values = self._ceiling_values(found)
        permille = _permille(found.used_tokens, found.ceiling_tokens)
        is_full = found.percent >= 100  # noqa: PLR2004 - per cent
        words = CEILING_WORDS[self._locale]["full" if is_full else "near"]
        if found.group_id == COMPANY:
            words = replace(words, steps=COMPANY_STEPS[self._locale])
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
            buttons=self._ceiling_buttons(found),
            whom_to_ask=None,
            ask_address=None,
            command=None,
            footer=self._labels["footer_ceiling"],
        )

    def _ceiling_buttons(self, found: CeilingReached) -> list[Button]:
        if self._pages is None:
            return []
        if found.group_id == COMPANY:
            return [self._button("open_report", self._pages.report_by_group(found.period))]
        report = self._pages.report_of_group(found.period, found.group_id)
        return [
            self._button("open_group", self._pages.group(found.name)),
            self._button("open_group_report", report),
        ]

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
            "info",
            facts=[(self._labels[name], values[name]) for name in rows],
            top=self._top(summary.top),
            groups=groups,
            buttons=[]
            if self._pages is None
            else [self._button("open_report", self._pages.report(summary.period))],
            footer=self._labels["footer_admins"],
        )

    def paused(self, paused: ChannelPaused) -> Rendered:
        """The admins' mail about a channel that gets nothing any more."""
        return self._render(
            "notice",
            PAUSED_WORDS[self._locale],
            self._paused_values(paused),
            "warning",
            buttons=[]
            if self._pages is None
            else [self._button("open_channels", self._pages.channels())],
            footer=self._labels["footer_admins"],
        )

    def _group_report_buttons(self, summary: GroupSummary) -> list[Button]:
        if self._pages is None:
            return []
        report = self._pages.report_of_group(summary.period, summary.group_id)
        return [self._button("open_group_report", report)]

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
            "info",
            facts=[(self._labels[name], values[name]) for name in rows],
            top=self._top(summary.top),
            groups=[],
            buttons=self._group_report_buttons(summary),
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
            "percentage": percentage(_permille(summary.total_tokens, ceiling), self._locale),
        }

    def _top(self, top: Sequence[TopUser]) -> list[dict[str, Any]]:
        return [
            self._row(named_address(one.name, one.email), one.tokens, one.percentage)
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
        values, why = self._values(notice), _blocked_why(notice)
        message = "nearly_out_message" if why is Blocked.NEARLY_OUT else "message"
        title = notice.threshold if why is None else why
        return words[title.value].format(**values), words[message].format(**values)

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
        permille = _permille(found.used_tokens, found.ceiling_tokens)
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
        # no fewer digits than the threshold has: else less would seem used than it took
        digits = max(1, share_digits(notice.threshold_ppm))
        used_share = share(_used_ppm(figures), self._locale, digits)
        is_under = _blocked_why(notice) is Blocked.NEARLY_OUT
        return {
            "who": notice.person.shown_name,
            "email": one_line(notice.person.email, 254),
            "percentage": used_share,
            "threshold": used_share if is_under else share(notice.threshold_ppm, self._locale),
            "month": month(notice.period, self._locale),
            "renews": long_date(notice.renews_at, self._locale),
            "used": format_integer(figures.current_usage, self._locale),
            "granted": format_integer(figures.granted_tokens, self._locale),
            "limit": format_integer(figures.monthly_limit, self._locale),
            "additional": format_integer(figures.additional_tokens, self._locale),
            "remaining": format_integer(figures.remaining_tokens, self._locale),
            "left": format_integer(figures.remaining_tokens, self._locale),
        }

    def _ending_values(self, notice: EndingNotice) -> dict[str, str]:
        return {
            "email": one_line(notice.person.email),
            "left": format_integer(notice.tokens, self._locale),
            "granted": format_integer(notice.granted_tokens, self._locale),
            "percentage": percentage(_permille(notice.tokens, notice.granted_tokens), self._locale),
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
            plan = self._labels.get(f"plan_{person.plan}", person.plan)
            rows += [
                (self._labels["user"], named_address(person.name, person.email)),
                (self._labels["plan"], plan),
            ]
        names = ("used", "limit", "additional", "remaining", "renews")
        return rows + [(self._labels[name], values[name]) for name in names]

    def _render(
        self,
        template: str,
        words: MailWords,
        values: Mapping[str, str],
        tone: Tone,
        **context: Any,
    ) -> Rendered:
        subject = words.subject.format(**values)
        context |= {
            "locale": self._locale,
            "labels": self._labels,
            "subject": subject,
            "preheader": words.preheader.format(**values),
            "badge": words.badge,
            "heading": words.heading.format(**values),
            "intro": words.intro.format(**values),
            "steps": [step.format(**values) for step in words.steps],
            "tone": tone,
        }
        environment = _environment()
        return Rendered(
            subject=subject,
            text=environment.get_template(f"{template}.txt").render(context),
            html=environment.get_template(f"{template}.html").render(context),
        )


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


def _blocked_why(notice: ThresholdNotice) -> Blocked | None:
    """Why a block is none for a quota that is used up; None for that, and for other thresholds."""
    figures = notice.figures
    if notice.threshold is not Threshold.BLOCK:
        return None
    if figures.granted_tokens == 0 and figures.current_usage == 0:
        return Blocked.NO_QUOTA
    if figures.remaining_tokens:
        return Blocked.NEARLY_OUT
    return Blocked.EARLY if figures.current_usage < figures.granted_tokens else None


def _used_ppm(figures: UsageFigures) -> int:
    """Millionths of what is granted; all of nothing."""
    granted = figures.granted_tokens
    return figures.current_usage * PPM // granted if granted else PPM


def _permille(part: int, whole: int) -> int:
    return part * 1000 // max(1, whole)


def _wrapped(text: str, indent: str = "") -> str:
    """Lines for a mail; addresses and commands stay whole, to be copied."""
    return textwrap.fill(
        text,
        TEXT_CHARACTERS,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _fact_line(label: str, value: str, width: int) -> str:
    return _wrapped(f"{label + ':':<{width}} {value}", " " * (width + 1))


def _text_bar(permille: int) -> str:
    full = min(TEXT_BAR_CHARACTERS, permille * TEXT_BAR_CHARACTERS // 1000)
    return f"[{'#' * full}{'.' * (TEXT_BAR_CHARACTERS - full)}]"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("solaris.alerts"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    made.globals |= {"light": LIGHT, "dark": DARK, "fact_line": _fact_line}
    made.filters["wrapped"] = _wrapped
    return made
