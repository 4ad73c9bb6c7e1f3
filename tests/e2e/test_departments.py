"""A company of 12 departments and 2,000 people: loaded by one file, used, moved about, exported.

One real system whose clock begins in October. People chat through the gateway while somebody moves
to another department, a department's limit changes for all its members and another department is
dissolved. In November finance exports October by department: the sums are those of the statistics,
to the token.
"""

import csv
import io
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.local_system import LocalSystem, running
from tests.e2e.stating_upstream import ahead_of, stating_upstream
from tests.faults.shifted_clock import ShiftedClock

pytestmark = pytest.mark.e2e

ADMIN, PASSWORD = "admin@example.com", "uma-senha-bem-comprida"
FINANCE = "financas@example.com"
PEOPLE = 2_000
DEPARTMENTS = (
    *("Vendas", "Jurídico", "Finanças", "Marketing", "Engenharia", "Suporte"),
    *("Compras", "Logística", "Pessoas", "Pesquisa", "Qualidade", "Diretoria"),
)
CHATTING = 48
WAIT_SECONDS = 90


def email_of(n: int) -> str:
    return f"pessoa{n}@example.com"


def department_of(n: int) -> str:
    return DEPARTMENTS[n % len(DEPARTMENTS)]


def manager_of(department: str) -> str:
    return f"gestor{DEPARTMENTS.index(department)}@example.com"


@dataclass
class Office:
    """The system, and what was used by department as the test has counted it."""

    system: LocalSystem
    clock: ShiftedClock
    used: Counter[str] = field(default_factory=Counter)
    ids: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    dice: random.Random = field(default_factory=lambda: random.Random(20261031))

    def token(self, email: str = ADMIN) -> dict[str, str]:
        login = {"email": email, "password": PASSWORD}
        answer = httpx.post(f"{self.system.url}/api/auth/login", json=login, timeout=60)
        assert answer.is_success, answer.text
        return {"authorization": f"Bearer {answer.json()['token']}"}

    def api(self, method: str, path: str, body: Any = None, *, by: str = ADMIN) -> httpx.Response:
        return httpx.request(
            method,
            f"{self.system.url}/api/admin{path}",
            headers=self.token(by),
            json=body,
            timeout=60,
        )

    def ok(self, method: str, path: str, body: Any = None, *, by: str = ADMIN) -> Any:
        answer = self.api(method, path, body, by=by)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def chat(self, n: int, department: str, *, prompt: int, completion: int) -> int:
        """One chat of a person's; counted for the department when it was answered."""
        answer = httpx.post(
            f"{self.system.url}/v1/chat/completions",
            headers={
                "authorization": f"Bearer {self.system.printed_key}",
                "x-user-email": email_of(n),
            },
            json={
                "model": "small",
                "messages": [{"role": "user", "content": f"{prompt}+{completion}"}],
                "max_tokens": completion,
            },
            timeout=60,
        )
        if answer.status_code == 200:
            with self.lock:
                self.used[department] += prompt + completion
        return answer.status_code

    def chats(self, people: range, departments: dict[int, str] | None = None) -> None:
        """Two chats of each, several at once; all are to be answered."""
        work = [
            (n, (departments or {}).get(n, department_of(n)), self.dice.randrange(10, 900))
            for n in people
            for _ in range(2)
        ]
        self.dice.shuffle(work)
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(
                lambda one: self.chat(one[0], one[1], prompt=one[2], completion=one[2] // 3), work
            )
            assert Counter(found) == {200: len(work)}

    def booked(self) -> None:
        """Wait until the statistics have all that was counted."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            usage = self.ok("GET", "/stats")["usage"]
            if usage["monthlyTotal"] == sum(self.used.values()):
                return
            time.sleep(0.5)
        raise AssertionError((usage, self.used))

    def shares(self) -> dict[str, int]:
        """This month's tokens by department, as the report has them; "" for who is in none."""
        found = self.ok("GET", "/reports/usage?groupBy=group&limit=50")["items"]
        return {one["groupName"] if one["key"] != "-" else "": one["tokens"] for one in found}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    clock = ShiftedClock(folder / "clock")
    clock.set(ahead_of("2026-10-20T10:00"))
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
        yield Office(system, clock)


def test_a_company_by_departments(office: Office, browser: Browser) -> None:
    loaded_by_one_file(office)
    managers_see_their_own(office)
    october(office)
    november(office)
    managers_sign_in(office, browser)
    admins_go_on_by_the_site(office, browser)
    assert "agree" in office.system.cli("reconcile").stdout


def loaded_by_one_file(office: Office) -> None:
    lines = ["email;nome;grupo;centro_de_custo"]
    lines += [
        f"{email_of(n)};Pessoa {n};{department_of(n)};CC-{n % len(DEPARTMENTS):03}"
        for n in range(PEOPLE)
    ]
    text = "\n".join(lines)
    tried = office.ok("POST", "/users/import", {"csv": text})
    assert (tried["created"], tried["failed"]) == (PEOPLE, 0)
    assert sorted(tried["newGroups"]) == sorted(DEPARTMENTS)
    assert office.ok("GET", "/groups")["items"] == []
    for _ in range(20):  # 20 seconds a call on a busy machine
        done = office.ok("POST", "/users/import", {"csv": text, "dryRun": False})
        if not done["failed"]:
            break
    assert (done["failed"], done["created"] + done["unchanged"]) == (0, PEOPLE)
    groups = office.ok("GET", "/groups")["items"]
    office.ids = {one["name"]: one["id"] for one in groups}
    assert sorted(office.ids) == sorted(DEPARTMENTS)
    assert sum(one["users"] for one in groups) == PEOPLE
    for one in groups:
        body = {
            "version": one["version"],
            "monthlyLimit": 800_000,
            "managers": [manager_of(one["name"])],
        }
        office.ok("PUT", f"/groups/{one['id']}", body)
    while office.ok("GET", "/groups")["propagation"]["state"] == "running":
        office.ok("POST", "/plans/propagation")
    shown = office.system.user(email_of(7))
    assert (shown["monthlyLimit"], shown["limitSource"]) == (800_000, "group")


def managers_see_their_own(office: Office) -> None:
    for department in DEPARTMENTS:
        person = {"email": manager_of(department), "name": department, "role": "manager"}
        office.ok("POST", "/admins", {**person, "password": PASSWORD})
    office.ok(
        "POST", "/admins", {"email": FINANCE, "name": "F", "role": "auditor", "password": PASSWORD}
    )
    time.sleep(5)  # who manages what holds within five seconds
    for department in DEPARTMENTS[:3]:
        found = office.ok("GET", "/users?limit=200", by=manager_of(department))
        own = sum(department_of(n) == department for n in range(PEOPLE))
        assert found["total"] == own
        assert {one["groupName"] for one in found["items"]} == {department}
    other = office.ids["Jurídico"]
    assert office.ok("GET", f"/users?group={other}", by=manager_of("Vendas"))["total"] == 0


def october(office: Office) -> None:
    office.chats(range(CHATTING))
    # somebody moves in mid-month; what was used stays where it was used
    mover = office.system.user(email_of(0))["id"]
    office.ok("PUT", f"/users/{mover}", {"groupId": office.ids["Pesquisa"]})
    office.chats(range(1), {0: "Pesquisa"})
    # a department's limit changes for all its members while they and others chat
    engineering = office.ids["Engenharia"]
    version = office.ok("GET", f"/groups/{engineering}")["version"]
    changing = threading.Thread(
        target=office.ok,
        args=(
            "PUT",
            f"/groups/{engineering}",
            {"version": version, "monthlyLimit": 700_000, "enforcement": "warn"},
        ),
    )
    changing.start()
    office.chats(range(CHATTING), {0: "Pesquisa"})
    changing.join()
    while office.ok("GET", "/groups")["propagation"]["state"] == "running":
        office.ok("POST", "/plans/propagation")
    for n in (4, 16, 1_996):
        shown = office.system.user(email_of(n))
        assert (shown["monthlyLimit"], shown["enforcement"]) == (700_000, "warn")
    # a department is dissolved: its people have what their plans say, and go on
    office.ok("DELETE", f"/groups/{office.ids['Diretoria']}?members=release")
    while office.ok("GET", "/groups")["propagation"]["state"] == "running":
        office.ok("POST", "/plans/propagation")
    released = office.system.user(email_of(11))
    assert (released["monthlyLimit"], released["limitSource"]) == (1_000_000, "plan")
    office.chats(range(11, 12), {11: ""})
    office.booked()
    # the dissolved department is told by its name, and who is in none apart
    assert office.shares() == {one: n for one, n in office.used.items() if n}


def november(office: Office) -> None:
    october = office.used.copy()
    office.clock.set(ahead_of("2026-11-03T09:00"))
    office.used.clear()
    office.chats(range(12, 24), {23: ""})
    office.booked()
    stats = office.ok("GET", "/stats", by=FINANCE)
    assert stats["previousMonth"]["total"] == sum(october.values())
    filters = {"from": "2026-10-01", "to": "2026-10-31"}
    body = {"type": "summary_by_group", "format": "csv", "locale": "en", "filters": filters}
    file = office.api("POST", "/reports/export", body, by=FINANCE)
    assert file.status_code == 200, file.text
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    exported = {row["Group"]: int(row["Charged tokens"]) for row in rows}
    nobody = exported.pop("No group")
    assert exported | {"": nobody} == october
    assert sum(exported.values()) + nobody == stats["previousMonth"]["total"]
    report = office.ok("GET", "/reports/usage?groupBy=group&from=2026-10-01&to=2026-10-31")
    assert sum(one["tokens"] for one in report["items"]) == sum(october.values())


@contextmanager
def signed_in(office: Office, browser: Browser, email: str) -> Iterator[Page]:
    context = browser.new_context(locale="pt-BR", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{office.system.url}/admin/")
    page.locator("input[type=email]").fill(email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Entrar")
    yield page
    context.close()


def managers_sign_in(office: Office, browser: Browser) -> None:
    """A manager's own page, as they have it in the morning."""
    with signed_in(office, browser, manager_of("Vendas")) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Usuários")
        own = sum(department_of(n) == "Vendas" for n in range(PEOPLE)) - 1  # one has moved
        expect(page.locator("main")).to_contain_text(f"{own} ")


def admins_go_on_by_the_site(office: Office, browser: Browser) -> None:
    """Another manager and a plan for a department, and somebody who begins there."""
    with signed_in(office, browser, ADMIN) as page:
        page.goto(f"{office.system.url}/admin/groups")
        page.get_by_role("button", name="Ações do grupo Compras").click()
        page.get_by_role("menuitem", name="Editar").click()
        dialog = page.get_by_role("dialog", name="Editar o grupo Compras")
        dialog.get_by_role("combobox", name="Plano").click()
        page.get_by_role("option", name="Pro").click()
        # typed and not confirmed: the box gets a line more, and the button is still hit
        dialog.get_by_label("Gestores").fill("uma.gestora.de.nome.comprido@example.com")
        dialog.get_by_role("button", name="Salvar").click()
        expect(dialog).to_be_hidden()
        page.goto(f"{office.system.url}/admin/users")
        page.get_by_role("button", name="Novo usuário").click()
        dialog = page.get_by_role("dialog", name="Novo usuário")
        dialog.get_by_label("E-mail").fill("nova@example.com")
        dialog.get_by_label("Nome").fill("Nova Pessoa")
        dialog.get_by_role("button", name="Grupo").click()
        page.get_by_role("radio", name="Compras").click()
        expect(dialog.get_by_role("combobox", name="Plano")).to_have_text("Do grupo: Pro")
        dialog.get_by_role("button", name="Criar usuário").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Nova Pessoa")
        expect(page.locator("main")).to_contain_text("do grupo Compras")
    group = office.ok("GET", f"/groups/{office.ids['Compras']}")
    assert group["managers"] == [manager_of("Compras"), "uma.gestora.de.nome.comprido@example.com"]
    new = office.ok("GET", f"/users/{office.system.user('nova@example.com')['id']}")
    assert (new["groupName"], new["plan"], new["planSource"]) == ("Compras", "pro", "group")
