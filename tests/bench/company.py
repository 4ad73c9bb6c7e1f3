"""A company that has used the system for a while: users, records and counters whose books balance.

    await Company(settings, users=1000, records=10_000, days=30, now=now).write(aws)

Day by day, so that memory holds the counters of one day and a few integers a user. Believable, not
random all over: working days, office hours, several models, and a tenth of the people who use most
of the tokens. The same arguments make the same company.
"""

import asyncio
import random
import uuid
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from solaris.ledger.booking import (
    SYSTEM_SHARDS,
    hour_requests,
    hour_tokens,
    system_owner,
    user_owner,
)
from solaris.ledger.figures import NO_MODEL
from solaris.ledger.records import usage_item
from solaris.ledger.shards import counter_shard
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.items import Item, number, text
from solaris.platform.instants import iso_milliseconds
from solaris.platform.settings import Settings
from solaris.quota.item import user_to_item
from solaris.quota.periods import day_of, hour_of, period_of
from solaris.quota.policy import block_ppm_of, plan_limits_of
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import Plan, User, UserStatus, user_id_for

BATCH = 25
WRITERS = 8
MAX_ATTEMPTS = 20
PAUSE_SECONDS = 0.05
SEED = 4
NAMESPACE = uuid.UUID("5d1f8f0a-6a5b-4a41-9a5c-0e7f3f0c1d2e")
# name, weight, micro-dollars a prompt token and a completion token
MODELS = (
    ("gpt-4o-mini", 50, 0.15, 0.6),
    ("gpt-4o", 20, 2.5, 10.0),
    ("claude-sonnet-4", 15, 3.0, 15.0),
    ("o4-mini", 10, 1.1, 4.4),
    ("text-embedding-3-small", 5, 0.02, 0.0),
)
# share of each hour of the day, by night to evening
HOURS = (1, 1, 1, 1, 1, 1, 2, 5, 12, 18, 20, 18, 10, 14, 20, 20, 18, 14, 8, 5, 4, 3, 2, 1)
WEEKEND_SHARE = 0.2
ERROR_SHARE = 0.02
STATUSES = (
    (UserStatus.ACTIVE, 94),
    (UserStatus.SUSPENDED, 3),
    (UserStatus.PENDING, 2),
    (UserStatus.BLOCKED, 1),
)
PLANS = ((Plan.BASIC, 70), (Plan.PRO, 20), (Plan.TRIAL, 7), (Plan.ENTERPRISE, 3))
_FIRST = ("Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio", "Gabriela", "Hugo", "Inês", "João")
_LAST = ("Silva", "Souza", "Costa", "Santos", "Oliveira", "Pereira", "Lima", "Araújo", "Rocha")

Put = tuple[str, Item]


@dataclass(slots=True)
class Sums:
    """One counter in the making."""

    figures: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, **amounts: int) -> None:
        """Add to figures by name."""
        for name, amount in amounts.items():
            self.figures[name] += amount


_FIGURES = (
    *("requests", "errors", "prompt_tokens", "completion_tokens", "cached_tokens"),
    *("charged_tokens", "cost_micros"),
)


class Company:
    """`days` local days up to and including that of `now` (UTC)."""

    def __init__(
        self, settings: Settings, *, users: int, records: int, days: int, now: datetime
    ) -> None:
        self._settings = settings
        self._users = users
        self._records = records
        self._now = now
        self._random = random.Random(SEED)
        today = now.astimezone(settings.zone).date()
        self._days = [today - timedelta(days=n) for n in reversed(range(days))]
        self._period = period_of(now, settings.zone)
        self._used: dict[str, array[int]] = {}
        self.tokens: dict[str, int] = defaultdict(int)
        """Charged tokens written, by booked day."""

    @staticmethod
    def email(n: int) -> str:
        """The address of the n-th user."""
        return f"{_FIRST[n % len(_FIRST)].lower()}.{n}@example.com"

    async def write(self, aws: AsyncAws) -> None:
        """Write everything; raises StoreUnavailableError or AwsCallError."""
        puts = self.puts()

        async def writer() -> None:
            while batch := _next_batch(puts):
                await _write_batch(aws, batch)

        await asyncio.gather(*(writer() for _ in range(WRITERS)))

    def puts(self) -> Iterator[Put]:
        """Every item with its table: records and counters day by day, then users and months."""
        shares = [WEEKEND_SHARE if day.weekday() >= 5 else 1.0 for day in self._days]
        done, share_done = 0, 0.0
        for day, share in zip(self._days, shares, strict=True):
            share_done += share
            upto = round(self._records * share_done / sum(shares))
            yield from self._day(day, upto - done)
            done = upto
        yield from self._people()

    def _day(self, day: date, records: int) -> Iterator[Put]:
        of_users: dict[tuple[int, str], Sums] = defaultdict(Sums)
        of_system: dict[tuple[int, str], Sums] = defaultdict(Sums)
        usage, zone = self._settings.table_name("usage"), self._settings.zone
        for n in range(records):
            user, event, cost = self._request(day, n)
            booked = day_of(event.created_at, zone)
            used = self._used.setdefault(event.period, array("q", bytes(8 * self._users)))
            used[user] += event.charged_tokens
            self.tokens[booked] += event.charged_tokens
            model = NO_MODEL if event.outcome is Outcome.RELEASED else event.model
            shard = zlib.crc32(event.request_id.encode()) % SYSTEM_SHARDS
            hour = hour_of(event.created_at, zone)
            amounts = {
                "requests": 1,
                "errors": int(event.status_code >= 400),
                "prompt_tokens": event.counts.prompt_tokens,
                "completion_tokens": event.counts.completion_tokens,
                "cached_tokens": event.counts.cached_tokens,
                "charged_tokens": event.charged_tokens,
                "cost_micros": cost,
            }
            of_users[user, f"{booked}#{model}"].add(**amounts)
            by_hour = {hour_requests(hour): 1, hour_tokens(hour): event.charged_tokens}
            of_system[shard, f"{booked}#{model}"].add(**amounts, **by_hour)
            recorded_at = event.created_at + timedelta(seconds=1)
            yield usage, usage_item(event, cost_micros=cost, day=booked, recorded_at=recorded_at)
        counters = self._settings.table_name("counters")
        for (user, day_model), sums in of_users.items():
            user_id = user_id_for(self.email(user))
            item = _counter(user_owner(user_id), day_model, sums)
            item["day_shard"] = text(counter_shard(day_model[:10], user_id))
            yield counters, item
        for (shard, day_model), sums in of_system.items():
            yield counters, _counter(system_owner(shard), day_model, sums)

    def _request(self, day: date, n: int) -> tuple[int, UsageEvent, int]:
        """One request: the user's number, the event, its cost in micro-dollars."""
        chance = self._random
        user = int(self._users * chance.random() ** 3)
        created_at = self._instant(day)
        name, _, prompt_price, completion_price = chance.choices(
            MODELS, weights=[one[1] for one in MODELS]
        )[0]
        failed = chance.random() < ERROR_SHARE
        counts = TokenCounts()
        if not failed:
            prompt = int(chance.lognormvariate(6.5, 1))
            completion = int(chance.lognormvariate(5.5, 1)) if completion_price else 0
            counts = TokenCounts(prompt, completion, prompt // 4 if n % 3 == 0 else 0)
        cost = round(
            counts.prompt_tokens * prompt_price + counts.completion_tokens * completion_price
        )
        is_embedding = name.startswith("text-embedding")
        event = UsageEvent(
            request_id=f"req-{uuid.uuid5(NAMESPACE, f'{day}#{n}').hex}",
            user_id=user_id_for(self.email(user)),
            period=period_of(created_at, self._settings.zone),
            outcome=Outcome.RELEASED if failed else Outcome.SETTLED,
            created_at=created_at,
            model=name,
            endpoint="/v1/embeddings" if is_embedding else "/v1/chat/completions",
            counts=counts,
            charged_tokens=counts.charged_tokens(),
            reserved_tokens=0,
            status_code=chance.choice((429, 500, 502, 504)) if failed else 200,
            error_message="upstream error" if failed else None,
            response_time_ms=300 + counts.completion_tokens * 8,
            first_byte_ms=280,
            key_id="key_bench",
            user_agent="LibreChat/0.8",
            ip_address="10.0.0.1",
        )
        return user, event, cost

    def _instant(self, day: date) -> datetime:
        """A time of that local day, mostly in office hours, and never after now."""
        hour = self._random.choices(range(24), weights=HOURS)[0]
        local = datetime(
            day.year, day.month, day.day, hour, self._random.randrange(60),
            self._random.randrange(60), self._random.randrange(1000) * 1000,
            tzinfo=self._settings.zone,
        )  # fmt: skip
        instant = local.astimezone(UTC)
        if instant > self._now:
            midnight = datetime(day.year, day.month, day.day, tzinfo=self._settings.zone)
            passed = (self._now - midnight).total_seconds()
            instant = midnight.astimezone(UTC) + timedelta(seconds=passed * self._random.random())
        return instant

    def _people(self) -> Iterator[Put]:
        users, periods = self._settings.table_name("users"), self._settings.table_name("periods")
        chance, created_at = self._random, self._now - timedelta(days=200)
        limits = plan_limits_of(self._settings)
        for n in range(self._users):
            plan = chance.choices([one for one, _ in PLANS], [weight for _, weight in PLANS])[0]
            used = {period: of_all[n] for period, of_all in self._used.items()}
            current = used.pop(self._period, 0)
            limit = max(limits[plan], current // 100_000 * 100_000)
            email = self.email(n)
            user = User(
                user_id=user_id_for(email),
                email=email,
                name=f"{_FIRST[n % len(_FIRST)]} {_LAST[n // 7 % len(_LAST)]} {n}",
                status=chance.choices([s for s, _ in STATUSES], [w for _, w in STATUSES])[0],
                plan=plan,
                monthly_limit=limit,
                additional_tokens=0,
                current_usage=current,
                available_tokens=limit * block_ppm_of(self._settings) // 1_000_000 - current,
                period=self._period,
                created_at=created_at + timedelta(minutes=n % 100_000),
                updated_at=self._now,
                last_seen_at=self._now - timedelta(minutes=n % 40_000) if current else None,
                block_ppm=block_ppm_of(self._settings),
                version=1,
            )
            yield users, user_to_item(user)
            for period, tokens in used.items():
                if tokens:
                    yield (
                        periods,
                        {
                            "user_id": text(user.user_id),
                            "period": text(period),
                            "monthly_limit": number(limit),
                            "additional_tokens": number(0),
                            "current_usage": number(tokens),
                            "closed_at": text(iso_milliseconds(self._now)),
                        },
                    )


def _counter(owner: str, day_model: str, sums: Sums) -> Item:
    item: Item = {"owner": text(owner), "day_model": text(day_model)}
    item |= {name: number(0) for name in _FIGURES}
    return item | {name: number(value) for name, value in sums.figures.items()}


def _next_batch(puts: Iterator[Put]) -> list[Put]:
    batch: list[Put] = []
    for put in puts:
        batch.append(put)
        if len(batch) == BATCH:
            break
    return batch


async def _write_batch(aws: AsyncAws, batch: list[Put]) -> None:
    waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for table, item in batch:
        waiting[table].append({"PutRequest": {"Item": item}})
    for attempt in range(MAX_ATTEMPTS):
        answer = await aws.call("dynamodb", "BatchWriteItem", {"RequestItems": waiting})
        waiting = answer.get("UnprocessedItems") or {}
        if not waiting:
            return
        await asyncio.sleep(PAUSE_SECONDS * (attempt + 1))
    msg = f"items still unprocessed after {MAX_ATTEMPTS} attempts"
    raise TimeoutError(msg)
