"""What API Gateway answers by itself, before or instead of a function.

Under /v1 in OpenAI's shape, everywhere else as problem details: both are in what template.yaml's
GatewayResponses make on AWS.
"""

import math
import uuid
from collections.abc import Mapping

import orjson

from solaris.platform.errors import (
    OverloadedError,
    RateLimitedError,
    SolarisError,
    StoreUnavailableError,
)
from solaris.platform.settings import Settings
from solaris.platform.web.edge_headers import edge_headers
from solaris.platform.web.errors import JSON, SECURITY_HEADERS, STORE_RETRY_SECONDS, error_answer
from solaris.platform.web.messages import HttpReply, locale_of
from solaris.platform.web.operations import BASE_PATH
from solaris.platform.web.problems import problem_reply


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
    if path.startswith("/v1/"):
        refused = error_answer(error, settings.locale, uuid.uuid4().hex)
        sent = {"content-type": JSON, **refused.headers, **_lower(SECURITY_HEADERS), **extra}
        return HttpReply(status=refused.status, headers=sent, body=orjson.dumps(refused.body))
    if isinstance(error, RateLimitedError | OverloadedError):
        extra["retry-after"] = str(max(1, math.ceil(error.retry_after_seconds)))
    if isinstance(error, StoreUnavailableError):
        extra["retry-after"] = str(STORE_RETRY_SECONDS)
    request_id = uuid.uuid4().hex
    locale = locale_of(headers, settings.locale)
    reply = problem_reply(error, locale, request_id=request_id, path=path)
    edge = edge_headers(request_id, settings.cors_allowed_origins, headers)
    return reply.with_headers(extra | edge)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
