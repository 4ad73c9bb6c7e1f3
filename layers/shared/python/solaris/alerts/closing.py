"""Which open alerts are closed by themselves, and why. Pure rules.

An open alert waits for somebody. One whose cause is gone, or in whose place a higher one stands,
waits for nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from solaris.alerts.alert import (
    Alert,
    AlertType,
    Crossing,
    ResolvedWhy,
    is_out_of_date,
)
from solaris.quota.thresholds import Threshold, ThresholdRule, rule_of
from solaris.quota.user import Enforcement, LimitSource, User, UserStatus

_HEIGHT = {one: height for height, one in enumerate(Threshold)}


def superseded(alerts: Iterable[Alert]) -> list[Alert]:
    """Of the open threshold alerts, all but the highest of each user and month.

    Of two of one threshold (it was re-armed between) the later round stays.
    """
    by_month: defaultdict[tuple[str | None, str], list[Alert]] = defaultdict(list)
    for one in alerts:
        if one.threshold is not None and one.resolved_at is None:
            by_month[one.user_id, one.period].append(one)
    return [one for found in by_month.values() for one in sorted(found, key=_place)[:-1]]


def to_close(
    alerts: Iterable[Alert], users: Mapping[str, User], *, period: str, rule: ThresholdRule
) -> dict[str, ResolvedWhy]:
    """Why each of the alerts that are to be closed is, by its id; the others are left out.

    `users` are those that are known, by id; of others nothing is closed. `period` is the current
    one, `rule` the settings'.
    """
    closing = {}
    standing = []
    for alert in alerts:
        if alert.resolved_at is not None:
            continue
        user = users.get(alert.user_id or "")
        why = _why(alert, user, period, rule)
        if why is not None:
            closing[alert.alert_id] = why
        else:
            standing.append(alert)
    return closing | {one.alert_id: ResolvedWhy.SUPERSEDED for one in superseded(standing)}


def _why(alert: Alert, user: User | None, period: str, rule: ThresholdRule) -> ResolvedWhy | None:
    if alert.threshold is None:
        return ResolvedWhy.NOTHING_TO_DO if alert.type is AlertType.INFO else None
    if user is None:
        return None
    crossing = _crossing(alert, user.user_id, alert.threshold)
    if is_out_of_date(crossing, user, current_period=period, rule=rule_of(user, rule)):
        return _cause(alert, user, period)
    is_warned_only = (alert.enforcement, user.enforcement) == (Enforcement.BLOCK, Enforcement.WARN)
    if alert.threshold is Threshold.BLOCK and is_warned_only:
        return ResolvedWhy.WARN_ONLY
    return None


def _cause(alert: Alert, user: User, period: str) -> ResolvedWhy:
    """What has changed since the alert, by its figures."""
    then = alert.figures
    if user.status is UserStatus.DELETED:
        return ResolvedWhy.DELETED
    if max(period, user.period) > alert.period:
        return ResolvedWhy.MONTH
    if then is not None and user.current_usage < then.current_usage:
        return ResolvedWhy.RESET
    if then is not None and user.additional_tokens > then.additional_tokens:
        return ResolvedWhy.GRANT
    if then is not None and user.monthly_limit > then.monthly_limit:
        is_of_plan = user.limit_source is LimitSource.PLAN
        return ResolvedWhy.PLAN if is_of_plan else ResolvedWhy.LIMIT
    return ResolvedWhy.THRESHOLDS


def _crossing(alert: Alert, user_id: str, threshold: Threshold) -> Crossing:
    return Crossing(user_id, alert.period, threshold, alert.created_at, round_of(alert))


def round_of(alert: Alert) -> int:
    """The round of a threshold alert: what its id ends with, 0 when it has none."""
    last = alert.alert_id.rsplit("#", 1)[-1]
    return int(last) if last.isdecimal() else 0


def _place(alert: Alert) -> tuple[int, int, datetime]:
    height = 0 if alert.threshold is None else _HEIGHT[alert.threshold]
    return height, round_of(alert), alert.created_at
