"""Rates of admin keys: each has its own, and wrong ones keep nobody from signing in."""

from collections.abc import Iterator

import pytest

from solaris.sign_in.admin_keys.key import generate_admin_key
from tests.functional.platform.api_support import ADMIN, ApiClient
from tests.functional.sign_in.test_admin_key_routes import SETTINGS, bearer, running, secret_of

SLOW = {"ADMIN_RATE_LIMIT_PER_SECOND": "0.001", "ADMIN_RATE_LIMIT_BURST": "3"}


@pytest.fixture
def slow() -> Iterator[ApiClient]:
    with running(**SLOW) as made:
        yield made


async def test_each_key_has_a_rate_of_its_own(slow: ApiClient) -> None:
    first, second = secret_of(slow), secret_of(slow)
    statuses = [(await slow.send("GET", SETTINGS, bearer(first))).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert (await slow.send("GET", SETTINGS, bearer(second))).status == 200
    assert (await slow.send("GET", SETTINGS, ADMIN)).status == 200


async def test_wrong_keys_have_a_rate_that_keeps_nobody_from_signing_in(slow: ApiClient) -> None:
    wrong = bearer(generate_admin_key())
    statuses = [(await slow.send("GET", SETTINGS, wrong)).status for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    assert (await slow.send("GET", "/api/auth/options")).status == 200
    assert (await slow.send("GET", SETTINGS, bearer(secret_of(slow)))).status == 200
