"""What a first request makes of its user, by the group that it names.

A signed token decides (OIDC_TOKEN_HEADER), else the headers. A value that stands for no group, and
a token that tells nothing, are served as ever. They are told once a process, by the name of the
header or setting alone: a value may be somebody's name.
"""

from typing import TYPE_CHECKING

from solaris.platform.cache import Remembered
from solaris.platform.logs import get_logger
from solaris.platform.metrics import UNMAPPED_GROUPS, Metrics
from solaris.platform.settings import Settings
from solaris.quota.groups.group import Groups
from solaris.quota.groups.naming import claimed_group, named_group
from solaris.quota.identity import Identity
from solaris.quota.policy import StatedPlans, provisioning_of
from solaris.quota.provisioning import ProvisioningPolicy

if TYPE_CHECKING:  # Authlib is loaded where tokens are read
    from solaris.sign_in.token_groups import TokenGroups

MAX_TOLD = 1_000
TOLD_SECONDS = 24 * 3600.0

_log = get_logger("solaris.newcomers")


class NewcomerPolicies:
    """Policies by identity; for any number of threads."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics | None = None,
        tokens: "TokenGroups | None" = None,
    ) -> None:
        self._tokens = tokens
        self._settings = settings
        self._metrics = metrics
        self._told: Remembered[tuple[str, str], bool] = Remembered(MAX_TOLD)

    def of(self, identity: Identity, plans: StatedPlans | None) -> ProvisioningPolicy:
        """The policy for a newcomer; tells of values of theirs that stand for no group."""
        groups = {} if plans is None else plans.groups
        group_id = self._by_token(identity, groups)
        if group_id is None:
            rule = self._settings.group_map
            group_id, unmapped = named_group(identity.group_values, rule, groups)
            for header, value in unmapped:
                self._tell(header, value)
        return provisioning_of(self._settings, plans, group_id)

    def _by_token(self, identity: Identity, groups: Groups) -> str | None:
        header = self._settings.oidc_token_header
        if self._tokens is None or header is None or not identity.group_token:
            return None
        from solaris.sign_in.token_groups import GroupTokenError  # noqa: PLC0415 - as above

        try:
            values = self._tokens.values(identity.group_token, identity.email)
        except GroupTokenError as error:
            self._tell(header, str(error), event="group_token_unread", reason=str(error))
            return None
        found = claimed_group(values, self._settings.claim_map, groups)
        if found.problem:
            self._tell(header, found.problem, event="group_claim_unmapped", reason=found.problem)
        return found.group_id

    def _tell(
        self, header: str, value: str, *, event: str = "group_value_unmapped", **more: str
    ) -> None:
        if self._told.get((header, value)) is not None:
            return
        self._told.put((header, value), True, TOLD_SECONDS)
        _log.warning(event, header=header, **more)
        if self._metrics is not None:
            self._metrics.count(UNMAPPED_GROUPS, header)
