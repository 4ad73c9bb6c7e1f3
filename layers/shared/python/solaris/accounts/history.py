"""What a user has used: records newest first, the last 30 days by day and model, closed months."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from solaris.ledger.counters import UserCounters
from solaris.ledger.figures import Figures, charged_tokens, summed_by, summed_by_model, total_of
from solaris.ledger.record_choice import RecordFilters
from solaris.ledger.refused_days import RefusedDays, RefusedOf
from solaris.ledger.transaction_store import TransactionPage, TransactionStore
from solaris.ledger.transactions import Transaction
from solaris.ledger.usage_by_user import RecordPage, UserUsage
from solaris.months.closed import ClosedMonth, closed_months
from solaris.platform.errors import NotFoundError
from solaris.platform.settings import Settings
from solaris.quota.account import Account, account_of
from solaris.quota.periods import day_of
from solaris.quota.store import UserStore
from solaris.quota.user import UserStatus

STATS_DAYS = 30


@dataclass(frozen=True, slots=True)
class DayUsage:
    """One day of a user, `2026-11-22` in the periods' zone."""

    day: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class UserStats:
    """A user and the last 30 days, today included, oldest first; days without requests too.

    `by_model` are charged tokens, the most used first, without zeros.
    """

    account: Account
    days: tuple[DayUsage, ...]
    by_model: dict[str, int]

    @property
    def total(self) -> Figures:
        """The 30 days together."""
        return total_of(one.figures for one in self.days)


def days_from(first: date, sums: Mapping[str, Figures]) -> tuple[DayUsage, ...]:
    """The 30 days from the first on; those without requests have zeros."""
    days = ((first + timedelta(days=n)).isoformat() for n in range(STATS_DAYS))
    return tuple(DayUsage(day, sums.get(day, Figures())) for day in days)


class Records:
    """Reads about one user. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        usage: UserUsage,
        counters: UserCounters,
        transactions: TransactionStore,
        refused: RefusedDays,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._usage = usage
        self._counters = counters
        self._transactions = transactions
        self._refused = refused
        self._clock = clock

    def status_change(self, account: Account) -> Transaction | None:
        """Who brought a user into the status they are in, and why; None for an active one."""
        status = account.user.status
        if status is UserStatus.ACTIVE:
            return None
        found = self._transactions.last_status_change(account.user.user_id)
        return found if found is not None and found.after.get("status") == status.value else None

    def account(self, user_id: str) -> Account:
        """The user as the next request would find them. Raises NotFoundError."""
        user = self._users.get(user_id)
        if user is None:
            msg = f"no such user: {user_id}"
            raise NotFoundError(msg)
        return account_of(user, self._settings, self._clock())

    def stats(self, user_id: str) -> UserStats:
        """The user and the last 30 days by the daily counters. Raises NotFoundError."""
        account = self.account(user_id)
        last = date.fromisoformat(day_of(self._clock(), self._settings.zone))
        first = last - timedelta(days=STATS_DAYS - 1)
        rates = self._settings.exchange
        read = list(self._counters.figures(user_id, first, last))
        by_day = summed_by((day, figures.at(rates.rate_on(day))) for day, _, figures in read)
        by_model = summed_by_model((model, figures) for _, model, figures in read)
        return UserStats(account, days_from(first, by_day), charged_tokens(by_model))

    def refusals(self, user_id: str, days: int = STATS_DAYS) -> RefusedOf:
        """What the user was refused in so many days, today included. Raises NotFoundError."""
        user = self.account(user_id).user
        last = date.fromisoformat(day_of(self._clock(), self._settings.zone))
        return self._refused.read(user, last - timedelta(days=days - 1), last)

    def usage(
        self, user_id: str, filters: RecordFilters, limit: int, cursor: str | None
    ) -> RecordPage:
        """Usage records, newest first. Raises NotFoundError, ValidationFailedError."""
        self.account(user_id)
        return self._usage.page(user_id, filters, limit, cursor)

    def transactions(self, user_id: str, limit: int, cursor: str | None) -> TransactionPage:
        """Changes, newest first. Raises NotFoundError, ValidationFailedError."""
        self.account(user_id)
        return self._transactions.page(user_id, limit, cursor)

    def periods(self, user_id: str, most: int) -> list[ClosedMonth]:
        """Closed months, newest first, 120 at most. Raises NotFoundError."""
        self.account(user_id)
        return closed_months(user_id, most, self._settings.exchange)
