"""Mails and records of requests for tokens: to those who decide, and to who asked."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from solaris.alerts.alert import UsageFigures
from solaris.alerts.causes.rendering import CauseRenderer
from solaris.alerts.mails import Button, Person, Rendered, Tone
from solaris.alerts.token_requests.notice import RequestNews, RequestNotice
from solaris.alerts.token_requests.words import LABELS, RECORDS, REQUEST_WORDS
from solaris.platform.mail.formatting import long_date, month, named_address, one_line
from solaris.platform.texts import format_integer

MAX_WORDS = 500

_TONES: dict[RequestNews, Tone] = {
    RequestNews.ASKED: "info",
    RequestNews.APPROVED: "info",
    RequestNews.DENIED: "warning",
}


@dataclass(frozen=True, slots=True)
class ToldRequest:
    """Everything that is said of a request; `figures` are the user's month as of now.

    `usage_url` opens the user's own page to whoever holds it: only their own mails have it.
    """

    person: Person
    news: RequestNotice
    figures: UsageFigures
    usage_url: str | None = None


class RequestMails(CauseRenderer):
    """Renders in one language: every mail that there is."""

    def request(self, told: ToldRequest) -> Rendered:
        """The mail about one piece of news, to whom it concerns."""
        news, labels = told.news, LABELS[self._locale]
        is_asked = news.news is RequestNews.ASKED
        values = self.request_values(told)
        return self._render(
            "request",
            REQUEST_WORDS[self._locale][_what(news)],
            values,
            _TONES[news.news],
            greeting=None if is_asked else self._greeting(told.person),
            facts=self.request_facts(told) if is_asked else self._answer_facts(told),
            buttons=self._decide_buttons(news) if is_asked else self._own_buttons(told),
            # managers have no command line: it is told where there is no other way
            command=self._command(told, labels) if is_asked and self._pages is None else None,
            by_command=labels["by_command"],
            footer=labels["footer"] if is_asked else self._labels["footer"],
        )

    @staticmethod
    def _command(told: ToldRequest, labels: Mapping[str, str]) -> str:
        address = shlex.quote(one_line(told.person.email, 254))
        return labels["command"].format(address=address)

    def request_record(self, told: ToldRequest) -> tuple[str, str]:
        """Title and message of the alert's record; the reason is in neither."""
        words, values, what = RECORDS[self._locale], self.request_values(told), _what(told.news)
        return words[what].format(**values), words[f"{what}_message"].format(**values)

    def request_values(self, told: ToldRequest) -> dict[str, str]:
        """What the texts name."""
        news = told.news
        granted = news.tokens if news.granted_tokens is None else news.granted_tokens
        until = "" if news.until is None else long_date(news.until, self._locale)
        again = "" if news.not_before is None else long_date(news.not_before, self._locale)
        lasting = LABELS[self._locale].get(news.lasting or "", "")
        return {
            "who": told.person.shown_name,
            "email": one_line(told.person.email, 254),
            "tokens": format_integer(news.tokens, self._locale),
            "granted": format_integer(granted, self._locale),
            "reason": one_line(news.reason, MAX_WORDS),
            "month": month(news.period, self._locale),
            "lasting": lasting.format(until=until),
            "again": again,
        }

    def request_facts(self, told: ToldRequest, *, no_names: bool = False) -> list[tuple[str, str]]:
        """Label and value of what whoever decides looks at."""
        labels, figures = LABELS[self._locale], told.figures
        rows = [(labels["asked"], format_integer(told.news.tokens, self._locale))]
        if not no_names:
            who = named_address(told.person.name, told.person.email)
            rows = [(self._labels["user"], who), *rows]
            rows.append((labels["reason"], one_line(told.news.reason, MAX_WORDS)))
        for name, tokens in (
            ("used", figures.current_usage),
            ("limit", figures.monthly_limit),
            ("additional", figures.additional_tokens),
            ("remaining", figures.remaining_tokens),
        ):
            rows.append((self._labels[name], format_integer(tokens, self._locale)))
        return rows

    def _answer_facts(self, told: ToldRequest) -> list[tuple[str, str]]:
        labels, news = LABELS[self._locale], told.news
        rows = [(labels["asked"], format_integer(news.tokens, self._locale))]
        if news.granted_tokens is not None:
            rows.append((labels["granted"], format_integer(news.granted_tokens, self._locale)))
        if news.note:
            rows.append((labels["note"], one_line(news.note, MAX_WORDS)))
        remaining = format_integer(told.figures.remaining_tokens, self._locale)
        return [*rows, (self._labels["remaining"], remaining)]

    def _decide_buttons(self, news: RequestNotice) -> list[Button]:
        if self._pages is None:
            return []
        labels, pages = LABELS[self._locale], self._pages
        return [
            Button(labels[one], url, url)
            for one in ("approve", "deny")
            for url in [pages.token_request(news.user_id, news.request_id, one)]
        ]

    def _own_buttons(self, told: ToldRequest) -> list[Button]:
        if told.usage_url is None:
            return []
        return [self._button("see_usage", told.usage_url)]


def _what(news: RequestNotice) -> str:
    """Which texts a piece of news has."""
    return "raised" if news.by_raise else news.news.value
