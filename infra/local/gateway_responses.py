"""What API Gateway answers by itself, before or instead of a function.

Under /api these are problem details in the API's own shape, as template.yaml's GatewayResponses
make them on AWS; elsewhere they are API Gateway's plain messages.
"""

import uuid
from collections.abc import Mapping

from solaris.api.edge_headers import edge_headers
from solaris.api.messages import HttpReply, locale_of
from solaris.api.operations import BASE_PATH
from solaris.api.problems import problem_reply
from solaris.errors import (
    ForbiddenError,
    InvalidRequestError,
    MethodNotAllowedError,
    PayloadTooLargeError,
    SolarisError,
    StoreUnavailableError,
    UnauthenticatedError,
    UnknownPathError,
)
from solaris.http import JSON, STORE_RETRY_SECONDS, status_of
from solaris.settings import Settings

_PLAIN: Mapping[type[SolarisError], bytes] = {
    UnauthenticatedError: b'{"message": "Unauthorized"}',
    ForbiddenError: b'{"message": "Forbidden"}',
    UnknownPathError: b'{"message": "Not Found"}',
    MethodNotAllowedError: b'{"message": "Method Not Allowed"}',
    InvalidRequestError: b'{"message": "Bad Request"}',
    PayloadTooLargeError: b'{"message": "Request Too Long"}',
    StoreUnavailableError: b'{"message": "Service Unavailable"}',
}


def is_api(path: str) -> bool:
    """Whether a path is the admin API's."""
    return path == BASE_PATH or path.startswith(BASE_PATH + "/")


def gateway_response(
    error: SolarisError,
    *,
    path: str,
    headers: Mapping[str, str],
    settings: Settings,
    allowed: str | None = None,
) -> HttpReply:
    """The answer to a request that no function answers; `allowed` is the Allow header of a 405."""
    extra = {"allow": allowed} if allowed else {}
    if isinstance(error, StoreUnavailableError):
        extra["retry-after"] = str(STORE_RETRY_SECONDS)
    if not is_api(path):
        body = _PLAIN.get(type(error), b'{"message": "Internal server error"}')
        return HttpReply(
            status=status_of(error), headers={"content-type": JSON, **extra}, body=body
        )
    request_id = uuid.uuid4().hex
    locale = locale_of(headers, settings.locale)
    reply = problem_reply(error, locale, request_id=request_id, path=path)
    edge = edge_headers(request_id, settings.cors_allowed_origins, headers)
    return reply.with_headers(extra | edge)
