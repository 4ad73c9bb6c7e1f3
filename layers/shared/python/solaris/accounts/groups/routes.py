"""Groups: looked at, tried out, made, changed, taken away."""

import time
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from solaris.accounts.groups import people
from solaris.accounts.groups.people import Members
from solaris.accounts.groups.schemas import (
    GroupCreate,
    GroupOut,
    GroupPreviewOut,
    GroupsOut,
    GroupTermsIn,
    GroupUpdate,
)
from solaris.accounts.plans.impact import impact_of
from solaris.accounts.plans.schemas import PropagationOut
from solaris.accounts.schemas import GroupId, Reason
from solaris.platform.access import ADMINS, MEMBER_READERS, REPORT_READERS, Access, Scope
from solaris.platform.errors import ConflictError, NotFoundError
from solaris.platform.web.operations import Call, keeps_to_groups, operation
from solaris.platform.web.schemas import ApiModel
from solaris.quota.groups.group import Group
from solaris.quota.groups.managing import reach
from solaris.quota.periods import period_of

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts

TAG = "Groups"
FIRST_SECONDS = 2.0
"""So long a change itself works at bringing it to members: in a small company all of it."""


class DeleteGroupQuery(ApiModel):
    """What becomes of the members."""

    members: Literal["release"] | None = Field(
        default=None,
        description="`release`: they get what their plans say. Needed while there are any.",
    )
    reason: Reason = ""


@operation(
    "GET",
    "/admin/groups",
    access=Access(MEMBER_READERS | REPORT_READERS, key=Scope.GROUPS_READ),
    tag=TAG,
    name="getGroups",
    summary="What each group states, who is in it, how far the last change has come",
    within=keeps_to_groups,
)
def get_groups(parts: "AccountsParts", call: Call) -> GroupsOut:
    """A user has one home group, by which their quota and the reports go.

    While `propagation.state` is `running`, POST /admin/plans/propagation goes on with it; the
    sweep does so too.
    """
    now = parts.groups.now()
    members = parts.directory.ask(people.counts)
    managed = reach(parts, call)
    groups = sorted(
        (one for key, one in now.stated.groups.items() if managed is None or key in managed),
        key=lambda one: one.key,
    )
    progress = now.progress if managed is None else None
    return GroupsOut(
        items=[GroupOut.of(one, members.get(one.group_id, Members())) for one in groups],
        users_without_group=members.get("", Members()).users if managed is None else 0,
        propagation=None if progress is None else PropagationOut.of(progress),
    )


@operation(
    "POST",
    "/admin/groups",
    access=Access(ADMINS, key=Scope.GROUPS_WRITE),
    tag=TAG,
    name="createGroup",
    summary="Make a group",
    status=201,
    problems=(409,),
)
def create_group(parts: "AccountsParts", call: Call, *, body: GroupCreate) -> GroupOut:
    """Nobody is in it yet: `groupId` of a user says where they belong."""
    group = parts.groups.create(body.change(), actor=call.as_actor, reason=body.reason)
    return GroupOut.of(group, Members())


@operation(
    "GET",
    "/admin/groups/{group_id}",
    access=Access(MEMBER_READERS | REPORT_READERS, key=Scope.GROUPS_READ),
    tag=TAG,
    name="getGroup",
    summary="One group",
    within=keeps_to_groups,
)
def get_group(parts: "AccountsParts", call: Call, *, group_id: GroupId) -> GroupOut:
    """Its members are `GET /admin/users?group=<id>`."""
    group, managed = parts.groups.now().stated.groups.get(group_id), reach(parts, call)
    if group is None or (managed is not None and group_id not in managed):
        msg = f"no such group: {group_id}"
        raise NotFoundError(msg)
    return _shown(parts, group)


@operation(
    "POST",
    "/admin/groups/{group_id}/preview",
    access=Access(ADMINS, key=Scope.GROUPS_WRITE),
    tag=TAG,
    name="previewGroup",
    summary="What a change would do to the members",
)
def preview_group(
    parts: "AccountsParts",
    call: Call,  # noqa: ARG001 - the shape of every handler
    *,
    group_id: GroupId,
    body: GroupTermsIn,
) -> GroupPreviewOut:
    """Nothing is written."""
    drafted = parts.groups.drafted(parts.groups.now().stated, group_id, body.change())
    impact = impact_of(
        parts.directory.ask(people.of(group_id)),
        drafted.terms_of,
        seeds=parts.plan_store.seeds,
        period=period_of(parts.platform.clock(), parts.platform.settings.zone),
    )
    return GroupPreviewOut.of(impact)


@operation(
    "PUT",
    "/admin/groups/{group_id}",
    access=Access(ADMINS, key=Scope.GROUPS_WRITE),
    tag=TAG,
    name="updateGroup",
    summary="Change a group, and bring it to its members",
    problems=(409,),
)
def update_group(
    parts: "AccountsParts", call: Call, *, group_id: GroupId, body: GroupUpdate
) -> GroupOut:
    """Members have it within two seconds in a small company, else as `propagation` tells.

    409: somebody else has changed the group since `version`.
    """
    group = parts.groups.change(
        group_id,
        body.change(),
        version=body.version,
        actor=call.as_actor,
        reason=body.reason,
        total=_total(parts),
    )
    _bring(parts)
    return _shown(parts, group)


@operation(
    "DELETE",
    "/admin/groups/{group_id}",
    access=Access(ADMINS, key=Scope.GROUPS_WRITE),
    tag=TAG,
    name="deleteGroup",
    summary="Take a group away",
    problems=(409,),
)
def delete_group(
    parts: "AccountsParts", call: Call, *, group_id: GroupId, query: DeleteGroupQuery
) -> None:
    """The reports of its time keep its name. 409: it has members, and nobody said what of them."""
    members = parts.directory.ask(people.counts).get(group_id, Members())
    if members.users and query.members is None:
        msg = f"the group has {members.users} members; members=release lets them go"
        raise ConflictError(msg)
    parts.groups.delete(group_id, actor=call.as_actor, reason=query.reason, total=_total(parts))
    _bring(parts)


def _shown(parts: "AccountsParts", group: Group) -> GroupOut:
    members = parts.directory.ask(people.counts)
    return GroupOut.of(group, members.get(group.group_id, Members()))


def _total(parts: "AccountsParts") -> int:
    return sum(one.users for one in parts.directory.ask(people.counts).values())


def _bring(parts: "AccountsParts") -> None:
    end = time.monotonic() + FIRST_SECONDS
    parts.propagation.run(lambda: end - time.monotonic())
