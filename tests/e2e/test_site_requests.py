"""Requests for tokens in the site: asked on one's own page, decided from list and mail, read."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.site_support import (
    ADMIN,
    PASSWORD,
    PHONE,
    VIEWER,
    Company,
    Person,
    Visitor,
    eventually,
    visiting,
)

pytestmark = pytest.mark.e2e

LONG = "Fechamento do trimestre: resumos de contratos. " * 9 + "https://example.com/" + "a" * 20
PICTURES = os.environ.get("SOLARIS_TEST_PICTURES")
_numbers = iter(range(1, 100))


def picture(page: Page, name: str) -> None:
    """For people to look at, where they ask for it: both themes, wide and narrow."""
    if not PICTURES:
        return
    size = page.viewport_size
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(400)
            page.screenshot(path=Path(PICTURES) / f"{name}-{theme}-{width}.png", full_page=True)
    if size:
        page.set_viewport_size(size)


@pytest.fixture
def person(company: Company) -> Person:
    """Somebody new, who has a quota of 20,000 and has asked for nothing."""
    number = next(_numbers)
    made = Person(f"Rita Pedreira {number}", f"rita.{number}@example.com", 20_000)
    company.post("/users", {"email": made.email, "name": made.name, "monthlyLimit": made.limit})
    return made


@pytest.fixture(autouse=True)
def _asked_of_nobody(company: Company) -> Iterator[None]:
    """Others find a list without requests, and nothing granted at once."""
    yield
    for one in company.get("/requests")["items"]:
        company.post(f"/users/{one['userId']}/requests/{one['id']}/deny")
    state(company, isOn=True, automaticTokens=0)


def state(company: Company, **policy: Any) -> None:
    version = company.get("/requests/policy")["version"]
    answer = company.api.put("/requests/policy", json=policy | {"version": version})
    assert answer.is_success, answer.text


def ask(company: Company, person: Person, tokens: int, reason: str = "Fechamento") -> str:
    """Asks as the person's page does; the id of the request."""
    token = company.personal_link(person).split("#")[1]
    answer = company.api.post(
        f"{company.url}/api/me/requests",
        json={"tokens": tokens, "reason": reason},
        headers={"authorization": f"Bearer {token}"},
        auth=lambda request: request,
    )
    assert answer.status_code == 201, answer.text
    request_id: str = answer.json()["id"]
    return request_id


def address(company: Company, person: Person, request_id: str, decision: str = "") -> str:
    """The address in mails and cards."""
    found = f"/admin/requests?user={company.user(person)['id']}&request={request_id}"
    return f"{found}&decision={decision}" if decision else found


def look(visitor: Visitor, path: str) -> Page:
    """Go to a path that opens a dialog, over which there is no heading of the page."""
    visitor.page.goto(visitor.company.url + path)
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    return visitor.page


def row(page: Page, person: Person) -> Locator:
    return page.get_by_role("listitem").filter(has_text=person.email)


def last_of(company: Company, person: Person) -> dict[str, Any]:
    last: dict[str, Any] = company.get(f"/users/{company.user(person)['id']}/requests")["items"][0]
    return last


def test_tokens_are_asked_for_on_the_own_page_and_granted_from_the_list(
    browser: Browser, company: Company, person: Person
) -> None:
    with visiting(browser, company) as visitor, visiting(browser, company) as decider:
        page = visitor.open(company.personal_link(person))
        page.get_by_role("button", name="Pedir tokens").press("Enter")
        picture(page, "me-quiet-open")
        suggestion = page.get_by_role("group", name="Quantidades sugeridas").get_by_role("button")
        expect(suggestion).to_have_count(3)
        expect(suggestion.first).to_be_focused()
        page.get_by_label("Quantidade", exact=True).fill("30 mil")
        page.get_by_role("button", name="Enviar pedido").click()
        expect(page.get_by_label("Motivo")).to_be_focused()
        picture(page, "me-missing")
        page.get_by_label("Motivo").fill(LONG)
        page.get_by_role("button", name="Enviar pedido").click()
        status = page.get_by_role("status")
        expect(status).to_contain_text("Seu pedido de 30.000 tokens está em análise")
        expect(status).to_be_focused()
        picture(page, "me-pending")

        decider.sign_in()
        admin = decider.open("/admin/requests")
        navigation = admin.get_by_role("navigation")
        expect(
            navigation.get_by_role("link", name="Pedidos 1 pedido de tokens aberto")
        ).to_be_visible()
        expect(row(admin, person)).to_contain_text(LONG.strip())
        picture(admin, "list")
        row(admin, person).get_by_role("button", name="Aprovar").click()
        dialog = admin.get_by_role("dialog")
        expect(dialog).to_contain_text(f"{person.name} passa de 20.000 para 50.000 tokens em ")
        expect(dialog).to_contain_text(re.compile(r"Em \w+ a cota volta a 20\.000\."))
        dialog.get_by_label("Quantidade").fill("40 mil")
        dialog.get_by_label("Recado").fill("Bom projeto.\nBoa sorte.")
        expect(dialog).to_contain_text("para 60.000 tokens")
        picture(admin, "approve")
        dialog.get_by_role("button", name="Aprovar 40.000 tokens").click()
        expect(decider.toast("aprovado: 40.000 tokens")).to_be_visible()
        expect(row(admin, person)).to_have_count(0)
        expect(navigation.get_by_role("link", name="Pedidos", exact=True)).to_be_visible()
        assert company.user(person)["additionalTokens"] == 40_000
        decider.open("/admin/requests?state=approved")
        expect(row(admin, person)).to_contain_text(f"Aprovado por {ADMIN}")
        picture(admin, "approved")
        decider.open(f"/admin/users/{company.user(person)['id']}")
        expect(admin.get_by_text("Recado: Bom projeto.")).to_be_visible()
        picture(admin, "user")

        visitor.open(company.personal_link(person))
        page.reload()
        expect(status).to_contain_text("40.000 tokens concedidos, só este mês")
        expect(status).to_contain_text("Você tinha pedido 30.000.")
        picture(page, "me-approved")


def test_who_is_out_finds_the_form_open_and_is_served_at_once_by_the_policy(
    browser: Browser, company: Company, person: Person
) -> None:
    state(company, isOn=True, automaticTokens=50_000)
    assert company.spend(person, 20_000) == 200
    eventually(lambda: company.chat(person) == 429, "nothing is left")
    with visiting(browser, company, size=PHONE) as visitor:
        page = visitor.open(company.personal_link(person))
        expect(page.get_by_label("Motivo")).to_be_visible()
        picture(page, "me-low")
        page.get_by_label("Quantidade", exact=True).fill("50 mil")
        page.get_by_label("Motivo").fill("Prova amanhã")
        page.get_by_role("button", name="Enviar pedido").click()
        status = page.get_by_role("status")
        expect(status).to_contain_text("50.000 tokens concedidos na hora, só este mês")
        picture(page, "me-at-once")
        assert company.chat(person) == 200
        expect(page.get_by_text("Sua cota deste mês acabou")).to_have_count(0)


def test_a_link_of_a_mail_opens_the_dialog_after_signing_in(
    stranger: Visitor, company: Company, person: Person
) -> None:
    request_id = ask(company, person, 30_000)
    stranger.expects(401, "/api/auth/")
    page = stranger.open(address(company, person, request_id, "deny"))
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Senha", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Negar o pedido de {person.name}")
    dialog.get_by_label("Recado").fill("Só em dezembro")
    picture(page, "deny")
    dialog.get_by_role("button", name="Negar").click()
    expect(stranger.toast(f"Pedido de {person.name} negado")).to_be_visible()
    expect(page).to_have_url(f"{company.url}/admin/requests")
    assert last_of(company, person)["note"] == "Só em dezembro"

    # the same link again, by somebody who finds it decided
    page = look(stranger, address(company, person, request_id, "approve"))
    dialog = page.get_by_role("dialog", name=f"Pedido de {person.name}")
    expect(dialog).to_contain_text(f"Negado por {ADMIN} em ")
    expect(dialog.get_by_role("button", name="Aprovar")).to_have_count(0)
    picture(page, "decided")

    page = stranger.open(company.personal_link(person))
    status = page.get_by_role("status")
    expect(status).to_contain_text("foi negado")
    expect(status).to_contain_text("Você pode pedir de novo a partir de")
    expect(page.get_by_role("button", name="Pedir tokens")).to_have_count(0)
    picture(page, "me-denied")


def test_of_two_who_decide_the_second_reads_who_was_first(
    browser: Browser, company: Company, person: Person
) -> None:
    other = "outro.chefe@example.com"
    company.post(
        "/admins", {"email": other, "name": "Olavo", "role": "admin", "password": PASSWORD}
    )
    request_id = ask(company, person, 30_000)
    with visiting(browser, company) as visitor:
        visitor.sign_in(other)
        page = look(visitor, address(company, person, request_id, "approve"))
        dialog = page.get_by_role("dialog")
        button = dialog.get_by_role("button", name="Aprovar 30.000 tokens")
        expect(button).to_be_visible()
        company.post(f"/users/{company.user(person)['id']}/requests/{request_id}/deny")
        visitor.expects(409, "/approve")
        button.click()
        expect(dialog.get_by_role("alert")).to_contain_text(
            re.compile(f"Este pedido já foi \\w+ por {ADMIN} em ")
        )
        expect(dialog).to_contain_text(f"Negado por {ADMIN} em ")
        picture(page, "second")
        dialog.get_by_role("button", name="Fechar").last.click()
        expect(dialog).to_have_count(0)
    assert company.user(person)["additionalTokens"] == 0


def test_a_manager_decides_for_members_alone_and_for_this_month(
    browser: Browser, company: Company, person: Person
) -> None:
    chief, member = "chefia@example.com", Person("Mara Pedrosa", "mara@example.com", 20_000)
    company.post(
        "/admins", {"email": chief, "name": "Chefia", "role": "manager", "password": PASSWORD}
    )
    group = company.post("/groups", {"name": "Time da chefia", "managers": [chief]})
    company.post(
        "/users",
        {
            "email": member.email,
            "name": member.name,
            "groupId": group["id"],
            "monthlyLimit": member.limit,
        },
    )
    foreign = ask(company, person, 10_000)
    ask(company, member, 10_000)
    with visiting(browser, company) as visitor:
        visitor.sign_in(chief)
        page = visitor.open("/admin/requests")
        expect(row(page, member)).to_contain_text("Time da chefia")
        expect(row(page, person)).to_have_count(0)
        expect(page.get_by_role("heading", name="Como os pedidos são recebidos")).to_have_count(0)
        row(page, member).get_by_role("button", name="Aprovar").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("radio")).to_have_count(1)
        dialog.get_by_label("Quantidade").fill("999 mi")
        visitor.expects(422, "/approve")
        dialog.get_by_role("button", name="Aprovar 999.000.000 tokens").click()
        expect(
            dialog.get_by_text(re.compile("Você ainda pode conceder|gestor", re.IGNORECASE))
        ).to_be_visible()
        picture(page, "ceiling")
        dialog.get_by_label("Quantidade").fill("10 mil")
        dialog.get_by_role("button", name="Aprovar 10.000 tokens").click()
        expect(dialog).to_have_count(0)
        visitor.expects(404, "/requests")
        look(visitor, address(company, person, foreign, "approve"))
        expect(page.get_by_role("dialog", name="Pedido não encontrado")).to_be_visible()
        picture(page, "not-found")
    company.api.delete(f"/groups/{group['id']}", params={"members": "release"}).raise_for_status()


def test_a_viewer_reads_and_the_policy_is_changed_in_words(
    browser: Browser, company: Company, person: Person
) -> None:
    request_id = ask(company, person, 10_000)
    with visiting(browser, company) as visitor:
        visitor.sign_in(VIEWER)
        page = look(visitor, address(company, person, request_id, "approve"))
        expect(page.get_by_role("dialog")).to_contain_text("Quem decide são os gestores")
        page.keyboard.press("Escape")
        expect(row(page, person).get_by_role("button")).to_have_count(0)
        expect(page.get_by_text("Nada é concedido sem uma decisão.")).to_be_visible()
        expect(page.get_by_role("button", name="Alterar")).to_have_count(0)
        picture(page, "viewer")
    with visiting(browser, company) as visitor:
        visitor.sign_in()
        page = visitor.open("/admin/requests")
        page.get_by_role("button", name="Alterar").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Tokens concedidos na hora").fill("100 mil")
        expect(dialog).to_contain_text("Até 100.000 tokens por pessoa e mês")
        picture(page, "policy")
        state(company, isOn=False, automaticTokens=0)
        visitor.expects(409, "/requests/policy")
        dialog.get_by_role("button", name="Salvar").click()
        expect(dialog.get_by_role("alert")).to_contain_text("Outra pessoa mudou isto")
        expect(dialog.get_by_role("alert")).to_contain_text("Pedidos não são recebidos")
        picture(page, "policy-conflict")
        dialog.get_by_role("button", name="Salvar").click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_text("Até 100.000 tokens por pessoa e mês")).to_be_visible()
        assert company.get("/requests/policy")["automaticTokens"] == 100_000
        visitor.open("/admin/audit?targetType=request_policy")
        expect(page.get_by_text("Regra dos pedidos de tokens alterada").first).to_be_visible()
        picture(page, "audit")
