"""The ways through the site: from a figure to its list, by the search, by the badges and tabs."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.site_support import (
    CAROLINA,
    OUT,
    PHONE,
    Company,
    Person,
    Visitor,
    eventually,
    pages_of,
    visiting,
)

pytestmark = pytest.mark.e2e

WAITING = Person("Célia Pinheiro", "celia.pinheiro@example.com")
KEY = "Painel do RH"


def place(page: Page) -> tuple[str, dict[str, list[str]]]:
    """Path and query of the address, as it is read by a person."""
    parts = urlsplit(unquote(page.url))
    return parts.path, parse_qs(parts.query)


@pytest.mark.parametrize(
    ("link", "title", "query"),
    [
        ("Tokens no mês", "Relatórios", {}),
        ("Custo no mês", "Relatórios", {"metric": ["cost"], "sort": ["cost"]}),
        ("Previsão do mês", "Relatórios", {"group": ["day"]}),
        ("Usaram neste mês", "Relatórios", {"group": ["user"]}),
        ("Cota esgotada", "Usuários", {"level": ['["blocked"]']}),
        ("Hoje: .* em", "Relatórios", {"range": ["today"]}),
        ("de [0-9]+ contas", "Usuários", {}),
    ],
)
def test_a_card_leads_to_its_list(
    admin: Visitor, link: str, title: str, query: dict[str, list[str]]
) -> None:
    page = admin.open("/admin/")
    page.locator("main").get_by_role("link", name=re.compile(f"^{link}")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert place(page)[1] == query


def test_a_bar_a_row_and_a_legend_lead_to_what_is_behind(admin: Visitor, company: Company) -> None:
    page = admin.open("/admin/")
    usage = page.locator("section").filter(has_text="Tokens cobrados, por modelo")
    usage.get_by_role("link", name="demo-fast").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Relatórios")
    assert place(page)[1] == {"range": ["last30"], "models": ['["demo-fast"]']}

    page = admin.open("/admin/")
    models = page.locator("section").filter(has_text="Modelos mais usados")
    row = models.get_by_role("listitem").filter(has_text="demo-embedding")
    row.click(position={"x": 5, "y": 25})  # the bar, not its name
    expect(page.get_by_role("heading", level=1)).to_have_text("Relatórios")
    assert place(page)[1] == {"models": ['["demo-embedding"]']}

    page = admin.open("/admin/")
    people = page.locator("section").filter(has_text="Quem mais usa")
    people.get_by_role("link", name=OUT.name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(OUT.name)

    page = admin.open("/admin/")
    chart = page.get_by_role("img", name="Uso de tokens")
    chart.press("ArrowLeft")
    chart.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Relatórios")
    today = company.get("/stats")["today"]["day"]
    expect(page.get_by_role("table").locator("tbody tr").filter(has_text=OUT.name)).to_be_visible()
    assert place(page)[1] == {"range": ["own"], "from": [today], "to": [today]}


def test_the_navigation_says_what_waits(admin: Visitor, company: Company) -> None:
    company.post("/users", {"email": WAITING.email, "name": WAITING.name})
    user_id = company.user(WAITING)["id"]
    company.api.put(f"/users/{user_id}", json={"status": "pending", "reason": "Novata"})
    eventually(lambda: company.get("/stats")["users"]["pending"] == 1, "one waits")
    alerts = company.get("/stats")["openAlerts"]
    page = admin.open("/admin/keys")
    navigation = page.get_by_role("navigation")
    word = "aberto" if alerts == 1 else "abertos"
    shown = navigation.get_by_role("link", name=f"Alertas {alerts} {word}")
    expect(shown).to_have_count(1 if alerts else 0)
    navigation.get_by_role("link", name="1 pessoa espera aprovação").click()
    rows = page.get_by_role("table", name="Usuários").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(WAITING.name)
    company.api.put(f"/users/{user_id}", json={"status": "active", "reason": "Conferida"})


def test_every_tab_says_which_page_it_is(admin: Visitor, company: Company) -> None:
    for path, title in pages_of(company).items():
        page = admin.open(path)
        expect(page).to_have_title(f"{title} · IA SOLARIS")
    page.goto(f"{company.url}/admin/nowhere")
    expect(page).to_have_title("Página não encontrada · IA SOLARIS")


@pytest.fixture
def english_phone(browser: Browser, company: Company) -> Iterator[Visitor]:
    """An admin with a phone that speaks English."""
    with visiting(
        browser, company, size=PHONE, locale="en-GB", has_touch=True, is_mobile=True
    ) as visitor:
        visitor.sign_in()
        yield visitor


def test_people_pages_and_keys_are_found_by_the_keyboard(admin: Visitor, company: Company) -> None:
    company.post("/keys", {"kind": "service", "name": KEY})
    page = admin.open("/admin/settings")
    box = page.get_by_role("combobox", name="Pessoas, páginas e chaves")
    listed = page.get_by_role("listbox").get_by_role("option")

    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    expect(listed).to_have_count(13)  # every page
    page.keyboard.type("auditoria")
    expect(listed).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Auditoria")
    expect(box).to_have_count(0)

    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.type("figueir")
    expect(listed).to_have_text(re.compile(CAROLINA.name))
    expect(listed).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(CAROLINA.name)

    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.type(KEY)
    expect(listed).to_have_text(re.compile(KEY))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Chaves")
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(1)

    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.type("ninguém se chama assim")
    expect(page.get_by_text("Nada com esse nome, e-mail ou prefixo")).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def test_the_search_goes_round_by_the_arrows(admin: Visitor) -> None:
    page = admin.open("/admin/")
    page.get_by_role("button", name="Buscar").click()
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    active = page.get_by_role("combobox").get_attribute("aria-activedescendant")
    assert active == options.last.get_attribute("id")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Usuários")


def test_the_search_of_a_phone_in_english(english_phone: Visitor) -> None:
    page = english_phone.open("/admin/")
    page.get_by_role("button", name="Search").tap()
    page.get_by_role("combobox", name="People, pages and keys").fill("siqueira")
    page.get_by_role("option", name=OUT.name).tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text(OUT.name)
    expect(page).to_have_title(f"{OUT.name} · IA SOLARIS")
