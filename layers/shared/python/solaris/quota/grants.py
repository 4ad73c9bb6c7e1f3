"""What becomes of grants: which tokens are used first, and what is left when one ends. Pure.

    used first     grants that end within the month, the first to end before the others
    then           the month's own: limit, what is granted every month and for this month
    last           grants that outlive the month: the first to end before the others

Which tokens were used is worked out from the month's usage alone, and only when it matters: when
people change something, when a grant ends, when the month does. Until then `tokens` of each grant
stands at the usage `burnt_at_usage`, so that a request costs no more than without grants. What a
grant has given to this month's usage becomes part of the month's own (`burnt_tokens`).

A grant ends with what is unused. What requests hold that began before its end stays until they
are resolved; what they did not use ends then. What a request of a closed month uses is taken from
the grants that were carried over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from solaris.quota.grant import EVERY_MONTH_ID, Grant, GrantKind
from solaris.quota.periods import days_in, previous_period
from solaris.quota.quota import ceiling_tokens
from solaris.quota.reservation import Reservation
from solaris.quota.user import User

# A grant whose end has come while requests hold of it is looked at again this much later.
LOOK_AGAIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class CarriedGrants:
    """What a closed month keeps of the grants that outlived it, for its late settlements.

    `grants` are ids and tokens as the month left them with `usage` tokens used, in the order in
    which they are used; the month's own had `free_tokens` left.
    """

    usage: int
    free_tokens: int
    grants: tuple[tuple[str, int], ...]

    def burnt(self, usage: int) -> dict[str, int]:
        """Tokens of each grant that the month has used once it has used so many in all."""
        left = max(0, usage - self.usage - self.free_tokens)
        burnt = {}
        for grant_id, tokens in self.grants:
            burnt[grant_id] = min(tokens, left)
            left -= burnt[grant_id]
        return burnt


def burn(user: User, usage: int) -> User:
    """Count what was used up to `usage` tokens of this month against the grants.

    Neither `additional_tokens` nor what is available changes: what grants give to the usage stays
    part of this month.
    """
    lasting = _lasting(user)
    if not lasting:
        return user if user.burnt_at_usage == usage else replace(user, burnt_at_usage=usage)
    used = usage - user.burnt_at_usage
    if used < 0:
        user = _given_back(user, lasting, -used)
        lasting, used = _lasting(user), 0
    early = [one for one in lasting if not one.outlives(user.period)]
    left = {one.grant_id: one.tokens for one in lasting}
    by_early = _taken(left, early, used)
    # what the month's own cannot carry: usage, or a limit that was lowered below it
    by_any = _taken(left, lasting, used - by_early - _own_left(user))
    return replace(
        user,
        grants=tuple(_burnt_to(one, left.get(one.grant_id, one.tokens)) for one in user.grants),
        burnt_tokens=user.burnt_tokens + by_early + by_any,
        burnt_at_usage=usage,
    )


def _given_back(user: User, lasting: Sequence[Grant], tokens: int) -> User:
    """The user whose usage turned out to be so much less than was counted.

    Grants that outlive the month have back what they had given to it, the last to be used before
    the others; the rest is the month's own.
    """
    free = min(tokens, max(0, _own_left(user) + tokens))
    shown = replace(user, burnt_at_usage=user.burnt_at_usage - tokens)
    for grant in reversed([one for one in lasting if one.outlives(user.period)]):
        part = min(grant.burnt_tokens, free, shown.burnt_tokens)
        free -= part
        shown = replace(
            shown,
            grants=tuple(
                _burnt_to(one, one.tokens + part) if one.grant_id == grant.grant_id else one
                for one in shown.grants
            ),
            burnt_tokens=shown.burnt_tokens - part,
        )
    return shown


def _burnt_to(grant: Grant, tokens: int) -> Grant:
    """A grant of which so much is left, by what the month has used."""
    if tokens == grant.tokens:
        return grant
    burnt = grant.burnt_tokens + grant.tokens - tokens
    return replace(grant, tokens=tokens, burnt_tokens=burnt)


def end_grants(user: User, now: datetime) -> User:
    """The user without what is unused of grants whose end has come; the same object when nothing
    is to be done.
    """
    if user.next_change_at is None or user.next_change_at > now:
        return user
    shown = burn(user, user.current_usage)
    for grant in _in_order([one for one in shown.grants if one.is_over(now)]):
        held = sum(one.tokens for one in _held_before(user, grant.ends_at))
        kept = _left(shown, grant) - _left(burn(shown, shown.current_usage + held), grant)
        shown = _with_tokens(shown, grant.grant_id, kept, ended=_left(shown, grant) - kept)
    shown = _without_empty(shown)
    ends = [one.ends_at for one in shown.grants if one.ends_at is not None]
    following = min((end if end > now else now + LOOK_AGAIN for end in ends), default=None)
    shown = replace(shown, next_change_at=following, updated_at=now, version=user.version + 1)
    return replace(shown, available_tokens=shown.quota.available_tokens)


def next_change(user: User) -> datetime | None:
    """When the first grant ends, or has ended without anybody's seeing to it; None: none does."""
    return min((one.ends_at for one in user.grants if one.ends_at is not None), default=None)


def carry_over(user: User, period: str) -> tuple[User, CarriedGrants | None]:
    """The grants that the user takes into `period`: (user with them alone, what the month keeps).

    What open requests hold counts as used, until it is known (`late_difference`).
    `additional_tokens` is what `period` begins with; everything else is left as it is.
    """
    closing = burn(user, user.current_usage)
    held = burn(closing, closing.current_usage + closing.reserved_tokens)
    last = _in_order([one for one in closing.grants if one.outlives(closing.period)])
    free = max(0, _own_left(closing))
    free += sum(
        one.tokens
        for one in closing.grants
        if not one.is_of_the_month and not one.outlives(closing.period)
    )
    kept = [one for one in last if one.outlives(previous_period(period)) and one.tokens > 0]
    grants = tuple(replace(one, tokens=_left(held, one), burnt_tokens=0) for one in kept)
    opened = replace(
        user,
        grants=grants,
        burnt_tokens=0,
        burnt_at_usage=0,
        additional_tokens=user.every_month_tokens + sum(one.tokens for one in grants),
    )
    if not last:
        return opened, None
    tokens = tuple((one.grant_id, one.tokens) for one in last)
    return opened, CarriedGrants(closing.current_usage, free, tokens)


def late_difference(
    carried: CarriedGrants, *, before_tokens: int, after_tokens: int
) -> Mapping[str, int]:
    """By how many tokens more (or fewer) each grant was used in a closed month.

    `before_tokens` is what the month had used, with what requests of it still held, before one of
    them was resolved, `after_tokens` the same after it. Grants without a difference are left out.
    """
    before, after = carried.burnt(before_tokens), carried.burnt(after_tokens)
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def with_late_burn(user: User, difference: Mapping[str, int], now: datetime) -> User:
    """Take from carried grants what a closed month has used of them after all, or give it back.

    What this month has used of a grant already stays used: no figure goes below zero. The same
    object when none of the grants is there any more.
    """
    shown = user
    for grant in user.grants:
        tokens = difference.get(grant.grant_id, 0)
        if not tokens:
            continue
        from_rest = min(tokens, grant.tokens)
        from_burnt = max(0, min(tokens - from_rest, shown.burnt_tokens))
        shown = _with_tokens(shown, grant.grant_id, grant.tokens - from_rest, ended=from_rest)
        shown = replace(
            shown,
            grants=tuple(
                replace(one, burnt_tokens=max(0, one.burnt_tokens - from_burnt))
                if one.grant_id == grant.grant_id
                else one
                for one in shown.grants
            ),
            burnt_tokens=shown.burnt_tokens - from_burnt,
            additional_tokens=shown.additional_tokens - from_burnt,
        )
    if shown is user:
        return user
    shown = replace(shown, updated_at=now, version=user.version + 1)
    return replace(shown, available_tokens=shown.quota.available_tokens)


def with_carried_tokens(user: User, tokens: int) -> User:
    """Take what closed months have used of carried grants, or (more than 0) give it back.

    For whoever knows the sum alone: the grants are taken in the order in which they are used, then
    what this month has used of them. Available tokens and version are left to the caller.
    """
    lasting = _lasting(user)
    shown = user
    for grant in lasting if tokens < 0 else reversed(lasting):
        change = max(-grant.tokens, min(tokens, grant.granted_tokens - grant.tokens))
        shown = _with_tokens(shown, grant.grant_id, grant.tokens + change, ended=-change)
        tokens -= change
    change = max(-shown.burnt_tokens, tokens)
    return replace(
        shown,
        burnt_tokens=shown.burnt_tokens + change,
        additional_tokens=shown.additional_tokens + change,
    )


def live_grants(user: User) -> list[Grant]:
    """The grants that end, as of what is used now, in the order in which they are used.

    Not those that are used up.
    """
    left = [one for one in burn(user, user.current_usage).grants if one.tokens]
    own = [one for one in left if one.is_of_the_month]
    late = [one for one in left if one.outlives(user.period)]
    early = [one for one in left if one not in own and one not in late]
    return [*_in_order(early), *_in_order(own), *_in_order(late)]


def grants_now(user: User) -> list[Grant]:
    """All that is granted to a user who is as the next request would find them, first used first.

    What is granted every month is one of them, the last.
    """
    every_month = every_month_of(user)
    return [*live_grants(user), *([every_month] if every_month else [])]


def ending_tokens(user: User) -> int:
    """What is left, as of what is used now, of the grants that end."""
    return sum(one.tokens for one in live_grants(user))


def granted_tokens(user: User) -> int:
    """What is left of all that is granted; what is granted every month counts in full."""
    return user.every_month_tokens + ending_tokens(user)


def next_last_day(user: User) -> str | None:
    """The last day of the grant that ends first, `2026-12-15`; None: none ends at a time.

    `user` is as the next request would find them.
    """
    days = [
        days_in(user.period)[-1] if one.is_of_the_month else one.until for one in live_grants(user)
    ]
    return min((one for one in days if one is not None), default=None)


def every_month_of(user: User) -> Grant | None:
    """What is granted every month, as if it were one grant; None where nothing is."""
    tokens = user.every_month_tokens
    if not tokens:
        return None
    return Grant(
        grant_id=EVERY_MONTH_ID,
        kind=GrantKind.EVERY_MONTH,
        granted_tokens=tokens,
        tokens=tokens,
        created_at=user.created_at,
    )


def with_grant(user: User, grant: Grant) -> User:
    """The user with one grant more. Available tokens and version are left to the caller."""
    shown = _without_empty(burn(user, user.current_usage))
    shown = replace(
        shown,
        grants=(*shown.grants, grant),
        additional_tokens=shown.additional_tokens + grant.granted_tokens,
    )
    return replace(shown, next_change_at=next_change(shown))


def without_grant(user: User, grant: Grant) -> User:
    """The user without what is left of a grant; what is used or held of it stays this month's.

    Available tokens and version are left to the caller.
    """
    shown = burn(user, user.current_usage)
    found = next(one for one in shown.grants if one.grant_id == grant.grant_id)
    back = min(found.tokens, _unused(shown, found))
    shown = replace(
        shown,
        grants=tuple(one for one in shown.grants if one.grant_id != grant.grant_id),
        burnt_tokens=shown.burnt_tokens + found.tokens - back,
        additional_tokens=shown.additional_tokens - back,
    )
    return replace(shown, next_change_at=next_change(shown))


def without_every_month(user: User) -> User:
    """The user without what is granted every month; what is used or held of it stays this month's.

    Available tokens and version are left to the caller.
    """
    shown = burn(user, user.current_usage)
    tokens = shown.every_month_tokens
    back = min(tokens, _unused(shown, None))
    return replace(
        shown,
        burnt_tokens=shown.burnt_tokens + tokens - back,
        additional_tokens=shown.additional_tokens - back,
    )


def _unused(user: User, grant: Grant | None) -> int:
    """Tokens that may be taken back of a grant; None: of the month's own."""
    free = max(0, user.quota.balance_tokens - user.reserved_tokens)
    if grant is not None and not grant.is_of_the_month:
        return free
    return min(free, max(0, _own_left(user) - user.reserved_tokens))


def _own_left(user: User) -> int:
    """What the month's own had left at `burnt_at_usage`; below zero after a limit was lowered.

    As much of it as the block threshold lets a user have; what grants gave counts in full.
    """
    own = user.every_month_tokens + sum(one.tokens for one in user.grants if one.is_of_the_month)
    own = ceiling_tokens(user.monthly_limit, own, user.block_ppm)
    return own + user.burnt_tokens - user.burnt_at_usage


def _taken(left: dict[str, int], grants: Sequence[Grant], tokens: int) -> int:
    """Take tokens from grants in turn, noted in `left`; returns how many there were."""
    taken = 0
    for grant in grants:
        part = min(left[grant.grant_id], max(0, tokens - taken))
        left[grant.grant_id] -= part
        taken += part
    return taken


def _lasting(user: User) -> list[Grant]:
    """The grants that are no part of the month's own, in the order in which they are used."""
    return _in_order([one for one in user.grants if not one.is_of_the_month])


def _in_order(grants: Sequence[Grant]) -> list[Grant]:
    """First those that end first, those that never do last; of equal ones the older first."""
    return sorted(grants, key=lambda one: (_end(one), one.created_at, one.grant_id))


def _end(grant: Grant) -> tuple[int, float]:
    return (1, 0.0) if grant.ends_at is None else (0, grant.ends_at.timestamp())


def _held_before(user: User, instant: datetime | None) -> list[Reservation]:
    """Open requests of this month that began before an instant."""
    return [
        one
        for one in user.reservations.values()
        if one.period == user.period and instant is not None and one.created_at < instant
    ]


def _left(user: User, grant: Grant) -> int:
    return next(one.tokens for one in user.grants if one.grant_id == grant.grant_id)


def _with_tokens(user: User, grant_id: str, tokens: int, *, ended: int) -> User:
    """The user with so much left of a grant; `ended` tokens of it are not granted any more."""
    return replace(
        user,
        grants=tuple(
            replace(one, tokens=tokens) if one.grant_id == grant_id else one for one in user.grants
        ),
        additional_tokens=user.additional_tokens - ended,
    )


def _without_empty(user: User) -> User:
    """Forget grants that are used up, unless a request of a closed month may give some back."""
    if any(one.period < user.period for one in user.reservations.values()):
        return user
    return replace(
        user, grants=tuple(one for one in user.grants if one.tokens or one.is_of_the_month)
    )
