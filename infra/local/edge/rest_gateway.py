"""One Chalice REST app behind what API Gateway does: the event, the authorizer, the call."""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import ForbiddenError as AuthorizerDenied
from chalice.local import LocalGateway, NotAuthorizedError

from solaris.platform.errors import ForbiddenError, StoreUnavailableError, UnauthenticatedError
from solaris.platform.logs import get_logger

_UNAUTHORIZED = "Unauthorized"  # the error text of which API Gateway makes a 401

_log = get_logger("solaris.local.functions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One request as it came: nothing is decoded, header names are in lower case."""

    method: str
    path: str
    query_string: str
    headers: list[tuple[str, str]]
    body: bytes
    client: str

    @property
    def single_headers(self) -> dict[str, str]:
        """Each name once; what was repeated is joined, so that nothing hides behind it."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            separator = "; " if name == "cookie" else ", "
            found[name] = f"{found[name]}{separator}{value}" if name in found else value
        return found


class RestGateway(LocalGateway):
    """Chalice's own local gateway, with whole events: ids, addresses, whatever is repeated."""

    def __init__(self, app: Chalice) -> None:
        super().__init__(app, Config())
        self._app = app

    def answer(self, request: Incoming, route: str) -> dict[str, Any]:
        """The function's answer to a request of one of its routes.

        Raises UnauthenticatedError and ForbiddenError as the authorizer says, and
        StoreUnavailableError when the authorizer fails.
        """
        event = event_of(request, route)
        context = self._generate_lambda_context()
        if request.method == "OPTIONS" and not self._has_user_defined_options_method(event):
            headers = self._autogen_options_headers(event)
            return {"statusCode": 200, "headers": headers, "multiValueHeaders": {}, "body": ""}
        try:
            event, context = self._authorizer.authorize(request.path, event, context)
        except NotAuthorizedError as error:
            raise UnauthenticatedError from error
        except AuthorizerDenied as error:
            raise ForbiddenError from error
        except Exception as error:
            if str(error) == _UNAUTHORIZED:
                raise UnauthenticatedError from error
            _log.exception("authorizer_failed", path=request.path)
            raise StoreUnavailableError from error
        answer: dict[str, Any] = self._app(event, context)
        return answer


def event_of(request: Incoming, route: str) -> dict[str, Any]:
    """API Gateway's proxy event: query decoded, path parameters as they came."""
    many: dict[str, list[str]] = {}
    for name, value in request.headers:
        many.setdefault(name, []).append(value)
    # no parameter is no mapping at all, as on API Gateway
    query = parse_qs(request.query_string, keep_blank_values=True) or None
    pairs = zip(route.strip("/").split("/"), request.path.strip("/").split("/"), strict=True)
    return {
        "httpMethod": request.method,
        "resource": route,
        "path": request.path,
        "headers": request.single_headers,
        "multiValueHeaders": many,
        "multiValueQueryStringParameters": query,
        "pathParameters": {part[1:-1]: given for part, given in pairs if part.startswith("{")},
        "stageVariables": {},
        "requestContext": {
            "requestId": uuid.uuid4().hex,
            "httpMethod": request.method,
            "resourcePath": route,
            "path": request.path,
            "identity": {"sourceIp": request.client},
        },
        "body": request.body,
    }


def matching_route(routes: list[str], path: str) -> str | None:
    """The route of a path; a fixed part goes before a parameter, as on API Gateway."""
    return next((route for route in sorted(routes) if _matches(route, path)), None)


def _matches(route: str, path: str) -> bool:
    wanted, found = route.strip("/").split("/"), path.removeprefix("/").split("/")
    if len(found) > 1 and not found[-1]:
        found.pop()  # a slash at the end means nothing to API Gateway
    return len(wanted) == len(found) and all(
        part == actual or (part.startswith("{") and actual)
        for part, actual in zip(wanted, found, strict=True)
    )
