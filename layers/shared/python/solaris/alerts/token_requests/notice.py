"""News of one request for tokens, on its way to mails and channels. Pure.

asked     to those who decide: the home group's managers, else the admins
approved  to the user
denied    to the user
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

REQUEST_NEWS = "request_news"


class RequestNews(StrEnum):
    """What has happened to a request."""

    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestNotice:
    """One piece of news. `tokens` were asked for, `granted_tokens` given.

    `until` is the last day of what was given, `not_before` when a denied user may ask again; `to`
    are those who decide. `by_itself`: the policy has approved it; `by_raise`: what was given
    otherwise is as much.
    """

    user_id: str
    request_id: str
    news: RequestNews
    period: str
    tokens: int
    reason: str
    happened_at: datetime
    granted_tokens: int | None = None
    lasting: str | None = None
    """The kind of grant: quota/grant.py."""

    until: date | None = None
    not_before: datetime | None = None
    note: str = ""
    decided_by: str | None = None
    by_itself: bool = False
    by_raise: bool = False
    to: tuple[str, ...] = ()

    @property
    def alert_id(self) -> str:
        """One alert a request and piece of news."""
        return f"{self.user_id}#{REQUEST_NEWS}#{self.request_id}#{self.news.value}"
