"""Models of a daily limit: how it is stated, and how a user's day stands."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from solaris.platform.web.schemas import ApiModel
from solaris.quota.daily_limit import MAX_DAILY_TOKENS
from solaris.quota.day_cap import used_tokens
from solaris.quota.user import User

DailyTokens = Annotated[int, Field(ge=1, le=MAX_DAILY_TOKENS)]
_RULE = r"auto:([0-9]|[1-9][0-9]{1,2}|1000)|[1-9][0-9]{0,11}"
DailyLimitRule = Annotated[str, StringConstraints(pattern=rf"^({_RULE})$")]
DailyLimitText = Annotated[str, StringConstraints(pattern=rf"^(none|plan|{_RULE})$")]


class DayFigures(ApiModel):
    """How a user's day stands; nulls for who has no daily limit."""

    daily_limit_tokens: int | None = Field(description="What may be used on one day.")
    day_used: int | None = Field(description="Used today.")
    day_available: int | None = Field(
        description="What a new request may take of the day; null while the limit is lifted, too."
    )
    day_lifted: bool = Field(description="The daily limit does not hold today.")


class DayOut(DayFigures):
    """The same, and the limit as it was stated."""

    daily_limit: str | None = Field(
        description="`50000`, or `auto:25`: a thirtieth of the monthly limit and 25% more."
    )


def day_figures(user: User) -> dict[str, Any]:
    """The fields of `DayFigures` for a user."""
    cap = user.day_cap
    return {
        "daily_limit_tokens": None if cap is None else cap.limit.in_force(user.monthly_limit),
        "day_used": None if cap is None else used_tokens(user),
        "day_available": None if cap is None or cap.is_lifted else cap.available_tokens,
        "day_lifted": cap is not None and cap.is_lifted,
    }


def day_fields(user: User) -> dict[str, Any]:
    """The fields of `DayOut` for a user."""
    return {"daily_limit": user.daily_limit, **day_figures(user)}
