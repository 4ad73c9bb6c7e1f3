"""health: is it up, what is wrong, and the figures for Prometheus. Open to everybody."""

from typing import Any

from chalice.app import Chalice, Response

from solaris.app import process_parts
from solaris.operations.health import liveness
from solaris.platform.clock import now
from solaris.platform.web.chalice import chalice_errors
from solaris.platform.web.edge_headers import cors_headers, preflight
from solaris.platform.web.gateway_events import request_of

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# The project's own logs are JSON lines on standard error; Chalice would add its own format.
app = Chalice(app_name="ia-solaris-health", configure_logs=False)
answers = chalice_errors(process_parts().settings.locale)
origins = process_parts().settings.cors_allowed_origins
# made with the process: the books' files are those of its start
_ = process_parts().platform.books_disk


@app.route("/health", methods=["GET"])
@answers
def health() -> dict[str, str]:
    """The process runs; nothing else is asked."""
    return liveness(now(), process_parts().platform.version)


@app.route("/health/detailed", methods=["GET"])
@answers
def health_detailed() -> Any:
    """Every part, asked now; 503 when the store or the queue is down."""
    request: Any = app.current_request
    process_parts().settings.front.admit(request.headers)
    report = process_parts().operations.health.report()
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
    page = process_parts().operations.metrics_page.render()
    return Response(body=page, headers={"Content-Type": METRICS_TYPE})
