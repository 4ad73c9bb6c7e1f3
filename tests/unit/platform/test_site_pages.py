"""Where mails lead: to routes that the site has, with values that it reads."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from solaris.platform.mail.site_pages import SitePages

SITE = Path(__file__).resolve().parents[3] / "admin_site" / "src"
GROUP = "aaaaaaaaaaaa"


def read_by_site(address: str) -> dict[str, object]:
    """The query as the site's router reads it: JSON, else text."""
    found: dict[str, object] = {}
    for key, value in parse_qsl(urlsplit(address).query, strict_parsing=True):
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


@pytest.mark.parametrize("site", ["https://ia.example.com", "https://ia.example.com/x/"])
def test_pages_lie_below_the_address_of_the_site(site: str) -> None:
    pages = SitePages(site)
    below = f"{site.rstrip('/')}/admin/"
    for page in (
        pages.user("u1"),
        pages.report("2026-11"),
        pages.report_by_group("2026-11"),
        pages.report_of_group("2026-11", GROUP),
        pages.group("Vendas"),
        pages.channels(),
    ):
        assert page.startswith(below)
        assert "//" not in page.removeprefix("https://")


def test_the_pages_are_routes_of_the_site() -> None:
    router = (SITE / "app" / "router.tsx").read_text("utf-8")
    routes = set(re.findall(r'path: "([^"]+)"', router))
    assert 'basepath: "/admin"' in router
    pages = SitePages("https://ia.example.com")
    for page, route in (
        (pages.user("u1"), "/users/$userId"),
        (pages.report("2026-11"), "/reports"),
        (pages.group("Vendas"), "/groups"),
        (pages.channels(), "/channels"),
    ):
        assert route in routes
        assert urlsplit(page).path == f"/admin{route.replace('$userId', 'u1')}"


def test_a_months_report_is_of_its_days_and_of_the_group_alone() -> None:
    pages = SitePages("https://ia.example.com")
    days = {"range": "own", "from": "2028-02-01", "to": "2028-02-29"}
    assert read_by_site(pages.report("2028-02")) == days
    assert read_by_site(pages.report_by_group("2028-02")) == days | {"group": "group"}
    assert read_by_site(pages.report_of_group("2028-02", GROUP)) == days | {"groups": [GROUP]}
    known = (SITE / "features" / "reports" / "search.ts").read_text("utf-8")
    for name in ("range", "from", "to", "group", "groups"):
        assert f"  {name}: lenient(" in known


@pytest.mark.parametrize("name", ["Vendas", "123", "true", '"a" & b=c#d', "São Paulo", "<b>{{x}}"])
def test_a_group_is_looked_for_by_its_name_as_it_is(name: str) -> None:
    assert read_by_site(SitePages("https://ia.example.com").group(name)) == {"search": name}


@pytest.mark.parametrize("user_id", ["../keys", "a?b#c", "a/b"])
def test_a_user_id_stays_one_part_of_the_path(user_id: str) -> None:
    parts = urlsplit(SitePages("https://ia.example.com").user(user_id))
    assert unquote(parts.path.removeprefix("/admin/users/")) == user_id
    assert parts.path.count("/") == 3
    assert (parts.query, parts.fragment) == ("", "")
