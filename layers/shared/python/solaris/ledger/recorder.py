"""Usage events into the books, batch-wise, each once; then the thresholds that they crossed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from solaris.ledger.booking import LedgerEntry, RecordedUsage
from solaris.ledger.carrying import Carrier
from solaris.ledger.events import MalformedEventError, event_from_json, event_to_json
from solaris.ledger.figures import (
    NANOS_IN_MICRO,
    booked_day,
    booked_hour,
    is_error,
    total_nanos,
)
from solaris.ledger.ledger import Booked, Ledger, fits
from solaris.ledger.pricing import cost_of
from solaris.ledger.weighing import Weighing
from solaris.platform.aws.queues import ALERTS_QUEUE, USAGE_QUEUE, Message, Queues
from solaris.platform.cache import Cache
from solaris.platform.errors import SolarisError, StoreUnavailableError
from solaris.platform.logs import get_logger
from solaris.platform.metrics import (
    BOOKING_LAG,
    COST,
    RECORDED,
    TOKENS,
    TOKENS_CHARGED,
    Metrics,
    publish_now,
)
from solaris.platform.model_weight import PLAIN
from solaris.platform.settings import Settings
from solaris.quota.changes import announced
from solaris.quota.feed import Changes
from solaris.quota.policy import threshold_rule_of
from solaris.quota.reservation import Reservation
from solaris.quota.settlement import Booking
from solaris.quota.store import UserStore
from solaris.quota.thresholds import Threshold, reached, rule_of, to_announce
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import User

MOST_TOLD_MODELS, MOST_TOLD_CHARACTERS = 1_000, 200
_KINDS = ("prompt", "completion", "cached", "reasoning")


def count_booked(
    metrics: Metrics,
    entry: LedgerEntry,
    booking: Booking,
    replaced: RecordedUsage | None,
    now: datetime,
) -> None:
    """Count one event that the ledger has taken; a repeat adds nothing but itself.

    `replaced` is what a late answer's record has taken the place of, and was counted before.
    """
    metrics.count(RECORDED, booking.name.lower())
    if booking is Booking.DUPLICATE:
        return
    event = entry.event
    if event.outcome is not Outcome.EXPIRED:
        metrics.observe(BOOKING_LAG, lag_seconds(event, now))
    before = replaced.counts if replaced else TokenCounts()
    amounts = {
        kind: getattr(event.counts, f"{kind}_tokens") - getattr(before, f"{kind}_tokens")
        for kind in _KINDS
    }
    charged = event.charged_tokens - (replaced.charged_tokens if replaced else 0)
    nanos = total_nanos(entry.cost_micros, entry.cost_nanos)
    if replaced is not None:
        nanos -= total_nanos(replaced.cost_micros, replaced.cost_nanos)
    cost = nanos / NANOS_IN_MICRO
    if not (any(amounts.values()) or charged or cost):
        return  # nobody answered: the model may be made up
    answered = event.status_code > 0 and not is_error(event.status_code)
    model = metrics.model_label(event.model, answered=answered)
    for kind, amount in amounts.items():
        metrics.count(TOKENS, model, kind, amount=amount)
    metrics.count(TOKENS_CHARGED, model, amount=charged)
    metrics.count(COST, model, amount=cost)


def lag_seconds(event: UsageEvent, now: datetime) -> float:
    """Seconds since the answer ended; clocks that disagree give no less than zero."""
    age = (now - event.created_at).total_seconds()
    return max(0.0, age - (event.response_time_ms or 0) / 1000)


_log = get_logger("solaris.recording")


class Recorder:
    """Books usage events. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        ledger: Ledger,
        users: UserStore,
        changes: Changes,
        queues: Queues,
        metrics: Metrics,
        cache: Cache,
        weighing: Weighing,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._weighing = weighing
        self._told_unpriced: set[str] = set()
        self._ledger = ledger
        self._users = users
        self._changes = changes
        self._carrier = Carrier(settings=settings, users=users, tell=changes.actions, clock=clock)
        self._queues = queues
        self._metrics = metrics
        self._cache = cache
        self._clock = clock

    def record_messages(self, messages: Sequence[Message]) -> list[str]:
        """Book a batch; return the ids of the messages to be delivered again.

        A message that is no event, or whose user does not exist, fails alone: the rest of its
        batch is booked, and SQS moves it to the dead-letter queue after five receives. Of one
        request's events in a batch (its expiry and its late answer, or copies) the first is booked
        with the others of the batch and each further one after it, by the rule that fits it then.

        When the directory cannot be told of what was booked, all are delivered again, as after a
        crash at that point: they are repeats then, and tell it all the same.
        """
        failed: list[str] = []
        first: dict[str, tuple[str, UsageEvent]] = {}
        further: list[tuple[str, UsageEvent]] = []
        for message in messages:
            try:
                event = event_from_json(message.body)
            except MalformedEventError as error:
                _log.error("malformed_event", message_id=message.message_id, error=str(error))
                failed.append(message.message_id)
                continue
            one = (message.message_id, event)
            if first.setdefault(event.request_id, one) is not one:
                further.append(one)
        pending = list(first.values())
        for batch in _batches(pending):
            failed += self._record_some(batch)
        failed += self._record_each(further)
        booked = {
            message_id: event.user_id
            for message_id, event in (*pending, *further)
            if message_id not in failed
        }
        if not self.announce(booked.values()):
            failed += booked
        publish_now(self._metrics, self._cache)
        return failed

    def record_one(self, event: UsageEvent) -> None:
        """Book one event now and look at its user's thresholds.

        Raises what the ledger raises: NotFoundError, ConflictError, StoreUnavailableError,
        ValueError. StoreUnavailableError, too, when it is booked and the directory is not told.
        """
        self._record_alone(event)
        if not self.announce({event.user_id}):
            msg = f"booked, but the directory was not told of {event.user_id}"
            raise StoreUnavailableError(msg)

    def expire(self, user_id: str, reservations: Iterable[Reservation]) -> bool:
        """Resolve reservations left by a crash: each charges its prompt estimate, once.

        False, and nothing is done, while usage waits to be booked: it may be theirs, and what they
        hold would be given out twice. Raises what the ledger raises, and what the usage queue
        raises when the directory can be told neither now nor by way of it.
        """
        if self._is_usage_waiting():
            return False
        events = [_expiry(user_id, one) for one in reservations]
        for event in events:
            self._record_alone(event)
            _log.warning("reservation_expired", user_id=user_id, request_id=event.request_id)
        if not self.announce({user_id}):
            # nothing comes back to an expired reservation: a repeat of its event does
            self._queue(events)
        publish_now(self._metrics, self._cache)
        return True

    def expire_in_turn(self, user_id: str, reservations: Sequence[Reservation]) -> None:
        """The same, and by the queue while usage waits in it: that is booked first.

        Raises what `expire` raises, and what the usage queue raises.
        """
        if not self.expire(user_id, reservations):
            self._queue(_expiry(user_id, one) for one in reservations)

    def _is_usage_waiting(self) -> bool:
        try:
            return self._queues.unfinished(USAGE_QUEUE) > 0
        except SolarisError as error:
            _log.warning("usage_queue_unavailable", error=str(error))
            return True

    def _queue(self, events: Iterable[UsageEvent]) -> None:
        for event in events:
            self._queues.send(USAGE_QUEUE, event_to_json(event))

    def announce(self, user_ids: Iterable[str]) -> bool:
        """Tell the directory of users as they are now, then put crossed thresholds on the queue.

        False when the directory was not told: to be called again. A threshold is remembered after
        it is on the queue: a crash in between repeats the message, which the alerts function
        drops; the other way round the warning would be lost.
        """
        # On failure the books are right all the same; a user's next answer looks again.
        try:
            users = self._users.get_many(user_ids)
            self._changes.publish(users)
            known = {user.user_id for user in users}
            users = list({one.user_id: one for one in map(self._current, users)}.values())
            # a correction may have changed whom an account was merged into
            self._changes.publish(one for one in users if one.user_id not in known)
        except SolarisError as error:
            _log.error("users_not_announced", error=str(error))
            return False
        for user in users:
            try:
                self._announce_user(user)
            except SolarisError as error:
                _log.error("threshold_not_announced", user_id=user.user_id, error=str(error))
        return True

    def _current(self, user: User) -> User:
        """The user, or who has a merged account's usage, now carried over."""
        return user if user.merged_into is None else self._carrier.carry(user.user_id)

    def announce_block(self, refused: User) -> None:
        """Announce that a user was refused with tokens left, too few for a request; once.

        Nothing is announced when the month or the grant has changed since the refusal. The milder
        warnings count as sent with it. Never raises: the next refusal looks again.
        """
        try:
            user = self._users.get(refused.user_id)
            if user is None or Threshold.BLOCK in user.alerts_sent:
                return
            if (user.period, user.quota.granted_tokens) == (
                refused.period,
                refused.quota.granted_tokens,
            ):
                self._put_on_queue(user, Threshold.BLOCK, frozenset(Threshold))
        except SolarisError as error:
            _log.error("block_not_announced", user_id=refused.user_id, error=str(error))

    def _record_some(self, pending: Sequence[tuple[str, UsageEvent]]) -> list[str]:
        entries = [self._entry(event) for _, event in pending]
        return [] if self._together(entries) else self._record_each(pending)

    def _record_each(self, pending: Sequence[tuple[str, UsageEvent]]) -> list[str]:
        failed = []
        for message_id, event in pending:
            try:
                self._record_alone(event)
            except (SolarisError, ValueError) as error:  # whatever it is, it stays its own
                _log.error(
                    "event_not_booked",
                    message_id=message_id,
                    request_id=event.request_id,
                    user_id=event.user_id,
                    error=f"{type(error).__name__}: {error}",
                )
                failed.append(message_id)
        return failed

    def _together(self, entries: Sequence[LedgerEntry]) -> bool:
        try:
            booked = self._ledger.record_together(entries)
        except SolarisError as error:
            _log.warning("batch_not_booked", events=len(entries), error=str(error))
            return False
        if booked:
            for entry in entries:
                self._count(entry, Booked(Booking.OPEN))
        return booked

    def _record_alone(self, event: UsageEvent) -> None:
        entry = self._entry(event)
        self._count(entry, self._ledger.book(entry))

    def _count(self, entry: LedgerEntry, booked: Booked) -> None:
        count_booked(self._metrics, entry, booked.booking, booked.replaced, self._clock())
        try:
            self._look_for_price(entry.event)
        except SolarisError as error:
            _log.warning("price_not_looked_for", error=str(error))

    def _look_for_price(self, event: UsageEvent) -> None:
        """Tell the admins once of a model whose weight should follow its price, and has none."""
        has_answered = event.outcome is Outcome.SETTLED and not is_error(event.status_code)
        if not has_answered or event.model in self._told_unpriced:
            return
        found = self._weighing.live.get().find(event.model)
        if found.by_price is not False or found.entry is None:
            return
        if len(self._told_unpriced) >= MOST_TOLD_MODELS:
            self._told_unpriced.clear()
        self._told_unpriced.add(event.model)
        # with the first such model, which most of these processes never meet
        from solaris.alerts.alert import ModelWithoutPrice  # noqa: PLC0415 - see above
        from solaris.alerts.notices import notice_to_json  # noqa: PLC0415 - see above

        notice = ModelWithoutPrice(event.model[:MOST_TOLD_CHARACTERS], found.entry, event.period)
        self._queues.send(ALERTS_QUEUE, notice_to_json(notice))

    def _entry(self, event: UsageEvent) -> LedgerEntry:
        cost = cost_of(
            event.model,
            event.counts,
            self._settings.price_overrides,
            at=event.created_at,
            answered_model=event.answered_model,
        )
        day = booked_day(event.created_at, event.period, self._settings.zone, event.day)
        return LedgerEntry(
            event=event,
            cost_micros=cost.micros,
            cost_nanos=cost.nanos,
            unpriced=not cost.is_known,
            day=day,
            hour=booked_hour(event.created_at, day, self._settings.zone),
        )

    def _announce_user(self, user: User) -> None:
        rule = rule_of(user, threshold_rule_of(self._settings))
        threshold = to_announce(user.quota, rule, user.alerts_sent)
        if threshold is not None:
            self._put_on_queue(user, threshold, frozenset(reached(user.quota, rule)))

    def _put_on_queue(
        self, user: User, threshold: Threshold, crossed: frozenset[Threshold]
    ) -> None:
        # with the first warning, which most of these processes never give
        from solaris.alerts.alert import Crossing  # noqa: PLC0415 - see above
        from solaris.alerts.notices import notice_to_json  # noqa: PLC0415 - see above

        crossing = Crossing(
            user_id=user.user_id,
            period=user.period,
            threshold=threshold,
            crossed_at=self._clock(),
            round=user.alert_round,
        )
        self._queues.send(ALERTS_QUEUE, notice_to_json(crossing))
        rule, now = threshold_rule_of(self._settings), self._clock()
        self._users.change(
            user.user_id,
            lambda found: announced(found, user, crossed, rule=rule, now=now),
            lambda _, flagged: self._changes.actions([flagged]),
        )
        _log.info("threshold_crossed", user_id=user.user_id, threshold=threshold.value)


def _batches(pending: Sequence[tuple[str, UsageEvent]]) -> Iterator[list[tuple[str, UsageEvent]]]:
    """Messages in their order, as many at once as a transaction takes."""
    batch: list[tuple[str, UsageEvent]] = []
    for one in pending:
        if not fits([event for _, event in (*batch, one)]):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _expiry(user_id: str, reservation: Reservation) -> UsageEvent:
    counts = TokenCounts(prompt_tokens=reservation.prompt_tokens)
    return UsageEvent(
        request_id=reservation.request_id,
        user_id=user_id,
        period=reservation.period,
        outcome=Outcome.EXPIRED,
        created_at=reservation.created_at,
        model=reservation.model,
        endpoint=reservation.endpoint,
        counts=counts,
        charged_tokens=reservation.prompt_charge,
        weight=None if reservation.weight == PLAIN else reservation.weight,
        reserved_tokens=reservation.tokens,
        estimated=True,
        status_code=0,
        error_message="reservation expired",
        key_id=reservation.key_id,
        day=reservation.day,
        group_id=reservation.group_id,
    )
