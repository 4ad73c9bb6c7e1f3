"""Which grants are told of a week before they end, so that nobody loses tokens unawares. Pure.

Only those until a day: what is of this month ends with the month's own limit, which nobody is
told of either. Each is looked at once, when its last week begins; one that was made within it is
not. More than half of it is to be unused by then, of a user who is served.
"""

from dataclasses import replace
from datetime import datetime

from solaris.quota.grant import NOTICE, Grant
from solaris.quota.grants import live_grants
from solaris.quota.user import User, UserStatus


def ending_grant(user: User, grant_id: str, now: datetime) -> Grant | None:
    """A grant that ends soon with most of it unused, as of now; None: there is nothing to tell.

    `user` is as the next request would find them.
    """
    return next((one for one in _ending(user, now) if one.grant_id == grant_id), None)


def ending_grants(user: User, now: datetime) -> list[Grant]:
    """The grants whose end is to be announced now, the first to be used before the others.

    `user` is as the next request would find them.
    """
    return [one for one in _ending(user, now) if one.is_to_announce(now)]


def announced(user: User, now: datetime) -> User:
    """The user whose grants have been looked at; the same object when none is to be."""
    if not any(one.is_to_announce(now) for one in user.grants):
        return user
    grants = tuple(
        replace(one, is_announced=True) if one.is_to_announce(now) else one for one in user.grants
    )
    return replace(user, grants=grants, updated_at=now, version=user.version + 1)


def _ending(user: User, now: datetime) -> list[Grant]:
    if user.status is not UserStatus.ACTIVE:
        return []
    return [
        one
        for one in live_grants(user)
        if one.ends_at is not None
        and one.ends_at - NOTICE <= now < one.ends_at
        and one.tokens * 2 > one.granted_tokens
    ]
