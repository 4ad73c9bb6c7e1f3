"""One page at a time: its picture, and what is wrong in it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page, Response

from tests.screenshots.languages import typed_in, untranslated

THEMES = ("light", "dark")
WIDTHS = (1440, 375)
_SCRIPT = Path(__file__).with_name("look.js")
# The settled page, without what still fades in or is being typed into.
_STILL = """async () => {
    for (let frame = 0, still = 0; frame < 300 && still < 3; frame += 1) {
      await new Promise(requestAnimationFrame);
      still = document.getAnimations().length === 0 ? still + 1 : 0;
    }
  }"""


@dataclass(frozen=True)
class Findings:
    """What a look at one page found; texts are cut to 60 letters."""

    overflow_pixels: int
    clipped: list[str]
    overlapping: list[str]
    untranslated: list[str]

    def lines(self) -> list[str]:
        """A line for each, none for a page as it should be."""
        wide = [f"{self.overflow_pixels} px wider than the screen"] if self.overflow_pixels else []
        return [
            *wide,
            *(f"clipped: {one}" for one in self.clipped),
            *(f"overlapping: {one}" for one in self.overlapping),
            *(f"untranslated: {one}" for one in self.untranslated),
        ]


class Typed:
    """Collects what people have typed from the answers that a page gets."""

    def __init__(self, page: Page) -> None:
        self.texts: set[str] = set()
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        kind = response.headers.get("content-type", "")
        if "/api/" in response.url and response.ok and "json" in kind and "stream" not in kind:
            try:
                self.texts |= typed_in(response.json())
            except Error:
                return  # of a page that was left meanwhile


@cache
def _look() -> str:
    return _SCRIPT.read_text("utf-8")


def examine(page: Page, locale: str, typed: Typed) -> Findings:
    """What is wrong with the page as it is shown, in the language it is shown in."""
    page.evaluate(_STILL)
    found: dict[str, Any] = page.evaluate(_look())
    return Findings(
        overflow_pixels=int(found["overflow"]),
        clipped=list(found["clipped"]),
        overlapping=list(found["overlapping"]),
        untranslated=untranslated(found["texts"], locale, typed.texts),
    )


def picture(page: Page, path: Path) -> None:
    """The whole page as a PNG."""
    page.evaluate(_STILL)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True, animations="disabled")
