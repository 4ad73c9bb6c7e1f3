"""Whom no mail reaches: shown where an admin looks, and put right from there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.mail_events import bounce
from tests.e2e.site_support import (
    ADMIN,
    PEOPLE,
    PHONE,
    VIEWER,
    Company,
    Person,
    Visitor,
    eventually,
    visiting,
)
from tests.e2e.test_site_axe import AXE, told, violations
from tests.e2e.test_site_look import OVERFLOW

pytestmark = pytest.mark.e2e

GONE, OTHER = PEOPLE[-1], PEOPLE[-2]
LIFT = "Voltar a enviar e-mails"
NOTICE = "Esta pessoa não recebe nossos e-mails"


@pytest.fixture
def plain(browser: Browser, company: Company, tmp_path: Path) -> Iterator[Visitor]:
    """An admin for whom nothing moves; axe's own code is let past the page's policy."""
    if not AXE.is_file():
        pytest.skip("axe-core is not there: run `npm ci` in admin_site")
    with visiting(browser, company, bypass_csp=True, reduced_motion="reduce") as visitor:
        visitor.sign_in()
        yield visitor


def page_of(company: Company, person: Person) -> str:
    return f"/admin/users/{company.user(person)['id']}"


def warned(company: Company, person: Person) -> None:
    """Let somebody run into their limit, and wait until their mail was looked at."""
    user = company.user(person)
    path = f"/users/{user['id']}"
    assert company.api.put(path, json={"monthlyLimit": 1_000}).is_success
    assert company.spend(person, 900) == 200

    def is_suppressed() -> bool:
        items = company.get("/alerts", userId=user["id"])["items"]
        mails = [mail for one in items for mail in one["mails"] if mail["audience"] == "user"]
        return "suppressed" in {mail["state"] for mail in mails}

    eventually(is_suppressed, "the user's mail is not sent")


def test_who_bounced_is_shown_everywhere_and_gets_mail_again(
    plain: Visitor, company: Company
) -> None:
    bounce(company.system, GONE.email, "diretoria@example.com")
    warned(company, GONE)
    page = plain.open("/admin/alerts")
    expect(page.get_by_text("não enviado: o endereço já devolveu mensagens").first).to_be_visible()

    page = plain.open("/admin/settings")
    expect(page.get_by_text("Endereços que não recebem e-mails")).to_be_visible()
    found = {"settings": violations(page)}
    page.get_by_role("button", name=f"{LIFT} para diretoria@example.com").click()
    page.get_by_role("dialog").get_by_role("button", name=LIFT).click()
    expect(plain.toast("diretoria@example.com volta a receber e-mails.")).to_be_visible()
    expect(page.get_by_text("diretoria@example.com", exact=True)).to_have_count(0)

    page = plain.open(page_of(company, GONE))
    notice = page.get_by_role("region", name=NOTICE)
    expect(notice).to_contain_text("smtp; 550 5.1.1 user unknown")
    found["user"] = violations(page)
    notice.get_by_role("button", name=LIFT).click()
    dialog = page.get_by_role("dialog").filter(has=page.get_by_role("heading"))
    expect(dialog).to_contain_text(f"Confirme antes que {GONE.email} existe")
    found["dialog"] = violations(page, "[role=dialog]")
    dialog.get_by_role("button", name=LIFT).click()
    expect(plain.toast(f"{GONE.email} volta a receber e-mails.")).to_be_visible()
    expect(notice).to_have_count(0)
    assert company.user(GONE)["mailSuppression"] is None

    page = plain.open("/admin/audit")
    row = page.get_by_role("row").filter(has_text="Envio de e-mails retomado")
    expect(row.filter(has_text=GONE.email)).to_contain_text(ADMIN)
    wrong = told(found)
    assert wrong == ""


def test_a_viewer_sees_why_and_the_notice_fits_a_phone(browser: Browser, company: Company) -> None:
    bounce(company.system, OTHER.email)
    with visiting(browser, company, size=PHONE, has_touch=True, is_mobile=True) as visitor:
        visitor.sign_in(VIEWER)
        page = visitor.open(page_of(company, OTHER))
        notice = page.get_by_role("region", name=NOTICE)
        expect(notice).to_be_visible()
        expect(notice.get_by_role("button")).to_have_count(0)
        assert page.evaluate(OVERFLOW) == 0
