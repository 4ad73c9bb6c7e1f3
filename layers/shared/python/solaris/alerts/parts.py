"""Alerts and their mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaris.alerts.alerter import Alerter
    from solaris.alerts.announcing import Announcer
    from solaris.alerts.at_once import AlertsAtOnce
    from solaris.alerts.causes.cause import Facts
    from solaris.alerts.ceilings import Ceilings
    from solaris.alerts.closer import AlertCloser
    from solaris.alerts.ending_grants import EndingGrants
    from solaris.alerts.management import AlertManagement
    from solaris.alerts.store import AlertStore
    from solaris.alerts.suppressions import MailSuppressions
    from solaris.audit.parts import AuditParts
    from solaris.directory.parts import DirectoryParts
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts
    from solaris.quota.policy import PlanStore
    from solaris.quota.user import User


class AlertsParts:
    """Alerts and their mails."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        audit: AuditParts,
        quota: QuotaParts,
        directory: DirectoryParts,
        announcer: Callable[[], Announcer] | None = None,
        facts: Callable[[], Callable[[], Facts]] | None = None,
    ) -> None:
        self.platform = platform
        self._audit = audit
        self._quota = quota
        self._directory = directory
        self._announcer = announcer
        self._facts = facts

    @property
    def plan_store(self) -> PlanStore:
        """Plans and groups, for what managers of groups may see."""
        return self._quota.plans

    def user_of(self, user_id: str) -> User | None:
        """A user's item as it is, strongly consistent; None: there is none."""
        return self._quota.users.get(user_id)

    @part
    def store(self) -> AlertStore:
        """The alerts table."""
        from solaris.alerts.store import AlertStore

        return AlertStore(
            self.platform.dynamodb,
            alerts_table=self.platform.settings.table_name("alerts"),
            periods_table=self.platform.settings.table_name("periods"),
        )

    @part
    def management(self) -> AlertManagement:
        """What admins do with alerts."""
        from solaris.alerts.management import AlertManagement

        return AlertManagement(
            alerts=self.store,
            directory=self._directory.directory,
            auditor=self._audit.auditor,
            publish=lambda alert_ids: self._quota.changes.publish(alert_ids=alert_ids),
            clock=self.platform.clock,
        )

    @part
    def alerter(self) -> Alerter:
        """What records alerts and mails about them."""
        from solaris.alerts.alerter import Alerter

        return Alerter(
            settings=self.platform.settings,
            users=self._quota.users,
            alerts=self.store,
            changes=self._quota.changes,
            suppressions=self.suppressions,
            sender=self.platform.mail_sender,
            queues=self.platform.queues,
            metrics=self.platform.metrics,
            cache=self.platform.cache,
            links=self._quota.personal_links,
            announcer=None if self._announcer is None else self._announcer(),
            clock=self.platform.clock,
        )

    @part
    def closer(self) -> AlertCloser:
        """What closes alerts whose cause is gone."""
        from solaris.alerts.closer import AlertCloser

        return AlertCloser(
            settings=self.platform.settings,
            users=self._quota.users,
            alerts=self.store,
            directory=self._directory.directory,
            ceilings=self.ceilings.stated,
            facts=(lambda: None) if self._facts is None else self._facts(),
            publish=lambda alert_ids: self._quota.changes.publish(alert_ids=alert_ids),
            clock=self.platform.clock,
        )

    @part
    def ceilings(self) -> Ceilings:
        """What looks at the monthly ceilings."""
        from solaris.alerts.ceilings import Ceilings

        return Ceilings(
            settings=self.platform.settings,
            groups=lambda: self._quota.groups.read().everything,
            alerts=self.store,
            queues=self.platform.queues,
        )

    @part
    def at_once(self) -> AlertsAtOnce:
        """What closes a user's alerts right after a change."""
        from solaris.alerts.at_once import AlertsAtOnce

        return AlertsAtOnce(
            settings=self.platform.settings,
            alerts=self.store,
            publish=lambda alert_ids: self._quota.changes.publish(alert_ids=alert_ids),
            clock=self.platform.clock,
        )

    @part
    def ending_grants(self) -> EndingGrants:
        """What announces the ends of grants."""
        from solaris.alerts.ending_grants import EndingGrants

        return EndingGrants(
            settings=self.platform.settings,
            users=self._quota.users,
            queues=self.platform.queues,
            tell=self._quota.changes.actions,
        )

    @part
    def suppressions(self) -> MailSuppressions:
        """Which addresses get no mail, after a bounce or a complaint."""
        from solaris.alerts.ses_list import SesSuppressionList
        from solaris.alerts.suppression_store import SuppressionStore
        from solaris.alerts.suppressions import MailSuppressions
        from solaris.platform.aws.client import boto_client
        from solaris.platform.aws.files import is_aws

        settings = self.platform.settings
        ses_list = SesSuppressionList(
            lambda: boto_client("sesv2", settings.aws_region), is_aws=is_aws
        )
        return MailSuppressions(
            store=SuppressionStore(self.platform.dynamodb, settings.table_name("suppressions")),
            users=self._quota.users,
            auditor=self._audit.auditor,
            ses_list=ses_list if settings.smtp_host is None else None,
            admin_emails=settings.admin_alert_emails,
            clock=self.platform.clock,
        )
