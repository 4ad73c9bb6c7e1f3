"""Models that every part of the API uses: names in camelCase, times in ISO 8601 UTC, costs."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Generic, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from solaris.platform.email import MAX_EMAIL_CHARACTERS
from solaris.platform.exchange import MILLIONTHS, Currency, LocalCost
from solaris.platform.instants import iso_milliseconds
from solaris.platform.model_weight import ModelWeight

MAX_PAGE_ITEMS = 200
DEFAULT_PAGE_ITEMS = 50
MAX_CURSOR_CHARACTERS = 1000
NO_LOCAL_COST = "In CURRENCY; null where that is USD, or where the cost in dollars is null."
WEIGHT = "By what it was charged; null: each token counted once."
HELD_WEIGHT = "By what tokens were held, where another model has answered than was asked for."

T = TypeVar("T")


class ApiModel(BaseModel):
    """Base of all: snake_case in code, camelCase on the wire, unknown fields refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
    )


_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DATE_TIME = {"type": "string", "format": "date-time", "examples": ["2026-11-22T13:05:09.123Z"]}

Instant = Annotated[
    datetime,
    PlainSerializer(lambda value: iso_milliseconds(value.astimezone(UTC)), return_type=str),
    WithJsonSchema(_DATE_TIME),
]
"""A time in an answer: UTC, milliseconds, `Z`."""


def _read(value: object) -> object:
    """Take RFC 3339 and nothing else: to pydantic `0` is a time too. In UTC from here on."""
    try:
        if isinstance(value, str) and _RFC3339.fullmatch(value):
            value = datetime.fromisoformat(value.upper())
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError):  # no such day; the last hours of the year 9999
        pass
    raise PydanticCustomError("instant", "must be a date and time with an offset")


InstantInput = Annotated[datetime, BeforeValidator(_read), WithJsonSchema(_DATE_TIME)]
"""A time in a request, as RFC 3339 writes it, its offset named; in UTC for who reads it."""

ZONE = "zone"
"""In the context of a validation: the periods' time zone, in which a day begins."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAY_OR_TIME = {
    "type": "string",
    "anyOf": [{"type": "string", "format": one} for one in ("date-time", "date")],
    "examples": _DATE_TIME["examples"],
}


def _midnight(value: object, info: ValidationInfo, days: int) -> object:
    """The first instant of the day so many days after one without a time; else what it was."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return value
    zone = (info.context or {}).get(ZONE, UTC)
    try:
        day = date.fromisoformat(value) + timedelta(days=days)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return value


def _read_start(value: object, info: ValidationInfo) -> object:
    return _read(_midnight(value, info, 0))


def _read_end(value: object, info: ValidationInfo) -> object:
    return _read(_midnight(value, info, 1))


RangeStart = Annotated[datetime, BeforeValidator(_read_start), WithJsonSchema(_DAY_OR_TIME)]
"""Where a range begins: a time, or a day, which is in it from its midnight in the periods' zone."""

RangeEnd = Annotated[datetime, BeforeValidator(_read_end), WithJsonSchema(_DAY_OR_TIME)]
"""Where a range ends: a time, which is not in it, or a day, which is in it whole."""


# All that valid_email (platform/email.py) takes, which alone decides: this is for the document.
_ATOM = r"[^\u0000-\u0020\"(),.:;<>@\[\\\]\u007f-\u00a0]+"
_LABEL = r"[^\u0000-\u002c./:-@\[-\^`{-\u00a0]+"
EMAIL_PATTERN = rf"^{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*$"
Email = Annotated[
    str,
    Field(
        min_length=3,
        max_length=MAX_EMAIL_CHARACTERS,
        examples=["ana@example.com"],
        json_schema_extra={"pattern": EMAIL_PATTERN},
    ),
]
"""An e-mail address in a request."""


class PageQuery(ApiModel):
    """Parameters of every list."""

    limit: int = Field(
        default=DEFAULT_PAGE_ITEMS, ge=1, le=MAX_PAGE_ITEMS, description="Items a page."
    )
    cursor: str | None = Field(
        default=None,
        max_length=MAX_CURSOR_CHARACTERS,
        description="`nextCursor` of the page before; the other parameters must be the same.",
    )


class Page(ApiModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(description="Pass it as `cursor`; null on the last page.")
    total: int | None = Field(
        default=None, description="Items that match in all; null where counting is dear."
    )


class FieldProblem(ApiModel):
    """What is wrong with one field of a request."""

    field: str = Field(
        description="Path of the field, `filters.dateRange.start`; empty: the whole."
    )
    code: str
    message: str


class Problem(ApiModel):
    """A refusal (RFC 9457, `application/problem+json`)."""

    type: str = Field(description="`urn:ia-solaris:problem:<code>`")
    title: str = Field(description="For people, in the language of the caller.")
    status: int
    code: str = Field(description="Stable name of the condition.")
    detail: str | None = None
    instance: str | None = Field(default=None, description="Path of the request.")
    request_id: str
    errors: list[FieldProblem] | None = None


class WeightOut(ApiModel):
    """How many times a token of each kind was counted: 0 to 1000, three decimals at most."""

    prompt: float
    completion: float
    cached: float = Field(description="Of the prompt, what came from a cache.")

    @classmethod
    def of(cls, weight: ModelWeight | None) -> Self | None:
        """A record's weight; None stays so."""
        return None if weight is None else cls(**weight.times())


class LocalCostOut(ApiModel):
    """A cost in CURRENCY: the dollars of each day at the rate of that day, summed."""

    currency: Currency
    micros: int = Field(description="Millionths of the currency, rounded half up.")
    rate: float | None = Field(
        description=(
            "The currency for a dollar: the one rate of these days, or the mean of several by what "
            "was spent; null where nothing was."
        )
    )
    rate_since: date | None = Field(
        description="First day of the one rate; null where several hold on these days."
    )

    @classmethod
    def of(cls, local: LocalCost | None) -> Self | None:
        """As it is shown; None stays None."""
        if local is None:
            return None
        return cls(
            currency=local.currency,
            micros=local.micros,
            rate=None if local.rate is None else local.rate / MILLIONTHS,
            rate_since=local.since,
        )
