"""Signing in by npm's `oidc-provider` at its defaults, on demand: `make test-oidc`."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from solaris.sign_in.oidc_provider import OidcProvider, Person
from tests.e2e.local_system import ROOT, clean_environment
from tests.e2e.node_programs import installed

PROGRAM = ROOT / "tests" / "e2e" / "oidc_provider" / "provider.mjs"
REDIRECT = "http://127.0.0.1:1/api/auth/oidc/callback"
CLIENT, SECRET = "solaris", "a secret of thirty-two characters"
MAX_STEPS = 10
STOP_SECONDS = 60

pytestmark = pytest.mark.skipif(
    os.environ.get("SOLARIS_TEST_OIDC_PROVIDER") != "1", reason="on demand: make test-oidc"
)


@contextmanager
def running() -> Iterator[str]:
    """The provider's URL; it ends when its standard input does."""
    home = installed(PROGRAM.parent).home
    shutil.copyfile(PROGRAM, home / PROGRAM.name)
    process = subprocess.Popen(
        ["node", str(home / PROGRAM.name), CLIENT, SECRET, REDIRECT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=clean_environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = next(one.split()[1] for one in process.stdout if one.startswith("port "))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        process.wait(STOP_SECONDS)
        process.stdout.close()


def code_of(url: str) -> str:
    """Go where a browser is sent, until it is sent back here."""
    with httpx.Client(timeout=30, follow_redirects=False) as browser:
        for _ in range(MAX_STEPS):
            answer = browser.get(url)
            assert answer.is_redirect, answer.text
            url = urljoin(url, answer.headers["location"])
            if url.startswith(REDIRECT):
                return parse_qs(urlsplit(url).query)["code"][0]
    pytest.fail("not sent back")


def test_the_address_that_it_keeps_for_userinfo_names_the_person() -> None:
    with running() as issuer, httpx.Client(timeout=30) as client:
        provider = OidcProvider(
            issuer=issuer,
            client_id=CLIENT,
            client_secret=SECRET,
            clock=lambda: datetime.now(UTC),
            client=client,
        )
        verifier = "v" * 43
        url = provider.authorization_url(
            redirect_uri=REDIRECT, state="s", nonce="n", verifier=verifier
        )
        found = provider.person(
            code=code_of(url), redirect_uri=REDIRECT, nonce="n", verifier=verifier
        )
    assert found == Person("ana@example.com", True, "Ana")
