"""Weights of models."""

from typing import TYPE_CHECKING

from solaris.platform.access import ADMINS, READERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.weights.schemas import WeightsChange, WeightsIn, WeightsOut, WeightsPreviewOut

if TYPE_CHECKING:
    from solaris.weights.parts import WeightsParts

TAG = "Models"


@operation(
    "GET",
    "/admin/weights",
    access=Access(READERS, key=Scope.SETTINGS_READ),
    tag=TAG,
    name="getWeights",
    summary="How much a token of which model counts",
)
def get_weights(parts: "WeightsParts", call: Call) -> WeightsOut:  # noqa: ARG001 - the shape of every handler
    """The exact name goes first, then the longest beginning, then `*`, else once."""
    return WeightsOut.of(parts.admin.view())


@operation(
    "PUT",
    "/admin/weights",
    access=Access(ADMINS, key=Scope.SETTINGS_WRITE),
    tag=TAG,
    name="changeWeights",
    summary="Change how much tokens count",
    problems=(409,),
)
def change_weights(parts: "WeightsParts", call: Call, *, body: WeightsChange) -> WeightsOut:
    """In force everywhere within five seconds, for requests that begin then.

    The whole table is written. 409: somebody else has changed it meanwhile.
    """
    parts.admin.change(
        body.entries(), version=body.version, actor=call.as_actor, reason=body.reason
    )
    return WeightsOut.of(parts.admin.view())


@operation(
    "POST",
    "/admin/weights/preview",
    access=Access(READERS, key=Scope.SETTINGS_READ),
    tag=TAG,
    name="previewWeights",
    summary="What the last month would have charged by other weights",
)
def preview_weights(parts: "WeightsParts", call: Call, *, body: WeightsIn) -> WeightsPreviewOut:  # noqa: ARG001 - the shape of every handler
    """Of this month, where the last one was idle. Nothing is changed."""
    return WeightsPreviewOut.of(parts.admin.preview(body.entries()))
