"""What an admin's change leaves in the books: one row a change, never changed afterwards.

A wrong change is put right by another one, which is a row of its own. Within a period

    additional_tokens  = what it was + the amounts of the grants, of their ends (negative) and of
                         what closed months used of them after all; a month's end takes off
                         the closed month's `ended_tokens`
    monthly_limit      = what it was + the amounts of the limit and plan changes
    current_usage      = what its records charge + the (negative) amounts of the usage resets
                         + the amounts of the merges (negative where the usage went)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from solaris.platform.instants import iso_milliseconds
from solaris.quota.user import User

SYSTEM_ID = "system"
"""Stands for a user's id in the corrections of the system's own counters."""

OF_EXPIRY = "-expired"
"""Ends the id of a `grant_late` row that an expiry has, so that the late answer's is another."""


class TransactionKind(StrEnum):
    """What was changed."""

    GRANT = "grant"
    GRANT_END = "grant_end"
    """What was unused of a grant when it ended within a month; a month's end has no row."""

    GRANT_LATE = "grant_late"
    """What a closed month used of a grant after all (negative), or gave back."""

    LIMIT_CHANGE = "limit_change"
    PLAN_CHANGE = "plan_change"
    """The plan, with the monthly limit that came with it."""

    USAGE_RESET = "usage_reset"
    STATUS_CHANGE = "status_change"
    """Deletion and restoring included."""

    MERGE = "merge"
    """Usage that came from, or went to, another account of the same person."""

    CORRECTION = "correction"
    """A sum that was put right by its records (`solaris reconcile --repair`)."""


Figures = Mapping[str, int | str]

_KINDS = {
    frozenset({"additional_tokens"}): TransactionKind.GRANT,
    frozenset({"monthly_limit"}): TransactionKind.LIMIT_CHANGE,
    frozenset({"plan"}): TransactionKind.PLAN_CHANGE,
    frozenset({"plan", "monthly_limit"}): TransactionKind.PLAN_CHANGE,
    frozenset({"current_usage"}): TransactionKind.USAGE_RESET,
    frozenset({"status"}): TransactionKind.STATUS_CHANGE,
}
_FIGURES = ("monthly_limit", "additional_tokens", "current_usage")
_TRACKED = (*_FIGURES, "plan", "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who changes something, why and when; one change, however often it is tried."""

    transaction_id: str
    actor: str
    reason: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One change of a grant, a limit, a plan, a status or the usage. Figures are tokens.

    `amount` is signed: what was granted, by how much the limit rose, or minus the usage that was
    forgiven; 0 for a status. `before` and `after` hold what changed and nothing else.
    `balance_after` is limit + additional - used, and may be negative. `version` is that of the
    user's item after the change: a user's rows in order of it are in the order they happened in.
    """

    transaction_id: str
    user_id: str
    kind: TransactionKind
    amount: int
    reason: str
    actor: str
    before: Figures
    after: Figures
    balance_after: int
    period: str
    version: int
    created_at: datetime

    @property
    def transaction_key(self) -> str:
        """Sort key of the row: the same change always has the same key."""
        return transaction_key(self.created_at, self.transaction_id)


def transaction_key(created_at: datetime, transaction_id: str) -> str:
    """Sort key of a row."""
    return f"{iso_milliseconds(created_at)}#{transaction_id}"


def transaction_of(before: User, after: User, origin: Origin) -> Transaction | None:
    """Describe the step from one user to the other; None if nothing that is tracked differs.

    Raises ValueError for two changes in one: each is to be a row of its own.
    """
    changed = [name for name in _TRACKED if getattr(before, name) != getattr(after, name)]
    if not changed:
        return None
    kind = _KINDS.get(frozenset(changed))
    if kind is None:
        msg = f"more than one change at once: {', '.join(changed)}"
        raise ValueError(msg)
    return _row(
        after,
        origin,
        kind=kind,
        amount=sum(getattr(after, name) - getattr(before, name) for name in _FIGURES),
        before={name: getattr(before, name) for name in changed},
        after={name: getattr(after, name) for name in changed} | _of_grant(before, after),
    )


def grants_row(
    before: User, after: User, origin: Origin, kind: TransactionKind
) -> Transaction | None:
    """Describe what time, or a late answer, did to grants; None when nothing is granted less."""
    amount = after.additional_tokens - before.additional_tokens
    if not amount:
        return None
    return _row(
        after,
        origin,
        kind=kind,
        amount=amount,
        before={"additional_tokens": before.additional_tokens},
        after={"additional_tokens": after.additional_tokens},
    )


def _of_grant(before: User, after: User) -> dict[str, int | str]:
    """The grant that a change made or took back, if it is one that ends."""
    known, left = ({one.grant_id: one for one in user.grants} for user in (before, after))
    for grant_id in [*(left.keys() - known.keys()), *(known.keys() - left.keys())]:
        grant = left.get(grant_id) or known[grant_id]
        if grant_id in left or grant.tokens:
            told: dict[str, int | str] = {"grant_id": grant_id, "grant_kind": grant.kind.value}
            return told if grant.until is None else told | {"until": grant.until}
    return {}


def merge_row(before: User, after: User, origin: Origin) -> Transaction:
    """Describe what a merge did to the usage of one of the two accounts."""
    return _row(
        after,
        origin,
        kind=TransactionKind.MERGE,
        amount=after.current_usage - before.current_usage,
        before={"current_usage": before.current_usage},
        after={"current_usage": after.current_usage},
    )


def reset_correction(
    user: User,
    excess_tokens: int,
    origin: Origin,
    kind: TransactionKind = TransactionKind.USAGE_RESET,
) -> Transaction:
    """Describe what a usage reset forgave too much of, once a late answer proves cheaper.

    The reset forgave an estimate, or a merge (`kind`) took it elsewhere; the real figure is lower
    by more than has been used since, and the usage cannot go below zero. `user` is as the
    correction leaves it, with nothing used.
    """
    return _row(
        user,
        origin,
        kind=kind,
        amount=excess_tokens,
        before={"current_usage": 0},
        after={"current_usage": 0},
    )


def correction(
    user_id: str,
    period: str,
    origin: Origin,
    place: str,
    *,
    found: Figures,
    expected: Figures,
    amount: int,
    after: User | None = None,
) -> Transaction:
    """Describe how a sum was put right: `place` is a period or a counter's `<day>#<model>`.

    `amount` are the tokens by which it changed; `after` is the user's item if that was written,
    as it is now. It forgives nothing: the records say the same.
    """
    return Transaction(
        transaction_id=origin.transaction_id,
        user_id=user_id,
        kind=TransactionKind.CORRECTION,
        amount=amount,
        reason=origin.reason,
        actor=origin.actor,
        before={"place": place, **found},
        after={"place": place, **expected},
        balance_after=0 if after is None else after.quota.balance_tokens,
        period=period,
        version=0 if after is None else after.version,
        created_at=origin.now,
    )


def _row(
    user: User,
    origin: Origin,
    *,
    kind: TransactionKind,
    amount: int,
    before: Figures,
    after: Figures,
) -> Transaction:
    return Transaction(
        transaction_id=origin.transaction_id,
        user_id=user.user_id,
        kind=kind,
        amount=amount,
        reason=origin.reason,
        actor=origin.actor,
        before=before,
        after=after,
        balance_after=user.quota.balance_tokens,
        period=user.period,
        version=user.version,
        created_at=origin.now,
    )
