"""Which open alerts are closed by themselves, and why."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solaris.alerts.alert import (
    SYSTEM,
    Alert,
    AlertType,
    Audience,
    Crossing,
    MailState,
    ResolvedWhy,
    UsageFigures,
    type_of,
)
from solaris.alerts.closing import superseded, to_close
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement, LimitSource, User, UserStatus
from tests.unit.alerts.test_alerts import NOW, RULE, USER

SPENT = replace(USER, current_usage=100_000, available_tokens=0)


def alert(threshold: Threshold, round_: int = 0, **about: Any) -> Alert:
    crossing = Crossing("u1", about.get("period", "2026-11"), threshold, NOW, round_)
    values: dict[str, Any] = {
        "alert_id": crossing.alert_id,
        "type": type_of(threshold),
        "title": "t",
        "message": "m",
        "user_id": "u1",
        "period": crossing.period,
        "threshold": threshold,
        "figures": UsageFigures(100_000, 100_000, 0),
        "created_at": NOW,
        "mails": dict.fromkeys(Audience, MailState.SENT),
        "enforcement": Enforcement.BLOCK,
    }
    return Alert(**values | about)


def closing(*alerts: Alert, user: User = SPENT, period: str = "2026-11") -> list[str | None]:
    """Why each of the alerts is closed; None: it stays open."""
    found = to_close(alerts, {user.user_id: user}, period=period, rule=RULE)
    return [found.get(one.alert_id) for one in alerts]


def test_the_highest_open_alert_of_a_user_and_month_stays() -> None:
    warning, critical, block = (alert(one) for one in Threshold)
    assert superseded([warning, block, critical]) == [warning, critical]
    assert superseded([warning]) == superseded([]) == []
    assert superseded([warning, replace(block, resolved_at=NOW)]) == []
    others = alert(Threshold.BLOCK, period="2026-10"), alert(Threshold.BLOCK, user_id="u2")
    assert superseded([warning, *others]) == []
    # a later round of the same threshold stands in the place of an earlier one
    again = alert(Threshold.BLOCK, 10, created_at=NOW + timedelta(days=1))
    assert superseded([again, alert(Threshold.BLOCK, 9)])[0].alert_id.endswith("#9")


def test_what_stands_stays_open_and_what_is_below_it_is_superseded() -> None:
    found = closing(*(alert(one) for one in Threshold))
    assert found == [ResolvedWhy.SUPERSEDED, ResolvedWhy.SUPERSEDED, None]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"monthly_limit": 200_000}, ResolvedWhy.LIMIT),
        ({"monthly_limit": 200_000, "limit_source": LimitSource.OWN}, ResolvedWhy.LIMIT),
        ({"monthly_limit": 200_000, "limit_source": LimitSource.PLAN}, ResolvedWhy.PLAN),
        ({"additional_tokens": 100_000}, ResolvedWhy.GRANT),
        ({"current_usage": 0}, ResolvedWhy.RESET),
        ({"block_ppm": 2_000_000}, ResolvedWhy.THRESHOLDS),
        ({"enforcement": Enforcement.WARN}, ResolvedWhy.WARN_ONLY),
        ({"period": "2026-12", "current_usage": 0}, ResolvedWhy.MONTH),
        ({"status": UserStatus.DELETED}, ResolvedWhy.DELETED),
        ({"status": UserStatus.SUSPENDED}, None),
        # not enough for the threshold
        ({"monthly_limit": 100_000, "current_usage": 150_000}, None),
    ],
)
def test_a_block_whose_cause_is_gone_says_what_took_it_away(
    changes: dict[str, Any], why: ResolvedWhy | None
) -> None:
    after = replace(SPENT, **changes, alert_round=1)
    after = replace(after, available_tokens=after.quota.available_tokens)
    assert closing(alert(Threshold.BLOCK), user=after) == [why]


def test_a_block_with_a_few_tokens_left_stands_until_it_is_rearmed() -> None:
    left = replace(USER, current_usage=99_990, available_tokens=10)
    assert closing(alert(Threshold.BLOCK), user=left) == [None]
    assert closing(alert(Threshold.BLOCK), user=replace(left, alert_round=1)) != [None]


def test_a_month_is_over_by_the_calendar_though_nobody_has_opened_the_next() -> None:
    assert closing(alert(Threshold.WARNING), period="2026-12") == [ResolvedWhy.MONTH]


def test_warn_only_closes_no_warning_and_nothing_that_came_after_it() -> None:
    warned = replace(SPENT, enforcement=Enforcement.WARN)
    assert closing(alert(Threshold.CRITICAL), user=warned) == [None]
    for then in (Enforcement.WARN, None):
        assert closing(alert(Threshold.BLOCK, enforcement=then), user=warned) == [None]


def test_what_only_tells_something_is_closed_and_what_is_unknown_or_closed_is_left_alone() -> None:
    told = replace(alert(Threshold.WARNING), threshold=None, user_id=None)
    summary = replace(told, alert_id=f"{SYSTEM}#2026-10#monthly_summary", type=AlertType.INFO)
    assert closing(summary) == [ResolvedWhy.NOTHING_TO_DO]
    assert closing(told) == [None]
    assert closing(alert(Threshold.BLOCK, user_id="u2"), period="2026-12") == [None]
    assert closing(alert(Threshold.BLOCK, resolved_at=NOW), period="2026-12") == [None]
