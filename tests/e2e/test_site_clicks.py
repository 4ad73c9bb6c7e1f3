"""What an admin does every morning takes few clicks from the dashboard, and each is counted."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.site_support import LIVE, NEAR, OUT, Company, Person, Visitor, eventually

pytestmark = pytest.mark.e2e

# What is typed or chosen by the keyboard is no click; what a script clicks is none either.
_COUNT = """
    window.clicks = 0;
    addEventListener("click", (event) => {
      if (event.isTrusted && event.detail > 0) window.clicks += 1;
    }, true);
"""
Task = Callable[[int], AbstractContextManager[Page]]
GRANTED = Person("Renata Moura", "renata.moura@example.com", 10_000)
SUSPENDED = Person("Sérgio Lobo", "sergio.lobo@example.com", 10_000)


@pytest.fixture
def task(admin: Visitor) -> Task:
    """From the dashboard, in at most so many clicks."""
    admin.context.add_init_script(_COUNT)

    @contextmanager
    def begun(most: int) -> Iterator[Page]:
        page = admin.open("/admin/")
        assert page.evaluate("window.clicks") == 0
        yield page
        clicks = page.evaluate("window.clicks")
        assert 0 < clicks <= most, f"{clicks} clicks"

    return begun


def made(company: Company, person: Person) -> None:
    """A person of this test alone, who has used most of the quota: the dashboard shows them."""
    body = {"email": person.email, "name": person.name, "monthlyLimit": person.limit}
    company.post("/users", body)
    assert company.spend(person, 8_500) == 200
    eventually(
        lambda: person.name in str(company.get("/alerts", state="open", limit="1")["items"]),
        "the newest alert is theirs",
    )


def test_who_is_over_80_per_cent(task: Task) -> None:
    with task(1) as page:
        page.get_by_role("link", name="a 80% ou mais").click()
        rows = page.get_by_role("table", name="Usuários").locator("tbody tr")
        expect(rows.filter(has_text=OUT.name)).to_be_visible()
        expect(rows.filter(has_text=NEAR.name)).to_be_visible()
        expect(rows.filter(has_text=LIVE.name)).to_have_count(0)
        expect(page.get_by_role("button", name="Uso 80% ou mais")).to_be_visible()
    page.reload()  # the filter is in the address
    expect(rows.filter(has_text=OUT.name)).to_be_visible()
    expect(rows.filter(has_text=LIVE.name)).to_have_count(0)


def test_grant_tokens(task: Task, company: Company) -> None:
    made(company, GRANTED)
    with task(4) as page:
        page.get_by_role("link", name=GRANTED.name).first.click()
        page.get_by_role("button", name="Adicionar tokens").click()
        dialog = page.get_by_role("dialog", name="Adicionar tokens")
        dialog.get_by_label("Quantidade").first.fill("5 mil")
        dialog.get_by_label("Motivo").fill("Fim do mês")
        dialog.get_by_role("button", name="Adicionar", exact=True).click()
        expect(dialog).to_have_count(0)
    assert company.user(GRANTED)["additionalTokens"] == 5_000


def test_suspend(task: Task, company: Company) -> None:
    made(company, SUSPENDED)
    with task(4) as page:
        page.get_by_role("link", name=SUSPENDED.name).first.click()
        page.get_by_role("button", name="Suspender").click()
        dialog = page.get_by_role("dialog", name=f"Suspender {SUSPENDED.name}?")
        dialog.get_by_label("Motivo").fill("Desligamento")
        dialog.get_by_role("button", name="Suspender").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Suspenso")
    assert company.user(SUSPENDED)["status"] == "suspended"


def test_make_a_key(task: Task, company: Company) -> None:
    before = company.get("/keys")["total"]
    with task(4) as page:
        page.get_by_role("link", name="Chaves").first.click()
        page.get_by_role("button", name="Nova chave").first.click()
        page.get_by_role("dialog").get_by_label("Nome").fill("Planilha do financeiro")
        page.get_by_role("button", name="Criar chave").click()
        page.get_by_role("button", name="Já guardei a chave").click()
        row = page.get_by_role("row", name="Planilha do financeiro")
        expect(row).to_contain_text("Ativa")
    assert company.get("/keys")["total"] == before + 1


def test_last_month_as_a_workbook(task: Task, company: Company) -> None:
    first = date.fromisoformat(f"{company.get('/stats')['period']}-01")
    last = first - timedelta(days=1)
    with task(4) as page, page.expect_download() as download:
        page.get_by_role("link", name=f"de {last:%Y}").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Relatórios")
        page.get_by_role("button", name="Exportar").click()
        page.get_by_role("menuitem", name="XLSX").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert f"{last:%Y-%m}" in download.value.suggested_filename
