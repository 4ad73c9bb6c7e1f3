"""Operations as routes of a Chalice app.

template.yaml must name `*/*` as the API's binary media type: bodies then pass API Gateway as they
are, in both directions.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from chalice.app import Chalice, Response

from solaris.platform.web.dispatch import PartsOf, answer
from solaris.platform.web.edge_headers import preflight
from solaris.platform.web.gateway_events import request_of, response_of
from solaris.platform.web.messages import HttpReply, HttpRequest
from solaris.platform.web.operations import Operation
from solaris.platform.web.trusted_proxies import Front

if TYPE_CHECKING:
    from solaris.platform.parts import PlatformParts


class WholeResponse(Response):
    """An answer that Chalice passes on as it is, text or bytes."""

    def __init__(self, reply: HttpReply) -> None:
        super().__init__(body="", headers=dict(reply.headers), status_code=reply.status)
        self._reply = reply

    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:  # noqa: ARG002
        """The proxy integration's answer."""
        return response_of(self._reply)


def mount(
    app: Chalice,
    platform: "PlatformParts",
    parts_of: PartsOf,
    operations: Sequence[Operation],
    authorizer: object,
) -> None:
    """Give the app a route for each operation, and OPTIONS for each path.

    Bodies of any content type come through: what is no JSON is refused as a problem, not in
    Chalice's shape.
    """
    app.api.binary_types = []  # WholeResponse encodes by itself, whatever Accept says
    front = platform.settings.front
    methods: dict[str, list[str]] = defaultdict(list)
    for operation in operations:
        methods[operation.route].append(operation.method)
        app.route(
            operation.route,
            methods=[operation.method],
            content_types=["*/*"],
            authorizer=None if operation.access.is_open else authorizer,
        )(_view(app, operation.name, partial(answer, platform, parts_of, operation), front))
    origins = platform.settings.cors_allowed_origins
    for route, allowed in methods.items():
        app.route(route, methods=["OPTIONS"], content_types=["*/*"])(
            _view(app, "options", partial(preflight, origins, allowed), front)
        )


def _view(
    app: Chalice, name: str, answers: Callable[[HttpRequest], HttpReply], front: Front
) -> Callable[..., WholeResponse]:
    def view(**_: str) -> WholeResponse:
        current: Any = app.current_request
        event = current.to_original_event()
        return WholeResponse(answers(request_of(event, current.raw_body, front)))

    view.__name__ = name
    return view
