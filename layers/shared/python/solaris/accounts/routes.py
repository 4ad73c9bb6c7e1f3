"""Users: listed, looked at, made, changed, deleted."""

from dataclasses import replace
from typing import TYPE_CHECKING

from solaris.accounts.changes import MAX_IDEMPOTENCY_CHARACTERS
from solaris.accounts.daily.schemas import day_fields
from solaris.accounts.managing import grant_rule
from solaris.accounts.schemas import (
    AddTokens,
    DeletionOut,
    OptionalReason,
    Reason,
    StatusChange,
    SuspendUser,
    UserCreate,
    UserDetail,
    UserId,
    UserListQuery,
    UserOut,
    UserUpdateIn,
)
from solaris.alerts.suppression_schemas import MailSuppression
from solaris.directory.listing import row_of
from solaris.platform.access import (
    ADMINS,
    MEMBER_CHANGERS,
    MEMBER_READERS,
    REPORT_READERS,
    Access,
    Scope,
)
from solaris.platform.errors import ValidationFailedError
from solaris.platform.web.operations import Call, OtherAnswer, Reply, keeps_to_groups, operation
from solaris.platform.web.schemas import ApiModel, Page
from solaris.quota.account import Account
from solaris.quota.groups.managing import a_member, another_member, reach
from solaris.quota.groups.reach import narrowed
from solaris.quota.periods import renews_at
from solaris.quota.policy import threshold_rule_of

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts

TAG = "Users"
_ACCEPTED = 202
_NO_CONTENT = 204


class DeleteQuery(ApiModel):
    """Why the user is deleted, for clients that send no body with DELETE."""

    reason: Reason = ""


@operation(
    "GET",
    "/admin/users",
    access=Access(MEMBER_READERS | REPORT_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getUsers",
    summary="List, filter, search and sort users",
    within=keeps_to_groups,
)
def get_users(parts: "AccountsParts", call: Call, *, query: UserListQuery) -> Page[UserOut]:
    """Figures are those that each user's next request would find."""
    asked = query.query()
    managed = reach(parts, call)
    page = parts.directory.users(replace(asked, groups=narrowed(asked.groups, managed)))
    zone = parts.platform.settings.zone
    groups = parts.plan_store.recent().in_groups
    return Page[UserOut](
        items=[
            UserOut.of(row, renews_at(row.period, zone), groups.get(row.group_id))
            for row in page.items
        ],
        next_cursor=page.next_cursor,
        total=page.total,
    )


@operation(
    "POST",
    "/admin/users",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="createUser",
    summary="Make a user before their first request",
    status=201,
    problems=(409,),
)
def create_user(parts: "AccountsParts", call: Call, *, body: UserCreate) -> UserOut:
    """A deleted user comes back with the same id, grants and usage of this month."""
    change = parts.user_changes.create(body.wanted, actor=call.as_actor)
    return shown(parts, change.after)


@operation(
    "GET",
    "/admin/users/{user_id}",
    access=Access(MEMBER_READERS | REPORT_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getUserById",
    summary="One user",
    within=a_member,
)
def get_user_by_id(parts: "AccountsParts", call: Call, *, user_id: UserId) -> UserDetail:  # noqa: ARG001 - the shape of every handler
    """As it is now, not as the list remembers it, and whether mail reaches them."""
    account = parts.history.account(user_id)
    suppression = parts.suppressions.of(account.user.email)
    change = parts.history.status_change(account)
    return UserDetail(
        **dict(shown(parts, account)),
        status_change=None
        if change is None
        else StatusChange(reason=change.reason, actor=change.actor, created_at=change.created_at),
        mail_suppression=None if suppression is None else MailSuppression.of(suppression),
        merged_from=list(account.user.merged_from),
        merged_into=account.user.merged_into,
        **day_fields(account.user),
    )


@operation(
    "PUT",
    "/admin/users/{user_id}",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="updateUser",
    summary="Change a user",
    problems=(409,),
)
def update_user(
    parts: "AccountsParts", call: Call, *, user_id: UserId, body: UserUpdateIn
) -> UserOut:
    """All that differs is changed in one write, or nothing; each change has its transaction.

    Another address keeps id, quota, books, keys and grants; 409: it is somebody else's.
    """
    change = parts.mover.update(user_id, body.update(), actor=call.as_actor, reason=body.reason)
    return shown(parts, change.after)


@operation(
    "DELETE",
    "/admin/users/{user_id}",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="deleteUser",
    summary="Delete a user; the books stay, anonymised",
    status=_NO_CONTENT,
    problems=(409,),
    others=(
        OtherAnswer(
            status=_ACCEPTED,
            description="Deleted; so many usage records that the call must be made again.",
            model=DeletionOut,
        ),
    ),
)
def delete_user(
    parts: "AccountsParts", call: Call, *, user_id: UserId, query: DeleteQuery, body: OptionalReason
) -> Reply:
    """Name and address go, requests are refused, personal keys are revoked.

    IP addresses, user agents and conversation ids go from the usage records, 20,000 a call at
    most: then the answer is 202, and the same call goes on.
    """
    deletion = parts.deleter.delete(
        user_id, actor=call.as_actor, reason=body.reason or query.reason
    )
    if deletion.is_complete:
        return Reply()
    content = DeletionOut(erased_records=deletion.erased_records, complete=False)
    return Reply(status=_ACCEPTED, content=content)


@operation(
    "POST",
    "/admin/users/{user_id}/suspend",
    access=Access(MEMBER_CHANGERS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="suspendUser",
    summary="Refuse a user's requests from now on",
    problems=(409,),
    within=another_member,
)
def suspend_user(
    parts: "AccountsParts", call: Call, *, user_id: UserId, body: SuspendUser
) -> UserOut:
    """Answers under way are finished and booked. Again changes nothing."""
    change = parts.user_changes.suspend(user_id, actor=call.as_actor, reason=body.reason)
    return shown(parts, change.after)


@operation(
    "POST",
    "/admin/users/{user_id}/activate",
    access=Access(MEMBER_CHANGERS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="activateUser",
    summary="Serve a user again",
    problems=(409,),
    within=another_member,
)
def activate_user(
    parts: "AccountsParts", call: Call, *, user_id: UserId, body: OptionalReason
) -> UserOut:
    """Whatever the status was, but deleted. Again changes nothing."""
    change = parts.user_changes.activate(user_id, actor=call.as_actor, reason=body.reason)
    return shown(parts, change.after)


@operation(
    "POST",
    "/admin/users/{user_id}/tokens",
    access=Access(MEMBER_CHANGERS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="addTokens",
    summary="Grant additional tokens, or take unused ones back",
    problems=(409,),
    within=another_member,
)
def add_tokens(parts: "AccountsParts", call: Call, *, user_id: UserId, body: AddTokens) -> UserOut:
    """Without a kind they raise each month's quota until they are taken back.

    With a header `Idempotency-Key` (200 characters at most) the same admin's repetition within
    24 hours grants nothing more and answers with the user; 409: the key was used for another
    amount.
    """
    change = parts.user_changes.add_tokens(
        user_id,
        body.amount,
        term=body.term,
        actor=call.as_actor,
        reason=body.reason,
        idempotency_key=idempotency_key(call),
        check=grant_rule(parts, call, body.amount, body.term),
    )
    return shown(parts, change.after)


@operation(
    "POST",
    "/admin/users/{user_id}/reset-usage",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="resetMonthlyUsage",
    summary="Set a user's usage of this month to zero",
    problems=(409,),
)
def reset_monthly_usage(
    parts: "AccountsParts", call: Call, *, user_id: UserId, body: OptionalReason
) -> UserOut:
    """The usage records stay; open requests are still charged. Again changes nothing."""
    change = parts.user_changes.reset_usage(user_id, actor=call.as_actor, reason=body.reason)
    return shown(parts, change.after)


def shown(parts: "AccountsParts", account: Account) -> UserOut:
    """A user on the wire."""
    return UserOut.of(
        row_of(account.user, threshold_rule_of(parts.platform.settings)),
        account.renews_at,
        parts.plan_store.recent().in_groups.get(account.user.group_id),
    )


def idempotency_key(call: Call) -> str | None:
    """The header, if there is one; raises ValidationFailedError for one that is too long."""
    key = call.headers.get("idempotency-key", "").strip()
    if len(key) > MAX_IDEMPOTENCY_CHARACTERS:
        message = f"must have at most {MAX_IDEMPOTENCY_CHARACTERS} characters"
        raise ValidationFailedError([("Idempotency-Key", "string_too_long", message)])
    return key or None
