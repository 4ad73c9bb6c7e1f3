"""Reads the snapshot and the files of the store before this one, without the program it was.

DATA/store/snapshot-N/ has a JSON file a service: dynamodb, sqs, ses, s3, solaris-extra (mails).
DATA/s3/<account>/<bucket>/<key> are S3's objects, each with a <key>.meta.json beside it, which
has the key (a file name cannot hold every key), the content type and more.

Of the tables see old_snapshot.py; each other file is read whole, and sqs.json needs some five
times its size of memory. Damage is a StoreError that names the file. Nothing is changed on the
disk.
"""

import ast
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson

from infra.local.store.earlier.journal import OldJournal, Record, Scope
from infra.local.store.earlier.snapshot import OldTable, loads, read_tables, sound
from infra.local.store.errors import StoreError

Mail = dict[str, Any]  # the fields that mails.py keeps

_MAX_TOLD = 80
# what a queue is told, of the attributes that it tells
_QUEUE_ATTRIBUTES = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
)
_SIDECAR, _UNFINISHED = ".meta.json", ".tmp"


@dataclass(slots=True)
class OldQueue:
    """A queue's settings, and the bodies that wait or that a dead consumer had taken."""

    attributes: dict[str, str] = field(default_factory=dict)
    bodies: list[str] = field(default_factory=list)


class OldObject(NamedTuple):
    """A file of S3; `meta` has content_type, content_encoding, metadata and more."""

    bucket: str
    key: str
    path: Path
    meta: dict[str, Any]


class OldStore:
    """What DATA/store and DATA/s3 hold of one account and region.

    `region` decides only when several have tables: a machine whose AWS_REGION was changed showed
    those of the last one. Raises StoreError.
    """

    def __init__(self, data_dir: Path, region: str) -> None:
        self._objects = data_dir / "s3"
        self.journal = OldJournal(data_dir / "store")
        tables = self._all_tables()
        made = {one.scope for one in self.journal.records() if one.action == "CreateTable"}
        self.scope = _scope_of(made | set(tables), region)
        self.tables = tables.get(self.scope, [])  # the snapshot's, with all their items

    def is_here(self, record: Record) -> bool:
        """Whether a record is of the account and region that are taken over."""
        return record.scope == self.scope

    def queues(self) -> dict[str, OldQueue]:
        """The snapshot's queues by name; those of earlier ports are one with their namesake."""
        queues: dict[str, OldQueue] = {}
        for _, one in _scoped(self._state("sqs").get("queues"), self.scope):
            queue = queues.setdefault(one["name"], OldQueue())
            queue.attributes |= queue_attributes(one["attributes"])
            queue.bodies += [message["body"] for message in one["messages"]]
        return queues

    def senders(self) -> list[str]:
        """Verified addresses and domains of the snapshot."""
        return [name for name, _ in _scoped(self._state("ses").get("_identities"), self.scope)]

    def mails(self) -> list[Mail]:
        """The snapshot's mails, oldest first."""
        entries = _scoped(self._state("solaris-extra").get("sent_mails"), self.scope)
        return [_mail(one) for _, mails in entries for one in mails]

    def buckets(self) -> list[str]:
        """Every bucket of the snapshot or with a folder."""
        known = _scoped(self._state("s3").get("buckets_meta"), self.scope)
        folder = self._objects / self.scope.account
        there = [one.name for one in folder.iterdir() if one.is_dir()] if folder.is_dir() else []
        return sorted({name for name, _ in known} | set(there))

    def objects(self) -> Iterator[OldObject]:
        """Every object, in the order of buckets and paths."""
        for bucket in self.buckets():
            folder = self._objects / self.scope.account / bucket
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.suffix != _UNFINISHED and _SIDECAR not in path.name:
                    meta = _sidecar(path)
                    if not meta.get("is_delete_marker"):
                        key = str(meta.get("key") or path.relative_to(folder))
                        yield OldObject(bucket, key, path, meta)

    def _state(self, service: str) -> dict[str, Any]:
        """A service's part of the snapshot; {} where there is none."""
        folder = self.journal.snapshot
        path = None if folder is None else folder / f"{service}.json"
        if path is None or not path.exists():
            return {}
        try:
            document: Any = loads(sound(path.read_bytes()))
        except ValueError as error:
            msg = f"{path} is damaged: {error}"
            raise StoreError(msg) from error
        found = document.get("payload", document) if isinstance(document, dict) else None
        if not isinstance(found, dict):
            msg = f"{path} is damaged: it holds no object"
            raise StoreError(msg)
        return found

    def _all_tables(self) -> dict[Scope, list[OldTable]]:
        folder = self.journal.snapshot
        if folder is None:
            return {}
        path = folder / "dynamodb.json"
        if not path.exists():  # each snapshot has one
            msg = f"{path} is missing"
            raise StoreError(msg)
        return read_tables(path)


def queue_attributes(given: dict[str, str]) -> dict[str, str]:
    """The settings among a queue's attributes."""
    return {name: str(given[name]) for name in _QUEUE_ATTRIBUTES if name in given}


def mail_of(record: Record) -> Mail:
    """The mail of a SendRawEmail; its id is new, as the answer that had it is not kept."""
    form = parse_qs(record.body.decode("latin-1"))
    raw = b64decode(form.get("RawMessage.Data", [""])[0])
    message = message_from_bytes(raw, EmailMessage, policy=default_policy)
    given = (form[name][0] for name in form if name.startswith("Destinations.member."))
    to = [str(one) for value in message.get_all("To", []) for one in value.addresses]
    return {
        "MessageId": f"journal-{record.unix_seconds:.6f}",
        "Source": form.get("Source", [str(message.get("From", ""))])[0],
        "To": to or list(given),
        "Subject": str(message.get("Subject", "")),
        "BodyText": _part(message, "plain"),
        "BodyHtml": _part(message, "html"),
        "Timestamp": record.unix_seconds,
    }


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    try:
        return "" if part is None else str(part.get_content())
    except (LookupError, ValueError):  # a character set that nobody knows
        return ""


def _mail(old: dict[str, Any]) -> Mail:
    texts = ("MessageId", "Source", "Subject", "BodyText", "BodyHtml")
    mail: Mail = {name: str(old.get(name) or "") for name in texts}
    return mail | {"To": list(old.get("To") or ()), "Timestamp": float(old["Timestamp"])}


def _scope_of(found: Iterable[Scope], region: str) -> Scope:
    scopes = sorted(found)
    if len(scopes) > 1:
        scopes = [one for one in scopes if one.region == region]
    if not scopes:
        return Scope("0" * 12, region)
    if len(scopes) > 1:
        names = ", ".join(one.account for one in scopes)
        msg = f"the data of several AWS accounts lies in one directory: {names[:_MAX_TOLD]}"
        raise StoreError(msg)
    return scopes[0]


def _scoped(state: Any, scope: Scope) -> Iterator[tuple[str, Any]]:
    """Name and value of what a tagged map holds of one account (and region, where it has one)."""
    if not isinstance(state, dict):
        return
    by_region = bool(state.get("__account_region_scoped__"))
    for composed, value in state.get("data", {}).items():
        account, *rest = composed.split("\x00", 2 if by_region else 1)
        if account == scope.account and (not by_region or rest[0] == scope.region):
            yield str(ast.literal_eval(rest[-1])), value


def _sidecar(path: Path) -> dict[str, Any]:
    beside = path.with_name(path.name + _SIDECAR)
    if not beside.exists():
        return {}
    try:
        found = orjson.loads(beside.read_bytes())
    except orjson.JSONDecodeError as error:
        msg = f"{beside} is damaged: {error}"
        raise StoreError(msg) from error
    return found if isinstance(found, dict) else {}
