"""Every mail about a request for tokens with made-up figures; see alerts/mail_samples.py."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, tzinfo

from solaris.alerts.alert import UsageFigures
from solaris.alerts.causes.samples import cause_samples
from solaris.alerts.mail_samples import ANA, PERIOD, RULE, USAGE_URL, USER_ID, samples
from solaris.alerts.mails import Rendered
from solaris.alerts.token_requests.mails import RequestMails, ToldRequest
from solaris.alerts.token_requests.notice import RequestNews, RequestNotice
from solaris.quota.thresholds import ThresholdRule


def all_samples(
    renderer: RequestMails, zone: tzinfo, rule: ThresholdRule = RULE
) -> Iterator[tuple[str, Rendered]]:
    """Yield the name of each mail that there is and the mail."""
    yield from samples(renderer, zone, rule)
    yield from cause_samples(renderer, zone)
    for name, told in told_samples(zone):
        yield name, renderer.request(told)


def told_samples(zone: tzinfo) -> Iterator[tuple[str, ToldRequest]]:
    """Yield the name of each piece of news and the news."""
    asked = RequestNotice(
        user_id=USER_ID,
        request_id="20261128T143000000Z-1f9a0c3b",
        news=RequestNews.ASKED,
        period=PERIOD,
        tokens=500_000,
        reason="Fechamento do trimestre: preciso revisar os contratos de 40 clientes até sexta.",
        happened_at=datetime(2026, 11, 28, 11, 30, tzinfo=zone),
    )
    told = ToldRequest(ANA, asked, UsageFigures(1_190_334, 1_000_000, 200_000))
    yield "request-asked", told
    own = replace(told, usage_url=USAGE_URL)
    approved = replace(
        asked,
        news=RequestNews.APPROVED,
        granted_tokens=300_000,
        lasting="this_month",
        note="Bom trabalho! O resto fica para dezembro.",
        decided_by="chefe@example.com",
    )
    yield "request-approved", replace(own, news=approved)
    until = replace(approved, lasting="until", until=date(2026, 12, 15), note="")
    yield "request-approved-until", replace(own, news=until)
    raised = replace(approved, granted_tokens=None, lasting=None, by_raise=True, note="")
    yield "request-raised", replace(own, news=raised)
    denied = replace(
        asked,
        news=RequestNews.DENIED,
        note="Vamos usar o modelo menor até o fim do mês.",
        not_before=datetime(2026, 12, 5, 11, 30, tzinfo=zone),
    )
    yield "request-denied", replace(own, news=denied)
