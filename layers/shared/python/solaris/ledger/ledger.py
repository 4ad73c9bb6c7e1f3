"""The books: one transaction puts the usage record, settles the user and adds to the counters.

    message once       record put, reservation removed, counters added: all or nothing
    message again      the record exists: nothing happens
    reservation gone   expired meanwhile: its record is replaced by the real figures, once
                       (corrections.py: where, when the account was merged meanwhile)
    month closed       booked to that month's summary, never to the new month; the new one has
                       what is left of the grants that were carried over

The ordinary case goes in batches of many events a transaction; whatever a batch refuses is
booked one by one, each by the rule that fits it (quota/settlement.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solaris.ledger.booking import LedgerActions, LedgerEntry, RecordedUsage
from solaris.ledger.corrections import Corrections, LateGrants
from solaris.ledger.records import line_from_item
from solaris.platform.aws.client import CANCELLED, CONDITION_REASON, AwsCallError, store_errors
from solaris.platform.aws.items import Action, text
from solaris.platform.aws.retry import CONFLICT, attempts
from solaris.platform.errors import ConflictError, NotFoundError
from solaris.quota.settlement import Booking, Posting, posting_for
from solaris.quota.store import UserStore
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import User

# usage + user + two counters an event, and a third for one of a group, of the 100 actions that a
# transaction may have
MAX_EVENTS = 24
MAX_ACTIONS = 100
_ACTIONS_OF_EVENT = 4


@dataclass(frozen=True, slots=True)
class Booked:
    """By which rule an event was booked, and which record its own has taken the place of."""

    booking: Booking
    replaced: RecordedUsage | None = None


def fits(events: Sequence[UsageEvent]) -> bool:
    """Whether one transaction takes so many events, whatever they are."""
    of_groups = sum(event.group_id is not None for event in events)
    actions = _ACTIONS_OF_EVENT * len(events) + of_groups
    return len(events) <= MAX_EVENTS and actions <= MAX_ACTIONS


class Ledger:
    """Writes events to the books; `client` is a boto3 DynamoDB client."""

    def __init__(
        self,
        client: Any,
        users: UserStore,
        actions: LedgerActions,
        corrections: Corrections,
        late_grants: LateGrants,
    ) -> None:
        self._client = client
        self._users = users
        self._actions = actions
        self._corrections = corrections
        self._late_grants = late_grants

    def record_together(self, entries: Sequence[LedgerEntry]) -> bool:
        """Book ordinary events in one transaction; False when any of them is not.

        Up to 24, or 20 where all are of groups: as many as `fits`.
        The caller then books them one by one. Raises StoreUnavailableError.
        """
        if not fits([entry.event for entry in entries]):
            msg = f"too many events for one transaction: {len(entries)}"
            raise ValueError(msg)
        of_users = {(one.event.user_id, one.event.period, one.event.day) for one in entries}
        if len({user_id for user_id, _, _ in of_users}) < len(of_users):
            return False  # one item is not written twice in a transaction
        return self._transact(self._actions.ordinary(entries))

    def record(self, entry: LedgerEntry) -> Booking:
        """Book one event by the rule that fits it, and say which that was; raises as `book`."""
        return self.book(entry).booking

    def book(self, entry: LedgerEntry) -> Booked:
        """Book one event by the rule that fits it, and say how.

        Raises NotFoundError when its user does not exist, ConflictError after ten lost races,
        ValueError for a period still to come, StoreUnavailableError.
        """
        for _ in attempts(CONFLICT):
            user = self._users.get(entry.event.user_id)
            if user is None:
                raise NotFoundError(entry.event.user_id)
            recorded = self.find(entry.event)
            posting = posting_for(
                user,
                entry.event,
                None if recorded is None else recorded.outcome,
                0 if recorded is None else recorded.charged_tokens,
                day=entry.day,
            )
            writes = self._writes(entry, user, recorded, posting)
            if not writes or self._transact(writes):
                replaced = recorded if posting.booking is Booking.CORRECTION else None
                return Booked(posting.booking, replaced)
        msg = f"event {entry.event.request_id} not booked in {CONFLICT.most} attempts"
        raise ConflictError(msg)

    def find(self, event: UsageEvent) -> RecordedUsage | None:
        """Return what is recorded for an event, None if nothing is."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._actions.usage_table,
                Key={"user_id": text(event.user_id), "record_key": text(event.record_key)},
                ConsistentRead=True,
            )
        item = answer.get("Item")
        if not item:
            return None
        line = line_from_item(item)
        return RecordedUsage(
            outcome=Outcome(line.outcome),
            counts=TokenCounts(
                line.prompt_tokens,
                line.completion_tokens,
                line.cached_tokens,
                line.reasoning_tokens,
            ),
            charged_tokens=line.charged_tokens,
            cost_micros=line.cost_micros,
            cost_nanos=line.cost_nanos,
            unpriced=line.unpriced,
            model=line.model,
            group_id=line.group_id,
        )

    def _writes(
        self, entry: LedgerEntry, user: User, recorded: RecordedUsage | None, posting: Posting
    ) -> list[Action]:
        """A posting as actions of one transaction; it decides, nothing is decided here."""
        event, actions, change = entry.event, self._actions, posting.change
        day = user.cap_day
        late = self._of_carried_grants(event, user, posting)
        if posting.booking is Booking.CORRECTION and recorded is not None and change is not None:
            return [
                actions.replace_expired(entry, recorded.charged_tokens),
                *(self._corrections.books(event, user, change) if late is None else late),
                *actions.correct_counters(entry, recorded),
            ]
        writes = []
        if posting.booking is not Booking.DUPLICATE:
            writes += [actions.put_usage(entry), *actions.add_counters([entry])]
        if late is not None:
            return [*writes, *late]
        if posting.booking is Booking.CLOSED:
            writes.append(actions.add_to_period(event, event.charged_tokens))
        if posting.held is not None and change is not None:
            writes.append(actions.settle_user([(event, posting.held.tokens)], change, day))
        elif posting.held is not None:
            writes.append(actions.drop_reservation(event))
        elif change is not None:
            writes.append(actions.adjust_user(event, change, day, unreserved=True))
        return writes

    def _of_carried_grants(
        self, event: UsageEvent, user: User, posting: Posting
    ) -> list[Action] | None:
        """The writes on user and month, where it is closed and has carried grants over."""
        if event.period >= user.period or not user.grants:
            return None
        if posting.booking is Booking.CLOSED:
            return self._late_grants.books(event, user, event.charged_tokens)
        if posting.booking is Booking.DUPLICATE and posting.held is not None:
            return self._late_grants.books(event, user, 0)
        if posting.booking is Booking.CORRECTION and posting.change is not None:
            return self._late_grants.books(event, user, posting.change.usage_delta)
        return None

    def _transact(self, actions: list[Action]) -> bool:
        for _ in attempts(CONFLICT):
            try:
                with store_errors():
                    self._client.transact_write_items(TransactItems=actions)
            except AwsCallError as error:
                if error.aws_code != CANCELLED:
                    raise
                if CONDITION_REASON in error.reasons:
                    return False
                # it met another write on the same item, or a limit: wait and try again
            else:
                return True
        msg = f"transaction conflicts in {CONFLICT.most} attempts"
        raise ConflictError(msg)
