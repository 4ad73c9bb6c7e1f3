"""Axe finds nothing on any page, in either theme."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.site_support import CAROLINA, SITE, Company, Visitor, pages_of, visiting

pytestmark = pytest.mark.e2e

AXE = SITE / "node_modules" / "axe-core" / "axe.min.js"
# Inherited colours change from parent to child, one transition after the other.
_STILL = """async () => {
    for (let frame = 0, still = 0; frame < 300 && still < 3; frame += 1) {
      await new Promise(requestAnimationFrame);
      still = document.getAnimations().length === 0 ? still + 1 : 0;
    }
  }"""
_RUN = """([part, only]) => axe.run(part, {
    resultTypes: ["violations"], ...(only ? { runOnly: [only] } : {}),
  }).then(({ violations }) => violations.map((one) => `${one.impact} ${one.id}: ${one.nodes.map(
    (node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join(" | ")}`))"""
# In the other theme the same elements have other colours, and nothing else differs.
_THEMES = {"light": None, "dark": "color-contrast"}


@cache
def _axe() -> str:
    return AXE.read_text("utf-8")


def violations(page: Page, part: str = "html") -> dict[str, list[str]]:
    """What axe says of what is shown, by theme: the system's, which the site follows."""
    page.evaluate(_axe())
    found: dict[str, list[str]] = {}
    for theme, only in _THEMES.items():
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        expect(page.locator("html.dark")).to_have_count(1 if theme == "dark" else 0)
        page.evaluate(_STILL)
        found[theme] = list(page.evaluate(_RUN, [part, only]))
    return found


def told(found: dict[str, dict[str, list[str]]]) -> str:
    """What is wrong, a line each; empty when nothing is."""
    return "\n".join(
        f"{path} {theme}: {line}"
        for path, themes in found.items()
        for theme, lines in themes.items()
        for line in lines
    )


@pytest.fixture
def plain(browser: Browser, company: Company, tmp_path: Path) -> Iterator[Visitor]:
    """A visitor for whom nothing moves; axe's own code is let past the page's policy."""
    if not AXE.is_file():
        pytest.skip("axe-core is not there: run `npm ci` in admin_site")
    with visiting(browser, company, bypass_csp=True, reduced_motion="reduce") as visitor:
        yield visitor


def test_the_admins_pages_are_accessible(plain: Visitor, company: Company) -> None:
    plain.sign_in()
    found = {path: violations(plain.open(path)) for path in pages_of(company)}
    wrong = told(found)
    assert wrong == ""


def test_the_open_pages_are_accessible(plain: Visitor, company: Company) -> None:
    # a link that is opened where /me/ is open already would be the same document
    paths = ("/me/", "/admin/login", "/admin/nowhere", company.personal_link(CAROLINA))
    found = {path: violations(plain.open(path)) for path in paths}
    wrong = told(found)
    assert wrong == ""


@pytest.mark.parametrize(
    ("path", "buttons"),
    [
        ("/admin/", ("Buscar",)),
        ("/admin/users", ("Novo usuário", "Importar CSV", "Visões > Salvar esta visão…")),
        ("/admin/users/{id}", ("Suspender", "Adicionar tokens")),
        ("/admin/users/{id}", ("Mudar grupo", "Mudar modelos")),
        ("/admin/users/{id}", ("Mais ações > Editar", "Mais ações > Excluir usuário")),
        ("/admin/groups", ("Novo grupo",)),
        ("/admin/plans", ("Alterar o plano Básico",)),
        ("/admin/keys", ("Nova chave",)),
        ("/admin/admins", ("Adicionar pessoa",)),
        ("/admin/reports", ("Exportar > Exportações recentes",)),
    ],
)
def test_the_dialogs_are_accessible(
    plain: Visitor, company: Company, path: str, buttons: tuple[str, ...]
) -> None:
    plain.sign_in()
    page = plain.open(path.replace("{id}", company.user(CAROLINA)["id"]))
    found = {}
    for button in buttons:
        name, *items = button.split(" > ")
        page.get_by_role("button", name=name).click()
        for item in items:
            expect(page.get_by_role("menu")).to_be_visible()
            found[f"{path} {name}"] = violations(page, "[role=menu]")
            page.get_by_role("menuitem", name=item).click()
        dialog = page.get_by_role("dialog").filter(has=page.get_by_role("heading"))
        expect(dialog).to_be_visible()
        found[f"{path} {button}"] = violations(page, "[role=dialog]")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    wrong = told(found)
    assert wrong == ""


def test_axe_sees_what_is_wrong(plain: Visitor) -> None:
    page = plain.open("/admin/login")
    page.evaluate("document.querySelector('label').remove()")
    assert any("label" in line for lines in violations(page).values() for line in lines)
