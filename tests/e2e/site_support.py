"""What the tests of the site share: a system with a small company in it, and visitors.

A visitor is one browser context before the real gateway. It remembers what went wrong in it
(console, exceptions, refused or broken requests, breaches of the Content-Security-Policy), and
the test fails at its end for anything that it has not said to expect.
"""

import re
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.e2e.local_system import ROOT, LocalSystem, running

SITE = ROOT / "admin_site"
ADMIN, PASSWORD = "admin@example.com", "uma-senha-bem-comprida"
VIEWER = "leitura@example.com"
EVENTUALLY_SECONDS = 20
# What the page promises for news; the tests of the suite share their machine with one another.
LIVE_MILLISECONDS = 5_000
WAIT_MILLISECONDS = 60_000  # a busy machine; none is reached when a test passes
expect.set_options(timeout=WAIT_MILLISECONDS)
DESKTOP, PHONE = (1440, 900), (375, 812)
_HEARD_ELSEWHERE = "Failed to load resource"  # its answer is judged by itself
_CANCELLED = "net::ERR_ABORTED"  # by a page that was left, or a figure no longer asked for
_LOADING = "#root :is(.animate-pulse, [aria-busy=true])"
_WATCH = """
    window.layoutShift = 0;
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries())
        if (!shift.hadRecentInput) window.layoutShift += shift.value;
    }).observe({ type: "layout-shift", buffered: true });
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass(frozen=True)
class Person:
    """A user of the made-up company."""

    name: str
    email: str
    limit: int = 1_000_000


CAROLINA = Person("Carolina Figueiredo", "carolina.figueiredo@example.com")
LIVE = Person("Joaquim Prado", "joaquim.prado@example.com")
NEAR = Person("Beatriz Nogueira", "beatriz.nogueira@example.com", 10_000)
OUT = Person("Otávio Siqueira", "otavio.siqueira@example.com", 5_000)
_FIRST = ("Ana", "Bruno", "Clara", "Davi", "Elisa", "Fábio", "Gabriela", "Hugo")
_LAST = ("Almeida", "Barros", "Cardoso", "Duarte", "Esteves", "Ferraz", "Gouveia")
_OTHERS = tuple(
    Person(f"{first} {last}", f"{first}.{last}@example.com".lower().replace("á", "a"))
    for first in _FIRST
    for last in _LAST
)
PEOPLE = (CAROLINA, LIVE, NEAR, OUT, *_OTHERS)


@dataclass(frozen=True)
class Company:
    """The running system, its company, and the admin API as its admin."""

    system: LocalSystem
    api: httpx.Client

    @property
    def url(self) -> str:
        """Root of the one port."""
        return self.system.url

    def get(self, path: str, **query: str) -> Any:
        """The JSON of a GET under /api/admin."""
        answer = self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON of a POST under /api/admin that does what it is asked."""
        answer = self.api.post(path, json=body if body is not None else {})
        assert answer.is_success, answer.text
        return answer.json()

    def user(self, person: Person) -> dict[str, Any]:
        """A person as the API shows them now."""
        (found,) = self.get("/users", search=person.email)["items"]
        shown: dict[str, Any] = self.get(f"/users/{found['id']}")
        return shown

    def chat(self, person: Person, model: str = "demo-fast") -> int:
        """Ask as LibreChat does: the service key, and who it is in a header. The status."""
        return httpx.post(
            f"{self.url}/v1/chat/completions",
            headers={
                "authorization": f"Bearer {self.system.printed_key}",
                "x-user-email": person.email,
            },
            json={"model": model, "messages": [{"role": "user", "content": "Bom dia!"}]},
            timeout=30,
        ).status_code

    def spend(self, person: Person, tokens: int) -> int:
        """Use about so many tokens at once: a prompt is held as it is, an answer takes a part."""
        return httpx.post(
            f"{self.url}/v1/embeddings",
            headers={
                "authorization": f"Bearer {self.system.printed_key}",
                "x-user-email": person.email,
            },
            json={"model": "demo-embedding", "input": " um" * tokens},
            timeout=30,
        ).status_code

    def sdk(self, key: str, person: Person) -> openai.OpenAI:
        """The OpenAI SDK, set up as functions/proxy/README.md says."""
        return openai.OpenAI(
            base_url=f"{self.url}/v1",
            api_key=key,
            default_headers={"X-User-Email": person.email},
            max_retries=0,
        )

    def personal_link(self, person: Person) -> str:
        """The path of a person's own page, with its token."""
        url: str = self.post(f"/users/{self.user(person)['id']}/link")["url"]
        return url[url.index("/me/") :]


def eventually(probe: Callable[[], bool], what: str) -> None:
    """Ask until it is so; each probe is a request, which paces the loop."""
    deadline = time.monotonic() + EVENTUALLY_SECONDS
    while not probe():
        assert time.monotonic() < deadline, f"not within {EVENTUALLY_SECONDS} s: {what}"


class _SignedIn(httpx.Auth):
    """Signs in, and again when the access token has run out: a session of tests may outlast it."""

    requires_response_body = True

    def __init__(self, url: str, email: str) -> None:
        self._login = httpx.Request(
            "POST", f"{url}/api/auth/login", json={"email": email, "password": PASSWORD}
        )
        self._bearer = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Once more with a new token when the one at hand is refused."""
        if not self._bearer:
            yield from self._sign_in()
        request.headers["authorization"] = self._bearer
        if (yield request).status_code == HTTPStatus.UNAUTHORIZED:
            yield from self._sign_in()
            request.headers["authorization"] = self._bearer
            yield request

    def _sign_in(self) -> Generator[httpx.Request, httpx.Response, None]:
        answer = yield self._login
        answer.raise_for_status()
        self._bearer = f"Bearer {answer.json()['token']}"


def sign_in(url: str, email: str) -> httpx.Client:
    """A client of /api/admin that is signed in, and stays so."""
    return httpx.Client(base_url=f"{url}/api/admin", auth=_SignedIn(url, email), timeout=30)


def _fill(company: Company) -> None:
    """Sixty people, some use, one near the limit and one at its end, a viewer."""
    lines = [f"{one.email};{one.name};;{one.limit}" for one in PEOPLE]
    csv = "\n".join(["email;nome;plano;limite_mensal", *lines])
    company.post("/users/import", {"csv": csv, "dryRun": False})
    company.post(
        "/admins", {"email": VIEWER, "name": "Lia", "role": "viewer", "password": PASSWORD}
    )
    assert [company.spend(NEAR, 8_500), company.spend(OUT, 5_000)] == [200, 200]
    asked = [(CAROLINA, "demo-error-400")]
    asked += [(one, "demo-fast") for one in (CAROLINA, *_OTHERS[:6])]
    asked += [(one, "demo-tokens-900-cached") for one in _OTHERS[:12]]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda ask: company.chat(*ask), asked))
    assert statuses.count(200) == len(asked) - 1, statuses
    eventually(lambda: company.chat(OUT) == 429, "nothing is left")
    eventually(
        lambda: (
            {row["userName"] for row in company.get("/alerts")["items"]} >= {NEAR.name, OUT.name}
        ),
        "both alerts are listed",
    )


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A system of its own with the site, for somebody quicker than any person."""
    if not (SITE / "dist" / "index.html").is_file():
        pytest.skip("admin_site/dist is not there: run `make site` first")
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not there (Debian: apt install chromium)")
    with (
        running(
            tmp_path_factory.mktemp("site"),
            ADMIN_EMAIL=ADMIN,
            ADMIN_PASSWORD=PASSWORD,
            ADMIN_RATE_LIMIT_PER_SECOND="1000",
            ADMIN_RATE_LIMIT_BURST="1000",
            RATE_LIMIT_PER_SECOND="1000",
            RATE_LIMIT_BURST="1000",
            MIN_USER_LIMIT="0",
            CHANNEL_ALLOWED_HOSTS="127.0.0.0/8",
            MODEL_PRICES='{"demo-fast": {"prompt": 1, "completion": 2}}',
        ) as system,
        sign_in(system.url, ADMIN) as api,
    ):
        company = Company(system, api)
        _fill(company)
        yield company


@pytest.fixture(scope="module")
def browser(company: Company) -> Iterator[Browser]:
    """Debian's Chromium. Not for the session: Playwright's loop would be in the way of others'."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield chromium
        chromium.close()


@dataclass
class Visitor:
    """A person with a browser of their own."""

    company: Company
    context: BrowserContext
    problems: list[str] = field(default_factory=list)
    _expected: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Watch from before the first page."""
        self.context.set_default_timeout(WAIT_MILLISECONDS)
        self.context.add_init_script(_WATCH)
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.problems.append(f"thrown: {error.error}"))
        self.context.on("response", self._on_response)
        self.context.on("requestfailed", self._on_failed)
        self.page = self.context.new_page()

    def expects(self, status: int, part: str) -> None:
        """Such an answer is part of the test; status 0: none at all."""
        self._expected.append((status, part))

    def open(self, path: str, page: Page | None = None) -> Page:
        """Go to a path and wait until everything on it has loaded."""
        page = page or self.page
        page.goto(self.company.url + path)
        self.settled(page)
        return page

    def settled(self, page: Page | None = None) -> None:
        """Wait for a title and for the last placeholder to give way."""
        page = page or self.page
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(_LOADING)).to_have_count(0)

    def sign_in(self, email: str = ADMIN) -> None:
        """Get the session's cookie and the note of it, as the login page does."""
        url = self.company.url
        answer = self.context.request.post(
            f"{url}/api/auth/login",
            data={"email": email, "password": PASSWORD},
            headers={"origin": url},
        )
        assert answer.ok, answer.text()
        self.page.goto(f"{url}/admin/config.json")  # of this origin, and asks for no session itself
        self.page.evaluate("localStorage.setItem('solaris.signed-in', '1')")

    def account(self, item: str) -> None:
        """Choose from the account's menu."""
        self.page.get_by_role("button", name=re.compile("^(Sua conta|Your account)")).click()
        self.page.get_by_role("menuitem", name=item).click()

    def toast(self, text: str) -> Locator:
        """What the page says in its corner."""
        return self.page.get_by_role("dialog").filter(has_text=text)

    def _is_expected(self, status: int, url: str) -> bool:
        return any(status == one and part in url for one, part in self._expected)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and _HEARD_ELSEWHERE not in message.text:
            self.problems.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and not self._is_expected(response.status, response.url):
            self.problems.append(f"{response.status} {response.url}")

    def _on_failed(self, request: Request) -> None:
        if request.failure != _CANCELLED and not self._is_expected(0, request.url):
            self.problems.append(f"{request.failure} {request.url}")


@contextmanager
def visiting(browser: Browser, company: Company, **options: Any) -> Iterator[Visitor]:
    """A visitor, and at the end a look at what went wrong."""
    width, height = options.pop("size", DESKTOP)
    context = browser.new_context(
        locale=options.pop("locale", "pt-BR"),
        timezone_id=options.pop("timezone_id", "America/Sao_Paulo"),
        viewport={"width": width, "height": height},
        accept_downloads=True,
        **options,
    )
    try:
        visitor = Visitor(company, context)
        yield visitor
    finally:
        context.close()
    assert not visitor.problems, "\n".join(visitor.problems)


@pytest.fixture
def stranger(browser: Browser, company: Company, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody who has not signed in; `tmp_path` gets the pictures of a failure."""
    with visiting(browser, company) as visitor:
        yield visitor


@pytest.fixture
def admin(stranger: Visitor) -> Visitor:
    """Somebody who is signed in and may change everything."""
    stranger.sign_in()
    return stranger


def pages_of(company: Company) -> dict[str, str]:
    """Every page behind the login, and its title."""
    return {
        "/admin/": "Painel",
        "/admin/users": "Usuários",
        f"/admin/users/{company.user(CAROLINA)['id']}": CAROLINA.name,
        "/admin/groups": "Grupos",
        "/admin/plans": "Planos",
        "/admin/reports": "Relatórios",
        "/admin/requests": "Pedidos",
        "/admin/alerts": "Alertas",
        "/admin/channels": "Canais",
        "/admin/models": "Modelos",
        "/admin/keys": "Chaves",
        "/admin/audit": "Auditoria",
        "/admin/admins": "Administradores",
        "/admin/settings": "Configuração",
        "/admin/account": "Sua conta",
    }


def take_pictures(arguments: dict[str, Any]) -> list[Path]:
    """Photograph the open pages of a test that has failed, into its `tmp_path`."""
    folder: Path | None = arguments.get("tmp_path")
    visitors = {id(one): one for one in arguments.values() if isinstance(one, Visitor)}
    pages = [page for visitor in visitors.values() for page in visitor.context.pages]
    taken = []
    for number, page in enumerate(pages if folder else []):
        assert folder is not None
        taken.append(folder / f"page-{number}.png")
        page.screenshot(path=taken[-1])
    return taken
