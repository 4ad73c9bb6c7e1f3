"""LibreChat and a browser before it. On demand: `make test-librechat LIBRECHAT=/path`."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.librechat.neighbours import Neighbours, neighbours, wanting
from tests.librechat.person import Person

HERE = Path(__file__).parent
VARIABLE = "SOLARIS_TEST_LIBRECHAT"
ON_DEMAND = "LibreChat itself runs on demand: make test-librechat LIBRECHAT=/path/to/LibreChat"
VERSIONS = pytest.StashKey[str]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was run."""
    if VERSIONS in config.stash:
        terminalreporter.write_line(config.stash[VERSIONS])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a path to LibreChat, each is skipped and says so."""
    if os.environ.get(VARIABLE):
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=ON_DEMAND))


@pytest.fixture(scope="session")
def around(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Neighbours]:
    """All of it, until the last test has ended. A path that cannot be started is an error."""
    folder = Path(os.environ[VARIABLE]).expanduser().resolve()
    assert (why := wanting(folder)) is None, why
    with neighbours(folder, tmp_path_factory.mktemp("librechat")) as started:
        pytestconfig.stash[VERSIONS] = started.versions
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    found = shutil.which("chromium")
    assert found, "Chromium is not there (Debian: apt install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def person(around: Neighbours, chromium: Browser, tmp_path: Path) -> Iterator[Person]:
    """Somebody new, with a browser of their own; `tmp_path` gets a picture of the end."""
    context = chromium.new_context(locale="pt-BR", viewport={"width": 1280, "height": 900})
    try:
        somebody = Person(around, context)
        yield somebody
    finally:
        for number, page in enumerate(context.pages):
            page.screenshot(path=tmp_path / f"page-{number}.png")
        context.close()
