"""The store's SES: what it takes, what it refuses, and what the mailbox reads from elsewhere."""

import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from infra.local.edge.mailbox import Mailbox
from infra.local.store import mails
from infra.local.store.errors import ServiceError
from infra.local.store.mails import MAILS_FILE, Mails, read_mails
from solaris.platform.mail.sender import MailUnavailableError, SesSender
from tests.integration.local_store.files_support import Store

SENDER = "noreply@example.com"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def ses(store: Store) -> Any:
    return store.client("ses")


def mail(subject: str = "Olá", to: str = "ana@example.com") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Solaris <{SENDER}>", to, subject
    message.set_content("texto é\n")
    message.add_alternative("<b>é &amp; ü</b>\n", subtype="html")
    return message


def test_a_mail_is_kept_before_it_is_acknowledged(ses: Any, store: Store) -> None:
    ses.verify_email_identity(EmailAddress="NoReply@example.com")
    before = time.time()
    answers = []
    for number in range(3):
        data = mail(f"Olá {number}", "ana@example.com, Rui Sá <rui@example.com>").as_bytes()
        answers.append(ses.send_raw_email(Source=SENDER, RawMessage={"Data": data})["MessageId"])
    store.kill()
    found = read_mails(store.folder / MAILS_FILE)
    assert [one["MessageId"] for one in found] == answers[::-1]
    newest = found[0]
    assert before <= newest.pop("Timestamp") <= time.time()
    assert newest == {
        "MessageId": answers[-1],
        "Source": SENDER,
        "To": ["ana@example.com", "Rui Sá <rui@example.com>"],
        "Subject": "Olá 2",
        "BodyText": "texto é\n",
        "BodyHtml": "<b>é &amp; ü</b>\n",
    }


def test_a_sender_is_verified_first_and_once_for_all_processes(ses: Any, store: Store) -> None:
    sender = SesSender(ses)
    with pytest.raises(MailUnavailableError) as refused:
        sender.send(mail())
    assert refused.value.error_class == "IdentityNotVerified"
    assert read_mails(store.folder / MAILS_FILE) == []
    ses.verify_email_identity(EmailAddress=SENDER)
    store.kill()
    store.start()
    SesSender(store.client("ses"), "a-set").send(mail())
    (found,) = read_mails(store.folder / MAILS_FILE)
    assert found["Source"] == f"Solaris <{SENDER}>"


@pytest.mark.parametrize("to", ["ana", "@example.com", "ana@", "aña@example.com"])
def test_an_address_that_ses_cannot_read_is_refused(ses: Any, to: str) -> None:
    ses.verify_email_identity(EmailAddress=SENDER)
    raw = {"Data": b"Subject: a\r\n\r\nb"}
    with pytest.raises(ClientError) as caught:
        ses.send_raw_email(Source=SENDER, Destinations=[to], RawMessage=raw)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
    with pytest.raises(ClientError):
        ses.verify_email_identity(EmailAddress=to)


def code(store: Mails, **form: str) -> str:
    with pytest.raises(ServiceError) as caught:
        store.answer({name.replace("_", "."): value for name, value in form.items()})
    return str(caught.value.code)


def test_what_is_no_mail_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Mails(tmp_path / MAILS_FILE)
    assert code(store, Action="GetAccount") == "InvalidAction"
    assert code(store) == "InvalidAction"
    send = {"Action": "SendRawEmail", "Source": SENDER}
    assert code(store, **send) == "InvalidParameterValue"  # to nobody
    assert code(store, **send, RawMessage_Data="?") == "InvalidParameterValue"
    monkeypatch.setattr(mails, "MAX_MAIL_BYTES", 10)
    assert code(store, **send, RawMessage_Data="A" * 20) == "InvalidParameterValue"
    store.close()
    assert code(store, Action="VerifyEmailIdentity", EmailAddress=SENDER) == "InternalFailure"


def test_a_mail_in_an_unknown_character_set_is_kept_all_the_same(ses: Any, store: Store) -> None:
    ses.verify_email_identity(EmailAddress=SENDER)
    data = b"Subject: a\r\nTo: a@b.c\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe"
    ses.send_raw_email(Source=SENDER, RawMessage={"Data": data})
    (found,) = read_mails(store.folder / MAILS_FILE)
    assert (found["To"], found["BodyHtml"]) == (["a@b.c"], "")


def test_the_newest_mails_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "MAX_MAILS", 3)
    store = Mails(tmp_path / MAILS_FILE)
    store.answer({"Action": "VerifyEmailIdentity", "EmailAddress": SENDER})
    for number in range(5):
        raw = f"U3ViamVjdDog{'MDEyMzQ1'[number : number + 1]}DEKCmE="  # Subject: …
        store.answer(
            {
                "Action": "SendRawEmail",
                "Source": SENDER,
                "Destinations.member.1": f"user{number}@example.com",
                "RawMessage.Data": raw,
            }
        )
    found = read_mails(tmp_path / MAILS_FILE)
    assert [one["To"] for one in found] == [[f"user{n}@example.com"] for n in (4, 3, 2)]
    store.close()


def test_a_file_that_is_not_there_yet_holds_no_mails(tmp_path: Path) -> None:
    path = tmp_path / "a ?#é.sqlite"
    assert read_mails(path) == []
    path.touch()
    assert read_mails(path) == []
    Mails(path).close()
    assert read_mails(path) == []


async def test_the_mailbox_shows_what_another_process_has_taken(ses: Any, store: Store) -> None:
    mailbox = Mailbox(store.folder / MAILS_FILE)
    transport = httpx.ASGITransport(lambda scope, _receive, send: mailbox(scope, send))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/dev/mail/messages.json")).json() == {"messages": []}
        ses.verify_email_identity(EmailAddress=SENDER)
        SesSender(ses).send(mail("<Olá>"))
        (found,) = (await client.get("/dev/mail/messages.json")).json()["messages"]
        listed = await client.get("/dev/mail")
        assert "&lt;Olá&gt;" in listed.text
        assert f"/dev/mail/{found['MessageId']}" in listed.text
        html = await client.get(f"/dev/mail/{found['MessageId']}/html")
        assert html.text == found["BodyHtml"]
        mailbox._path = store.folder / "broken"
        mailbox._path.write_bytes(b"no SQLite" * 100)
        assert (await client.get("/dev/mail")).status_code == 503
