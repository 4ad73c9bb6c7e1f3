"""Every operation of the admin API, tried by every role and by a key of every scope.

What is allowed is told by the operations themselves, whose table is tests/contract/test_access.py;
here it is tried over HTTP, through the authorizer. Requests name what there is not, so that one
who is let in is told so (404, 422 …) and changes nothing.
"""

import re
from collections.abc import Iterator

import botocore.session
import pytest

from infra.local.edge.functions import hosted
from solaris.api import registered
from solaris.platform.access import Access, Scope
from solaris.platform.actor import Actor, Role
from solaris.platform.aws.tables import create_tables
from solaris.platform.web.operations import Operation
from tests.functional.platform.api_support import (
    ADMIN,
    AUDITOR,
    MANAGER,
    VIEWER,
    Answer,
    ApiClient,
    api_environment,
)

FAST = {"ADMIN_RATE_LIMIT_PER_SECOND": "100000", "ADMIN_RATE_LIMIT_BURST": "100000"}
ROOT = Actor(name="root@example.com")
NAMES = {
    "email": "nobody%40example.com",
    "key_id": "key_000000000000",
    "plan": "none",
    "export_id": "20261122T130509123-0123456789abcdef",
}
TOKENS = {Role.ADMIN: ADMIN, Role.VIEWER: VIEWER, Role.AUDITOR: AUDITOR, Role.MANAGER: MANAGER}
REFUSED = {401, 403}


@pytest.fixture(scope="module")
def client() -> Iterator[ApiClient]:
    with pytest.MonkeyPatch.context() as patch, api_environment(**FAST) as parts:
        # PynamoDB makes a session a table, each of which reads botocore's 2 MB of models again
        shared = botocore.session.get_session()
        patch.setattr("pynamodb.connection.base.get_session", lambda: shared)
        create_tables()
        yield ApiClient([hosted("admin", copies=1)], parts)


def key_of(client: ApiClient, *scopes: Scope) -> dict[str, str]:
    """The header of a new key."""
    issued = client.parts.sign_in.admin_keys.create(ROOT, scopes)
    return {"authorization": f"Bearer {issued.secret}"}


async def tried(client: ApiClient, one: Operation, headers: dict[str, str]) -> Answer:
    def name(found: re.Match[str]) -> str:
        return NAMES.get(found[1], "none")

    # an argument that no operation has: whoever is let in is refused for it, and nothing is done
    path = re.sub(r"\{(\w+)\}", name, one.route) + "?nobody-asked=1"
    return await client.send(one.method, path, headers)


def guarded() -> list[Operation]:
    return [one for one in registered() if not one.access.is_open]


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_may_what_is_declared_and_nothing_else(client: ApiClient, role: Role) -> None:
    found = {}
    for one in guarded():
        answer = await tried(client, one, TOKENS[role])
        assert answer.status < 500, (one.name, answer.body)
        if answer.status in REFUSED:
            assert (answer.status, answer.json["code"]) == (403, "forbidden"), one.name
        found[one.name] = answer.status not in REFUSED
    assert found == {one.name: role in one.access.roles for one in guarded()}
    assert set(found.values()) == ({True} if role is Role.ADMIN else {True, False})


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_key_may_what_its_scope_opens_and_nothing_else(
    client: ApiClient, scope: Scope
) -> None:
    headers = key_of(client, scope)
    found = {}
    for one in guarded():
        answer = await tried(client, one, headers)
        assert answer.status < 500, (one.name, answer.body)
        if answer.status in REFUSED:
            expected = "people_only" if one.access.key is None else "missing_scope"
            assert (answer.status, answer.json["code"]) == (403, expected), one.name
        found[one.name] = answer.status not in REFUSED
    assert found == {one.name: one.access.key is scope for one in guarded()}
    assert set(found.values()) == {True, False}


async def test_a_key_with_every_scope_has_nothing_to_do_with_who_gets_in(
    client: ApiClient,
) -> None:
    headers = key_of(client, *Scope)
    refused = set()
    for one in guarded():
        answer = await tried(client, one, headers)
        if answer.status in REFUSED:
            assert (answer.status, answer.json["code"]) == (403, "people_only")
            refused.add(one.name)
    assert refused == {one.name for one in guarded() if one.access.key is None}
    assert refused >= {
        *("createAdmin", "updateAdmin", "deleteAdmin", "resetAdminPassword", "listAdmins"),
        *("createAdminKey", "revokeAdminKey", "listAdminKeys", "changePassword", "getMe"),
    }


async def test_nobody_may_what_is_not_open(client: ApiClient) -> None:
    for one in guarded():
        answer = await tried(client, one, {})
        assert answer.status == 401, one.name


async def test_a_key_makes_no_key_and_no_admin_whatever_it_sends(client: ApiClient) -> None:
    headers = key_of(client, *Scope)
    before = len(client.parts.sign_in.admin_keys.list())
    body = {"scopes": ["users:read"], "name": "mine", "expiresInDays": 365}
    made = await client.send("POST", "/api/admin/admin-keys", headers, json=body)
    assert (made.status, made.json["code"]) == (403, "people_only")
    assert len(client.parts.sign_in.admin_keys.list()) == before
    admin = {"email": "eve@example.com", "role": "admin"}
    made = await client.send("POST", "/api/admin/admins", headers, json=admin)
    assert (made.status, made.json["code"]) == (403, "people_only")
    assert client.parts.sign_in.admin_accounts.list() == []


async def test_a_declaration_that_is_forgotten_lets_no_key_in() -> None:
    access = Access(frozenset({Role.ADMIN}))
    assert not access.admits(None, list(Scope))


@pytest.mark.parametrize(
    ("scopes", "kind", "status"),
    [
        ((Scope.REPORTS_READ,), "usage", 200),
        ((Scope.REPORTS_READ,), "users", 403),
        ((Scope.REPORTS_READ,), "alerts", 403),
        ((Scope.REPORTS_READ,), "audit", 403),
        ((Scope.REPORTS_READ, Scope.AUDIT_READ), "audit", 200),
        ((Scope.AUDIT_READ,), "audit", 403),
        ((Scope.USERS_READ,), "users", 403),
    ],
)
async def test_an_export_wants_the_scope_of_what_is_in_it(
    client: ApiClient, scopes: tuple[Scope, ...], kind: str, status: int
) -> None:
    body = {"type": kind, "format": "json"}
    headers = key_of(client, *scopes)
    answer = await client.send("POST", "/api/admin/reports/export", headers, json=body)
    assert answer.status == status
    if status == 403:
        assert answer.json["code"] == "missing_scope"


@pytest.mark.parametrize(("kind", "status"), [("usage", 200), ("audit", 200), ("users", 403)])
async def test_an_auditor_exports_reports_and_the_log_alone(
    client: ApiClient, kind: str, status: int
) -> None:
    body = {"type": kind, "format": "json"}
    answer = await client.send("POST", "/api/admin/reports/export", AUDITOR, json=body)
    assert answer.status == status


async def test_nobody_sees_the_job_of_an_export_that_they_could_not_ask_for(
    client: ApiClient,
) -> None:
    client.parts.platform.queues.create_all()
    jobs = {}
    for kind in ("usage", "users", "audit"):
        body = {"type": kind, "format": "csv", "background": True}
        made = await client.send("POST", "/api/admin/reports/export", ADMIN, json=body)
        assert made.status == 202
        jobs[kind] = made.json["id"]
    figures = key_of(client, Scope.REPORTS_READ)
    for headers, seen in (
        (ADMIN, {"usage", "users", "audit"}),
        (AUDITOR, {"usage", "audit"}),
        (figures, {"usage"}),
        (key_of(client, Scope.REPORTS_READ, Scope.AUDIT_READ), {"usage", "audit"}),
    ):
        listed = await client.send("GET", "/api/admin/reports/exports", headers)
        assert {one["type"] for one in listed.json["items"]} == seen
        for kind, export_id in jobs.items():
            path = f"/api/admin/reports/exports/{export_id}"
            answer = await client.send("GET", path, headers)
            assert answer.status == (200 if kind in seen else 403)
    # what others have asked for is removed by admins alone
    for headers in (AUDITOR, VIEWER, figures):
        path = f"/api/admin/reports/exports/{jobs['usage']}"
        assert (await client.send("DELETE", path, headers)).status == 403
