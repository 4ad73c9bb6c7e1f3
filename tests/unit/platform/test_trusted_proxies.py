"""Who asks, behind what stands in front: what it has written is believed, and nothing more."""

import itertools
import json
from collections.abc import MutableMapping
from ipaddress import ip_network
from typing import Any

import pytest

from solaris.platform.errors import DirectCallError
from solaris.platform.settings import Settings
from solaris.platform.web.trusted_proxies import SECRET_HEADER, VIEWER_HEADER, BehindFront, Front

PEER, CLIENT, FORGED, STRANGER = "10.0.0.2", "203.0.113.7", "198.51.100.1", "192.0.2.66"
SECRET, OLD = "s" * 64, "o" * 64


def settings_of(**given: Any) -> Settings:
    """Settings as the environment gives them: texts."""
    return Settings(**given)


CLOUDFRONT = Front(proxies=1, secrets=(SECRET, OLD))


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        pytest.param(CLIENT, 0, PEER, id="no proxy: whatever is sent is not believed"),
        pytest.param(CLIENT, 1, CLIENT, id="one proxy"),
        pytest.param(f"{FORGED}, {CLIENT}", 1, CLIENT, id="what the client claims is left out"),
        pytest.param(f"{FORGED}, {CLIENT}, 10.0.0.9", 2, CLIENT, id="two proxies"),
        pytest.param(f"{FORGED}, {CLIENT}", 2, CLIENT, id="the second is nobody who may forward"),
        pytest.param(CLIENT, 2, CLIENT, id="one of them was passed by"),
        pytest.param("", 1, PEER, id="no header"),
        pytest.param(" , ", 1, PEER, id="an empty header"),
        pytest.param("unknown", 1, PEER, id="no address"),
        pytest.param("unknown, 10.0.0.9", 2, "10.0.0.9", id="an address, then none"),
        pytest.param(f"{CLIENT}:4711", 1, PEER, id="an address with a port is none"),
        pytest.param("2001:DB8::0001", 1, "2001:db8::1", id="IPv6, in one spelling"),
    ],
)
def test_the_client_s_address(forwarded: str, proxies: int, expected: str) -> None:
    front = Front(proxies=proxies)
    assert front.client_address(PEER, {"x-forwarded-for": forwarded}) == expected


@pytest.mark.parametrize("peer", [STRANGER, "2001:db8::9", "no address", None])
@pytest.mark.parametrize("proxies", [1, 2, 5])
def test_nobody_else_forwards(peer: str | None, proxies: int) -> None:
    """Somebody who reaches the port past the proxy says nothing of addresses."""
    headers = {"x-forwarded-for": f"{FORGED}, {CLIENT}", VIEWER_HEADER: FORGED}
    assert Front(proxies=proxies).client_address(peer, headers) == peer


def test_who_may_forward_is_a_setting() -> None:
    settings = settings_of(trusted_proxies=1, trusted_proxy_addresses="192.0.2.64/26,2001:db8::/32")
    headers = {"x-forwarded-for": CLIENT}
    assert settings.front.client_address(STRANGER, headers) == CLIENT
    assert settings.front.client_address("2001:db8::1", headers) == CLIENT
    assert settings.front.client_address(PEER, headers) == PEER
    for wrong in ("10.0.0.0/33", "nginx", "10.0.0.1/8"):
        with pytest.raises(ValueError, match="neither an address nor a network"):
            settings_of(trusted_proxy_addresses=wrong)
    assert Settings().front.networks == tuple(map(ip_network, Settings().trusted_proxy_addresses))


HEADERS = {
    "secret": (None, SECRET, OLD, "guessed", "", f"{SECRET}, {SECRET}", f"{SECRET} "),
    "viewer": (None, CLIENT, "no address", f"{FORGED}, {CLIENT}"),
    "forwarded": (None, FORGED, f"{FORGED}, {STRANGER}"),
}


@pytest.mark.parametrize(
    ("secret", "viewer", "forwarded"), list(itertools.product(*HEADERS.values()))
)
@pytest.mark.parametrize("peer", ["127.0.0.1", "130.176.0.9"])
def test_cloudfront_is_known_by_its_secret(
    peer: str, secret: str | None, viewer: str | None, forwarded: str | None
) -> None:
    """Every combination: through CloudFront, past it, with what a viewer may send beside."""
    given = {SECRET_HEADER: secret, VIEWER_HEADER: viewer, "x-forwarded-for": forwarded}
    headers = {name: value for name, value in given.items() if value is not None}
    if secret not in (SECRET, OLD):
        with pytest.raises(DirectCallError):
            CLOUDFRONT.admit(headers)
    else:
        CLOUDFRONT.admit(headers)
    address = CLOUDFRONT.client_address(peer, headers)
    if secret in (SECRET, OLD) and viewer == CLIENT:
        assert address == CLIENT
    else:  # no viewer: the nearest proxy's word, if it may forward
        last = forwarded.rpartition(", ")[2] if forwarded else None
        assert address == (last if last and peer == "127.0.0.1" else peer)
    # without a secret these headers are anybody's
    plain = Front(proxies=0)
    plain.admit(headers)
    assert plain.client_address(peer, headers) == peer


async def asked(front: Front, path: str, *headers: tuple[str, str]) -> tuple[int, Any]:
    """The status, and whom the application saw, or what the refusal says."""
    seen: list[Any] = []
    sent: list[MutableMapping[str, Any]] = []

    async def app(scope: MutableMapping[str, Any], _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("the body of a refused request is read")

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "path": path, "client": (PEER, 1), "headers": raw}
    await BehindFront(app, front, "en")(scope, receive, send)
    assert scope["client"] == (PEER, 1), "the server's own scope stays as it was"
    if seen:
        return 200, seen[0]
    return sent[0]["status"], json.loads(sent[1]["body"])["error"]["code"]


async def test_the_application_sees_it_as_its_client() -> None:
    # a header sent twice is one list, in the order in which it came
    twice = (("X-Forwarded-For", FORGED), ("x-forwarded-for", CLIENT))
    assert await asked(Front(proxies=0), "/v1/models", *twice) == (200, PEER)
    assert await asked(Front(proxies=1), "/v1/models", *twice) == (200, CLIENT)


async def test_whoever_comes_past_cloudfront_is_refused() -> None:
    through = ((SECRET_HEADER, SECRET), (VIEWER_HEADER, CLIENT))
    assert await asked(CLOUDFRONT, "/v1/models", *through) == (200, CLIENT)
    for path in ("/v1/chat/completions", "/api/auth/login", "/health/detailed", "/admin/"):
        assert await asked(CLOUDFRONT, path, (VIEWER_HEADER, CLIENT)) == (403, "direct_call")
        doubled = (*through, (SECRET_HEADER, "guessed"))
        assert await asked(CLOUDFRONT, path, *doubled) == (403, "direct_call")
    for path in ("/health", "/metrics"):  # monitoring's
        assert await asked(CLOUDFRONT, path) == (200, PEER)


def test_a_secret_is_long_and_a_previous_one_counts_beside_one() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        settings_of(origin_secret="short")
    with pytest.raises(ValueError, match="at least 32"):
        settings_of(origin_secret=SECRET, origin_secret_previous="short")
    both = settings_of(origin_secret=SECRET, origin_secret_previous=OLD)
    assert both.front.secrets == (SECRET, OLD)
    assert settings_of(origin_secret_previous=OLD).front.secrets == ()
    assert SECRET not in repr(both)
