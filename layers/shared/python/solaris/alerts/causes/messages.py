"""Causes on the alerts queue, to JSON and back.

{"version": 1, "kind": "person_waiting", "user_id", "email", "name", "plan", "since", "period"}
{"version": 1, "kind": "key_expiring", "key_id", "prefix", "name", "expires_at", "days", …}
{"version": 1, "kind": "upstream_failing", "since", "requests", "failed", "minutes", "period"}
{"version": 1, "kind": "books_differ", "found_at", "differences", "users", "period"}
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from solaris.alerts.causes.cause import (
    BOOKS_DIFFER,
    KEY_EXPIRING,
    PERSON_WAITING,
    UPSTREAM_FAILING,
    BooksDiffer,
    Cause,
    KeyExpiring,
    PersonWaiting,
    UpstreamFailing,
)

CAUSES = (PersonWaiting, KeyExpiring, UpstreamFailing, BooksDiffer)
_ADAPTERS: Mapping[str, TypeAdapter[Cause]] = {
    PERSON_WAITING: TypeAdapter(PersonWaiting),
    KEY_EXPIRING: TypeAdapter(KeyExpiring),
    UPSTREAM_FAILING: TypeAdapter(UpstreamFailing),
    BOOKS_DIFFER: TypeAdapter(BooksDiffer),
}
_KINDS: Mapping[type[Cause], str] = {
    PersonWaiting: PERSON_WAITING,
    KeyExpiring: KEY_EXPIRING,
    UpstreamFailing: UPSTREAM_FAILING,
    BooksDiffer: BOOKS_DIFFER,
}


class _Envelope(BaseModel):
    version: Literal[1]


def cause_told(cause: Cause) -> dict[str, Any]:
    """What a message says beside its version."""
    return {"kind": _KINDS[type(cause)], **asdict(cause)}


def cause_in(kind: str | None, body: str) -> Cause | None:
    """The cause that a message of a kind tells of; None: it is another one.

    Raises pydantic's error.
    """
    adapter = _ADAPTERS.get(kind or "")
    if adapter is None:
        return None
    _Envelope.model_validate_json(body)
    return adapter.validate_json(body)
