"""Who may read the development mailbox: this machine, asking for itself."""

from pathlib import Path
from typing import Any

import pytest

from infra.local.edge.mailbox import Mailbox, is_open
from solaris.platform.settings import Settings
from solaris.platform.web.trusted_proxies import BehindFront, Front

LOCAL = {"solaris_stage": "local"}


async def status(*headers: tuple[str, str], peer: str = "127.0.0.1", proxies: int = 0) -> int:
    """What a request to the mailbox is answered; 405 where it would be served (it is no GET)."""
    mailbox = Mailbox(Path("unread.sqlite"))
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await mailbox(scope, send)

    async def receive() -> Any:
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": "POST", "path": "/dev/mail", "headers": raw}
    await BehindFront(app, Front(proxies=proxies), "en")(
        scope | {"client": (peer, 1)}, receive, send
    )
    found: int = sent[0]["status"]
    return found


HOST = ("host", "localhost:8080")


async def test_this_machine_is_served() -> None:
    assert await status(HOST) == 405
    assert await status(HOST, peer="::1") == 405


@pytest.mark.parametrize("proxies", [0, 1, 2])
async def test_the_network_is_not_by_calling_itself_this_machine(proxies: int) -> None:
    forged = ("X-Forwarded-For", "127.0.0.1")
    assert await status(HOST, forged, peer="192.0.2.9", proxies=proxies) == 404


@pytest.mark.parametrize(
    "name",
    ["X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"],
)
async def test_whoever_a_proxy_on_this_machine_passes_on_is_not_this_machine(name: str) -> None:
    assert await status(HOST, (name, "127.0.0.1")) == 404
    assert await status(HOST, (name, "")) == 404


@pytest.mark.parametrize("host", ["attacker.example", "", "127.0.0.1.attacker.example"])
async def test_a_foreign_name_of_this_machine_is_not(host: str) -> None:
    assert await status(("host", host)) == 404


@pytest.mark.parametrize(
    ("host", "more", "expected"),
    [
        ("127.0.0.1", {}, True),
        ("localhost", {}, True),
        ("::1", {}, True),
        ("0.0.0.0", {}, False),  # noqa: S104 - compared
        ("::", {}, False),
        ("192.0.2.1", {}, False),
        ("127.0.0.1", {"public_url": "https://ia.example.com"}, False),
        ("127.0.0.1", {"trusted_proxies": 1}, False),
        ("127.0.0.1", {"smtp_host": "mail.example.com"}, False),
    ],
)
def test_where_others_are_served_there_is_no_mailbox(
    host: str, more: dict[str, Any], expected: bool
) -> None:
    assert is_open(Settings(**LOCAL | more), host) is expected
