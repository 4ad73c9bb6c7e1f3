"""What an admin sees in the morning is so: keys in use, days of the month, people, languages."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.site_support import (
    CAROLINA,
    NEAR,
    OUT,
    Company,
    Person,
    Visitor,
    eventually,
    visiting,
)

pytestmark = pytest.mark.e2e

BLOCKED = Person("Marina Tavares", "marina.tavares@example.com")
ASKED = Person("Lia Sampaio", "lia.sampaio@example.com", 5_000)


@pytest.fixture
def manaus(browser: Browser, company: Company) -> Iterator[Visitor]:
    """An admin an hour west of the periods' zone."""
    with visiting(browser, company, timezone_id="America/Manaus") as visitor:
        visitor.sign_in()
        yield visitor


@pytest.fixture
def english(browser: Browser, company: Company) -> Iterator[Visitor]:
    """An admin whose browser asks for English."""
    with visiting(browser, company, locale="en-GB") as visitor:
        visitor.sign_in()
        yield visitor


def renewal(company: Company) -> str:
    """The first day of the next month, as pt-BR writes it short."""
    year, month = (int(part) for part in company.get("/stats")["period"].split("-"))
    return f"01/{month % 12 + 1:02d}/{year + month // 12}"[:5]


def test_a_key_in_use_does_not_look_unused(admin: Visitor, company: Company) -> None:
    assert company.chat(CAROLINA) == 200

    def used() -> list[str]:
        keys = company.get("/keys", kind="service")["items"]
        return [one["prefix"] for one in keys if one["lastUsedAt"]]

    eventually(lambda: bool(used()), "the use is in the list")
    page = admin.open("/admin/keys")
    rows = page.get_by_role("table").locator("tbody tr")
    for prefix in used():
        expect(rows.filter(has_text=prefix)).not_to_contain_text("Nunca usada")


def test_the_month_renews_on_its_first_day_west_of_it_too(
    manaus: Visitor, company: Company
) -> None:
    page = manaus.open("/admin/")
    expect(page.get_by_text(f"renova em {renewal(company)}")).to_be_visible()
    page = manaus.open(f"/admin/users/{company.user(CAROLINA)['id']}")
    expect(page.get_by_text("Renova em 1 de ")).to_be_visible()
    page = manaus.open("/admin/audit")
    first = page.locator("time").first
    expect(first).to_have_attribute("title", _ending_in("AMT", "GMT-4"))


def _ending_in(*zones: str) -> re.Pattern[str]:
    return re.compile(f"({'|'.join(zones)})$")


def test_who_is_blocked_with_tokens_left_is_not_used_up(admin: Visitor, company: Company) -> None:
    company.post("/users", {"email": BLOCKED.email, "name": BLOCKED.name})
    user_id = company.user(BLOCKED)["id"]
    company.api.put(f"/users/{user_id}", json={"status": "blocked", "reason": "Chave vazada"})
    stats = company.get("/stats")["users"]
    assert company.user(BLOCKED)["usageLevel"] == "ok"
    assert stats["byLevel"]["blocked"] == company.get("/users", usageLevel="blocked")["total"]
    page = admin.open("/admin/")
    card = page.locator("section").filter(has_text="Cota esgotada").first
    expect(card).to_contain_text(str(stats["byLevel"]["blocked"]))
    expect(page.get_by_text("Usaram neste mês")).to_be_visible()
    page = admin.open(f"/admin/users/{user_id}")
    notice = page.get_by_role("region", name="Acesso bloqueado")
    expect(notice).to_contain_text("Chave vazada")
    expect(notice).to_contain_text("admin@example.com")
    expect(page.get_by_text("Cota esgotada")).to_have_count(0)


def test_one_per_cent_in_list_and_page(admin: Visitor, company: Company) -> None:
    user_id = company.user(OUT)["id"]
    company.post(f"/users/{user_id}/tokens", {"amount": 5_000, "reason": "Dobro"})
    percent = f"{company.user(OUT)['grantedPercentage']:.1f}".replace(".", ",").replace(",0", "")
    page = admin.open(f"/admin/users?search={OUT.email}")
    expect(page.get_by_role("table").locator("tbody tr")).to_contain_text(f"{percent}%")
    page = admin.open(f"/admin/users/{user_id}")
    expect(page.get_by_role("meter").first).to_be_visible()
    expect(page.get_by_text(f"{percent}%", exact=True).first).to_be_visible()
    company.post(f"/users/{user_id}/tokens", {"amount": -5_000, "reason": "De volta"})


def test_an_english_browser_reads_english(english: Visitor, company: Company) -> None:
    page = english.open("/admin/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    expect(page.get_by_text("Quota used up").first).to_be_visible()
    _no_portuguese(page)
    page = english.open(f"/admin/users/{company.user(NEAR)['id']}?tab=alerts")
    expect(page.get_by_text("High usage")).to_be_visible()
    _no_portuguese(page)


def _no_portuguese(page: Page) -> None:
    text = page.locator("main").inner_text()
    assert not [word for word in ("usou", "da cota", "esgotada", "usados") if word in text], text


def test_a_missing_user_is_not_asked_for_again(admin: Visitor) -> None:
    admin.expects(404, "/api/admin/users/")
    page = admin.page
    page.goto(f"{admin.company.url}/admin/users/00000000-0000-5000-8000-000000000000")
    expect(page.get_by_text("Não encontrado")).to_be_visible()
    expect(page.get_by_role("button", name="Tentar de novo")).to_have_count(0)


def test_an_error_of_the_server_is_not_told_as_no_answer(admin: Visitor) -> None:
    admin.expects(500, "/api/admin/stats")
    admin.page.route("**/api/admin/stats", lambda route: route.fulfill(status=500, body="{}"))
    admin.page.goto(f"{admin.company.url}/admin/")
    expect(admin.page.get_by_text("O servidor respondeu com um erro")).to_be_visible()
    expect(admin.page.get_by_text("Sem resposta do servidor")).to_have_count(0)


def test_a_session_that_ends_says_so(admin: Visitor) -> None:
    admin.expects(401, "/api/")
    page = admin.open("/admin/users")
    page.route("**/api/**", lambda route: route.fulfill(status=401, body="{}"))
    page.get_by_role("link", name="Chaves").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Sua sessão terminou")


def test_a_mistyped_address_makes_no_key(admin: Visitor, company: Company) -> None:
    admin.expects(422, "/api/admin/keys")
    before = company.get("/keys")["total"]
    page = admin.open("/admin/keys")
    page.get_by_role("button", name="Nova chave").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Pessoal").first.click()
    dialog.get_by_label("E-mail da pessoa").fill("carolina.figueredo@example.com")
    dialog.get_by_label("Nome").fill("Notebook")
    dialog.get_by_role("button", name="Criar chave").click()
    expect(dialog.get_by_text("nenhum usuário tem este endereço")).to_be_visible()
    assert company.get("/keys")["total"] == before
    dialog.get_by_label("O endereço carolina.figueredo@example.com está certo").check()
    dialog.get_by_role("button", name="Criar chave").click()
    eventually(lambda: company.get("/keys")["total"] == before + 1, "the key is made")


def test_an_alerts_audit_row_says_whose_it_is(admin: Visitor, company: Company) -> None:
    # of a person of this test's own: others' alerts may have closed by themselves
    body = {"email": ASKED.email, "name": ASKED.name, "monthlyLimit": ASKED.limit}
    user_id = company.post("/users", body)["id"]
    assert company.spend(ASKED, ASKED.limit * 97 // 100) == 200

    def waiting() -> list[dict[str, Any]]:
        items = company.get("/alerts", userId=user_id)["items"]
        return [one for one in items if one["resolvedAt"] is None]

    eventually(lambda: bool(waiting()), "a warning")
    open_alerts = waiting()
    company.post(f"/alerts/{open_alerts[0]['id']}/resolve")
    since = datetime.now(UTC).date().replace(day=1).isoformat()
    rows = company.get("/audit", action="alert.resolve", **{"from": since})["items"]
    assert ASKED.email in rows[0]["targetLabel"]
    page = admin.open("/admin/audit")
    expect(page.get_by_text(ASKED.email).first).to_be_visible()
