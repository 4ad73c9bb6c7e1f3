"""What this machine has mailed, at /dev/mail: reads the file where the store keeps the mails.

Nothing leaves the machine: the store accepts a mail and keeps it. The page is served to this
machine only (a loopback client that names a loopback host), and not to another account of it where
Linux tells whose a connection is, because mails are private and the page has no login. A mail's
HTML is shown in a sandboxed frame under a policy that loads nothing.
"""

import asyncio
import html
import ipaddress
import os
import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import orjson

from infra.local.edge.peer_owner import is_another_account
from infra.local.store.mails import Mail, read_mails
from solaris.platform.aws.client import boto_client, store_errors
from solaris.platform.settings import Settings

PATH = "/dev/mail"
MAX_LISTED = 200
_PROXY_HEADERS = frozenset(
    {b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"x-original-forwarded-for"}
)

_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem; }
h1 { font-size: 1.3rem; } table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid #8885; }
td:first-child, td:nth-child(2) { white-space: nowrap; } p, dd { overflow-wrap: anywhere; }
dt { color: #777; } dd { margin: 0 0 .5rem; }
iframe { width: 100%; height: 62rem; background: #fff; }
iframe, pre { border: 1px solid #8885; border-radius: 8px; }
pre { white-space: pre-wrap; padding: 1rem; }
"""

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


def verify_sender(settings: Settings) -> None:
    """Let the embedded SES accept mails from FROM_EMAIL; it asks for it as SES does."""
    with store_errors():
        client = boto_client("ses", settings.aws_region)
        client.verify_email_identity(EmailAddress=settings.from_email)


def is_open(settings: Settings, host: str) -> bool:
    """Whether there is a mailbox at all: only where nobody else is served.

    `host` is what the gateway listens on. A system with a public URL, proxies in front or an
    address of the network has none, and one whose mails go out by SMTP keeps none.
    """
    is_alone = settings.public_url is None and settings.trusted_proxies == 0
    return is_alone and _is_loopback(host) and settings.smtp_host is None


class Mailbox:
    """Answers everything under /dev/mail."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __call__(self, scope: Message, send: Send) -> None:
        """Answer one request."""
        if not _is_local(scope) or await asyncio.to_thread(_is_of_another, scope):
            await _answer(send, 404, "text/plain", "not found\n")
            return
        if scope["method"] != "GET":
            await _answer(send, 405, "text/plain", "only GET\n")
            return
        try:
            mails = await asyncio.to_thread(read_mails, self._path)
        except (sqlite3.Error, OSError):
            await _answer(send, 503, "text/plain", "the mails cannot be read\n")
            return
        rest = scope["path"].removeprefix(PATH).strip("/")
        if not rest:
            await _answer(send, 200, "text/html", _list_page(mails))
        elif rest == "messages.json":
            await _answer(send, 200, "application/json", orjson.dumps({"messages": mails}).decode())
        else:
            await self._one(send, mails, rest)

    async def _one(self, send: Send, mails: list[Mail], rest: str) -> None:
        mail_id, _, part = rest.partition("/")
        found = next((one for one in mails if one["MessageId"] == unquote(mail_id)), None)
        if found is None or part not in ("", "html"):
            await _answer(send, 404, "text/plain", "no such mail\n")
        elif part:
            body = found.get("BodyHtml") or ""
            await _answer(send, 200, "text/html", body, policy=_MAIL_POLICY, frames="SAMEORIGIN")
        else:
            await _answer(send, 200, "text/html", _mail_page(found))


def is_mailbox(path: str) -> bool:
    """Whether a path belongs to the mailbox."""
    return path == PATH or path.startswith(PATH + "/")


def _is_local(scope: Message) -> bool:
    # who was passed on by a proxy is not this machine's, whatever the proxy or they say of them;
    # and without these headers `client` is the connection's own peer
    if any(_is_of_a_proxy(name) for name, _ in scope["headers"]):
        return False
    client = scope.get("client")
    host = next((v.decode("latin-1") for n, v in scope["headers"] if n.lower() == b"host"), "")
    # a name that some page has pointed at 127.0.0.1 is not this machine's
    return client is not None and _is_loopback(client[0]) and _is_loopback(_hostname(host))


def _is_of_another(scope: Message) -> bool:
    """Whether another account of this machine asks: mails hold links that let people in."""
    client, server = scope.get("client"), scope.get("server")
    if client is None or server is None or server[1] is None:
        return False
    return is_another_account((client[0], client[1]), (server[0], server[1]), os.getuid())


def _is_of_a_proxy(name: bytes) -> bool:
    lower = name.lower()
    return lower in _PROXY_HEADERS or lower.startswith(b"x-forwarded")


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _list_page(mails: list[Mail]) -> str:
    rows = "".join(
        f"<tr><td>{_when(one)}</td><td>{_to(one)}</td>"
        f'<td><a href="{_link(one)}">{html.escape(one["Subject"])}</a></td></tr>'
        for one in mails[:MAX_LISTED]
    )
    table = f"<table><tr><th>Sent (UTC)</th><th>To</th><th>Subject</th></tr>{rows}</table>"
    nothing = "<p>Nothing yet. A mail comes when a user crosses 80% of the quota.</p>"
    note = (
        "<p>Kept on this machine; nothing was really sent. With SMTP_HOST set, mails go "
        "there and not here.</p>"
    )
    count = f"{len(mails)} mails" + (f", newest {MAX_LISTED}" if len(mails) > MAX_LISTED else "")
    return _page("Mails", f"<h1>{count}</h1>{note}{table if mails else nothing}")


def _mail_page(mail: Mail) -> str:
    subject = html.escape(mail["Subject"])
    facts = {"From": html.escape(mail["Source"]), "To": _to(mail), "Sent (UTC)": _when(mail)}
    shown = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items())
    return _page(
        subject,
        f'<p><a href="{PATH}">All mails</a></p><h1>{subject}</h1><dl>{shown}</dl>'
        f'<iframe sandbox="" title="HTML part" src="{_link(mail)}/html"></iframe>'
        f"<h2>Text part</h2><pre>{html.escape(mail.get('BodyText') or '')}</pre>",
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body>{body}</body></html>"
    )


def _link(mail: Mail) -> str:
    return f"{PATH}/{quote(mail['MessageId'], safe='')}"


def _to(mail: Mail) -> str:
    return html.escape(", ".join(mail["To"]))


def _when(mail: Mail) -> str:
    return f"{datetime.fromtimestamp(float(mail['Timestamp']), UTC):%Y-%m-%d %H:%M:%S}"


async def _answer(
    send: Send,
    status: int,
    content_type: str,
    body: str,
    *,
    policy: str = _PAGE_POLICY,
    frames: str = "DENY",
) -> None:
    data = body.encode("utf-8", "replace")
    headers = {
        "content-type": f"{content_type}; charset=utf-8",
        "content-length": str(len(data)),
        "content-security-policy": policy,
        "x-frame-options": frames,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": data})
