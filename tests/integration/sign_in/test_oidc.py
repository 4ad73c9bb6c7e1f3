"""Signing in by a real OpenID Connect provider, in a process of its own, upon the real store."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from solaris.app import Parts
from solaris.platform.actor import Role
from solaris.platform.errors import NotFoundError
from solaris.platform.settings import Settings
from solaris.sign_in.oidc import HOME, STATE_LIFE, Arrival, Departure, OidcSignIn
from solaris.sign_in.oidc_http import OidcError
from solaris.sign_in.oidc_provider import OidcProvider
from tests.integration.conftest import Clock
from tests.integration.sign_in.sign_in_support import ANA, HERE, Desk

BOSS, VIEWER, STRANGER = "boss@example.org", "vera@example.com", "eve@evil.org"
CLIENT = "solaris"
START_SECONDS = 30

_SERVE = """
import sys
from oidc_provider_mock import run_server_in_thread
with run_server_in_thread() as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider's URL; it ends when its standard input does."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://localhost:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(START_SECONDS)
        process.stdout.close()


@dataclass
class Site:
    """A browser, the provider and this system."""

    desk: Desk
    issuer: str
    sign_in: OidcSignIn
    browser: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=5, follow_redirects=False)
    )

    def knows(self, email: str, /, **claims: Any) -> None:
        """Tell the provider about a person; their subject is the address."""
        body = {"email": email, "email_verified": True, "name": "Somebody", **claims}
        self.browser.put(f"{self.issuer}/users/{email}", json=body).raise_for_status()

    def depart(self, return_to: str | None = None) -> Departure:
        departure = self.sign_in.depart(return_to, HERE)
        assert isinstance(departure, Departure)
        return departure

    def consent(self, departure: Departure, email: str) -> dict[str, str]:
        """Sign in at the provider; what it sends the browser back with."""
        answer = self.browser.post(departure.url, data={"sub": email})
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert back._replace(query="").geturl() == self.redirect_uri
        return {name: values[0] for name, values in parse_qs(back.query).items()}

    def arrive(self, departure: Departure, back: dict[str, str], **changes: Any) -> Arrival:
        given: dict[str, Any] = {
            "state_cookie": departure.state_cookie,
            "state": back.get("state"),
            "code": back.get("code"),
            "error": back.get("error"),
            "origin": HERE,
        }
        return self.sign_in.arrive(**(given | changes))

    def whole(self, email: str, return_to: str | None = None) -> Arrival:
        departure = self.depart(return_to)
        return self.arrive(departure, self.consent(departure, email))

    @property
    def redirect_uri(self) -> str:
        return "https://ia.example.com/api/auth/oidc/callback"


@pytest.fixture
def site(parts: Parts, issuer: str) -> Iterator[Site]:
    # the provider's tokens bear the real time
    clock = Clock(datetime.now(UTC))
    settings = Settings(
        **parts.settings.model_dump()
        | {
            "public_url": "https://ia.example.com",
            "oidc_issuer": issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": "secret: with+signs",
            "oidc_admin_emails": (BOSS,),
            "oidc_viewer_domains": ("example.com",),
        }
    )
    desk = Desk(parts, clock, settings)
    with httpx.Client(timeout=5) as client:
        provider = OidcProvider(
            issuer=issuer,
            client_id=CLIENT,
            client_secret="secret: with+signs",
            clock=clock,
            client=client,
        )
        sign_in = OidcSignIn(
            settings=settings,
            provider=provider,
            accounts=desk.accounts,
            signing_in=desk.signing_in,
            clock=clock,
        )
        made = Site(desk, issuer, sign_in)
        with made.browser:
            yield made


def refused(site: Site, arrival: Arrival, code: str, actor: str = "(no address)") -> None:
    """Nobody is signed in, the code says why, and so does the audit log."""
    assert (arrival.opened, arrival.error) == (None, code)
    assert site.desk.audited()[-1] == ("admin.login_failed", actor, code)


@pytest.mark.parametrize(
    ("email", "role"), [(BOSS, Role.ADMIN), (VIEWER, Role.VIEWER), ("Vera@Example.com", None)]
)
def test_a_first_sign_in_makes_the_account_that_settings_say(
    site: Site, email: str, role: Role | None
) -> None:
    site.knows(email)
    arrival = site.whole(email, "/admin/users?status=active")
    assert arrival.error is None
    assert arrival.opened is not None
    assert arrival.return_to == "/admin/users?status=active"
    caller = site.desk.sessions.verify(arrival.opened.token)
    assert (caller.email, caller.role) == (email.lower(), role or Role.VIEWER)
    admin = site.desk.admin(email.lower())
    assert (admin.name, admin.password_hash) == ("Somebody", None)
    assert [row[0] for row in site.desk.audited()] == ["admin.create", "admin.login"]


def test_an_account_that_there_is_keeps_its_role_and_name(site: Site) -> None:
    site.desk.put(ANA, Role.VIEWER)
    site.desk.put(BOSS, Role.VIEWER)
    for email in (ANA, BOSS):
        site.knows(email, name="Another Name")
        arrival = site.whole(email)
        assert arrival.opened is not None
        assert arrival.return_to == HOME
        assert (arrival.opened.admin.role, arrival.opened.admin.name) == (Role.VIEWER, "Ana")


def test_who_is_not_named_by_settings_is_refused_and_not_made(site: Site) -> None:
    site.knows(STRANGER)
    refused(site, site.whole(STRANGER), "oidc_not_allowed", STRANGER)
    assert site.desk.accounts.list() == []


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified_is_refused(site: Site, verified: Any) -> None:
    site.knows(BOSS, email_verified=verified)
    refused(site, site.whole(BOSS), "oidc_unverified", BOSS)


def test_somebody_without_an_address_is_refused(site: Site) -> None:
    site.knows("nobody", email="no address")
    refused(site, site.whole("nobody"), "oidc_no_email")


def test_a_code_is_good_once(site: Site) -> None:
    site.knows(BOSS)
    departure = site.depart()
    back = site.consent(departure, BOSS)
    assert site.arrive(departure, back).opened is not None
    refused(site, site.arrive(departure, back), "oidc_failed")


def test_a_foreign_state_is_refused_before_the_provider_is_asked(site: Site) -> None:
    site.knows(BOSS)
    mine, other = site.depart(), site.depart()
    back = site.consent(other, BOSS)
    for changes in (
        {},
        {"state": None},
        {"state": "\ud800"},
        {"state_cookie": None},
        {"state_cookie": "a.b.c"},
        {"state_cookie": mine.state_cookie[:-3] + "AAA", "state": back["state"]},
    ):
        refused(site, site.arrive(mine, back, **changes), "oidc_state")
    assert site.arrive(other, back).opened is not None


def test_an_access_token_is_no_state_cookie(site: Site) -> None:
    site.knows(BOSS)
    arrival = site.whole(BOSS)
    assert arrival.opened is not None
    departure = site.depart()
    back = site.consent(departure, BOSS)
    refused(site, site.arrive(departure, back, state_cookie=arrival.opened.token), "oidc_state")


def test_a_sign_in_that_takes_longer_than_ten_minutes_is_refused(site: Site) -> None:
    site.knows(BOSS)
    departure = site.depart()
    back = site.consent(departure, BOSS)
    site.desk.clock.now += STATE_LIFE
    refused(site, site.arrive(departure, back), "oidc_state")


def test_a_token_for_another_nonce_is_refused(site: Site) -> None:
    site.knows(BOSS)
    mine, other = site.depart(), site.depart()
    stolen = site.consent(other, BOSS)
    back = site.consent(mine, BOSS)
    refused(site, site.arrive(mine, back, code=stolen["code"]), "oidc_failed")


@pytest.mark.parametrize("code", [None, "", "x" * 2_001, "not a code"])
def test_what_is_no_code_is_refused(site: Site, code: str | None) -> None:
    departure = site.depart()
    state = parse_qs(urlsplit(departure.url).query)["state"][0]
    refused(site, site.arrive(departure, {"state": state}, code=code), "oidc_failed")


def test_who_says_no_at_the_provider_is_back_at_the_sign_in_page(site: Site) -> None:
    departure = site.depart()
    state = parse_qs(urlsplit(departure.url).query)["state"][0]
    back = {"state": state, "error": "access_denied"}
    refused(site, site.arrive(departure, back), "oidc_denied")


@pytest.mark.parametrize(
    "path",
    [
        *("https://evil.org/admin/", "//evil.org", "/admin", "/other", "admin/"),
        *("/admin/\\evil", "/admin/\r\nset-cookie: a=b", "/admin/" + "x" * 500, "/admin/ã"),
    ],
)
def test_nobody_is_sent_on_to_another_site(site: Site, path: str) -> None:
    site.knows(BOSS)
    assert site.whole(BOSS, path).return_to == HOME


def test_the_provider_is_asked_by_code_flow_with_pkce_and_a_nonce(site: Site) -> None:
    departure = site.depart()
    query = {name: one[0] for name, one in parse_qs(urlsplit(departure.url).query).items()}
    kept = jwt.decode(departure.state_cookie, options={"verify_signature": False})
    assert query == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": site.redirect_uri,
        "scope": "openid email profile",
        "state": kept["state"],
        "nonce": kept["nonce"],
        "code_challenge": query["code_challenge"],
        "code_challenge_method": "S256",
    }


def test_the_challenge_is_that_of_the_standards_example() -> None:
    # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    provider = provider_of({DISCOVERY: METADATA}, Clock())
    url = provider.authorization_url(redirect_uri="x", state="s", nonce="n", verifier=verifier)
    (challenge,) = parse_qs(urlsplit(url).query)["code_challenge"]
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


# the provider away, or not what it says; a transport that answers as the test says


def provider_of(answers: dict[str, Any], clock: Clock, issuer: str = "https://id.test") -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        found = answers.get(request.url.path, httpx.ConnectError("away"))
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    return OidcProvider(
        issuer=issuer,
        client_id=CLIENT,
        client_secret="s",
        clock=clock,
        client=httpx.Client(transport=httpx.MockTransport(answer)),
    )


METADATA = {
    "issuer": "https://id.test",
    "authorization_endpoint": "https://id.test/auth",
    "token_endpoint": "https://id.test/token",
    "jwks_uri": "https://id.test/keys",
}
DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {DISCOVERY: httpx.ReadTimeout("slow")},
        {DISCOVERY: httpx.Response(500)},
        {DISCOVERY: httpx.Response(302, headers={"location": "https://evil.org"})},
        {DISCOVERY: httpx.Response(200, text="<html>")},
        {DISCOVERY: httpx.Response(200, text="[]")},
        {DISCOVERY: httpx.Response(200, content=b" " * 300_000)},
        {DISCOVERY: METADATA | {"issuer": "https://evil.org"}},
        {DISCOVERY: METADATA | {"authorization_endpoint": "javascript:alert(1)"}},
        {DISCOVERY: METADATA | {"token_endpoint": "http://id.test/token"}},
        {DISCOVERY: METADATA | {"userinfo_endpoint": "http://id.test/userinfo"}},
        {DISCOVERY: {"issuer": "https://id.test"}},
    ],
    ids=range(12),
)
def test_a_provider_that_does_not_answer_right_is_unavailable(answers: dict[str, Any]) -> None:
    with pytest.raises(OidcError) as caught:
        provider_of(answers, Clock()).authorization_url(
            redirect_uri="x", state="s", nonce="n", verifier="v"
        )
    assert caught.value.code == "oidc_unavailable"


def test_an_unavailable_provider_sends_the_browser_back_and_is_audited(site: Site) -> None:
    desk = site.desk
    sign_in = OidcSignIn(
        settings=desk.settings,
        provider=provider_of({}, desk.clock),
        accounts=desk.accounts,
        signing_in=desk.signing_in,
        clock=desk.clock,
    )
    arrival = sign_in.depart(None, HERE)
    assert isinstance(arrival, Arrival)
    refused(site, arrival, "oidc_unavailable")


def test_without_a_provider_there_is_nothing_to_find(parts: Parts) -> None:
    assert parts.sign_in.oidc.name is None
    with pytest.raises(NotFoundError):
        parts.sign_in.oidc.depart(None, HERE)
    with pytest.raises(NotFoundError):
        parts.sign_in.oidc.arrive(state_cookie=None, state=None, code=None, error=None, origin=HERE)
