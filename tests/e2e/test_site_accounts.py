"""Sessions, tabs, viewers, and a server that is away."""

import re

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.e2e.site_support import (
    ADMIN,
    CAROLINA,
    NEAR,
    OUT,
    VIEWER,
    Company,
    Visitor,
    pages_of,
    sign_in,
    visiting,
)

pytestmark = pytest.mark.e2e

# How the name of a button begins that changes something.
CHANGING = re.compile(
    "^(Nov[oa] |Criar|Adicionar|Importar|Suspender|Ativar|Editar|Excluir|Remover|Revogar|Resolver"
    "|Zerar|Mais ações|Ações d|Gerar|Selecionar|Aumentar)"
)
AWAY = "Sem resposta do servidor"


def changing(page: Page) -> list[str]:
    """The names of the buttons and boxes on a page that change something."""
    found = page.locator("main button, main [role=checkbox], main input[type=checkbox]").all()
    names = [one.get_attribute("aria-label") or one.text_content() or "" for one in found]
    return [name for name in names if CHANGING.match(name.strip())]


def test_a_viewer_finds_nothing_to_change_and_an_admin_does(
    browser: Browser, company: Company
) -> None:
    found: dict[str, dict[str, list[str]]] = {}
    for email in (VIEWER, ADMIN):
        with visiting(browser, company) as visitor:
            visitor.sign_in(email)
            found[email] = {}
            for path, title in pages_of(company).items():
                page = visitor.open(path)
                expect(page.get_by_role("heading", level=1)).to_contain_text(title)
                expect(page.get_by_role("alert")).to_have_count(0)
                found[email][path] = changing(page)
    assert {path: names for path, names in found[VIEWER].items() if names} == {}
    unlike = [path.rsplit("/", 1)[-1] for path, names in found[ADMIN].items() if names]
    assert set(unlike) >= {"", "users", company.user(CAROLINA)["id"], "alerts", "keys", "admins"}


def test_the_api_refuses_a_viewers_changes(company: Company) -> None:
    user = f"/users/{company.user(CAROLINA)['id']}"
    (alert,) = company.get("/alerts", userId=company.user(OUT)["id"])["items"]
    changes = [
        ("POST", f"{user}/suspend", {"reason": "x"}),
        ("POST", f"{user}/activate", {}),
        ("POST", f"{user}/tokens", {"amount": 1, "reason": "x"}),
        ("POST", f"{user}/reset-usage", {"reason": "x"}),
        ("PUT", user, {"name": "x"}),
        ("DELETE", user, None),
        ("POST", "/users", {"email": "novo@example.com"}),
        ("POST", "/users/import", {"csv": "email\nnovo@example.com", "dryRun": False}),
        ("POST", f"/alerts/{alert['id']}/resolve", {}),
        ("POST", "/keys", {"name": "x", "kind": "service"}),
        ("POST", "/admins", {"email": "novo@example.com", "role": "viewer"}),
        ("PUT", f"/admins/{VIEWER}", {"role": "admin"}),
    ]
    with sign_in(company.url, VIEWER) as api:
        statuses = {
            f"{method} {path}": api.request(method, path, json=body).status_code
            for method, path, body in changes
        }
    assert statuses == dict.fromkeys(statuses, 403)


def test_a_refused_token_is_renewed_once_and_the_call_repeated(admin: Visitor) -> None:
    admin.expects(401, "/api/admin/users")
    page = admin.open("/admin/")
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/api/auth/" in request.url or "/api/admin/users" in request.url:
            asked.append(request.url.split("/api/")[1].split("?")[0])

    def spoil(route: Route) -> None:
        # The real API refuses it, as it does a token that is over.
        route.continue_(headers={**route.request.headers, "authorization": "Bearer over"})

    page.on("request", note)
    page.route("**/api/admin/users?*", spoil, times=1)
    page.get_by_role("navigation").get_by_role("link", name="Usuários").click()
    rows = page.get_by_role("table", name="Usuários").locator("tbody tr")
    expect(
        rows.filter(has_text=CAROLINA.name).or_(rows.filter(has_text=NEAR.name))
    ).not_to_have_count(0)
    admin.settled()
    assert asked[:3] == ["admin/users", "auth/refresh", "admin/users"]
    assert asked.count("auth/refresh") == 1


def test_a_call_that_came_too_soon_is_repeated(admin: Visitor) -> None:
    admin.expects(429, "/api/admin/keys")
    page = admin.open("/admin/")
    too_soon = {"status": 429, "headers": {"retry-after": "1"}}
    page.route("**/api/admin/keys?*", lambda route: route.fulfill(**too_soon), times=1)
    page.get_by_role("navigation").get_by_role("link", name="Chaves").click()
    expect(page.get_by_role("table", name="Chaves").get_by_text("Ativa")).not_to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_reload_keeps_the_session_and_its_end_asks_for_the_login(admin: Visitor) -> None:
    page = admin.open("/admin/keys")
    page.reload()
    admin.settled()
    expect(page.get_by_role("heading", level=1)).to_have_text("Chaves")

    admin.expects(401, "/api/")
    admin.context.clear_cookies()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Entrar")
    assert "/admin/login" in page.url


def test_signing_out_in_one_tab_signs_out_the_other(admin: Visitor) -> None:
    page = admin.open("/admin/")
    other = admin.open("/admin/alerts", admin.context.new_page())
    admin.expects(401, "/api/")  # what the other tab was asking for meanwhile
    admin.account("Sair")
    for tab in (page, other):
        expect(tab.get_by_role("heading", level=1)).to_have_text("Entrar")
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text("Entrar")


def test_a_server_that_is_away_is_told_and_so_is_its_return(admin: Visitor) -> None:
    admin.expects(0, "/api/admin/")
    page = admin.open("/admin/")
    page.route("**/api/admin/**", lambda route: route.abort())
    banner = page.get_by_role("status").filter(has_text=AWAY)
    expect(banner).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Sem resposta: dados de")).to_be_visible()
    expect(page.get_by_text("Tokens no mês")).to_be_visible()

    page.unroute("**/api/admin/**")
    expect(banner).to_have_count(0)
    expect(page.get_by_text("Atualizado")).to_be_visible()


def test_the_accounts_menu_opens_by_the_keyboard(admin: Visitor) -> None:
    page = admin.open("/admin/")
    button = page.get_by_role("button", name="Sua conta")
    button.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(button).to_be_focused()
