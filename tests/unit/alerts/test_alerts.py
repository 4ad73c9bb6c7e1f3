"""Alerts: one id a round, when a mail would be out of date, what a message must hold."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.alerts.alert import (
    AlertType,
    Crossing,
    GroupPart,
    MonthlySummary,
    TopUser,
    UsageFigures,
    is_out_of_date,
    type_of,
)
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.notices import MalformedNoticeError, notice_from_json, notice_to_json
from solaris.ledger.figures import Figures
from solaris.months.summary import Summary
from solaris.platform.exchange import LocalCost
from solaris.quota.thresholds import Threshold, ThresholdRule
from solaris.quota.user import Plan, User, UserStatus

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
RULE = ThresholdRule(warning_ppm=800_000, critical_ppm=950_000)
CROSSING = Crossing("u1", "2026-11", Threshold.WARNING, NOW)
USER = User(
    user_id="u1",
    email="ana@example.com",
    name="Ana",
    status=UserStatus.ACTIVE,
    plan=Plan.BASIC,
    monthly_limit=100_000,
    additional_tokens=0,
    current_usage=80_000,
    available_tokens=20_000,
    period="2026-11",
    created_at=NOW,
    updated_at=NOW,
)
SUMMARY = {
    "version": 1,
    "kind": "monthly_summary",
    "period": "2026-10",
    "figures": {
        "users": 3,
        "active_users": 2,
        "blocked_users": 1,
        "total_tokens": 500,
        "cost_micros": 7,
        "top": [{"email": "ana@example.com", "tokens": 400, "percentage": 40.0}],
    },
}
CROSSED = {
    "version": 1,
    "user_id": "u1",
    "period": "2026-11",
    "threshold": "warning",
    "crossed_at": NOW.isoformat(),
}


def is_late(crossing: Crossing, user: User, current_period: str = "2026-11") -> bool:
    return is_out_of_date(crossing, user, current_period=current_period, rule=RULE)


def test_an_alert_is_named_by_user_period_threshold_and_a_later_round() -> None:
    assert CROSSING.alert_id == "u1#2026-11#warning"
    assert replace(CROSSING, round=2).alert_id == "u1#2026-11#warning#2"
    assert MonthlySummary("2026-10", 0, 0, 0, 0, 0).alert_id == "system#2026-10#monthly_summary"


def test_a_warning_is_a_warning_and_the_rest_is_critical() -> None:
    assert [type_of(one) for one in Threshold] == [
        AlertType.WARNING,
        AlertType.CRITICAL,
        AlertType.CRITICAL,
    ]


def test_a_mail_is_out_of_date_under_the_threshold_and_in_another_month() -> None:
    assert not is_late(CROSSING, USER)
    assert is_late(CROSSING, replace(USER, current_usage=79_999))
    assert is_late(CROSSING, replace(USER, additional_tokens=1))
    assert is_late(CROSSING, USER, current_period="2026-12")
    assert is_late(CROSSING, replace(USER, period="2026-12"))


def test_a_deleted_user_is_told_nothing() -> None:
    assert is_late(CROSSING, replace(USER, status=UserStatus.DELETED))


def test_a_block_with_a_few_tokens_left_stands_until_a_change_re_arms_it() -> None:
    block = replace(CROSSING, threshold=Threshold.BLOCK)
    assert not is_late(block, replace(USER, current_usage=96_000))
    assert not is_late(block, replace(USER, monthly_limit=1_000, current_usage=800))
    assert is_late(block, replace(USER, monthly_limit=1_000, current_usage=700))
    assert is_late(block, replace(USER, current_usage=96_000, alert_round=1))
    assert not is_late(block, replace(USER, current_usage=100_000, alert_round=1))


def test_figures_are_cut_not_rounded_and_count_from_the_block_threshold() -> None:
    figures = UsageFigures(99_999, 90_000, 10_000)
    assert (figures.permille, figures.remaining_tokens) == (999, 1)
    assert UsageFigures(95_000, 100_000, 0, block_ppm=900_000).remaining_tokens == 0
    assert UsageFigures(0, 0, 0).permille == 1000


@given(
    st.builds(
        Crossing,
        user_id=st.text(min_size=1, max_size=200),
        period=st.just("2026-11"),
        threshold=st.sampled_from(Threshold),
        crossed_at=st.datetimes(timezones=st.just(UTC)),
        round=st.integers(0, 2**40),
    )
    | st.builds(
        MonthlySummary,
        period=st.just("2026-10"),
        **dict.fromkeys(
            ("users", "active_users", "blocked_users", "total_tokens", "cost_micros"),
            st.integers(0, 2**60),
        ),
        top=st.lists(
            st.builds(TopUser, st.text(), st.integers(0, 2**60), st.floats(0, 1e9)), max_size=10
        ).map(tuple),
        unpriced_requests=st.integers(0, 2**60),
        local_cost=st.none()
        | st.builds(
            LocalCost,
            st.just("BRL"),
            st.integers(0, 2**60),
            st.none() | st.integers(1, 2**40),
            st.none() | st.dates(),
        ),
    )
)
def test_what_is_written_is_read_back_whole(notice: Crossing | MonthlySummary) -> None:
    assert notice_from_json(notice_to_json(notice)) == notice


def test_messages_are_written_by_the_names_that_the_version_before_reads() -> None:
    assert orjson.loads(notice_to_json(CROSSING)) == CROSSED | {"round": 0}
    summary = notice_from_json(orjson.dumps(SUMMARY).decode())
    written = orjson.loads(notice_to_json(summary))
    assert written["figures"].pop("unpriced_requests") == 0
    assert written == SUMMARY


def test_messages_of_the_version_before_are_read() -> None:
    assert notice_from_json(orjson.dumps(CROSSED).decode()) == CROSSING
    assert notice_from_json(orjson.dumps(CROSSED | {"round": 2}).decode()) == replace(
        CROSSING, round=2
    )
    assert notice_from_json(orjson.dumps(SUMMARY).decode()) == MonthlySummary(
        "2026-10", 3, 2, 1, 500, 7, (TopUser("ana@example.com", 400, 40.0),)
    )


@pytest.mark.parametrize(
    "name", ["monthly_summary", "grant_ending", '"kind":"ceiling"', '","kind":"channel_paused']
)
def test_a_name_makes_no_other_message_of_it(name: str) -> None:
    top = (TopUser("ana@example.com", 400, 40.0, name),)
    group = GroupSummary(
        group_id="aaaaaaaaaaaa",
        name=name,
        period="2026-10",
        total_tokens=400,
        cost_micros=7,
        top=top,
    )
    assert notice_from_json(notice_to_json(group)) == group
    summary = MonthlySummary("2026-10", 3, 2, 1, 500, 7, top, groups=(GroupPart(name, 400),))
    assert notice_from_json(notice_to_json(summary)) == summary


def test_a_summary_in_reais_is_read_as_it_is_written() -> None:
    summed = Summary(block_ppm=1_000_000)
    locals_ = (
        LocalCost("BRL", 38, 5_420_000, date(2026, 10, 1)),
        LocalCost("BRL", 38, 5_400_000, None),
        LocalCost("BRL", 0, None, None),
        None,
    )
    for local in locals_:
        told = summed.notice("2026-10", Figures(cost_micros=7), {}, local)
        found = notice_from_json(notice_to_json(told))
        assert found == told
        assert (told.cost_micros, told.local_cost) == (7, local)


@pytest.mark.parametrize(
    "message",
    [
        {},
        [],
        CROSSED | {"version": 2},
        CROSSED | {"user_id": ""},
        CROSSED | {"period": "2026-13"},
        CROSSED | {"threshold": "soon"},
        CROSSED | {"round": -1},
        CROSSED | {"crossed_at": "2026-11-15T12:00:00"},
        SUMMARY | {"figures": {}},
        SUMMARY | {"period": "last"},
    ],
)
def test_anything_else_is_malformed(message: Any) -> None:
    with pytest.raises(MalformedNoticeError):
        notice_from_json(orjson.dumps(message).decode())


@pytest.mark.parametrize("body", ["", "not json", '"monthly_summary"', "\ud800"])
def test_what_is_no_json_is_malformed(body: str) -> None:
    with pytest.raises(MalformedNoticeError):
        notice_from_json(body)
