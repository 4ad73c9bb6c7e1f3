"""Puts the news of requests on the alerts queue, from where mails and channels are made.

First the message, then the mark in the request; a crash in between sends it twice, and the second
finds the alert of the first (alerts/alerter.py).
"""

from collections.abc import Callable

from solaris.accounts.token_requests.request import (
    DecidedHow,
    RequestState,
    TokenRequest,
    deciders,
)
from solaris.accounts.token_requests.store import RequestStore
from solaris.alerts.notices import notice_to_json
from solaris.alerts.token_requests.notice import RequestNews, RequestNotice
from solaris.platform.aws.queues import ALERTS_QUEUE, Queues
from solaris.platform.errors import SolarisError
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.groups.group import Groups
from solaris.quota.user import User

_NEWS = {
    RequestState.PENDING: RequestNews.ASKED,
    RequestState.APPROVED: RequestNews.APPROVED,
    RequestState.DENIED: RequestNews.DENIED,
}
_log = get_logger("solaris.token_requests")


class RequestTeller:
    """Tells of requests; `groups` gives the groups that there are."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: RequestStore,
        groups: Callable[[], Groups],
        queues: Queues,
    ) -> None:
        self._settings = settings
        self._store = store
        self._groups = groups
        self._queues = queues

    def tell(self, request: TokenRequest, user: User) -> bool:
        """Put the news on the queue; what fails is logged, and found by the upkeep."""
        try:
            notice = self.notice(request, user)
            self._queues.send(ALERTS_QUEUE, notice_to_json(notice))
            self._store.told(request)
        except SolarisError as error:
            _log.warning("request_not_told", user_id=user.user_id, error=str(error))
            return False
        return True

    def notice(self, request: TokenRequest, user: User) -> RequestNotice:
        """What is told of a request as it is now."""
        admins = tuple(self._settings.admin_alert_emails)
        is_pending = request.state is RequestState.PENDING
        return RequestNotice(
            user_id=request.user_id,
            request_id=request.request_id,
            news=_NEWS[request.state],
            period=request.period,
            tokens=request.tokens,
            reason=request.reason,
            happened_at=request.decided_at or request.created_at,
            granted_tokens=request.granted_tokens,
            lasting=request.grant_kind,
            until=request.until,
            not_before=request.not_before,
            note=request.note,
            decided_by=request.decided_by,
            by_itself=request.how is DecidedHow.POLICY,
            by_raise=request.how is DecidedHow.RAISE,
            to=deciders(user, self._groups(), admins) if is_pending else (),
        )
