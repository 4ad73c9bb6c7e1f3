"""Whether the books say to the token what the mock really answered. Never loosened."""

import time
from collections.abc import Iterator
from typing import Any

from solaris.platform.aws.client import boto_client
from solaris.platform.aws.queues import USAGE_QUEUE
from solaris.platform.settings import load_settings
from solaris.quota.usage import Outcome
from tests.bench.generator import BenchError
from tests.bench.system import TOKENS_WITHOUT_END, Totals

DRAIN_SECONDS = 180.0
POLL_SECONDS = 0.1
_WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Books:
    """What the store holds, against what the mock answered through the gateway."""

    def __init__(self) -> None:
        self._settings = load_settings()
        self._dynamodb = boto_client("dynamodb", self._settings.aws_region)
        self._sqs = boto_client("sqs", self._settings.aws_region)
        name = self._settings.queue_name(USAGE_QUEUE)
        self._queue_url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        self._expected = Totals()
        self._delivered = 0
        self._failed = 0

    def expect(self, totals: Totals, *, delivered: int, failed: int) -> None:
        """Add one measurement: the mock's totals and what the load generator saw."""
        self._expected += totals
        self._delivered += delivered
        self._failed += failed

    def wait_empty(self) -> float:
        """Seconds until no event waits or is in hand; raises BenchError after 180."""
        started = time.monotonic()
        while (left := self._waiting()) > 0:
            if time.monotonic() - started > DRAIN_SECONDS:
                raise BenchError(f"books: {left} events still wait after {DRAIN_SECONDS:g} s")
            time.sleep(POLL_SECONDS)
        return time.monotonic() - started

    def problems(self) -> list[str]:
        """Every figure that differs; none means that the books are equal to the token."""
        expected = self._expected
        answers, tokens = expected.finished, expected.total_tokens
        users = list(self._scan("users"))
        records = list(self._scan("usage"))
        settled = [record for record in records if _text(record, "outcome") == Outcome.SETTLED]
        counters = [c for c in self._scan("counters") if _text(c, "owner").startswith("system#")]
        compared = [
            ("answers begun and not finished by the mock", expected.started - answers, 0),
            ("answers that failed or were left at the mock", expected.odd, 0),
            ("tokens used by all users", _sum(users, "current_usage"), tokens),
            ("usage records of answers", len(settled), answers),
            ("tokens in usage records", _sum(records, "charged_tokens"), tokens),
            ("tokens in the system's counters", _sum(counters, "charged_tokens"), tokens),
            ("requests in the system's counters", _sum(counters, "requests"), len(records)),
            ("open reservations", sum(len(user["reservations"]["M"]) for user in users), 0),
            (
                "tokens available to all users",
                _sum(users, "available_tokens"),
                len(users) * TOKENS_WITHOUT_END - tokens,
            ),
        ]
        if not self._failed:
            compared.append(("answers delivered to the clients", self._delivered, answers))
        return [
            f"{what}: {found:,}, not {wanted:,}"
            for what, found, wanted in compared
            if found != wanted
        ]

    def summary(self) -> str:
        """The line for equal books."""
        answers, tokens = self._expected.finished, self._expected.total_tokens
        return f"books: equal to the token ({answers:,} requests, {tokens:,} tokens)"

    def _waiting(self) -> int:
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=list(_WAITING)
        )
        return sum(int(answer["Attributes"][name]) for name in _WAITING)

    def _scan(self, table: str) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._settings.table_name(table), ConsistentRead=True
        )
        for page in pages:
            yield from page["Items"]


def _text(item: dict[str, Any], name: str) -> str:
    return str(item[name]["S"])


def _sum(items: list[dict[str, Any]], name: str) -> int:
    return sum(int(item[name]["N"]) for item in items)
