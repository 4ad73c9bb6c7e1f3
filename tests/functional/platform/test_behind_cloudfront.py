"""The Chalice functions behind CloudFront: who comes past it is refused, by every operation."""

from collections.abc import Iterator

import pytest

from infra.local.edge.functions import hosted
from solaris.api import registered
from solaris.platform.web.trusted_proxies import SECRET_HEADER, VIEWER_HEADER
from tests.functional.platform.api_support import ADMIN, ApiClient, api_environment

SECRET, VIEWER = "o" * 64, "203.0.113.7"
THROUGH = {SECRET_HEADER: SECRET, VIEWER_HEADER: VIEWER}
PAST: tuple[dict[str, str], ...] = (
    {},
    {SECRET_HEADER: "guessed"},
    {VIEWER_HEADER: VIEWER},
    {SECRET_HEADER: ""},
)


@pytest.fixture(name="client", scope="module")
def client_fixture() -> Iterator[ApiClient]:
    wide = {"ADMIN_RATE_LIMIT_PER_SECOND": "10000", "ADMIN_RATE_LIMIT_BURST": "10000"}
    with api_environment(ORIGIN_SECRET=SECRET, TRUSTED_PROXIES="1", **wide) as parts:
        yield ApiClient([hosted(one, copies=1) for one in ("admin", "quota", "health")], parts)


@pytest.mark.parametrize("headers", PAST)
async def test_who_comes_past_it_is_refused_whatever_they_have(
    client: ApiClient, headers: dict[str, str]
) -> None:
    paths = [(one.method, one.route.replace("{", "").replace("}", "")) for one in registered()]
    paths += [("GET", "/v1/quota"), ("POST", "/v1/quota/check"), ("GET", "/health/detailed")]
    assert len(paths) > 40
    for method, path in paths:
        answer = await client.send(method, path, {**ADMIN, **headers})
        code = answer.json.get("code") or answer.json["error"]["code"]
        assert (answer.status, code) == (403, "direct_call"), (method, path)


async def test_monitoring_may_come_past_it(client: ApiClient) -> None:
    assert (await client.send("GET", "/health")).status == 200


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        (THROUGH, VIEWER),
        (THROUGH | {"x-forwarded-for": "198.51.100.1"}, VIEWER),
        # the function of CloudFront says it always; without it nobody's word is left but the peer's
        ({SECRET_HEADER: SECRET}, "127.0.0.1"),
    ],
)
async def test_who_comes_through_it_is_its_viewer(
    client: ApiClient, headers: dict[str, str], address: str
) -> None:
    """By whom the limits of what is open to everybody are counted."""
    seen: list[str] = []
    limiter = client.parts.platform.admin_limiter
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(limiter), "admit", lambda _self, who: seen.append(who))
        await client.send("POST", "/api/auth/login", headers, json={"email": "a@b.c"})
    assert seen == [f"ip:{address}"]
