"""Headers that every answer under /api has, and CORS for the origins that settings name.

/health/detailed has CORS too, since the site shows it.
"""

from collections.abc import Iterable, Mapping, Sequence

from solaris.platform.web.messages import HttpReply, HttpRequest

SECURITY_HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
PREFLIGHT_SECONDS = 600
_REQUEST_HEADERS = "authorization, content-type, accept-language"
_EXPOSED_HEADERS = "x-request-id, retry-after, content-disposition"


def edge_headers(
    request_id: str, origins: Sequence[str], headers: Mapping[str, str]
) -> dict[str, str]:
    """Security headers, the request's id, and CORS when the request's origin is a known one."""
    return {**SECURITY_HEADERS, "x-request-id": request_id, **cors_headers(origins, headers)}


def cors_headers(origins: Sequence[str], headers: Mapping[str, str]) -> dict[str, str]:
    """CORS for a request by its headers; without configured origins there is none."""
    if not origins:
        return {}
    origin = headers.get("origin", "")
    if origin not in origins:
        return {"vary": "Origin"}
    return {
        "vary": "Origin",
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": _EXPOSED_HEADERS,
    }


def preflight(origins: Sequence[str], methods: Iterable[str], request: HttpRequest) -> HttpReply:
    """Answer OPTIONS: what the path takes, and for known origins what a browser may send."""
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))
    answer = edge_headers(request.request_id, origins, request.headers)
    answer["allow"] = allowed
    if "access-control-allow-origin" in answer:
        answer |= {
            "access-control-allow-methods": allowed,
            "access-control-allow-headers": _REQUEST_HEADERS,
            "access-control-max-age": str(PREFLIGHT_SECONDS),
        }
    return HttpReply(status=204, headers=answer)
