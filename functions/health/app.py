"""health: is it up, what is wrong, and the figures for Prometheus. Open to everybody."""

from typing import Any

from chalice.app import Chalice, Response

from solaris.api.edge_headers import cors_headers, preflight
from solaris.api.gateway_events import request_of
from solaris.rest import chalice_errors
from solaris.services.health import liveness
from solaris.wiring import now, wiring

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# The project's own logs are JSON lines on standard error; Chalice would add its own format.
app = Chalice(app_name="ia-solaris-health", configure_logs=False)
answers = chalice_errors(wiring().settings.locale)
origins = wiring().settings.cors_allowed_origins
# made with the process: the books' files are those of its start
_ = wiring().books_disk


@app.route("/health", methods=["GET"])
@answers
def health() -> dict[str, str]:
    """The process runs; nothing else is asked."""
    return liveness(now(), wiring().version)


@app.route("/health/detailed", methods=["GET"])
@answers
def health_detailed() -> Any:
    """Every part, asked now; 503 when the store or the queue is down."""
    request: Any = app.current_request
    wiring().settings.front.admit(request.headers)
    report = wiring().health.report()
    headers = cors_headers(origins, request.headers)
    return Response(body=report.body(), status_code=report.http_status, headers={**headers})


@app.route("/health/detailed", methods=["OPTIONS"], content_types=["*/*"])
@answers
def health_detailed_options() -> Any:
    """What a browser asks before it reads from a page of another origin."""
    request: Any = app.current_request
    reply = preflight(origins, ["GET"], request_of(request.to_original_event(), b""))
    return Response(body="", status_code=reply.status, headers={**reply.headers})


@app.route("/metrics", methods=["GET"])
@answers
def metrics() -> Any:
    """Prometheus' text format."""
    page = wiring().metrics_page.render()
    return Response(body=page, headers={"Content-Type": METRICS_TYPE})
