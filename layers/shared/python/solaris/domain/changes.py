"""What an admin may change about a user: pure rules from user to user, bounds included.

Each rule returns the user as it shall be, its version one higher and `available_tokens` put
right, or the very same object when nothing is to change. Figures are tokens. A raised grant
re-arms the warnings that it brings out of reach.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from solaris.domain.quota import ceiling_tokens
from solaris.domain.thresholds import ThresholdRule, to_rearm
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
    return _rearmed(_changed(user, now, monthly_limit=monthly_limit), rule)


def add_tokens(user: User, amount: int, *, rule: ThresholdRule, now: datetime) -> User:
    """Grant additional tokens, or take some back with a negative amount.

    Raises ChangeRefusedError for zero, and when the sum would be negative or beyond any sense.
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
    if additional > MAX_GRANT_TOKENS:
        msg = f"additional tokens must not exceed {MAX_GRANT_TOKENS:,}"
        raise ChangeRefusedError(msg)
    return _rearmed(_changed(user, now, additional_tokens=additional), rule)


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


def _changed(user: User, now: datetime, **fields: Any) -> User:
    changed = replace(user, **fields, updated_at=now, version=user.version + 1)
    return replace(changed, available_tokens=changed.quota.available_tokens)


def _rearmed(user: User, rule: ThresholdRule) -> User:
    out_of_reach = to_rearm(user.quota, rule, user.alerts_sent)
    return replace(user, alerts_sent=user.alerts_sent - out_of_reach)
