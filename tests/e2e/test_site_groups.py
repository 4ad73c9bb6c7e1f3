"""Groups on the site: made, filled by a bulk change, changed with a preview, let go, looked up."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from solaris.platform.mail.site_pages import SitePages
from tests.e2e.site_support import (
    CAROLINA,
    LIVE,
    OUT,
    PEOPLE,
    PHONE,
    VIEWER,
    Company,
    Person,
    Visitor,
    eventually,
    visiting,
)
from tests.e2e.test_site_axe import plain, told, violations

pytestmark = pytest.mark.e2e

__all__ = ["plain"]


@pytest.fixture(autouse=True)
def _no_groups(company: Company) -> Iterator[None]:
    _delete_groups(company)
    yield
    _delete_groups(company)


def _delete_groups(company: Company) -> None:
    for group in company.get("/groups")["items"]:
        answer = company.api.delete(f"/groups/{group['id']}", params={"members": "release"})
        assert answer.is_success, answer.text


def made(company: Company, name: str, *people: Person, **stated: Any) -> dict[str, Any]:
    """A group with people in it."""
    group: dict[str, Any] = company.post("/groups", {"name": name, **stated})
    for person in people:
        put(company, person, groupId=group["id"])
    return group


def put(company: Company, person: Person, **change: Any) -> None:
    answer = company.api.put(f"/users/{company.user(person)['id']}", json=change)
    assert answer.is_success, answer.text


def row(page: Page, table: str, name: str) -> Locator:
    return page.get_by_role("table", name=table).get_by_role("row").filter(has_text=name)


def test_a_group_is_made(admin: Visitor, company: Company) -> None:
    page = admin.open("/admin/groups")
    expect(page.get_by_text("Nenhum grupo ainda")).to_be_visible()
    expect(page.get_by_text("um CSV com as colunas email, grupo e centro_de_custo")).to_be_visible()

    page.get_by_role("button", name="Novo grupo").click()
    dialog = page.get_by_role("dialog", name="Novo grupo")
    dialog.get_by_role("button", name="Criar grupo").click()
    expect(dialog.get_by_text("Dê um nome ao grupo")).to_be_visible()
    dialog.get_by_label("Nome", exact=True).fill("Vendas")
    dialog.get_by_label("Centro de custo").fill("CC-104")
    dialog.get_by_label("Limite mensal").fill("2 mi")
    dialog.get_by_label("Teto do mês, de todos juntos").fill("9 mi")
    dialog.get_by_label("Modelos permitidos").fill("demo-*")
    managers = dialog.get_by_label("Gestores")
    managers.fill("chefe")
    managers.press("Enter")
    expect(dialog.get_by_text("“chefe” não é um endereço de e-mail.")).to_be_visible()
    managers.fill("Chefe@example.com")
    managers.press("Enter")
    dialog.get_by_role("button", name="Criar grupo").click()
    expect(dialog).to_have_count(0)
    shown = row(page, "Grupos", "Vendas")
    expect(shown).to_contain_text("chefe@example.com")
    (group,) = company.get("/groups")["items"]
    stated = ("name", "costCenter", "monthlyLimit", "ceilingTokens", "models", "managers")
    assert [group[name] for name in stated] == [
        *("Vendas", "CC-104", 2_000_000, 9_000_000, ["demo-*"], ["chefe@example.com"])
    ]


def test_a_change_says_whom_it_reaches_and_a_deletion_what_becomes_of_them(
    admin: Visitor, company: Company
) -> None:
    group = made(company, "Vendas", CAROLINA, monthlyLimit=2_000_000)
    put(company, LIVE, groupId=group["id"], limitSource="plan")
    put(company, OUT, groupId=group["id"], monthlyLimit=5_000, limitSource="own")
    page = admin.open("/admin/groups")
    shown = row(page, "Grupos", "Vendas")
    expect(shown).to_contain_text("2 mi")
    shown.get_by_role("button", name="Ações do grupo Vendas").click()
    page.get_by_role("menuitem", name="Editar").click()
    dialog = page.get_by_role("dialog", name="Editar o grupo Vendas")
    expect(dialog.get_by_text("Nada para os membros.")).to_be_visible()
    dialog.get_by_label("Limite mensal").fill("1.000")
    impact = dialog.get_by_role("status").filter(has_text="O que muda")
    expect(impact).to_contain_text("de 3 membros")
    expect(impact).to_contain_text("limite próprio e fica")
    dialog.get_by_label("Limite mensal").fill("3 mi")
    dialog.get_by_label("Motivo").fill("mais gente")
    expect(impact).not_to_contain_text("esgotada")
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog).to_have_count(0)
    expect(shown).to_contain_text("3 mi")
    expect(page.get_by_text("Última mudança")).to_be_visible()
    assert company.user(LIVE)["monthlyLimit"] == 3_000_000

    shown.get_by_role("button", name="Ações do grupo Vendas").click()
    page.get_by_role("menuitem", name="Excluir").click()
    dialog = page.get_by_role("dialog", name="Excluir o grupo Vendas?")
    expect(dialog).to_contain_text("3 pessoas saem do grupo")
    dialog.get_by_role("button", name="Excluir e liberar 3 pessoas").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("Nenhum grupo ainda")).to_be_visible()
    assert company.user(LIVE)["groupId"] is None

    page = admin.open('/admin/audit?targetType="group"')
    for text in ("Grupo criado", "Grupo alterado", "Grupo excluído"):
        expect(page.get_by_text(text).first).to_be_visible()


def test_what_two_change_at_once_is_told(admin: Visitor, company: Company) -> None:
    admin.expects(409, "/groups/")
    group = made(company, "Vendas")
    page = admin.open("/admin/groups")
    page.get_by_role("button", name="Ações do grupo Vendas").click()
    page.get_by_role("menuitem", name="Editar").click()
    dialog = page.get_by_role("dialog", name="Editar o grupo Vendas")
    dialog.get_by_label("Centro de custo").fill("CC-1")
    change = {"costCenter": "CC-2", "version": group["version"]}
    assert company.api.put(f"/groups/{group['id']}", json=change).is_success
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Outra pessoa alterou o grupo")
    expect(dialog.get_by_label("Centro de custo")).to_have_value("CC-1")


def test_a_name_that_is_taken_is_said_at_its_field(admin: Visitor, company: Company) -> None:
    admin.expects(422, "/groups")
    made(company, "Vendas")
    page = admin.open("/admin/groups")
    page.get_by_role("button", name="Novo grupo").click()
    dialog = page.get_by_role("dialog", name="Novo grupo")
    dialog.get_by_label("Nome", exact=True).fill("vendas")
    dialog.get_by_role("button", name="Criar grupo").click()
    expect(dialog.get_by_text("Já existe um grupo com esse nome")).to_be_visible()


def test_everybody_found_is_put_into_a_group(
    admin: Visitor, company: Company, tmp_path: Path
) -> None:
    group = made(company, "Ensino", costCenter="CC-7", monthlyLimit=800_000)
    made(company, "Vendas")
    page = admin.open('/admin/users?group=["none"]')
    expect(page.get_by_role("button", name="Grupo Sem grupo")).to_be_visible()
    page.get_by_label("Selecionar todos desta página").check()
    bar = page.get_by_role("region", name="Ações para os selecionados")
    expect(bar).to_contain_text("50 selecionados")
    total = company.get("/users", group="none", limit="1")["total"]
    bar.get_by_role("button", name=f"Selecionar todos os {total}").click()
    expect(bar).to_contain_text(f"{total} selecionados")
    bar.get_by_role("button", name="Mudar grupo").click()
    dialog = page.get_by_role("dialog", name="Mudar grupo")
    dialog.get_by_label("Motivo").fill("reorganização")
    dialog.get_by_role("button", name=f"Mudar o grupo de {total} pessoas").click()
    expect(dialog.get_by_text("Escolha um grupo")).to_be_visible()
    dialog.get_by_label("Buscar grupo ou centro de custo").fill("cc-7")
    dialog.get_by_role("radio").check()
    dialog.get_by_role("button", name=f"Mudar o grupo de {total} pessoas").click()
    expect(dialog).to_have_count(0)
    expect(admin.toast(f"Grupo alterado para {total} pessoas.")).to_be_visible()
    found = company.get("/users", group=group["id"], limit="1")["total"]
    assert found == total >= len(PEOPLE)

    page = admin.open("/admin/groups")
    row(page, "Grupos", "Ensino").get_by_role("link", name="Ensino").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Usuários")
    expect(page.get_by_text(f"{total} pessoas")).to_be_visible()
    page.get_by_role("button", name="Colunas").click()
    page.get_by_role("menuitemcheckbox", name="Centro de custo").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="Centro de custo")).to_be_visible()
    expect(page.get_by_role("cell", name="CC-7").first).to_be_visible()

    page.get_by_role("button", name="Exportar").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="CSV").click()
    download.value.save_as(tmp_path / "users.csv")
    text = (tmp_path / "users.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert len(rows) == total
    assert {(one["Grupo"], one["Centro de custo"]) for one in rows} == {("Ensino", "CC-7")}


def test_a_person_changes_group_and_models_in_place(admin: Visitor, company: Company) -> None:
    made(company, "Vendas", monthlyLimit=700_000, plan="pro", models=["demo-fast"])
    put(company, LIVE, limitSource="plan")
    page = admin.open(f"/admin/users/{company.user(LIVE)['id']}")
    card = page.locator("section").filter(has=page.get_by_role("heading", name="Grupo e modelos"))
    expect(card).to_contain_text("Sem grupo")
    card.get_by_role("button", name="Mudar grupo").click()
    dialog = page.get_by_role("dialog", name="Mudar grupo")
    dialog.get_by_role("radio", name="Vendas").check()
    expect(dialog.get_by_text("O grupo dá 700.000 tokens por mês.")).to_be_visible()
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("Limite do grupo Vendas")).to_be_visible()
    expect(card).to_contain_text("do grupo Vendas")
    expect(card).to_contain_text("demo-fast")

    card.get_by_role("button", name="Mudar modelos").click()
    dialog = page.get_by_role("dialog", name="Modelos permitidos")
    dialog.get_by_label("Modelos permitidos").click()
    page.get_by_role("option", name="Só estes").click()
    dialog.get_by_label("Modelos", exact=True).fill("demo-slow,")
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog).to_have_count(0)
    expect(card).to_contain_text("próprios")
    assert company.user(LIVE)["models"] == ["demo-fast", "demo-slow"]

    put(company, LIVE, plan="enterprise")
    card.get_by_role("button", name="Voltar ao plano do grupo").click()
    expect(card.get_by_role("button", name="Voltar ao plano do grupo")).to_have_count(0)
    expect(card).to_contain_text("do grupo Vendas")
    assert company.user(LIVE)["planSource"] == "group"

    card.get_by_role("link", name="Vendas").click()
    rows = page.get_by_role("table", name="Usuários").locator("tbody tr")
    expect(rows).to_have_count(1)
    put(company, LIVE, modelsSource="group", planSource="group")

    page = admin.open('/admin/audit?action="user.set_group"')
    entry = page.get_by_role("row").filter(has_text=LIVE.email).first
    expect(entry).to_contain_text("Grupo:")
    expect(entry).to_contain_text("Vendas")


def test_a_thousand_groups_are_paged_searched_and_sorted(admin: Visitor, company: Company) -> None:
    for number in range(120):
        company.post("/groups", {"name": f"Turma {number:03}", "costCenter": f"CC-{number % 7}"})
    page = admin.open("/admin/groups")
    rows = page.get_by_role("table", name="Grupos").locator("tbody tr")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Próxima").click()
    page.get_by_role("button", name="Próxima").click()
    expect(rows).to_have_count(20)
    page.get_by_role("searchbox").fill("TURMA cc-3")
    expect(rows).to_have_count(17)
    page.get_by_role("button", name="Nome").click()
    expect(rows.first).to_contain_text("Turma 115")
    page.get_by_role("searchbox").fill("ninguém")
    expect(page.get_by_text("Nenhum grupo corresponde à busca")).to_be_visible()


def test_a_viewer_reads_groups_and_changes_none_on_a_phone_too(
    browser: Browser, company: Company
) -> None:
    made(company, "Vendas", CAROLINA, costCenter="CC-104", ceilingTokens=1_000)
    with visiting(browser, company, size=PHONE) as viewer:
        viewer.sign_in(VIEWER)
        page = viewer.open("/admin/groups")
        expect(row(page, "Grupos", "Vendas")).to_contain_text("CC-104 · 1 pessoa")
        expect(page.get_by_role("button", name="Novo grupo")).to_have_count(0)
        expect(page.get_by_role("button", name="Ações do grupo")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


def test_groups_and_their_dialogs_are_accessible(plain: Visitor, company: Company) -> None:
    made(company, "Vendas", CAROLINA, costCenter="CC-104", ceilingTokens=1_000, models=["a", "b*"])
    plain.sign_in()
    page = plain.open("/admin/groups")
    found = {"list": violations(page)}
    for item in ("Editar", "Excluir"):
        page.get_by_role("button", name="Ações do grupo Vendas").click()
        page.get_by_role("menuitem", name=item).click()
        dialog = page.get_by_role("dialog").filter(has=page.get_by_role("heading"))
        expect(dialog).to_be_visible()
        found[item] = violations(page, "[role=dialog]")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    page = plain.open("/admin/users")
    page.get_by_role("button", name="Grupo", exact=True).click()
    expect(page.get_by_role("checkbox", name="Sem grupo")).to_be_visible()
    found["filter"] = violations(page)
    page.keyboard.press("Escape")
    page.get_by_label("Selecionar todos desta página").check()
    bar = page.get_by_role("region", name="Ações para os selecionados")
    found["bar"] = violations(page)
    for button in ("Mudar grupo", "Mudar limite"):
        bar.get_by_role("button", name=button).click()
        dialog = page.get_by_role("dialog", name=button)
        expect(dialog).to_be_visible()
        found[button] = violations(page, "[role=dialog]")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    wrong = told(found)
    assert wrong == ""


def test_the_buttons_of_mails_open_what_they_are_about(admin: Visitor, company: Company) -> None:
    named, other = made(company, "123", PEOPLE[0]), made(company, "1234", PEOPLE[1])
    for person in PEOPLE[:2]:
        assert company.spend(person, 200) == 200
    period = company.user(PEOPLE[0])["period"]
    pages = SitePages("")

    page = admin.open(pages.user(company.user(PEOPLE[0])["id"]))
    expect(page.get_by_role("heading", level=1)).to_contain_text(PEOPLE[0].name)

    page = admin.open(pages.group("1234"))
    expect(page.get_by_role("row").filter(has_text=other["name"])).to_be_visible()
    expect(page.get_by_label("Buscar por nome ou centro de custo")).to_have_value("1234")

    def used_by(group: dict[str, Any]) -> Locator:
        shown = admin.open(pages.report_of_group(period, group["id"]))
        return shown.get_by_role("table").last

    eventually(lambda: used_by(named).get_by_text(PEOPLE[0].name).count() > 0, "it is booked")
    expect(used_by(named)).not_to_contain_text(PEOPLE[1].name)
    table = admin.open(pages.report_by_group(period)).get_by_role("table").last
    expect(table).to_contain_text("1234")
    expect(admin.open(pages.report(period)).get_by_role("table").last).to_contain_text(
        PEOPLE[1].name
    )
