"""How one request is counted: as an error, under which model, on which day, in which hour."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from solaris.ledger.figures import NO_MODEL, booked_day, booked_hour, counted_model, is_error
from solaris.quota.usage import Outcome

ZONE = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("status_code", "counts"),
    [(0, False), (200, False), (302, False), (399, False), (400, True), (499, True), (503, True)],
)
def test_an_error_is_a_status_from_400_on(status_code: int, counts: bool) -> None:
    assert is_error(status_code) is counts


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_no_model_answered_is_counted_under_none(outcome: Outcome) -> None:
    model = NO_MODEL if outcome is Outcome.RELEASED else "gpt-4o"
    assert counted_model("gpt-4o", outcome) == model
    assert counted_model("gpt-4o", outcome.value) == model


@pytest.mark.parametrize(
    ("began_at", "period", "day", "hour"),
    [
        (datetime(2026, 11, 22, 15, 30, tzinfo=UTC), "2026-11", "2026-11-22", 12),
        (datetime(2026, 12, 1, 2, 59, tzinfo=UTC), "2026-11", "2026-11-30", 23),
        # a request of the old month whose user has opened the new one already
        (datetime(2026, 12, 1, 2, 59, tzinfo=UTC), "2026-12", "2026-12-01", 0),
        (datetime(2026, 12, 1, 3, 0, tzinfo=UTC), "2026-12", "2026-12-01", 0),
        (datetime(2026, 12, 1, 4, 0, tzinfo=UTC), "2026-12", "2026-12-01", 1),
    ],
)
def test_a_request_is_booked_to_its_local_day_and_hour_but_not_before_its_month(
    began_at: datetime, period: str, day: str, hour: int
) -> None:
    assert booked_day(began_at, period, ZONE) == day
    assert booked_hour(began_at, period, ZONE) == hour
