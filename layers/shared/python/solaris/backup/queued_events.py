"""Usage events that wait in a queue, as a backup holds them: a table of its own in the file.

Only the queues of one machine can be looked into without taking their messages. Elsewhere (SQS)
they are not in the file; SQS keeps them for 14 days, whatever becomes of the tables.

An event may be in the file as a message and as a record: booking it again changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from solaris.platform.aws.queues import USAGE_QUEUE, Queues

TABLE = "queued"
QUEUES_KEPT = (USAGE_QUEUE, f"{USAGE_QUEUE}-dlq")

Peek = Callable[[], Iterable[Mapping[str, str]]]
"""Gives the waiting messages: `queue` (one of QUEUES_KEPT), `message_id`, `body`."""


def item_of(message: Mapping[str, str]) -> dict[str, Any]:
    """A message as an item of the file, in DynamoDB's typed JSON."""
    return {name: {"S": message[name]} for name in ("queue", "message_id", "body")}


def send_back(queues: Queues, lines: Iterable[bytes], tick: Callable[[int], None]) -> int:
    """Put messages into the queues they were in; returns how many.

    Raises StoreUnavailableError or AwsCallError; it can be run again.
    """
    done = 0
    for line in lines:
        item = orjson.loads(line)
        queues.send(item["queue"]["S"], item["body"]["S"])
        done += 1
        tick(done)
    return done
