"""The user's own page: what a personal link shows, to whom, and who may make one."""

import re
from collections.abc import Iterator

import pytest

from solaris.gateway.meter import Meter
from solaris.platform.aws.queues import USAGE_QUEUE, EventSender
from solaris.platform.errors import QuotaExhaustedError
from solaris.quota.personal_links import PersonalLinks
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import BOSS, Api
from tests.integration.alerts.alerting_support import Alerts
from tests.integration.conftest import ANA, MoneyPath

ANA_ID = user_id_for(ANA)
LINK_PATH = f"/admin/users/{ANA_ID}/link"
FIELDS = {
    *(
        "name",
        "email",
        "plan",
        "status",
        "monthlyLimit",
        "additionalTokens",
        "grants",
        "enforcement",
        "models",
        "currentUsage",
    ),
    *(
        "availableTokens",
        "remainingTokens",
        "usagePercentage",
        "grantedPercentage",
        "usageLevel",
        "period",
    ),
    *(
        "renewsAt",
        "usageByDay",
        "usageByModel",
        "forecast",
        "supportEmail",
        "linkExpiresAt",
        "asking",
    ),
    *("dailyLimitTokens", "dayUsed", "dayAvailable", "dayLifted"),
}


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def token_of(api: Api) -> str:
    url: str = api.ok("POST", LINK_PATH)["url"]
    return url.partition("#")[2]


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_link_shows_its_user_and_nothing_of_others(money: MoneyPath, api: Api) -> None:
    money.clock.forward(days=-20)  # 26 October: the month before, within thirty days
    money.put_user(name="Ana Souza")
    assert money.record(money.event(None, prompt=70)) == []
    money.clock.forward(days=20)
    api.ok("POST", f"/admin/users/{ANA_ID}/tokens", {"amount": 500, "reason": "projeto"})
    money.put_user("bob@example.com")
    used = [
        money.event(None, prompt=100, completion=20),
        money.event(None, prompt=5, model="gpt-4o"),
        money.event(None, "bob@example.com", prompt=900),
    ]
    assert money.record(*used) == []
    mine = api.ok("GET", "/me", role=None, **bearer(token_of(api)))
    assert mine.keys() == FIELDS
    assert (mine["name"], mine["email"]) == ("Ana Souza", "a***@example.com")
    assert (mine["currentUsage"], mine["additionalTokens"]) == (125, 500)
    assert mine["remainingTokens"] == 1_000_000 + 500 - 125
    assert (mine["status"], mine["usageLevel"]) == ("active", "ok")
    assert mine["usageByModel"] == {"gpt-4o-mini": 120, "gpt-4o": 5}
    days = mine["usageByDay"]
    assert (len(days), days[0]["date"], days[-1]["date"]) == (30, "2026-10-17", "2026-11-15")
    tokens = {one["date"]: (one["tokens"], one["requests"]) for one in days if one["requests"]}
    assert tokens == {"2026-10-26": (70, 1), "2026-11-15": (125, 2)}
    forecast = api.ok("GET", f"/admin/users/{ANA_ID}/forecast")
    assert mine["forecast"] == {name: forecast[name] for name in ("runsOutOn", "pacePerDay")}
    assert (mine["period"], mine["renewsAt"]) == ("2026-11", "2026-12-01T03:00:00.000Z")
    assert mine["linkExpiresAt"] == "2026-12-15T15:00:00.000Z"


def test_a_link_ends_after_thirty_days_and_with_its_user(money: MoneyPath, api: Api) -> None:
    money.put_user()
    token = token_of(api)
    money.clock.forward(days=29)
    assert api("GET", "/me", role=None, **bearer(token)).status == 200
    money.clock.forward(days=1)
    assert api("GET", "/me", role=None, **bearer(token)).status == 401
    fresh = token_of(api)
    api.ok("DELETE", f"/admin/users/{ANA_ID}")
    assert api("GET", "/me", role=None, **bearer(fresh)).status == 401
    assert api("POST", LINK_PATH).problems[""][0] == "deleted"


@pytest.mark.parametrize("token", ["", "A" * 48, "Bearer"])
def test_without_a_good_token_nothing_is_told(api: Api, token: str) -> None:
    refused = api("GET", "/me", role=None, **bearer(token))
    assert refused.status == 401
    assert refused.body["code"] == "unauthenticated"
    # nor does being signed in help: an admin's own page is another one
    assert api("GET", "/me").status == 401


def test_the_page_is_limited_by_user_and_only_forgeries_by_address(
    money: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user()
    token = token_of(api)
    subjects: list[str] = []
    monkeypatch.setattr(api.parts.platform.admin_limiter, "admit", subjects.append)
    api("GET", "/me", role=None, **bearer(token))
    api("GET", "/me", role=None, **bearer("A" * 48))
    assert subjects == [f"me:{ANA_ID}", "ip:10.0.0.9"]


def test_only_admins_make_links_and_the_audit_log_has_no_link(money: MoneyPath, api: Api) -> None:
    money.put_user()
    assert api("POST", LINK_PATH, role="viewer").status == 403
    link = api.ok("POST", LINK_PATH)
    assert api("POST", f"/admin/users/{user_id_for('nobody@example.com')}/link").status == 404
    (entry,) = api.pages("/admin/audit?action=user.link")
    assert (entry["actor"], entry["targetId"], entry["targetLabel"]) == (BOSS, ANA_ID, ANA)
    assert entry["after"] == {"expiresAt": link["expiresAt"]}
    assert link["url"].partition("#")[2] not in str(entry)


def chat_token(money: MoneyPath) -> str:
    """What stands in a refusal of Ana's."""
    settings = money.parts.settings.model_copy(update={"public_url": "https://ia.example.com"})
    url = PersonalLinks(settings, money.clock).for_refusal(ANA_ID)
    assert url is not None
    return url.partition("#")[2]


def test_a_link_of_a_chat_opens_for_the_browser_that_came_first(money: MoneyPath, api: Api) -> None:
    money.put_user()
    mine, other = "m" * 22, "o" * 22
    token = chat_token(money)
    money.clock.forward(hours=23)
    for _ in range(3):
        shown = api.ok("GET", "/me", role=None, **bearer(f"{token}.{mine}"))
    assert shown["linkExpiresAt"] == "2026-11-16T15:00:00.000Z"
    for text in (f"{token}.{other}", token, f"{token}.", f"{token}.{mine[:-1]}"):
        assert api("GET", "/me", role=None, **bearer(text)).status == 401
    assert api("GET", "/me", role=None, **bearer(f"{token}.{mine}")).status == 200
    money.clock.forward(hours=1)
    assert api("GET", "/me", role=None, **bearer(f"{token}.{mine}")).status == 401


def test_a_question_more_brings_a_link_that_opens_anew(money: MoneyPath, api: Api) -> None:
    money.put_user()
    first = chat_token(money)
    assert api("GET", "/me", role=None, **bearer(f"{first}.{'a' * 22}")).status == 200
    money.clock.forward(seconds=1)
    second = chat_token(money)
    assert api("GET", "/me", role=None, **bearer(f"{second}.{'b' * 22}")).status == 200
    assert api("GET", "/me", role=None, **bearer(f"{first}.{'b' * 22}")).status == 401


def test_other_links_open_for_every_browser(money: MoneyPath, api: Api) -> None:
    money.put_user()
    token = token_of(api)
    for holder in ("", f".{'a' * 22}", f".{'b' * 22}"):
        assert api("GET", "/me", role=None, **bearer(token + holder)).status == 200


async def test_a_refusal_in_the_chat_leads_to_the_page(money: MoneyPath) -> None:
    path = money.settings(public_url="https://ia.example.com")
    settings = path.parts.settings
    links = PersonalLinks(settings, money.clock)
    meter = Meter(
        settings=settings,
        aws=path.aws,
        users=path.parts.quota.users,
        changes=path.parts.quota.changes,
        sender=EventSender(path.aws, settings.queue_name(USAGE_QUEUE)),
        recorder=path.parts.ledger.recorder,
        ended_grants=path.parts.ledger.ended_grants,
        links=links,
        clock=money.clock,
    )
    money.put_user(monthly_limit=100)
    with pytest.raises(QuotaExhaustedError) as refused:
        await MoneyPath(path.parts, path.clock, path.aws, meter).admit(prompt=5_000)
    link = refused.value.link
    assert link is not None
    assert link.startswith("https://ia.example.com/me/#")
    found = links.chat_bearer(link.partition("#")[2])
    assert found is not None
    assert found.user_id == ANA_ID


def test_a_warning_by_mail_leads_the_user_to_the_page_and_the_admins_not(
    money: MoneyPath, stage: str
) -> None:
    alerts = Alerts(money, stage, public_url="https://ia.example.com")
    alerts.money.put_user(alerts.email)
    assert alerts.handle(alerts.crossing(800_000)) == []
    (mine,) = alerts.inbox()
    (admins,) = alerts.inbox(alerts.admin)
    (token,) = set(re.findall(r"https://ia\.example\.com/me/#([\w.-]{92})", mine["BodyText"]))
    links = PersonalLinks(alerts.money.parts.settings, money.clock)
    found = links.bearer(token)
    assert found is not None
    assert found.user_id == user_id_for(alerts.email)
    assert "/me/#" not in admins["BodyText"]
