"""Signing in over HTTP: cookies, foreign sites, statuses, and who may do what to admins."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from infra.local.edge.functions import hosted
from solaris.app import Parts
from solaris.platform.access import Scope
from solaris.platform.actor import Actor, Role
from solaris.platform.aws.tables import create_tables
from solaris.platform.errors import StoreUnavailableError, UnauthenticatedError
from solaris.sign_in.oidc import Departure
from solaris.sign_in.password_hash import Passwords
from tests.functional.platform.api_support import ORIGIN, Answer, ApiClient, api_environment

ANA, BIA = "ana@example.com", "bia@example.com"
PASSWORD = "um céu de 1984 estrelas"
FAST = {"ADMIN_RATE_LIMIT_PER_SECOND": "1000", "ADMIN_RATE_LIMIT_BURST": "1000"}
OIDC = {
    "oidc_issuer": "https://login.example.com",
    "oidc_client_id": "solaris",
    "oidc_client_secret": "secret",
}


@pytest.fixture(scope="module")
def running() -> Iterator[ApiClient]:
    """One system for the module, with the real sessions: tables cost more than the tests."""
    with pytest.MonkeyPatch.context() as patch, api_environment(**FAST) as parts:
        # PynamoDB makes a session a table, each of which reads botocore's 2 MB of models again
        shared = botocore.session.get_session()
        patch.setattr("pynamodb.connection.base.get_session", lambda: shared)
        del parts.sign_in.__dict__["sessions"]
        parts.sign_in.__dict__["passwords"] = Passwords(memory_kib=64)
        create_tables()
        yield ApiClient([hosted("admin", copies=1)], parts)


# parts that are made by the settings of a provider
OF_PROVIDER = ("oidc", "oidc_provider")


@pytest.fixture
def client(running: ApiClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiClient]:
    """An admin and a viewer, and nobody else."""
    parts = running.parts
    monkeypatch.setattr(parts.platform, "settings", parts.settings)
    for name in OF_PROVIDER:
        monkeypatch.delitem(parts.sign_in.__dict__, name, raising=False)
    for name in ("admins", "sessions"):
        table = parts.settings.table_name(name)
        (key,) = parts.platform.dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
        for item in parts.platform.dynamodb.scan(TableName=table)["Items"]:
            attribute = key["AttributeName"]
            parts.platform.dynamodb.delete_item(TableName=table, Key={attribute: item[attribute]})
    for email, role in ((ANA, Role.ADMIN), (BIA, Role.VIEWER)):
        parts.sign_in.admin_accounts.create(
            Actor(name="test"), email, name="", role=role, password=PASSWORD
        )
    yield running
    for name in OF_PROVIDER:
        parts.sign_in.__dict__.pop(name, None)


def configure(client: ApiClient, **changes: Any) -> None:
    """Other settings until the end of the test."""
    client.parts.platform.settings = client.parts.settings.model_copy(update=changes)
    for name in OF_PROVIDER:
        client.parts.sign_in.__dict__.pop(name, None)


async def login(
    client: ApiClient, email: str = ANA, password: str = PASSWORD, **headers: str
) -> Answer:
    body = {"email": email, "password": password}
    return await client.send("POST", "/api/auth/login", headers, json=body)


def cookie_of(answer: Answer) -> str:
    """`name=value` of the session's cookie."""
    return set_cookies(answer)["solaris_refresh"].partition(";")[0]


def set_cookies(answer: Answer) -> dict[str, str]:
    """Whole Set-Cookie values by name."""
    cookies = answer.every("set-cookie")
    found = {one.partition("=")[0]: one for one in cookies}
    assert len(found) == len(cookies)
    return found


def bearer(answer: Answer) -> dict[str, str]:
    return {"authorization": f"Bearer {answer.json['token']}"}


async def refresh(client: ApiClient, cookie: str, **headers: str) -> Answer:
    return await client.send("POST", "/api/auth/refresh", {"cookie": cookie, **headers})


def refused(answer: Answer, status: int, code: str) -> bool:
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.single["content-type"] == "application/problem+json"
    assert "set-cookie" not in answer.single
    return True


async def test_a_login_answers_a_token_the_user_and_a_cookie_that_scripts_cannot_read(
    client: ApiClient,
) -> None:
    answer = await login(client)
    assert answer.status == 200
    assert answer.json.keys() == {"token", "expiresAt", "user"}
    assert (answer.json["user"]["email"], answer.json["user"]["role"]) == (ANA, "admin")
    for name, days in (("solaris_refresh", 14), ("solaris_device", 180)):
        _, *attributes = set_cookies(answer)[name].split("; ")
        assert attributes == [
            *("Path=/api/auth", f"Max-Age={days * 86_400}", "HttpOnly", "SameSite=Strict")
        ]
    me = await client.send("GET", "/api/auth/me", bearer(answer))
    assert me.json["email"] == ANA
    assert "hash" not in str(me.json).lower()


@pytest.mark.parametrize(
    ("variables", "secure"),
    [
        ({}, False),
        ({"public_url": "http://ia.internal"}, False),
        ({"public_url": "https://ia.example.com"}, True),
        ({"solaris_stage": "prod"}, True),
        ({"solaris_stage": "prod", "public_url": "http://ia.internal"}, True),
    ],
)
async def test_the_cookie_goes_over_plain_http_on_one_machine_only(
    client: ApiClient, variables: dict[str, str], secure: bool
) -> None:
    configure(client, **variables)
    answer = await login(client)
    for cookie in set_cookies(answer).values():
        assert ("Secure" in cookie.split("; ")) is secure


async def test_the_browser_of_before_gets_in_while_its_network_is_locked_out(
    client: ApiClient,
) -> None:
    device = set_cookies(await login(client))["solaris_device"].partition(";")[0]
    assert "solaris_device" in set_cookies(await login(client))
    for _ in range(5):
        await login(client, password="wrong")
    assert refused(await login(client), 429, "login_locked")
    assert (await login(client, cookie=device)).status == 200
    assert refused(
        await login(client, email=BIA, password="x", cookie=device), 401, "invalid_credentials"
    )


async def test_wrong_credentials_and_the_lock_have_their_statuses(client: ApiClient) -> None:
    for _ in range(5):
        assert refused(await login(client, password="wrong"), 401, "invalid_credentials")
    answer = await login(client)
    assert refused(answer, 429, "login_locked")
    assert 890 <= int(answer.single["retry-after"]) <= 900


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": ANA},
        {"email": "", "password": "x"},
        {"email": ANA, "password": "x" * 129},
        {"email": "x" * 255, "password": "x"},
        {"email": ANA, "password": 7},
        {"email": ANA, "password": PASSWORD, "role": "admin"},
    ],
    ids=str,
)
async def test_a_login_that_is_none_names_the_fields(client: ApiClient, body: Any) -> None:
    answer = await client.send("POST", "/api/auth/login", json=body)
    assert refused(answer, 422, "validation_failed")


async def test_a_refresh_exchanges_the_cookie_and_a_reuse_is_401(client: ApiClient) -> None:
    first = await login(client)
    second = await refresh(client, cookie_of(first))
    assert second.status == 200
    assert second.json.keys() == {"token", "expiresAt", "user"}
    assert cookie_of(second) != cookie_of(first)
    assert refused(await refresh(client, cookie_of(first)), 401, "unauthenticated")
    assert refused(await refresh(client, cookie_of(second)), 401, "unauthenticated")


@pytest.mark.parametrize(
    "cookie", ["", "solaris_refresh=", "solaris_refresh=x", "solaris_refresh=" + "x" * 4_000, "a=b"]
)
async def test_a_refresh_without_a_session_is_401(client: ApiClient, cookie: str) -> None:
    assert refused(await refresh(client, cookie), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://gateway.test:8080", True),
        ("https://gateway.test:8080", True),
        ("https://ia.example.com", True),
        (ORIGIN, True),
        ("http://gateway.test:8081", False),
        ("http://gateway.test", False),
        ("https://ia.example.com.evil.org", False),
        ("http://ia.example.com", False),
        ("https://evil.org", False),
        ("null", False),
        ("", False),
    ],
)
async def test_a_page_of_another_site_is_refused_before_anything_happens(
    client: ApiClient, origin: str, allowed: bool
) -> None:
    configure(client, public_url="https://ia.example.com/solaris")
    headers = {"origin": origin, "host": "gateway.test:8080"}
    cookie = cookie_of(await login(client))
    answers = [
        await login(client, **headers),
        await client.send("POST", "/api/auth/logout", headers),
        await refresh(client, cookie, **headers),
    ]
    assert [one.status < 300 for one in answers] == [allowed] * 3
    if not allowed:
        assert all(refused(one, 403, "forbidden") for one in answers)
        assert (await refresh(client, cookie)).status == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic YTpi", "bearer a.b.c"])
async def test_a_logout_is_never_refused_and_takes_the_cookie_away(
    client: ApiClient, header: str
) -> None:
    answer = await client.send("POST", "/api/auth/logout", {"authorization": header})
    assert answer.status == 204
    assert answer.body == b""
    assert answer.every("set-cookie") == [
        "solaris_refresh=; Path=/api/auth; Max-Age=0; HttpOnly; SameSite=Strict"
    ]


@pytest.mark.parametrize("by", ["cookie", "authorization"])
async def test_a_logout_ends_the_session(client: ApiClient, by: str) -> None:
    signed_in = await login(client)
    headers = {"cookie": cookie_of(signed_in)} if by == "cookie" else bearer(signed_in)
    assert (await client.send("POST", "/api/auth/logout", headers)).status == 204
    me = await client.send("GET", "/api/auth/me", bearer(signed_in))
    assert refused(me, 401, "unauthenticated")


async def test_a_changed_password_answers_the_next_token_and_keeps_the_cookie(
    client: ApiClient,
) -> None:
    signed_in = await login(client)
    body = {"currentPassword": PASSWORD, "newPassword": "três tigres à mesa"}
    answer = await client.send("POST", "/api/auth/password", bearer(signed_in), json=body)
    assert answer.status == 200
    assert (await client.send("GET", "/api/auth/me", bearer(answer))).status == 200
    assert (await refresh(client, cookie_of(signed_in))).status == 200


async def test_a_refused_password_says_why_in_the_callers_language(client: ApiClient) -> None:
    headers = bearer(await login(client))
    body = {"currentPassword": PASSWORD, "newPassword": "senha1234567"}
    for language, text in (("pt-BR", "é comum demais"), ("en", "is too common")):
        answer = await client.send(
            "POST", "/api/auth/password", headers | {"accept-language": language}, json=body
        )
        assert refused(answer, 422, "validation_failed")
        assert answer.json["errors"] == [
            {"field": "newPassword", "code": "password_common", "message": text}
        ]


async def test_a_viewer_may_look_and_change_nothing(client: ApiClient) -> None:
    headers = bearer(await login(client, BIA))
    listed = await client.send("GET", "/api/admin/admins", headers)
    assert [one["email"] for one in listed.json["items"]] == [ANA, BIA]
    for method, path, body in (
        ("POST", "", {"email": "eve@example.com", "role": "admin"}),
        ("PUT", f"/{BIA}", {"role": "admin"}),
        ("POST", f"/{ANA}/reset-password", None),
        ("DELETE", f"/{ANA}", None),
    ):
        answer = await client.send(method, f"/api/admin/admins{path}", headers, json=body)
        assert refused(answer, 403, "forbidden")


async def test_an_admin_makes_changes_and_removes_others(client: ApiClient) -> None:
    headers = bearer(await login(client))
    body = {"email": "Eva@example.com", "name": "Eva", "role": "viewer"}
    made = await client.send("POST", "/api/admin/admins", headers, json=body)
    assert made.status == 201
    assert (await login(client, "eva@example.com", made.json["password"])).status == 200
    again = await client.send("POST", "/api/admin/admins", headers, json=body)
    assert refused(again, 409, "already_exists")
    path = "/api/admin/admins/eva%40example.com"
    changed = await client.send("PUT", path, headers, json={"role": "admin"})
    assert (changed.json["role"], changed.json["name"]) == ("admin", "Eva")
    reset = await client.send("POST", f"{path}/reset-password", headers)
    assert (await login(client, "eva@example.com", made.json["password"])).status == 401
    assert (await login(client, "eva@example.com", reset.json["password"])).status == 200
    assert (await client.send("DELETE", path, headers)).status == 204
    assert refused(await client.send("DELETE", path, headers), 404, "not_found")
    last = await client.send("DELETE", f"/api/admin/admins/{ANA}", headers)
    assert refused(last, 409, "last_admin")


async def test_sign_in_options_say_whether_there_is_a_provider(client: ApiClient) -> None:
    answer = await client.send("GET", "/api/auth/options")
    assert answer.json == {"password": True, "oidc": {"enabled": False, "name": None}}
    assert refused(await client.send("GET", "/api/auth/oidc/login"), 404, "not_found")
    assert refused(await client.send("GET", "/api/auth/oidc/callback?code=x"), 404, "not_found")


async def test_with_a_provider_the_browser_is_sent_there_with_a_cookie_for_the_way_back(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(client, **OIDC, public_url="https://ia.example.com")
    options = await client.send("GET", "/api/auth/options")
    assert options.json["oidc"] == {"enabled": True, "name": "login.example.com"}
    departure = Departure("https://login.example.com/auth?x=1", "signed")
    monkeypatch.setattr(client.parts.sign_in.oidc, "depart", lambda *_: departure)
    answer = await client.send("GET", "/api/auth/oidc/login?returnTo=/admin/users")
    assert (answer.status, answer.single["location"]) == (302, departure.url)
    assert answer.every("set-cookie") == [
        "solaris_oidc=signed; Path=/api/auth/oidc; Max-Age=600; HttpOnly; SameSite=Lax; Secure"
    ]
    bad = await client.send("GET", "/api/auth/oidc/login?returnTo=//evil.org")
    assert refused(bad, 422, "validation_failed")


async def test_a_failed_return_leads_to_the_sign_in_page_without_details(
    client: ApiClient,
) -> None:
    configure(client, **OIDC)
    target = "/api/auth/oidc/callback?code=x&state=y&session_state=z&iss=https%3A%2F%2Fid"
    answer = await client.send("GET", target, {"cookie": "solaris_oidc=forged"})
    assert (answer.status, answer.single["location"]) == (302, "/admin/login?error=oidc_state")
    (cookie,) = answer.every("set-cookie")
    assert cookie.startswith("solaris_oidc=; Path=/api/auth/oidc; Max-Age=0;")


async def test_a_store_that_is_away_is_503_and_no_logout_is_claimed(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in = await login(client)

    def away(**_: Any) -> Any:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(client.parts.sign_in.session_store._client, "update_item", away)
    answer = await client.send("POST", "/api/auth/logout", {"cookie": cookie_of(signed_in)})
    assert refused(answer, 503, "service_unavailable")


async def test_an_admin_key_signs_nobody_in(client: ApiClient) -> None:
    keys = client.parts.sign_in.admin_keys
    secret = keys.create(Actor(name="test"), list(Scope)).secret
    assert refused(await refresh(client, f"solaris_refresh={secret}"), 401, "unauthenticated")
    assert refused(await login(client, ANA, secret), 401, "invalid_credentials")
    assert refused(await login(client, secret, secret), 401, "invalid_credentials")
    out = await client.send("POST", "/api/auth/logout", {"authorization": f"Bearer {secret}"})
    assert out.status == 204
    assert [one.revoked_at for one in keys.list()] == [None]


async def test_a_role_that_changes_ends_the_session_and_holds_for_the_next(
    client: ApiClient,
) -> None:
    looking = await login(client, BIA)
    assert (await client.send("GET", "/api/admin/keys", bearer(looking))).status != 403
    accounts = client.parts.sign_in.admin_accounts
    accounts.update(Actor(name="test"), BIA, role=Role.AUDITOR)
    # this process remembers the session for 2.5 s; another does not
    fresh = Parts(client.parts.settings).sign_in.authorizer
    with pytest.raises(UnauthenticatedError):
        fresh.told(bearer(looking)["authorization"])
    assert refused(await refresh(client, cookie_of(looking)), 401, "unauthenticated")
    again = await login(client, BIA)
    assert again.json["user"]["role"] == "auditor"
    for path in ("/api/admin/keys", "/api/admin/plans", "/api/admin/admin-keys"):
        assert refused(await client.send("GET", path, bearer(again)), 403, "forbidden")
    assert (await client.send("GET", "/api/admin/audit", bearer(again))).status == 200
