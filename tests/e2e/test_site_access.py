"""Admin keys from their making on the page to their end, and what an auditor is shown."""

import re
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.site_support import (
    PASSWORD,
    PHONE,
    Company,
    Visitor,
    pages_of,
    visiting,
)

pytestmark = pytest.mark.e2e

AUDITOR = "auditoria@example.com"
NOT_FOR_ROLE = "Esta página não é do seu perfil"
SEEN = {"Painel", "Relatórios", "Auditoria", "Administradores", "Sua conta"}
REVOKED_SECONDS = 5.0


def asked(company: Company, key: str, path: str = "/api/admin/users") -> httpx.Response:
    """Ask with a key, as a program would."""
    headers = {"authorization": f"Bearer {key}", "accept-language": "en"}
    return httpx.get(company.url + path, headers=headers, timeout=30)


def test_a_key_is_made_shown_once_used_and_revoked(
    admin: Visitor, company: Company, tmp_path: Path
) -> None:
    page = admin.open("/admin/admins")
    page.get_by_role("button", name="Criar chave").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nome").fill("terraform")
    dialog.get_by_role("button", name="Criar chave").click()
    expect(dialog.get_by_role("alert")).to_have_text("Escolha ao menos uma permissão")
    dialog.get_by_label("Ver usuários, alertas e concessões").check()
    expect(dialog.get_by_role("alert")).to_have_count(0)
    dialog.get_by_text("30 dias").click()
    dialog.get_by_role("button", name="Criar chave").click()
    key = dialog.locator("pre").first.text_content() or ""
    assert re.fullmatch(r"sk-solaris-admin-[A-Za-z0-9_-]{43}", key)

    page.keyboard.press("Escape")
    expect(dialog.get_by_role("alert")).to_contain_text("ainda não foi copiada")
    dialog.get_by_role("button", name="Voltar").click()
    page.screenshot(path=tmp_path / "issued.png")
    dialog.get_by_role("button", name="Já guardei a chave").click()
    expect(dialog).to_have_count(0)
    row = page.get_by_role("table", name="Chaves de administração").get_by_role(
        "row", name="terraform"
    )
    expect(row).to_contain_text("Nunca usada")
    assert key not in page.content()

    assert asked(company, key).status_code == 200
    assert asked(company, key, "/api/admin/audit").json()["code"] == "missing_scope"
    chat = asked(company, key, "/v1/models")
    assert (chat.status_code, chat.json()["error"]["code"]) == (401, "not_a_gateway_key")
    page.reload()
    admin.settled()
    expect(row).not_to_contain_text("Nunca usada")
    page.screenshot(path=tmp_path / "keys.png", full_page=True)

    row.get_by_role("button", name="Revogar terraform").click()
    dialog = page.get_by_role("dialog", name="Revogar terraform?")
    expect(dialog).to_contain_text("para de funcionar")
    began = time.monotonic()
    dialog.get_by_role("button", name="Revogar", exact=True).click()
    expect(row).to_contain_text("Revogada")
    expect(row.get_by_role("button")).to_have_count(0)
    while asked(company, key).status_code != 401:
        assert time.monotonic() - began < REVOKED_SECONDS
    assert asked(company, key).json()["code"] == "invalid_admin_key"


def test_a_body_is_taken_of_a_key_that_is_good_and_of_no_other(company: Company) -> None:
    made = company.post("/admin-keys", {"scopes": ["users:write"]})
    body = {"email": "por.chave@example.com"}
    for key, status in ((made["key"], 201), (made["key"][:-1] + "!", 401)):
        answer = httpx.post(
            f"{company.url}/api/admin/users",
            headers={"authorization": f"Bearer {key}"},
            json=body,
            timeout=30,
        )
        assert answer.status_code == status
    (row,) = company.get("/audit", actor=f"admin-key:{made['adminKey']['id']}")["items"]
    assert (row["action"], row["targetLabel"]) == ("user.create", body["email"])


def test_an_auditor_is_shown_reports_and_the_log_and_no_way_to_more(
    browser: Browser, company: Company, tmp_path: Path
) -> None:
    person = {"email": AUDITOR, "name": "Aldo", "role": "auditor", "password": PASSWORD}
    company.post("/admins", person)
    with visiting(browser, company) as visitor:
        visitor.sign_in(AUDITOR)
        page = visitor.open("/admin/")
        links = page.get_by_role("navigation", name="Navegação").get_by_role("link")
        assert {one.inner_text().strip() for one in links.all()} == SEEN - {"Sua conta"}
        expect(page.get_by_role("button", name="Sua conta")).to_contain_text("Auditor")
        page.screenshot(path=tmp_path / "dashboard.png", full_page=True)
        # each answer of the API is looked at: none is refused
        for path, title in pages_of(company).items():
            visitor.open(path)
            shown = title if title in SEEN else NOT_FOR_ROLE
            expect(page.get_by_role("heading", level=1)).to_have_text(shown)
        visitor.open("/admin/admins")
        expect(page.get_by_text("Chaves de administração")).to_have_count(0)
        expect(page.get_by_role("button", name="Adicionar pessoa")).to_have_count(0)
        page.keyboard.press("Control+k")
        page.get_by_role("combobox").fill("chave")
        expect(page.get_by_role("option")).to_have_count(0)


def test_the_keys_of_admins_fit_a_phone(browser: Browser, company: Company) -> None:
    company.post("/admin-keys", {"scopes": ["reports:read"], "name": "relatórios"})
    with visiting(browser, company, size=PHONE) as visitor:
        visitor.sign_in()
        page = visitor.open("/admin/admins")
        expect(page.get_by_role("row", name="relatórios")).to_contain_text("Ativa")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide


def test_a_manager_is_shown_their_groups_people_and_helps_them(
    browser: Browser, company: Company, tmp_path: Path
) -> None:
    chief, member = "gestora@example.com", "membro.do.grupo@example.com"
    company.post(
        "/admins", {"email": chief, "name": "Gilda", "role": "manager", "password": PASSWORD}
    )
    group = company.post("/groups", {"name": "Time da Gilda", "managers": [chief]})
    company.post("/users", {"email": member, "name": "Marta", "groupId": group["id"]})
    with visiting(browser, company) as visitor:
        visitor.sign_in(chief)
        # each answer of the API is looked at: none is refused
        page = visitor.open("/admin/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Usuários")
        links = page.get_by_role("navigation", name="Navegação").get_by_role("link")
        assert {one.inner_text().strip() for one in links.all()} == {
            "Usuários",
            "Grupos",
            "Relatórios",
            "Pedidos",
            "Alertas",
        }
        rows = page.get_by_role("table").first.get_by_role("row")
        expect(rows).to_have_count(2)
        expect(page.get_by_role("button", name="Importar CSV")).to_have_count(0)
        expect(page.get_by_role("button", name="Exportar")).to_have_count(0)
        page.screenshot(path=tmp_path / "users.png", full_page=True)
        page.get_by_role("link", name="Marta").first.click()
        visitor.settled()
        page.get_by_role("button", name="Adicionar tokens").first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("radio")).to_have_count(1)
        dialog.get_by_label("Quantidade").fill("50.000")
        dialog.get_by_label("Motivo").fill("fechamento do mês")
        page.screenshot(path=tmp_path / "tokens.png")
        dialog.get_by_role("button", name="Adicionar", exact=True).click()
        expect(dialog).to_have_count(0)
        (grant,) = company.get(f"/users/{_id(company, member)}/grants")["items"]
        assert (grant["tokens"], grant["kind"]) == (50_000, "this_month")
        page.screenshot(path=tmp_path / "user.png", full_page=True)
        visitor.open("/admin/groups")
        expect(page.get_by_role("heading", level=1)).to_have_text("Grupos")
        expect(page.get_by_text("Time da Gilda").first).to_be_visible()
        expect(page.get_by_role("button", name="Novo grupo")).to_have_count(0)
        page.screenshot(path=tmp_path / "groups.png", full_page=True)
        visitor.open("/admin/reports?group=key")
        expect(page.get_by_role("heading", level=1)).to_have_text("Relatórios")
        # the company has used a lot, and none of it in this group
        expect(page.get_by_text("Nenhum uso neste período")).to_be_visible()
        expect(page.get_by_role("radio", name="Modelo")).to_have_count(1)
        expect(page.get_by_role("radio", name="Chave")).to_have_count(0)
        expect(page.get_by_role("button", name="Chaves")).to_have_count(0)
        expect(page.get_by_text("Requisições recusadas")).to_have_count(0)
        page.get_by_role("button", name="Exportar").click()
        page.get_by_role("menuitem", name="Exportações recentes").click()
        expect(page.get_by_role("dialog")).to_contain_text("As suas.")
        page.keyboard.press("Escape")
        page.screenshot(path=tmp_path / "reports.png", full_page=True)
        for path in ("/admin/", "/admin/audit", "/admin/keys", "/admin/settings"):
            visitor.open(path)
            expect(page.get_by_role("heading", level=1)).to_have_text(
                "Usuários" if path == "/admin/" else NOT_FOR_ROLE
            )
    # others begin with a company that has no groups
    company.api.delete(f"/groups/{group['id']}", params={"members": "release"}).raise_for_status()


def _id(company: Company, email: str) -> str:
    (found,) = company.get("/users", search=email)["items"]
    user_id: str = found["id"]
    return user_id
