"""What a first request makes of an unknown person; the settings that say so."""

from datetime import UTC, datetime

import pytest

from solaris.platform.aws.documents import Document
from solaris.platform.errors import ConfigurationError
from solaris.platform.settings import Settings, load_settings, mail_domain
from solaris.platform.settings_values import AutoProvision
from solaris.quota.groups.member import Terms
from solaris.quota.identity import Identity
from solaris.quota.plans import PlanPolicy, plans_of
from solaris.quota.policy import StatedPlans, plan_limits_of, provisioning_of
from solaris.quota.provisioning import ProvisioningPolicy, provision
from solaris.quota.user import Enforcement, LimitSource, Plan, User, UserStatus, user_id_for

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)


def made(
    mode: AutoProvision = AutoProvision.ACTIVE,
    *,
    domains: frozenset[str] = frozenset(),
    email: str = "ana@example.com",
) -> User | None:
    policy = ProvisioningPolicy(mode, domains, 1_000)
    identity = Identity(email, "Ana")
    return provision(identity, policy, period="2026-11", block_ppm=900_000, now=NOW)


def test_a_new_user_is_active_with_the_default_limit_and_all_of_it_available() -> None:
    user = made()
    assert user is not None
    assert (user.user_id, user.email, user.name) == (
        user_id_for("ana@example.com"),
        "ana@example.com",
        "Ana",
    )
    assert (user.status, user.plan, user.period) == (UserStatus.ACTIVE, Plan.BASIC, "2026-11")
    assert (user.monthly_limit, user.available_tokens, user.version) == (1_000, 900, 1)
    assert user.available_tokens == user.quota.available_tokens
    assert user.created_at == user.updated_at == NOW


def test_pending_makes_the_same_user_waiting_for_an_admin() -> None:
    active, pending = made(), made(AutoProvision.PENDING)
    assert active is not None
    assert pending is not None
    assert pending.status is UserStatus.PENDING
    assert (pending.user_id, pending.available_tokens) == (active.user_id, active.available_tokens)


def test_deny_makes_nobody_whatever_the_domain() -> None:
    assert made(AutoProvision.DENY) is None
    assert made(AutoProvision.DENY, domains=frozenset({"example.com"})) is None


@pytest.mark.parametrize("mode", [AutoProvision.ACTIVE, AutoProvision.PENDING])
@pytest.mark.parametrize(
    ("email", "allowed"),
    [
        ("ana@example.com", True),
        ("ana@xn--acar-0oa8i.example", True),
        ("ana@sub.example.com", False),
        ("ana@notexample.com", False),
        ("ana@example.com.evil.test", False),
        ("example.com@evil.test", False),
    ],
)
def test_a_domain_is_matched_whole(mode: AutoProvision, email: str, *, allowed: bool) -> None:
    domains = frozenset({"example.com", mail_domain("açúcar.example")})  # as settings keep them
    assert (made(mode, domains=domains, email=email) is not None) is allowed


def test_the_settings_make_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = PlanPolicy(monthly_limit=1_000_000)
    basic = Terms(Plan.BASIC, plan_by_group=False, group_id=None, policy=policy)
    assert provisioning_of(Settings()) == ProvisioningPolicy(
        AutoProvision.ACTIVE, frozenset(), 1_000_000, LimitSource.PLAN, basic
    )
    monkeypatch.setenv("AUTO_PROVISION", "pending")
    monkeypatch.setenv("ALLOWED_EMAIL_DOMAINS", " Example.com, filial.example.com ,")
    monkeypatch.setenv("DEFAULT_MONTHLY_LIMIT", "5")
    assert provisioning_of(Settings()) == ProvisioningPolicy(
        AutoProvision.PENDING,
        frozenset({"example.com", "filial.example.com"}),
        5,
        LimitSource.DEFAULT,
        basic,
    )
    limits = plan_limits_of(Settings())
    stated = {**plans_of(None, limits), Plan.BASIC: PlanPolicy(monthly_limit=5)}
    assert (
        provisioning_of(Settings(), StatedPlans(stated, Document("plans"))).source
        is LimitSource.PLAN
    )


def test_newcomers_follow_the_basic_plan_unless_the_environment_has_a_limit_of_their_own() -> None:
    raised = {
        **plans_of(None, plan_limits_of(Settings())),
        Plan.BASIC: PlanPolicy(monthly_limit=2_000_000, enforcement=Enforcement.WARN),
    }
    stated = StatedPlans(raised, Document("plans"))
    policy = provisioning_of(Settings(), stated)
    assert (policy.monthly_limit, policy.source) == (2_000_000, LimitSource.PLAN)
    own = provisioning_of(Settings(default_monthly_limit=300_000), stated)
    assert (own.monthly_limit, own.source) == (300_000, LimitSource.DEFAULT)
    user = provision(
        Identity("ana@example.com"), policy, period="2026-11", block_ppm=1_000_000, now=NOW
    )
    assert user is not None
    assert (user.enforcement, user.available_tokens) == (Enforcement.WARN, 2_000_000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTO_PROVISION", "maybe"),
        ("ALLOWED_EMAIL_DOMAINS", "@example.com"),
        ("ALLOWED_EMAIL_DOMAINS", "example.com;other.com"),
        ("ALLOWED_EMAIL_DOMAINS", "example..com"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    with pytest.raises(ConfigurationError, match=f"^{name}") as error:
        load_settings()
    assert len(str(error.value).splitlines()) == 1
