"""The site's colours (admin_site/src/app/styles.css) for mail clients: no variables, no oklch.

Each name is the site's own; a test holds the colours against the site's.
"""

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "canvas": "#fbfaf8",
    "surface": "#ffffff",
    "sunken": "#f5f3f0",
    "line": "#e5e2de",
    "line-strong": "#96918a",
    "ink": "#221d17",
    "ink-soft": "#58514a",
    "ink-faint": "#69645d",
    "brand": "#9d580c",
    "on-brand": "#ffffff",
    "brand-ink": "#844500",
    "sun": "#f2a52a",
    "warning": "#955e00",
    "warning-soft": "#fff0cc",
    "critical": "#b84500",
    "critical-soft": "#ffeadc",
    "danger": "#c32324",
    "danger-soft": "#ffeae9",
    "info": "#2e69b2",
    "info-soft": "#e7f1ff",
}
DARK: Mapping[str, str] = {
    "canvas": "#110e0b",
    "surface": "#1a1713",
    "sunken": "#15120f",
    "line": "#302c27",
    "line-strong": "#6e6860",
    "ink": "#f2f0ec",
    "ink-soft": "#bebab3",
    "ink-faint": "#9f9b93",
    "brand": "#f6ad43",
    "on-brand": "#221509",
    "brand-ink": "#f9bf67",
    "sun": "#fcb442",
    "warning": "#eec05b",
    "warning-soft": "#3c2c0e",
    "critical": "#fa9d68",
    "critical-soft": "#442415",
    "danger": "#f7817c",
    "danger-soft": "#461f1e",
    "info": "#85bcf5",
    "info-soft": "#1a2b40",
}
