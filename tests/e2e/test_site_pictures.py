"""The look of `make screenshots` at a few pages, and that it finds what is wrong."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.site_support import CAROLINA, Company, visiting
from tests.screenshots.languages import LOCALES, untranslated
from tests.screenshots.looking import WIDTHS, Typed, examine, picture

pytestmark = pytest.mark.e2e

_WRONG = """
    const add = (style, text) => {
      const one = document.createElement("p");
      one.style.cssText = style;
      one.textContent = text;
      document.querySelector("#root").append(one);
      return one;
    };
    add("width: 3000px", "x");
    add("width: 40px; overflow: hidden; white-space: nowrap", "clipped by its box");
    add("position: absolute; top: 300px; left: 400px", "lies above");
    add("position: absolute; top: 302px; left: 402px", "lies below");
    add("", "Nenhum alerta aberto");
"""


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_few_pages_are_as_they_should_be(
    browser: Browser, company: Company, locale: str, width: int, tmp_path: Path
) -> None:
    found = {}
    with visiting(
        browser, company, size=(width, 900), locale=locale, reduced_motion="reduce"
    ) as visitor:
        typed = Typed(visitor.page)
        visitor.sign_in()
        user = f"/admin/users/{company.user(CAROLINA)['id']}"
        for path in ("/admin/", "/admin/users", user, "/admin/reports", "/admin/nowhere"):
            found[path] = examine(visitor.open(path), locale, typed).lines()
        picture(visitor.page, tmp_path / "page.png")
    assert {path: lines for path, lines in found.items() if lines} == {}
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_a_look_finds_what_is_wrong(browser: Browser, company: Company) -> None:
    with visiting(browser, company, locale="en") as visitor:
        page = visitor.open("/admin/nowhere")
        page.evaluate(_WRONG)
        lines = examine(page, "en", Typed(page)).lines()
    assert any("wider than the screen" in one for one in lines)
    assert "clipped: clipped by its box" in lines
    assert "overlapping: lies above × lies below" in lines
    assert "untranslated: Nenhum alerta aberto" in lines


def test_words_of_the_other_language_are_told_from_names_and_what_was_typed() -> None:
    shown = [
        "The key has expired",
        "ana@example.com",
        "from the desk",
        "Chave expirada",
        "MAX_USER_LIMIT",
    ]
    assert untranslated(shown, "pt-BR", {"from the desk"}) == ["The key has expired"]
    assert untranslated(["Você não tem acesso", "Nobody"], "en") == ["Você não tem acesso"]
