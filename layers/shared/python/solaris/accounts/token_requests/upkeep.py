"""What requests need looked after, with the directory's upkeep every ten minutes.

answered   a plan or group was raised for everybody, a month's usage forgiven: by no write that
           looks at requests
untold     the process died between the write and the news
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from solaris.accounts.token_requests.request import RequestState, TokenRequest
from solaris.accounts.token_requests.service import POLICY, TokenRequests
from solaris.accounts.token_requests.store import RequestStore
from solaris.accounts.token_requests.telling import RequestTeller
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.account import account_of
from solaris.quota.periods import previous_period
from solaris.quota.store import UserStore
from solaris.quota.user import User

STOP_SECONDS = 5.0
TOGETHER = 100
WAIT = timedelta(minutes=1)
"""Younger ones are about to be told by whoever has just written them."""

_log = get_logger("solaris.token_requests")


@dataclass(slots=True)
class UpkeepReport:
    """What a run has done."""

    settled: int = 0
    told: int = 0

    def body(self) -> dict[str, int]:
        """As a function answers it."""
        return {"requests_settled": self.settled, "requests_told": self.told}


class RequestUpkeep:
    """Looks after this month's requests; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        store: RequestStore,
        requests: TokenRequests,
        teller: RequestTeller,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._store = store
        self._requests = requests
        self._teller = teller
        self._clock = clock

    def run(self, remaining_seconds: Callable[[], float]) -> UpkeepReport:
        """One run, as far as the time allows. Raises StoreUnavailableError."""
        report = UpkeepReport()
        period = self._requests.period()
        # news of the last minutes of a month, too
        for month in (previous_period(period), period):
            for request in self._store.untold(month):
                if remaining_seconds() < STOP_SECONDS:
                    return report
                report.told += self._tell(request, period)
        pack: list[TokenRequest] = []
        for request in self._store.every(RequestState.PENDING, period):
            pack.append(request)
            if len(pack) == TOGETHER:
                report.settled += self._settle(pack)
                pack.clear()
            if remaining_seconds() < STOP_SECONDS:
                return report
        report.settled += self._settle(pack)
        if report.settled or report.told:
            _log.info("requests_looked_after", **report.body())
        return report

    def _tell(self, request: TokenRequest, period: str) -> int:
        now = self._clock()
        if now - (request.decided_at or request.created_at) < WAIT:
            return 0
        # as the others are read: what runs this may read users together alone (template.yaml)
        user = next(iter(self._users.get_many([request.user_id])), None)
        if user is None or request.state_in(period) is RequestState.LAPSED:
            self._store.told(request)
            return 0
        return int(self._teller.tell(request, user))

    def _settle(self, requests: list[TokenRequest]) -> int:
        found = self._users.get_many(one.user_id for one in requests)
        return sum(self._requests.settle(self._shown(one), POLICY) is not None for one in found)

    def _shown(self, user: User) -> User:
        return account_of(user, self._settings, self._clock()).user
