"""Every mail with made-up figures, for `solaris mail preview` and for looking at them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, tzinfo

from solaris.alerts.alert import (
    Audience,
    ChannelPaused,
    GroupPart,
    MonthlySummary,
    TopUser,
    UsageFigures,
)
from solaris.alerts.ceiling import COMPANY, PERCENTS, CeilingReached
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mails import EndingNotice, MailRenderer, Person, Rendered, ThresholdNotice
from solaris.quota.periods import renews_at
from solaris.quota.quota import PPM
from solaris.quota.thresholds import Threshold, ThresholdRule
from solaris.quota.user import Enforcement

PERIOD = "2026-11"
SITE = "https://ia.example.com"
USAGE_URL = f"{SITE}/me/#made-up"
USER_ID = "5a0f6d1e-3c52-5f1c-9d0e-7a4f1c2b3d4e"
ANA = Person("ana.souza@example.com", "Ana Souza", "basic")
RULE = ThresholdRule(warning_ppm=755_000, critical_ppm=950_000)
EARLY_PPM = 900_000

_LIMIT, _ADDITIONAL = 1_000_000, 200_000
_GRANTED = _LIMIT + _ADDITIONAL
_TOP = (
    ("carla.mendes@example.com", 1_920_334, 96.0, "Carla Mendes"),
    ("ana.souza@example.com", 1_200_000, 120.0, "Ana Souza"),
    ("bruno.lima@example.com", 804_112, 80.4, "Bruno Lima"),
    ("uma.pessoa.com.um.nome.muito.comprido@departamento.example.com", 412_908, 41.3, ""),
    ("davi@example.com", 23_410, 2.3, "Davi"),
)
_GROUPS = (("Vendas", 204_360_764), ("Engenharia", 98_450_221), ("", 15_639_236))


def samples(
    renderer: MailRenderer, zone: tzinfo, rule: ThresholdRule = RULE
) -> Iterator[tuple[str, Rendered]]:
    """Yield the name of each mail and the mail; `rule` says where its warnings lie."""
    for name, notice in _threshold_notices(zone, rule):
        for audience in Audience:
            yield f"{name}-{audience.value}", renderer.threshold(notice, audience)
    ending = EndingNotice(ANA, 160_000, 200_000, date(2026, 12, 15), USAGE_URL)
    yield "grant-ending", renderer.ending(ending)
    since = datetime(2026, 11, 28, 9, 30, tzinfo=zone)
    yield "channel-paused", renderer.paused(ChannelPaused("chn_1", "Plantão", since, PERIOD))
    summary = MonthlySummary(
        period=PERIOD,
        users=1_284,
        active_users=947,
        blocked_users=12,
        total_tokens=318_450_221,
        cost_micros=1_482_337_910,
        top=tuple(TopUser(*one) for one in _TOP),
        groups=tuple(GroupPart(*one) for one in _GROUPS),
    )
    yield "monthly-summary", renderer.summary(summary)
    group = GroupSummary(
        group_id="aaaaaaaaaaaa",
        name="Vendas",
        period=PERIOD,
        total_tokens=4_360_764,
        cost_micros=21_450_000,
        ceiling_tokens=5_000_000,
        active_members=5,
        top=tuple(TopUser(*one) for one in _TOP),
    )
    yield "group-summary", renderer.group_summary(group)
    for percent in PERCENTS:
        ceiling = CeilingReached(
            group_id="aaaaaaaaaaaa",
            name="Vendas",
            period=PERIOD,
            percent=percent,
            used_tokens=50_000 * percent + 120,
            ceiling_tokens=5_000_000,
        )
        yield f"ceiling-{percent}", renderer.ceiling(ceiling)
        company = replace(ceiling, group_id=COMPANY, name="")
        yield f"company-ceiling-{percent}", renderer.ceiling(company)


def _threshold_notices(zone: tzinfo, rule: ThresholdRule) -> Iterator[tuple[str, ThresholdNotice]]:
    """The warnings, the block and what stands in its place, and whoever is warned only."""
    warning = ThresholdNotice(
        person=ANA,
        threshold=Threshold.WARNING,
        threshold_ppm=rule.warning_ppm,
        period=PERIOD,
        figures=UsageFigures(_used(rule.warning_ppm), _LIMIT, _ADDITIONAL),
        renews_at=renews_at(PERIOD, zone),
        usage_url=USAGE_URL,
        user_id=USER_ID,
    )
    critical = replace(
        warning,
        threshold=Threshold.CRITICAL,
        threshold_ppm=rule.critical_ppm,
        figures=UsageFigures(_used(rule.critical_ppm), _LIMIT, _ADDITIONAL),
    )
    block = replace(
        warning,
        threshold=Threshold.BLOCK,
        threshold_ppm=PPM,
        figures=UsageFigures(_GRANTED, _LIMIT, _ADDITIONAL),
    )
    yield "warning", warning
    yield "critical", critical
    yield "block", block
    early = UsageFigures(_GRANTED * EARLY_PPM // PPM, _LIMIT, _ADDITIONAL, EARLY_PPM)
    yield "early-block", replace(block, threshold_ppm=EARLY_PPM, figures=early)
    yield "nearly-out", replace(block, figures=UsageFigures(_GRANTED - 60, _LIMIT, _ADDITIONAL))
    yield "no-quota", replace(block, figures=UsageFigures(0, 0, 0))
    warned = replace(ANA, enforcement=Enforcement.WARN)
    yield "warned-critical", replace(critical, person=warned)
    yield "warned-block", replace(block, person=warned)


def _used(ppm: int) -> int:
    return min(_GRANTED, _GRANTED * ppm // PPM + 14_310)
