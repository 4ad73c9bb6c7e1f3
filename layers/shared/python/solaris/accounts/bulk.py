"""The same change of many users: each on its own, so that one failure stops no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from solaris.accounts.change import Change
from solaris.accounts.changes import UserChanges
from solaris.accounts.updates import NO_GROUP, UserUpdate
from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError, SolarisError, StoreUnavailableError
from solaris.platform.logs import get_logger
from solaris.quota.account import Account
from solaris.quota.grant import EVERY_MONTH, Term
from solaris.quota.user import Plan

MAX_USERS = 100
# A store that is away is waited for by each write; after so many in a row the rest is not tried.
MAX_STORE_FAILURES = 2

_log = get_logger("solaris.administration")


class BulkAction(StrEnum):
    """What is done to each user."""

    SUSPEND = "suspend"
    ACTIVATE = "activate"
    ADD_TOKENS = "add_tokens"
    SET_PLAN = "set_plan"
    SET_LIMIT = "set_limit"
    SET_GROUP = "set_group"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequest:
    """What is asked for: `amount` and `term` with add_tokens, `plan` and a limit with set_plan, a
    limit with set_limit, `group` with set_group (an id, or NO_GROUP).
    """

    action: BulkAction
    reason: str
    amount: int | None = None
    term: Term | None = None
    plan: Plan | None = None
    monthly_limit: int | None = None
    group: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """One user's result: the account after the change, or why there is none."""

    user_id: str
    account: Account | None = None
    error: SolarisError | None = None


def change_all(
    changes: UserChanges, user_ids: Sequence[str], request: BulkRequest, actor: Actor
) -> list[BulkResult]:
    """Change 100 users at most, in the order given.

    Raises InvalidRequestError when the request lacks what its action needs.
    """
    _check(request)
    results: list[BulkResult] = []
    failures = 0
    for user_id in user_ids[:MAX_USERS]:
        if failures >= MAX_STORE_FAILURES:
            msg = "the store was away for the users before"
            results.append(BulkResult(user_id, error=StoreUnavailableError(msg)))
            continue
        try:
            change = _change(changes, user_id, request, actor)
        except SolarisError as error:
            failures = failures + 1 if isinstance(error, StoreUnavailableError) else 0
            results.append(BulkResult(user_id, error=error))
        else:
            failures = 0
            results.append(BulkResult(user_id, account=change.after))
    _log.info(
        "users_changed",
        action=request.action.value,
        actor=actor.name,
        request_id=actor.request_id,
        succeeded=sum(one.error is None for one in results),
        failed=sum(one.error is not None for one in results),
    )
    return results


def _change(changes: UserChanges, user_id: str, request: BulkRequest, actor: Actor) -> Change:
    reason = request.reason
    match request.action:
        case BulkAction.SUSPEND:
            return changes.suspend(user_id, actor=actor, reason=reason)
        case BulkAction.ACTIVATE:
            return changes.activate(user_id, actor=actor, reason=reason)
        case BulkAction.ADD_TOKENS:
            return changes.add_tokens(
                user_id,
                request.amount or 0,
                term=request.term or EVERY_MONTH,
                actor=actor,
                reason=reason,
                idempotency_key=request.idempotency_key,
            )
        case BulkAction.SET_PLAN:
            return changes.set_plan(
                user_id,
                request.plan or Plan.BASIC,
                actor=actor,
                reason=reason,
                monthly_limit=request.monthly_limit,
            )
        case BulkAction.SET_LIMIT:
            return changes.set_limit(
                user_id, request.monthly_limit or 0, actor=actor, reason=reason
            )
        case BulkAction.SET_GROUP:
            update = UserUpdate(group=request.group or NO_GROUP)
            return changes.update(user_id, update, actor=actor, reason=reason)


def _check(request: BulkRequest) -> None:
    """Refuse what is missing, or belongs to another action, before anything is written."""
    adds = request.action is BulkAction.ADD_TOKENS
    plans = request.action is BulkAction.SET_PLAN
    limits = request.action is BulkAction.SET_LIMIT
    groups = request.action is BulkAction.SET_GROUP
    for field, value, is_needed, is_allowed in (
        ("amount", request.amount, adds, adds),
        ("kind", request.term, False, adds),
        ("plan", request.plan, plans, plans),
        ("monthly_limit", request.monthly_limit, limits, plans or limits),
        ("group_id", request.group, groups, groups),
    ):
        if value is None and is_needed:
            msg = f"{request.action.value} needs {field}"
            raise InvalidRequestError(msg, field=field, rule="needed_by_action")
        if value is not None and not is_allowed:
            msg = f"{field} does not belong to {request.action.value}"
            raise InvalidRequestError(msg, field=field, rule="not_of_action")
