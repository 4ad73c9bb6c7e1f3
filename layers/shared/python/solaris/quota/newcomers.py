"""People whom nobody has seen before, written once: under the id of their address if it is free.

The id of an address that somebody else gave up stays that person's; who has the address now gets
an id of their own, to which the item of the address points (quota/moving.py).
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from solaris.platform.aws.client import LOST_RACE, AwsCallError, WriteConflictError
from solaris.platform.email import valid_email
from solaris.platform.errors import SolarisError
from solaris.platform.logs import get_logger
from solaris.quota.changes import follow_plan
from solaris.quota.daily_limit import DailyLimit
from solaris.quota.day_cap import with_limit
from solaris.quota.feed import Changes
from solaris.quota.identity import Identity
from solaris.quota.moving import alias_of, owned
from solaris.quota.periods import day_of
from solaris.quota.policy import PlanStore, StatedPlans
from solaris.quota.quota import PPM
from solaris.quota.store import UserStore
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import LimitSource, User, user_id_before

_LOST = LOST_RACE - {"None"}
# to re-arm nothing: who has just come has no warnings
NO_WARNING_SENT = ThresholdRule(PPM, PPM)

_log = get_logger("solaris.newcomers")


class Newcomers:
    """Makes users of first requests. `clock` gives the time in UTC, `zone` is that of the days."""

    def __init__(
        self,
        users: UserStore,
        changes: Changes,
        clock: Callable[[], datetime],
        plans: PlanStore | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self._plans = plans
        self._zone = zone
        self._users = users
        self._changes = changes
        self._clock = clock

    def is_known_otherwise(self, identity: Identity) -> bool:
        """Whether a version before has stored this person in another spelling.

        The one spelling of today is then an alias of that user. False without a read for
        addresses that were never spelled otherwise.
        """
        if not identity.spelled or valid_email(identity.email) != identity.email:
            return False
        known = self._users.owner(user_id_before(identity.spelled))
        if known is None:
            return False
        alias = alias_of(known, identity.email, self._clock())
        if self._store(alias):
            _log.info("spelling_linked", user_id=known.user_id, alias_id=alias.user_id)
        return True  # or somebody else was quicker: either way it is somebody's by now

    def plans(self) -> StatedPlans | None:
        """The plans as they were seconds ago at most; of them newcomers have the basic one."""
        return None if self._plans is None else self._plans.recent()

    def store(self, user: User, released: User | None, plans: StatedPlans | None = None) -> bool:
        """Write a new user and the word of it for the directory, both or neither.

        Once in a user's life, so the transaction's price does not matter, and no crash leaves
        somebody whom no list shows. False if somebody else made the user, or is about to.
        `released` is the item of an address that was somebody else's; `plans` are those that the
        user was made by.
        """
        is_stored = self._store(user, released)
        if is_stored and plans is not None:
            self._keep_up(user, plans)
        return is_stored

    def _keep_up(self, user: User, plans: StatedPlans) -> None:
        """Bring what has become of the plans since: the job of that may have passed already.

        Looked at afterwards, because people who come for the first time at the same moment must
        not wait for each other.
        """
        try:
            latest = None if self._plans is None else self._plans.read()
            if latest is None or latest.versions == plans.versions:
                return
            self._users.change(
                user.user_id,
                lambda found: follow_plan(
                    found,
                    latest.terms_of(found),
                    found.limit_source or LimitSource.OWN,
                    daily=self._of_the_day,
                    rule=NO_WARNING_SENT,
                    now=self._clock(),
                ),
                lambda _, after: self._changes.actions([after]),
            )
        except SolarisError as error:
            _log.warning("plan_not_followed", user_id=user.user_id, error=str(error))

    def _of_the_day(self, user: User, limit: DailyLimit | None) -> User:
        """The plan's limit a day: all that somebody has used who has just come was used today."""
        day = day_of(user.created_at, self._zone)
        return with_limit(
            user,
            limit,
            day=day,
            charged_on=lambda _: user.current_usage,
            booked_on=lambda one: one.day or day,
        )

    def _store(self, user: User, released: User | None = None) -> bool:
        rows = self._changes.actions([user])
        if released is not None:
            rows += self._users.put_actions([(released, owned(released, user.user_id))])
        try:
            return self._users.create(user, rows)
        except WriteConflictError:
            return False
        except AwsCallError as error:
            if _LOST & set(error.reasons):
                return False
            raise


def with_own_id(user: User) -> User:
    """The same user under an id that no address leads to by itself."""
    return replace(user, user_id=str(uuid.uuid4()))
