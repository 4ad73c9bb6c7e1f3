"""The running system in front of an upstream that calls tools, for the SDKs' tests.

They run on demand (`make test-sdks`): their environments are half a gigabyte.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.local_system import running
from tests.sdks.matrix import Neighbourhood
from tests.sdks.upstream import SdkUpstream

HERE = Path(__file__).parent
ON_DEMAND = "the matrix of SDKs runs on demand: make test-sdks"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without `make test-sdks`, each is skipped and says so."""
    if os.environ.get("SOLARIS_TEST_SDKS") == "1":
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=ON_DEMAND))


@pytest.fixture(scope="session")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    """Both, until the last test has ended."""
    upstream = SdkUpstream()
    thread = threading.Thread(target=upstream.serve_forever)
    thread.start()
    try:
        with running(
            tmp_path_factory.mktemp("sdks"),
            LITELLM_BASE_URL=upstream.url,
            LITELLM_API_KEY="sk-upstream",
            RATE_LIMIT_PER_SECOND="1000",
            RATE_LIMIT_BURST="1000",
            MIN_USER_LIMIT="0",
        ) as system:
            yield Neighbourhood(system, upstream)
    finally:
        upstream.shutdown()
        thread.join()
        upstream.server_close()
