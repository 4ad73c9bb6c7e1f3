"""Every mail about a cause with made-up figures, for `solaris mail preview`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from solaris.alerts.alert import Audience
from solaris.alerts.causes.cause import BooksDiffer, KeyExpiring, PersonWaiting, UpstreamFailing
from solaris.alerts.causes.rendering import CauseRenderer
from solaris.alerts.mails import Rendered

PERIOD = "2026-11"


def cause_samples(renderer: CauseRenderer, zone: tzinfo) -> Iterator[tuple[str, Rendered]]:
    """Yield the name of each mail and the mail."""
    then = datetime(2026, 11, 28, 9, 30, tzinfo=zone)
    person = PersonWaiting(
        user_id="u1",
        email="ana.souza@example.com",
        name="Ana Souza",
        plan="basic",
        since=then,
        period=PERIOD,
    )
    yield "person-waiting", renderer.cause(person, Audience.ADMINS)
    key = KeyExpiring(
        key_id="key_0123456789ab",
        prefix="sk-solaris-abcd",
        name="LibreChat",
        expires_at=then + timedelta(days=7),
        days=7,
        period=PERIOD,
    )
    yield "key-expiring", renderer.cause(key, Audience.ADMINS)
    own = replace(key, name="notebook", email=person.email, user_id=person.user_id)
    yield "own-key-expiring", renderer.cause(own, Audience.USER)
    upstream = UpstreamFailing(since=then, requests=412, failed=287, minutes=10, period=PERIOD)
    yield "upstream-failing", renderer.cause(upstream, Audience.ADMINS)
    books = BooksDiffer(found_at=then, differences=3, users=1_284, period=PERIOD)
    yield "books-differ", renderer.cause(books, Audience.ADMINS)
