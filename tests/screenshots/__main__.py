"""Photographs every page in both languages, both themes and two widths: `make screenshots`.

    build/screenshots/<locale>/<theme>-<width>/<page>.png

A system of its own is filled with the demo company (infra/local/demo/company/__main__.py; two
minutes). For each page a line says what a look at it found: text that is cut off or lies over
other text, a page wider than its screen, words of the other language. Exit code 1 for any.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.local_system import ROOT, LocalSystem, running
from tests.e2e.site_support import ADMIN, PASSWORD, SITE, Company, sign_in, visiting
from tests.screenshots.languages import LOCALES
from tests.screenshots.looking import THEMES, WIDTHS, Findings, Typed, examine, picture

OUT = ROOT / "build" / "screenshots"
DEMO_SECONDS = 900
MOST_SECONDS = 2_700
SMALL = 500
_TABS = ("requests", "transactions", "months", "alerts")


def addresses(company: Company) -> dict[str, str]:
    """A name for the picture, and the path of each page; the open ones come first."""
    first, *_ = company.get("/users", sort="percentage", order="desc", limit="20")["items"]
    someone = company.get("/users", sort="usage", order="desc", limit="1")["items"][0]["id"]
    link: str = company.post(f"/users/{someone}/link")["url"]
    user = f"/admin/users/{someone}"
    return {
        "me": link[link.index("/me/") :],
        "login": "/admin/login",
        "dashboard": "/admin/",
        "users": "/admin/users",
        "users-filtered": '/admin/users?level=["near"]&status=["active"]',
        "users-nobody": "/admin/users?search=ninguem-se-chama-assim",
        "user": user,
        **{f"user-{tab}": f"{user}?tab={tab}" for tab in _TABS},
        "user-at-the-end": f"/admin/users/{first['id']}",
        "reports": "/admin/reports",
        **{f"reports-{by}": f"/admin/reports?group={by}" for by in ("model", "day", "none")},
        "requests": "/admin/requests",
        **{f"requests-{one}": f"/admin/requests?state={one}" for one in ("approved", "lapsed")},
        "alerts": "/admin/alerts",
        "models": "/admin/models",
        "keys": "/admin/keys",
        "audit": "/admin/audit",
        "admins": "/admin/admins",
        "settings": "/admin/settings",
        "account": "/admin/account",
        "no-such-page": "/admin/nowhere",
    }


def take(
    browser: Browser, company: Company, paths: dict[str, str], out: Path, deadline: float
) -> Iterator[tuple[str, Findings]]:
    """Every page in every way: what it is, and what a look at it found. Raises TimeoutError."""
    for locale in LOCALES:
        for width in WIDTHS:
            options: dict[str, Any] = {"locale": locale, "reduced_motion": "reduce"}
            if width < SMALL:
                options |= {"has_touch": True, "is_mobile": True}
            with visiting(browser, company, size=(width, 900), **options) as visitor:
                typed = Typed(visitor.page)
                visitor.open("/me/")  # a link opened where /me/ is open already loads nothing anew
                for name, path in paths.items():
                    if name == "dashboard":
                        visitor.sign_in()
                    page = visitor.open(path)
                    yield f"{locale} {width} {name}", examine(page, locale, typed)
                    for theme in THEMES:
                        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                        expect(page.locator("html.dark")).to_have_count(int(theme == "dark"))
                        picture(page, out / locale / f"{theme}-{width}" / f"{name}.png")
                    page.emulate_media(color_scheme="light")
                    if time.monotonic() > deadline:
                        msg = f"not done within {MOST_SECONDS} s"
                        raise TimeoutError(msg)


def _fill(system: LocalSystem) -> None:
    subprocess.run(
        [sys.executable, "-m", "infra.local.demo.company"],
        cwd=ROOT,
        env=system.environment,
        check=True,
        timeout=DEMO_SECONDS,
    )


def main() -> int:
    """0: nothing is wrong, 1: something is, 2: this machine cannot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT, help="where the pictures go")
    parser.add_argument("--data", type=Path, help="where a system with the company is, or goes")
    parser.add_argument("--only", default="", help="pages whose name has this, as `user`")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None or not (SITE / "dist" / "index.html").is_file():
        print("[screenshots] wanted: Chromium (apt install chromium), `make site`", file=sys.stderr)
        return 2
    deadline = time.monotonic() + MOST_SECONDS
    wrong = 0
    with ExitStack() as stack:
        folder = options.data or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="solaris-screenshots-"))
        )
        system = stack.enter_context(
            running(
                folder,
                ADMIN_EMAIL=ADMIN,
                ADMIN_PASSWORD=PASSWORD,
                ADMIN_RATE_LIMIT_PER_SECOND="1000",
                ADMIN_RATE_LIMIT_BURST="1000",
                SUPPORT_EMAIL="suporte@example.com",
            )
        )
        api = stack.enter_context(sign_in(system.url, ADMIN))
        playwright = stack.enter_context(sync_playwright())
        _fill(system)
        company = Company(system, api)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        paths = addresses(company)
        wanted = {n: p for n, p in paths.items() if options.only in n or n == "dashboard"}
        for page, findings in take(browser, company, wanted, options.out, deadline):
            lines = findings.lines()
            print(f"{page}: {'; '.join(lines) or 'nothing'}", flush=True)
            wrong += len(lines)
        browser.close()
    print(f"[screenshots] {options.out}: {wrong} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
