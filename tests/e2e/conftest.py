"""One running system for the tests that need nothing special of it, and what the site's share."""

from collections.abc import Generator, Iterator

import pytest

from tests.e2e.local_system import LocalSystem, running
from tests.e2e.site_support import admin, browser, company, stranger, take_pictures

__all__ = ["admin", "browser", "company", "stranger"]  # fixtures of the site's tests


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Photograph what a browser shows when its test fails."""
    report = yield
    if report.when == "call" and report.failed and isinstance(item, pytest.Function):
        for path in take_pictures(item.funcargs):
            report.sections.append(("picture", str(path)))
    return report


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """Limits on requests and on limits lifted, so that tests can be quick and small."""
    data_dir = tmp_path_factory.mktemp("one machine")  # a path with a space
    with running(
        data_dir,
        RATE_LIMIT_PER_SECOND="10000",
        RATE_LIMIT_BURST="10000",
        UNAUTHORIZED_PER_MINUTE="10000",
        ADMIN_RATE_LIMIT_PER_SECOND="10000",
        ADMIN_RATE_LIMIT_BURST="10000",
        MIN_USER_LIMIT="0",
        IDENTITY_GROUP_HEADERS="x-user-department",
        MODEL_PRICES='{"demo-priced": {"prompt": 1, "completion": 2}}',
    ) as started:
        yield started
