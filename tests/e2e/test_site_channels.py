"""The page of channels: made, tried out, fed by a real alert, changed, removed; only read."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.site_support import PHONE, VIEWER, Company, Person, Visitor, eventually, visiting
from tests.functional.channels.receivers import receiver, status

pytestmark = pytest.mark.e2e

SPENDER = Person("Zulmira Quevedo", "zulmira.quevedo@example.com", 10_000)
PICTURES = os.environ.get("SOLARIS_TEST_PICTURES")


def picture(page: Page, name: str) -> None:
    """For people to look at, where they ask for it."""
    if PICTURES:
        page.wait_for_timeout(300)
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


@pytest.fixture(autouse=True)
def _no_channels(company: Company) -> Iterator[None]:
    yield
    for one in company.get("/channels")["items"]:
        assert company.api.delete(f"/channels/{one['id']}").status_code == 204


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name="Canais").get_by_role("row").filter(has_text=name)


def choose(page: Page, name: str, item: str) -> None:
    row(page, name).get_by_role("button", name=f"Ações do canal {name}").click()
    page.get_by_role("menuitem", name=item).click()


def make(company: Company, url: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = company.post(
        "/channels", {"name": "Plantão", "kind": "webhook", "url": url} | more
    )
    return made


def test_a_webhook_is_made_and_its_secret_shown_once(admin: Visitor, company: Company) -> None:
    page = admin.open("/admin/channels")
    expect(page.get_by_text("Nenhum canal ainda")).to_be_visible()
    picture(page, "empty")
    with receiver() as hook:
        page.get_by_role("button", name="Novo canal").click()
        dialog = page.get_by_role("dialog", name="Novo canal")
        dialog.get_by_role("button", name="Criar canal").click()
        expect(dialog.get_by_text("Informe o nome.")).to_be_visible()
        picture(page, "create")
        dialog.get_by_label("Nome", exact=True).fill("Plantão")
        admin.expects(422, "/channels")
        dialog.get_by_label("Endereço").fill("https://169.254.169.254/latest/meta-data")
        dialog.get_by_role("button", name="Criar canal").click()
        expect(dialog.get_by_text("leva a uma rede interna")).to_be_visible()
        dialog.get_by_label("Endereço").fill(hook.url(path="/hooks/9f2c"))
        dialog.get_by_label("Todos os eventos").uncheck()
        dialog.get_by_label("Modelo sem preço").uncheck()
        dialog.get_by_label("Mês fechado").uncheck()
        picture(page, "create-events")
        dialog.get_by_role("button", name="Criar canal").click()
        dialog = page.get_by_role("dialog", name="Canal criado")
        secret = dialog.get_by_text("whsec_")
        expect(secret).to_be_visible()
        picture(page, "secret")
        dialog.get_by_role("button", name="Pronto").click()
        expect(dialog).to_have_count(0)
        expect(row(page, "Plantão")).to_contain_text("12 eventos")
        expect(row(page, "Plantão")).to_contain_text("…9f2c")
        expect(row(page, "Plantão")).to_contain_text("Ativo")


def test_a_channel_is_tried_turned_changed_and_removed(admin: Visitor, company: Company) -> None:
    with receiver() as hook:
        make(company, hook.url())
        page = admin.open("/admin/channels")
        choose(page, "Plantão", "Testar")
        dialog = page.get_by_role("dialog", name="Teste de Plantão")
        expect(dialog.get_by_text("Entregue")).to_be_visible()
        assert json.loads(hook.got[0].body)["type"] == "channel.test"
        hook.behave = status(500)
        dialog.get_by_role("button", name="Testar de novo").click()
        expect(dialog.get_by_text("Recusado (500)")).to_be_visible()
        picture(page, "test")
        dialog.get_by_role("button", name="Fechar").last.click()
        expect(row(page, "Plantão")).to_contain_text("Recusado (500)")
        picture(page, "list")
        choose(page, "Plantão", "Histórico")
        dialog = page.get_by_role("dialog", name="Histórico de Plantão")
        expect(dialog.get_by_role("listitem")).to_have_count(2)
        picture(page, "history")
        page.keyboard.press("Escape")

        choose(page, "Plantão", "Novo segredo")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Criar segredo").click()
        expect(dialog.get_by_text("whsec_")).to_be_visible()
        dialog.get_by_role("button", name="Pronto").click()
        expect(dialog).to_have_count(0)

    choose(page, "Plantão", "Editar")
    dialog = page.get_by_role("dialog", name="Editar canal")
    expect(dialog.get_by_label("Endereço")).to_have_value("")
    dialog.get_by_label("Sem nomes").check()
    dialog.get_by_label("Todos os eventos").check()
    picture(page, "edit")
    dialog.get_by_role("button", name="Salvar").click()
    expect(row(page, "Plantão")).to_contain_text("sem nomes")
    (found,) = company.get("/channels")["items"]
    assert (found["noNames"], found["filter"]) == (True, {"events": None, "groups": []})

    choose(page, "Plantão", "Remover")
    page.get_by_role("dialog").get_by_role("button", name="Remover canal").click()
    expect(page.get_by_text("Nenhum canal ainda")).to_be_visible()
    page = admin.open("/admin/audit")
    expect(page.get_by_text("Novo segredo de canal").first).to_be_visible()


def test_an_alert_reaches_every_kind_of_channel(company: Company) -> None:
    with receiver() as hook, receiver() as teams, receiver() as slack:
        make(company, hook.url(), name="a")
        make(company, teams.url(), name="b", kind="teams", noNames=True)
        make(company, slack.url(), name="c", kind="slack", language="en")
        body = {"email": SPENDER.email, "name": SPENDER.name, "monthlyLimit": SPENDER.limit}
        company.post("/users", body)
        assert company.spend(SPENDER, 8_200) == 200
        eventually(lambda: bool(hook.got and teams.got and slack.got), "all three have got it")
        told = json.loads(hook.got[0].body)
        assert told["type"] == "quota.warning"
        assert told["data"]["user"]["email"] == SPENDER.email
        assert hook.got[0].headers["webhook-signature"].startswith("v1,")
        assert "Zulmira" not in teams.got[0].body.decode()
        assert SPENDER.email in slack.got[0].body.decode()
        eventually(
            lambda: all(one["lastTry"] for one in company.get("/channels")["items"]), "history"
        )


def test_a_viewer_reads_on_a_phone_and_in_the_dark(browser: Browser, company: Company) -> None:
    with receiver() as hook:
        made = make(company, hook.url(path="/with/quite/a/long/path/to/look/at/9f2c"))
        company.post(f"/channels/{made['id']}/test")
    with visiting(browser, company, size=PHONE, color_scheme="dark") as viewer:
        viewer.sign_in(VIEWER)
        page = viewer.open("/admin/channels")
        expect(page.get_by_role("button", name="Novo canal")).to_have_count(0)
        picture(page, "phone-dark-viewer")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        row(page, "Plantão").get_by_role("button").click()
        expect(page.get_by_role("menuitem")).to_have_text(["Histórico"])
        page.get_by_role("menuitem").click()
        expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(1)
        picture(page, "phone-dark-history")
    with visiting(browser, company, size=PHONE, color_scheme="dark") as visitor:
        visitor.sign_in()
        page = visitor.open("/admin/channels")
        page.get_by_role("button", name="Novo canal").click()
        dialog = page.get_by_role("dialog", name="Novo canal")
        dialog.get_by_label("Todos os eventos").uncheck()
        picture(page, "phone-dark-create")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
