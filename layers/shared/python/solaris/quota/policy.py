"""What the settings say of quotas, as the rules take it."""

from solaris.platform.settings import Settings
from solaris.quota.plans import Plans, Seeds, plans_of
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
