"""Mails in a browser: on a phone of 320 pixels and on a desk, in the light and in the dark."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from solaris.alerts.mail_samples import samples
from solaris.alerts.mails import Rendered
from solaris.alerts.token_requests.mail_samples import request_samples
from solaris.alerts.token_requests.mails import RequestMails
from solaris.platform.mail.palette import DARK, LIGHT
from solaris.platform.texts import Locale
from tests.unit.alerts.mail_extremes import odd_mails

ZONE = ZoneInfo("America/Sao_Paulo")
LOOK = Path(__file__).with_name("mail_look.js").read_text("utf-8")
WIDTHS = (320, 700)
LOCALES: tuple[Locale, ...] = ("pt-BR", "en")


def renderer(locale: Locale) -> RequestMails:
    return RequestMails(locale, support_email="suporte@example.com", site="https://ia.example.com")


def every_mail(locale: Locale) -> list[tuple[str, Rendered]]:
    made = renderer(locale)
    return [*samples(made, ZONE), *request_samples(made, ZONE)]


def faults_of(page: Page, mails: Iterable[tuple[str, Rendered]]) -> dict[str, list[str]]:
    """What is wrong with which mail."""
    found = {name: look(page, rendered.html) for name, rendered in mails}
    return {name: faults for name, faults in found.items() if faults}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not there (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that can ask for nothing."""
    context = browser.new_context(java_script_enabled=True, offline=True)
    yield context.new_page()
    context.close()


def look(page: Page, html: str) -> list[str]:
    page.set_content(html)
    return list(page.evaluate(LOOK))


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_mails_fit_are_read_and_pressed_and_ask_for_nothing(
    page: Page, locale: Locale, theme: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 600})
        assert faults_of(page, every_mail(locale)) == {}
    canvas = rgb((DARK if theme == "dark" else LIGHT)["canvas"])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == canvas
    assert asked == []


def test_the_oddest_names_and_amounts_fit_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 600})
    assert faults_of(page, odd_mails(renderer("pt-BR"))) == {}


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<p style='width:900px'>x</p>", "wide on"),
        (f"<p style='white-space:nowrap;overflow:hidden'>{'x' * 200}</p>", "cut off"),
        ("<p style='color:#777;background:#fff'>x</p>", "4.48:1"),
        ("<a href='#' style='display:block;height:43px'>x</a>", "43 px"),
        ("<p style='display:none'>x</p>", "nothing is shown"),
    ],
)
def test_what_is_wrong_is_found(page: Page, html: str, fault: str) -> None:
    page.set_viewport_size({"width": 320, "height": 600})
    assert fault in " ".join(look(page, html))
