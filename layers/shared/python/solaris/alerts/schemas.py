"""Models of alerts.

An alert's id holds `#` in the store (`<user id>#2026-11#warning`), which would end a URL: on the
wire it is `~`, which needs no escaping and occurs in no id. Every id has one, so that none is
mistaken for the path of another operation. What else would need escaping (the name of a model, a
time) is written in hexadecimal behind a dot: `gpt-4.1` is `gpt-4.2E1`.
"""

import re
from typing import Annotated

from pydantic import Field, StringConstraints

from solaris.alerts.alert import (
    Alert,
    AlertType,
    Audience,
    MailState,
    ResolvedWhy,
    is_reopenable,
)
from solaris.alerts.listing import AlertKind, AlertQuery, AlertRow, AlertState
from solaris.platform.web.schemas import ApiModel, Instant, PageQuery, RangeEnd, RangeStart
from solaris.quota.thresholds import Threshold

MAX_ID_CHARACTERS = 700
MAX_USER_ID_CHARACTERS = 64

_FOREIGN = re.compile(r"[^A-Za-z0-9_#-]+")
_ESCAPED = re.compile(r"(\.[0-9A-F]{2})+")

AlertId = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9_.-]+(~[A-Za-z0-9_.-]+)+$", max_length=MAX_ID_CHARACTERS
    ),
]
UserId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_USER_ID_CHARACTERS)]


def to_wire(alert_id: str) -> str:
    """`ana#2026-11#warning` as `ana~2026-11~warning`."""
    return _FOREIGN.sub(_escaped, alert_id).replace("#", "~")


def from_wire(wire_id: str) -> str:
    """The other way round; what is no escape stays, and is the id of no alert."""
    return _ESCAPED.sub(_meant, wire_id.replace("~", "#"))


def _escaped(found: re.Match[str]) -> str:
    return "".join(f".{one:02X}" for one in found[0].encode())


def _meant(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace(".", "")).decode(errors="replace")


class AlertListQuery(PageQuery):
    """Which alerts are listed, newest first."""

    type: tuple[AlertType, ...] = ()
    kind: tuple[AlertKind, ...] = ()
    state: AlertState | None = None
    user_id: UserId | None = None
    from_: RangeStart | None = Field(
        default=None, alias="from", description="Created at this instant or later."
    )
    to: RangeEnd | None = Field(
        default=None, description="Created before this instant; on this day, if it is one."
    )

    def query(self) -> AlertQuery:
        """As the directory takes it."""
        return AlertQuery(
            types=self.type,
            kinds=self.kind,
            state=self.state,
            user_id=self.user_id,
            created_from=self.from_,
            created_to=self.to,
            limit=self.limit,
            cursor=self.cursor,
        )


class ResolveAll(ApiModel):
    """Which open alerts to resolve; nothing said: all."""

    type: tuple[AlertType, ...] = ()
    user_id: UserId | None = None


class ResolvedAlerts(ApiModel):
    """How far it went."""

    resolved: int = Field(description="Alerts that this call has resolved, at most 500.")
    remaining: int = Field(description="Such alerts still open: call again while there are any.")


class AlertMail(ApiModel):
    """One of an alert's two mails."""

    audience: Audience
    state: MailState
    error: str | None = Field(description="Class of the error of a failed or rejected mail.")


class AlertOut(ApiModel):
    """An alert; figures are tokens, as they were when it was recorded."""

    id: str
    type: AlertType
    title: str
    message: str
    period: str = Field(examples=["2026-11"])
    threshold: Threshold | None = Field(
        description="Null: the summary of a month, a monthly ceiling, a model without a price, "
        "what lasts until somebody ends it (its id begins with `person_waiting`, `key_expiring`, "
        "`upstream_failing` or `books_differ`) or, of a user, the coming end of a grant."
    )
    user_id: str | None
    user_email: str | None
    user_name: str | None
    current_usage: int | None
    monthly_limit: int | None
    additional_tokens: int | None
    remaining_tokens: int | None
    usage_percentage: float | None = Field(description="Of monthly limit and additional tokens.")
    mails: list[AlertMail]
    created_at: Instant
    resolved_at: Instant | None
    resolved_by: str | None = Field(
        description="`system`: it was closed by itself. Null though resolved: there was nothing "
        "to do about it from the start."
    )
    resolved_why: ResolvedWhy | None = Field(
        description="Why it was closed by itself; null when somebody resolved it."
    )
    actions: list[str] = Field(
        description="What an admin may do: `resolve`, `add_tokens`, `raise_limit`; `reopen` what "
        "somebody has resolved."
    )

    @classmethod
    def of(cls, row: AlertRow) -> "AlertOut":
        """An alert as the services give it."""
        alert = row.alert
        figures = alert.figures
        return cls(
            id=to_wire(alert.alert_id),
            type=alert.type,
            title=alert.title,
            message=alert.message,
            period=alert.period,
            threshold=alert.threshold,
            user_id=alert.user_id,
            user_email=row.user_email,
            user_name=row.user_name,
            current_usage=figures.current_usage if figures else None,
            monthly_limit=figures.monthly_limit if figures else None,
            additional_tokens=figures.additional_tokens if figures else None,
            remaining_tokens=figures.remaining_tokens if figures else None,
            usage_percentage=figures.permille / 10 if figures else None,
            mails=[
                AlertMail(audience=one, state=state, error=(alert.errors or {}).get(one))
                for one, state in alert.mails.items()
            ],
            created_at=alert.created_at,
            resolved_at=alert.resolved_at,
            resolved_by=alert.resolved_by,
            resolved_why=alert.resolved_why,
            actions=_actions(alert),
        )


def _actions(alert: Alert) -> list[str]:
    if alert.resolved_at is not None:
        return ["reopen"] if is_reopenable(alert) else []
    # tokens help whose quota it is about, and not who waits for activation
    is_of_quota = alert.user_id is not None and alert.threshold is not None
    return ["resolve", "add_tokens", "raise_limit"] if is_of_quota else ["resolve"]
