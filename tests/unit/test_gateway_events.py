"""API Gateway's events: whose address counts when proxies stand in front."""

from typing import Any

import pytest

from solaris.api.gateway_events import request_of


def event(forwarded: str | None) -> dict[str, Any]:
    return {
        "requestContext": {
            "httpMethod": "GET",
            "path": "/live/api/users",
            "identity": {"sourceIp": "198.51.100.9"},
        },
        "headers": {} if forwarded is None else {"X-Forwarded-For": forwarded},
    }


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (1, "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (2, "203.0.113.5, 198.51.100.9", "203.0.113.5"),
        (2, "10.0.0.1, 203.0.113.5, 198.51.100.9", "203.0.113.5"),
        (2, None, "198.51.100.9"),
        (2, "no address, 198.51.100.9", "198.51.100.9"),
    ],
)
def test_a_client_is_who_the_outermost_trusted_proxy_saw(
    proxies: int, forwarded: str | None, address: str
) -> None:
    assert request_of(event(forwarded), b"", proxies).ip_address == address
