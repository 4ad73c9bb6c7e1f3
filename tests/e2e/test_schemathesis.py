"""The running admin API keeps to its OpenAPI document, whatever is sent to it."""

from pathlib import Path

import pytest

from tests.e2e.fuzzing import SETTINGS, prepare, run, sign_in
from tests.e2e.local_system import running

pytestmark = pytest.mark.e2e

SEED = 20261122
# `make fuzz` sends them all
MAX_EXAMPLES = 3
ONE_IN = 4
MIN_CASES = 700

# Operations that a well-formed request alone does not get through, and why.
NEEDS_MORE = {
    "POST /auth/login": "the right password",
    "POST /auth/password": "the right password",
    "POST /auth/refresh": "a refresh token, which is a cookie",
    "POST /me/requests": "a personal link",
    "GET /auth/oidc/login": "a provider",
    "GET /auth/oidc/callback": "a provider",
}


def test_no_request_gets_a_server_error_or_an_undocumented_answer(tmp_path: Path) -> None:
    # a system of its own: these requests change and remove whatever they find
    with running(tmp_path, **SETTINGS) as system:
        found = prepare(system)
        token = sign_in(system)
        outcome = run(system, token, found, seed=SEED, max_examples=MAX_EXAMPLES, one_in=ONE_IN)
    assert not outcome.failures, outcome.output + "\n".join(outcome.failures)
    assert outcome.tested == outcome.operations
    assert outcome.cases >= MIN_CASES
    # a system that refuses everything would pass all checks
    assert [one for one in outcome.unreached if one not in NEEDS_MORE] == []
