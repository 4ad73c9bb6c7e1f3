"""API Gateway's events: whose address counts when something stands in front."""

from typing import Any

import pytest

from solaris.platform.web.gateway_events import request_of
from solaris.platform.web.trusted_proxies import SECRET_HEADER, VIEWER_HEADER, Front

SOURCE, CLIENT = "198.51.100.9", "203.0.113.5"
SECRET = "s" * 64


def event(**headers: str) -> dict[str, Any]:
    return {
        "requestContext": {
            "httpMethod": "GET",
            "path": "/live/api/users",
            "identity": {"sourceIp": SOURCE},
        },
        "headers": headers,
    }


@pytest.mark.parametrize("proxies", [0, 1, 2])
@pytest.mark.parametrize("forwarded", [SOURCE, f"{CLIENT}, {SOURCE}", f"{SOURCE}, {CLIENT}", ""])
def test_whom_api_gateway_sees_is_who_asks(proxies: int, forwarded: str) -> None:
    """It is of the network: what it has brought along is its own word."""
    found = request_of(event(**{"X-Forwarded-For": forwarded}), b"", Front(proxies=proxies))
    assert found.ip_address == SOURCE


@pytest.mark.parametrize(("secret", "address"), [(SECRET, CLIENT), ("guessed", SOURCE)])
def test_cloudfront_says_who_its_viewer_is(secret: str, address: str) -> None:
    headers = {SECRET_HEADER.title(): secret, VIEWER_HEADER.title(): CLIENT}
    front = Front(proxies=1, secrets=(SECRET,))
    assert request_of(event(**headers), b"", front).ip_address == address
