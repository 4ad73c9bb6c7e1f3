"""The parts that change users and tell about one; wiring.py holds all the others."""

from functools import cached_property

from solaris.mail.ses_list import SesSuppressionList
from solaris.services.administration import Administration
from solaris.services.auditing import Auditor
from solaris.services.deleting import Deleter
from solaris.services.importing import Importer
from solaris.services.key_management import KeyManagement
from solaris.services.moving import Mover
from solaris.services.personal_data import PersonalDataReader
from solaris.services.personal_links import LinkIssuer, LinkReader, PersonalLinks
from solaris.services.records import Records
from solaris.services.self_service import SelfService
from solaris.services.suppressing import MailSuppressions
from solaris.services.user_changes import UserChanges
from solaris.services.user_writes import UserWriter
from solaris.storage.alerts import AlertStore
from solaris.storage.audit import AuditStore
from solaris.storage.aws import boto_client
from solaris.storage.files import is_aws
from solaris.storage.link_holders import LinkHolders
from solaris.storage.suppressions import SuppressionStore
from solaris.storage.transactions import TransactionStore
from solaris.storage.user_usage import UserUsage
from solaris.wiring_directory import DirectoryParts
from solaris.wiring_reading import ReadingParts


class UserParts(DirectoryParts, ReadingParts):
    """What Wiring inherits, with the parts that these need."""

    @cached_property
    def key_management(self) -> KeyManagement:
        """What makes, changes and revokes keys."""
        raise NotImplementedError

    @cached_property
    def alerts(self) -> AlertStore:
        """The alerts table."""
        raise NotImplementedError

    @cached_property
    def transactions(self) -> TransactionStore:
        """The transactions table."""
        return TransactionStore(self.dynamodb, self.settings.table_name("transactions"))

    @cached_property
    def audit(self) -> AuditStore:
        """The audit table."""
        return AuditStore(self.dynamodb, self.settings.table_name("audit"))

    @cached_property
    def auditor(self) -> Auditor:
        """What writes down who did what."""
        return Auditor(self.audit, self.clock)

    @cached_property
    def mail_suppressions(self) -> MailSuppressions:
        """Which addresses get no mail, after a bounce or a complaint."""
        settings = self.settings
        ses_list = SesSuppressionList(
            lambda: boto_client("sesv2", settings.aws_region), is_aws=is_aws
        )
        return MailSuppressions(
            store=SuppressionStore(self.dynamodb, settings.table_name("suppressions")),
            users=self.users,
            auditor=self.auditor,
            ses_list=ses_list if settings.smtp_host is None else None,
            admin_emails=settings.admin_alert_emails,
            clock=self.clock,
        )

    @cached_property
    def user_changes(self) -> UserChanges:
        """What changes users, with its rows in the books and the audit log."""
        writer = UserWriter(
            settings=self.settings,
            users=self.users,
            auditor=self.auditor,
            tell=self.changes.actions,
            clock=self.clock,
        )
        return UserChanges(
            settings=self.settings,
            users=self.users,
            writer=writer,
            tell=self.changes.actions,
            transactions=self.transactions,
            clock=self.clock,
        )

    @cached_property
    def mover(self) -> Mover:
        """What gives accounts another address, and makes one of two."""
        return Mover(
            settings=self.settings,
            users=self.users,
            changes=self.user_changes,
            keys=self.key_management,
            auditor=self.auditor,
            tell=self.changes.actions,
            clock=self.clock,
        )

    @cached_property
    def administration(self) -> Administration:
        """What the operator does with users, by address."""
        return Administration(
            settings=self.settings,
            users=self.users,
            changes=self.user_changes,
            transactions=self.transactions,
            clock=self.clock,
        )

    @cached_property
    def user_usage(self) -> UserUsage:
        """One user's usage records."""
        return UserUsage(self.dynamodb, self.settings.table_name("usage"), self.settings.zone)

    @cached_property
    def records(self) -> Records:
        """What reads about one user."""
        return Records(
            settings=self.settings,
            users=self.users,
            usage=self.user_usage,
            counters=self.user_counters,
            transactions=self.transactions,
            clock=self.clock,
        )

    @cached_property
    def deleter(self) -> Deleter:
        """What deletes users."""
        return Deleter(
            users=self.users,
            changes=self.user_changes,
            usage=self.user_usage,
            keys=self.key_management,
            suppressions=self.mail_suppressions,
            alerts=self.alerts,
            directory=lambda: self.directory,
            publish=lambda alert_ids: self.changes.publish(alert_ids=alert_ids),
            tell=self.changes.actions,
            clock=self.clock,
        )

    @cached_property
    def personal_data(self) -> PersonalDataReader:
        """What gathers one person's data."""
        return PersonalDataReader(
            records=self.records,
            counters=self.user_counters,
            directory=lambda: self.directory,
            suppressions=self.mail_suppressions,
            auditor=self.auditor,
            clock=self.clock,
        )

    @cached_property
    def importer(self) -> Importer:
        """What makes users of a CSV file."""
        return Importer(users=self.users, changes=self.user_changes, clock=self.clock)

    @cached_property
    def personal_links(self) -> PersonalLinks:
        """Links by which users see their own quota."""
        return PersonalLinks(self.settings, self.clock)

    @cached_property
    def link_reader(self) -> LinkReader:
        """What opens personal links."""
        sessions = self.settings.table_name("sessions")
        holders = LinkHolders(self.dynamodb, sessions_table=sessions)
        return LinkReader(links=self.personal_links, holders=holders)

    @cached_property
    def link_issuer(self) -> LinkIssuer:
        """What hands personal links to admins."""
        return LinkIssuer(links=self.personal_links, users=self.users, auditor=self.auditor)

    @cached_property
    def self_service(self) -> SelfService:
        """What users are told about themselves."""
        return SelfService(
            settings=self.settings,
            users=self.users,
            counters=self.user_counters,
            clock=self.clock,
        )
