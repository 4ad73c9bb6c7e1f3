"""API Gateway's REST events (payload 1.0) into requests, and answers back."""

import base64
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from solaris.platform.web.messages import HttpReply, HttpRequest
from solaris.platform.web.trusted_proxies import Front

DIRECT = Front()


def request_of(event: Mapping[str, Any], body: bytes, front: Front = DIRECT) -> HttpRequest:
    """The request of a Lambda proxy event; `body` is decoded from base64 already.

    API Gateway decodes query parameters and leaves path parameters as they came. `front` is
    what stands before it, and says who asks.
    """
    context = event["requestContext"]
    headers = _headers(event)
    peer = (context.get("identity") or {}).get("sourceIp")
    parameters = event.get("pathParameters") or {}
    return HttpRequest(
        request_id=context.get("requestId") or uuid.uuid4().hex,
        method=context["httpMethod"],
        path=context.get("path") or context["resourcePath"],
        path_parameters={name: unquote(value) for name, value in parameters.items()},
        query=event.get("multiValueQueryStringParameters") or {},
        headers=headers,
        body=body,
        authorizer=context.get("authorizer") or {},
        ip_address=front.client_address(peer, headers),
    )


def response_of(reply: HttpReply) -> dict[str, Any]:
    """The answer of a Lambda proxy integration."""
    encoded = base64.b64encode(reply.body) if reply.is_binary else reply.body
    return {
        "statusCode": reply.status,
        "headers": dict(reply.headers),
        "multiValueHeaders": {"set-cookie": list(reply.cookies)} if reply.cookies else {},
        "body": encoded.decode(),
        "isBase64Encoded": reply.is_binary,
    }


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = ("; " if name.lower() == "cookie" else ", ").join(values)
    return headers
