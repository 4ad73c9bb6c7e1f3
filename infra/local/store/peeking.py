"""What waits in the queues of one machine, read from their file: nothing is taken from anybody."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from infra.local.store.errors import StoreError

_FIND = """SELECT queues.name, message_id, body FROM messages JOIN queues ON queues.id = queue
    WHERE queues.name IN (SELECT value FROM json_each(?)) ORDER BY messages.id"""


def waiting_messages(file: Path, names: Iterable[str]) -> Iterator[Mapping[str, str]]:
    """`queue` (its name), `message_id` and `body` of every message, hidden ones as well.

    Of one moment: what is sent or deleted meanwhile makes no difference. Raises StoreError.
    """
    wanted = "[" + ",".join(f'"{name}"' for name in names) + "]"
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            for queue, message_id, body in database.execute(_FIND, (wanted,)):
                yield {"queue": queue, "message_id": message_id, "body": body}
    except sqlite3.Error as error:
        msg = f"{file} cannot be read: {error}"
        raise StoreError(msg) from error
