"""When the upstream fails: half of twenty requests; when it is well: a fifth of five at most."""

import pytest

from solaris.ledger.figures import is_upstream_failure
from solaris.operations.upstream_rule import Window, is_failing


@pytest.mark.parametrize(
    ("requests", "failed", "begins", "lasts"),
    [
        (0, 0, False, True),
        (4, 0, False, True),
        (5, 0, False, False),
        (5, 1, False, True),
        (19, 19, False, True),
        (20, 9, False, True),
        (20, 10, True, True),
        (20, 3, False, False),
        (500, 250, True, True),
        (500, 99, False, False),
        (500, 100, False, True),
    ],
)
def test_it_begins_and_ends_where_the_rule_says(
    requests: int, failed: int, begins: bool, lasts: bool
) -> None:
    window = Window(requests, failed)
    assert is_failing(window, before=False) is begins
    assert is_failing(window, before=True) is lasts


def test_what_a_client_has_done_wrong_is_no_failure() -> None:
    failures = [status for status in range(600) if is_upstream_failure(status)]
    assert failures == [429, *range(500, 600)]
