"""One request through one operation: access, rate, arguments, handler, answer.

Nothing is raised: every failure is an answer, and a failure of ours tells nothing of its inside.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from solaris.platform.access import Scope
from solaris.platform.actor import Role
from solaris.platform.errors import (
    ForbiddenError,
    InvalidAdminKeyError,
    InvalidCredentialsError,
    LoginLockedError,
    NotAnAdminKeyError,
    SolarisError,
    UnauthenticatedError,
)
from solaris.platform.logs import get_logger
from solaris.platform.metrics import (
    ADMIN_DURATION,
    ADMIN_REQUESTS,
    LOGIN_FAILURES,
    Metrics,
    publish_now,
)
from solaris.platform.texts import Locale
from solaris.platform.web.edge_headers import edge_headers
from solaris.platform.web.messages import HttpReply, HttpRequest, cookies_of, locale_of
from solaris.platform.web.operations import JSON, Call, Caller, Operation, Reply
from solaris.platform.web.parsing import arguments_of
from solaris.platform.web.problems import problem_reply

if TYPE_CHECKING:
    from solaris.platform.parts import PlatformParts

PartsOf = Callable[[str], object]
"""A package's parts, by its name; they are made when they are first asked for."""

# Read by every client at its start, the same for all, made once.
UNLIMITED = frozenset({"/openapi.json"})
# Limits by whom its token names: a whole office, and its admins, may have one address.
_LIMITS_ITSELF = frozenset({"/me"})
_SERVER_ERRORS = 500
# What the authorizer passes on to be refused here, where there are words for it.
_NOBODY: Mapping[str | None, type[SolarisError]] = {
    one.code: one for one in (InvalidAdminKeyError, NotAnAdminKeyError)
}

_log = get_logger("solaris.admin")


def answer(
    platform: "PlatformParts", parts_of: PartsOf, operation: Operation, request: HttpRequest
) -> HttpReply:
    """Answer one request of an operation, whose handler gets its own package's parts."""
    began = time.perf_counter()
    settings = platform.settings
    locale = locale_of(request.headers, settings.locale)
    caller = _caller(request)
    code = None
    try:
        settings.front.admit(request.headers)
        call = _call(request, caller, locale)
        _check(platform, operation, call, request.authorizer.get("refused"))
        arguments = arguments_of(operation, request, locale, settings.zone)
        parts = parts_of(operation.package)
        if call.caller is not None and call.caller.role is Role.MANAGER:
            _keep_within(operation, parts, call, arguments)
        reply = _reply(operation, operation.handler(parts, call, **arguments))
    except SolarisError as error:
        code = error.code
        reply = _refused(error, request, locale)
    except Exception:  # noqa: BLE001 - the boundary: the caller gets an answer
        code = SolarisError.code
        _log.exception("unexpected_error", request_id=request.request_id, operation=operation.name)
        reply = _refused(SolarisError(), request, locale)
    seconds = time.perf_counter() - began
    count_admin_request(
        platform.metrics, operation.name, status=reply.status, seconds=seconds, code=code
    )
    publish_now(platform.metrics, platform.cache)
    _log.info(
        "admin_request",
        request_id=request.request_id,
        operation=operation.name,
        status=reply.status,
        code=code,
        duration_ms=round(seconds * 1000, 1),
        actor=caller.name if caller else None,
    )
    return reply.with_headers(
        edge_headers(request.request_id, settings.cors_allowed_origins, request.headers)
    )


def _call(request: HttpRequest, caller: Caller | None, locale: Locale) -> Call:
    return Call(
        request_id=request.request_id,
        path=request.path,
        locale=locale,
        caller=caller,
        ip_address=request.ip_address,
        user_agent=request.headers.get("user-agent"),
        headers=request.headers,
        cookies=cookies_of(request.headers.get("cookie", "")),
    )


def _caller(request: HttpRequest) -> Caller | None:
    """Whom the authorizer vouches for: all that it says is a text."""
    said = request.authorizer
    if {"key", "scopes"} <= said.keys():
        known = frozenset(Scope) & frozenset(said["scopes"].split())
        return Caller(name=said["key"], scopes=frozenset(map(Scope, known)))
    if not {"email", "role", "session_id"} <= said.keys() or said["role"] not in set(Role):
        return None
    return Caller(name=said["email"], role=Role(said["role"]), session_id=said["session_id"])


def _check(
    platform: "PlatformParts", operation: Operation, call: Call, refusal: str | None
) -> None:
    """Raise UnauthenticatedError, RateLimitedError, then what says that the caller may not.

    Each key has a rate of its own, as each person has: none takes requests from another.
    """
    if operation.access.is_open:
        if operation.path not in UNLIMITED | _LIMITS_ITSELF:
            platform.admin_limiter.admit(f"ip:{call.ip_address}")
        return
    if call.caller is None:
        platform.admin_limiter.admit(f"wrong-key:{call.ip_address}")
        raise _NOBODY.get(refusal, UnauthenticatedError)
    platform.admin_limiter.admit(call.caller.name)
    call.caller.require(operation.access)


def _keep_within(
    operation: Operation, parts: object, call: Call, arguments: Mapping[str, Any]
) -> None:
    """Raise what says that a manager of groups may not; an operation without `within` is closed."""
    if operation.access.is_open:
        return
    if operation.within is None:
        raise ForbiddenError
    operation.within(parts, call, arguments)


def _reply(operation: Operation, returned: Any) -> HttpReply:
    if not isinstance(returned, Reply):
        returned = Reply(content=returned)
    content, media_type = returned.content, returned.media_type
    status = returned.status or operation.status
    headers = {name.lower(): value for name, value in returned.headers.items()}
    if content is None:
        return HttpReply(status=status, headers=headers, cookies=returned.cookies)
    headers["content-type"] = media_type
    is_text = isinstance(content, BaseModel) or media_type == JSON
    body = (
        content if isinstance(content, bytes) else content.model_dump_json(by_alias=True).encode()
    )
    return HttpReply(
        status=status,
        headers=headers,
        cookies=returned.cookies,
        body=body,
        is_binary=not is_text,
    )


def _refused(error: SolarisError, request: HttpRequest, locale: Locale) -> HttpReply:
    reply = problem_reply(error, locale, request_id=request.request_id, path=request.path)
    if reply.status >= _SERVER_ERRORS:
        # to the operator the cause, which the caller does not get
        _log.warning("request_failed", request_id=request.request_id, reason=str(error)[:200])
    return reply


LOGIN_CODES = frozenset({InvalidCredentialsError.code, LoginLockedError.code})


def count_admin_request(
    metrics: Metrics, operation: str, *, status: int, seconds: float, code: str | None
) -> None:
    """Count one call of the admin API; `code` is that of its refusal, if it was refused."""
    metrics.count(ADMIN_REQUESTS, operation, str(status))
    metrics.observe(ADMIN_DURATION, seconds, operation)
    if code in LOGIN_CODES:
        metrics.count(LOGIN_FAILURES, code)
