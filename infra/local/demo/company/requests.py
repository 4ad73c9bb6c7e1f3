"""What the people of the demo company ask in three months: when, of which model, how many tokens.

Working days and office hours, holidays, a company that grows into it, favourite models. The same
arguments make the same requests. Pure.
"""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from infra.local.demo.company.people import Person, join_day
from solaris.quota.usage import TokenCounts
from solaris.quota.user import Plan

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
_NAMESPACE = uuid.UUID("7b0f5d0e-54c1-4d3a-9d1e-8f6f0a4c2b11")
_MODELS = (
    ("gpt-4o-mini", 38),
    ("gpt-4o", 20),
    ("claude-sonnet-4-5", 18),
    ("o4-mini", 9),
    ("gemini-2.5-flash", 9),
    ("text-embedding-3-small", 6),
)
_REASONING = "o4-mini"
_FAVOURITE_WEIGHT = 60
# share of each hour of the day
_HOURS = (0, 0, 0, 0, 0, 0, 1, 4, 12, 18, 20, 17, 8, 13, 20, 21, 18, 13, 6, 3, 2, 2, 1, 0)
_WEEKEND = 0.12
_HOLIDAY = 0.08
_HOLIDAYS = {(9, 7), (10, 12), (11, 2), (11, 15), (11, 20), (12, 25), (1, 1), (4, 21), (5, 1)}
_FAILED_PERCENT = 1.4
_FAILURES = ((429, "upstream rate limit"), (500, "upstream error"), (502, "upstream unreachable"))
_LEAST, _MOST = 220, 90_000
_DAYS_IN_MONTH = 30.4
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and what came of it; `status` over 399: the upstream failed, no tokens."""

    request_id: str
    person: Person
    at: datetime
    model: str
    counts: TokenCounts
    status: int
    error: str | None
    conversation_id: str
    seconds: float
    ip_address: str

    @property
    def endpoint(self) -> str:
        """The path it was sent to."""
        return CHAT if self.completes else EMBEDDINGS

    @property
    def completes(self) -> bool:
        """Whether it asked for an answer in words."""
        return not self.model.startswith("text-embedding")


class Requests:
    """The requests of some days, day by day; `now` (UTC) is the end of the last day's."""

    def __init__(
        self,
        people: Sequence[Person],
        days: Sequence[date],
        *,
        records: int,
        limits: dict[Plan, int],
        zone: tzinfo,
        now: datetime,
    ) -> None:
        self._people = people
        self._days = days
        self._zone = zone
        self._now = now
        self._limits = limits
        shares = [self._share(n, day) for n, day in enumerate(days)]
        self._counts = [round(records * one / sum(shares)) for one in shares]
        months = len(days) / _DAYS_IN_MONTH
        self._a_month = records / months / sum(self._weight(one) for one in people)

    def of(self, n: int) -> list[Asked]:
        """The requests of the n-th day, in the order of time."""
        chance = random.Random(f"{self._days[n]}")
        days = len(self._days)
        here = [one for one in self._people if join_day(one, days) <= n]
        weights = [self._weight(one) for one in here]
        came_today = [one for one in here if join_day(one, days) == n]
        chosen = chance.choices(here, weights, k=self._counts[n]) if here else []
        asked = [self._one(chance, n, k, who) for k, who in enumerate([*came_today, *chosen])]
        return sorted(
            (one for one in asked if one.at < self._now), key=lambda one: (one.at, one.request_id)
        )

    def _one(self, chance: random.Random, n: int, k: int, person: Person) -> Asked:
        day = self._days[n]
        at = self._instant(chance, day)
        model = _model_of(chance, person)
        failed = chance.random() * 100 < _FAILED_PERCENT
        status, error = chance.choice(_FAILURES) if failed else (200, None)
        mean = self._month_tokens(person) / max(1.0, self._a_month * self._weight(person))
        total = int(min(_MOST, max(_LEAST, mean * chance.lognormvariate(-0.18, 0.6))))
        counts = TokenCounts() if failed else _counts(chance, model, total)
        return Asked(
            request_id=f"req-{uuid.uuid5(_NAMESPACE, f'{day}#{k}').hex}",
            person=person,
            at=at,
            model=model,
            counts=counts,
            status=status,
            error=error,
            conversation_id=str(uuid.uuid5(_NAMESPACE, f"{person.email}#{day}#{k // 3}")),
            seconds=0.3 + chance.random() * 0.9 + counts.completion_tokens / 75,
            ip_address=f"10.{20 + person.model_bias % 4}.{chance.randrange(8)}.{k % 250}",
        )

    def _weight(self, person: Person) -> float:
        return float(self._month_tokens(person) ** 0.62)

    def _month_tokens(self, person: Person) -> float:
        return self._limits[person.plan] * person.month_share

    def _share(self, n: int, day: date) -> float:
        """How much of a usual day it is: weekdays, holidays, and a company that grows into it."""
        growth = 0.72 + 0.28 * n / max(1, len(self._days) - 1)
        mood = random.Random(f"mood {day}").uniform(0.82, 1.15)
        if (day.month, day.day) in _HOLIDAYS:
            return _HOLIDAY * mood
        return growth * mood * (_WEEKEND if day.weekday() >= _SATURDAY else 1.0)

    def _instant(self, chance: random.Random, day: date) -> datetime:
        hour = chance.choices(range(24), weights=_HOURS)[0]
        local = datetime(
            day.year, day.month, day.day, hour, chance.randrange(60), chance.randrange(60),
            chance.randrange(1000) * 1000, tzinfo=self._zone,
        )  # fmt: skip
        return local.astimezone(UTC)


def days_until(today: date, count: int) -> list[date]:
    """So many days up to and including today."""
    return [today - timedelta(days=n) for n in reversed(range(count))]


def chunks(asked: Sequence[Asked], most: int) -> Iterator[list[Asked]]:
    """The requests in packs, in the order of time."""
    for start in range(0, len(asked), most):
        yield list(asked[start : start + most])


def _model_of(chance: random.Random, person: Person) -> str:
    names = [name for name, _ in _MODELS]
    weights = [weight for _, weight in _MODELS]
    favourite = random.Random(person.model_bias).choices(range(len(names) - 1), weights[:-1])[0]
    weights[favourite] += _FAVOURITE_WEIGHT
    return chance.choices(names, weights)[0]


def _counts(chance: random.Random, model: str, total: int) -> TokenCounts:
    if model.startswith("text-embedding"):
        return TokenCounts(prompt_tokens=total)
    completion = min(int(total * chance.uniform(0.06, 0.3)) + 20, 6_000, total - 1)
    prompt = total - completion
    is_cached = prompt > 2_000 and chance.random() < 0.35  # noqa: PLR2004 - a long history
    return TokenCounts(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=int(prompt * chance.uniform(0.3, 0.8)) // 128 * 128 if is_cached else 0,
        reasoning_tokens=int(completion * chance.uniform(0.3, 0.7)) if model == _REASONING else 0,
    )
