"""What a user is told about themselves: quota, usage by day and model, where the month is heading.

Read like what admins see of a user (accounts/history.py), by the same rules, in three reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from solaris.accounts.history import STATS_DAYS, DayUsage, days_from
from solaris.accounts.token_requests.request import MayAsk, TokenRequest, suggested
from solaris.accounts.token_requests.service import TokenRequests
from solaris.ledger.counters import UserCounters
from solaris.ledger.figures import charged_tokens, summed_by, summed_by_model
from solaris.platform.errors import UnauthenticatedError
from solaris.platform.settings import Settings
from solaris.quota.account import Account, account_of
from solaris.quota.store import UserStore
from solaris.quota.user import User, UserStatus
from solaris.reports.forecast import Forecast, forecast, pace_of


@dataclass(frozen=True, slots=True)
class OwnUsage:
    """A user, the last 30 days (today included, oldest first, empty ones too) and the month.

    `by_model` are the month's charged tokens, the most used first, without zeros.
    """

    account: Account
    days: tuple[DayUsage, ...]
    by_model: dict[str, int]
    forecast: Forecast
    last_request: TokenRequest | None
    may_ask: MayAsk
    suggested_tokens: tuple[int, ...]


class SelfService:
    """Reads about one user for that user. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        counters: UserCounters,
        requests: TokenRequests,
        clock: Callable[[], datetime],
    ) -> None:
        self._requests = requests
        self._settings = settings
        self._users = users
        self._counters = counters
        self._clock = clock

    def user(self, user_id: str) -> User:
        """The user whom a link speaks for, as stored.

        Raises UnauthenticatedError for a user who is deleted or never was, StoreUnavailableError.
        """
        user = self._users.get(user_id)
        if user is not None and user.merged_into is not None:
            user = self._users.get(user.merged_into)
        if user is None or user.status is UserStatus.DELETED:
            raise UnauthenticatedError
        return user

    def own(self, user_id: str) -> OwnUsage:
        """What a user may know. Raises as `user` does."""
        user = self.user(user_id)
        now, zone = self._clock(), self._settings.zone
        account = account_of(user, self._settings, now)
        today = now.astimezone(zone).date()
        first = today - timedelta(days=STATS_DAYS - 1)
        month = date.fromisoformat(f"{account.user.period}-01")
        user_id = user.user_id
        read = list(self._counters.figures(user_id, min(first, month), today))
        by_day = summed_by((day, figures) for day, _, figures in read)
        by_model = summed_by_model(
            (model, figures) for day, model, figures in read if day >= month.isoformat()
        )
        heading = forecast(
            used=account.user.current_usage,
            remaining=account.user.quota.remaining_tokens,
            pace=pace_of(charged_tokens(by_day.items()), today, self._counters.first_day(user_id)),
            now=now,
            renews_at=account.renews_at,
            zone=zone,
        )
        last, may_ask = self._requests.standing(account.user)
        return OwnUsage(
            account=account,
            days=days_from(first, by_day),
            by_model=charged_tokens(by_model),
            forecast=heading,
            last_request=last,
            may_ask=may_ask,
            suggested_tokens=suggested(
                account.user.quota,
                int(heading.pace.a_day),
                (account.renews_at.astimezone(zone).date() - today).days,
            ),
        )
