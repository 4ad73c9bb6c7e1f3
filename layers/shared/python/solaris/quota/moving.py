"""People who change their address, and accounts that turn out to be one person's. Pure.

A user's id is made from an address once and stays. The item under the id of an address says whose
that address is now (`User.address_of`), so that whoever never moved is found without a second look:

    moved      a@ ─► item A (A's own: nothing to say)     b@ ─► item B, A's alias: `address_of` A
    merged     f@ ─► item F, its books closed: `address_of` I, `merged_into` I
    released   a@ ─► item A, with `address_of` nobody; then the next person's, whose id is random

An alias is an item like any other, of a deleted user without tokens: what knows nothing of aliases
(a version before, a month's end, a backup) takes it for one, and refuses it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from solaris.platform.email import valid_email
from solaris.quota.changes import ChangeRefusedError
from solaris.quota.quota import PPM
from solaris.quota.user import Plan, User, UserStatus, user_id_for

MAX_ALIASES = 20
MAX_MERGED = 20


def move(user: User, email: str, now: datetime) -> User:
    """Give the user another address (normalised); the one before becomes an alias.

    The same object when it is theirs already. Raises ChangeRefusedError for a deleted user, and
    when there would be more than 20 aliases.
    """
    _check_alive(user)
    if email == user.email:
        return user
    aliases = _joined([*user.aliases, user.email], without=email)
    _check_number(aliases, MAX_ALIASES, "too_many_aliases", "email")
    return replace(user, email=email, aliases=aliases, updated_at=now, version=user.version + 1)


def owned(slot: User, owner_id: str) -> User:
    """The item of an address that is `owner_id`'s from now on; NOBODY: nobody's."""
    own = None if owner_id == slot.user_id else owner_id
    if slot.address_of == own:
        return slot
    return replace(slot, address_of=own, version=slot.version + 1)


def alias_of(owner: User, email: str, now: datetime, user_id: str | None = None) -> User:
    """A new item for an address (normalised) that was nobody's, and is `owner`'s."""
    return User(
        user_id=user_id or user_id_for(email),
        email=email,
        name="",
        status=UserStatus.DELETED,
        plan=Plan.BASIC,
        monthly_limit=0,
        additional_tokens=0,
        current_usage=0,
        available_tokens=0,
        period=owner.period,
        created_at=now,
        updated_at=now,
        block_ppm=PPM,
        version=1,
        address_of=owner.user_id,
        merged_into=owner.user_id,
    )


def released(user: User, email: str, now: datetime) -> User:
    """The user without an alias (normalised); the same object when it is none of theirs.

    Raises ChangeRefusedError for the address that they have, and for a deleted user.
    """
    _check_alive(user)
    if email == user.email:
        msg = "the address is not an alias but the user's own; move the user first"
        raise ChangeRefusedError(msg, code="not_an_alias", field="email")
    if email not in user.aliases:
        return user
    aliases = tuple(one for one in user.aliases if one != email)
    return replace(user, aliases=aliases, updated_at=now, version=user.version + 1)


def merge(source: User, target: User, now: datetime) -> tuple[User, User]:
    """Make one account of two of the same person: (source, target) as they shall be.

    The target's usage grows by the source's, its limit and grants stay; its addresses are both's.
    The source keeps its id, its records and its closed months, and is served no more. Both are to
    be in the same month. Raises ChangeRefusedError: the same user twice, a deleted one, more than
    20 aliases or merged accounts.
    """
    if source.user_id == target.user_id:
        msg = "a user cannot be merged into themselves"
        raise ChangeRefusedError(msg, code="merged_with_itself", field="into")
    _check_alive(source)
    _check_alive(target)
    aliases = _joined([*target.aliases, source.email, *source.aliases], without=target.email)
    _check_number(aliases, MAX_ALIASES, "too_many_aliases", "into")
    merged = (*target.merged_from, source.user_id, *source.merged_from)
    _check_number(merged, MAX_MERGED, "too_many_merged", "into")
    source, target = carry(source, target, now)
    gone = replace(
        source,
        status=UserStatus.DELETED,
        aliases=(),
        merged_from=(),
        # an address that was released before is somebody else's, or nobody's
        address_of=target.user_id if source.address_of is None else source.address_of,
        merged_into=target.user_id,
    )
    return gone, replace(target, aliases=aliases, merged_from=merged)


def carry(source: User, target: User, now: datetime) -> tuple[User, User]:
    """Count what one item has used this month at another: (source, target). Both versions rise."""
    if source.period != target.period:
        msg = f"usage of {source.period} is not carried into {target.period}"
        raise ValueError(msg)
    used = source.current_usage
    return _with_usage(source, 0, now), _with_usage(target, target.current_usage + used, now)


def forgotten(item: User, stand_in: str, now: datetime) -> User:
    """An alias, or a merged account, of somebody who is deleted: without name and address."""
    if item.email == stand_in:
        return item
    return replace(item, email=stand_in, name="", updated_at=now, version=item.version + 1)


def _with_usage(user: User, tokens: int, now: datetime) -> User:
    changed = replace(user, current_usage=tokens, updated_at=now, version=user.version + 1)
    return replace(changed, available_tokens=changed.quota.available_tokens)


def _joined(addresses: Iterable[str], *, without: str) -> tuple[str, ...]:
    """Each once, in order; a spelling of an older version is no alias: no request has it."""
    wanted = dict.fromkeys(one for one in addresses if one != without and valid_email(one) == one)
    return tuple(wanted)


def _check_alive(user: User) -> None:
    if user.status is UserStatus.DELETED:
        raise ChangeRefusedError("the user is deleted; create them again first", code="deleted")


def _check_number(found: tuple[str, ...], most: int, code: str, field: str) -> None:
    if len(found) > most:
        msg = f"{len(found)} of them, at most {most}: release some first"
        raise ChangeRefusedError(msg, code=code, field=field, most=most)
