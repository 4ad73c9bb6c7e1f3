"""Three months of the demo company, lived through: the system's own code by a clock in the past.

Each request is admitted by the meter, becomes a usage event and is booked by the recorder; months
are opened by the reset; what crosses a threshold goes through the alerts function. So the books
balance because the code balances them, and nothing here writes to a table.
"""

import asyncio
import contextlib
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from infra.local.demo.company.parts import DemoClock, DemoParts
from infra.local.demo.company.people import Person
from infra.local.demo.company.requests import Asked, Requests, chunks
from infra.local.demo.company.story import Story
from solaris.gateway.admission import Admission, Ticket
from solaris.ledger.events import event_to_json
from solaris.months.progress import ResetStore
from solaris.months.summary import WAIT
from solaris.platform.aws.queues import Message
from solaris.platform.background import drain
from solaris.platform.errors import (
    AccountStatusError,
    QuotaExhaustedError,
    RateLimitedError,
    TokensHeldError,
)
from solaris.platform.model_weight import PLAIN, ModelWeight
from solaris.platform.settings_values import AutoProvision
from solaris.quota.identity import Identity
from solaris.quota.periods import period_of, period_start
from solaris.quota.reservation import Demand
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import user_id_for

PACK = 96
ADMITTED_AT_ONCE = 12
OPENING = time(0, 5)
MORNING = time(8, 10)
DRAIN_SECONDS = 30.0
_ESTIMATED_PERCENT = 2

Tell = Callable[[date, int], None]
"""Hears of each day that is done, and of how many requests there are by then."""


class HistoryError(Exception):
    """The history could not be made; the message says why."""


@dataclass(slots=True)
class Totals:
    """What came of it."""

    booked: int = 0
    refused: int = 0
    tokens: int = field(default=0)


class History:
    """Lives through some days; the last one up to `now` (UTC)."""

    def __init__(
        self,
        parts: DemoParts,
        clock: DemoClock,
        *,
        people: Sequence[Person],
        requests: Requests,
        days: Sequence[date],
        now: datetime,
        key_ids: Sequence[str],
        story: Story,
    ) -> None:
        self._parts = parts
        self._clock = clock
        self._people = people
        self._requests = requests
        self._days = days
        self._now = now
        self._key_ids = key_ids
        self._story = story
        self._zone = parts.settings.zone
        self._meter = parts.meter()
        self._room = asyncio.Semaphore(ADMITTED_AT_ONCE)
        self._chance = random.Random(11)
        self.totals = Totals()

    async def live(self, tell: Tell) -> Totals:
        """All days, in order. Raises HistoryError, and what the store raises."""
        period = period_of(self._at(self._days[0], OPENING), self._zone)
        for n, day in enumerate(self._days):
            self._clock.instant = self._at(day, OPENING)
            today = period_of(self._clock(), self._zone)
            if today != period:
                period = today
                await self._open_month(period)
            self._clock.instant = min(self._now, self._at(day, MORNING))
            await asyncio.to_thread(self._story.morning, n, day)
            for pack in chunks(self._requests.of(n), PACK):
                await self._pack(pack)
            await self._parts.ledger.refusals.flush()
            tell(day, self.totals.booked)
        self._clock.instant = self._now
        await self._newcomer()
        return self.totals

    async def _pack(self, pack: Sequence[Asked]) -> None:
        self._clock.instant = min(self._now, pack[-1].at + timedelta(seconds=20))
        admitted = await asyncio.gather(*(self._admit(one) for one in pack))
        await drain(DRAIN_SECONDS)
        events = [
            self._event(asked, admission)
            for asked, admission in zip(pack, admitted, strict=True)
            if admission is not None
        ]
        messages = [Message(one.request_id, event_to_json(one)) for one in events]
        failed = await asyncio.to_thread(self._parts.ledger.recorder.record_messages, messages)
        if failed:
            msg = f"{len(failed)} requests were not booked; the log says why"
            raise HistoryError(msg)
        self.totals.booked += len(events)
        self.totals.tokens += sum(one.charged_tokens for one in events)
        self._story.hear(self._parts.platform.queues.kept)
        await asyncio.to_thread(self._parts.handle_alerts)

    async def _admit(self, asked: Asked) -> Admission | None:
        """Hold tokens for a request; None when it is refused, as it may be."""
        counts = asked.counts
        prompt = counts.prompt_tokens or 600
        ticket = Ticket(
            request_id=asked.request_id,
            identity=Identity(asked.person.email, asked.person.name),
            demand=Demand(prompt, None, asked.completes, weight=self._weight(asked.model)),
            model=asked.model,
            endpoint=asked.endpoint,
            key_id=self._key_of(asked),
            received_at=asked.at,
        )
        async with self._room:
            try:
                return await self._meter.admit(ticket)
            except (
                QuotaExhaustedError,
                TokensHeldError,
                AccountStatusError,
                RateLimitedError,
            ) as error:
                self._parts.ledger.refusals.count(error.code)
                self.totals.refused += 1
                return None

    def _weight(self, model: str) -> ModelWeight:
        return self._parts.ledger.weighing.live.get().of(model)

    def _event(self, asked: Asked, admission: Admission) -> UsageEvent:
        counts, weight = asked.counts, admission.reservation.weight
        cap = admission.cap_tokens
        if cap is not None and counts.completion_tokens > cap:
            reasoning = min(counts.reasoning_tokens, cap)
            counts = TokenCounts(counts.prompt_tokens, cap, counts.cached_tokens, reasoning)
        failed = asked.error is not None
        first_byte = min(asked.seconds, 0.25 + self._chance.random() * 0.7)
        return UsageEvent(
            request_id=asked.request_id,
            user_id=admission.user.user_id,
            period=admission.reservation.period,
            outcome=Outcome.RELEASED if failed else Outcome.SETTLED,
            created_at=asked.at,
            model=asked.model,
            endpoint=asked.endpoint,
            counts=counts,
            charged_tokens=counts.charged_tokens(weight),
            weight=None if weight == PLAIN else weight,
            reserved_tokens=admission.reservation.tokens,
            estimated=not failed and self._chance.random() * 100 < _ESTIMATED_PERCENT,
            status_code=asked.status,
            error_message=asked.error,
            response_time_ms=int(asked.seconds * 1000),
            first_byte_ms=None if failed else int(first_byte * 1000),
            key_id=self._key_of(asked),
            conversation_id=asked.conversation_id if asked.completes else None,
            user_agent="LibreChat/0.8.1" if asked.completes else "rag-api/1.5",
            ip_address=asked.ip_address,
        )

    def _key_of(self, asked: Asked) -> str:
        return self._key_ids[0 if asked.completes else -1]

    async def _open_month(self, period: str) -> None:
        """What the scheduled reset does; for the month that runs now the system has done it."""
        report = await self._parts.months.resetter.run_async()
        if report.users or not report.is_done:
            return
        for person in self._people:
            user = await asyncio.to_thread(self._parts.quota.users.get, user_id_for(person.email))
            if user is not None:
                await asyncio.to_thread(self._parts.months.resetter.open_for, person.email)
        if self._parts.summariser.is_wanted:
            store = ResetStore(
                self._parts.platform.aws,
                self._parts.settings,
                self._parts.quota.users,
                owner=uuid.uuid4().hex,
            )

            async def go_on() -> bool:
                return True

            # the figures as they are: in the made-up past nothing more comes
            late = period_start(period, self._parts.settings.zone) + WAIT
            await self._parts.summariser.send(store, period, late, go_on)

    async def _newcomer(self) -> None:
        """Somebody whose first request waits for an admin: provisioned as pending."""
        settings = self._parts.settings.model_copy(update={"auto_provision": AutoProvision.PENDING})
        for email, name in self._story.newcomers:
            ticket = Ticket(
                request_id=f"req-{uuid.uuid4().hex}",
                identity=Identity(email, name),
                demand=Demand(600),
                model="gpt-4o-mini",
                endpoint="/v1/chat/completions",
                key_id=self._key_ids[0],
                received_at=self._now - timedelta(minutes=self._chance.randrange(9, 50)),
            )
            with contextlib.suppress(AccountStatusError):
                await self._parts.meter(settings).admit(ticket)

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self._zone).astimezone(UTC)
