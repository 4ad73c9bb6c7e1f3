"""Every mail with made-up figures, for `solaris mail preview` and for looking at them."""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo

from solaris.alerts.alert import (
    Audience,
    ChannelPaused,
    GroupPart,
    MonthlySummary,
    TopUser,
    UsageFigures,
)
from solaris.alerts.ceiling import CeilingReached
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mails import EndingNotice, MailRenderer, Person, Rendered, ThresholdNotice
from solaris.quota.periods import renews_at
from solaris.quota.thresholds import Threshold

PERIOD = "2026-11"
USAGE_URL = "https://ia.example.com/me/#made-up"
ANA = Person("ana.souza@example.com", "Ana Souza", "basic")

_USED = {
    Threshold.WARNING: (800_000, 974_310),
    Threshold.CRITICAL: (950_000, 1_158_220),
    Threshold.BLOCK: (1_000_000, 1_200_000),
}
_TOP = (
    ("carla.mendes@example.com", 1_920_334, 96.0),
    ("ana.souza@example.com", 1_200_000, 120.0),
    ("bruno.lima@example.com", 804_112, 80.4),
    ("uma.pessoa.com.um.nome.muito.comprido@departamento.example.com", 412_908, 41.3),
    ("davi@example.com", 23_410, 2.3),
)


_GROUPS = (("Vendas", 204_360_764), ("Engenharia", 98_450_221), ("", 15_639_236))


def samples(renderer: MailRenderer, zone: tzinfo) -> Iterator[tuple[str, Rendered]]:
    """Yield the name of each mail and the mail."""
    for threshold, (ppm, used) in _USED.items():
        notice = ThresholdNotice(
            person=ANA,
            threshold=threshold,
            threshold_ppm=ppm,
            period=PERIOD,
            figures=UsageFigures(used, 1_000_000, 200_000),
            renews_at=renews_at(PERIOD, zone),
            usage_url=USAGE_URL,
        )
        for audience in Audience:
            yield f"{threshold.value}-{audience.value}", renderer.threshold(notice, audience)
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
    for percent, used in ((80, 4_012_334), (100, 5_000_120)):
        ceiling = CeilingReached(
            group_id="aaaaaaaaaaaa",
            name="Vendas",
            period=PERIOD,
            percent=percent,
            used_tokens=used,
            ceiling_tokens=5_000_000,
        )
        yield f"ceiling-{percent}", renderer.ceiling(ceiling)
