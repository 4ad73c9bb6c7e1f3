"""Statistics, their course, forecasts and usage reports."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import StringConstraints

from solaris.directory.listing import UsageLevel
from solaris.ledger.figures import NO_GROUP, NO_KEY, Figures, UsageLine, rounded_micros, usd
from solaris.ledger.first_byte import percentile_ms, together
from solaris.platform.access import (
    GROUP_REPORT_READERS,
    MEMBER_READERS,
    REPORT_READERS,
    Access,
    Scope,
)
from solaris.platform.exchange import ExchangeRates, LocalCost
from solaris.platform.web.operations import Call, keeps_to_groups, operation
from solaris.platform.web.schemas import LocalCostOut, WeightOut
from solaris.quota.groups.managing import a_member
from solaris.quota.user import UserStatus
from solaris.reports.managing import report_groups, without_keys
from solaris.reports.report import GroupBy, GroupRow, ReportSort
from solaris.reports.reporting import Report, ReportQuery
from solaris.reports.schemas import (
    CostOut,
    FiguresOut,
    FirstByteOut,
    GroupShare,
    LevelCounts,
    ModelShare,
    PointFigures,
    PointOut,
    PreviousMonthOut,
    SystemForecast,
    SystemStatsOut,
    TimeSeries,
    TimeSeriesQuery,
    TodayOut,
    TopUser,
    UsageOut,
    UsageReport,
    UsageReportQuery,
    UsageRow,
    UserCountsOut,
    UserForecast,
)
from solaris.reports.statistics import Interval, Point, PointPart, SystemStats

if TYPE_CHECKING:
    from solaris.reports.parts import ReportsParts

UserId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


@operation(
    "GET",
    "/admin/stats",
    access=Access(REPORT_READERS, key=Scope.REPORTS_READ),
    tag="Statistics",
    summary="The system now",
    name="getSystemStats",
)
def get_system_stats(parts: "ReportsParts", call: Call) -> SystemStatsOut:  # noqa: ARG001 - an operation's signature
    """Users by status, the month's tokens and cost, the ten who use most, models, a forecast."""
    return _stats_out(
        parts.statistics.system(),
        parts.platform.settings.zone,
        parts.platform.settings.exchange,
        parts.group_names(),
    )


@operation(
    "GET",
    "/admin/stats/timeseries",
    access=Access(GROUP_REPORT_READERS, key=Scope.REPORTS_READ),
    tag="Statistics",
    summary="Usage by day or hour",
    name="getTimeSeries",
    within=keeps_to_groups,
)
def get_time_series(parts: "ReportsParts", call: Call, *, query: TimeSeriesQuery) -> TimeSeries:
    """Tokens, requests, errors, cost, first bytes and refusals in buckets; empty days are zeros.

    Days older than two may be ten minutes old. A manager's are those of their groups: by day, and
    without first bytes and refusals, which are the whole company's.
    """
    groups = report_groups(parts, call, query.group, "group")
    points = parts.statistics.series(
        query.from_,
        query.to,
        query.interval,
        models=query.model,
        groups=groups,
        by_model=query.group_by == "model",
        by_group=query.group_by == "group",
    )
    named = {key for one in points for key in one.by_group or ()}
    return TimeSeries(
        interval=query.interval,
        time_zone=parts.platform.settings.period_timezone,
        points=[
            _point_out(
                one, query.interval, parts.platform.settings.zone, parts.platform.settings.exchange
            )
            for one in points
        ],
        first_byte=None
        if query.interval is Interval.HOUR or groups or query.group_by == "group"
        else _first_byte_out(points),
        refusals=_refusals_out(points),
        group_names={key: name for key, name in parts.group_names().items() if key in named}
        if named
        else {},
    )


@operation(
    "GET",
    "/admin/users/{user_id}/forecast",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag="Users",
    summary="Where a user's month is heading",
    name="getUserForecast",
    problems=(404,),
    within=a_member,
)
def get_user_forecast(parts: "ReportsParts", call: Call, *, user_id: UserId) -> UserForecast:  # noqa: ARG001
    """The month's total at the mean of the last seven whole days, and the day it runs out."""
    found = parts.statistics.user_forecast(user_id)
    return UserForecast(
        pace_per_day=int(found.pace.a_day),
        runs_out_on=found.runs_out_on,
        month_total=found.month_total,
        method=found.pace.method.value,
        based_on_days=found.pace.days,
    )


@operation(
    "GET",
    "/admin/reports/usage",
    access=Access(GROUP_REPORT_READERS, key=Scope.REPORTS_READ),
    tag="Reports",
    summary="Usage, filtered and grouped",
    name="getUsageReport",
    within=without_keys,
)
def get_usage_report(parts: "ReportsParts", call: Call, *, query: UsageReportQuery) -> UsageReport:
    """Rows by user, group, key, model or day, or single requests, with the totals of all of it.

    Without days it is the current month's.

    A group is that of each request, whoever has moved since; all groups, with `-` for none, are the
    whole. Keys are known by the records alone. A manager's report is that of their groups, as if
    nothing else had been used, and never by key.

    A range with more records than an answer may read is refused (`range_too_large`): narrow it
    or make an export. Single requests come by time, newest first unless `descending` is false.
    """
    by_time = query.group_by in (GroupBy.DAY, GroupBy.NONE)
    sort = query.sort or (ReportSort.KEY if by_time else ReportSort.TOKENS)
    is_by_key = sort is ReportSort.KEY and query.group_by is not GroupBy.NONE
    asked = query.filters(parts.platform.clock().astimezone(parts.platform.settings.zone).date())
    filters = replace(asked, group_ids=report_groups(parts, call, asked.group_ids))
    report = parts.reporting.page(
        ReportQuery(
            filters=filters,
            group_by=query.group_by,
            sort=sort,
            descending=not is_by_key if query.descending is None else query.descending,
            limit=query.limit,
            cursor=query.cursor,
        )
    )
    people = [row.key for row in report.groups if query.group_by is GroupBy.USER]
    people += [line.user_id for line in report.lines]
    names = _Names(
        people=parts.directory.emails(dict.fromkeys(people)) if people else {},
        groups=parts.group_names() if _tells_groups(report, query.group_by) else {},
        keys=parts.key_names(row.key for row in report.groups)
        if query.group_by is GroupBy.KEY
        else {},
    )
    rates = parts.platform.settings.exchange

    def local(figures: Figures, day: str | None = None) -> LocalCostOut | None:
        days = (day or filters.first_day, day or filters.last_day)
        return LocalCostOut.of(rates.of_days(figures.cost, figures.local_cost, *days))

    is_daily = query.group_by is GroupBy.DAY
    rows = [
        _group_row(row, query.group_by, names, local(row.figures, row.key if is_daily else None))
        for row in report.groups
    ]
    rows += [
        _record_row(line, names, LocalCostOut.of(rates.of_day(line.cost, line.day)))
        for line in report.lines
    ]
    return UsageReport(
        items=rows,
        next_cursor=report.next_cursor,
        total=report.total,
        totals=None
        if report.totals is None
        else FiguresOut(**_figures(report.totals, local(report.totals))),
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """Of whom a report tells: addresses and names, groups, keys, each by id."""

    people: Mapping[str, tuple[str, str]]
    groups: Mapping[str, str]
    keys: Mapping[str, str]


def _tells_groups(report: Report, group_by: GroupBy) -> bool:
    return group_by is GroupBy.GROUP or any(line.group_id for line in report.lines)


def _user_counts(stats: SystemStats) -> UserCountsOut:
    by_status = stats.users.by_status
    return UserCountsOut(
        total=stats.users.total,
        active=by_status.get(UserStatus.ACTIVE, 0),
        suspended=by_status.get(UserStatus.SUSPENDED, 0),
        blocked=by_status.get(UserStatus.BLOCKED, 0),
        pending=by_status.get(UserStatus.PENDING, 0),
        used_this_month=stats.users.used,
        by_level=LevelCounts(
            **{level.value: stats.users.by_level.get(level, 0) for level in UsageLevel}
        ),
    )


def _top_users(stats: SystemStats) -> list[TopUser]:
    return [
        TopUser(
            user_id=one.user_id,
            email=one.email,
            name=one.name,
            usage=one.current_usage,
            usage_percentage=one.quota.usage_percentage,
            granted_percentage=one.quota.granted_percentage,
            usage_level=one.level,
        )
        for one in stats.top_users
    ]


def _model_shares(stats: SystemStats, rates: ExchangeRates, today: date) -> list[ModelShare]:
    return [
        ModelShare(
            model=model,
            tokens=one.charged_tokens,
            requests=one.requests,
            errors=one.errors,
            cost_micros=one.shown_micros,
            cost=_usd(one.cost),
            local_cost=LocalCostOut.of(
                rates.of_days(one.cost, one.local_cost, today.replace(day=1), today)
            ),
            unpriced_requests=one.unpriced_requests,
        )
        for model, one in stats.by_model
    ]


def _group_shares(
    stats: SystemStats, rates: ExchangeRates, today: date, names: Mapping[str, str]
) -> list[GroupShare]:
    return [
        GroupShare(
            group_id=None if group_id == NO_GROUP else group_id,
            name=names.get(group_id),
            tokens=one.charged_tokens,
            requests=one.requests,
            cost_micros=one.shown_micros,
            cost=_usd(one.cost),
            local_cost=LocalCostOut.of(
                rates.of_days(one.cost, one.local_cost, today.replace(day=1), today)
            ),
            unpriced_requests=one.unpriced_requests,
        )
        for group_id, one in stats.by_group
    ]


def _stats_out(
    stats: SystemStats, zone: tzinfo, rates: ExchangeRates, group_names: Mapping[str, str]
) -> SystemStatsOut:
    month, previous = stats.month, stats.previous
    today = stats.updated_at.astimezone(zone).date()
    return SystemStatsOut(
        users=_user_counts(stats),
        usage=UsageOut(
            monthly_total=month.charged_tokens,
            average_per_user=stats.average_per_user,
            booked_to_users=stats.users.month_tokens,
            change_percent=stats.change_percent,
        ),
        top_users=_top_users(stats),
        by_model=_model_shares(stats, rates, today),
        by_group=_group_shares(stats, rates, today, group_names),
        cost=_cost(month, stats.month_local),
        requests=month.requests,
        errors=month.errors,
        today=TodayOut(
            day=today,
            tokens=stats.today.charged_tokens,
            requests=stats.today.requests,
            errors=stats.today.errors,
            cost=_cost(stats.today, stats.today_local),
        ),
        previous_month=PreviousMonthOut(
            period=previous.period,
            total=previous.figures.charged_tokens,
            cost=_cost(previous.figures, previous.local_cost),
            same_day_total=previous.same_time.charged_tokens,
            same_day_requests=previous.same_time.requests,
            cost_change_percent=stats.cost_change_percent,
            begins_on=previous.begins_on,
        ),
        forecast=SystemForecast(
            month_total=stats.forecast_tokens,
            cost=_forecast_cost(stats),
            pace_per_day=int(stats.pace.a_day),
            method=stats.pace.method.value,
            based_on_days=stats.pace.days,
        ),
        open_alerts=stats.open_alerts,
        period=stats.period,
        renews_at=stats.renews_at,
        updated_at=stats.updated_at,
    )


def _first_byte_out(points: Sequence[Point]) -> FirstByteOut:
    whole = together(one.first_byte for one in points if one.first_byte is not None)
    return FirstByteOut(
        answers=sum(whole), p50_ms=percentile_ms(whole, 50), p95_ms=percentile_ms(whole, 95)
    )


def _refusals_out(points: Sequence[Point]) -> dict[str, int] | None:
    """Of the whole range, the most frequent reason first."""
    counts: Counter[str] = Counter()
    for one in points:
        if one.refusals is None:
            return None
        counts.update(one.refusals)
    return dict(counts.most_common())


def _point_out(point: Point, interval: Interval, zone: tzinfo, rates: ExchangeRates) -> PointOut:
    local = point.time.astimezone(zone)
    day = local.date()
    by_model = None
    if point.by_model is not None:
        by_model = {
            model: PointFigures(**_point_figures(one, interval, day, rates))
            for model, one in point.by_model.items()
        }
    return PointOut(
        time=point.time,
        day=day,
        hour=local.hour if interval is Interval.HOUR else None,
        by_model=by_model,
        by_group=None
        if point.by_group is None
        else {
            key: PointFigures(**_point_figures(one, interval, day, rates))
            for key, one in point.by_group.items()
        },
        refusals=None if point.refusals is None else dict(point.refusals),
        **_point_figures(point, interval, day, rates),
    )


def _point_figures(
    part: PointPart, interval: Interval, day: date, rates: ExchangeRates
) -> dict[str, Any]:
    figures = part.figures
    known: dict[str, Any] = {"tokens": figures.charged_tokens, "requests": figures.requests}
    if interval is Interval.DAY:
        known |= {
            "errors": figures.errors,
            "cost_micros": figures.shown_micros,
            "local_cost": LocalCostOut.of(rates.of_day(figures.cost, day)),
            "unpriced_requests": figures.unpriced_requests,
            "prompt_tokens": figures.prompt_tokens,
            "completion_tokens": figures.completion_tokens,
            "cached_tokens": figures.cached_tokens,
        }
    if part.first_byte is not None:
        known |= {
            "first_byte_p50_ms": percentile_ms(part.first_byte, 50),
            "first_byte_p95_ms": percentile_ms(part.first_byte, 95),
        }
    return known


def _group_row(
    row: GroupRow,
    group_by: GroupBy,
    names: _Names,
    local: LocalCostOut | None,
) -> UsageRow:
    email, name = names.people.get(row.key, (None, None))
    group_id = row.key if group_by is GroupBy.GROUP and row.key != NO_GROUP else None
    key_id = row.key if group_by is GroupBy.KEY and row.key != NO_KEY else None
    return UsageRow(
        key=row.key,
        user_id=row.key if group_by is GroupBy.USER else None,
        email=email,
        name=name,
        model=row.key if group_by is GroupBy.MODEL else None,
        group_id=group_id,
        group_name=names.groups.get(group_id or ""),
        key_id=key_id,
        key_name=names.keys.get(key_id or ""),
        day=date.fromisoformat(row.key) if group_by is GroupBy.DAY else None,
        first_byte_p95_ms=row.first_byte_p95_ms,
        refusals=row.refusals,
        **_figures(row.figures, local),
    )


def _record_row(line: UsageLine, names: _Names, local: LocalCostOut | None) -> UsageRow:
    email, name = names.people.get(line.user_id, (None, None))
    return UsageRow(
        key=line.request_id,
        user_id=line.user_id,
        email=email,
        name=name,
        day=date.fromisoformat(line.day),
        model=line.model,
        asked_model=line.asked_model,
        answered_model=line.answered_model,
        endpoint=line.endpoint,
        method=line.method,
        status_code=line.status_code,
        outcome=line.outcome,
        estimated=line.estimated,
        reasoning_tokens=line.reasoning_tokens,
        weight=WeightOut.of(line.weight),
        held_weight=WeightOut.of(line.held_weight),
        response_time_ms=line.response_time_ms,
        first_byte_ms=line.first_byte_ms,
        error_message=line.error_message,
        key_id=line.key_id,
        group_id=line.group_id,
        group_name=names.groups.get(line.group_id or ""),
        conversation_id=line.conversation_id,
        created_at=line.created_at,
        **_figures(Figures.of(line), local),
    )


def _figures(figures: Figures, local: LocalCostOut | None) -> dict[str, Any]:
    return {
        "requests": figures.requests,
        "errors": figures.errors,
        "prompt_tokens": figures.prompt_tokens,
        "completion_tokens": figures.completion_tokens,
        "cached_tokens": figures.cached_tokens,
        "tokens": figures.charged_tokens,
        "cost_micros": figures.shown_micros,
        "cost": _usd(figures.cost),
        "local_cost": local,
        "unpriced_requests": figures.unpriced_requests,
        "over_limit_requests": figures.over_limit_requests,
    }


def _cost(figures: Figures, local: LocalCost | None) -> CostOut:
    return CostOut(
        micros=figures.shown_micros,
        usd=_usd(figures.cost),
        local=LocalCostOut.of(local),
        unpriced_requests=figures.unpriced_requests,
    )


def _forecast_cost(stats: SystemStats) -> CostOut:
    """The month's at its end; as incomplete as the month's so far."""
    nanos = None if stats.month.cost is None else stats.forecast_cost
    return CostOut(
        micros=None if nanos is None else rounded_micros(nanos),
        usd=_usd(nanos),
        local=LocalCostOut.of(stats.forecast_local),
        unpriced_requests=stats.month.unpriced_requests,
    )


def _usd(nanos: int | None) -> float | None:
    return None if nanos is None else usd(nanos)
