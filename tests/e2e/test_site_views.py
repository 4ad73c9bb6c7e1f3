"""Saved views of a list, and what moves for somebody who asked for less of it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.site_support import LIVE, NEAR, OUT, Company, Visitor, visiting

pytestmark = pytest.mark.e2e

# What stirs within the next frames, and for how long; a frame or less is seen by nobody.
_MOVES = """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() =>
    resolve(Math.max(0, ...document.getAnimations().map((one) =>
      one.effect.getComputedTiming().activeDuration))))))"""
_ANIMATED = "() => getComputedStyle(document.querySelector('[role=dialog]')).transitionDuration"


def choose(page: Page, item: str) -> None:
    """From the menu of views."""
    page.get_by_role("button", name="Visões").click()
    page.get_by_role("menuitem", name=item).click()


def test_a_view_is_saved_opened_shared_and_deleted(admin: Visitor) -> None:
    page = admin.open('/admin/users?level=["near"]&sort=name&order=asc')
    rows = page.get_by_role("table", name="Usuários").locator("tbody tr")
    expect(rows.filter(has_text=OUT.name)).to_be_visible()
    choose(page, "Salvar esta visão…")
    page.get_by_role("dialog").get_by_label("Nome").fill("Perto do limite")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(admin.toast("Visão Perto do limite salva")).to_be_visible()

    admin.open("/admin/users")
    expect(rows.nth(5)).to_be_visible()
    choose(page, "Perto do limite")
    expect(rows.filter(has_text=NEAR.name)).to_be_visible()
    expect(rows.filter(has_text=LIVE.name)).to_have_count(0)
    query = parse_qs(urlsplit(page.url).query)
    assert query["level"] == ['["near"]']
    assert (query["sort"], query["order"]) == (["name"], ["asc"])

    # the address alone is enough for somebody else
    other = admin.open(page.url.removeprefix(admin.company.url), admin.context.new_page())
    shared = other.get_by_role("table", name="Usuários").locator("tbody tr")
    expect(shared.filter(has_text=NEAR.name)).to_be_visible()
    expect(shared.filter(has_text=LIVE.name)).to_have_count(0)
    other.close()

    choose(page, "Organizar visões…")
    page.get_by_role("button", name="Excluir Perto do limite").click()
    expect(page.get_by_text("Nenhuma visão salva")).to_be_visible()


def test_the_requests_have_views_of_their_own(admin: Visitor) -> None:
    page = admin.open("/admin/reports?group=none&range=last7")
    choose(page, "Salvar esta visão…")
    page.get_by_role("dialog").get_by_label("Nome").fill("Requisições da semana")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    admin.open("/admin/users")
    page.get_by_role("button", name="Visões").click()
    expect(page.get_by_role("menuitem", name="Salvar esta visão…")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Requisições da semana")).to_have_count(0)
    admin.open("/admin/reports")
    choose(page, "Requisições da semana")
    page.wait_for_url("**group=none**")
    assert parse_qs(urlsplit(page.url).query)["range"] == ["last7"]


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_reduced_motion_is_honoured(
    browser: Browser, company: Company, motion: str, moves: bool
) -> None:
    with visiting(browser, company, reduced_motion=motion) as visitor:
        visitor.sign_in()
        page = visitor.open("/admin/users")
        page.get_by_role("button", name="Novo usuário").click()
        expect(page.get_by_role("dialog").filter(has=page.get_by_role("heading"))).to_be_visible()
        durations = str(page.evaluate(_ANIMATED)).split(", ")
        longest = max(float(one.removesuffix("s")) for one in durations)
        assert (longest > 0.05) is moves
        if not moves:
            assert float(page.evaluate(_MOVES)) < 50
