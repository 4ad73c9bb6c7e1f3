"""What becomes of a person whom nobody has registered: AUTO_PROVISION and the allowed domains."""

from dataclasses import dataclass, replace
from datetime import datetime

from solaris.platform.email import valid_email
from solaris.platform.settings_values import AutoProvision
from solaris.quota.changes import new_user
from solaris.quota.groups.member import Terms
from solaris.quota.identity import Identity
from solaris.quota.user import LimitSource, Plan, User, UserStatus


@dataclass(frozen=True, slots=True)
class ProvisioningPolicy:
    """How users are made by their first request; known users are not affected.

    `allowed_domains` are lower-case and matched whole (a subdomain is another domain); empty
    allows all. `monthly_limit` is in tokens, `source` says where it is from; `terms` are what
    newcomers get besides, by the basic plan or their group.
    """

    mode: AutoProvision
    allowed_domains: frozenset[str]
    monthly_limit: int
    source: LimitSource | None = None
    terms: Terms | None = None

    def allows(self, email: str) -> bool:
        """Whether a first request with this normalised address creates a user."""
        if self.mode is AutoProvision.DENY or valid_email(email) != email:
            return False
        return not self.allowed_domains or email.rpartition("@")[2] in self.allowed_domains


def provision(
    identity: Identity,
    policy: ProvisioningPolicy,
    *,
    period: str,
    block_ppm: int,
    now: datetime,
    day: str | None = None,
) -> User | None:
    """Return the user that a first request makes, None when it makes none.

    `day` is that of the request, from which on a plan's limit a day holds.
    """
    if not policy.allows(identity.email):
        return None
    user = new_user(
        email=identity.email,
        name=identity.name,
        plan=Plan.BASIC if policy.terms is None else policy.terms.plan,
        monthly_limit=policy.monthly_limit,
        period=period,
        block_ppm=block_ppm,
        now=now,
        source=policy.source,
        terms=policy.terms,
        day=day,
    )
    if policy.mode is AutoProvision.PENDING:
        return replace(user, status=UserStatus.PENDING)
    return user
