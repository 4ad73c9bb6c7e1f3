"""Mails in the other engines that packages offer: Gecko (Thunderbird) and WebKit (Apple Mail)."""

import json
import shutil
from pathlib import Path

import pytest

from solaris.platform.mail.palette import DARK, LIGHT
from tests.functional.alerts.engines import MINI_BROWSER, Ask, firefox, webkit
from tests.functional.alerts.test_mail_look import LOOK, every_mail, renderer, rgb
from tests.unit.alerts.mail_extremes import odd_mails

WIDTH = 320
# In a frame, since no window is as narrow as a phone; its theme is that of the page around it.
SHOWN = """
const [html, width, look, done] = arguments;
const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.style.colorScheme = isDark ? "dark" : "light";
const frame = document.createElement("iframe");
frame.style.cssText = `border:0;width:${width}px;height:600px`;
frame.onload = () => {
  const inside = frame.contentWindow;
  const page = inside.getComputedStyle(inside.document.body).backgroundColor;
  done(JSON.stringify([inside.eval(`(${look})()`), page, inside.innerWidth]));
};
frame.srcdoc = html;
document.body.replaceChildren(frame);
"""
ENGINES = {
    "gecko": (firefox, ["firefox-esr"], "firefox-esr"),
    "webkit": (webkit, ["WebKitWebDriver", "Xvfb"], "webkit2gtk-driver, xvfb"),
}


def look(ask: Ask, html: str) -> tuple[list[str], str, int]:
    function = LOOK[LOOK.index("() =>") :]
    faults, page, width = json.loads(ask(SHOWN, [html, WIDTH, function]))
    return faults, page, width


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("engine", ENGINES)
def test_mails_fit_are_read_and_pressed(engine: str, theme: str, tmp_path: Path) -> None:
    start, programs, packages = ENGINES[engine]
    if not all(map(shutil.which, programs)) or (engine == "webkit" and MINI_BROWSER is None):
        pytest.skip(f"{engine} is not there (Debian: apt install {packages})")
    canvas = rgb((DARK if theme == "dark" else LIGHT)["canvas"])
    mails = every_mail("pt-BR")
    if theme == "light":  # what is odd in them is odd in every colour
        mails += odd_mails(renderer("pt-BR"))
    wrong = {}
    with start(tmp_path, is_dark=theme == "dark") as ask:
        faults, _, _ = look(ask, "<p style='color:#777;background:#fff;width:900px'>x</p>")
        assert [one[:3] for one in faults] == ["908", "4.4"]  # it sees what is wrong
        for name, rendered in mails:
            faults, page, width = look(ask, rendered.html)
            assert (page, width) == (canvas, WIDTH), name
            if faults:
                wrong[name] = faults
    assert wrong == {}
