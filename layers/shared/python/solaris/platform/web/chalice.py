"""What every Chalice view has in common: errors answered in one shape, security headers set.

Apart from errors.py, because the proxy is no Chalice app and should not load Chalice.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from chalice.app import ChaliceViewError, Response

from solaris.platform import errors
from solaris.platform.logs import get_logger
from solaris.platform.texts import Locale
from solaris.platform.web.errors import SECURITY_HEADERS, error_answer
from solaris.platform.web.trusted_proxies import Front

P = ParamSpec("P")

_log = get_logger("solaris.platform.web.chalice")


def chalice_errors(locale: Locale) -> Callable[[Callable[P, Any]], Callable[P, Response]]:
    """Answer a Chalice view's errors, and put SECURITY_HEADERS on everything it answers.

    Stands under `@app.route`: Chalice makes a 500 of a foreign exception before any middleware
    sees it. Chalice's own errors pass through; a header that the view set itself stays.
    """

    def decorate(view: Callable[P, Any]) -> Callable[P, Response]:
        @wraps(view)
        def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
            try:
                response = view(*args, **kwargs)
            except ChaliceViewError:
                raise
            except errors.SolarisError as error:
                response = _refusal(error, locale)
            except Exception:  # noqa: BLE001 - the boundary: the caller gets an answer
                request_id = uuid.uuid4().hex
                _log.exception("unexpected_error", request_id=request_id)
                response = _refusal(errors.SolarisError(), locale, request_id)
            if not isinstance(response, Response):
                response = Response(body=response)
            given = {name.lower() for name in response.headers}
            for name, value in SECURITY_HEADERS.items():
                if name.lower() not in given:
                    response.headers[name] = value
            return response

        return answer

    return decorate


def caller_address(request: Any, front: Front) -> str | None:
    """Who asks: the address of the connection, or what is believed of what stands in front.

    Raises DirectCallError for who comes past it.
    """
    front.admit(request.headers)
    peer = (request.context.get("identity") or {}).get("sourceIp")
    address: str | None = front.client_address(peer, request.headers)
    return address


def _refusal(error: errors.SolarisError, locale: Locale, request_id: str | None = None) -> Response:
    refused = error_answer(error, locale, request_id or uuid.uuid4().hex)
    if request_id is None:
        _log.info(
            "request_refused",
            request_id=refused.headers["x-request-id"],
            code=error.code,
            status=refused.status,
        )
    return Response(body=refused.body, status_code=refused.status, headers={**refused.headers})
