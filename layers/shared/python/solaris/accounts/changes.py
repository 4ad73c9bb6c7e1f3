"""What people change about users, by the user's id; the command line and the admin API call this.

Rules are in quota/changes.py, the write with its rows in writer.py.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from solaris.accounts.change import Change
from solaris.accounts.claiming import Claim
from solaris.accounts.daily.steps import DailyLimits
from solaris.accounts.plans.reading import PlanReading, own_plan
from solaris.accounts.updates import NewUser, Rules, UserUpdate, steps_of
from solaris.accounts.writer import Step, Tell, UserWriter, allowed
from solaris.ledger.transaction_store import TransactionStore
from solaris.platform.actor import MAX_REASON_CHARACTERS, Actor
from solaris.platform.aws.client import WriteConflictError
from solaris.platform.aws.items import Action
from solaris.platform.aws.retry import CONFLICT, attempts
from solaris.platform.email import valid_email
from solaris.platform.errors import (
    ConflictError,
    InvalidRequestError,
    KeyReusedError,
    UserExistsError,
)
from solaris.platform.printable import printable
from solaris.platform.settings import Settings
from solaris.quota import changes
from solaris.quota.changes import LimitBounds
from solaris.quota.grant import EVERY_MONTH, Grant, GrantKind, Term
from solaris.quota.groups.member import terms_for
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.quota.newcomers import with_own_id
from solaris.quota.periods import day_end, day_of, period_of
from solaris.quota.policy import PlanStore, StatedPlans, block_ppm_of, threshold_rule_of
from solaris.quota.store import UserStore
from solaris.quota.user import NOBODY, LimitSource, OwnField, Plan, User, UserStatus

IDEMPOTENCY_HOURS = 24
MAX_IDEMPOTENCY_CHARACTERS = 200

_IDEMPOTENCY_NAMESPACE = uuid.UUID("1f0c9a54-4f6b-5c0e-8d53-7a1be0b4c3aa")


@dataclass(frozen=True, slots=True)
class OnceGranted:
    """Tokens to be granted once: not where there is a row `grant_id` made since an instant."""

    amount: int
    term: Term
    grant_id: str
    since: datetime


class UserChanges:
    """Changes users; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        writer: UserWriter,
        tell: Tell,
        transactions: TransactionStore,
        daily_limits: DailyLimits,
        plans: PlanStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._plans = plans
        self._users = users
        self._writer = writer
        self._tell = tell
        self._transactions = transactions
        self._daily_limits = daily_limits
        self._clock = clock
        self._bounds = LimitBounds(settings.min_user_limit, settings.max_user_limit)
        self._rule = threshold_rule_of(settings)
        self._rules = Rules(self._bounds, self._rule)

    def new_user(self, wanted: NewUser) -> User:
        """The user that `create` would write; raises InvalidRequestError. Nothing is written."""
        return self._new_user(wanted, self._plans.recent())

    def _new_user(self, wanted: NewUser, stated: StatedPlans) -> User:
        email, name, plan, limit = wanted.email, wanted.name, wanted.plan, wanted.monthly_limit
        if wanted.group is not None and wanted.group not in stated.groups:
            msg = "there is no such group"
            raise InvalidRequestError(msg, field="group", rule="no_such_group")
        terms = terms_for(plan, wanted.group, stated.plans, stated.groups)
        chosen, source = terms.plan, LimitSource.PLAN
        monthly_limit = terms.policy.monthly_limit
        if limit is not None:
            monthly_limit, source = limit, LimitSource.OWN
        elif plan is None and wanted.group is None:
            monthly_limit, source = self._plans.seeds.newcomer(stated.plans)
        if plan is not None or limit is not None:
            allowed(lambda: self._bounds.check(monthly_limit, chosen))
        own = frozenset[OwnField]()
        if plan is not None:
            own = own_plan(own, plan, stated.groups.get(wanted.group or ""))
        now = self._clock()
        return changes.new_user(
            email=checked_email(email),
            name=printable(name, MAX_NAME_CHARACTERS),
            plan=chosen,
            monthly_limit=monthly_limit,
            period=period_of(now, self._settings.zone),
            block_ppm=block_ppm_of(self._settings),
            now=now,
            source=source,
            terms=terms,
            own=own,
            day=day_of(now, self._settings.zone),
        )

    def create(self, wanted: NewUser, *, actor: Actor, reason: str = "") -> Change:
        """Create a user before their first request; group and plan give what is not stated.

        A deleted user is restored, with the same id, grants and usage of this month. Raises
        InvalidRequestError, and UserExistsError when the user exists.
        """
        for attempt in attempts(CONFLICT):
            reading = self._reading()
            user = self._new_user(wanted, reading.now())
            try:
                return self._create(user, reading, actor, reason)
            except WriteConflictError:  # the plans have just been changed
                if attempt == CONFLICT.most - 1:
                    raise
        raise AssertionError

    def _create(self, user: User, reading: PlanReading, actor: Actor, reason: str) -> Change:
        beside = reading.actions()
        made = self._writer.create(user, actor=actor, reason=reason, beside=beside)
        if made is not None:
            return made
        item = self._users.get(user.user_id)
        if item is not None and item.address_of == NOBODY:  # somebody else's before
            own = with_own_id(user)
            made = self._writer.create(
                own, actor=actor, reason=reason, released=item, beside=beside
            )
            if made is not None:
                return made
        owner = self._users.owner(user.user_id)
        if owner is None:
            msg = f"the address {user.email} changed hands; try again"
            raise ConflictError(msg)
        return self._restore(owner.user_id, user, actor, reason)

    def update(
        self,
        user_id: str,
        update: UserUpdate,
        *,
        actor: Actor,
        reason: str,
        grant: OnceGranted | None = None,
    ) -> Change:
        """Apply what is stated and differs, and grant; all of it or nothing, in one write.

        A plan brings its default limit unless a limit is stated; the plan that the user has
        already brings nothing. Raises NotFoundError, InvalidRequestError, and UserExistsError for
        an address that is somebody else's.
        """
        reading = self._reading()
        steps = steps_of(update, reading, self._daily_limits, self._rules)
        ids = [uuid.uuid4().hex for _ in steps]
        if grant is not None:
            steps.append(self._once(user_id, grant))
            ids.append(grant.grant_id)
        if update.email is None:
            return self._writer.apply(
                user_id,
                steps,
                actor=actor,
                reason=reason,
                transaction_ids=ids,
                beside=reading.actions,
            )
        claim = Claim(self._users, checked_email(update.email), self._tell)
        steps.insert(0, Step("move", claim.rule))
        return self._writer.apply(
            user_id,
            steps,
            actor=actor,
            reason=reason,
            beside=lambda user: [*claim.actions(user), *reading.actions()],
        )

    def _reading(self, *, is_shown: bool = False) -> PlanReading:
        read = self._plans.recent if is_shown else None
        return PlanReading(self._plans, self._settings, self._daily_limits, read)

    def set_limit(self, user_id: str, monthly_limit: int, *, actor: Actor, reason: str) -> Change:
        """Set the monthly limit in tokens. Raises NotFoundError, InvalidRequestError."""
        update = UserUpdate(monthly_limit=monthly_limit)
        return self.update(user_id, update, actor=actor, reason=reason)

    def set_plan(
        self,
        user_id: str,
        plan: Plan,
        *,
        actor: Actor,
        reason: str,
        monthly_limit: int | None = None,
    ) -> Change:
        """Change the plan, and with it the limit: the plan's unless one is stated.

        Of the plan that the user has already, the limit comes back instead of their own. Raises
        NotFoundError, and InvalidRequestError when the limit is out of bounds.
        """
        reading = self._reading()
        step = Step("set_plan", lambda user, now: reading.to_plan(user, plan, monthly_limit, now))
        return self._writer.apply(
            user_id, [step], actor=actor, reason=reason, beside=reading.actions
        )

    def place(self, user_id: str, group_id: str, *, actor: Actor, reason: str) -> Change:
        """Put somebody who is in no group into one; whoever is in one by now stays there.

        Raises NotFoundError, InvalidRequestError when there is no such group any more.
        """
        reading = self._reading()

        def rule(user: User, now: datetime) -> User:
            if user.group_id is not None or user.status is UserStatus.DELETED:
                return user
            return reading.to_group(user, group_id, now)

        return self._writer.apply(
            user_id,
            [Step("set_group", rule)],
            actor=actor,
            reason=reason,
            beside=reading.actions,
        )

    def add_tokens(
        self,
        user_id: str,
        amount: int,
        *,
        actor: Actor,
        reason: str,
        term: Term = EVERY_MONTH,
        idempotency_key: str | None = None,
        check: Callable[[User, datetime], None] = lambda _user, _now: None,
        grant_id: str | None = None,
        beside: Callable[[User], list[Action]] = lambda _user: [],
    ) -> Change:
        """Grant tokens for a term, or take back unused ones of what is granted every month.

        With an idempotency key the same admin's repetition within 24 hours grants nothing more.
        Raises NotFoundError, InvalidRequestError, and KeyReusedError when the key was used for
        another amount or term. `check` is asked before each attempt to write, and raises what
        stands against it; `beside` gives what is written in the same transaction, whose conditions
        `check` must have looked at. `grant_id` is a name for the grant instead of a new one.
        """
        reason = _needed(reason)
        _check_term(term, self._clock())
        transaction_id = grant_id or uuid.uuid4().hex
        if idempotency_key is not None:
            name = f"{actor.name}\n{user_id}\n{idempotency_key}"
            transaction_id = uuid.uuid5(_IDEMPOTENCY_NAMESPACE, name).hex
        if idempotency_key is None:
            step = Step(
                "add_tokens",
                _checked(
                    check, lambda user, now: self._granted(user, amount, term, transaction_id, now)
                ),
            )
            return self._writer.apply(
                user_id,
                [step],
                actor=actor,
                reason=reason,
                transaction_ids=[transaction_id],
                beside=beside,
            )
        since = self._clock() - timedelta(hours=IDEMPOTENCY_HOURS)
        once = self._once(user_id, OnceGranted(amount, term, transaction_id, since), check)
        change = self._writer.apply(
            user_id, [once], actor=actor, reason=reason, transaction_ids=[transaction_id]
        )
        # the user of a repetition may have been read before the first one's write
        return change if change.is_change else self._writer.unchanged(user_id)

    def _once(
        self,
        user_id: str,
        grant: OnceGranted,
        check: Callable[[User, datetime], None] = lambda _user, _now: None,
    ) -> Step:
        _check_term(grant.term, self._clock())

        def once(user: User, now: datetime) -> User:
            # The user was read before this look for the row. Whoever writes the row writes the
            # user too: either the row is found here, or the user's version has changed and the
            # write of this attempt is refused.
            row = self._transactions.find(user_id, grant.grant_id, grant.since)
            if row is None:
                check(user, now)
                return self._granted(user, grant.amount, grant.term, grant.grant_id, now)
            if (row.amount, row.after.get("grant_kind")) != (grant.amount, grant.term.told_kind):
                msg = "the idempotency key was used for another amount"
                raise KeyReusedError(msg)
            return user

        return Step("add_tokens", once)

    def _granted(self, user: User, amount: int, term: Term, grant_id: str, now: datetime) -> User:
        if term.kind is GrantKind.EVERY_MONTH:
            return changes.add_tokens(user, amount, rule=self._rule, now=now)
        grant = Grant(
            grant_id=grant_id,
            kind=term.kind,
            granted_tokens=amount,
            tokens=amount,
            created_at=now,
            until=None if term.until is None else term.until.isoformat(),
            ends_at=None if term.until is None else day_end(term.until, self._settings.zone),
        )
        return changes.add_grant(user, grant, rule=self._rule, now=now)

    def reset_usage(self, user_id: str, *, actor: Actor, reason: str) -> Change:
        """Forgive this month's usage; the records stay, the transaction takes it off.

        Raises NotFoundError.
        """
        step = Step(
            "reset_usage", lambda user, now: changes.reset_usage(user, rule=self._rule, now=now)
        )
        return self._writer.apply(user_id, [step], actor=actor, reason=reason)

    def lift_day(self, user_id: str, *, actor: Actor, reason: str) -> Change:
        """Let the daily limit not hold today. Raises NotFoundError, and InvalidRequestError for
        a user without one.
        """
        steps = [self._daily_limits.lift()]
        return self._writer.apply(user_id, steps, actor=actor, reason=reason)

    def suspend(self, user_id: str, *, actor: Actor, reason: str) -> Change:
        """Refuse the user's requests from now on. Raises NotFoundError, InvalidRequestError."""
        steps = [Step("suspend", changes.suspend)]
        return self._writer.apply(user_id, steps, actor=actor, reason=_needed(reason))

    def activate(self, user_id: str, *, actor: Actor, reason: str) -> Change:
        """Serve the user again. Raises NotFoundError, InvalidRequestError for a deleted one."""
        steps = [Step("activate", changes.activate)]
        return self._writer.apply(user_id, steps, actor=actor, reason=reason)

    def delete(self, user_id: str, *, actor: Actor, reason: str) -> Change:
        """Take name and address out of the item and refuse its requests. Raises NotFoundError."""
        return self._writer.apply(
            user_id, [Step("delete", changes.delete)], actor=actor, reason=reason
        )

    def preview(self, user: User, update: UserUpdate, grant: OnceGranted | None = None) -> User:
        """What `update` would make of a user; raises as it does. Nothing is written."""
        steps = steps_of(update, self._reading(is_shown=True), self._daily_limits, self._rules)
        if grant is not None:
            steps.append(self._once(user.user_id, grant))
        return self._writer.preview(user, steps)

    def preview_restored(self, user: User, wanted: User) -> User:
        """What `create` would make of a deleted user."""
        steps = self._restoring(wanted, self._reading(is_shown=True))
        return self._writer.preview(user, steps)

    def _restore(self, user_id: str, wanted: User, actor: Actor, reason: str) -> Change:
        """Make a deleted user again as one that is created would be."""
        reading = self._reading()
        steps = self._restoring(wanted, reading)
        return self._writer.apply(
            user_id, steps, actor=actor, reason=reason, beside=reading.actions
        )

    def _restoring(self, wanted: User, reading: PlanReading) -> list[Step]:
        def restore(user: User, now: datetime) -> User:
            if user.status is not UserStatus.DELETED:
                msg = f"user exists already: {wanted.email}"
                raise UserExistsError(msg)
            return changes.restore(user, wanted.email, wanted.name, now)

        def plan(user: User, now: datetime) -> User:
            return reading.as_wanted(user, wanted, now)

        return [Step("restore", restore), Step("set_plan", plan)]


def _checked(
    check: Callable[[User, datetime], None], rule: Callable[[User, datetime], User]
) -> Callable[[User, datetime], User]:
    def checked(user: User, now: datetime) -> User:
        check(user, now)
        return rule(user, now)

    return checked


def checked_email(email: str) -> str:
    """Return a normalised address; raises InvalidRequestError (rule `not_an_email`)."""
    address = valid_email(email)
    if address is None:
        msg = f"not an e-mail address: {email!r}"
        raise InvalidRequestError(msg, field="email", rule="not_an_email")
    return address


def _check_term(term: Term, now: datetime) -> None:
    """Raise InvalidRequestError where the last day is missing, is not asked for, or too far."""
    rule = None
    if term.kind is GrantKind.UNTIL and term.until is None:
        rule, msg = "until_needed", "a grant until a day needs that day"
    elif term.kind is not GrantKind.UNTIL and term.until is not None:
        rule, msg = "until_not_of_kind", f"a grant of kind {term.kind.value} has no last day"
    elif term.is_too_far(now):
        rule, msg = "until_too_far", "the last day is more than five years away"
    if rule is not None:
        raise InvalidRequestError(msg, field="until", rule=rule)


def _needed(reason: str) -> str:
    if not printable(reason, MAX_REASON_CHARACTERS):
        msg = "a reason is needed: it goes into the user's transactions"
        raise InvalidRequestError(msg, field="reason", rule="reason_needed")
    return reason
