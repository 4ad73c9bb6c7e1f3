"""The admin API and the site against somebody who means harm.

Held elsewhere: algorithms, claims and key ids of tokens (tests/unit/sign_in/test_access_tokens.py),
foreign origins and cookies (tests/functional/sign_in/test_auth_routes.py), cells of files one by
one (tests/unit/exports/test_export_formats.py). Here the whole system is asked, and a real browser
looks.
"""

import base64
import csv
import io
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import openpyxl
import pytest

from tests.e2e.site_support import ADMIN, PASSWORD, Company, Person, Visitor, sign_in

pytestmark = pytest.mark.e2e

MARK = "window.__xss=1"
XSS = f'"><img src=x onerror={MARK}><script>{MARK}</script>'
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", '=HYPERLINK("http://evil","x")')


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def login(company: Company, email: str = ADMIN) -> tuple[str, str]:
    """An access token and the refresh token."""
    body = {"email": email, "password": PASSWORD}
    answer = httpx.post(f"{company.url}/api/auth/login", json=body)
    answer.raise_for_status()
    return answer.json()["token"], answer.cookies["solaris_refresh"]


def opens(company: Company, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.get(f"{company.url}/api/admin/users", headers=headers).status_code


# tokens


def test_only_an_access_token_of_this_system_opens_it(company: Company) -> None:
    token, refresh = login(company)
    header, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
    assert opens(company, token) == 200
    bad = [
        refresh,
        str(company.system.printed_key),
        f"{part({'alg': 'none', 'kid': kid})}.{body}.",
        f"{part({'alg': 'None', 'kid': kid})}.{body}.{signature}",
        f"{part({'alg': 'RS256', 'kid': kid})}.{body}.{signature}",
        f"{part({'alg': 'HS256', 'kid': '../../../dev/null'})}.{body}.{signature}",
        f"{part({'alg': 'HS256', 'kid': [kid]})}.{body}.{signature}",
        f"{part({'alg': 'HS256', 'kid': kid, 'jku': 'http://127.0.0.1:1/'})}.{body}.{signature}",
        f"{part({'alg': 'HS256', 'kid': kid, 'crit': ['exp']})}.{body}.{signature}",
        f"{header}.{part(claims | {'exp': claims['exp'] + 9_999})}.{signature}",
        f"{header}.{part(claims | {'sub': 'eve@example.com'})}.{signature}",
        f"{header}.{body}.",
        f"{header}.{body}",
        token + "A",
        f" {token} {token}",
    ]
    assert {one: opens(company, one) for one in bad} == dict.fromkeys(bad, 401)
    me = httpx.get(f"{company.url}/api/me", headers={"authorization": f"Bearer {token}"})
    assert me.status_code == 401, "an admin's token is no personal link"


def test_an_admin_who_was_removed_has_no_way_back(company: Company) -> None:
    email = f"{uuid.uuid4().hex[:10]}@example.com"
    body = {"email": email, "name": "x", "role": "admin", "password": PASSWORD}
    company.post("/admins", body)
    token, refresh = login(company, email)
    assert company.api.delete(f"/admins/{email}").is_success
    again = httpx.post(
        f"{company.url}/api/auth/refresh", headers={"cookie": f"solaris_refresh={refresh}"}
    )
    assert again.status_code == 401
    # two and a half seconds of cache, as ARCHITECTURE says; the refresh has read the session
    with httpx.Client() as client:
        answers = (
            client.get(
                f"{company.url}/api/admin/users", headers={"authorization": f"Bearer {token}"}
            ).status_code
            for _ in range(5_000)
        )
        assert 401 in answers


# other sites


@pytest.mark.parametrize("path", ["/api/auth/refresh", "/api/auth/logout", "/api/auth/login"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_a_page_of_another_site_does_nothing_in_a_session(
    company: Company, path: str, headers: dict[str, str]
) -> None:
    _, refresh = login(company)
    cookie = {"cookie": f"solaris_refresh={refresh}"}
    body = {"email": ADMIN, "password": PASSWORD} if path.endswith("login") else None
    answer = httpx.post(f"{company.url}{path}", headers=headers | cookie, json=body)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert httpx.post(f"{company.url}/api/auth/refresh", headers=cookie).status_code == 200


def test_no_form_of_another_site_can_write_a_body(company: Company) -> None:
    """Forms send three kinds of body, of which none is JSON; and the token is in no cookie."""
    token, refresh = login(company)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = {"content-type": kind, "authorization": f"Bearer {token}"}
        answer = httpx.post(f"{company.url}/api/admin/users", headers=headers, content=b'{"a":1}')
        assert answer.status_code == 415
    cookie = {"cookie": f"solaris_refresh={refresh}"}
    assert httpx.get(f"{company.url}/api/admin/users", headers=cookie).status_code == 401


# more fields than are offered


@pytest.mark.parametrize(
    "extra",
    [
        {"id": "00000000-0000-0000-0000-000000000000"},
        {"userId": "x"},
        {"currentUsage": 0},
        {"availableTokens": 10**9},
        {"reservedTokens": 0},
        {"role": "admin"},
        {"version": 1},
        {"period": "2020-01"},
        {"monthly_limit": 10**9},
        {"__proto__": {"isAdmin": True}},
        {"blockPpm": 10**9},
    ],
    ids=str,
)
def test_what_a_change_does_not_offer_is_refused_and_changes_nothing(
    company: Company, extra: dict[str, Any]
) -> None:
    user = company.user(Person("", "bruno.barros@example.com"))
    put = company.api.put(f"/users/{user['id']}", json={"name": "Changed", **extra})
    assert put.status_code == 422
    assert company.user(Person("", "bruno.barros@example.com")) == user
    email = f"{uuid.uuid4().hex[:10]}@example.com"
    assert company.api.post("/users", json={**extra, "email": email}).status_code == 422
    assert company.get("/users", search=email)["items"] == []


def test_a_viewer_cannot_make_themselves_an_admin(company: Company) -> None:
    email = f"{uuid.uuid4().hex[:10]}@example.com"
    body = {"email": email, "name": "x", "role": "viewer", "password": PASSWORD}
    company.post("/admins", body)
    with sign_in(company.url, email) as api:
        assert api.put(f"/admins/{email}", json={"role": "admin"}).status_code == 403
        assert api.post("/admins", json=body | {"role": "admin"}).status_code == 403
        assert api.post("/keys", json={"name": "x", "kind": "service"}).status_code == 403
        assert api.post("/users", json={"email": "z@example.com"}).status_code == 403


# what belongs to others


@pytest.mark.parametrize(
    "path",
    [
        "/users/{}",
        "/users/{}/usage",
        "/users/{}/transactions",
        "/users/{}/periods",
        "/keys/{}",
        "/reports/export/{}",
    ],
)
@pytest.mark.parametrize(
    "guess",
    [
        "00000000-0000-0000-0000-000000000000",
        "system%23reset",
        "system%230",
        "..%2f..%2fadmins",
        "%2e%2e",
        "*",
        "%00",
        "'%20OR%201=1",
        "a" * 2_000,
    ],
)
def test_a_guessed_id_finds_nothing(company: Company, path: str, guess: str) -> None:
    assert company.api.get(path.format(guess)).status_code in (404, 422)


def test_a_personal_link_shows_its_owner_alone(company: Company) -> None:
    path = company.personal_link(Person("", "bruno.barros@example.com"))
    token = path.partition("#")[2]
    whole = re.sub(r"^.*=", "", token)
    url = f"{company.url}/api/me"
    mine = httpx.get(url, headers={"authorization": f"Bearer {whole}"})
    assert mine.status_code == 200
    assert mine.json()["name"] == "Bruno Barros"
    other = company.user(Person("", "ana.almeida@example.com"))["id"]
    head, payload, signature = whole.split(".")
    said = base64.urlsafe_b64decode(payload + "==")
    nobody_signed = _base64(b'{"alg":"none"}')
    forged = {
        "another's": f"{head}.{_base64(said[:-16] + uuid.UUID(other).bytes)}.{signature}",
        "longer": f"{head}.{_base64(bytes([255] * (len(said) - 16)) + said[-16:])}.{signature}",
        "unsigned": f"{nobody_signed}.{payload}.",
        "cut": whole[:-1],
        "longer than itself": whole + "A",
    }
    for kind, one in forged.items():
        answer = httpx.get(url, headers={"authorization": f"Bearer {one}"})
        assert answer.status_code == 401, kind
    for query in (f"user={other}", f"userId={other}", f"id={other}"):
        again = httpx.get(f"{url}?{query}", headers={"authorization": f"Bearer {whole}"})
        assert "Ana Almeida" not in again.text
    assert opens(company, whole) == 401


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"x-forwarded-host": "evil.example"}], ids=str
)
def test_a_link_is_never_made_of_what_the_caller_calls_the_host(
    company: Company, headers: dict[str, str]
) -> None:
    user = company.user(Person("", "bruno.barros@example.com"))
    headers = headers | {"x-forwarded-proto": "https", "forwarded": "host=evil.example"}
    made = company.api.post(f"/users/{user['id']}/link", json={}, headers=headers)
    assert made.status_code in (200, 201)
    assert "evil.example" not in made.text


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/%2e%2e", "/admin//evil.example", "/\\evil.example"]
)
def test_no_path_leads_to_another_site(company: Company, path: str) -> None:
    answer = httpx.get(company.url + path, follow_redirects=False)
    location = answer.headers.get("location", "")
    assert not re.match(r"(https?:)?[/\\]{2}", location)


# what is written by strangers, and read by admins


@dataclass(frozen=True)
class Hostile:
    """A person whose every text is an attack."""

    person: Person
    user_id: str
    key_id: str


@pytest.fixture(scope="module")
def hostile(company: Company) -> Iterator[Hostile]:
    person = Person(XSS[:190], "hostile@example.com", 3_000)
    company.post("/users", {"email": person.email, "name": XSS, "monthlyLimit": 3_000})
    user_id = company.user(person)["id"]
    company.post(f"/users/{user_id}/tokens", {"amount": 5, "reason": XSS})
    key = company.post("/keys", {"name": XSS, "kind": "personal", "userEmail": person.email})
    headers = {
        "authorization": f"Bearer {company.system.printed_key}",
        "x-user-email": person.email,
        "x-user-name": XSS,
        "user-agent": XSS,
        "x-conversation-id": XSS,
    }
    for model in (XSS, *FORMULAS[:4], FORMULAS[5]):
        body = {"model": model, "messages": [{"role": "user", "content": "Oi"}]}
        httpx.post(f"{company.url}/v1/chat/completions", headers=headers, json=body, timeout=30)
    over = {"model": "demo-embedding", "input": " um" * 2_900}
    httpx.post(f"{company.url}/v1/embeddings", headers=headers, json=over, timeout=30)
    for number, formula in enumerate(FORMULAS):
        email = f"formula-{number}@example.com"
        company.post("/users", {"email": email, "name": formula, "monthlyLimit": 1_000})
    yield Hostile(person, user_id, key["id"])
    company.api.delete(f"/users/{user_id}")


def test_no_text_of_a_stranger_runs_in_an_admins_browser(
    admin: Visitor, company: Company, hostile: Hostile
) -> None:
    pages = ["/admin/", "/admin/users?search=hostile", f"/admin/users/{hostile.user_id}"]
    pages += ["/admin/reports", "/admin/alerts", "/admin/keys", "/admin/audit", "/admin/admins"]
    pages += ["/admin/models", "/admin/settings", company.personal_link(hostile.person)]
    for path in pages:
        page = admin.open(path)
        assert page.evaluate("window.__xss") is None, path
        assert page.locator("img[src=x], img[onerror]").count() == 0, path
    page = admin.open(f"/admin/users/{hostile.user_id}")
    assert "onerror=" in page.inner_text("body"), "the text itself is shown"


@pytest.mark.parametrize("text", [XSS, "javascript:window.__xss=1", "</script>" + XSS])
def test_no_address_of_the_site_runs_a_script(admin: Visitor, company: Company, text: str) -> None:
    for path in ("/admin/users?search=", "/admin/audit?actor=", "/admin/login?returnTo="):
        page = admin.page
        page.goto(company.url + path + quote(text, safe=""))
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.__xss") is None
        assert page.url.startswith(company.url)


def exported(company: Company, kind: str, form: str) -> bytes:
    """A small export, which is the answer itself."""
    answer = company.api.post("/reports/export", json={"type": kind, "format": form})
    assert answer.is_success, answer.text
    return answer.content


@pytest.mark.parametrize("kind", ["users", "audit", "alerts"])
def test_no_cell_of_an_export_is_a_formula(company: Company, hostile: Hostile, kind: str) -> None:
    table = exported(company, kind, "csv").decode("utf-8-sig")
    delimiter = ";" if ";" in table.splitlines()[0] else ","
    cells = [cell for row in csv.reader(io.StringIO(table), delimiter=delimiter) for cell in row]
    assert len(cells) > 20
    if kind == "users":
        assert {one.lstrip("'") for one in cells} >= {one.strip() for one in FORMULAS}
        assert any("onerror" in one for one in cells)
    number = re.compile(r"-?[\d.,]+")
    assert [
        one for one in cells if one[:1] in "=+-@\t\r" and one and not number.fullmatch(one)
    ] == []
    book = openpyxl.load_workbook(io.BytesIO(exported(company, kind, "xlsx")))
    formulas = [
        str(cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    # sums of a column are the system's own
    assert [one for one in formulas if not one.startswith(("=SUBTOTAL(", "=SUM("))] == []
