"""What an admin may change about a user: pure rules from user to user, bounds included.

Each rule returns the user as it shall be, its version one higher and `available_tokens` put
right, or the very same object when nothing is to change. Figures are tokens. What brings a
warning out of reach (a grant, a raised limit, a manual reset) re-arms it, and begins another round
of them.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from solaris.domain.quota import ceiling_tokens
from solaris.domain.thresholds import Threshold, ThresholdRule, to_rearm
from solaris.domain.users import Plan, User, UserStatus, normalise_email, user_id_for

MAX_GRANT_TOKENS = 10**12


class ChangeRefusedError(ValueError):
    """A change that the rules do not allow; the message says why, for people."""


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
            msg = f"the monthly limit must be from {low:,} to {high:,} tokens{hint}"
            raise ChangeRefusedError(msg)


def new_user(
    *,
    email: str,
    name: str,
    plan: Plan,
    monthly_limit: int,
    period: str,
    block_ppm: int,
    now: datetime,
) -> User:
    """Return a user who has used nothing, active from now on."""
    return User(
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
    )


def set_limit(
    user: User,
    monthly_limit: int,
    *,
    bounds: LimitBounds,
    rule: ThresholdRule,
    now: datetime,
) -> User:
    """Set the monthly limit; what is available changes by the difference.

    A limit below what is used is allowed and blocks the user until the month ends. Raises
    ChangeRefusedError outside the bounds.
    """
    bounds.check(monthly_limit, user.plan)
    if monthly_limit == user.monthly_limit:
        return user
    return _eased(user, _changed(user, now, monthly_limit=monthly_limit), rule)


def set_plan(
    user: User,
    plan: Plan,
    monthly_limit: int,
    *,
    bounds: LimitBounds,
    rule: ThresholdRule,
    now: datetime,
) -> User:
    """Put the user on a plan, with the limit that comes with it; both at once.

    Raises ChangeRefusedError when the limit is outside the bounds of the new plan, also for a
    plan's own default: MAX_USER_LIMIT may have been set below it.
    """
    bounds.check(monthly_limit, plan)
    if (plan, monthly_limit) == (user.plan, user.monthly_limit):
        return user
    return _eased(user, _changed(user, now, plan=plan, monthly_limit=monthly_limit), rule)


def add_tokens(user: User, amount: int, *, rule: ThresholdRule, now: datetime) -> User:
    """Grant additional tokens, or take some back with a negative amount.

    Only what was granted and is unused can be taken back: a grant taken back never blocks by
    itself what was used in good faith. Raises ChangeRefusedError for more than that, for zero,
    and when the sum would be beyond any sense.
    """
    if amount == 0:
        msg = "the amount must not be zero"
        raise ChangeRefusedError(msg)
    additional = user.additional_tokens + amount
    if additional < 0:
        msg = (
            f"cannot take back {-amount:,} tokens: "
            f"only {user.additional_tokens:,} additional tokens are granted"
        )
        raise ChangeRefusedError(msg)
    if amount < 0 and user.quota.balance_tokens + amount < 0:
        msg = (
            f"cannot take back {-amount:,} tokens: "
            f"only {user.quota.remaining_tokens:,} are unused this month"
        )
        raise ChangeRefusedError(msg)
    if additional > MAX_GRANT_TOKENS:
        msg = f"additional tokens must not exceed {MAX_GRANT_TOKENS:,}"
        raise ChangeRefusedError(msg)
    return _eased(user, _changed(user, now, additional_tokens=additional), rule)


def reset_usage(user: User, *, rule: ThresholdRule, now: datetime) -> User:
    """Forgive what was used this month. What open requests hold stays held, and is charged."""
    if user.current_usage == 0:
        return user
    return _eased(user, _changed(user, now, current_usage=0), rule)


def suspend(user: User, now: datetime) -> User:
    """Refuse the user's requests from now on; answers under way are still settled."""
    if user.status is UserStatus.SUSPENDED:
        return user
    return _changed(user, now, status=UserStatus.SUSPENDED)


def activate(user: User, now: datetime) -> User:
    """Serve the user again, whatever the status was."""
    if user.status is UserStatus.ACTIVE:
        return user
    return _changed(user, now, status=UserStatus.ACTIVE)


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


def _changed(user: User, now: datetime, **fields: Any) -> User:
    changed = replace(user, **fields, updated_at=now, version=user.version + 1)
    return replace(changed, available_tokens=changed.quota.available_tokens)


def _eased(before: User, after: User, rule: ThresholdRule) -> User:
    """Re-arm the warnings that a change for the better has brought out of reach.

    A change for the worse re-arms nothing: a block may be announced with tokens left (too few for
    a request), and must not be announced again for that.
    """
    if not (
        after.quota.granted_tokens > before.quota.granted_tokens
        or after.current_usage < before.current_usage
    ):
        return after
    out_of_reach = to_rearm(after.quota, rule, after.alerts_sent)
    if not out_of_reach:
        return after
    return replace(
        after,
        alerts_sent=after.alerts_sent - out_of_reach,
        alert_round=after.alert_round + 1,
    )
