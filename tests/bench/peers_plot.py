"""The measurements of `make bench-peers` as one picture: requests a second, by connections.

Plain SVG: bars on a logarithmic scale in one panel a kind. The mock itself is left out, it would
only push the others together.
"""

from collections.abc import Sequence
from html import escape
from math import log10
from typing import Protocol

WIDTH, HEIGHT, TOP, LEFT = 960, 330, 54, 56
PANEL_GAP, BAR_GAP = 26, 3
COLOURS = {"IA SOLARIS": "#0f766e", "LiteLLM": "#b45309", "Portkey": "#6d28d9"}
_LOW_DECADE = -1  # 0.1 a second


class Point(Protocol):
    """What is drawn of a measured row."""

    @property
    def system(self) -> str:
        """Its name, as COLOURS has it."""
        ...

    @property
    def title(self) -> str:
        """Its panel's."""
        ...

    @property
    def connections(self) -> int:
        """At once."""
        ...

    @property
    def per_second(self) -> float:
        """Requests a second."""
        ...


def picture(points: Sequence[Point], caption: str) -> str:
    """The SVG document; `points` without one of the systems draw the others."""
    titles = list(dict.fromkeys(point.title for point in points))
    systems = [name for name in COLOURS if any(point.system == name for point in points)]
    highest = max((point.per_second for point in points), default=1.0)
    decades = max(1, -(-int(log10(max(highest, 10)) * 1000) // 1000))
    panel = (WIDTH - LEFT - PANEL_GAP * len(titles)) / max(1, len(titles))
    parts = [
        _open(caption),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_legend(systems),
        *_grid(decades),
    ]
    for number, title in enumerate(titles):
        left = LEFT + number * (panel + PANEL_GAP)
        chosen = [point for point in points if point.title == title]
        parts += _panel(chosen, title, systems, left=left, width=panel, decades=decades)
    return "\n".join([*parts, "</svg>", ""])


def _legend(systems: Sequence[str]) -> list[str]:
    parts = [_text(LEFT, 20, "requests a second (logarithmic), by connections", weight="bold")]
    for number, name in enumerate(systems):
        x = WIDTH - 320 + number * 110
        parts += [
            f'<rect x="{x}" y="10" width="12" height="12" fill="{COLOURS[name]}"/>',
            _text(x + 17, 20, name),
        ]
    return parts


def _grid(decades: int) -> list[str]:
    parts = []
    for decade in range(_LOW_DECADE, decades + 1):
        y = _y(10.0**decade, decades)
        parts += [
            f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>',
            _text(LEFT - 8, y + 4, f"{10.0**decade:,g}", anchor="end"),
        ]
    return parts


def _panel(
    points: Sequence[Point],
    title: str,
    systems: Sequence[str],
    *,
    left: float,
    width: float,
    decades: int,
) -> list[str]:
    groups = sorted({point.connections for point in points})
    parts = [_text(left + width / 2, HEIGHT - 8, title, anchor="middle", weight="bold")]
    room = width / max(1, len(groups))
    bar = (room - 16) / max(1, len(systems)) - BAR_GAP
    for number, connections in enumerate(groups):
        start = left + number * room + 8
        parts.append(_text(start + (room - 16) / 2, HEIGHT - 28, str(connections), anchor="middle"))
        for point in points:
            if point.connections != connections or point.system not in systems:
                continue
            x = start + systems.index(point.system) * (bar + BAR_GAP)
            y, floor = _y(point.per_second, decades), _y(0, decades)
            parts += [
                _bar(x, y, bar, floor - y, COLOURS[point.system]),
                _text(x + bar / 2, y - 4, f"{point.per_second:,.0f}", anchor="middle", size=10),
            ]
    return parts


def _open(caption: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(caption)}" font-family="system-ui, sans-serif" font-size="12">'
    )


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
    )


def _y(value: float, decades: int) -> float:
    share = (log10(max(value, 10.0**_LOW_DECADE)) - _LOW_DECADE) / (decades - _LOW_DECADE)
    return HEIGHT - 46 - share * (HEIGHT - 46 - TOP)


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal", size: int = 12
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" '
        f'font-size="{size}" fill="#111827">{escape(text)}</text>'
    )
