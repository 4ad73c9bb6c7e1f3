"""quota: how a user's quota stands, for the user and for other services.

The same keys and the same headers as the proxy; under /v1, names are snake_case.
"""

from typing import Any

from chalice.app import Chalice, Response

from solaris.app import process_parts
from solaris.gateway.quote import Statement
from solaris.platform.web.chalice import caller_address, chalice_errors

app = Chalice(app_name="ia-solaris-quota", configure_logs=False)
answers = chalice_errors(process_parts().settings.locale)
# made with the process, so that the first request does not wait for its clients
quoting = process_parts().gateway.quoting
front = process_parts().settings.front


@app.route("/v1/quota", methods=["GET"])
@answers
def own_quota() -> Any:
    """The caller's own quota."""
    request: Any = app.current_request
    return _response(quoting.own(request.headers, caller_address(request, front)))


# Any content type: what is no JSON is refused in OpenAI's shape, not in Chalice's.
@app.route("/v1/quota/check", methods=["POST"], content_types=["*/*"])
@answers
def check_quota() -> Any:
    """Whether a call of so many tokens would be admitted; nothing is held."""
    request: Any = app.current_request
    return _response(
        quoting.check(request.headers, request.raw_body, caller_address(request, front))
    )


def _response(statement: Statement) -> Response:
    return Response(body=statement.body, headers={**statement.headers})
