"""Figures over the whole system and their course: what the dashboard shows.

The month's tokens are those of the system's counters: what was charged, to the token, whatever
happened to the users' figures since. A manual usage reset forgives a user's usage and leaves the
counters as they are: the users' own sum is then smaller, and both are given.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from solaris.alerts.listing import open_alerts_in
from solaris.directory.directory import Directory
from solaris.directory.listing import UserCounts, UserRow
from solaris.ledger.counters import HOURS, DaySums, RefusalDays, UserCounters
from solaris.ledger.figures import (
    Figures,
    ModelSum,
    charged_tokens,
    summed_by,
    summed_by_model,
    total_of,
)
from solaris.ledger.first_byte import Buckets, together
from solaris.platform.errors import NotFoundError, ValidationFailedError
from solaris.platform.exchange import LocalCost
from solaris.platform.settings import Settings
from solaris.quota.account import account_of
from solaris.quota.periods import period_of, previous_period, renews_at
from solaris.quota.store import UserStore
from solaris.quota.user import UserStatus
from solaris.reports.forecast import PACE_DAYS, Forecast, Pace, forecast, month_total, pace_of
from solaris.reports.group_days import GroupDays, with_rest
from solaris.reports.system_days import SystemDays

TOP_USERS = 10
TOP_GROUPS = 10
MAX_DAYS_BY_HOUR = 31
MAX_DAYS_BY_DAY = 400
_QUARTER = timedelta(minutes=15)
_HOUR_SECONDS = 3600


class Interval(StrEnum):
    """The width of a bucket."""

    DAY = "day"
    HOUR = "hour"


class GroupSum(NamedTuple):
    """What was used in one group (NO_GROUP: in none)."""

    group_id: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousMonth:
    """The month before. `same_time`: up to the same day and time of day.

    Of the day under way the hours are known for tokens and requests alone; of its cost it has the
    part that its tokens are of the day's. `begins_on` is the day of the first request ever, where
    that is in this month: it is then no whole month to compare with.
    """

    period: str
    figures: Figures
    local_cost: LocalCost | None
    same_time: Figures
    begins_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStats:
    """The system now. Tokens; the forecast's cost in nano-dollars.

    `by_group` are the ten groups that have used most this month, and nothing while none has.

    `month` is by the counters, `users.month_tokens` by the users' books: smaller by what manual
    resets forgave, and for moments while bookings are on their way to the directory.
    """

    users: UserCounts
    top_users: list[UserRow]
    open_alerts: int
    period: str
    renews_at: datetime
    updated_at: datetime
    month: Figures
    today: Figures
    by_model: list[ModelSum]
    by_group: list[GroupSum]
    previous: PreviousMonth
    pace: Pace
    forecast_tokens: int
    forecast_cost: int
    month_local: LocalCost | None
    today_local: LocalCost | None
    forecast_local: LocalCost | None

    @property
    def average_per_user(self) -> int:
        """The month's tokens per active user, cut; 0 without any."""
        active = self.users.by_status.get(UserStatus.ACTIVE, 0)
        return self.month.charged_tokens // active if active else 0

    @property
    def change_percent(self) -> float | None:
        """The month so far against the month before up to the same time.

        None after a zero, and where the books begin in the month before.
        """
        if self.previous.begins_on is not None:
            return None
        return _change(self.previous.same_time.charged_tokens, self.month.charged_tokens)

    @property
    def cost_change_percent(self) -> float | None:
        """The same of the cost, in the currency that is shown; None without all prices too."""
        before, now = self.previous.same_time, self.month
        unknown = before.unpriced_requests or now.unpriced_requests
        if self.previous.begins_on is not None or unknown:
            return None
        if self.month_local is not None:
            return _change(before.local_cost, now.local_cost)
        return _change(before.total_cost, now.total_cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointPart:
    """What was used; by hour only tokens and requests.

    `first_byte` says how long streamed answers took to begin (ledger/first_byte.py); None by hour.
    """

    figures: Figures
    first_byte: Buckets | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point(PointPart):
    """One bucket, from its first instant on.

    `refusals` are requests that the gateway refused, by reason: None by hour, and where models are
    asked for, which they have none of.
    """

    time: datetime
    by_model: Mapping[str, PointPart] | None
    by_group: Mapping[str, PointPart] | None = None
    refusals: Mapping[str, int] | None = None


class Statistics:
    """What is asked about the system as a whole. Every method raises StoreUnavailableError."""

    def __init__(
        self,
        *,
        settings: Settings,
        days: SystemDays,
        groups: GroupDays,
        counters: UserCounters,
        refusals: RefusalDays,
        users: UserStore,
        directory: Directory,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._days = days
        self._groups = groups
        self._counters = counters
        self._refusals = refusals
        self._users = users
        self._directory = directory
        self._clock = clock

    def system(self) -> SystemStats:
        """The month so far, today, the month before, and where it is heading."""
        now, zone, rates = self._clock(), self._settings.zone, self._settings.exchange
        period = period_of(now, zone)
        before = previous_period(period)
        today = now.astimezone(zone).date()
        first = _first_day(before)
        read = self._days.read(first, today)
        month = {day: sums for day, sums in read.items() if day >= _first_day(period)}
        earlier = {day: sums for day, sums in read.items() if day < _first_day(period)}
        by_model = summed_by_model(
            (model, one.figures) for sums in month.values() for model, one in sums.items()
        )
        figures = total_of(one.figures for one in by_model)
        ends = renews_at(period, zone)
        used_on = [day for day, sums in read.items() if sums]
        first_use = used_on[0] if used_on else None
        totals = {day.isoformat(): _total(sums) for day, sums in read.items()}
        day = _total(read[today])
        was = total_of(_total(sums) for sums in earlier.values())
        tokens = pace_of({d: f.charged_tokens for d, f in totals.items()}, today, first_use)
        cost = pace_of({d: f.total_cost for d, f in totals.items()}, today, first_use)
        coming = month_total(figures.total_cost, cost, now, ends)
        return SystemStats(
            users=self._directory.counts(),
            top_users=self._directory.top_users(TOP_USERS),
            open_alerts=open_alerts_in(self._directory),
            period=period,
            renews_at=ends,
            updated_at=now,
            month=figures,
            today=day,
            by_model=by_model,
            by_group=self._top_groups(month),
            previous=PreviousMonth(
                period=before,
                figures=was,
                local_cost=rates.of_days(was.cost, was.local_cost, first, max(earlier)),
                same_time=_up_to(earlier, now.astimezone(zone)),
                begins_on=self._begins_on(first, used_on),
            ),
            pace=tokens,
            forecast_tokens=month_total(figures.charged_tokens, tokens, now, ends),
            forecast_cost=coming,
            month_local=rates.of_days(figures.cost, figures.local_cost, _first_day(period), today),
            today_local=rates.of_day(day.cost, today),
            forecast_local=rates.of_days(
                None if figures.cost is None else coming,
                # what is to come, at today's rate
                figures.local_cost + (coming - figures.total_cost) * rates.rate_on(today),
                _first_day(period),
                today,
            ),
        )

    def series(
        self,
        first: date,
        last: date,
        interval: Interval,
        *,
        models: Iterable[str] = (),
        groups: Iterable[str] = (),
        by_model: bool = False,
        by_group: bool = False,
    ) -> list[Point]:
        """One point a bucket, empty ones too, in the order of time.

        Groups are known by day alone, and not how long their first bytes took. Raises
        ValidationFailedError for more than 31 days by hour or 400 by day, and for groups by hour.
        """
        most = MAX_DAYS_BY_HOUR if interval is Interval.HOUR else MAX_DAYS_BY_DAY
        if not 0 <= (last - first).days < most:
            text = f"from 1 to {most} days by {interval.value}, `to` not before `from`"
            raise ValidationFailedError([("to", "range_too_long", text)])
        wanted, wanted_groups = frozenset(models), frozenset(groups)
        if wanted_groups or by_group:
            return self._series_of_groups(
                first, last, interval, wanted, wanted_groups, by_model=by_model, by_group=by_group
            )
        is_daily = interval is Interval.DAY
        has_refusals = is_daily and not wanted
        refused = self._refusals.read(first, last) if has_refusals else {}
        points: list[Point] = []
        for day, sums in self._days.read(first, last).items():
            chosen = {model: one for model, one in sums.items() if not wanted or model in wanted}
            if is_daily:
                refusals = refused.get(day, {}) if has_refusals else None
                points.append(_day_point(self._midnight(day), chosen, refusals, by_model=by_model))
                continue
            points += [
                _hour_point(starts, hour, chosen, by_model=by_model)
                for hour, starts in self._hours(day)
            ]
        return points

    def _series_of_groups(
        self,
        first: date,
        last: date,
        interval: Interval,
        models: frozenset[str],
        groups: frozenset[str],
        *,
        by_model: bool,
        by_group: bool,
    ) -> list[Point]:
        if interval is Interval.HOUR:
            text = "groups are known by day, not by hour"
            raise ValidationFailedError([("interval", "groups_by_day", text)])
        found = self._groups.read(first, last)
        points = []
        for day, system in self._days.read(first, last).items():
            parts = [
                (group_id, model, figures)
                for group_id, model, figures in with_rest(found[day], system)
                if (not groups or group_id in groups) and (not models or model in models)
            ]
            of_models = summed_by((model, figures) for _, model, figures in parts)
            of_groups = summed_by((group_id, figures) for group_id, _, figures in parts)
            points.append(
                Point(
                    time=self._midnight(day),
                    figures=total_of(figures for _, _, figures in parts),
                    by_model=_parts(of_models) if by_model else None,
                    by_group=_parts(of_groups) if by_group else None,
                )
            )
        return points

    def _top_groups(self, month: Mapping[date, DaySums]) -> list[GroupSum]:
        """Who has used most of a month, `-` for what was used without a group."""
        groups = self._groups.read(min(month), max(month))
        if not any(groups.values()):
            return []
        sums = summed_by(
            (group_id, figures)
            for day, system in month.items()
            for group_id, _, figures in with_rest(groups[day], system)
        )
        found = [GroupSum(*one) for one in sums.items()]
        found.sort(key=lambda one: (-one.figures.charged_tokens, one.group_id))
        return found[:TOP_GROUPS]

    def user_forecast(self, user_id: str) -> Forecast:
        """The end of a user's month, and the day on which the quota runs out.

        Raises NotFoundError.
        """
        found = self._users.get(user_id)
        if found is None:
            raise NotFoundError(user_id)
        now, zone = self._clock(), self._settings.zone
        account = account_of(found, self._settings, now)
        today = now.astimezone(zone).date()
        read = self._counters.figures(user_id, today - timedelta(days=PACE_DAYS), today)
        by_day = summed_by((day, figures) for day, _, figures in read)
        return forecast(
            used=account.user.current_usage,
            remaining=account.user.quota.remaining_tokens,
            pace=pace_of(charged_tokens(by_day.items()), today, self._counters.first_day(user_id)),
            now=now,
            renews_at=account.renews_at,
            zone=zone,
        )

    def _begins_on(self, first: date, used_on: list[date]) -> date | None:
        """The first day ever, where it lies behind the first of the month before."""
        if not used_on or used_on[0] == first:
            return None
        begins = self._days.first_day()
        if begins is None or begins <= first:
            return None
        return begins if begins.replace(day=1) == first else None

    def _midnight(self, day: date) -> datetime:
        local = datetime(day.year, day.month, day.day, tzinfo=self._settings.zone)
        return local.astimezone(UTC)

    def _hours(self, day: date) -> list[tuple[int, datetime]]:
        """The local hours that a day has, with their first instants.

        Where daylight saving ends, one hour comes twice and is one bucket, as it is one counter;
        where it begins, one does not exist. Offsets are whole quarters of an hour.
        """
        instant, ends = self._midnight(day), self._midnight(day + timedelta(days=1))
        hours: dict[int, datetime] = {}
        while instant < ends:
            local = instant.astimezone(self._settings.zone)
            hours.setdefault(local.hour, instant)
            instant += _QUARTER
        return list(hours.items())


def _parts(sums: Mapping[str, Figures]) -> dict[str, PointPart]:
    return {key: PointPart(figures=figures) for key, figures in sums.items()}


def _first_day(period: str) -> date:
    return date.fromisoformat(f"{period}-01")


def _total(sums: DaySums) -> Figures:
    return total_of(one.figures for one in sums.values())


def _up_to(earlier: Mapping[date, DaySums], now: datetime) -> Figures:
    """The month before, up to the day of the month and the time of `now` (local).

    The hour under way counts by the part of it that has passed. A month that was shorter counts
    whole.
    """
    return total_of(
        _total(sums) if day.day < now.day else _part(sums, now)
        for day, sums in earlier.items()
        if day.day <= now.day
    )


def _part(sums: DaySums, now: datetime) -> Figures:
    """Of one day what had been used by the time of `now`; see PreviousMonth."""
    passed = now.minute * 60 + now.second

    def by_now(figure: int) -> int:
        by_hour = [sum(one.hours[hour][figure] for one in sums.values()) for hour in range(HOURS)]
        return sum(by_hour[: now.hour]) + by_hour[now.hour] * passed // _HOUR_SECONDS

    day, requests, tokens = _total(sums), by_now(0), by_now(1)
    if not day.charged_tokens:
        return Figures(requests=requests)
    return Figures(
        requests=requests,
        charged_tokens=tokens,
        cost_nanos=day.total_cost * tokens // day.charged_tokens,
        unpriced_requests=day.unpriced_requests,
        local_cost=day.local_cost * tokens // day.charged_tokens,
    )


def _change(before: int, now: int) -> float | None:
    return round(100 * (now - before) / before, 1) if before > 0 else None


def _day_point(
    starts: datetime, chosen: DaySums, refusals: Mapping[str, int] | None, *, by_model: bool
) -> Point:
    by = {
        model: PointPart(figures=one.figures, first_byte=one.first_byte)
        for model, one in chosen.items()
    }
    return Point(
        time=starts,
        figures=_total(chosen),
        first_byte=together(one.first_byte for one in chosen.values()),
        by_model=by if by_model else None,
        refusals=refusals,
    )


def _hour_point(starts: datetime, hour: int, chosen: DaySums, *, by_model: bool) -> Point:
    by = {
        model: PointPart(
            figures=Figures(requests=one.hours[hour][0], charged_tokens=one.hours[hour][1])
        )
        for model, one in chosen.items()
        if any(one.hours[hour])
    }
    return Point(
        time=starts,
        figures=total_of(one.figures for one in by.values()),
        by_model=by if by_model else None,
    )
