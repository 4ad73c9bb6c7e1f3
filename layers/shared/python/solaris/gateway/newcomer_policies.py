"""What a first request makes of its user, by the group that it names.

A value that stands for no group is served as ever. It is told once a process, by the name of its
header alone: a value may be somebody's name.
"""

from solaris.platform.cache import Remembered
from solaris.platform.logs import get_logger
from solaris.platform.metrics import UNMAPPED_GROUPS, Metrics
from solaris.platform.settings import Settings
from solaris.quota.groups.naming import named_group
from solaris.quota.identity import Identity
from solaris.quota.policy import StatedPlans, provisioning_of
from solaris.quota.provisioning import ProvisioningPolicy

MAX_TOLD = 1_000
TOLD_SECONDS = 24 * 3600.0

_log = get_logger("solaris.newcomers")


class NewcomerPolicies:
    """Policies by identity; for any number of threads."""

    def __init__(self, settings: Settings, metrics: Metrics | None = None) -> None:
        self._settings = settings
        self._metrics = metrics
        self._told: Remembered[tuple[str, str], bool] = Remembered(MAX_TOLD)

    def of(self, identity: Identity, plans: StatedPlans | None) -> ProvisioningPolicy:
        """The policy for a newcomer; tells of values of theirs that stand for no group."""
        groups = {} if plans is None else plans.groups
        rule = self._settings.group_map
        group_id, unmapped = named_group(identity.group_values, rule, groups)
        for header, value in unmapped:
            self._tell(header, value)
        return provisioning_of(self._settings, plans, group_id)

    def _tell(self, header: str, value: str) -> None:
        if self._told.get((header, value)) is not None:
            return
        self._told.put((header, value), True, TOLD_SECONDS)
        _log.warning("group_value_unmapped", header=header)
        if self._metrics is not None:
            self._metrics.count(UNMAPPED_GROUPS, header)
