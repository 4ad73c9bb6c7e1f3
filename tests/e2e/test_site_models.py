"""The page of models: weights tried out, set, changed by two at once, removed, and only read."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.site_support import ADMIN, PHONE, VIEWER, Company, Visitor, visiting

pytestmark = pytest.mark.e2e

# Nobody asks for it: the weights of other tests' requests stay what they are.
UNUSED = "sem-uso*"
OTHERS = "de-outra-pessoa"


def put(company: Company, weights: dict[str, Any]) -> None:
    """Somebody else's change."""
    version = company.get("/weights")["version"]
    answer = company.api.put("/weights", json={"weights": weights, "version": version})
    assert answer.status_code == 200, answer.text


@pytest.fixture(autouse=True)
def _no_weights(company: Company) -> Iterator[None]:
    yield
    put(company, {})


def row(page: Page, table: str, name: str) -> Locator:
    """The row of a name."""
    return page.get_by_role("table", name=table).get_by_role("row").filter(has_text=name)


def saved(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog).to_have_count(0)


def test_a_weight_is_tried_out_set_changed_and_removed(admin: Visitor, company: Company) -> None:
    page = admin.open("/admin/models")
    expect(page.get_by_text("Com pesos, um token de um modelo caro conta mais")).to_be_visible()

    page.get_by_role("button", name="Definir peso de demo-fast").click()
    dialog = page.get_by_role("dialog", name="Adicionar peso")
    expect(dialog.get_by_label("Modelo", exact=True)).to_have_value("demo-fast")
    dialog.get_by_label("Quantas vezes conta").fill("5")
    expect(dialog.get_by_text("a mais")).to_contain_text("teriam sido cobrados")
    expect(dialog.get_by_role("row").filter(has_text="demo-fast")).to_be_visible()
    dialog.get_by_label("Quantas vezes conta").fill("cinco")
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog.get_by_text("De 0 a 1000, até três decimais")).to_be_visible()

    dialog.get_by_label("Modelo", exact=True).fill(UNUSED.upper())
    dialog.get_by_role("radio", name="Entrada, resposta e cache").check()
    for label, times in (("Entrada", "2"), ("Resposta", "8"), ("Cache", "0,5")):
        dialog.get_by_label(label, exact=True).fill(times)
    dialog.get_by_label("Motivo").fill("preço de tabela")
    saved(dialog)
    shown = row(page, "Pesos", UNUSED)
    expect(shown).to_contain_text("entrada 2× · resposta 8× · cache 0,5×")
    expect(page.get_by_text("Mudados em")).to_contain_text(ADMIN)
    (entry,) = company.get("/weights")["entries"]
    assert entry["weight"] == {"prompt": 2, "completion": 8, "cached": 0.5}
    (audited,) = company.get("/audit", action="weights.change", limit="1")["items"]
    assert audited["reason"] == "preço de tabela"

    shown.get_by_role("button", name="Ações do peso").click()
    page.get_by_role("menuitem", name="Editar").click()
    dialog = page.get_by_role("dialog", name="Editar peso")
    expect(dialog.get_by_label("Cache", exact=True)).to_have_value("0,5")
    dialog.get_by_role("radio", name="De graça").check()
    saved(dialog)
    expect(shown).to_contain_text("de graça")

    shown.get_by_role("button", name="Ações do peso").click()
    page.get_by_role("menuitem", name="Remover").click()
    dialog = page.get_by_role("dialog", name="Remover o peso")
    dialog.get_by_role("button", name="Remover peso").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("Cada token conta 1×", exact=True)).to_be_visible()
    assert company.get("/weights")["entries"] == []
    page = admin.open("/admin/audit")
    expect(page.get_by_text("Pesos alterados").first).to_be_visible()


def test_what_two_change_at_once_is_not_lost(admin: Visitor, company: Company) -> None:
    admin.expects(409, "/weights")
    page = admin.open("/admin/models")
    page.get_by_role("button", name="Adicionar peso").click()
    dialog = page.get_by_role("dialog", name="Adicionar peso")
    dialog.get_by_label("Modelo", exact=True).fill(UNUSED)
    dialog.get_by_label("Quantas vezes conta").fill("0,25")
    put(company, {OTHERS: 3})
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog.get_by_role("alert")).to_contain_text("o que você digitou continua aqui")
    expect(dialog.get_by_label("Quantas vezes conta")).to_have_value("0,25")
    saved(dialog)
    expect(row(page, "Pesos", UNUSED)).to_contain_text("0,25×")
    expect(row(page, "Pesos", OTHERS)).to_contain_text("3×")


def test_a_viewer_reads_all_and_changes_nothing_on_a_phone_too(
    browser: Browser, company: Company
) -> None:
    put(company, {UNUSED: 5, OTHERS: "auto:gpt-4o-mini"})
    with visiting(browser, company, size=PHONE) as viewer:
        viewer.sign_in(VIEWER)
        page = viewer.open("/admin/models")
        expect(row(page, "Pesos", UNUSED)).to_contain_text("5×")
        expect(row(page, "Pesos", OTHERS)).to_contain_text("pelo preço de gpt-4o-mini")
        expect(row(page, "Modelos usados", "demo-fast")).to_contain_text("1×")
        expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
