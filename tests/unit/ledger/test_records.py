"""Usage records as they are stored, and what is counted of one."""

from datetime import UTC, datetime

import pytest

from solaris.ledger.figures import LATER_FIGURES, Figures
from solaris.ledger.records import figures_of_record, line_from_item, usage_item
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(("status_code", "unpriced"), [(0, False), (200, True), (502, False)])
def test_what_is_counted_of_a_record_is_what_is_counted_of_its_line(
    status_code: int, unpriced: bool
) -> None:
    event = UsageEvent(
        request_id="r1",
        user_id="u1",
        period="2026-11",
        outcome=Outcome.SETTLED,
        created_at=NOON,
        model="gpt",
        endpoint="/v1/chat/completions",
        counts=TokenCounts(100, 40, 30, 20),
        charged_tokens=125,
        reserved_tokens=200,
        status_code=status_code,
    )
    item = usage_item(
        event,
        cost_micros=7,
        cost_nanos=450,
        unpriced=unpriced,
        day="2026-11-22",
        recorded_at=NOON,
    )
    assert figures_of_record(item) == Figures.of(line_from_item(item))
    assert figures_of_record(item) == Figures(
        requests=1,
        errors=int(status_code == 502),
        prompt_tokens=100,
        completion_tokens=40,
        cached_tokens=30,
        charged_tokens=125,
        cost_micros=7,
        cost_nanos=450,
        unpriced_requests=int(unpriced),
    )
    before = {name: value for name, value in item.items() if name not in LATER_FIGURES}
    assert figures_of_record(before).cost_nanos == 0
