"""What is on the alerts queue: crossings, ends of grants and what concerns all; to JSON and back.

{"version": 1, "user_id", "period", "threshold", "crossed_at", "round"?}
{"version": 1, "kind": "grant_ending", "user_id", "grant_id", "announced_at"}
{"version": 1, "kind": "model_without_price", "model", "entry", "period"}
{"version": 1, "kind": "channel_paused", "channel_id", "name", "failing_since", "period"}
{"version": 1, "kind": "monthly_summary", "period", "figures": {…, "top": […]}}
{"version": 1, "kind": "group_summary", "period", "group_id", "name", "total_tokens", …}
{"version": 1, "kind": "ceiling", "period", "group_id", "name", "percent", "used_tokens", …}
{"version": 1, "kind": "request_news", "period", "user_id", "request_id", "news", "tokens", …}

What is told of causes is in causes/messages.py.
`round`, `unpriced_requests`, `open_requests`, `local_cost`, `groups` and a name in `top` are later
than the others: a message that was queued by a version before them has none.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from solaris.alerts.alert import (
    CHANNEL_PAUSED,
    GRANT_ENDING,
    MODEL_WITHOUT_PRICE,
    MONTHLY_SUMMARY,
    ChannelPaused,
    Crossing,
    GrantEnding,
    GroupPart,
    ModelWithoutPrice,
    MonthlySummary,
    TopUser,
)
from solaris.alerts.causes.cause import Cause
from solaris.alerts.causes.messages import CAUSES, cause_in, cause_told
from solaris.alerts.ceiling import CEILING, CeilingReached
from solaris.alerts.group_summary import GROUP_SUMMARY, GroupSummary
from solaris.alerts.token_requests.notice import REQUEST_NEWS, RequestNews, RequestNotice
from solaris.platform.actor import MAX_ACTOR_CHARACTERS, MAX_REASON_CHARACTERS
from solaris.platform.exchange import Currency, LocalCost
from solaris.quota.groups.group import MAX_NAME_CHARACTERS, MAX_PEOPLE
from solaris.quota.periods import next_period
from solaris.quota.thresholds import Threshold

VERSION = 1
MAX_TOP = 100
MAX_DECIDERS = 100

_Count = Annotated[int, Field(ge=0, strict=True)]


class MalformedNoticeError(ValueError):
    """A message that is none of them."""


def _with_zone(value: datetime) -> datetime:
    if value.tzinfo is None:
        msg = "needs a time zone"
        raise ValueError(msg)
    return value


_GroupId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,20}$")]
_People = Annotated[tuple[str, ...], Field(max_length=2 * MAX_PEOPLE)]
_UserId = Annotated[str, Field(min_length=1, max_length=200)]
_Instant = Annotated[datetime, AfterValidator(_with_zone)]
_Words = Annotated[str, Field(max_length=MAX_REASON_CHARACTERS)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    version: Literal[1]


class _Base(_Message):
    period: str

    @field_validator("period")
    @classmethod
    def _is_period(cls, value: str) -> str:
        next_period(value)  # raises ValueError on anything else
        return value


class _CrossingMessage(_Base):
    user_id: _UserId
    threshold: Threshold
    crossed_at: _Instant
    round: _Count = 0


class _EndingMessage(_Message):
    kind: Literal["grant_ending"]
    user_id: _UserId
    grant_id: Annotated[str, Field(min_length=1, max_length=100)]
    announced_at: _Instant


class _UnpricedMessage(_Base):
    kind: Literal["model_without_price"]
    model: Annotated[str, Field(min_length=1, max_length=200)]
    entry: Annotated[str, Field(min_length=1, max_length=200)]


class _PausedMessage(_Base):
    kind: Literal["channel_paused"]
    channel_id: Annotated[str, Field(min_length=1, max_length=100)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    failing_since: _Instant


class _Top(BaseModel):
    email: str
    tokens: _Count
    percentage: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    name: str = ""


class _Part(BaseModel):
    name: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]
    tokens: _Count


class _LocalCost(BaseModel):
    currency: Currency
    micros: _Count
    rate: Annotated[int, Field(gt=0)] | None
    since: date | None


class _Figures(BaseModel):
    users: _Count
    active_users: _Count
    blocked_users: _Count
    total_tokens: _Count
    cost_micros: _Count
    unpriced_requests: _Count = 0
    open_requests: _Count = 0
    local_cost: _LocalCost | None = None
    top: Annotated[list[_Top], Field(max_length=MAX_TOP)]
    groups: Annotated[list[_Part], Field(max_length=MAX_TOP)] = []


class _SummaryMessage(_Base):
    kind: Literal["monthly_summary"]
    figures: _Figures


class _GroupSummaryMessage(_Base):
    kind: Literal["group_summary"]
    group_id: _GroupId
    name: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]
    total_tokens: _Count
    cost_micros: _Count
    unpriced_requests: _Count = 0
    ceiling_tokens: _Count = 0
    active_members: _Count = 0
    top: Annotated[list[_Top], Field(max_length=MAX_TOP)] = []
    to: _People = ()


class _CeilingMessage(_Base):
    kind: Literal["ceiling"]
    group_id: _GroupId
    name: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]
    percent: Annotated[int, Field(ge=1, le=100, strict=True)]
    used_tokens: _Count
    ceiling_tokens: Annotated[int, Field(gt=0, strict=True)]
    to: _People = ()


class _RequestMessage(_Base):
    kind: Literal["request_news"]
    user_id: _UserId
    request_id: Annotated[str, Field(min_length=1, max_length=100)]
    news: RequestNews
    tokens: Annotated[int, Field(gt=0, strict=True)]
    reason: _Words
    happened_at: _Instant
    granted_tokens: _Count | None = None
    lasting: Annotated[str, Field(max_length=20)] | None = None
    until: date | None = None
    not_before: _Instant | None = None
    note: _Words = ""
    decided_by: Annotated[str, Field(max_length=MAX_ACTOR_CHARACTERS)] | None = None
    by_itself: bool = False
    by_raise: bool = False
    to: Annotated[tuple[str, ...], Field(max_length=MAX_DECIDERS)] = ()


Notice = (
    Crossing
    | GrantEnding
    | ModelWithoutPrice
    | ChannelPaused
    | MonthlySummary
    | CeilingReached
    | GroupSummary
    | RequestNotice
    | Cause
)


_KINDS: Mapping[type, str] = {
    GrantEnding: GRANT_ENDING,
    ModelWithoutPrice: MODEL_WITHOUT_PRICE,
    ChannelPaused: CHANNEL_PAUSED,
    GroupSummary: GROUP_SUMMARY,
    CeilingReached: CEILING,
    RequestNotice: REQUEST_NEWS,
}


def notice_to_json(notice: Notice) -> str:
    """Write a message, by the names of the notice's own fields."""
    if isinstance(notice, CAUSES):
        return orjson.dumps({"version": VERSION, **cause_told(notice)}).decode()
    told: dict[str, Any] = asdict(notice)
    for one in told.get("top", ()):
        if not one["name"]:
            del one["name"]
    if isinstance(notice, MonthlySummary):
        if notice.local_cost is None:
            del told["local_cost"]
        if not notice.open_requests:
            del told["open_requests"]
        if not notice.groups:
            del told["groups"]
        told = {"kind": MONTHLY_SUMMARY, "period": told.pop("period"), "figures": told}
    elif type(notice) in _KINDS:
        told = {"kind": _KINDS[type(notice)], **told}
    return orjson.dumps({"version": VERSION, **told}).decode()


def notice_from_json(body: str) -> Notice:
    """Read a message; raises MalformedNoticeError naming the first thing that is wrong."""
    # by the field alone: what people have written may be the name of a kind
    kind = _kind_of(body)
    try:
        if kind == MONTHLY_SUMMARY:
            return _summary(_SummaryMessage.model_validate_json(body))
        if kind == MODEL_WITHOUT_PRICE:
            unpriced = _UnpricedMessage.model_validate_json(body)
            return ModelWithoutPrice(unpriced.model, unpriced.entry, unpriced.period)
        if kind == CHANNEL_PAUSED:
            paused = _PausedMessage.model_validate_json(body)
            return ChannelPaused(
                paused.channel_id, paused.name, paused.failing_since, paused.period
            )
        if kind == GROUP_SUMMARY:
            group = _GroupSummaryMessage.model_validate_json(body)
            values = group.model_dump(exclude={"version", "kind", "top"})
            return GroupSummary(**values, top=_top(group.top))
        if kind == CEILING:
            found = _CeilingMessage.model_validate_json(body)
            return CeilingReached(**found.model_dump(exclude={"version", "kind"}))
        if kind == REQUEST_NEWS:
            request = _RequestMessage.model_validate_json(body)
            return RequestNotice(**request.model_dump(exclude={"version", "kind"}))
        cause = cause_in(kind, body)
        if cause is not None:
            return cause
        if kind == GRANT_ENDING:
            ending = _EndingMessage.model_validate_json(body)
            return GrantEnding(ending.user_id, ending.grant_id, ending.announced_at)
        message = _CrossingMessage.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MalformedNoticeError(f"{where}: {first['msg']}" if where else first["msg"]) from error
    return Crossing(
        user_id=message.user_id,
        period=message.period,
        threshold=message.threshold,
        crossed_at=message.crossed_at,
        round=message.round,
    )


def _kind_of(body: str) -> str | None:
    """What a message says that it is; None: a crossing, or no message at all."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    kind = told.get("kind") if isinstance(told, dict) else None
    return kind if isinstance(kind, str) else None


def _summary(message: _SummaryMessage) -> MonthlySummary:
    figures = message.figures
    return MonthlySummary(
        period=message.period,
        users=figures.users,
        active_users=figures.active_users,
        blocked_users=figures.blocked_users,
        total_tokens=figures.total_tokens,
        cost_micros=figures.cost_micros,
        unpriced_requests=figures.unpriced_requests,
        open_requests=figures.open_requests,
        local_cost=None
        if figures.local_cost is None
        else LocalCost(**figures.local_cost.model_dump()),
        top=_top(figures.top),
        groups=tuple(GroupPart(one.name, one.tokens) for one in figures.groups),
    )


def _top(found: list[_Top]) -> tuple[TopUser, ...]:
    return tuple(TopUser(one.email, one.tokens, one.percentage, one.name) for one in found)
