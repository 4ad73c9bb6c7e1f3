"""Which warnings a user has earned: at 80 %, at 95 % and on block (fractions by setting).

Measured on usage against limit plus additional tokens, so that a grant brings a user back under
a threshold and re-arms its warning.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from solaris.quota.quota import Quota


class Threshold(StrEnum):
    """The three warnings, mildest first."""

    WARNING = "warning"
    CRITICAL = "critical"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """Where the two warnings lie, in millionths of what is granted; block is the quota's own."""

    warning_ppm: int
    critical_ppm: int


class HasThresholds(Protocol):
    """Whoever may have thresholds of their plan, in millionths; None: the settings'."""

    @property
    def warning_ppm(self) -> int | None:
        """The first warning."""

    @property
    def critical_ppm(self) -> int | None:
        """The second one."""


def rule_of(user: HasThresholds, rule: ThresholdRule) -> ThresholdRule:
    """The rule for one user: the plan's thresholds where it has some, else those of `rule`."""
    if user.warning_ppm is None and user.critical_ppm is None:
        return rule
    return ThresholdRule(
        warning_ppm=rule.warning_ppm if user.warning_ppm is None else user.warning_ppm,
        critical_ppm=rule.critical_ppm if user.critical_ppm is None else user.critical_ppm,
    )


def reached(quota: Quota, rule: ThresholdRule) -> list[Threshold]:
    """Return every threshold that the usage has reached, mildest first."""
    found = []
    if quota.granted_ppm >= rule.warning_ppm:
        found.append(Threshold.WARNING)
    if quota.granted_ppm >= rule.critical_ppm:
        found.append(Threshold.CRITICAL)
    if quota.is_exhausted:
        found.append(Threshold.BLOCK)
    return found


def to_announce(
    quota: Quota, rule: ThresholdRule, already_sent: frozenset[Threshold]
) -> Threshold | None:
    """Return the one threshold worth a mail now: the highest reached, unless it was announced.

    A jump from 70 % to 97 % announces only the 95 % threshold; the milder one is then marked
    as sent with it.
    """
    found = reached(quota, rule)
    if not found or found[-1] in already_sent:
        return None
    return found[-1]


def to_rearm(
    quota: Quota, rule: ThresholdRule, already_sent: frozenset[Threshold]
) -> frozenset[Threshold]:
    """Return the announced thresholds that a grant or a raised limit has brought out of reach."""
    return already_sent - frozenset(reached(quota, rule))
