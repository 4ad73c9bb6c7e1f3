"""Additional tokens that end: given for a term, seen with what is left of them, taken back."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.site_support import ADMIN, VIEWER, Company, Person, Visitor, visiting

pytestmark = pytest.mark.e2e

OF_THE_MONTH = Person("Irene Batista", "irene.batista@example.com")
OF_MANY = Person("Mauro Teles", "mauro.teles@example.com")
TAKEN_BACK = Person("Sônia Prates", "sonia.prates@example.com")
MONTHS = (
    *("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto"),
    *("setembro", "outubro", "novembro", "dezembro"),
)


def made(company: Company, person: Person) -> str:
    """A person of one test alone; the id."""
    body = {"email": person.email, "name": person.name, "monthlyLimit": person.limit}
    user_id: str = company.post("/users", body)["id"]
    return user_id


def figure(page: Page, label: str) -> Locator:
    """A figure of the quota's card."""
    term = page.locator("dl > div").filter(has=page.get_by_text(label, exact=True))
    return term.locator("dd").first


def card(page: Page) -> Locator:
    """The section of what the additional tokens are made of."""
    title = page.get_by_role("heading", name="Tokens adicionais")
    return page.locator("section").filter(has=title)


def asked(page: Page, amount: str, term: str | None = None, until: str | None = None) -> Locator:
    """The dialog that grants, filled in but for its end."""
    page.get_by_role("button", name="Adicionar tokens").click()
    dialog = page.get_by_role("dialog", name="Adicionar tokens")
    dialog.get_by_label("Quantidade").first.fill(amount)
    if term is not None:
        dialog.get_by_role("radio", name=term).check()
    if until is not None:
        dialog.get_by_label("Último dia").fill(until)
    dialog.get_by_label("Motivo").fill("Fechamento do ano")
    return dialog


def given(dialog: Locator) -> None:
    """Send it, and wait until it is done."""
    dialog.get_by_role("button", name="Adicionar", exact=True).click()
    expect(dialog).to_have_count(0)


def test_a_grant_of_this_month_is_made_seen_and_voided(admin: Visitor, company: Company) -> None:
    user_id = made(company, OF_THE_MONTH)
    next_month = MONTHS[datetime.fromisoformat(company.user(OF_THE_MONTH)["renewsAt"]).month - 1]
    page = admin.open(f"/admin/users/{user_id}")
    expect(card(page)).to_have_count(0)

    dialog = asked(page, "50 mil")
    expect(dialog.get_by_role("radio", name="Só este mês")).to_be_checked()
    expect(dialog.get_by_text(f"Em {next_month} a cota volta a 1.000.000.")).to_be_visible()
    expect(dialog.get_by_text("Disponível depois: 1.050.000 tokens")).to_be_visible()
    given(dialog)
    expect(figure(page, "Concedido")).to_have_text("1.050.000")
    row = card(page).get_by_role("listitem")
    expect(row).to_have_count(1)
    for part in ("50.000", "só este mês", ADMIN, "“Fechamento do ano”"):
        expect(row).to_contain_text(part)
    (grant,) = company.get(f"/users/{user_id}/grants")["items"]
    assert (grant["kind"], grant["tokens"]) == ("this_month", 50_000)

    row.get_by_role("button", name="Cancelar a concessão de 50.000 tokens").click()
    dialog = page.get_by_role("dialog", name="Cancelar a concessão?")
    expect(dialog).to_contain_text("o que já foi usado fica neste mês")
    dialog.get_by_role("button", name="Cancelar concessão").click()
    expect(admin.toast("Concessão cancelada: 50.000 tokens saíram da cota.")).to_be_visible()
    expect(figure(page, "Concedido")).to_have_text("1.000.000")
    expect(card(page)).to_have_count(0)
    assert company.get(f"/users/{user_id}/grants")["items"] == []

    page = admin.open(f"/admin/users/{user_id}?tab=transactions")
    expect(page.get_by_text("cancelou uma concessão, só em")).to_contain_text("50.000 tokens")
    page = admin.open("/admin/audit")
    expect(page.get_by_text("Concessão cancelada").first).to_be_visible()


def test_what_is_left_and_what_is_used_make_the_additional_tokens(
    browser: Browser, admin: Visitor, company: Company
) -> None:
    user_id = made(company, OF_MANY)
    today = datetime.fromisoformat(company.user(OF_MANY)["renewsAt"]) - timedelta(days=1)
    last = today.date().isoformat()
    page = admin.open(f"/admin/users/{user_id}")
    given(asked(page, "50 mil", "Até uma data", last))
    given(asked(page, "20 mil", "Até acabarem"))
    given(asked(page, "300 mil", "Todo mês"))
    assert company.spend(OF_MANY, 8_000) == 200
    rows = card(page).get_by_role("listitem")
    expect(rows.filter(has_text="já usados neste mês")).to_have_count(1)
    expect(rows).to_have_count(4)
    grants = {one["kind"]: one for one in company.get(f"/users/{user_id}/grants")["items"]}
    left = f"Restam {grants['until']['tokens']:,} de 50,000".replace(",", ".")
    expect(rows.filter(has_text=left)).to_have_count(1)
    used = company.user(OF_MANY)["currentUsage"]
    assert sum(one["tokens"] for one in grants.values()) + used == 370_000
    expect(rows.last).to_contain_text(f"{used:,}".replace(",", "."))

    own = browser.new_context(locale="pt-BR").new_page()
    own.goto(company.url + company.personal_link(OF_MANY))
    for line in ("20.000 até acabarem", "300.000 todo mês", "já usados neste mês"):
        expect(own.get_by_role("listitem").filter(has_text=line)).to_be_visible()
    expect(own.get_by_text(ADMIN)).to_have_count(0)
    own.context.close()

    with visiting(browser, company) as viewer:
        viewer.sign_in(VIEWER)
        page = viewer.open(f"/admin/users/{user_id}")
        expect(card(page).get_by_role("listitem")).to_have_count(4)
        expect(card(page).get_by_role("button")).to_have_count(0)


def test_a_grant_is_undone_and_a_negative_amount_takes_of_every_month(
    admin: Visitor, company: Company
) -> None:
    user_id = made(company, TAKEN_BACK)
    company.post(f"/users/{user_id}/tokens", {"amount": 80_000, "reason": "Sempre"})
    page = admin.open(f"/admin/users/{user_id}")
    given(asked(page, "50 mil", "Até acabarem"))
    expect(figure(page, "Concedido")).to_have_text("1.130.000")
    admin.toast("50.000 tokens adicionados").get_by_role("button", name="Desfazer").click()
    expect(figure(page, "Concedido")).to_have_text("1.080.000")

    dialog = asked(page, "-30 mil")
    expect(dialog.get_by_role("radio", name="Todo mês")).to_be_checked()
    expect(dialog.get_by_role("radio", name="Só este mês")).to_be_disabled()
    expect(dialog.get_by_text("Todos os meses passam a ter 1.050.000.")).to_be_visible()
    dialog.get_by_role("button", name="Retirar", exact=True).click()
    expect(figure(page, "Concedido")).to_have_text("1.050.000")

    dialog = asked(page, "-90 mil")
    admin.expects(422, "/tokens")
    dialog.get_by_role("button", name="Retirar", exact=True).click()
    expect(dialog.get_by_text(re.compile("só 50.000 são concedidos todo mês"))).to_be_visible()
