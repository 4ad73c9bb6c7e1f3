"""Bounces and complaints: which addresses get no more mail, and how they get it again.

    SES ─► SNS ─► record    the address is suppressed (alerts/suppression.py says when)
    a mail ─► among         its suppressed recipients are left out (alerts/alerter.py)
    an admin ─► lift        off SES's own list first, then off ours with an audit row

In this order a lift that fails half-way has changed nothing that is shown, and is done again; the
other way round the site would say that mails go out while SES swallows them.

The directory holds nothing of this, so there is nothing to publish.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from solaris.alerts.mail_events import mail_event_from_json
from solaris.alerts.ses_list import SesSuppressionList
from solaris.alerts.suppression import (
    AddressRecord,
    Affected,
    MailEvent,
    SesListAnswer,
    Suppression,
    lifted,
    noted,
)
from solaris.alerts.suppression_store import SuppressionPage, SuppressionStore
from solaris.audit.auditor import Auditor
from solaris.platform.actor import Actor
from solaris.platform.email import normalise_email
from solaris.platform.errors import NotFoundError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.logs import get_logger
from solaris.quota.store import UserStore
from solaris.quota.user import UserStatus, user_id_for

_log = get_logger("solaris.suppressing")


@dataclass(frozen=True, slots=True)
class Lifted:
    """An address that gets mail again, and what SES's own list had to do with it."""

    email: str
    ses_list: SesListAnswer


class MailSuppressions:
    """`clock` gives the time in UTC; `ses_list` is None where mail goes out by SMTP.

    `admin_emails` get mail whether or not they are users.
    """

    def __init__(
        self,
        *,
        store: SuppressionStore,
        users: UserStore,
        auditor: Auditor,
        ses_list: SesSuppressionList | None,
        admin_emails: Sequence[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._users = users
        self._auditor = auditor
        self._ses_list = ses_list
        self._admin_emails = frozenset(normalise_email(one) for one in admin_emails)
        self._clock = clock

    def record(self, message: str) -> None:
        """Take in what SES says. Again, and in any order, ends the same.

        Raises MalformedMailEventError for what cannot be read, StoreUnavailableError and
        ConflictError: the message is to come again, and to be kept when it keeps failing.
        """
        event = mail_event_from_json(message)
        if event is None:
            _log.debug("mail_event_passed_over")
            return
        if not event.is_lasting:
            _log.info(
                "mail_event_noted",
                event_id=event.event_id,
                reason=event.reason.value,
                recipients=len(event.affected),
                detail=event.affected[0].detail,
            )
            return
        for one in event.affected:
            self._suppress(event, one)

    def of(self, email: str) -> Suppression | None:
        """The suppression of an address, if there is one."""
        return self._store.get(normalise_email(email))

    def among(self, emails: Sequence[str]) -> dict[str, Suppression]:
        """Those of some addresses that get no mail, by normalised address."""
        return self._store.among([normalise_email(one) for one in emails])

    def page(self, limit: int, cursor: str | None = None) -> SuppressionPage:
        """All suppressed addresses. Raises ValidationFailedError for a bad cursor."""
        return self._store.page(limit, cursor)

    def lift(self, email: str, actor: Actor) -> Lifted:
        """Let an address have mail again.

        Raises NotFoundError when it is not suppressed, MailServiceError when SES keeps it on its
        own list (nothing has changed then), ConflictError, StoreUnavailableError.
        """
        address = normalise_email(email)
        suppression = self._store.get(address)
        if suppression is None:
            raise NotFoundError("the address is not suppressed")
        answer = SesListAnswer.NOT_USED
        if self._ses_list is not None:
            answer = self._ses_list.remove(address)
        entry = self._auditor.entry(
            actor,
            "suppression.lift",
            target_type="suppression",
            target_id=address,
            target_label=address,
            before={
                "suppression": suppression.reason.value,
                "suppressed_at": iso_milliseconds(suppression.suppressed_at),
            },
        )
        before, after = self._store.change(
            address,
            lambda record: lifted(record, self._clock()),
            lambda _: self._auditor.action(entry),
        )
        if before is after:  # somebody else was quicker
            raise NotFoundError("the address is not suppressed")
        _log.info("suppression_lifted", actor=entry.actor.name, ses_list=answer.value)
        return Lifted(address, answer)

    def erase(self, email: str) -> None:
        """Forget an address altogether, since its owner is deleted."""
        self._store.erase(normalise_email(email))

    def _suppress(self, event: MailEvent, one: Affected) -> None:
        if self._is_erased(one.email):
            _log.info("mail_event_of_deleted_user", event_id=event.event_id)
            return

        def rule(record: AddressRecord) -> AddressRecord:
            return noted(record, event, one.detail)

        before, after = self._store.change(one.email, rule)
        _log.info(
            "mail_event_recorded",
            event_id=event.event_id,
            reason=event.reason.value,
            user_id=user_id_for(one.email),
            is_change=before is not after,
        )

    def _is_erased(self, email: str) -> bool:
        """A late event must not bring back the address of somebody who was deleted."""
        if email in self._admin_emails:
            return False
        user = self._users.of_address(email)
        return user is not None and user.status is UserStatus.DELETED
