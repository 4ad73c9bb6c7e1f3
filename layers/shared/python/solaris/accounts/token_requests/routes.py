"""Requests for tokens: made by users on their own page, decided by managers and admins."""

from typing import TYPE_CHECKING

from solaris.accounts.managing import grant_rule
from solaris.accounts.schemas import UserId
from solaris.accounts.self_service.routes import opened_link
from solaris.accounts.token_requests.listing import AskedBy, stored_in
from solaris.accounts.token_requests.request import RequestState
from solaris.accounts.token_requests.schemas import (
    ApproveRequest,
    AskForTokens,
    DenyRequest,
    OwnRequest,
    RequestId,
    RequestPolicyIn,
    RequestPolicyOut,
    TokenRequestOut,
    TokenRequestsOfUser,
    TokenRequestsQuery,
    UserRequestsQuery,
)
from solaris.platform.access import (
    ADMINS,
    MEMBER_CHANGERS,
    MEMBER_READERS,
    OPEN,
    READERS,
    Access,
    Scope,
)
from solaris.platform.actor import Actor
from solaris.platform.errors import NotFoundError
from solaris.platform.web.operations import Call, keeps_to_groups, operation
from solaris.platform.web.schemas import Page
from solaris.quota.groups.managing import a_member, another_member, reach
from solaris.quota.groups.reach import narrowed

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts

TAG = "Requests"


@operation(
    "POST",
    "/me/requests",
    access=OPEN,
    tag="Self-service",
    name="askForTokens",
    summary="Ask for more tokens, by a personal link",
    status=201,
    problems=(401, 409),
)
def ask_for_tokens(parts: "AccountsParts", call: Call, *, body: AskForTokens) -> OwnRequest:
    """One is pending at a time; it lapses with its month, and after a no there are 7 days' pause.

    The state is `approved` at once where the policy gives as much.
    """
    user = parts.self_service.user(opened_link(parts, call).user_id)
    actor = Actor(name=user.email, request_id=call.request_id, ip_address=call.ip_address)
    request = parts.token_requests.ask(user.user_id, body.tokens, body.reason, actor)
    return OwnRequest.of(request, request.period)


@operation(
    "GET",
    "/admin/requests",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getTokenRequests",
    summary="Requests for tokens, newest first",
    within=keeps_to_groups,
)
def get_token_requests(
    parts: "AccountsParts", call: Call, *, query: TokenRequestsQuery
) -> Page[TokenRequestOut]:
    """Pending ones of this month unless stated; `total` counts those, a thousand at most."""
    now = parts.token_requests.period()
    groups = frozenset(narrowed(query.group, reach(parts, call))) or None
    where = stored_in(query.state, query.period, now)
    if where is None:
        return Page[TokenRequestOut](items=[], next_cursor=None)
    page = parts.request_lists.page(*where, query.limit, query.cursor, groups)
    is_waiting = query.state is RequestState.PENDING
    return Page[TokenRequestOut](
        items=[_shown(parts, one) for one in page.items],
        next_cursor=page.next_cursor,
        total=parts.request_lists.waiting(now, groups) if is_waiting else None,
    )


@operation(
    "GET",
    "/admin/requests/policy",
    access=Access(READERS, key=Scope.SETTINGS_READ),
    tag=TAG,
    name="getRequestPolicy",
    summary="Whether users may ask, and what they get at once",
)
def get_request_policy(parts: "AccountsParts", call: Call) -> RequestPolicyOut:  # noqa: ARG001 - the shape of every handler
    """Never changed: they may ask, and somebody always decides."""
    return RequestPolicyOut.of(parts.request_policies.read())


@operation(
    "PUT",
    "/admin/requests/policy",
    access=Access(ADMINS, key=Scope.SETTINGS_WRITE),
    tag=TAG,
    name="changeRequestPolicy",
    summary="Change whether users may ask, and what they get at once",
    problems=(409,),
)
def change_request_policy(
    parts: "AccountsParts", call: Call, *, body: RequestPolicyIn
) -> RequestPolicyOut:
    """In force for requests from then on. 409: somebody else has changed it meanwhile."""
    changed = parts.request_policies.change(
        body.policy, version=body.version, actor=call.as_actor, reason=body.reason
    )
    return RequestPolicyOut.of(changed)


@operation(
    "GET",
    "/admin/users/{user_id}/requests",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getUserRequests",
    summary="A user's requests for tokens, newest first",
    within=a_member,
)
def get_user_requests(
    parts: "AccountsParts",
    call: Call,  # noqa: ARG001 - the shape of every handler
    *,
    user_id: UserId,
    query: UserRequestsQuery,
) -> TokenRequestsOfUser:
    """Those of the last 400 days."""
    account = parts.request_lists.account(user_id)
    if account is None:
        msg = f"no such user: {user_id}"
        raise NotFoundError(msg)
    found = parts.request_lists.of_user(account, query.limit)
    return TokenRequestsOfUser(items=[_shown(parts, one) for one in found])


@operation(
    "POST",
    "/admin/users/{user_id}/requests/{request_id}/approve",
    access=Access(MEMBER_CHANGERS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="approveRequest",
    summary="Grant what a user has asked for, or another amount",
    problems=(409,),
    within=another_member,
)
def approve_request(
    parts: "AccountsParts",
    call: Call,
    *,
    user_id: UserId,
    request_id: RequestId,
    body: ApproveRequest,
) -> TokenRequestOut:
    """Grant and decision are one transaction; again by the same person changes nothing.

    A manager grants for this month, up to MANAGER_GRANT_CEILING. 409: somebody else has decided,
    or the month of the request is over.
    """
    approval = body.approval()
    request = parts.token_requests.of(user_id, request_id)
    tokens = request.tokens if approval.tokens is None else approval.tokens
    decided = parts.token_requests.approve(
        user_id,
        request_id,
        approval,
        actor=call.as_actor,
        check=grant_rule(parts, call, tokens, approval.term, field="tokens"),
    )
    return _shown(parts, AskedBy(decided, parts.history.account(user_id)))


@operation(
    "POST",
    "/admin/users/{user_id}/requests/{request_id}/deny",
    access=Access(MEMBER_CHANGERS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="denyRequest",
    summary="Say no to a user's request",
    problems=(409,),
    within=another_member,
)
def deny_request(
    parts: "AccountsParts", call: Call, *, user_id: UserId, request_id: RequestId, body: DenyRequest
) -> TokenRequestOut:
    """The user hears of it, with the note, and may not ask again for seven days."""
    decided = parts.token_requests.deny(user_id, request_id, body.note, actor=call.as_actor)
    return _shown(parts, AskedBy(decided, parts.history.account(user_id)))


def _shown(parts: "AccountsParts", one: AskedBy) -> TokenRequestOut:
    group = parts.plan_store.recent().in_groups.get(one.account.user.group_id)
    return TokenRequestOut.about(one, None if group is None else group.name)
