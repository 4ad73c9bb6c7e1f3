"""How much a user may use on one day: the limit as people state it, and how the day stands. Pure.

    50000     so many tokens
    auto:25   a thirtieth of the monthly limit and 25 percent of it more, rounded up

What a day's cap does is in day_cap.py.
"""

import re
from dataclasses import dataclass
from typing import Self

MAX_DAILY_TOKENS = 10**12
MAX_PERCENT = 1_000
LIFTED_TOKENS = 10**15
"""What a day has on top while its cap is lifted: more than anybody can use."""

NO_DAILY_LIMIT = "none"
"""Stands for no limit a day where people state one."""

_DAYS = 30
_TOKENS = re.compile(r"[1-9]\d{0,12}", re.ASCII)
_AUTO = re.compile(r"auto:(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """Tokens a day, or (`percent`) so much more than an even share of the monthly limit."""

    tokens: int = 0
    percent: int | None = None

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read `50000` or `auto:25`; raises ValueError for anything else, and out of bounds."""
        if found := _AUTO.fullmatch(value):
            percent = int(found[1])
            if percent <= MAX_PERCENT:
                return cls(percent=percent)
        elif _TOKENS.fullmatch(value) and int(value) <= MAX_DAILY_TOKENS:
            return cls(tokens=int(value))
        msg = (
            f"a daily limit is 1 to {MAX_DAILY_TOKENS:,} tokens, or auto:0 to auto:{MAX_PERCENT}; "
            f"got {value!r}"
        )
        raise ValueError(msg)

    def __str__(self) -> str:
        """As it is read."""
        return str(self.tokens) if self.percent is None else f"auto:{self.percent}"

    def in_force(self, monthly_limit: int) -> int:
        """Tokens a day for a user with this monthly limit; grants do not count."""
        if self.percent is None:
            return self.tokens
        return -(-monthly_limit * (100 + self.percent) // (100 * _DAYS))


@dataclass(frozen=True, slots=True)
class DayCap:
    """A user's limit a day, and how the day stands.

    `day` is the local calendar day (`2026-11-30`) that `available_tokens` is of: what the day has,
    less what requests that began on it have used and what they hold; below zero when the limit was
    lowered, or an answer was longer than what was held for it. On `lifted_day` there is no limit.
    """

    limit: DailyLimit
    day: str
    available_tokens: int
    lifted_day: str | None = None

    @property
    def is_lifted(self) -> bool:
        """Whether the day has no limit."""
        return self.lifted_day == self.day

    def ceiling_tokens(self, monthly_limit: int) -> int:
        """What may be used on the day."""
        lifted = LIFTED_TOKENS if self.is_lifted else 0
        return self.limit.in_force(monthly_limit) + lifted
