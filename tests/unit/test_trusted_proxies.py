"""Who asks, behind proxies: what they have written is believed, and nothing more."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from solaris.trusted_proxies import TrustedProxies, client_address

PEER, CLIENT, FORGED = "10.0.0.2", "203.0.113.7", "198.51.100.1"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        pytest.param(CLIENT, 0, PEER, id="no proxy: whatever is sent is not believed"),
        pytest.param(CLIENT, 1, CLIENT, id="one proxy"),
        pytest.param(f"{FORGED}, {CLIENT}", 1, CLIENT, id="what the client claims is left out"),
        pytest.param(f"{FORGED}, {CLIENT}, 10.0.0.9", 2, CLIENT, id="two proxies"),
        pytest.param(CLIENT, 2, CLIENT, id="one of them was passed by"),
        pytest.param("", 1, PEER, id="no header"),
        pytest.param(" , ", 1, PEER, id="an empty header"),
        pytest.param("unknown", 1, PEER, id="no address"),
        pytest.param(f"{CLIENT}:4711", 1, PEER, id="an address with a port is none"),
        pytest.param("2001:DB8::0001", 1, "2001:db8::1", id="IPv6, in one spelling"),
    ],
)
def test_the_client_s_address(forwarded: str, proxies: int, expected: str) -> None:
    assert client_address(PEER, forwarded, proxies) == expected


@pytest.mark.parametrize(("proxies", "expected"), [(0, PEER), (1, CLIENT)])
async def test_the_application_sees_it_as_its_client(proxies: int, expected: str) -> None:
    seen: list[Any] = []

    async def app(scope: MutableMapping[str, Any], _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    async def nothing(*_: Any) -> Any: ...

    # a header sent twice is one list, in the order in which it came
    headers = [(b"X-Forwarded-For", FORGED.encode()), (b"x-forwarded-for", CLIENT.encode())]
    scope = {"type": "http", "client": (PEER, 1), "headers": headers}
    await TrustedProxies(app, proxies)(scope, nothing, nothing)
    assert seen == [expected]
    assert scope["client"] == (PEER, 1), "the server's own scope stays as it was"
