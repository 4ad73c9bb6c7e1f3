"""The SMTP sender against a real, tiny SMTP server."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from solaris.alerts.mails import Rendered, compose
from solaris.platform.errors import SolarisError
from solaris.platform.mail.sender import MailRejectedError, MailUnavailableError, SmtpSender

MAIL = Rendered("Olá", "texto\n.com ponto\n", "<p>olá</p>")


@dataclass
class Sink:
    """Accepts mail; `replies` replaces the answer to a command."""

    replies: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    commands: list[str] = field(default_factory=list)
    mails: list[Any] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            self.commands.append(verb + line[len(verb) :])
            reply = self.replies.get(verb, self._reply(verb))
            writer.write(reply.encode() + b"\r\n")
            if verb == "DATA" and reply.startswith("354"):
                body = await reader.readuntil(b"\r\n.\r\n")
                plain = body[:-3].replace(b"\r\n..", b"\r\n.")
                answer = self.replies.get("BODY", "250 kept")
                if answer.startswith("250"):
                    self.mails.append(message_from_bytes(plain, policy=policy.default))
                writer.write(answer.encode() + b"\r\n")
            if verb == "QUIT" or reply.startswith("421"):
                break
        writer.close()
        await writer.wait_closed()

    @staticmethod
    def _reply(verb: str) -> str:
        return {
            "EHLO": "250-sink\r\n250 AUTH PLAIN",
            "AUTH": "235 welcome",
            "DATA": "354 go on",
            "QUIT": "221 bye",
        }.get(verb, "250 ok")


@asynccontextmanager
async def sink(**replies: str) -> AsyncIterator[Sink]:
    kept = Sink(replies)
    server = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
    async with server:
        kept.port = server.sockets[0].getsockname()[1]
        yield kept


def mail(*to: str) -> EmailMessage:
    now = datetime(2026, 11, 15, tzinfo=UTC)
    return compose(MAIL, from_email="noreply@example.com", to=to, mail_id="a", now=now)


async def send(
    port: int,
    *to: str,
    user: str | None = None,
    password: str = "pass",  # noqa: S107 - a made-up one
    use_tls: bool = False,
) -> None:
    given = password if user else None
    sender = SmtpSender("127.0.0.1", port, user=user, password=given, use_tls=use_tls)
    await asyncio.to_thread(sender.send, mail(*(to or ("ana@example.com",))))


async def error_of(port: int, *to: str, **how: Any) -> SolarisError:
    with pytest.raises((MailRejectedError, MailUnavailableError)) as caught:
        await send(port, *to, **how)
    error: SolarisError = caught.value
    return error


async def test_a_mail_arrives_whole_at_every_recipient_after_the_login() -> None:
    async with sink() as kept:
        await send(kept.port, "ana@example.com", "bia@example.com", user="me")
    (got,) = kept.mails
    assert got["Subject"] == "Olá"
    assert got["To"] == "ana@example.com, bia@example.com"
    assert got.get_body(("plain",)).get_content().split("\r\n") == MAIL.text.split("\n")
    assert got.get_body(("html",)).get_content().strip() == MAIL.html
    assert "RCPT TO:<bia@example.com>" in kept.commands
    login = next(line for line in kept.commands if line.startswith("AUTH PLAIN"))
    assert base64.b64decode(login.split()[2]) == b"\0me\0pass"


async def test_a_password_may_have_any_letters() -> None:
    async with sink() as kept:
        await send(kept.port, user="joão", password="sênha-日本")
    assert len(kept.mails) == 1
    login = next(line for line in kept.commands if line.startswith("AUTH PLAIN"))
    assert base64.b64decode(login.split()[2]).decode() == "\0joão\0sênha-日本"


async def test_a_server_that_cannot_take_such_a_password_is_asked_again_later() -> None:
    async with sink(EHLO="250-sink\r\n250 AUTH CRAM-MD5") as kept:
        error = await error_of(kept.port, user="me", password="sênha")
    assert isinstance(error, MailUnavailableError)
    assert error.error_class == "SMTPNotSupportedError"
    async with sink(AUTH="535 wrong") as kept:
        error = await error_of(kept.port, user="me", password="sênha")
    assert isinstance(error, MailUnavailableError)
    assert error.error_class == "SMTPAuthenticationError"


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ({"RCPT": "550 no such user"}, MailRejectedError),
        ({"MAIL": "553 not yours"}, MailRejectedError),
        ({"BODY": "554 spam"}, MailRejectedError),
        # SES by SMTP: a sender or, in the sandbox, a recipient that is not verified yet
        ({"BODY": "554 Message rejected: Email address is not verified."}, MailUnavailableError),
        ({"RCPT": "450 later"}, MailUnavailableError),
        ({"MAIL": "451 later"}, MailUnavailableError),
        ({"BODY": "452 full"}, MailUnavailableError),
        ({"MAIL": "421 closing"}, MailUnavailableError),
        ({"AUTH": "535 wrong password"}, MailUnavailableError),
    ],
)
async def test_only_what_the_server_refuses_for_good_is_final(
    replies: dict[str, str], kind: type[SolarisError]
) -> None:
    async with sink(**replies) as kept:
        assert type(await error_of(kept.port, user="me")) is kind
    assert kept.mails == []


async def test_a_goodbye_that_fails_does_not_unsend_the_mail() -> None:
    async with sink(QUIT="500 what?") as kept:
        await send(kept.port)
    assert len(kept.mails) == 1


async def test_a_server_without_tls_gets_nothing_when_tls_is_asked_for() -> None:
    async with sink() as kept:
        assert isinstance(await error_of(kept.port, use_tls=True), MailUnavailableError)
    assert not any(line.startswith(("AUTH", "MAIL")) for line in kept.commands)


async def test_nobody_listening_is_a_failure_for_now() -> None:
    async with sink() as kept:
        port = kept.port
    assert isinstance(await error_of(port), MailUnavailableError)
