"""The admin function as it is deployed: who comes in, what every answer carries."""

import json
from collections.abc import Iterator

import pytest

from infra.local.edge.functions import hosted, load_function
from solaris.platform.aws.tables import PeriodModel
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.web.edge_headers import SECURITY_HEADERS
from tests.functional.platform.api_support import (
    ADMIN,
    ORIGIN,
    VIEWER,
    Answer,
    ApiClient,
    FakeSessions,
    api_environment,
)

SETTINGS = "/api/admin/settings"
SECRETS = {
    "LITELLM_API_KEY": "sk-upstream-secret",
    "SECRET_KEY": "the-signing-secret-0123456789abcdef",
    "SECRET_KEY_PREVIOUS": "the-signing-secret-of-last-year-0123456789",
    "REDIS_PASSWORD": "redis-secret",
    "SMTP_PASSWORD": "smtp-secret",
    "OIDC_CLIENT_SECRET": "oidc-secret",
    "OPENWEBUI_JWT_SECRET": "the-secret-of-open-webui-0123456789",
    "ADMIN_PASSWORD": "admin-secret",
    "SOLARIS_GATEWAY_KEY": "sk-solaris-gateway-secret",
}


@pytest.fixture
def client() -> Iterator[ApiClient]:
    others = {
        "LITELLM_BASE_URL": "http://models.example.com:4000/v1?key=in-the-query",
        "SMTP_HOST": "smtp.example.com",
        "SMTP_USER": "mailer",
        "OIDC_ISSUER": "https://login.example.com",
        "OIDC_CLIENT_ID": "solaris",
        "ADMIN_RATE_LIMIT_PER_SECOND": "0.001",
        "ADMIN_RATE_LIMIT_BURST": "3",
    }
    with api_environment(**SECRETS, **others) as parts:
        PeriodModel.create_table(wait=True)  # where plans are kept
        yield ApiClient([hosted("admin", copies=2)], parts)


def sessions(client: ApiClient) -> FakeSessions:
    found = client.parts.sign_in.__dict__["sessions"]
    assert isinstance(found, FakeSessions)
    return found


def is_problem(answer: Answer, status: int, code: str, path: str = SETTINGS) -> bool:
    assert answer.status == status
    assert answer.single["content-type"] == "application/problem+json"
    body = answer.json
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:ia-solaris:problem:{code}"
    assert body["instance"] == path
    assert body["requestId"] == answer.single["x-request-id"]
    assert has_edge_headers(answer)
    return True


def has_edge_headers(answer: Answer) -> bool:
    return SECURITY_HEADERS.items() <= answer.single.items()


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer forged", "Basic admin-token", "admin-token"]
)
async def test_nobody_comes_in_without_a_good_bearer_token(
    client: ApiClient, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    answer = await client.send("GET", SETTINGS, headers)
    assert is_problem(answer, 401, "unauthenticated")
    assert answer.single["www-authenticate"] == "Bearer"


async def test_an_authorizer_that_cannot_ask_refuses_with_503_and_tells_nothing(
    client: ApiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions(client).failure = StoreUnavailableError("table solaris-local-sessions")
    answer = await client.send("GET", SETTINGS, ADMIN)
    assert is_problem(answer, 503, "service_unavailable")
    assert b"solaris-local" not in answer.body


async def test_settings_are_shown_to_a_viewer_and_no_secret_is_among_them(
    client: ApiClient,
) -> None:
    answer = await client.send("GET", SETTINGS, VIEWER)
    assert answer.status == 200
    assert has_edge_headers(answer)
    body = answer.json
    assert body["system"]["stage"] == "local"
    assert body["quota"]["plans"][0] == {"plan": "trial", "monthlyLimit": 100_000}
    assert body["mail"]["transport"] == "smtp"
    assert body["upstream"]["url"] == "http://models.example.com:4000/v1"
    assert body["upstream"]["hasKey"] is True
    assert body["rateLimits"]["admins"] == {"perSecond": 0.001, "burst": 3}
    for secret in (*SECRETS.values(), "in-the-query"):
        assert secret not in answer.body.decode()


async def test_each_admin_has_a_rate_of_requests_of_their_own(client: ApiClient) -> None:
    statuses = [(await client.send("GET", SETTINGS, ADMIN)).status for _ in range(3)]
    assert statuses == [200, 200, 200]
    refused = await client.send("GET", SETTINGS, ADMIN)
    assert is_problem(refused, 429, "rate_limit_exceeded")
    assert int(refused.single["retry-after"]) > 1
    assert (await client.send("GET", SETTINGS, VIEWER)).status == 200


async def test_the_document_is_open_and_has_no_rate(client: ApiClient) -> None:
    answers = [await client.send("GET", "/api/openapi.json") for _ in range(5)]
    assert [one.status for one in answers] == [200] * 5
    assert answers[0].single["content-type"] == "application/json"
    assert json.loads(answers[0].body)["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "unknown_path"),
        ("GET", "/api", 404, "unknown_path"),
        ("GET", "/api/admin/settings/", 401, "unauthenticated"),
        ("GET", "//api/admin/settings", 404, None),
        ("DELETE", SETTINGS, 405, "method_not_allowed"),
        ("HEAD", SETTINGS, 405, "method_not_allowed"),
        ("TRACE", SETTINGS, 405, "method_not_allowed"),
        ("PURGE", SETTINGS, 405, "method_not_allowed"),
    ],
)
async def test_what_no_operation_answers_is_a_problem_too(
    client: ApiClient, method: str, path: str, status: int, code: str | None
) -> None:
    answer = await client.send(method, path)
    if code is None:
        assert answer.status == status
        return
    assert is_problem(answer, status, code, path)
    if status == 405:
        assert answer.single["allow"] == "GET, OPTIONS"


async def test_a_body_over_the_limit_of_lambda_is_413(client: ApiClient) -> None:
    body = b"x" * (6 * 1024 * 1024 + 1)
    answer = await client.send("POST", SETTINGS, body=body)
    assert is_problem(answer, 413, "payload_too_large")


async def test_a_known_origin_is_let_in_by_its_own_name_and_others_get_no_cors(
    client: ApiClient,
) -> None:
    known = await client.send("GET", SETTINGS, [*VIEWER.items(), ("origin", ORIGIN)])
    assert known.single["access-control-allow-origin"] == ORIGIN
    assert known.single["access-control-allow-credentials"] == "true"
    refused = await client.send("GET", SETTINGS, {"origin": ORIGIN})
    assert refused.status == 401
    assert refused.single["access-control-allow-origin"] == ORIGIN
    for origin in (ORIGIN + ".evil.example", "null", ""):
        other = await client.send("GET", SETTINGS, [*VIEWER.items(), ("origin", origin)])
        assert not [name for name in other.single if name.startswith("access-control")]
        assert other.single["vary"] == "Origin"


@pytest.mark.parametrize("origin", [ORIGIN, "https://evil.example"])
async def test_a_preflight_is_204_without_signing_in(client: ApiClient, origin: str) -> None:
    asked = {"origin": origin, "access-control-request-method": "GET"}
    answer = await client.send("OPTIONS", SETTINGS, asked)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.single["allow"] == "GET, OPTIONS"
    assert has_edge_headers(answer)
    is_known = origin == ORIGIN
    assert ("access-control-allow-methods" in answer.single) is is_known
    assert ("access-control-allow-origin" in answer.single) is is_known


def test_copies_of_the_function_share_the_operations_and_not_the_routes(
    client: ApiClient,
) -> None:
    first, second = load_function("admin").app, load_function("admin").app
    assert first.routes.keys() == second.routes.keys()
    assert first.routes[SETTINGS]["GET"] != second.routes[SETTINGS]["GET"]
