"""From November to January with every kind of grant, two weights and a day's cap.

One real system whose clock is moved, an upstream that states round figures, one person. Everything
is done as people do it: the OpenAI SDK, the command line, the admin API, the site. Each figure can
be checked by hand; README tells this story in ten lines.

    limit 10,000 · granted: 5,000 this month, 4,000 until 15 December, 3,000 until used, 2,000 every
    month · big counts 2x (prompt) and 5x (answer), llama* nothing · 6,000 a day at most
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import openai
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.local_system import LocalSystem, running
from tests.e2e.stating_upstream import ahead_of, stating_upstream
from tests.faults.shifted_clock import ShiftedClock

pytestmark = pytest.mark.e2e

ANA = "ana.walker@example.com"
ADMIN, PASSWORD = "admin@example.com", "uma-senha-bem-comprida"
WAIT_SECONDS = 60


@dataclass
class Walk:
    """The system at some day, and Ana."""

    system: LocalSystem
    clock: ShiftedClock
    ahead: float
    requests: int = 0

    def go_to(self, local: str) -> None:
        """Move the clock of the running system: `2026-12-16T09:00`, in São Paulo."""
        self.ahead = ahead_of(local)
        self.clock.set(self.ahead)

    def chat(self, model: str, usage: str) -> None:
        """One chat of Ana's by the SDK, booked when this returns."""
        with self.client as client:
            client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": usage}], max_tokens=100
            )
        self.requests += 1
        deadline = time.monotonic() + WAIT_SECONDS
        while self.user()["reservedTokens"] and time.monotonic() < deadline:
            time.sleep(0.1)

    def refused(self, model: str) -> tuple[int, str | None, str | None, str]:
        """A chat that is refused: status, code, Retry-After and text."""
        with self.client as client, pytest.raises(openai.APIStatusError) as refused:
            client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "1+1"}]
            )
        error = refused.value
        return error.status_code, error.code, error.response.headers.get("retry-after"), str(error)

    @property
    def client(self) -> openai.OpenAI:
        return openai.OpenAI(
            base_url=f"{self.system.url}/v1",
            api_key=self.system.printed_key or "",
            default_headers={"X-User-Email": ANA},
            max_retries=0,
        )

    def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The admin API, signed in now: sessions end while months pass."""
        url = f"{self.system.url}/api"
        login = {"email": ADMIN, "password": PASSWORD}
        token = httpx.post(f"{url}/auth/login", json=login, timeout=30).json()["token"]
        headers = {"authorization": f"Bearer {token}"}
        answer = httpx.request(method, f"{url}/admin{path}", headers=headers, json=body, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    def user(self) -> dict[str, Any]:
        return self.system.user(ANA)

    @property
    def standing(self) -> tuple[int, int, int]:
        """Granted on top of the limit, used, available."""
        shown = self.user()
        return shown["additionalTokens"], shown["currentUsage"], shown["availableTokens"]

    def grants(self) -> dict[str, int]:
        """What is left of each, by the command line."""
        found = json.loads(self.system.cli("users", "grants", ANA, "--json").stdout)["grants"]
        return {one["kind"]: one["tokens"] for one in found}


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("walk")
    clock, ahead = ShiftedClock(folder / "clock"), ahead_of("2026-11-10T10:00")
    clock.set(ahead)
    with (
        stating_upstream() as upstream,
        running(
            folder / "data",
            **clock.variables(),
            LITELLM_BASE_URL=upstream,
            MIN_USER_LIMIT="0",
            ADMIN_EMAIL=ADMIN,
            ADMIN_PASSWORD=PASSWORD,
            ADMIN_RATE_LIMIT_PER_SECOND="1000",
            ADMIN_RATE_LIMIT_BURST="1000",
        ) as system,
    ):
        yield Walk(system, clock, ahead)


def test_from_november_to_january(walk: Walk, browser: Browser) -> None:
    november(walk, browser)
    december(walk, browser)
    january(walk)
    assert "agree" in walk.system.cli("reconcile").stdout


def november(walk: Walk, browser: Browser) -> None:
    cli = walk.system.cli
    cli("users", "create", ANA, "--limit", "10000", "--name", "Ana Walker")
    cli("users", "set-daily-limit", ANA, "6000")
    cli("models", "set-weight", "big", "2", "--completion", "5", "--reason", "list price")
    table = walk.api("GET", "/weights")
    weights = {"big": {"prompt": 2, "completion": 5}, "llama*": 0}
    body = {"weights": weights, "version": table["version"], "reason": "on our own machine"}
    walk.api("PUT", "/weights", body)

    user_id = walk.user()["id"]
    granted_in_the_site(walk, browser, user_id)
    cli("users", "add-tokens", ANA, "4000", "--until", "2026-12-15", "--reason", "the fair")
    for kind, amount in (("until_used", 3_000), (None, 2_000)):
        body = {"amount": amount, "reason": "more"} | ({"kind": kind} if kind else {})
        walk.api("POST", f"/users/{user_id}/tokens", body)
    assert walk.standing == (14_000, 0, 24_000)

    time.sleep(6)  # a change of weights holds within five seconds
    walk.chat("small", "1000+500")
    assert walk.standing == (14_000, 1_500, 22_500)
    walk.chat("big", "1000+480")  # 2 x 1,000 + 5 x 480
    assert walk.standing == (14_000, 5_900, 18_100)
    walk.chat("llama-4", "5000+5000")
    assert walk.standing == (14_000, 5_900, 18_100)

    # 100 of the day's 6,000 are left: not enough for an answer
    status, code, retry, text = walk.refused("small")
    assert (status, code, retry) == (429, "daily_limit_reached", None)
    assert "amanhã" in text
    walk.chat("llama-4", "1+1")
    walk.api("POST", f"/users/{user_id}/lift-day", {"reason": "the fair"})
    walk.chat("small", "1000+900")
    assert walk.standing[1] == 7_800

    walk.go_to("2026-11-11T09:00")
    walk.chat("small", "5000+900")
    assert walk.refused("small")[1] == "daily_limit_reached"
    walk.go_to("2026-11-12T09:00")
    walk.chat("small", "4000+300")
    # of November's own 17,000 (limit, this month, every month) all is used, and of what ends on
    # 15 December 1,000
    assert walk.standing == (14_000, 18_000, 6_000)
    assert (
        walk.grants()
        == {
            "this_month": 0,
            "until": 3_000,
            "until_used": 3_000,
            "every_month": 0,
        }
        or walk.grants()["until"] == 3_000
    )
    usage = walk.api("GET", "/reports/usage?groupBy=model")["items"]
    charged = {one["model"]: one["tokens"] for one in usage}
    assert charged == {"small": 13_600, "big": 4_400, "llama-4": 0}


def december(walk: Walk, browser: Browser) -> None:
    walk.go_to("2026-12-01T00:05")
    # 2,000 every month, 3,000 until the 15th, 3,000 until used
    assert walk.standing == (8_000, 0, 18_000)
    assert walk.grants() == {"until": 3_000, "until_used": 3_000, "every_month": 2_000}
    walk.go_to("2026-12-10T09:00")
    walk.chat("small", "1500+500")  # of what ends first
    assert walk.grants()["until"] == 1_000
    seen_in_the_site(walk, browser)
    walk.go_to("2026-12-16T00:01")
    # 1,000 have ended unused; 2,000 of that grant are used and stay counted
    assert walk.standing == (7_000, 2_000, 15_000)
    walk.system.cli("users", "set-daily-limit", ANA, "none")
    walk.chat("big", "1000+100")  # 2,500
    walk.chat("small", "10500+500")
    # 12,000 of December's own, 1,500 of what lasts until it is used
    assert walk.standing == (7_000, 15_500, 1_500)


def january(walk: Walk) -> None:
    walk.go_to("2027-01-01T00:05")
    # 2,000 every month, and what is left of "until used"
    assert walk.standing == (3_500, 0, 13_500)
    assert walk.grants() == {"until_used": 1_500, "every_month": 2_000}
    user_id = walk.user()["id"]
    deadline = time.monotonic() + WAIT_SECONDS
    closed: dict[str, int] = {}
    while "2026-12" not in closed and time.monotonic() < deadline:  # the schedule opens the month
        time.sleep(0.5)
        found = walk.api("GET", f"/users/{user_id}/periods")["items"]
        closed = {one["period"]: one["currentUsage"] for one in found if not one.get("isOpen")}
    assert (closed["2026-11"], closed["2026-12"]) == (18_000, 15_500)


def granted_in_the_site(walk: Walk, browser: Browser, user_id: str) -> None:
    """5,000 for this month, by the dialog's first radio button."""
    with signed_in(walk, browser) as page:
        page.goto(f"{walk.system.url}/admin/users/{user_id}")
        page.get_by_role("button", name="Adicionar tokens").click()
        dialog = page.get_by_role("dialog", name="Adicionar tokens")
        dialog.get_by_label("Quantidade").first.fill("5000")
        expect(dialog.get_by_role("radio", name="Só este mês")).to_be_checked()
        dialog.get_by_label("Motivo").fill("Feira")
        dialog.get_by_role("button", name="Adicionar", exact=True).click()
        expect(dialog).to_have_count(0)


def seen_in_the_site(walk: Walk, browser: Browser) -> None:
    """December's grants and figures on Ana's page."""
    user_id = walk.user()["id"]
    with signed_in(walk, browser) as page:
        page.goto(f"{walk.system.url}/admin/users/{user_id}")
        title = page.get_by_role("heading", name="Tokens adicionais")
        card = page.locator("section").filter(has=title)
        for text in ("Restam 1.000 de 4.000", "até 15 de dez. de 2026", "até acabarem"):
            expect(card).to_contain_text(text)
        expect(page.locator("main")).to_contain_text("Usados hoje: 2.000 de 6.000 tokens")
        if "WALK_PICTURE" in os.environ:  # README's
            page.screenshot(path=os.environ["WALK_PICTURE"])


@contextmanager
def signed_in(walk: Walk, browser: Browser) -> Iterator[Page]:
    """The admin in a browser whose clock goes with the system's."""
    now = datetime.now(UTC).timestamp() + walk.ahead
    context = browser.new_context(locale="pt-BR", viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.clock.install(time=now)
    page.goto(f"{walk.system.url}/admin/")
    page.locator("input[type=email]").fill(ADMIN)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.locator("input[type=password]")).to_have_count(0)
    try:
        yield page
    finally:
        context.close()
