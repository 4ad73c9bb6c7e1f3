"""What the settings, and the plans as they are now, say of quotas, as the rules take it.

The plans are the document `plans` over what the environment says. A write that goes by them has
`unchanged` beside it: had the document been changed in between, the job that brings the change to
everybody (accounts/plans/propagation.py) might have passed already.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from solaris.platform.aws.documents import Document, Documents, Live
from solaris.platform.aws.items import Action
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.settings import Settings
from solaris.quota.plans import PlanPolicy, PlanRefusedError, Plans, Seeds, plans_of
from solaris.quota.provisioning import ProvisioningPolicy
from solaris.quota.quota import threshold_ppm
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import Plan


def block_ppm_of(settings: Settings) -> int:
    """Block threshold in millionths."""
    return threshold_ppm(settings.block_threshold)


def threshold_rule_of(settings: Settings) -> ThresholdRule:
    """Where the two warnings lie."""
    return ThresholdRule(
        warning_ppm=threshold_ppm(settings.alert_threshold),
        critical_ppm=threshold_ppm(settings.critical_threshold),
    )


def provisioning_of(settings: Settings, plans: Plans | None = None) -> ProvisioningPolicy:
    """What a first request makes of its user; None: plans that nobody has changed."""
    seeds = seeds_of(settings)
    plans = plans or plans_of(None, seeds.limits)
    limit, source = seeds.newcomer(plans)
    return ProvisioningPolicy(
        mode=settings.auto_provision,
        allowed_domains=frozenset(settings.allowed_email_domains),
        monthly_limit=limit,
        source=source,
        plan=plans[Plan.BASIC],
    )


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
    """Every plan's policy, and the document that it was read from."""

    plans: Mapping[Plan, PlanPolicy]
    document: Document


class PlanStore:
    """Reads plans. Every method raises StoreUnavailableError."""

    def __init__(self, documents: Documents, seeds: Seeds) -> None:
        self.documents = documents
        self.seeds = seeds
        self._live = Live(self.read)

    def read(self) -> StatedPlans:
        """The plans, strongly consistent."""
        document = self.documents.get(DOCUMENT)
        try:
            plans = plans_of(document.body, self.seeds.limits)
        except PlanRefusedError as error:
            msg = f"the plans cannot be read: {error}"
            raise StoreUnavailableError(msg) from error
        return StatedPlans(plans, document)

    def recent(self) -> StatedPlans:
        """The same from memory, a few seconds old: to show what would be, not to write it."""
        return self._live.get()

    def forget(self) -> None:
        """This process has just changed them."""
        self._live.forget()

    def unchanged(self, seen: StatedPlans) -> Action:
        """The action that refuses a transaction when the plans are others than were `seen`."""
        return self.documents.unchanged(seen.document)
