"""One running system for the tests that need nothing special of it."""

from collections.abc import Iterator

import pytest

from tests.e2e.local_system import LocalSystem, running


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """Limits on requests and on limits lifted, so that tests can be quick and small."""
    data_dir = tmp_path_factory.mktemp("one machine")  # a path with a space
    with running(
        data_dir, RATE_LIMIT_PER_SECOND="10000", RATE_LIMIT_BURST="10000", MIN_USER_LIMIT="0"
    ) as started:
        yield started
