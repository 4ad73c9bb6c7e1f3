"""SES's query protocol as this project calls it: mails are kept in one SQLite file, none is sent.

Senders are verified at once and for good; a mail from another one is refused as SES does it.
The mailbox reads the file from its own process (`read_mails`).
"""

import base64
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from email.utils import parseaddr
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from infra.local.store.errors import ServiceError

MAILS_FILE = "mails.sqlite"
MAX_MAILS = 1000  # the newest; older ones go
MAX_MAIL_BYTES = 10 * 1024**2
MAX_RECIPIENTS = 50
READ_SECONDS = 5.0

_NAMESPACE = "http://ses.amazonaws.com/doc/2010-12-01/"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS senders (address TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mails (number INTEGER PRIMARY KEY, mail TEXT NOT NULL);
"""
_TRIM = "DELETE FROM mails WHERE number <= (SELECT max(number) FROM mails) - ?"

Mail = dict[str, Any]


class Mails:
    """Answers every request of service `ses`; what it has answered is on the disk."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_SCHEMA)
        self._actions: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
            "SendRawEmail": self._send_raw,
            "VerifyEmailIdentity": self._verify,
        }

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def answer(self, form: dict[str, str]) -> bytes:
        """The XML that answers a call; blocks. Raises ServiceError."""
        name = form.get("Action", "")
        action = self._actions.get(name)
        if action is None:
            raise ServiceError(400, "InvalidAction", f"this store does not know {name[:100]}")
        try:
            result = action(form)
        except sqlite3.Error as error:
            raise ServiceError(500, "InternalFailure", "the mails cannot be kept") from error
        inside = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in result.items())
        return (
            f'<{name}Response xmlns="{_NAMESPACE}"><{name}Result>{inside}</{name}Result>'
            f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
            f"</{name}Response>"
        ).encode()

    def _verify(self, form: dict[str, str]) -> dict[str, str]:
        address = _address(form.get("EmailAddress", ""))
        with self._lock, self._db as db:
            db.execute("INSERT OR IGNORE INTO senders VALUES (?)", (address,))
        return {}

    def _send_raw(self, form: dict[str, str]) -> dict[str, str]:
        message = _message(form.get("RawMessage.Data", ""))
        source = form.get("Source") or str(message.get("From", ""))
        to = _addresses(message) or _members(form, "Destinations.member.")
        if not 0 < len(to) <= MAX_RECIPIENTS:
            raise _invalid(f"1 to {MAX_RECIPIENTS} recipients")
        for one in to:
            _address(one)
        mail = {
            "MessageId": str(uuid4()),
            "Source": source,
            "To": to,
            "Subject": str(message.get("Subject", "")),
            "BodyText": _body(message, "plain"),
            "BodyHtml": _body(message, "html"),
            "Timestamp": time.time(),
        }
        with self._lock, self._db as db:
            where = "SELECT 1 FROM senders WHERE address = ?"
            if db.execute(where, (_address(source),)).fetchone() is None:
                said = f"Email address is not verified. Identities that failed the check: {source}"
                raise ServiceError(400, "MessageRejected", said)
            db.execute("INSERT INTO mails (mail) VALUES (?)", (json.dumps(mail),))
            db.execute(_TRIM, (MAX_MAILS,))
        return {"MessageId": str(mail["MessageId"])}


def read_mails(path: Path) -> list[Mail]:
    """Every kept mail, newest first; for any process. Raises sqlite3.Error.

    A mail's fields: MessageId, Source, To (a list), Subject, BodyText, BodyHtml, and Timestamp
    (Unix time in seconds).
    """
    if not path.exists():
        return []
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=READ_SECONDS)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'mails'").fetchone():
            return []  # its first process is just making it
        rows = db.execute("SELECT mail FROM mails ORDER BY number DESC").fetchall()
    return [json.loads(mail) for (mail,) in rows]


def _message(encoded: str) -> EmailMessage:
    if len(encoded) > MAX_MAIL_BYTES * 4 // 3 + 4:
        raise _invalid(f"Message length is more than {MAX_MAIL_BYTES} bytes long")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise _invalid("RawMessage.Data is not base64") from error
    return message_from_bytes(raw, EmailMessage, policy=default_policy)


def _addresses(message: EmailMessage) -> list[str]:
    headers = message.get_all("To", [])
    return [str(one) for header in headers for one in getattr(header, "addresses", ())]


def _members(form: dict[str, str], prefix: str) -> list[str]:
    numbers = range(1, MAX_RECIPIENTS + 2)
    return [form[f"{prefix}{number}"] for number in numbers if f"{prefix}{number}" in form]


def _address(text: str) -> str:
    """The bare address in small letters; raises ServiceError where SES reads none."""
    address = parseaddr(text)[1].lower()
    name, _, domain = address.rpartition("@")
    if not (name and domain and address.isascii()):
        raise _invalid("Missing final '@domain'")
    return address


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    try:
        return "" if part is None else str(part.get_content())
    except (LookupError, ValueError):  # a character set that nobody knows
        return ""


def _invalid(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameterValue", message)
