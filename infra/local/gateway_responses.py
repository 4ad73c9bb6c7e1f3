"""What API Gateway answers by itself, before or instead of a function.

Under /api these are problem details in the API's own shape, as template.yaml's GatewayResponses
make them on AWS; elsewhere they are API Gateway's plain messages.
"""

import math
import uuid
from collections.abc import Mapping

import orjson

from solaris.api.edge_headers import edge_headers
from solaris.api.messages import HttpReply, locale_of
from solaris.api.operations import BASE_PATH
from solaris.api.problems import problem_reply
from solaris.errors import (
    ForbiddenError,
    InvalidApiKeyError,
    InvalidRequestError,
    MethodNotAllowedError,
    OverloadedError,
    PayloadTooLargeError,
    RateLimitedError,
    SolarisError,
    StoreUnavailableError,
    UnauthenticatedError,
    UnknownPathError,
)
from solaris.http import (
    JSON,
    SECURITY_HEADERS,
    STORE_RETRY_SECONDS,
    error_answer,
    status_of,
)
from solaris.settings import Settings

_PLAIN: Mapping[type[SolarisError], bytes] = {
    UnauthenticatedError: b'{"message": "Unauthorized"}',
    ForbiddenError: b'{"message": "Forbidden"}',
    UnknownPathError: b'{"message": "Not Found"}',
    MethodNotAllowedError: b'{"message": "Method Not Allowed"}',
    InvalidRequestError: b'{"message": "Bad Request"}',
    PayloadTooLargeError: b'{"message": "Request Too Long"}',
    StoreUnavailableError: b'{"message": "Service Unavailable"}',
    OverloadedError: b'{"message": "Service Unavailable"}',
    RateLimitedError: b'{"message": "Too Many Requests"}',
}
# What the quota function itself would have said, in its own shape.
_OF_THE_KEY = (InvalidApiKeyError, RateLimitedError, OverloadedError)


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
    if path.startswith("/v1/") and isinstance(error, _OF_THE_KEY):
        refused = error_answer(error, settings.locale, uuid.uuid4().hex)
        sent = {"content-type": JSON, **refused.headers, **_lower(SECURITY_HEADERS)}
        return HttpReply(status=refused.status, headers=sent, body=orjson.dumps(refused.body))
    if isinstance(error, RateLimitedError | OverloadedError):
        extra["retry-after"] = str(max(1, math.ceil(error.retry_after_seconds)))
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


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
