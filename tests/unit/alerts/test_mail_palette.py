"""The mails' colours: the site's own, and read by whoever sees little."""

import math
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from solaris.platform.mail.palette import DARK, LIGHT

STYLES = Path(__file__).resolve().parents[3] / "admin_site" / "src" / "app" / "styles.css"
TONES = ("warning", "critical", "danger", "info")
AA = 4.5  # WCAG 2.2, 1.4.3


def hexadecimal(lightness: float, chroma: float, hue: float) -> str:
    """An oklch colour in sRGB (CSS Color 4, section 9)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    l_ = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m_ = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s_ = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
        -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
        -0.0041960863 * l_ - 0.7034186147 * m_ + 1.7076147010 * s_,
    )
    return "#" + "".join(f"{round(255 * _encoded(min(1, max(0, one)))):02x}" for one in linear)


def _encoded(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    parts = [
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4
        for one in (red, green, blue)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def site_colours(selector: str) -> dict[str, str]:
    """What the site calls its colours, of one theme."""
    block = STYLES.read_text("utf-8").partition(f"\n{selector} {{")[2].partition("\n}")[0]
    found = re.findall(r"--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\);", block)
    return {name: hexadecimal(*map(float, values)) for name, *values in found}


@pytest.mark.parametrize(("selector", "palette"), [(":root", LIGHT), (".dark", DARK)])
def test_the_colours_are_the_sites(selector: str, palette: Mapping[str, str]) -> None:
    theirs = site_colours(selector)
    assert palette == {name: theirs[name] for name in palette}


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_read_stands_out(palette: Mapping[str, str]) -> None:
    pairs = [
        *((ink, ground) for ink in ("ink", "ink-soft") for ground in ("canvas", "surface")),
        *((ink, "sunken") for ink in ("ink", "ink-soft", *TONES)),
        *((tone, ground) for tone in TONES for ground in ("surface", f"{tone}-soft")),
        ("on-brand", "brand"),
    ]
    poor = [(one, two) for one, two in pairs if contrast(palette[one], palette[two]) < AA]
    assert poor == []
    assert contrast(palette["line-strong"], palette["surface"]) >= 3  # a button's edge (1.4.11)


def test_the_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
