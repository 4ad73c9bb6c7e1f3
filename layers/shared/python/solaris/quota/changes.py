"""What an admin may change about a user: pure rules from user to user, bounds included.

Each rule returns the user as it shall be, its version one higher and `available_tokens` put
right, or the very same object when nothing is to change. Figures are tokens. What brings a
warning out of reach (a grant, a raised limit, a manual reset) re-arms it, and begins another round
of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from solaris.platform.email import normalise_email
from solaris.quota.daily_limit import DailyLimit
from solaris.quota.day_cap import day_within, lifted, moved, turned, with_limit
from solaris.quota.grant import EVERY_MONTH_ID, MAX_GRANTS, Grant
from solaris.quota.grants import burn, with_grant, without_every_month, without_grant
from solaris.quota.groups.member import Terms, given
from solaris.quota.model_names import checked_names
from solaris.quota.plans import Daily
from solaris.quota.quota import ceiling_tokens
from solaris.quota.reservation import Reservation
from solaris.quota.thresholds import Threshold, ThresholdRule, rule_of, to_rearm
from solaris.quota.user import (
    Enforcement,
    LimitSource,
    OwnField,
    Plan,
    User,
    UserStatus,
    user_id_for,
)

MAX_GRANT_TOKENS = 10**12


class ChangeRefusedError(ValueError):
    """A change that the rules do not allow; the message says why, for people, in English.

    `code` and `values` say the same in any language (platform/texts.py); `field` is the word of
    the rule for what is wrong: `monthly_limit`, `amount`; None: the user.
    """

    def __init__(self, message: str, *, code: str, field: str | None = None, **values: int) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.values = values


@dataclass(frozen=True, slots=True)
class LimitBounds:
    """MIN_USER_LIMIT and MAX_USER_LIMIT, in tokens a month; they do not bind enterprise users."""

    minimum: int
    maximum: int

    def check(self, monthly_limit: int, plan: Plan) -> None:
        """Raise ChangeRefusedError when a user of this plan may not have this limit."""
        enterprise = plan is Plan.ENTERPRISE
        low, high = (0, MAX_GRANT_TOKENS) if enterprise else (self.minimum, self.maximum)
        if not low <= monthly_limit <= high:
            hint = "" if enterprise else " (only enterprise users may go beyond)"
            raise ChangeRefusedError(
                f"the monthly limit must be from {low:,} to {high:,} tokens{hint}",
                code="limit_beyond_sense" if enterprise else "limit_out_of_bounds",
                field="monthly_limit",
                low=low,
                high=high,
            )


def new_user(
    *,
    email: str,
    name: str,
    plan: Plan,
    monthly_limit: int,
    period: str,
    block_ppm: int,
    now: datetime,
    source: LimitSource | None = None,
    terms: Terms | None = None,
    own: frozenset[OwnField] = frozenset(),
    day: str | None = None,
) -> User:
    """Return a user who has used nothing, active from now on, with what plan and group say.

    `source` says where the limit comes from, `terms` what else there is to get but for what is
    `own`; from `day` on a limit a day holds.
    """
    user = User(
        user_id=user_id_for(email),
        email=normalise_email(email),
        name=name,
        status=UserStatus.ACTIVE,
        plan=plan,
        monthly_limit=monthly_limit,
        additional_tokens=0,
        current_usage=0,
        available_tokens=ceiling_tokens(monthly_limit, 0, block_ppm),
        period=period,
        created_at=now,
        updated_at=now,
        block_ppm=block_ppm,
        version=1,
        limit_source=source,
        own=own,
    )
    if terms is None or source is None:
        return user
    user = given(user, terms, source, None if day is None else partial(_unused, day=day))
    return replace(user, available_tokens=user.quota.available_tokens)


def _unused(user: User, limit: DailyLimit | None, day: str) -> User:
    return with_limit(
        user, limit, day=day, charged_on=lambda _: 0, booked_on=lambda one: one.day or day
    )


def set_limit(
    user: User,
    monthly_limit: int,
    *,
    bounds: LimitBounds,
    rule: ThresholdRule,
    now: datetime,
) -> User:
    """Set the monthly limit, the user's own from then on; available changes by the difference.

    The limit that the user has already changes nothing, wherever it is from. One below what is
    used is allowed and blocks the user until the month ends. Raises ChangeRefusedError outside
    the bounds.
    """
    bounds.check(monthly_limit, user.plan)
    if monthly_limit == user.monthly_limit:
        return user
    return _eased(user, _own_limit(user, monthly_limit, now), rule)


def keep_limit(user: User, now: datetime) -> User:
    """Make the limit that the user has their own: a change of the plan leaves it alone."""
    return _own_limit(user, user.monthly_limit, now)


def set_plan(
    user: User,
    plan: Plan,
    monthly_limit: int,
    *,
    bounds: LimitBounds,
    rule: ThresholdRule,
    now: datetime,
    terms: Terms | None = None,
    source: LimitSource | None = None,
    daily: Daily | None = None,
    own: frozenset[OwnField] | None = None,
) -> User:
    """Put the user on a plan, with the limit that comes with it and what else the plan says.

    `terms` is all that the user gets then, `source` says where the limit comes from, `daily` gives
    the limit a day, `own` what is their own from then on; all of it at once.

    Raises ChangeRefusedError when the limit is outside the bounds of the new plan, also for a
    plan's own default: MAX_USER_LIMIT may have been set below it.
    """
    bounds.check(monthly_limit, plan)
    placed = _on_plan(user if own is None else replace(user, own=own), plan, monthly_limit)
    if terms is not None and source is not None:
        placed = given(placed, terms, source, daily)
    return _moved(user, placed, rule, now)


def _on_plan(user: User, plan: Plan, monthly_limit: int) -> User:
    """Plan and limit alone; the day has as much more, or less."""
    return moved(user, replace(user, plan=plan, monthly_limit=monthly_limit))


def follow_plan(
    user: User,
    terms: Terms,
    source: LimitSource,
    *,
    own: frozenset[OwnField] | None = None,
    daily: Daily | None = None,
    rule: ThresholdRule,
    now: datetime,
) -> User:
    """Give the user what plan and group say, but for what is their own.

    `source` says where the limit came from so far. `own` is what stays their own, None: what is so
    already. `daily` gives the limit a day; without it the user keeps what they have.
    """
    kept = user if own is None or own == user.own else replace(user, own=own)
    return _moved(user, given(kept, terms, source, daily), rule, now)


def add_grant(user: User, grant: Grant, *, rule: ThresholdRule, now: datetime) -> User:
    """Grant tokens that end (quota/grant.py).

    Raises ChangeRefusedError for no tokens, for an end that is not to come, for more than 20 live
    grants, and when the sum would be beyond any sense.
    """
    if grant.granted_tokens <= 0:
        raise ChangeRefusedError(
            "a grant that ends needs a positive amount", code="grant_not_positive", field="amount"
        )
    if grant.is_over(now):
        raise ChangeRefusedError("the last day has passed", code="grant_is_over", field="until")
    _check_grant(user, grant.granted_tokens, "amount")
    changed = _changed(user, now, **_granted_fields(with_grant(user, grant)))
    if len(changed.grants) > MAX_GRANTS:
        raise ChangeRefusedError(
            f"there are {MAX_GRANTS} grants that end already: take one back first",
            code="too_many_grants",
            field="kind",
            most=MAX_GRANTS,
        )
    return _eased(user, changed, rule)


def void_grant(user: User, grant_id: str, now: datetime) -> User:
    """Take back what is unused of a grant; what is used or held of it stays this month's.

    EVERY_MONTH_ID stands for what is granted every month. The same object when there is no such
    grant any more.
    """
    if grant_id == EVERY_MONTH_ID:
        if not user.every_month_tokens:
            return user
        return _changed(user, now, **_granted_fields(without_every_month(user)))
    found = next((one for one in user.grants if one.grant_id == grant_id), None)
    if found is None:
        return user
    return _changed(user, now, **_granted_fields(without_grant(user, found)))


def add_tokens(user: User, amount: int, *, rule: ThresholdRule, now: datetime) -> User:
    """Grant additional tokens every month, or take some back with a negative amount.

    Only what was granted and is unused can be taken back: a grant taken back never blocks by
    itself what was used in good faith. Raises ChangeRefusedError for more than that, for zero,
    and when the sum would be beyond any sense.
    """
    if amount == 0:
        raise ChangeRefusedError(
            "the amount must not be zero", code="amount_is_zero", field="amount"
        )
    _check_grant(user, amount, "amount")
    additional = user.additional_tokens + amount
    return _eased(user, _changed(user, now, additional_tokens=additional), rule)


def set_additional(
    user: User, additional_tokens: int, *, rule: ThresholdRule, now: datetime
) -> User:
    """Set what is granted on top of the limit; allowed is what a grant of the difference is.

    It changes what is granted every month; grants that end stay as they are.
    """
    amount = additional_tokens - user.additional_tokens
    if amount == 0:
        return user
    _check_grant(user, amount, "additional_tokens")
    return _eased(user, _changed(user, now, additional_tokens=additional_tokens), rule)


def reset_usage(user: User, *, rule: ThresholdRule, now: datetime) -> User:
    """Forgive what was used this month. What open requests hold stays held, and is charged."""
    if user.current_usage == 0:
        return user
    counted = _granted_fields(burn(user, user.current_usage))
    # what is forgiven stays used of the grants
    forgiven = tuple(replace(one, burnt_tokens=0) for one in counted["grants"])
    counted |= {"burnt_at_usage": 0, "grants": forgiven}
    return _eased(user, _changed(user, now, current_usage=0, **counted), rule)


def suspend(user: User, now: datetime) -> User:
    """Refuse the user's requests from now on; answers under way are still settled."""
    return set_status(user, UserStatus.SUSPENDED, now)


def activate(user: User, now: datetime) -> User:
    """Serve the user again, whatever the status was."""
    return set_status(user, UserStatus.ACTIVE, now)


def set_status(user: User, status: UserStatus, now: datetime) -> User:
    """Put the user into another status; being deleted is none that is set (`delete`)."""
    if status is UserStatus.DELETED:
        msg = "a user is deleted by delete()"
        raise ValueError(msg)
    if user.status is status:
        return user
    return _changed(user, now, status=status)


def set_enforcement(user: User, enforcement: Enforcement, now: datetime) -> User:
    """Refuse, or only warn, when the quota is used up; the user's own from then on."""
    if user.enforcement is enforcement:
        return user
    own = user.own | {OwnField.ENFORCEMENT}
    return _changed(user, now, enforcement=enforcement, own=own)


def set_models(user: User, models: Sequence[str], now: datetime) -> User:
    """Let the user use these models alone, their own from then on.

    Names, or beginnings of names followed by `*`; `*` allows any. Raises ChangeRefusedError.
    """
    try:
        wanted = checked_names(models)
    except ValueError as error:
        raise ChangeRefusedError(str(error), code="invalid_models", field="models") from error
    own = user.own | {OwnField.MODELS}
    if (user.models, user.own) == (wanted, own):
        return user
    return _changed(user, now, models=wanted, own=own)


def set_daily_limit(
    user: User,
    limit: DailyLimit | None,
    *,
    day: str,
    charged_on: Callable[[str], int],
    booked_on: Callable[[Reservation], str],
    now: datetime,
) -> User:
    """Limit what the user may use on one day, their own from then on; None: not any more.

    As `with_limit` of day_cap.py. The limit that the user has already changes nothing.
    """
    own = user.own | {OwnField.DAILY_LIMIT}
    shown = turned(user, day_within(day, user.period))
    after = with_limit(shown, limit, day=day, charged_on=charged_on, booked_on=booked_on)
    if after is shown:
        return user
    return _changed(user, now, reservations=after.reservations, day_cap=after.day_cap, own=own)


def lift_day(user: User, day: str, now: datetime) -> User:
    """Let the daily limit not hold on this day; the next day it does again by itself.

    Raises ChangeRefusedError for a user without one.
    """
    shown = turned(user, day_within(day, user.period))
    if shown.day_cap is None:
        raise ChangeRefusedError("the user has no daily limit", code="no_daily_limit")
    if shown.day_cap.is_lifted:
        return user
    return _changed(user, now, day_cap=lifted(shown).day_cap)


def rename(user: User, name: str, now: datetime) -> User:
    """Give the user another name."""
    if user.name == name:
        return user
    return _changed(user, now, name=name)


def delete(user: User, now: datetime) -> User:
    """Take the person out of the item: neither name nor address stay, the figures do.

    The item keeps its id, which follows from the address: a request of that person finds it and
    is refused, and nobody is created anew by accident.
    """
    if user.status is UserStatus.DELETED:
        return user
    return _changed(
        user, now, status=UserStatus.DELETED, email=deleted_email(user.user_id), name="", aliases=()
    )


def restore(user: User, email: str, name: str, now: datetime) -> User:
    """Make a deleted user active again; limit, grants and this month's usage are as they were.

    `email` is to be one of theirs: the item of its id names them.
    """
    if user.status is not UserStatus.DELETED:
        return user
    return replace(
        user,
        status=UserStatus.ACTIVE,
        email=normalise_email(email),
        name=name,
        updated_at=now,
        version=user.version + 1,
    )


def deleted_email(user_id: str) -> str:
    """What stands in place of a deleted user's address; no mail can be sent to it."""
    return f"deleted-{user_id[:8]}@invalid"


def announced(
    user: User,
    seen: User,
    crossed: frozenset[Threshold],
    *,
    rule: ThresholdRule,
    now: datetime,
) -> User:
    """Remember that warnings were announced, by what was `seen` of the user before.

    Nothing is remembered once the period or the round is another: it has warnings of its own. A
    grant or a reset that came in between, and found nothing to re-arm yet, re-arms here.
    """
    if (user.period, user.alert_round) != (seen.period, seen.alert_round):
        return user
    if crossed <= user.alerts_sent:
        return user
    flagged = replace(
        user,
        alerts_sent=user.alerts_sent | crossed,
        last_alert_at=now,
        updated_at=now,
        version=user.version + 1,
    )
    return _eased(seen, flagged, rule)


def _check_grant(user: User, amount: int, field: str) -> None:
    """Raise ChangeRefusedError when so many tokens cannot be granted, or taken back."""
    additional = user.additional_tokens + amount
    every_month = user.every_month_tokens
    if amount < 0 and every_month + amount < 0:
        raise ChangeRefusedError(
            f"cannot take back {-amount:,} tokens: "
            f"only {every_month:,} additional tokens are granted every month",
            code="more_than_granted",
            field=field,
            amount=-amount,
            granted=every_month,
        )
    if amount < 0 and user.quota.balance_tokens + amount < 0:
        raise ChangeRefusedError(
            f"cannot take back {-amount:,} tokens: "
            f"only {user.quota.remaining_tokens:,} are unused this month",
            code="more_than_unused",
            field=field,
            amount=-amount,
            unused=user.quota.remaining_tokens,
        )
    if additional > MAX_GRANT_TOKENS:
        raise ChangeRefusedError(
            f"additional tokens must not exceed {MAX_GRANT_TOKENS:,}",
            code="grant_beyond_sense",
            field=field,
            most=MAX_GRANT_TOKENS,
        )


def _granted_fields(user: User) -> dict[str, Any]:
    """What a rule of quota/grants.py changes of a user."""
    names = ("additional_tokens", "grants", "burnt_tokens", "burnt_at_usage", "next_change_at")
    return {name: getattr(user, name) for name in names}


def _changed(user: User, now: datetime, **fields: Any) -> User:
    if user.status is UserStatus.DELETED:
        raise ChangeRefusedError("the user is deleted; create them again first", code="deleted")
    # what is used by now was used of what was granted by now
    counted = burn(user, user.current_usage) if user.grants else user
    changed = replace(counted, **fields, updated_at=now, version=user.version + 1)
    if changed.monthly_limit != user.monthly_limit and "day_cap" not in fields:
        changed = moved(user, changed)
    return replace(changed, available_tokens=changed.quota.available_tokens)


def _own_limit(user: User, monthly_limit: int, now: datetime) -> User:
    if (user.monthly_limit, user.limit_source) == (monthly_limit, LimitSource.OWN):
        return user
    return _changed(user, now, monthly_limit=monthly_limit, limit_source=LimitSource.OWN)


_OF_PLAN = (
    *("plan", "monthly_limit", "limit_source", "own", "enforcement"),
    *("warning_ppm", "critical_ppm", "rate", "day_cap", "reservations"),
    *("group_id", "plan_by_group", "models"),
)


def _moved(before: User, after: User, rule: ThresholdRule, now: datetime) -> User:
    """The change from one to the other of what a plan gives."""
    fields = {name: getattr(after, name) for name in _OF_PLAN}
    if all(getattr(before, name) == value for name, value in fields.items()):
        return before
    return _eased(before, _changed(before, now, **fields), rule)


def _eased(before: User, after: User, rule: ThresholdRule) -> User:
    """Re-arm the warnings that a change for the better has brought out of reach.

    `rule` is the settings': the user's plan may have thresholds of its own.

    A change for the worse re-arms nothing: a block may be announced with tokens left (too few for
    a request), and must not be announced again for that.
    """
    if not (
        after.quota.granted_tokens > before.quota.granted_tokens
        or after.current_usage < before.current_usage
        or rule_of(after, rule) != rule_of(before, rule)
    ):
        return after
    out_of_reach = to_rearm(after.quota, rule_of(after, rule), after.alerts_sent)
    if not out_of_reach:
        return after
    return replace(
        after,
        alerts_sent=after.alerts_sent - out_of_reach,
        alert_round=after.alert_round + 1,
    )
