"""How one request is counted (error, model, day, hour), and how figures are added up."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from solaris.ledger.figures import (
    NO_MODEL,
    SUMMED_NAMES,
    Figures,
    booked_day,
    booked_hour,
    charged_tokens,
    counted_model,
    is_error,
    summed_by,
    summed_by_model,
    total_of,
)
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
    assert booked_hour(began_at, day, ZONE) == hour


def test_a_request_that_counts_for_the_next_days_cap_is_booked_to_that_day() -> None:
    began_at = datetime(2026, 11, 23, 2, 59, tzinfo=UTC)
    assert booked_day(began_at, "2026-11", ZONE) == "2026-11-22"
    assert booked_day(began_at, "2026-11", ZONE, "2026-11-23") == "2026-11-23"
    assert booked_hour(began_at, "2026-11-23", ZONE) == 0


def test_figures_are_added_up_by_key_each_by_its_name() -> None:
    one = Figures(**{name: n for n, name in enumerate(SUMMED_NAMES, start=1)})
    sums = summed_by([("b", one), ("a", one), ("b", one)])
    assert sums == {"b": one + one, "a": one}
    assert total_of(sums.values()) == one + one + one
    assert summed_by([]) == {}


def test_models_come_by_tokens_then_by_name_and_without_zeros_where_tokens_are_shown() -> None:
    parts = [("small", 5), ("none", 0), ("b", 10), ("a", 4), ("a", 6)]
    sums = summed_by_model((model, Figures(charged_tokens=tokens)) for model, tokens in parts)
    assert [one.model for one in sums] == ["a", "b", "small", "none"]
    assert list(charged_tokens(sums).items()) == [("a", 10), ("b", 10), ("small", 5)]
