"""One person's data: all that is on record about a user (LGPD art. 18, GDPR art. 15).

Read section by section and page by page: memory does not grow with what a user has used. Each
section takes at most so many rows as it is told to; one that holds more says so (`is_cut`), newest
rows first. What is nowhere and so in no export: prompts, answers, keys.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from solaris.accounts.history import Records
from solaris.accounts.token_requests.request import TokenRequest
from solaris.accounts.token_requests.store import RequestStore
from solaris.alerts.alert import Alert
from solaris.alerts.listing import AlertQuery, alerts_listed
from solaris.alerts.suppression import Suppression
from solaris.alerts.suppressions import MailSuppressions
from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry, AuditFilters
from solaris.directory.directory import Directory
from solaris.directory.listing import MAX_LIST_LIMIT
from solaris.keys.listing import KeyQuery, KeyRow, keys_listed
from solaris.ledger.counters import UserCounters
from solaris.ledger.figures import Figures, UsageLine
from solaris.ledger.record_choice import RecordFilters
from solaris.ledger.refused_days import RefusedOf
from solaris.ledger.transactions import Transaction
from solaris.months.closed import MAX_MONTHS, ClosedMonth
from solaris.platform.actor import Actor
from solaris.quota.account import Account
from solaris.quota.groups.group import Group
from solaris.quota.groups.store import GroupStore
from solaris.quota.user import UserStatus

PAGE_ROWS = 200
MAX_PAGES = 50_000  # of a section: ten million rows
COUNTER_DAYS = 400  # as long as the usage records
MOST_REQUESTS = 1_000  # of 400 days
MAX_AUDITED_KEYS = 90  # DynamoDB takes a hundred values in a filter

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class CounterDay:
    """A day and model of a user, `2026-11-22` in the periods' zone."""

    day: str
    model: str
    figures: Figures


class Section(Generic[RowT]):
    """Rows of one kind, newest first; `is_cut` is known once they are read."""

    def __init__(
        self, page: Callable[[str | None], tuple[list[RowT], str | None]], most: int | None
    ) -> None:
        self._page = page
        self._most = most
        self.is_cut = False

    def __iter__(self) -> Iterator[RowT]:
        """Read them, once."""
        cursor: str | None = None
        given = 0
        for _ in range(MAX_PAGES):
            rows, cursor = self._page(cursor)
            for row in rows:
                if given == self._most:
                    self.is_cut = True
                    return
                yield row
                given += 1
            if cursor is None:
                return
        self.is_cut = True


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What there is about one person. The sections are read as they are gone through."""

    account: Account
    group: Group | None
    exported_at: datetime
    suppression: Suppression | None
    months: list[ClosedMonth]
    keys: list[KeyRow]
    alerts: list[Alert]
    counters: Iterator[CounterDay]
    refusals: RefusedOf
    requests: list[TokenRequest]
    usage: Section[UsageLine]
    transactions: Section[Transaction]
    audit: Section[AuditEntry]


class PersonalDataReader:
    """Reads everything about one user. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        records: Records,
        counters: UserCounters,
        directory: Callable[[], Directory],
        suppressions: MailSuppressions,
        auditor: Auditor,
        groups: GroupStore,
        requests: RequestStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._groups = groups
        self._requests = requests
        self._records = records
        self._counters = counters
        self._directory = directory
        self._suppressions = suppressions
        self._auditor = auditor
        self._clock = clock

    def read(self, user_id: str, actor: Actor, *, most: int | None = None) -> PersonalData:
        """All of it, `most` rows of each section; audited before anything leaves.

        Raises NotFoundError, StoreUnavailableError.
        """
        account = self._records.account(user_id)
        user = account.user
        now = self._clock()
        self._auditor.record(
            self._auditor.entry(
                actor,
                "user.export_data",
                target_type="user",
                target_id=user_id,
                target_label=user.email,
            )
        )
        # nobody's address stands for many people: the keys of a deleted user are not asked for
        is_known = user.status is not UserStatus.DELETED
        keys = self._keys(user.email) if is_known else []
        targets = (user_id, *([user.email] if is_known else []), *(one.key.key_id for one in keys))
        # a key may have been made before its owner's first request
        since = min([user.created_at, *(one.key.created_at for one in keys)]) - timedelta(days=1)
        about = AuditFilters(target_ids=targets[:MAX_AUDITED_KEYS], start=since)
        return PersonalData(
            group=self._groups.read().get(account.user.group_id),
            account=account,
            exported_at=now,
            suppression=self._suppressions.of(user.email),
            months=self._records.periods(user_id, MAX_MONTHS),
            keys=keys,
            alerts=list(self._alerts(user_id)),
            counters=self._days(user_id, now.date()),
            refusals=self._records.refusals(user_id, COUNTER_DAYS),
            requests=self._requests.of_user(user_id, MOST_REQUESTS),
            usage=Section(lambda cursor: self._usage(user_id, cursor), most),
            transactions=Section(lambda cursor: self._transactions(user_id, cursor), most),
            audit=Section(lambda cursor: self._audit(about, cursor), most),
        )

    def _usage(self, user_id: str, cursor: str | None) -> tuple[list[UsageLine], str | None]:
        page = self._records.usage(user_id, RecordFilters(), PAGE_ROWS, cursor)
        return page.records, page.next_cursor

    def _transactions(
        self, user_id: str, cursor: str | None
    ) -> tuple[list[Transaction], str | None]:
        page = self._records.transactions(user_id, PAGE_ROWS, cursor)
        return page.rows, page.next_cursor

    def _audit(
        self, about: AuditFilters, cursor: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        page = self._auditor.page(about, PAGE_ROWS, cursor)
        return page.entries, page.next_cursor

    def _days(self, user_id: str, today: date) -> Iterator[CounterDay]:
        first, last = today - timedelta(days=COUNTER_DAYS), today + timedelta(days=1)
        for day, model, figures in self._counters.figures(user_id, first, last):
            yield CounterDay(day, model, figures)

    def _keys(self, email: str) -> list[KeyRow]:
        query = KeyQuery(user_email=email, limit=MAX_LIST_LIMIT)
        found: list[KeyRow] = []
        for _ in range(MAX_PAGES):
            page = keys_listed(self._directory(), query)
            found += page.items
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
        return found

    def _alerts(self, user_id: str) -> Iterator[Alert]:
        query = AlertQuery(user_id=user_id, limit=MAX_LIST_LIMIT)
        for _ in range(MAX_PAGES):
            page = alerts_listed(self._directory(), query)
            yield from (row.alert for row in page.items)
            if page.next_cursor is None:
                return
            query = replace(query, cursor=page.next_cursor)
