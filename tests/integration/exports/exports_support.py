"""An export service over one stage of the emulator, with a clock of the test's."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import pytest

from solaris.alerts.listing import open_alerts
from solaris.app import Parts
from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditFilters
from solaris.directory.directory import Directory
from solaris.directory.listing import Listing, UserCounts, UserQuery, UserRow
from solaris.exports.export import Export, ExportFormat, ExportKind
from solaris.exports.exporter import Exporter, ExportOrder, Filters
from solaris.exports.formats import Row
from solaris.exports.jobs import ExportJobs
from solaris.exports.store import ExportStore
from solaris.ledger.figures import ReportFilters
from solaris.platform.actor import Actor
from solaris.platform.aws.queues import EXPORTS_QUEUE, Message
from solaris.quota.groups.group import Group
from tests.integration.conftest import Clock, MoneyPath

BOSS = Actor(name="boss@example.com", request_id="req-1", ip_address="203.0.113.9")
NOVEMBER = ReportFilters(first_day=date(2026, 11, 1), last_day=date(2026, 11, 30))
PLENTY_SECONDS = 600.0
GROUPS = {
    "aaaaaaaaaaaa": Group(group_id="aaaaaaaaaaaa", name="Vendas", cost_center="CC-1"),
    "bbbbbbbbbbbb": Group(group_id="bbbbbbbbbbbb", name="VENDAS/Sul [antigo]"),
}


class ListedUsers:
    """The directory's part in exports, read from the users table: no test has many."""

    def __init__(self, money: MoneyPath) -> None:
        self._money = money

    def emails(self, user_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        wanted = set(user_ids)
        users = self._money.parts.quota.users.scan()
        return {one.user_id: (one.email, one.name) for one in users if one.user_id in wanted}

    def users(self, query: UserQuery) -> Listing[UserRow]:
        raise NotImplementedError(query)

    def ask(self, question: object) -> int:
        """Of the lists of other packages the statistics want to know how many alerts are open."""
        assert question is open_alerts
        return 0

    def counts(self) -> UserCounts:
        return UserCounts()

    def top_users(self, most: int) -> list[UserRow]:
        return [][:most]


@dataclass
class Exports:
    """The service and what it stands on."""

    parts: Parts
    clock: Clock
    store: ExportStore
    exporter: Exporter
    jobs: ExportJobs
    directory: Directory

    @classmethod
    def of(cls, money: MoneyPath) -> "Exports":
        parts, clock = money.parts, money.clock
        parts.platform.files.create()
        directory = cast("Directory", ListedUsers(money))
        auditor = Auditor(parts.audit.store, clock)
        exporter = Exporter(
            reporting=parts.reports.reporting,
            directory=directory,
            auditor=auditor,
            groups=lambda: {**GROUPS, **parts.quota.groups.read().everything},
            key_names=lambda _: {"key_1": "LibreChat"},
            zone=parts.settings.zone,
            clock=clock,
            rates=parts.settings.exchange,
        )
        store = ExportStore(parts.platform.dynamodb, parts.settings.table_name("exports"))
        jobs = ExportJobs(
            store=store,
            files=parts.platform.files,
            queues=parts.platform.queues,
            exporter=exporter,
            auditor=auditor,
            clock=clock,
        )
        return cls(parts, clock, store, exporter, jobs, directory)

    def message(self) -> Message:
        """The next message of the queue, as the function gets it."""
        (found,) = self.parts.platform.queues.receive(EXPORTS_QUEUE, wait_seconds=0, most=1)
        return Message(
            message_id=found["MessageId"],
            body=found["Body"],
            receipt_handle=found["ReceiptHandle"],
            receives=int(found["Attributes"]["ApproximateReceiveCount"]),
        )

    def run(self, message: Message, seconds: float = PLENTY_SECONDS) -> bool:
        return self.jobs.run(message, lambda: seconds)

    def stored(self) -> list[str]:
        """The keys of all files, and of uploads that were begun and not ended."""
        files: Any = self.parts.platform.files
        objects = files._client.list_objects_v2(Bucket=files._bucket).get("Contents", [])
        parts = files._client.list_multipart_uploads(Bucket=files._bucket).get("Uploads", [])
        return [one["Key"] for one in (*objects, *parts)]

    def audited(self) -> list[tuple[str, str | None]]:
        entries = self.parts.audit.auditor.page(AuditFilters(), 100).entries
        return [(one.action, one.target_label) for one in entries]

    def gives(self, patch: pytest.MonkeyPatch, rows: Iterable[Row]) -> None:
        """Let every export have these rows, whatever it asks for."""
        iterator = iter(rows)
        patch.setattr(self.exporter, "_rows", lambda _order: iterator)


def order(
    kind: ExportKind = ExportKind.BY_MODEL,
    form: ExportFormat = ExportFormat.CSV,
    filters: Filters = NOVEMBER,
) -> ExportOrder:
    return ExportOrder(kind=kind, form=form, locale="pt-BR", filters=filters)


def model_rows(numbers: Iterable[int]) -> Iterator[Row]:
    """Rows of a summary by model."""
    return ((f"model-{n}", 1, 0, 10, 5, 0, 15, 3, 0, 340) for n in numbers)


def endless() -> Iterator[Row]:
    return model_rows(itertools.count())


def queued(exports: Exports, **changes: Any) -> Export:
    export = exports.jobs.export(replace(order(), **changes), BOSS, in_background=True)
    assert isinstance(export, Export)
    return export
