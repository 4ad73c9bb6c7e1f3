"""Channels: where alerts go besides the mails."""

from typing import TYPE_CHECKING

from solaris.channels.schemas import (
    ChannelCreate,
    ChannelHistory,
    ChannelId,
    ChannelList,
    ChannelMade,
    ChannelOut,
    ChannelUpdate,
    DeliveryTry,
)
from solaris.platform.access import ADMINS, READERS, Access, Scope
from solaris.platform.web.operations import Call, operation

if TYPE_CHECKING:
    from solaris.channels.parts import ChannelsParts

TAG = "Channels"


@operation(
    "GET",
    "/admin/channels",
    access=Access(READERS, key=Scope.SETTINGS_READ),
    tag=TAG,
    name="listChannels",
    summary="List channels",
)
def list_channels(parts: "ChannelsParts", call: Call) -> ChannelList:  # noqa: ARG001 - the shape of every handler
    """All of them, by name; there are 20 at most."""
    return ChannelList(items=[ChannelOut.of(row) for row in parts.management.every()])


@operation(
    "POST",
    "/admin/channels",
    access=Access(ADMINS),
    tag=TAG,
    name="createChannel",
    summary="Make a channel",
    status=201,
    problems=(409,),
)
def create_channel(parts: "ChannelsParts", call: Call, *, body: ChannelCreate) -> ChannelMade:
    """The answer shows a webhook's secret, this once. In force within five seconds."""
    return ChannelMade.made(parts.management.create(body.terms(), call.as_actor))


@operation(
    "GET",
    "/admin/channels/{channel_id}",
    access=Access(READERS, key=Scope.SETTINGS_READ),
    tag=TAG,
    name="getChannel",
    summary="One channel",
)
def get_channel(parts: "ChannelsParts", call: Call, *, channel_id: ChannelId) -> ChannelOut:  # noqa: ARG001 - the shape of every handler
    """As it is now."""
    return ChannelOut.of(parts.management.get(channel_id))


@operation(
    "PUT",
    "/admin/channels/{channel_id}",
    access=Access(ADMINS),
    tag=TAG,
    name="updateChannel",
    summary="Change a channel",
    problems=(409,),
)
def update_channel(
    parts: "ChannelsParts", call: Call, *, channel_id: ChannelId, body: ChannelUpdate
) -> ChannelOut:
    """What is not named stays. In force within five seconds."""
    return ChannelOut.of(parts.management.update(channel_id, body.changes(), call.as_actor))


@operation(
    "DELETE",
    "/admin/channels/{channel_id}",
    access=Access(ADMINS),
    tag=TAG,
    name="deleteChannel",
    summary="Remove a channel",
    problems=(409,),
)
def delete_channel(parts: "ChannelsParts", call: Call, *, channel_id: ChannelId) -> None:
    """With its history; what waits to be delivered is dropped."""
    parts.management.delete(channel_id, call.as_actor)


@operation(
    "POST",
    "/admin/channels/{channel_id}/test",
    access=Access(ADMINS),
    tag=TAG,
    name="testChannel",
    summary="Send a test",
)
def test_channel(parts: "ChannelsParts", call: Call, *, channel_id: ChannelId) -> DeliveryTry:
    """Sent at once, paused or not; the answer comes within some ten seconds."""
    return DeliveryTry.of(parts.management.test(channel_id, call.as_actor))


@operation(
    "POST",
    "/admin/channels/{channel_id}/rotate-secret",
    access=Access(ADMINS),
    tag=TAG,
    name="rotateChannelSecret",
    summary="Give a webhook a new secret",
    problems=(409, 422),
)
def rotate_secret(parts: "ChannelsParts", call: Call, *, channel_id: ChannelId) -> ChannelMade:
    """The answer shows it, this once. The one before signs as well for 24 hours."""
    return ChannelMade.made(parts.management.rotate(channel_id, call.as_actor))


@operation(
    "POST",
    "/admin/channels/{channel_id}/resume",
    access=Access(ADMINS),
    tag=TAG,
    name="resumeChannel",
    summary="Let a paused channel get alerts again",
    problems=(409,),
)
def resume_channel(parts: "ChannelsParts", call: Call, *, channel_id: ChannelId) -> ChannelOut:
    """Again changes nothing. What happened while it was paused is not sent."""
    return ChannelOut.of(parts.management.resume(channel_id, call.as_actor))


@operation(
    "GET",
    "/admin/channels/{channel_id}/history",
    access=Access(READERS, key=Scope.SETTINGS_READ),
    tag=TAG,
    name="getChannelHistory",
    summary="The last deliveries of a channel",
)
def get_history(parts: "ChannelsParts", call: Call, *, channel_id: ChannelId) -> ChannelHistory:  # noqa: ARG001 - the shape of every handler
    """The last 50 tries, newest first."""
    row = parts.management.get(channel_id)
    return ChannelHistory(items=[DeliveryTry.of(one) for one in row.standing.tries])
