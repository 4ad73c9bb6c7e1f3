"""Tokens held before a request goes upstream, and the event that resolves them after it.

One conditional write decides (gateway/reserve.py); everything else here is what to do when
it says no, and to keep what is held for as long as its request lives (gateway/open_requests.py).
ARCHITECTURE.md, "A metered request", has it as steps 4 and 7.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from solaris.gateway.admission import Admission, Ticket
from solaris.gateway.capped_users import CappedUsers, day_refusal
from solaris.gateway.doubtful_reserves import DoubtfulReserves
from solaris.gateway.newcomer_policies import NewcomerPolicies
from solaris.gateway.open_requests import OpenRequests
from solaris.gateway.reserve import ReserveResult, reserve
from solaris.gateway.restricted_users import RestrictedUsers, check_models_of
from solaris.keys.user_rates import UserRates
from solaris.ledger.ended_grants import EndedGrants
from solaris.ledger.events import event_to_dict, event_to_json
from solaris.ledger.figures import booked_day
from solaris.ledger.recorder import Recorder
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.queues import EventSender
from solaris.platform.aws.retry import Attempts
from solaris.platform.background import keep
from solaris.platform.books_disk import BooksDisk
from solaris.platform.errors import (
    AccountStatusError,
    BookingsLateError,
    ConflictError,
    QuotaExhaustedError,
    RateLimitedError,
    SolarisError,
    StoreUnavailableError,
    TokensHeldError,
    UserModelNotAllowedError,
    UserNotAllowedError,
)
from solaris.platform.logs import get_logger
from solaris.platform.metrics import Metrics
from solaris.platform.settings import Settings
from solaris.quota.day_cap import holding, left_tokens, turn_day, turned
from solaris.quota.feed import Changes
from solaris.quota.newcomers import Newcomers, with_own_id
from solaris.quota.periods import day_of, period_of, renews_at
from solaris.quota.personal_links import PersonalLinks
from solaris.quota.policy import (
    PlanStore,
    StatedPlans,
    block_ppm_of,
    threshold_rule_of,
)
from solaris.quota.provisioning import provision
from solaris.quota.reservation import (
    MAX_OPEN_RESERVATIONS,
    MINIMUM_COMPLETION_TOKENS,
    Demand,
    Hold,
    Reservation,
    expired,
    expiry_of,
    full_hold,
    hold_for,
    unbooked,
)
from solaris.quota.rollover import apply_block_threshold, open_period
from solaris.quota.standing import is_blocked
from solaris.quota.store import UserStore
from solaris.quota.thresholds import Threshold, rule_of
from solaris.quota.usage import UsageEvent
from solaris.quota.user import NOBODY, Enforcement, User, UserStatus, user_id_for

if TYPE_CHECKING:  # Authlib is loaded where tokens are read
    from solaris.sign_in.token_groups import TokenGroups

ATTEMPTS = Attempts(12, pause_seconds=0.01)
OPEN_REQUESTS_RETRY_SECONDS = 1.0
# When the tokens that are left are held by other answers: about as long as an answer takes.
TOKENS_HELD_RETRY_SECONDS = 5.0
BOOKINGS_LATE_RETRY_SECONDS = 15.0
OFFER_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

_log = get_logger("solaris.metering")


class Meter:
    """Reserves and resolves. `clock` gives the time in UTC; `links` go into refusals.

    Without `room` on the disk nothing new is admitted. `rates` learns of users whose plan has one.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        aws: AsyncAws,
        users: UserStore,
        changes: Changes,
        sender: EventSender,
        recorder: Recorder,
        ended_grants: EndedGrants,
        clock: Callable[[], datetime],
        links: PersonalLinks | None = None,
        disk: BooksDisk | None = None,
        knows_all_open: bool = True,
        plans: PlanStore | None = None,
        rates: UserRates | None = None,
        metrics: Metrics | None = None,
        tokens: "TokenGroups | None" = None,
    ) -> None:
        self._knows_all_open = knows_all_open
        self._settings = settings
        self._aws = aws
        self._users = users
        self._policies = NewcomerPolicies(settings, metrics, tokens)
        self._newcomers = Newcomers(users, changes, clock, plans, settings.zone)
        self._rates = rates
        self._sender = sender
        self._recorder = recorder
        self._ended_grants = ended_grants
        self._links = links
        self._disk = disk
        self._clock = clock
        self._table = settings.table_name("users")
        self._announcing: set[str] = set()
        self._doubtful = DoubtfulReserves(users, self.resolve)
        self._open = OpenRequests(aws, self._table, clock)
        self._capped = CappedUsers()
        self._restricted = RestrictedUsers()

    async def admit(self, ticket: Ticket) -> Admission:
        """Hold tokens for a request, or raise the refusal.

        One write for a known user far from the limit, two near it or for a new user. Raises
        AccountStatusError, UserNotAllowedError, UserModelNotAllowedError, QuotaExhaustedError,
        DailyLimitError, TokensHeldError, BookingsLateError, RateLimitedError,
        StoreUnavailableError, and ConflictError when twelve bounded attempts all lost a race. What
        is held is kept until the event that resolves it.
        """
        if self._disk is not None and (trouble := self._disk.trouble()) is not None:
            raise StoreUnavailableError(trouble)
        admission = await self._admit(ticket)
        self._open.add(admission.user.user_id, admission.reservation)
        if self._rates is not None:
            self._rates.learn(user_id_for(ticket.identity.email), admission.user.rate)
        return admission

    async def close(self) -> None:
        """Renew nothing any more."""
        await self._open.close()

    async def _admit(self, ticket: Ticket) -> Admission:
        slot_id = user_id = user_id_for(ticket.identity.email)
        period = period_of(ticket.received_at, self._settings.zone)
        hold = full_hold(ticket.demand, strict=self._settings.strict_cap)
        for attempt in range(ATTEMPTS.most):
            day = self._day(ticket, period)
            of_day = self._capped.day(user_id, day)
            reservation = self._reservation(ticket, hold, period, of_day)
            by_address = user_id == slot_id
            result = await self._reserve(user_id, ticket, hold, reservation, by_address=by_address)
            if result.user is not None:
                self._capped.learn(result.user)
                self._restricted.learn(result.user)
            if result.reserved and result.user is not None:
                return self._admission(result.user, reservation, hold, ticket.demand)
            user = result.user
            if user is None or (user_id == slot_id and user.address_of == NOBODY):
                created = await self._create(ticket, period, user)
                if created is not None:
                    return created
                continue
            other_id = _other_id(user, slot_id)
            if other_id is not None:
                user_id = other_id
                continue
            period = max(period, user.period)
            day = self._day(ticket, period)
            if await self._put_right(user, period, day, ticket):
                continue
            try:
                hold = self._next_hold(ticket.demand, user)
            except QuotaExhaustedError:
                self._announce_block(user, ticket.demand)
                raise
            if attempt and of_day == self._capped.day(user.user_id, day):
                await asyncio.sleep(ATTEMPTS.pause(attempt))
        msg = f"no reservation in {ATTEMPTS.most} attempts"
        raise ConflictError(msg)

    async def _reserve(
        self,
        user_id: str,
        ticket: Ticket,
        hold: Hold,
        reservation: Reservation,
        *,
        by_address: bool,
    ) -> ReserveResult:
        try:
            return await reserve(
                self._aws,
                self._table,
                user_id=user_id,
                hold=hold,
                reservation=reservation,
                block_ppm=block_ppm_of(self._settings),
                now=ticket.received_at,
                by_address=by_address,
                models=self._restricted.allowing(user_id, ticket),
            )
        except StoreUnavailableError:
            # refused for the client; whether the write took place is not known
            self._doubtful.look_for(user_id, reservation)
            raise

    async def hold_more(self, admission: Admission, tokens: int) -> Admission:
        """Hold for an answer that is so many tokens longer, as far as that is left."""
        held = admission.reservation
        charged = held.weight.charge(0, tokens)
        if not charged:
            return replace(admission, completion_tokens=admission.completion_tokens + tokens)
        now_held = await self._open.hold_more(admission.user.user_id, held, charged)
        more = held.weight.answer_within(now_held.tokens - held.tokens, 0) or 0
        return replace(
            admission,
            reservation=now_held,
            completion_tokens=admission.completion_tokens + min(more, tokens),
        )

    async def resolve(self, event: UsageEvent) -> None:
        """Hand the event to the books: by the queue, else directly, else by the log.

        What is logged because nothing answers is offered to the queue again for a minute.

        Never raises for what fails on that way: the answer has been given and is not taken back.
        """
        self._open.discard(event.request_id)
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
            if isinstance(error, StoreUnavailableError):
                keep(self._offer_again(event))

    async def _offer_again(self, event: UsageEvent) -> None:
        """Offer a logged event to the queue for another minute: a store that was killed is back.

        A replay of the log afterwards finds it booked and changes nothing.
        """
        for pause in OFFER_PAUSES_SECONDS:
            await asyncio.sleep(pause)
            try:
                await self._sender.send(event_to_json(event))
            except SolarisError:
                continue
            _log.info("usage_event_taken_back", request_id=event.request_id)
            return

    def _next_hold(self, demand: Demand, user: User) -> Hold:
        strict = self._settings.strict_cap
        if user.enforcement is Enforcement.WARN:  # refused for something else, now put right
            return full_hold(demand, strict=strict)
        hold = hold_for(demand, left_tokens(user), strict=strict)
        if hold is not None:
            return hold
        late = self._unbooked(user)
        if late and hold_for(demand, left_tokens(user, late), strict=strict):
            raise BookingsLateError(BOOKINGS_LATE_RETRY_SECONDS)
        held = user.reservations.values()
        if hold_for(demand, left_tokens(user, held), strict=strict):
            raise TokensHeldError(TOKENS_HELD_RETRY_SECONDS)
        if hold_for(demand, user.available_tokens + user.reserved_tokens, strict=strict):
            raise day_refusal(user, demand, self._settings.zone, self._clock())
        raise self._exhausted(user, demand)

    def _day(self, ticket: Ticket, period: str) -> str:
        return booked_day(ticket.received_at, period, self._settings.zone)

    def _unbooked(self, user: User) -> list[Reservation]:
        """What is held by answers that have ended, where this process knows all that are open."""
        if not self._knows_all_open:
            return []
        return unbooked(user.reservations, self._open.has, self._clock())

    def _announce_block(self, user: User, refused: Demand) -> None:
        """Tell a user who has a few tokens left, too few for a request, that they are blocked.

        In the background: the refusal does not wait. Refusals that come meanwhile tell nothing,
        later ones find the flag in the item.
        """
        told = Threshold.BLOCK in user.alerts_sent or user.user_id in self._announcing
        rule = rule_of(user, threshold_rule_of(self._settings))
        if told or not is_blocked(user, refused, rule):
            return
        self._announcing.add(user.user_id)
        work = keep(asyncio.to_thread(self._recorder.announce_block, user))
        work.add_done_callback(lambda _: self._announcing.discard(user.user_id))

    async def _put_right(self, user: User, period: str, day: str, ticket: Ticket) -> bool:
        """Mend what stands in the way other than the quota; False when nothing does."""
        if user.status is not UserStatus.ACTIVE:
            raise AccountStatusError(user.status.value)
        check_models_of(user, ticket)
        now = self._clock()
        if user.period < period:
            opened, closed = open_period(user, period, now)
            await asyncio.to_thread(self._users.roll_over, user, turned(opened, day), closed)
            return True
        # as the condition had it, also where the clock was set back meanwhile
        instant = max(now, ticket.received_at)
        if user.next_change_at is not None and user.next_change_at <= instant:
            await asyncio.to_thread(self._ended_grants.end, user.user_id, instant)
            return True
        if user.block_ppm != block_ppm_of(self._settings):
            await asyncio.to_thread(self._realign, user.user_id)
            return True
        if turned(user, day) is not user:
            await asyncio.to_thread(
                self._users.change, user.user_id, lambda found: turn_day(found, day, now)
            )
            return True
        # a clock that was set ahead ends none that is open
        left = [
            one for one in expired(user.reservations, now) if not self._open.has(one.request_id)
        ]
        if left:
            is_done = await asyncio.to_thread(self._recorder.expire, user.user_id, left)
            if is_done:
                return True
        if len(user.reservations) >= MAX_OPEN_RESERVATIONS:
            if len(user.reservations) - len(self._unbooked(user)) < MAX_OPEN_RESERVATIONS:
                raise BookingsLateError(BOOKINGS_LATE_RETRY_SECONDS)
            raise RateLimitedError(OPEN_REQUESTS_RETRY_SECONDS)
        return False

    def _realign(self, user_id: str) -> None:
        block_ppm = block_ppm_of(self._settings)

        def rule(user: User) -> User:
            if user.block_ppm == block_ppm:
                return user
            return apply_block_threshold(user, block_ppm, self._clock())

        self._users.change(user_id, rule)

    async def _create(self, ticket: Ticket, period: str, released: User | None) -> Admission | None:
        """Make an unknown user together with the first reservation; None if it exists by now.

        A user who is made but not served (pending, a limit of nothing, a model that their group
        does not allow) is made without one.
        `released` is the item of an address that was somebody else's.
        """
        identity = ticket.identity
        if released is None and identity.spelled:  # only what was spelled otherwise before
            known = await asyncio.to_thread(self._newcomers.is_known_otherwise, identity)
            if known:
                return None
        plans = await asyncio.to_thread(self._newcomers.plans)
        made = provision(
            identity,
            self._policies.of(identity, plans),
            period=period,
            block_ppm=block_ppm_of(self._settings),
            now=ticket.received_at,
            day=day_of(ticket.received_at, self._settings.zone),
        )
        if made is None:
            raise UserNotAllowedError
        user = replace(made, last_seen_at=ticket.received_at)
        user = user if released is None else with_own_id(user)
        if user.status is not UserStatus.ACTIVE:
            if not await self._store_new(user, ticket, released, plans):
                return None
            raise AccountStatusError(user.status.value)
        self._restricted.learn(user)
        try:
            check_models_of(user, ticket)
            hold = self._next_hold(ticket.demand, user)
        except UserModelNotAllowedError:
            if not await self._store_new(user, ticket, released, plans):
                return None
            raise
        except QuotaExhaustedError:
            await self._store_new(user, ticket, released, plans)
            if user.enforcement is Enforcement.WARN:
                return None  # served as a known user is
            raise
        reservation = replace(
            self._reservation(ticket, hold, period, user.cap_day), group_id=user.group_id
        )
        user = holding(user, reservation)
        if not await self._store_new(user, ticket, released, plans):
            return None
        return self._admission(user, reservation, hold, ticket.demand)

    async def _store_new(
        self, user: User, ticket: Ticket, released: User | None, plans: StatedPlans | None
    ) -> bool:
        created = await asyncio.to_thread(self._newcomers.store, user, released, plans)
        if created:
            _log.info(
                "user_created",
                user_id=user.user_id,
                status=user.status.value,
                request_id=ticket.request_id,
            )
        return created

    def _reservation(self, ticket: Ticket, hold: Hold, period: str, day: str | None) -> Reservation:
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
            weight=ticket.demand.weight,
            day=day,
        )

    def _admission(
        self, user: User, reservation: Reservation, hold: Hold, demand: Demand
    ) -> Admission:
        # The item that comes back decides: a repeated write found the first one's reservation.
        kept = user.reservations.get(reservation.request_id, reservation)
        completion, cap = hold.completion_tokens, hold.cap_tokens
        if kept.tokens < hold.tokens:
            completion = kept.weight.answer_within(kept.tokens, kept.prompt_tokens) or 0
            cap = completion
        return Admission(
            reservation=kept,
            cap_tokens=cap,
            completion_tokens=completion,
            user=user,
            renews_at=renews_at(user.period, self._settings.zone),
            is_over_limit=user.enforcement is Enforcement.WARN
            and hold_for(demand, left_tokens(user, [kept])) is None,
        )

    def _exhausted(self, user: User, refused: Demand) -> QuotaExhaustedError:
        is_long = user.available_tokens >= MINIMUM_COMPLETION_TOKENS
        renews = renews_at(user.period, self._settings.zone)
        return QuotaExhaustedError(
            used=user.current_usage,
            limit=user.monthly_limit,
            additional=user.additional_tokens,
            available=user.available_tokens,
            renews_at=renews,
            renews_in_seconds=int((renews - self._clock()).total_seconds()),
            needed=refused.smallest_tokens if is_long else None,
            link=None if self._links is None else self._links.for_refusal(user.user_id),
        )


def _other_id(user: User, slot_id: str) -> str | None:
    """Whom to ask instead of the item that refused; None: this is the user.

    The address is another's; or it was this user's when it was read, and the account has been
    merged since: then whose it is now.
    """
    if user.user_id == slot_id:
        return user.address_of
    return slot_id if user.merged_into is not None else None
