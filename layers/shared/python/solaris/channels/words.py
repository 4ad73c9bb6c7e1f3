"""What a channel is told of an event, in pt-BR and en: title, sentence, figures, and where to look.

The words and figures are those of the mails (alerts/mail_words.py). A channel without names gets
"Um usuário" for the address and no name: what an event is about is still known by the user's id,
which leads whoever may sign in to their page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from solaris.alerts.alert import Audience, MonthlySummary, TopUser
from solaris.alerts.causes.cause import Cause, KeyExpiring, PersonWaiting
from solaris.alerts.ceiling import CeilingReached
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mails import EndingNotice, Person, ThresholdNotice
from solaris.alerts.token_requests.mails import RequestMails, ToldRequest
from solaris.alerts.token_requests.notice import RequestNews
from solaris.alerts.token_requests.words import LABELS
from solaris.channels.events import ChannelEvent
from solaris.platform.mail.formatting import one_line
from solaris.platform.mail.site_pages import SitePages
from solaris.platform.texts import Locale, format_integer

MAX_TOP = 5

WORDS: Mapping[Locale, Mapping[str, str]] = {
    "pt-BR": {
        "somebody": "Um usuário",
        "user": "Abrir o usuário",
        "report": "Abrir os relatórios",
        "models": "Abrir os modelos",
        "keys": "Abrir as chaves",
        "alerts": "Abrir os alertas",
        "site": "Abrir a IA SOLARIS",
        "test": "Teste do canal",
        "test_text": "Este canal recebe os alertas da IA SOLARIS. Nada aconteceu: é só um teste.",
        "top": "Quem mais usou",
    },
    "en": {
        "somebody": "A user",
        "user": "Open the user",
        "report": "Open the reports",
        "models": "Open the models",
        "keys": "Open the keys",
        "alerts": "Open the alerts",
        "site": "Open IA SOLARIS",
        "test": "Test of the channel",
        "test_text": "This channel gets the alerts of IA SOLARIS. Nothing happened: it is a test.",
        "top": "Top users",
    },
}


@dataclass(frozen=True, slots=True)
class Told:
    """An event in one language. Foreign text in it is on one line, and not escaped yet."""

    title: str
    text: str
    facts: tuple[tuple[str, str], ...]
    """Label and value."""

    link_label: str
    link: str
    others: tuple[tuple[str, str], ...] = ()
    """Label and address of what else can be opened."""


class ChannelWords(RequestMails):
    """Tells events in one language; `site` is the address of the system, without a last slash."""

    def __init__(self, language: Locale, site: str, *, no_names: bool) -> None:
        super().__init__(language)
        self._site = f"{site}/admin"
        self._requests = SitePages(site)
        self._no_names = no_names
        self._words = WORDS[language]

    def told(self, event: ChannelEvent) -> Told:
        """What a channel is told."""
        if event.threshold is not None:
            return self._of_threshold(event, event.threshold)
        if event.ending is not None:
            return self._of_ending(event, event.ending)
        if event.summary is not None:
            return self._of_summary(event.summary)
        if event.ceiling is not None:
            return self._of_ceiling(event.ceiling)
        if event.group_summary is not None:
            return self._of_group_summary(event.group_summary)
        if event.request is not None:
            return self._of_request(event, event.request)
        if event.cause is not None:
            return self._of_cause(event, event.cause)
        if event.unpriced is not None:
            title, text = self.unpriced_record(event.unpriced)
            return Told(title, text, (), self._words["models"], f"{self._site}/models")
        words = self._words
        return Told(words["test"], words["test_text"], (), words["site"], f"{self._site}/channels")

    def person(self, person: Person) -> Person:
        """Who it is about, as the channel may know it."""
        if not self._no_names:
            return person
        return Person(self._words["somebody"], "", person.plan, person.enforcement)

    def _of_threshold(self, event: ChannelEvent, given: ThresholdNotice) -> Told:
        notice = replace(given, person=self.person(given.person))
        title, text = self.record(notice)
        audience = Audience.USER if self._no_names else Audience.ADMINS
        facts = self._facts(notice, self._values(notice), audience)
        return self._about(event, title, text, facts)

    def _of_ending(self, event: ChannelEvent, given: EndingNotice) -> Told:
        notice = replace(given, person=self.person(given.person))
        title, text = self.ending_record(notice)
        values = self._ending_values(notice)
        name = one_line(notice.person.name, 60)
        facts = [(self._labels["user"], name)] if name else []
        facts += [
            (self._labels[f"grant_{one}"], values[one]) for one in ("granted", "left", "until")
        ]
        return self._about(event, title, text, facts)

    def _of_request(self, event: ChannelEvent, given: ToldRequest) -> Told:
        told = replace(given, person=self.person(given.person))
        title, text = self.request_record(told)
        facts = self.request_facts(told, no_names=self._no_names)
        news, labels = told.news, LABELS[self._locale]
        if news.news is not RequestNews.ASKED:
            return self._about(event, title, text, facts)
        approve, deny = (
            (labels[one], self._requests.token_request(news.user_id, news.request_id, one))
            for one in ("approve", "deny")
        )
        return Told(title, text, tuple(facts), *approve, (deny,))

    def _of_summary(self, summary: MonthlySummary) -> Told:
        title, text = self.summary_record(summary)
        values = self._summary_values(summary)
        names = ("users", "active", "blocked", "total", "cost")
        facts = [(self._labels[name], values[name]) for name in names]
        facts += self._most(summary.top)
        return Told(title, text, tuple(facts), self._words["report"], f"{self._site}/reports")

    def _of_ceiling(self, found: CeilingReached) -> Told:
        title, text = self.ceiling_record(found)
        values = self._ceiling_values(found)
        facts = tuple((self._labels[name], values[name]) for name in ("used", "ceiling"))
        return Told(title, text, facts, self._words["report"], f"{self._site}/reports")

    def _of_group_summary(self, summary: GroupSummary) -> Told:
        title, text = self.group_summary_record(summary)
        values = self._group_summary_values(summary)
        facts = [(self._labels[name], values[name]) for name in ("active", "total", "cost")]
        if summary.ceiling_tokens:
            value = self._labels["ceiling_value"].format(**values)
            facts.append((self._labels["ceiling"], value))
        facts += self._most(summary.top)
        return Told(title, text, tuple(facts), self._words["report"], f"{self._site}/reports")

    def _of_cause(self, event: ChannelEvent, cause: Cause) -> Told:
        title, text = self.cause_record(cause, no_names=self._no_names)
        if isinstance(cause, PersonWaiting):
            return self._about(event, title, text, [])
        page = "keys" if isinstance(cause, KeyExpiring) else "alerts"
        return Told(title, text, (), self._words[page], f"{self._site}/{page}")

    def _most(self, top: Sequence[TopUser]) -> list[tuple[str, str]]:
        if not top or self._no_names:
            return []
        told = [
            f"{one_line(one.email)} ({format_integer(one.tokens, self._locale)})"
            for one in top[:MAX_TOP]
        ]
        return [(self._words["top"], ", ".join(told))]

    def _about(
        self, event: ChannelEvent, title: str, text: str, facts: list[tuple[str, str]]
    ) -> Told:
        page = f"{self._site}/users/{quote(event.user_id or '', safe='')}"
        return Told(title, text, tuple(facts), self._words["user"], page)
