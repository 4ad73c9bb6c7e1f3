"""Monthly ceilings of groups and of the company: when they are told of, and until when. Pure.

A ceiling refuses nothing. Of what a group has used of its own in a month 80, 95 and 100 % are told,
each once; of two that are reached at once the higher alone. A ceiling that is changed is another
one, of which all is told anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from solaris.alerts.alert import Alert, AlertType, ResolvedWhy

PERCENTS = (80, 95, 100)
COMPANY = "company"
"""In place of a group's id: everybody."""

CEILING = "ceiling"
_PARTS = 5
_CRITICAL_PERCENT = 95


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a group may use in a month, in tokens, and who is told; `name` is empty for all."""

    group_id: str
    name: str
    tokens: int
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CeilingReached:
    """So many per cent of a ceiling were used in a period; `to` are the group's own people."""

    group_id: str
    name: str
    period: str
    percent: int
    used_tokens: int
    ceiling_tokens: int
    to: tuple[str, ...] = ()

    @property
    def alert_id(self) -> str:
        """One alert a period, group, ceiling and share of it."""
        return _alert_id(self.period, self.group_id, self.percent, self.ceiling_tokens)

    @property
    def of_group(self) -> str | None:
        """The group whose ceiling it is; None: the company's."""
        return None if self.group_id == COMPANY else self.group_id

    @property
    def lower_ids(self) -> list[str]:
        """Ids of the alerts in whose place this one stands."""
        return [
            _alert_id(self.period, self.group_id, one, self.ceiling_tokens)
            for one in PERCENTS
            if one < self.percent
        ]

    @property
    def type(self) -> AlertType:
        """From 95 % on somebody has to decide."""
        return AlertType.CRITICAL if self.percent >= _CRITICAL_PERCENT else AlertType.WARNING


def _alert_id(period: str, group_id: str, percent: int, tokens: int) -> str:
    return f"{CEILING}#{period}#{group_id}#{percent}#{tokens}"


def reached(ceiling: Ceiling, used_tokens: int, period: str) -> CeilingReached | None:
    """The highest share of a ceiling that is reached; None below 80 %, and for no ceiling (0)."""
    if ceiling.tokens <= 0:
        return None
    passed = [one for one in PERCENTS if used_tokens * 100 >= ceiling.tokens * one]
    if not passed:
        return None
    return CeilingReached(
        group_id=ceiling.group_id,
        name=ceiling.name,
        period=period,
        percent=passed[-1],
        used_tokens=used_tokens,
        ceiling_tokens=ceiling.tokens,
        to=ceiling.people,
    )


def to_close(
    alerts: Iterable[Alert], ceilings: Mapping[str, Ceiling], period: str
) -> dict[str, ResolvedWhy]:
    """Why open alerts of ceilings are closed, by id: a new month, or another ceiling or none.

    `ceilings` are those that there are now, by group (COMPANY: the company's).
    """
    closing = {}
    for alert in alerts:
        parts = alert.alert_id.split("#")
        if parts[0] != CEILING or len(parts) != _PARTS or alert.resolved_at is not None:
            continue
        stated = ceilings.get(parts[2])
        if alert.period < period:
            closing[alert.alert_id] = ResolvedWhy.MONTH
        elif stated is None or str(stated.tokens) != parts[4]:
            closing[alert.alert_id] = ResolvedWhy.LIMIT
    return closing
