"""A cause as the words of its record and as a mail."""

import shlex
from datetime import datetime

from solaris.alerts.alert import AlertType, Audience
from solaris.alerts.causes.cause import (
    BooksDiffer,
    Cause,
    KeyExpiring,
    PersonWaiting,
    UpstreamFailing,
)
from solaris.alerts.causes.words import BUTTONS, COUNTED, MAILS, RECORDS, SOMEBODY
from solaris.alerts.mails import Button, MailRenderer, Rendered
from solaris.platform.mail.formatting import long_date, one_line
from solaris.platform.texts import format_integer


class CauseRenderer(MailRenderer):
    """Renders in one language."""

    def cause_record(self, cause: Cause, *, no_names: bool = False) -> tuple[str, str]:
        """Title and message of the record; without names of people, where none shall be told."""
        values = self._cause_values(cause)
        if no_names:
            values |= {"who": SOMEBODY[self._locale], "key": _shown(cause)}
        title, text = RECORDS[self._locale][_words_of(cause)]
        return title.format(**values), text.format(**values)

    def cause(self, cause: Cause, audience: Audience) -> Rendered:
        """The mail to the admins, or to the user whose key it is."""
        is_user = audience is Audience.USER
        values = self._cause_values(cause)
        if isinstance(cause, KeyExpiring) and cause.email:
            # its name is the owner's business, whose it is the admins'
            told = one_line(cause.name, 60) if is_user else values["who"]
            values["key"] = f"{cause.prefix}… ({told})" if told else f"{cause.prefix}…"
        words = MAILS[self._locale]["own_key" if is_user else _mail_words_of(cause)]
        return self._render(
            "notice",
            words,
            values,
            "critical" if cause.type is AlertType.CRITICAL else "warning",
            buttons=[] if is_user else self._cause_buttons(cause),
            footer=self._labels["footer" if is_user else "footer_admins"],
        )

    def _cause_buttons(self, cause: Cause) -> list[Button]:
        """Where admins see to it."""
        pages = self._pages
        if pages is None:
            return []
        labels = BUTTONS[self._locale]
        match cause:
            case PersonWaiting():
                label, url = labels["user"], pages.user(cause.user_id)
            case KeyExpiring():
                label, url = labels["keys"], pages.keys()
            case UpstreamFailing() | BooksDiffer():
                label, url = labels["settings"], pages.settings()
        return [Button(label, url, url)]

    def _cause_values(self, cause: Cause) -> dict[str, str]:
        match cause:
            case PersonWaiting():
                email = one_line(cause.email)
                return {
                    "who": email,
                    "since": self._day(cause.since),
                    "command": shlex.quote(email),
                }
            case KeyExpiring():
                who = one_line(cause.email or "")
                return {"who": who, "key": _key(cause), "until": self._instant(cause.expires_at)}
            case UpstreamFailing():
                names = ("requests", "failed", "minutes")
                return {name: format_integer(getattr(cause, name), self._locale) for name in names}
            case BooksDiffer():
                one, many = COUNTED[self._locale]
                form = one if cause.differences == 1 else many
                told = format_integer(cause.differences, self._locale)
                return {"found": self._day(cause.found_at), "differences": form.format(n=told)}

    def _day(self, instant: datetime) -> str:
        return long_date(instant, self._locale)

    def _instant(self, instant: datetime) -> str:
        return f"{self._day(instant)}, {instant:%H:%M}"


def _words_of(cause: Cause) -> str:
    match cause:
        case PersonWaiting():
            return "person"
        case KeyExpiring():
            return "own_key" if cause.email else "key"
        case UpstreamFailing():
            return "upstream"
        case BooksDiffer():
            return "books"


def _mail_words_of(cause: Cause) -> str:
    return "key" if isinstance(cause, KeyExpiring) else _words_of(cause)


def _key(key: KeyExpiring) -> str:
    """A service key's name and beginning; of a personal one the beginning alone."""
    name = "" if key.email else one_line(key.name, 60)
    return f"{name} ({key.prefix}…)" if name else f"{key.prefix}…"


def _shown(cause: Cause) -> str:
    return f"{cause.prefix}…" if isinstance(cause, KeyExpiring) else ""
