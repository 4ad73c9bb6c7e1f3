"""What waited in the queues of the store before this one, who may mail, and which mails were sent.

The snapshot's, and what the journal says since. It has sends but no deletes: what was handled
after the snapshot is sent again.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from infra.local.store.earlier.journal import SERVER_ERROR, Record
from infra.local.store.earlier.snapshot import loads, sound
from infra.local.store.earlier.store import Mail, OldQueue, OldStore, mail_of, queue_attributes
from infra.local.store.errors import StoreError

_BATCH_MESSAGES, _BATCH_BYTES = 10, 200_000
_SQS, _SES = "AmazonSQS.", "ses"


class OldMessages:
    """What waits in queues, who may send mails, and which were sent."""

    def __init__(self, store: OldStore) -> None:
        self.queues = store.queues()
        self.senders = dict.fromkeys(store.senders())
        self.mails = store.mails()

    def follow(self, record: Record) -> None:
        """Learn from a request to SQS or SES. Raises StoreError for one of an unknown kind."""
        if record.status >= SERVER_ERROR:
            return
        if record.target.startswith(_SQS):
            self._follow_queue(record.action, loads(sound(record.body)))
        elif record.service == _SES:
            self._follow_mail(record)
        else:
            msg = f"{record.place}: a request that cannot be repeated: {record.service[:40]}"
            raise StoreError(msg)

    def _follow_queue(self, action: str, fields: dict[str, Any]) -> None:
        # an address ends in the name, whatever port it had
        name = fields.get("QueueName") or str(fields.get("QueueUrl", "")).rpartition("/")[2]
        if action == "DeleteQueue":
            self.queues.pop(name, None)
            return
        queue = self.queues.setdefault(name, OldQueue())
        if action in ("CreateQueue", "SetQueueAttributes"):
            queue.attributes |= queue_attributes(fields.get("Attributes") or {})
        elif action == "PurgeQueue":
            queue.bodies.clear()
        elif action == "SendMessage":
            queue.bodies.append(fields["MessageBody"])
        elif action == "SendMessageBatch":
            queue.bodies += [entry["MessageBody"] for entry in fields["Entries"]]

    def _follow_mail(self, record: Record) -> None:
        form = parse_qs(record.body.decode("latin-1"))
        action = form.get("Action", [""])[0]
        if action == "VerifyEmailIdentity":
            self.senders[form["EmailAddress"][0]] = None
        elif action == "SendRawEmail":
            self.mails.append(mail_of(record))

    def send(self, client: Any) -> None:
        """Make the queues, dead-letter queues first, and send what waited in them, in order."""
        by_rank = sorted(self.queues.items(), key=lambda one: "RedrivePolicy" in one[1].attributes)
        for name, queue in by_rank:
            url = client.create_queue(QueueName=name, Attributes=queue.attributes)["QueueUrl"]
            for bodies in _batches(queue.bodies):
                entries = [{"Id": str(n), "MessageBody": one} for n, one in enumerate(bodies)]
                answer = client.send_message_batch(QueueUrl=url, Entries=entries)
                if answer.get("Failed"):
                    msg = f"the new store refuses {len(answer['Failed'])} messages of {name}"
                    raise StoreError(msg)


def _batches(bodies: list[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == _BATCH_MESSAGES or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch


def write_mails(path: Path, mails: list[Mail]) -> None:
    """Into the mailbox's file, past SES, which would give each the time of today."""
    rows = [(json.dumps(one),) for one in mails]
    try:
        with closing(sqlite3.connect(path, timeout=10)) as db, db:
            db.executemany("INSERT INTO mails (mail) VALUES (?)", rows)
    except sqlite3.Error as error:
        msg = f"{path} cannot be used: {error}"
        raise StoreError(msg) from error
