"""Tokens held before a request goes upstream, and the event that resolves them after it.

One conditional write decides (storage/reservations.py); everything else here is what to do when
it says no. DESIGN section 4, steps 4 and 6.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from solaris.domain.identity import Identity
from solaris.domain.periods import period_of, renews_at
from solaris.domain.quota import ceiling_tokens
from solaris.domain.reservation import (
    MAX_OPEN_RESERVATIONS,
    NEAR_COMPLETION_TOKENS,
    Demand,
    Hold,
    Reservation,
    expired,
    expiry_of,
    far_hold,
    near_hold,
)
from solaris.domain.rollover import apply_block_threshold, open_period
from solaris.domain.usage import UsageEvent
from solaris.domain.users import Plan, User, UserStatus, user_id_for
from solaris.errors import (
    AccountStatusError,
    ConflictError,
    QuotaExhaustedError,
    RateLimitedError,
    SolarisError,
)
from solaris.observability import get_logger
from solaris.services.recording import Recorder
from solaris.settings import Settings
from solaris.storage.aws import AsyncAws
from solaris.storage.events import event_to_dict, event_to_json
from solaris.storage.queues import EventSender
from solaris.storage.reservations import reserve
from solaris.storage.users import UserStore

MAX_ATTEMPTS = 12
PAUSE_SECONDS = 0.01
OPEN_REQUESTS_RETRY_SECONDS = 1.0

_log = get_logger("solaris.metering")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request as the meter sees it, before tokens are held."""

    request_id: str
    identity: Identity
    demand: Demand
    model: str
    endpoint: str
    key_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Admission:
    """Tokens are held: the reservation, the cap if the answer is to be cut, the user after."""

    reservation: Reservation
    cap_tokens: int | None
    user: User
    renews_at: datetime


class Meter:
    """Reserves and resolves. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        aws: AsyncAws,
        users: UserStore,
        sender: EventSender,
        recorder: Recorder,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._aws = aws
        self._users = users
        self._sender = sender
        self._recorder = recorder
        self._clock = clock
        self._table = settings.table_name("users")

    async def admit(self, ticket: Ticket) -> Admission:
        """Hold tokens for a request, or raise the refusal.

        One write for a known user far from the limit, two near it or for a new user. Raises
        AccountStatusError, QuotaExhaustedError, RateLimitedError, StoreUnavailableError, and
        ConflictError when twelve bounded attempts all lost a race.
        """
        user_id = user_id_for(ticket.identity.email)
        period = period_of(ticket.received_at, self._settings.zone)
        hold = self._first_hold(ticket.demand)
        for attempt in range(MAX_ATTEMPTS):
            reservation = self._reservation(ticket, hold, period)
            result = await reserve(
                self._aws,
                self._table,
                user_id=user_id,
                hold=hold,
                reservation=reservation,
                block_ppm=self._settings.block_ppm,
                now=ticket.received_at,
            )
            if result.reserved and result.user is not None:
                return self._admission(result.user, reservation, hold)
            user = result.user
            if user is None:
                created = await self._create(ticket, period)
                if created is not None:
                    return created
                continue
            period = max(period, user.period)
            if await self._put_right(user, period):
                continue
            hold = self._next_hold(ticket.demand, user)
            if attempt:
                await asyncio.sleep(random.uniform(0, PAUSE_SECONDS * attempt))
        msg = f"no reservation in {MAX_ATTEMPTS} attempts"
        raise ConflictError(msg)

    async def resolve(self, event: UsageEvent) -> None:
        """Hand the event to the books: by the queue, else directly, else by the log.

        Never raises for what fails on that way: the answer has been given and is not taken back.
        """
        try:
            await self._sender.send(event_to_json(event))
        except SolarisError as error:
            _log.warning("usage_queue_unavailable", request_id=event.request_id, error=str(error))
        else:
            return
        try:
            await asyncio.to_thread(self._recorder.record_one, event)
        except (SolarisError, ValueError) as error:
            # The last resort: `solaris replay` reads these lines back into the books.
            _log.error(
                "usage_event",
                request_id=event.request_id,
                usage_event=event_to_dict(event),
                error=str(error),
            )

    def _first_hold(self, demand: Demand) -> Hold:
        if not self._settings.strict_cap or not demand.completes:
            return far_hold(demand)
        wanted = demand.max_completion_tokens
        completion = NEAR_COMPLETION_TOKENS if wanted is None else wanted
        tokens = demand.prompt_tokens + completion
        return Hold(tokens=tokens, required_tokens=tokens, cap_tokens=completion)

    def _next_hold(self, demand: Demand, user: User) -> Hold:
        first = self._first_hold(demand)
        if user.available_tokens >= first.required_tokens:
            return first
        near = near_hold(demand, user.available_tokens)
        if near is None:
            raise self._exhausted(user)
        return near

    async def _put_right(self, user: User, period: str) -> bool:
        """Mend what stands in the way other than the quota; False when nothing does."""
        if user.status is not UserStatus.ACTIVE:
            raise AccountStatusError(user.status.value)
        now = self._clock()
        if user.period < period:
            opened, closed = open_period(user, period, now)
            await asyncio.to_thread(self._users.roll_over, user, opened, closed)
            return True
        if user.block_ppm != self._settings.block_ppm:
            await asyncio.to_thread(self._realign, user.user_id)
            return True
        late = expired(user.reservations, now)
        if late:
            await asyncio.to_thread(self._recorder.expire, user.user_id, late)
            return True
        if len(user.reservations) >= MAX_OPEN_RESERVATIONS:
            raise RateLimitedError(OPEN_REQUESTS_RETRY_SECONDS)
        return False

    def _realign(self, user_id: str) -> None:
        block_ppm = self._settings.block_ppm

        def rule(user: User) -> User:
            if user.block_ppm == block_ppm:
                return user
            return apply_block_threshold(user, block_ppm, self._clock())

        self._users.change(user_id, rule)

    async def _create(self, ticket: Ticket, period: str) -> Admission | None:
        """Make an unknown user together with the first reservation; None if it exists by now."""
        settings = self._settings
        limit = settings.default_monthly_limit
        now = ticket.received_at
        user = User(
            user_id=user_id_for(ticket.identity.email),
            email=ticket.identity.email,
            name=ticket.identity.name,
            status=UserStatus.ACTIVE,
            plan=Plan.BASIC,
            monthly_limit=limit,
            additional_tokens=0,
            current_usage=0,
            available_tokens=ceiling_tokens(limit, 0, settings.block_ppm),
            period=period,
            created_at=now,
            updated_at=now,
            last_seen_at=now,
            block_ppm=settings.block_ppm,
            version=1,
        )
        try:
            hold = self._next_hold(ticket.demand, user)
        except QuotaExhaustedError:
            await asyncio.to_thread(self._users.create, user)
            raise
        reservation = self._reservation(ticket, hold, period)
        user = replace(
            user,
            available_tokens=user.available_tokens - hold.tokens,
            reservations={reservation.request_id: reservation},
        )
        if not await asyncio.to_thread(self._users.create, user):
            return None
        _log.info("user_created", user_id=user.user_id, request_id=ticket.request_id)
        return self._admission(user, reservation, hold)

    def _reservation(self, ticket: Ticket, hold: Hold, period: str) -> Reservation:
        return Reservation(
            request_id=ticket.request_id,
            tokens=hold.tokens,
            prompt_tokens=ticket.demand.prompt_tokens,
            created_at=ticket.received_at,
            expires_at=expiry_of(ticket.received_at),
            period=period,
            model=ticket.model,
            endpoint=ticket.endpoint,
            key_id=ticket.key_id,
        )

    def _admission(self, user: User, reservation: Reservation, hold: Hold) -> Admission:
        # The item that comes back decides: a repeated write found the first one's reservation.
        kept = user.reservations.get(reservation.request_id, reservation)
        return Admission(
            reservation=kept,
            cap_tokens=hold.cap_tokens,
            user=user,
            renews_at=renews_at(user.period, self._settings.zone),
        )

    def _exhausted(self, user: User) -> QuotaExhaustedError:
        return QuotaExhaustedError(
            used=user.current_usage,
            limit=user.monthly_limit,
            additional=user.additional_tokens,
            renews_at=renews_at(user.period, self._settings.zone),
        )
