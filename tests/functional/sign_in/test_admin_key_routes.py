"""Admin keys over HTTP: shown once, sent as a bearer, refused in the wrong place, a rate each."""

from collections.abc import Iterator
from contextlib import contextmanager

import botocore.session
import pytest

from infra.local.edge.functions import hosted
from solaris.audit.entry import AuditFilters
from solaris.platform.access import Scope
from solaris.platform.actor import Actor
from solaris.platform.aws.tables import create_tables
from solaris.platform.errors import StoreUnavailableError
from tests.functional.platform.api_support import (
    ADMIN,
    AUDITOR,
    VIEWER,
    Answer,
    ApiClient,
    api_environment,
)

KEYS = "/api/admin/admin-keys"
SETTINGS = "/api/admin/settings"
EN = {"accept-language": "en"}
FAST = {"ADMIN_RATE_LIMIT_PER_SECOND": "100000", "ADMIN_RATE_LIMIT_BURST": "100000"}


@contextmanager
def running(**variables: str) -> Iterator[ApiClient]:
    with pytest.MonkeyPatch.context() as patch, api_environment(**variables) as parts:
        # PynamoDB makes a session a table, each of which reads botocore's 2 MB of models again
        shared = botocore.session.get_session()
        patch.setattr("pynamodb.connection.base.get_session", lambda: shared)
        create_tables()
        yield ApiClient([hosted("admin", copies=1)], parts)


@pytest.fixture(scope="module")
def client() -> Iterator[ApiClient]:
    with running(**FAST) as made:
        yield made


def bearer(secret: str) -> dict[str, str]:
    return EN | {"authorization": f"Bearer {secret}"}


def secret_of(client: ApiClient, *scopes: Scope) -> str:
    made = client.parts.sign_in.admin_keys.create(Actor(name="test"), scopes or list(Scope))
    return made.secret


def refused(answer: Answer, status: int, code: str) -> bool:
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.single["content-type"] == "application/problem+json"
    return True


async def test_a_key_is_made_shown_once_used_listed_and_revoked(client: ApiClient) -> None:
    body = {"name": "terraform", "scopes": ["settings:read", "users:read"], "expiresInDays": 30}
    made = await client.send("POST", KEYS, ADMIN, json=body)
    assert made.status == 201
    secret, key = made.json["key"], made.json["adminKey"]
    assert secret.startswith("sk-solaris-admin-")
    assert (key["state"], key["scopes"]) == ("active", ["users:read", "settings:read"])
    assert key["createdBy"] == "admin@example.com"

    assert (await client.send("GET", SETTINGS, bearer(secret))).status == 200
    listed = await client.send("GET", KEYS, ADMIN)
    shown = next(one for one in listed.json["items"] if one["id"] == key["id"])
    assert shown["lastUsedAt"] is not None
    assert secret not in str(listed.json)
    assert "hash" not in str(listed.json).lower()

    revoked = await client.send("POST", f"{KEYS}/{key['id']}/revoke", ADMIN)
    assert (revoked.status, revoked.json["state"]) == (200, "revoked")
    client.parts.sign_in.admin_key_verifier._known.forget(
        client.parts.sign_in.admin_key_store.get(key["id"]).key_hash  # type: ignore[union-attr]
    )
    assert refused(await client.send("GET", SETTINGS, bearer(secret)), 401, "invalid_admin_key")
    assert (await client.send("POST", f"{KEYS}/{key['id']}/revoke", ADMIN)).status == 200
    again = await client.send("POST", f"{KEYS}/ak_0000000000000000/revoke", ADMIN)
    assert refused(again, 404, "not_found")


@pytest.mark.parametrize("headers", [VIEWER, AUDITOR, {}])
@pytest.mark.parametrize(("method", "path"), [("GET", KEYS), ("POST", KEYS)])
async def test_only_admins_see_or_make_keys(
    client: ApiClient, headers: dict[str, str], method: str, path: str
) -> None:
    answer = await client.send(method, path, headers, json={"scopes": ["users:read"]})
    assert answer.status == (403 if headers else 401)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["*"]}, "scopes.0"),
        ({"scopes": ["admins:write"]}, "scopes.0"),
        ({"scopes": ["users:read"] * 99}, "scopes"),
        ({"scopes": ["users:read"], "expiresInDays": 366}, "expiresInDays"),
        ({"scopes": ["users:read"], "expiresInDays": 0}, "expiresInDays"),
        ({"scopes": ["users:read"], "expiresInDays": None}, "expiresInDays"),
        ({"scopes": ["users:read"], "expiresAt": "2099-01-01T00:00:00Z"}, "expiresAt"),
        ({"scopes": ["users:read"], "name": "x" * 300}, "name"),
        ({"scopes": ["users:read"], "key": "sk-solaris-admin-mine"}, "key"),
    ],
)
async def test_a_key_that_may_not_be_so_is_not_made(
    client: ApiClient, body: dict[str, object], field: str
) -> None:
    before = len(client.parts.sign_in.admin_keys.list())
    answer = await client.send("POST", KEYS, ADMIN, json=body)
    assert answer.status == 422
    assert field in {one["field"] for one in answer.json["errors"]}
    assert len(client.parts.sign_in.admin_keys.list()) == before


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("sk-solaris-admin-" + "Az09_-x" * 6 + "A", "invalid_admin_key"),
        ("sk-solaris-admin-", "invalid_admin_key"),
        ("sk-solaris-admin-" + "A" * 500, "invalid_admin_key"),
        ("sk-solaris-admin-" + "é" * 43, "invalid_admin_key"),
        ("sk-solaris-" + "A" * 43, "not_an_admin_key"),
        ("SK-SOLARIS-ADMIN-" + "A" * 43, "unauthenticated"),
        ("sk-" + "A" * 43, "unauthenticated"),
    ],
)
async def test_what_is_no_admin_key_is_refused_and_told_why(
    client: ApiClient, secret: str, code: str
) -> None:
    headers = [(name, value.encode().decode("latin-1")) for name, value in bearer(secret).items()]
    answer = await client.send("GET", SETTINGS, headers)
    assert refused(answer, 401, code)
    if code == "not_an_admin_key":
        assert answer.json["title"].startswith("This is a gateway key")


async def test_a_key_is_taken_from_the_authorization_header_alone(client: ApiClient) -> None:
    secret = secret_of(client)
    for headers in (
        {"x-api-key": secret},
        {"authorization": secret},
        {"authorization": f"Basic {secret}"},
        {"cookie": f"solaris_refresh={secret}"},
    ):
        assert (await client.send("GET", SETTINGS, headers)).status == 401
    assert (await client.send("GET", f"{SETTINGS}?key={secret}")).status == 401


async def test_what_is_sent_besides_a_key_makes_no_person_of_it(client: ApiClient) -> None:
    secret = secret_of(client, Scope.SETTINGS_READ)
    headers = bearer(secret) | {"x-role": "admin", "cookie": "solaris_refresh=a.b"}
    assert refused(await client.send("GET", "/api/auth/me", headers), 403, "people_only")
    users = await client.send("GET", "/api/admin/users", headers)
    assert refused(users, 403, "missing_scope")
    assert users.json["title"] == "This key has not the scope users:read"


async def test_what_a_key_does_is_audited_as_the_key_s(client: ApiClient) -> None:
    issued = client.parts.sign_in.admin_keys.create(Actor(name="test"), [Scope.REPORTS_READ])
    body = {"type": "usage", "format": "json"}
    answer = await client.send(
        "POST", "/api/admin/reports/export", bearer(issued.secret), json=body
    )
    assert answer.status == 200
    filters = AuditFilters(actor=f"admin-key:{issued.key.key_id}")
    (row,) = client.parts.audit.auditor.page(filters, 10).entries
    assert (row.action, row.actor.ip_address) == ("report.export", "127.0.0.1")


async def test_a_store_that_is_away_is_503_and_no_wrong_key(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = secret_of(client)

    def away(_: str) -> None:
        raise StoreUnavailableError("host db-1")

    monkeypatch.setattr(client.parts.sign_in.admin_key_store, "get", away)
    answer = await client.send("GET", SETTINGS, bearer(secret))
    assert refused(answer, 503, "service_unavailable")
    assert b"db-1" not in answer.body


async def test_no_key_is_logged(client: ApiClient, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    body = {"scopes": ["settings:read"], "note": "a private note"}
    secret = (await client.send("POST", KEYS, ADMIN, json=body)).json["key"]
    await client.send("GET", SETTINGS, bearer(secret))
    await client.send("GET", SETTINGS, bearer(secret + "x"))
    logged = "".join(capsys.readouterr())
    assert "admin-key:ak_" in logged
    assert secret not in logged
    assert secret[20:40] not in logged
    assert "private note" not in logged
