"""A small user crosses a threshold on the running system, and /dev/mail shows the mail."""

import time
import uuid
from typing import Any
from urllib.parse import quote

import httpx
import openai
import pytest

from tests.e2e.local_system import LocalSystem

pytestmark = pytest.mark.e2e

MAIL_SECONDS = 30


def mail_to(system: LocalSystem, email: str) -> dict[str, Any]:
    """The one mail to an address, as soon as it is there."""
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        answer = httpx.get(f"{system.url}/dev/mail/messages.json")
        found = [one for one in answer.json()["messages"] if one["To"] == [email]]
        if found:
            (mail,) = found
            return dict(mail)
    raise AssertionError(f"no mail to {email}")


def test_a_user_who_crosses_a_threshold_gets_a_mail_that_dev_mail_shows(
    system: LocalSystem,
) -> None:
    email = f"mail-{uuid.uuid4().hex[:8]}@example.com"
    system.cli("users", "create", email, "--limit", "360")
    with openai.OpenAI(
        base_url=f"{system.url}/v1",
        api_key=system.printed_key,
        default_headers={"X-User-Email": email, "X-User-Name": "<b>Ana</b>"},
        max_retries=0,
    ) as sdk:
        sdk.chat.completions.create(
            model="demo-tokens-300", messages=[{"role": "user", "content": "Oi"}]
        )
    mail = mail_to(system, email)
    assert "da sua cota" in mail["Subject"]
    listed = httpx.get(f"{system.url}/dev/mail")
    assert f"/dev/mail/{quote(mail['MessageId'])}" in listed.text
    assert mail["Subject"] in listed.text
    assert "default-src 'none'" in listed.headers["content-security-policy"]

    page = httpx.get(f"{system.url}/dev/mail/{mail['MessageId']}")
    assert '<iframe sandbox=""' in page.text
    assert email in page.text
    body = httpx.get(f"{system.url}/dev/mail/{mail['MessageId']}/html")
    assert body.text == mail["BodyHtml"]
    assert body.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_the_mailbox_is_for_this_machine_only(system: LocalSystem) -> None:
    for path in ("/dev/mail", "/dev/mail/messages.json"):
        answer = httpx.get(system.url + path, headers={"host": "attacker.example"})
        assert answer.status_code == 404
    assert httpx.post(f"{system.url}/dev/mail").status_code == 405
    assert httpx.get(f"{system.url}/dev/mail/unknown").status_code == 404
