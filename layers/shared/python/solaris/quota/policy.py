"""What the settings, and plans and groups as they are now, say of quotas, as the rules take it.

The plans are the document `plans` over what the environment says; groups lie in documents of their
own (groups/store.py). A write that goes by them has `unchanged` beside it: had one been changed in
between, the job that brings the change to everybody (accounts/plans/propagation.py) might have
passed already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from solaris.platform.aws.documents import Document, Documents, Live
from solaris.platform.aws.items import Action
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.settings import Settings
from solaris.quota.groups.group import Groups
from solaris.quota.groups.member import Terms, terms_for, terms_of
from solaris.quota.groups.member import signature as groups_signature
from solaris.quota.groups.naming import named_group
from solaris.quota.groups.store import GroupStore, StatedGroups
from solaris.quota.identity import Identity
from solaris.quota.plans import PlanPolicy, PlanRefusedError, Plans, Seeds, plans_of, signature
from solaris.quota.provisioning import ProvisioningPolicy
from solaris.quota.quota import threshold_ppm
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import Plan, User


def block_ppm_of(settings: Settings) -> int:
    """Block threshold in millionths."""
    return threshold_ppm(settings.block_threshold)


def threshold_rule_of(settings: Settings) -> ThresholdRule:
    """Where the two warnings lie."""
    return ThresholdRule(
        warning_ppm=threshold_ppm(settings.alert_threshold),
        critical_ppm=threshold_ppm(settings.critical_threshold),
    )


def provisioning_of(
    settings: Settings, stated: "StatedPlans | None" = None, group_id: str | None = None
) -> ProvisioningPolicy:
    """What a first request makes of its user; None: plans that nobody has changed.

    `group_id` is the group that the request names, if it is one.
    """
    seeds = seeds_of(settings)
    plans: Plans = plans_of(None, seeds.limits) if stated is None else stated.plans
    groups: Groups = {} if stated is None else stated.groups
    limit, source = seeds.newcomer(plans)
    return ProvisioningPolicy(
        mode=settings.auto_provision,
        allowed_domains=frozenset(settings.allowed_email_domains),
        monthly_limit=limit,
        source=source,
        terms=terms_for(None, group_id, plans, groups),
    )


def newcomer_policy(
    settings: Settings, stated: "StatedPlans | None", identity: Identity
) -> ProvisioningPolicy:
    """What a first request of this person makes of its user."""
    groups: Groups = {} if stated is None else stated.groups
    group_id, _ = named_group(identity.group_values, settings.group_map, groups)
    return provisioning_of(settings, stated, group_id)


def plan_limits_of(settings: Settings) -> dict[Plan, int]:
    """Monthly limit of each plan, in tokens, as long as nobody has changed the plan."""
    return {
        Plan.TRIAL: settings.plan_trial_limit,
        Plan.BASIC: settings.plan_basic_limit,
        Plan.PRO: settings.plan_pro_limit,
        Plan.ENTERPRISE: settings.plan_enterprise_limit,
    }


def seeds_of(settings: Settings) -> Seeds:
    """What the environment says of limits."""
    return Seeds(plan_limits_of(settings), settings.default_monthly_limit)


DOCUMENT = "plans"


@dataclass(frozen=True, slots=True)
class StatedPlans:
    """Every plan's policy and every group, and the documents that they were read from."""

    plans: Mapping[Plan, PlanPolicy]
    document: Document
    in_groups: StatedGroups = field(default_factory=StatedGroups)

    @property
    def groups(self) -> Groups:
        """The groups that there are, by id."""
        return self.in_groups.groups

    @property
    def versions(self) -> tuple[int, int]:
        """Others once anything was changed."""
        return self.document.version, self.in_groups.stamp.version

    @property
    def signature(self) -> str:
        """Equal for what gives everybody the same; some hundred characters."""
        of_groups = groups_signature(self.groups)
        return signature(self.plans) + (f";groups={of_groups}" if of_groups else "")

    def terms_of(self, user: User) -> Terms:
        """What a user has by plan and group, but for what is their own."""
        return terms_of(user, self.plans, self.groups)


class PlanStore:
    """Reads plans and groups. Every method raises StoreUnavailableError."""

    def __init__(self, documents: Documents, seeds: Seeds, groups: GroupStore) -> None:
        self.documents = documents
        self.seeds = seeds
        self.groups = groups
        self._live = Live(self.read)

    def read(self) -> StatedPlans:
        """Plans and groups, strongly consistent."""
        document = self.documents.get(DOCUMENT)
        try:
            plans = plans_of(document.body, self.seeds.limits)
        except PlanRefusedError as error:
            msg = f"the plans cannot be read: {error}"
            raise StoreUnavailableError(msg) from error
        return StatedPlans(plans, document, self.groups.read())

    def recent(self) -> StatedPlans:
        """The same from memory, a few seconds old: to show what would be, not to write it."""
        return self._live.get()

    def forget(self) -> None:
        """This process has just changed them."""
        self._live.forget()

    def unchanged(self, seen: StatedPlans) -> list[Action]:
        """What refuses a transaction when plans or groups are others than were `seen`."""
        return [self.documents.unchanged(seen.document), self.groups.unchanged(seen.in_groups)]
