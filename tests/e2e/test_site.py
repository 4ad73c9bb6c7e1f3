"""The admin's day on the site, in Debian's Chromium, on the real system."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.site_support import (
    ADMIN,
    CAROLINA,
    LIVE,
    LIVE_MILLISECONDS,
    NEAR,
    PASSWORD,
    PEOPLE,
    Company,
    Visitor,
    eventually,
)

pytestmark = pytest.mark.e2e

KEY = re.compile(r"^sk-solaris-[\w-]{43}$")


def figure(page: Page, label: str) -> Locator:
    """The number under a label of the user's quota."""
    return (
        page.locator("dl > div").filter(has=page.get_by_text(label, exact=True)).locator("dd").first
    )


def shown_number(found: Locator) -> int:
    """A number as pt-BR writes it."""
    return int((found.text_content() or "").replace(".", ""))


def written(tokens: int) -> str:
    """A number as pt-BR writes it."""
    return f"{tokens:,}".replace(",", ".")


def test_signing_in_leads_to_the_page_that_was_asked_for(stranger: Visitor) -> None:
    stranger.expects(401, "/api/auth/login")
    page = stranger.page
    page.goto(f"{stranger.company.url}/admin/users?search=nogueira")
    expect(page.get_by_role("heading", name="Entrar")).to_be_visible()
    assert urlsplit(page.url).path == "/admin/login"

    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Senha", exact=True).fill("outra-senha-comprida")
    page.get_by_role("button", name="Entrar", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("E-mail ou senha incorretos.")

    page.get_by_label("Senha", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    expect(page.get_by_role("heading", name="Usuários")).to_be_visible()
    address = urlsplit(page.url)
    assert address.path == "/admin/users"
    assert parse_qs(address.query)["search"] in (["nogueira"], ['"nogueira"'])
    rows = page.get_by_role("table", name="Usuários").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(NEAR.name)


def test_a_user_is_found_suspended_refused_activated_granted_and_served(
    admin: Visitor, company: Company
) -> None:
    page = admin.open("/admin/users")
    page.get_by_label("Buscar por nome ou e-mail").fill("figueir")
    rows = page.get_by_role("table", name="Usuários").locator("tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link", name=CAROLINA.name).click()
    expect(page.get_by_role("heading", level=1, name=CAROLINA.name)).to_contain_text("Ativo")

    page.get_by_role("button", name="Suspender").click()
    dialog = page.get_by_role("dialog", name=f"Suspender {CAROLINA.name}?")
    dialog.get_by_role("button", name="Suspender").click()
    expect(dialog.get_by_text("Informe o motivo.")).to_be_visible()
    dialog.get_by_label("Motivo").fill("Licença sem uso")
    dialog.get_by_role("button", name="Suspender").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Suspenso")
    assert company.user(CAROLINA)["status"] == "suspended"
    assert company.chat(CAROLINA) == 403

    page.get_by_role("button", name="Ativar").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ativo")
    expect(admin.toast(f"{CAROLINA.name} está ativo.")).to_be_visible()

    page.get_by_role("button", name="Adicionar tokens").click()
    dialog = page.get_by_role("dialog", name="Adicionar tokens")
    dialog.get_by_label("Quantidade").first.fill("250 mil")
    dialog.get_by_label("Motivo").fill("Fechamento do mês")
    dialog.get_by_role("button", name="Adicionar", exact=True).click()
    expect(figure(page, "Concedido")).to_have_text("1.250.000")
    assert company.user(CAROLINA)["additionalTokens"] == 250_000

    assert company.chat(CAROLINA) == 200
    changes = company.get(f"/users/{company.user(CAROLINA)['id']}/transactions")["items"]
    assert {one["reason"] for one in changes} >= {"Licença sem uso", "Fechamento do mês"}


def test_new_usage_shows_on_the_open_pages_within_five_seconds(
    admin: Visitor, company: Company
) -> None:
    assert company.chat(LIVE, "demo-tokens-1000") == 200
    page = admin.open(f"/admin/users/{company.user(LIVE)['id']}")
    dashboard = admin.open("/admin/", admin.context.new_page())
    month = dashboard.locator("section").filter(has_text="Tokens no mês").locator("[title]").first
    eventually(lambda: company.user(LIVE)["reservedTokens"] == 0, "the first request is booked")
    total = company.get("/stats")["usage"]["monthlyTotal"]
    expect(month).to_have_attribute("title", written(total), timeout=LIVE_MILLISECONDS)
    used = company.user(LIVE)["currentUsage"]
    page.bring_to_front()
    expect(figure(page, "Usado")).to_have_text(written(used), timeout=LIVE_MILLISECONDS)

    assert company.chat(LIVE, "demo-tokens-2000") == 200
    expect(figure(page, "Usado")).not_to_have_text(written(used), timeout=LIVE_MILLISECONDS)
    assert shown_number(figure(page, "Usado")) >= used + 2_000
    dashboard.bring_to_front()
    expect(month).not_to_have_attribute("title", written(total), timeout=LIVE_MILLISECONDS)


def test_an_alert_is_resolved_on_the_dashboard(admin: Visitor, company: Company) -> None:
    page = admin.open("/admin/")
    resolve = page.get_by_role("button", name=f"Resolver: {NEAR.name}")
    resolve.click()
    expect(admin.toast("Alerta resolvido")).to_be_visible()
    expect(resolve).to_have_count(0)
    (alert,) = company.get("/alerts", userId=company.user(NEAR)["id"])["items"]
    assert alert["resolvedAt"] is not None
    assert alert["resolvedBy"] == ADMIN


def test_a_report_is_exported_as_a_workbook_with_the_same_figures(
    admin: Visitor, company: Company, tmp_path: Path
) -> None:
    page = admin.open("/admin/reports")
    with page.expect_download() as started:
        page.get_by_role("button", name="Exportar").click()
        page.get_by_role("menuitem", name="XLSX").click()
    expect(admin.toast("Arquivo baixado")).to_be_visible()
    assert started.value.suggested_filename.endswith(".xlsx")
    started.value.save_as(tmp_path / "consumo.xlsx")

    workbook = openpyxl.load_workbook(tmp_path / "consumo.xlsx", read_only=True)
    cells = [row for sheet in workbook.worksheets for row in sheet.iter_rows(values_only=True)]
    workbook.close()
    today = company.get("/stats")["today"]["day"]
    report = company.get(
        "/reports/usage", groupBy="user", limit="100", **{"from": f"{today[:8]}01", "to": today}
    )
    listed = {row["email"]: row["tokens"] for row in report["items"]}
    assert NEAR.email in listed
    emails = {one.email for one in PEOPLE}
    exported = {cell: row for row in cells for cell in row if cell in emails}
    assert set(exported) == set(listed) & emails
    assert listed[NEAR.email] in exported[NEAR.email]


def test_language_and_theme_are_kept(admin: Visitor) -> None:
    page = admin.open("/admin/")
    expect(page.locator("html")).not_to_have_class(re.compile("dark"))
    admin.account("Tema: Do sistema")
    admin.account("Tema: Claro")
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    admin.account("Idioma: Português")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")

    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    expect(page.get_by_role("navigation").get_by_role("link", name="Users")).to_be_visible()


def test_a_key_made_on_the_page_serves_the_openai_sdk(admin: Visitor, company: Company) -> None:
    page = admin.open("/admin/keys")
    page.get_by_role("button", name="Nova chave").first.click()
    dialog = page.get_by_role("dialog", name="Nova chave")
    dialog.get_by_label("Nome").fill("LibreChat da diretoria")
    dialog.get_by_role("button", name="Criar chave").click()
    dialog = page.get_by_role("dialog", name="Chave criada")
    key = dialog.locator("figure", has_text="Chave").first.locator("pre").text_content() or ""
    assert KEY.match(key)
    expect(dialog.get_by_text("librechat.yaml")).to_be_visible()
    dialog.get_by_role("button", name="Já guardei a chave").click()
    row = page.get_by_role("table", name="Chaves").get_by_role("row", name="LibreChat da diretoria")
    expect(row).to_contain_text("Ativa")
    expect(page.get_by_text(key)).to_have_count(0)

    client = company.sdk(key, CAROLINA)
    answer = client.chat.completions.create(
        model="demo-fast", messages=[{"role": "user", "content": "Oi"}]
    )
    client.close()
    assert answer.choices[0].message.content
    assert "demo-fast" in answer.model
