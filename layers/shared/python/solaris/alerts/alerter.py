"""Crossed thresholds, ends of grants and closed months into alerts: a record and its mails.

The record is written first and stands whatever happens to the mails. Every copy of a message
then looks after the mails that are still due (alerts/store.py has the timeline):

- refused for now (throttling, time-out): state `failed`, the message is delivered again after a
  pause that doubles each time, after five receives it goes to the dead-letter queue;
- refused for good (MailRejectedError): state `rejected`, done;
- every recipient's address is suppressed after a bounce or a complaint: state `suppressed`, done;
  of several recipients the others get it;
- a month's summary is recorded as resolved: it asks nobody to do anything;
- of a ceiling the group's managers and recipients are told (the audience `user`), and the admins;
- of a user's open alerts of a month the highest stays, the others are resolved with it;
- what lasts until somebody ends it (causes/) is told while it lasts;
- the end of a grant: told to its user alone, and recorded as resolved, too. No record and no mail
  once it is void, used by more than half, or over;
- of a request for tokens those are told who decide, of the decision who asked: recorded as
  resolved, since it is the request that waits;
- out of date (the month is over, or the user is back under the threshold): state `skipped`, the
  record is written as resolved, no mail;
- a crash after sending, before marking: sent a second time after the lease, with the same
  Message-ID. When only the marking fails, the message counts as done: its mail is out.

Every copy of a message tells the directory of the record, before and after the mails, whether or
not it changed anything: when that fails, the message is delivered again and tells it then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from solaris.alerts.alert import (
    Alert,
    AlertType,
    Audience,
    ChannelPaused,
    Crossing,
    GrantEnding,
    MailState,
    ModelWithoutPrice,
    MonthlySummary,
    ResolvedWhy,
    UsageFigures,
    figures_of,
    is_out_of_date,
    retry_seconds,
    type_of,
)
from solaris.alerts.announcing import AlertNotice, Announcer
from solaris.alerts.causes.cause import Cause, KeyExpiring, PersonWaiting
from solaris.alerts.causes.messages import CAUSES
from solaris.alerts.ceiling import CeilingReached
from solaris.alerts.closing import superseded
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mails import (
    EndingNotice,
    Person,
    Rendered,
    ThresholdNotice,
    compose,
)
from solaris.alerts.notices import MalformedNoticeError, notice_from_json
from solaris.alerts.store import AlertStore
from solaris.alerts.suppression import Suppression
from solaris.alerts.suppressions import MailSuppressions
from solaris.alerts.token_requests.mails import RequestMails, ToldRequest
from solaris.alerts.token_requests.notice import RequestNews, RequestNotice
from solaris.platform.aws.queues import ALERTS_QUEUE, Message, Queues
from solaris.platform.cache import Cache
from solaris.platform.email import normalise_email
from solaris.platform.errors import NotFoundError, SolarisError
from solaris.platform.logs import get_logger
from solaris.platform.mail.sender import MailRejectedError, MailSender, MailUnavailableError
from solaris.platform.metrics import ALERT_MAILS, ALERTS, Metrics, publish_now
from solaris.platform.settings import Settings
from solaris.quota.account import account_of
from solaris.quota.ending import ending_grant
from solaris.quota.feed import Changes
from solaris.quota.periods import period_of, renews_at
from solaris.quota.personal_links import PersonalLinks
from solaris.quota.policy import block_ppm_of, threshold_rule_of
from solaris.quota.store import UserStore
from solaris.quota.thresholds import Threshold, rule_of
from solaris.quota.user import User, UserStatus

_FINAL = frozenset(MailState) - {MailState.PENDING, MailState.SENDING, MailState.FAILED}
_log = get_logger("solaris.alerting")


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail of an alert: to whom, and how to make it when it is really to be sent."""

    audience: Audience
    to: Sequence[str]
    render: Callable[[], Rendered]


class Alerter:
    """Handles the alerts queue. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        alerts: AlertStore,
        changes: Changes,
        suppressions: MailSuppressions,
        sender: MailSender,
        queues: Queues,
        metrics: Metrics,
        cache: Cache,
        clock: Callable[[], datetime],
        links: PersonalLinks | None = None,
        announcer: Announcer | None = None,
    ) -> None:
        self._settings = settings
        self._users = users
        self._alerts = alerts
        self._changes = changes
        self._suppressions = suppressions
        self._sender = sender
        self._queues = queues
        self._metrics = metrics
        self._cache = cache
        self._links = links
        self._announcer = announcer
        self._clock = clock
        self._renderer = RequestMails(
            settings.locale, support_email=settings.support_email, site=settings.known_address
        )

    def handle_messages(self, messages: Sequence[Message]) -> list[str]:
        """Handle a batch; return the ids of the messages to be delivered again.

        A message that is malformed, or whose user does not exist, fails alone; SQS moves it to
        the dead-letter queue after five receives.
        """
        failed = []
        for message in messages:
            try:
                is_done = self._handle(message.body)
            except MalformedNoticeError as error:
                _log.error("malformed_notice", message_id=message.message_id, error=str(error))
                is_done = False
            except SolarisError as error:
                _log.error(
                    "alert_not_handled",
                    message_id=message.message_id,
                    error=f"{type(error).__name__}: {error}",
                )
                is_done = False
            except Exception:  # noqa: BLE001 - a defect that one message meets stays its own
                _log.exception("alert_defect", message_id=message.message_id)
                is_done = False
            if not is_done:
                failed.append(message.message_id)
                self._postpone(message)
        publish_now(self._metrics, self._cache)
        return failed

    def _postpone(self, message: Message) -> None:
        """Let the next try wait longer than the last; without this it comes after 60 s."""
        if message.receipt_handle is None:
            return
        seconds = retry_seconds(message.receives)
        try:
            self._queues.postpone(ALERTS_QUEUE, message.receipt_handle, seconds)
        except SolarisError as error:
            _log.warning("not_postponed", message_id=message.message_id, error=str(error))

    def _handle(self, body: str) -> bool:
        notice = notice_from_json(body)
        if isinstance(notice, MonthlySummary):
            return self._summarise(notice)
        if isinstance(notice, GrantEnding):
            return self._tell_of_end(notice)
        if isinstance(notice, ModelWithoutPrice):
            return self._tell_of_price(notice)
        if isinstance(notice, ChannelPaused):
            return self._tell_of_pause(notice)
        if isinstance(notice, GroupSummary):
            return self._summarise_group(notice)
        if isinstance(notice, CeilingReached):
            return self._tell_of_ceiling(notice)
        if isinstance(notice, RequestNotice):
            return self._tell_of_request(notice)
        if isinstance(notice, CAUSES):
            return self._tell_of_cause(notice)
        return self._warn(notice)

    def _warn(self, crossing: Crossing) -> bool:
        user = self._users.get(crossing.user_id)
        if user is None:
            raise NotFoundError(crossing.user_id)
        now = self._clock()
        is_late = is_out_of_date(
            crossing,
            user,
            current_period=period_of(now, self._settings.zone),
            rule=rule_of(user, threshold_rule_of(self._settings)),
        )
        notice = self._notice(crossing, user)
        alert = self._alert(crossing, notice, now, is_late=is_late)
        alert = replace(alert, group_id=user.group_id)
        is_new = self._alerts.put_new(alert)
        if is_new:
            self._count_new(alert)
            _log.info("alert_recorded", user_id=user.user_id, threshold=crossing.threshold.value)
        if not is_late and not is_new:
            self._alerts.revive(alert, crossing.crossed_at)
        self._supersede(crossing, now)
        self._changes.publish(alert_ids=[alert.alert_id])
        if is_late:
            # A mail that is still due from an earlier try would be just as wrong now.
            return True
        mails = [
            _Mail(audience, to, self._threshold_mail(notice, audience))
            for audience, to in (
                (Audience.USER, [user.email]),
                (Audience.ADMINS, self._settings.admin_alert_emails),
            )
        ]
        is_mailed = self._send_due(alert.alert_id, mails)
        return self._announce(alert, notice) and is_mailed

    def _supersede(self, crossing: Crossing, now: datetime) -> None:
        """Leave the highest open alert of the crossing's round; in whatever order they come."""
        ids = [replace(crossing, threshold=one).alert_id for one in Threshold]
        found = [alert for alert in map(self._alerts.get, ids) if alert is not None]
        lower = [one.alert_id for one in superseded(found)]
        closed = [one for one in lower if self._alerts.close(one, now, ResolvedWhy.SUPERSEDED)]
        if closed:
            _log.info("alerts_superseded", user_id=crossing.user_id, closed=len(closed))
        # what a copy of this message has closed and did not tell of is told now
        self._changes.publish(alert_ids=lower)

    def _tell_of_end(self, ending: GrantEnding) -> bool:
        user = self._users.get(ending.user_id)
        if user is None:
            raise NotFoundError(ending.user_id)
        now = self._clock()
        grant = ending_grant(account_of(user, self._settings, now).user, ending.grant_id, now)
        if grant is None or grant.until is None:
            _log.info("grant_end_not_told", user_id=user.user_id, grant_id=ending.grant_id)
            return True
        notice = EndingNotice(
            person=_person(user),
            tokens=grant.tokens,
            granted_tokens=grant.granted_tokens,
            until=date.fromisoformat(grant.until),
            usage_url=self._usage_url(user),
        )
        title, text = self._renderer.ending_record(notice)
        alert = Alert(
            alert_id=ending.alert_id,
            type=AlertType.INFO,
            title=title,
            message=text,
            user_id=user.user_id,
            group_id=user.group_id,
            period=grant.until[:7],
            created_at=now,
            resolved_at=now,
            mails={Audience.USER: MailState.PENDING, Audience.ADMINS: MailState.NONE},
        )
        if self._alerts.put_new(alert):
            self._count_new(alert)
            _log.info("grant_end_recorded", user_id=user.user_id, grant_id=grant.grant_id)
        self._changes.publish(alert_ids=[alert.alert_id])
        mail = _Mail(Audience.USER, [user.email], lambda: self._renderer.ending(notice))
        is_mailed = self._send_due(alert.alert_id, [mail])
        return self._announce(alert, notice) and is_mailed

    def _tell_of_request(self, news: RequestNotice) -> bool:
        user = self._users.get(news.user_id)
        if user is None:
            raise NotFoundError(news.user_id)
        if user.status is UserStatus.DELETED:
            return True
        is_asked = news.news is RequestNews.ASKED
        to = news.to if is_asked else (user.email,)
        audience = Audience.ADMINS if is_asked else Audience.USER
        shown = account_of(user, self._settings, self._clock()).user
        url = None if is_asked else self._usage_url(user)
        told = ToldRequest(_person(user), news, figures_of(shown), url)
        title, text = self._renderer.request_record(told)
        now = self._clock()
        alert = Alert(
            alert_id=news.alert_id,
            type=AlertType.INFO,
            title=title,
            message=text,
            user_id=user.user_id,
            group_id=user.group_id,
            period=news.period,
            created_at=now,
            # what waits is the request itself, on its own page
            resolved_at=now,
            mails=dict.fromkeys(Audience, MailState.NONE) | {audience: _due(to)},
        )
        if self._alerts.put_new(alert):
            self._count_new(alert)
            _log.info("request_told", user_id=user.user_id, news=news.news.value)
        self._changes.publish(alert_ids=[alert.alert_id])
        mail = _Mail(audience, to, lambda: self._renderer.request(told))
        is_mailed = self._send_due(alert.alert_id, [mail])
        return self._announce(alert, told) and is_mailed

    def _tell_of_price(self, unpriced: ModelWithoutPrice) -> bool:
        """A record for the admins' list; no mail: nobody is refused, and the site says it too."""
        title, text = self._renderer.unpriced_record(unpriced)
        alert = Alert(
            alert_id=unpriced.alert_id,
            type=AlertType.WARNING,
            title=title,
            message=text,
            period=unpriced.period,
            created_at=self._clock(),
            mails={Audience.USER: MailState.NONE, Audience.ADMINS: MailState.NONE},
        )
        if self._alerts.put_new(alert):
            self._count_new(alert)
            _log.info("model_without_price", model=unpriced.model, entry=unpriced.entry)
        self._changes.publish(alert_ids=[alert.alert_id])
        return self._announce(alert, unpriced)

    def _tell_of_pause(self, paused: ChannelPaused) -> bool:
        """A record and a mail to the admins; not to the other channels, which may fail alike."""
        title, text = self._renderer.paused_record(paused)
        to = self._settings.admin_alert_emails
        alert = Alert(
            alert_id=paused.alert_id,
            type=AlertType.WARNING,
            title=title,
            message=text,
            period=paused.period,
            created_at=self._clock(),
            mails={Audience.USER: MailState.NONE, Audience.ADMINS: _due(to)},
        )
        if self._alerts.put_new(alert):
            self._count_new(alert)
        self._changes.publish(alert_ids=[alert.alert_id])
        mail = _Mail(Audience.ADMINS, to, lambda: self._renderer.paused(paused))
        return self._send_due(alert.alert_id, [mail])

    def _summarise(self, summary: MonthlySummary) -> bool:
        title, text = self._renderer.summary_record(summary)
        to, now = self._settings.admin_alert_emails, self._clock()
        alert = Alert(
            alert_id=summary.alert_id,
            type=AlertType.INFO,
            title=title,
            message=text,
            period=summary.period,
            created_at=now,
            resolved_at=now,
            mails={Audience.USER: MailState.NONE, Audience.ADMINS: _due(to)},
        )
        if self._alerts.put_new(alert):
            self._count_new(alert)
            _log.info("summary_recorded", period=summary.period)
        self._changes.publish(alert_ids=[alert.alert_id])
        mail = _Mail(Audience.ADMINS, to, lambda: self._renderer.summary(summary))
        is_mailed = self._send_due(alert.alert_id, [mail])
        return self._announce(alert, summary) and is_mailed

    def _announce(self, alert: Alert, notice: AlertNotice) -> bool:
        """Hand the alert to the channels; False when that must be done again. Mails went first."""
        if self._announcer is None:
            return True
        try:
            self._announcer.announce(alert, notice)
        except SolarisError as error:
            _log.error("alert_not_announced", alert_id=alert.alert_id, error=str(error))
            return False
        return True

    def _summarise_group(self, summary: GroupSummary) -> bool:
        title, text = self._renderer.group_summary_record(summary)
        now = self._clock()
        alert = Alert(
            alert_id=summary.alert_id,
            type=AlertType.INFO,
            title=title,
            message=text,
            group_id=summary.group_id,
            period=summary.period,
            created_at=now,
            resolved_at=now,
            mails={Audience.USER: _due(summary.to), Audience.ADMINS: MailState.NONE},
        )
        if self._alerts.put_new(alert):
            self._count_new(alert)
            _log.info("group_summary_recorded", group_id=summary.group_id, period=summary.period)
        self._changes.publish(alert_ids=[alert.alert_id])
        mail = _Mail(Audience.USER, summary.to, lambda: self._renderer.group_summary(summary))
        is_mailed = self._send_due(alert.alert_id, [mail])
        return self._announce(alert, summary) and is_mailed

    def _tell_of_ceiling(self, found: CeilingReached) -> bool:
        now = self._clock()
        if period_of(now, self._settings.zone) > found.period:
            return True  # the month is over: its summary says how it stands
        title, text = self._renderer.ceiling_record(found)
        admins = self._settings.admin_alert_emails
        alert = Alert(
            alert_id=found.alert_id,
            type=found.type,
            title=title,
            message=text,
            group_id=found.of_group,
            period=found.period,
            created_at=now,
            mails={Audience.USER: _due(found.to), Audience.ADMINS: _due(admins)},
        )
        if self._alerts.put_new(alert):
            self._count_new(alert)
            _log.info("ceiling_recorded", group_id=found.group_id, percent=found.percent)
        for lower in found.lower_ids:
            self._alerts.close(lower, now, ResolvedWhy.SUPERSEDED)
        self._changes.publish(alert_ids=[alert.alert_id, *found.lower_ids])
        mails = [
            _Mail(audience, to, lambda: self._renderer.ceiling(found))
            for audience, to in ((Audience.USER, found.to), (Audience.ADMINS, admins))
        ]
        is_mailed = self._send_due(alert.alert_id, mails)
        return self._announce(alert, found) and is_mailed

    def _tell_of_cause(self, cause: Cause) -> bool:
        """Record what lasts until somebody ends it; nothing once it is over."""
        now = self._clock()
        user = None
        if isinstance(cause, PersonWaiting | KeyExpiring) and cause.user_id is not None:
            user = self._users.get(cause.user_id)
        if _is_over(cause, user, now):
            _log.info("cause_is_over", alert_id=cause.alert_id)
            return True
        title, text = self._renderer.cause_record(cause)
        admins = self._settings.admin_alert_emails
        # a key's owner has to change it where it is used
        owner = [cause.email] if isinstance(cause, KeyExpiring) and cause.email else []
        alert = Alert(
            alert_id=cause.alert_id,
            type=cause.type,
            title=title,
            message=text,
            user_id=None if user is None else user.user_id,
            group_id=None if user is None else user.group_id,
            period=cause.period,
            created_at=now,
            mails={Audience.USER: _due(owner), Audience.ADMINS: _due(admins)},
        )
        if self._alerts.put_new(alert):
            self._count_new(alert)
            _log.info("cause_recorded", alert_id=alert.alert_id)
        for lower in cause.lower_ids:
            self._alerts.close(lower, now, ResolvedWhy.SUPERSEDED)
        self._changes.publish(alert_ids=[alert.alert_id, *cause.lower_ids])
        mails = [
            _Mail(audience, to, partial(self._renderer.cause, cause, audience))
            for audience, to in ((Audience.USER, owner), (Audience.ADMINS, admins))
        ]
        is_mailed = self._send_due(alert.alert_id, mails)
        return self._announce(alert, cause) and is_mailed

    def _send_due(self, alert_id: str, mails: Sequence[_Mail]) -> bool:
        """Send what is due; False when something must be looked at again."""
        done = [self._send(alert_id, mail) for mail in mails if mail.to]  # each is tried
        if done:
            self._changes.publish(alert_ids=[alert_id])
        return all(done)

    def _send(self, alert_id: str, mail: _Mail) -> bool:
        # before the claim: a store that is away must not leave a mail claimed
        suppressed = self._suppressions.among(mail.to)
        claim = self._alerts.claim(alert_id, mail.audience, self._clock())
        if claim.lease is None:
            # Somebody else's is not done yet: if they die, this message must still be there.
            return claim.state in _FINAL
        state, error_class = self._deliver(alert_id, mail, suppressed)
        self._metrics.count(ALERT_MAILS, mail.audience.value, state.value)
        try:
            is_marked = self._alerts.mark(alert_id, mail.audience, claim.lease, state, error_class)
        except SolarisError as error:
            _log.error("mail_not_marked", alert_id=alert_id, state=state.value, error=str(error))
        else:
            if not is_marked:
                _log.warning("mail_lease_lost", alert_id=alert_id, audience=mail.audience.value)
        return state in _FINAL

    def _count_new(self, alert: Alert) -> None:
        self._metrics.count(ALERTS, alert.type.value)
        for audience, state in alert.mails.items():
            if state is MailState.SKIPPED:
                self._metrics.count(ALERT_MAILS, audience.value, state.value)

    def _deliver(
        self, alert_id: str, mail: _Mail, suppressed: Mapping[str, Suppression]
    ) -> tuple[MailState, str | None]:
        """Send one mail to those who may get it; return how it went and the error's class."""
        ids = {"alert_id": alert_id, "audience": mail.audience.value}
        to = [one for one in mail.to if normalise_email(one) not in suppressed]
        if suppressed:
            _log.info("mail_recipients_suppressed", **ids, recipients=len(suppressed), left=len(to))
        if not to:
            reasons = sorted({one.reason.value for one in suppressed.values()})
            return MailState.SUPPRESSED, ", ".join(reasons)
        try:
            message = compose(
                mail.render(),
                from_email=self._settings.from_email,
                to=to,
                mail_id=f"{alert_id}#{mail.audience.value}",
                now=self._clock(),
                reply_to=self._settings.support_email,
            )
            self._sender.send(message)
        except MailRejectedError as error:
            _log.error("mail_rejected", **ids, error=error.error_class)
            return MailState.REJECTED, error.error_class
        except MailUnavailableError as error:
            _log.warning("mail_failed", **ids, error=error.error_class)
            return MailState.FAILED, error.error_class
        _log.info("mail_sent", **ids)
        return MailState.SENT, None

    def _notice(self, crossing: Crossing, user: User) -> ThresholdNotice:
        settings = self._settings
        rule = rule_of(user, threshold_rule_of(settings))
        ppm = {
            Threshold.WARNING: rule.warning_ppm,
            Threshold.CRITICAL: rule.critical_ppm,
            Threshold.BLOCK: block_ppm_of(settings),
        }
        return ThresholdNotice(
            person=_person(user),
            threshold=crossing.threshold,
            threshold_ppm=ppm[crossing.threshold],
            period=crossing.period,
            figures=self._figures(crossing, user),
            renews_at=renews_at(crossing.period, settings.zone),
            usage_url=self._usage_url(user),
            user_id=user.user_id,
        )

    def _usage_url(self, user: User) -> str | None:
        return None if self._links is None else self._links.for_mail(user.user_id)

    def _figures(self, crossing: Crossing, user: User) -> UsageFigures:
        figures = figures_of(user)
        if user.period == crossing.period:
            return figures
        closed = self._alerts.closed_figures(user.user_id, crossing.period)
        return closed or replace(figures, current_usage=0)

    def _alert(
        self, crossing: Crossing, notice: ThresholdNotice, now: datetime, *, is_late: bool
    ) -> Alert:
        title, text = self._renderer.record(notice)
        admins = self._settings.admin_alert_emails
        skipped = MailState.SKIPPED
        return Alert(
            alert_id=crossing.alert_id,
            type=type_of(crossing.threshold),
            title=title,
            message=text,
            user_id=crossing.user_id,
            period=crossing.period,
            threshold=crossing.threshold,
            figures=notice.figures,
            enforcement=notice.person.enforcement,
            created_at=now,
            resolved_at=now if is_late else None,
            mails={
                Audience.USER: skipped if is_late else MailState.PENDING,
                Audience.ADMINS: skipped if is_late and admins else _due(admins),
            },
        )

    def _threshold_mail(
        self, notice: ThresholdNotice, audience: Audience
    ) -> Callable[[], Rendered]:
        return lambda: self._renderer.threshold(notice, audience)


def _is_over(cause: Cause, user: User | None, now: datetime) -> bool:
    """Whether there is nothing to tell any more: the message has waited, or came again."""
    match cause:
        case PersonWaiting():
            return user is None or user.status is not UserStatus.PENDING
        case KeyExpiring():
            return cause.expires_at <= now
        case _:
            return False


def _person(user: User) -> Person:
    return Person(user.email, user.name, user.plan.value, user.enforcement)


def _due(to: Sequence[str]) -> MailState:
    return MailState.PENDING if to else MailState.NONE
