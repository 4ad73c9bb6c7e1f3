"""What changes users and tells about one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.accounts.by_email import Administration
    from solaris.accounts.changes import UserChanges
    from solaris.accounts.daily.steps import DailyLimits
    from solaris.accounts.deletion import Deleter
    from solaris.accounts.grants.service import Grants
    from solaris.accounts.groups.claimed import ClaimedGroups
    from solaris.accounts.groups.service import GroupAdministration
    from solaris.accounts.history import Records
    from solaris.accounts.importing.importer import Importer
    from solaris.accounts.moving import Mover
    from solaris.accounts.personal_data import PersonalDataReader
    from solaris.accounts.plans.progress import PropagationStore
    from solaris.accounts.plans.propagation import Propagation
    from solaris.accounts.plans.service import PlanAdministration
    from solaris.accounts.self_service.link_issuer import LinkIssuer
    from solaris.accounts.self_service.link_reader import LinkReader
    from solaris.accounts.self_service.service import SelfService
    from solaris.accounts.token_requests.listing import RequestLists
    from solaris.accounts.token_requests.policy import RequestPolicies
    from solaris.accounts.token_requests.service import TokenRequests
    from solaris.accounts.token_requests.store import RequestStore
    from solaris.accounts.token_requests.telling import RequestTeller
    from solaris.accounts.token_requests.upkeep import RequestUpkeep
    from solaris.accounts.writer import UserWriter
    from solaris.alerts.parts import AlertsParts
    from solaris.alerts.suppressions import MailSuppressions
    from solaris.audit.parts import AuditParts
    from solaris.directory.directory import Directory
    from solaris.directory.parts import DirectoryParts
    from solaris.keys.parts import KeysParts
    from solaris.ledger.parts import LedgerParts
    from solaris.ledger.transaction_store import TransactionStore
    from solaris.platform.actor import Actor
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts
    from solaris.quota.policy import PlanStore
    from solaris.quota.user import User


class AccountsParts:
    """What changes users and tells about one."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        audit: AuditParts,
        quota: QuotaParts,
        directory: DirectoryParts,
        keys: KeysParts,
        alerts: AlertsParts,
        ledger: LedgerParts,
    ) -> None:
        self.platform = platform
        self._audit = audit
        self._quota = quota
        self._directory = directory
        self._keys = keys
        self._alerts = alerts
        self._ledger = ledger

    @property
    def directory(self) -> Directory:
        """The lists, of which users are one."""
        return self._directory.directory

    @property
    def suppressions(self) -> MailSuppressions:
        """Which users no mail reaches."""
        return self._alerts.suppressions

    @part
    def writer(self) -> UserWriter:
        """What writes a change with its rows in the books and the audit log."""
        from solaris.accounts.writer import UserWriter

        return UserWriter(
            settings=self.platform.settings,
            users=self._quota.users,
            auditor=self._audit.auditor,
            ended_grants=self._ledger.ended_grants,
            tell=self._quota.changes.actions,
            clock=self.platform.clock,
            after_change=self._after_change,
        )

    def _after_change(self, before: User, after: User, actor: Actor) -> None:
        self._alerts.at_once.look_at(before, after)
        self.token_requests.after_change(before, after, actor)

    def user_of(self, user_id: str) -> User | None:
        """A user's item as it is, strongly consistent; None: there is none."""
        return self._quota.users.get(user_id)

    @part
    def claimed_groups(self) -> ClaimedGroups:
        """What puts users into groups by claims of the identity provider."""
        from solaris.accounts.groups.claimed import ClaimedGroups

        return ClaimedGroups(
            settings=self.platform.settings,
            users=self._quota.users,
            plans=self._quota.plans,
            changes=lambda: self.user_changes,
        )

    @property
    def transactions(self) -> TransactionStore:
        """Who changed what of whom."""
        return self._ledger.transactions

    @part
    def user_changes(self) -> UserChanges:
        """What changes users."""
        from solaris.accounts.changes import UserChanges

        return UserChanges(
            settings=self.platform.settings,
            users=self._quota.users,
            writer=self.writer,
            tell=self._quota.changes.actions,
            transactions=self._ledger.transactions,
            daily_limits=self.daily_limits,
            plans=self._quota.plans,
            clock=self.platform.clock,
        )

    @property
    def plan_store(self) -> PlanStore:
        """The plans as they are now."""
        return self._quota.plans

    def everybody(self) -> list[User]:
        """All users, the deleted too: the whole table, for the command line."""
        return list(self._quota.users.scan())

    @part
    def propagation_store(self) -> PropagationStore:
        """How far a change of plans has come."""
        from solaris.accounts.plans.progress import PropagationStore

        periods = self.platform.settings.table_name("periods")
        return PropagationStore(self.platform.dynamodb, periods, self._quota.plans.seeds)

    @part
    def plans(self) -> PlanAdministration:
        """What changes plans."""
        from solaris.accounts.plans.service import PlanAdministration

        return PlanAdministration(
            settings=self.platform.settings,
            plans=self._quota.plans,
            store=self.propagation_store,
            auditor=self._audit.auditor,
            clock=self.platform.clock,
        )

    @part
    def groups(self) -> GroupAdministration:
        """What changes groups."""
        from solaris.accounts.groups.service import GroupAdministration

        return GroupAdministration(
            settings=self.platform.settings,
            plans=self._quota.plans,
            store=self.propagation_store,
            auditor=self._audit.auditor,
            clock=self.platform.clock,
        )

    @part
    def propagation(self) -> Propagation:
        """What brings a change of plans to everybody."""
        from solaris.accounts.plans.propagation import Propagation

        return Propagation(
            settings=self.platform.settings,
            client=self.platform.dynamodb,
            users=self._quota.users,
            plans=self._quota.plans,
            store=self.propagation_store,
            ended_grants=self._ledger.ended_grants,
            daily_limits=self.daily_limits,
            tell=self._quota.changes.actions,
            clock=self.platform.clock,
        )

    @part
    def daily_limits(self) -> DailyLimits:
        """What limits a day, by people and by plans."""
        from solaris.accounts.daily.steps import DailyLimits

        return DailyLimits(self.platform.settings, self._ledger.user_counters)

    @part
    def grants(self) -> Grants:
        """What reads grants, and takes them back."""
        from solaris.accounts.grants.service import Grants

        return Grants(
            settings=self.platform.settings,
            users=self._quota.users,
            writer=self.writer,
            transactions=self._ledger.transactions,
            clock=self.platform.clock,
        )

    @part
    def mover(self) -> Mover:
        """What gives accounts another address, and makes one of two."""
        from solaris.accounts.moving import Mover

        return Mover(
            settings=self.platform.settings,
            users=self._quota.users,
            changes=self.user_changes,
            keys=self._keys.management,
            auditor=self._audit.auditor,
            tell=self._quota.changes.actions,
            clock=self.platform.clock,
        )

    @part
    def by_email(self) -> Administration:
        """What the operator does with users, by address."""
        from solaris.accounts.by_email import Administration

        return Administration(
            settings=self.platform.settings,
            users=self._quota.users,
            changes=self.user_changes,
            grants=self.grants,
            transactions=self._ledger.transactions,
            clock=self.platform.clock,
        )

    @part
    def history(self) -> Records:
        """What reads about one user."""
        from solaris.accounts.history import Records

        return Records(
            settings=self.platform.settings,
            users=self._quota.users,
            usage=self._ledger.usage_by_user,
            counters=self._ledger.user_counters,
            transactions=self._ledger.transactions,
            refused=self._ledger.refused_days,
            clock=self.platform.clock,
        )

    @part
    def deleter(self) -> Deleter:
        """What deletes users."""
        from solaris.accounts.deletion import Deleter

        return Deleter(
            users=self._quota.users,
            changes=self.user_changes,
            usage=self._ledger.usage_by_user,
            refused=self._ledger.refused_days,
            requests=self.request_store,
            keys=self._keys.management,
            suppressions=self.suppressions,
            alerts=self._alerts.store,
            directory=lambda: self.directory,
            publish=lambda alert_ids: self._quota.changes.publish(alert_ids=alert_ids),
            tell=self._quota.changes.actions,
            clock=self.platform.clock,
        )

    @part
    def personal_data(self) -> PersonalDataReader:
        """What gathers one person's data."""
        from solaris.accounts.personal_data import PersonalDataReader

        return PersonalDataReader(
            groups=self._quota.groups,
            requests=self.request_store,
            records=self.history,
            counters=self._ledger.user_counters,
            directory=lambda: self.directory,
            suppressions=self.suppressions,
            auditor=self._audit.auditor,
            clock=self.platform.clock,
        )

    @part
    def importer(self) -> Importer:
        """What makes users of a CSV file."""
        from solaris.accounts.importing.importer import Importer

        return Importer(
            groups=self.groups,
            users=self._quota.users,
            changes=self.user_changes,
            zone=self.platform.settings.zone,
            clock=self.platform.clock,
        )

    @part
    def link_reader(self) -> LinkReader:
        """What opens personal links."""
        from solaris.accounts.self_service.link_holders import LinkHolders
        from solaris.accounts.self_service.link_reader import LinkReader

        sessions = self.platform.settings.table_name("sessions")
        holders = LinkHolders(self.platform.dynamodb, sessions_table=sessions)
        return LinkReader(links=self._quota.personal_links, holders=holders)

    @part
    def link_issuer(self) -> LinkIssuer:
        """What hands personal links to admins."""
        from solaris.accounts.self_service.link_issuer import LinkIssuer

        return LinkIssuer(
            links=self._quota.personal_links, users=self._quota.users, auditor=self._audit.auditor
        )

    @part
    def self_service(self) -> SelfService:
        """What users are told about themselves."""
        from solaris.accounts.self_service.service import SelfService

        return SelfService(
            settings=self.platform.settings,
            users=self._quota.users,
            counters=self._ledger.user_counters,
            requests=self.token_requests,
            clock=self.platform.clock,
        )

    @part
    def request_store(self) -> RequestStore:
        """Requests for tokens."""
        from solaris.accounts.token_requests.store import RequestStore

        table = self.platform.settings.table_name("requests")
        return RequestStore(self.platform.dynamodb, table)

    @part
    def request_policies(self) -> RequestPolicies:
        """Whether users may ask, and what they get at once."""
        from solaris.accounts.token_requests.policy import RequestPolicies

        return RequestPolicies(
            self._quota.documents, self._audit.auditor, clock=self.platform.clock
        )

    @part
    def request_teller(self) -> RequestTeller:
        """What puts the news of requests on the alerts queue."""
        from solaris.accounts.token_requests.telling import RequestTeller

        return RequestTeller(
            settings=self.platform.settings,
            store=self.request_store,
            groups=lambda: self._quota.plans.recent().groups,
            queues=self.platform.queues,
        )

    @part
    def token_requests(self) -> TokenRequests:
        """What takes requests for tokens, and decisions."""
        from solaris.accounts.token_requests.service import TokenRequests

        return TokenRequests(
            settings=self.platform.settings,
            users=self._quota.users,
            changes=self.user_changes,
            store=self.request_store,
            policies=self.request_policies,
            auditor=self._audit.auditor,
            teller=self.request_teller,
            clock=self.platform.clock,
        )

    @part
    def request_lists(self) -> RequestLists:
        """What reads requests for whoever decides."""
        from solaris.accounts.token_requests.listing import RequestLists

        return RequestLists(
            settings=self.platform.settings,
            users=self._quota.users,
            store=self.request_store,
            clock=self.platform.clock,
        )

    @part
    def request_upkeep(self) -> RequestUpkeep:
        """What settles requests that were answered another way, and tells of what was not told."""
        from solaris.accounts.token_requests.upkeep import RequestUpkeep

        return RequestUpkeep(
            settings=self.platform.settings,
            users=self._quota.users,
            store=self.request_store,
            requests=self.token_requests,
            teller=self.request_teller,
            clock=self.platform.clock,
        )
