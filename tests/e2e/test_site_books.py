"""Books that differ: seen on the site, put right from the command line, and told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.site_support import PEOPLE, PHONE, Company, Visitor, visiting
from tests.e2e.test_site_axe import AXE, told, violations
from tests.e2e.test_site_look import OVERFLOW

pytestmark = pytest.mark.e2e

WRONG = PEOPLE[-3]
TOKENS = 1_234
SETTINGS = "/admin/settings"


@pytest.fixture
def plain(browser: Browser, company: Company, tmp_path: Path) -> Iterator[Visitor]:
    """An admin for whom nothing moves; axe's own code is let past the page's policy."""
    if not AXE.is_file():
        pytest.skip("axe-core is not there: run `npm ci` in admin_site")
    with visiting(browser, company, bypass_csp=True, reduced_motion="reduce") as visitor:
        visitor.sign_in()
        yield visitor


def add_usage(company: Company) -> None:
    """Usage that no record tells of, past everything that the system does."""
    lines = (company.system.data_dir / "run.env").read_text("utf-8").splitlines()
    known = dict(line.split("=", 1) for line in lines if "=" in line)
    make_client: Any = boto3.client
    dynamodb = make_client(
        "dynamodb",
        endpoint_url=known["AWS_ENDPOINT_URL_DYNAMODB"].strip("'\""),
        region_name="us-east-1",
        aws_access_key_id=known["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
    )
    dynamodb.update_item(
        TableName="solaris-local-users",
        Key={"user_id": {"S": company.user(WRONG)["id"]}},
        UpdateExpression="ADD current_usage :more, available_tokens :less",
        ExpressionAttributeValues={":more": {"N": str(TOKENS)}, ":less": {"N": str(-TOKENS)}},
    )


def card(page: Page) -> Locator:
    heading = page.get_by_role("heading", name="Conferência dos saldos")
    return page.locator("section").filter(has=heading)


def test_books_that_differ_are_shown_and_put_right(
    plain: Visitor, browser: Browser, company: Company
) -> None:
    company.system.cli("reconcile")
    page = plain.open(SETTINGS)
    expect(card(page)).to_contain_text("Tudo confere")
    expect(card(page).get_by_role("table")).to_have_count(0)

    add_usage(company)
    assert company.system.cli("reconcile", check=False).returncode == 1
    plain.open(SETTINGS)
    expect(card(page)).to_contain_text("1 diferença")
    row = card(page).get_by_role("row").nth(1)
    expect(row).to_contain_text("Mês aberto")
    expect(row).to_contain_text("1.234")
    wrong = told({SETTINGS: violations(page)})
    assert not wrong, wrong
    with visiting(browser, company, size=PHONE, has_touch=True, is_mobile=True) as phone:
        phone.sign_in()
        small = phone.open(SETTINGS)
        expect(card(small)).to_contain_text(WRONG.email)
        assert small.evaluate(OVERFLOW) == 0

    company.system.cli("reconcile", "--repair")
    plain.open(SETTINGS)
    expect(card(page)).to_contain_text("Tudo confere")
    plain.open(f"/admin/users/{company.user(WRONG)['id']}")
    page.get_by_role("tab", name="Movimentações").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("pelos registros de uso")
