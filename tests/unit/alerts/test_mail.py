"""Mails: words in both languages, numbers, escaping, and headers that nobody can inject into."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from solaris.alerts.alert import Audience, MonthlySummary, UsageFigures
from solaris.alerts.mail_samples import samples
from solaris.alerts.mail_words import LABELS
from solaris.alerts.mails import MailRenderer, Person, Rendered, ThresholdNotice, compose
from solaris.platform.exchange import LocalCost
from solaris.platform.mail.formatting import long_date, month, one_line, percentage
from solaris.platform.mail.sender import MailRejectedError, recipients
from solaris.platform.texts import Locale
from solaris.quota.periods import renews_at
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
EVIL = '<script>alert("x")</script> & \r\nBcc: all@example.com \u202e'
NOTICE = ThresholdNotice(
    person=Person("ana@example.com", "Ana Souza", "basic"),
    threshold=Threshold.CRITICAL,
    threshold_ppm=950_000,
    period="2026-11",
    figures=UsageFigures(1_158_220, 1_000_000, 200_000),
    renews_at=renews_at("2026-11", ZONE),
)
LOCALES: tuple[Locale, ...] = ("pt-BR", "en")


def renderer(locale: Locale = "en") -> MailRenderer:
    return MailRenderer(locale, support_email="help@example.com")


def message(rendered: Rendered, to: str = "ana@example.com") -> EmailMessage:
    return compose(rendered, from_email="noreply@example.com", to=[to], mail_id="a#1", now=NOW)


def all_mails() -> Iterator[tuple[str, Rendered]]:
    for locale in LOCALES:
        for name, rendered in samples(renderer(locale), ZONE):
            yield f"{name}.{locale}", rendered


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("pt-BR", ["1.158.220", "1.000.000", "200.000", "41.780", "96,5%", "1º de dezembro"]),
        ("en", ["1,158,220", "1,000,000", "200,000", "41,780", "96.5%", "December 1, 2026"]),
    ],
)
@pytest.mark.parametrize("audience", list(Audience))
def test_both_parts_say_every_figure_as_the_language_writes_it(
    locale: Locale, audience: Audience, expected: list[str]
) -> None:
    rendered = renderer(locale).threshold(NOTICE, audience)
    for text in expected:
        assert text in rendered.text
        assert text in rendered.html


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("threshold", list(Threshold))
def test_who_is_warned_only_is_never_told_of_refusals(
    locale: Locale, audience: Audience, threshold: Threshold
) -> None:
    refusing = {"pt-BR": ("recusad", "acabou"), "en": ("refused", "used up on")}[locale]
    blocked = replace(NOTICE, threshold=threshold)
    warned = replace(blocked, person=replace(NOTICE.person, enforcement=Enforcement.WARN))
    rendered = renderer(locale).threshold(warned, audience)
    for part in (rendered.subject, rendered.text, rendered.html):
        assert not any(word in part for word in refusing)
    if threshold is Threshold.BLOCK:
        assert any(word in renderer(locale).threshold(blocked, audience).text for word in refusing)


@pytest.mark.parametrize(
    ("locale", "micros", "unpriced", "expected"),
    [
        ("pt-BR", 1_230_000, 0, "US$ 1,23"),
        ("pt-BR", 1_230_000, 1_200, "US$ 1,23 (fora 1.200 requisições sem preço)"),
        ("pt-BR", 0, 7, "sem preço (7 requisições)"),
        ("pt-BR", 0, 1, "sem preço (1 requisição)"),
        ("en", 1_230_000, 1, "$1.23 (and 1 request without a price)"),
        ("en", 1_230_000, 7, "$1.23 (and 7 requests without a price)"),
        ("en", 0, 7, "no price (7 requests)"),
        ("en", 0, 0, "$0.00"),
    ],
)
def test_the_summary_does_not_say_nothing_for_what_has_no_price(
    locale: Locale, micros: int, unpriced: int, expected: str
) -> None:
    summary = MonthlySummary("2026-10", 3, 2, 1, 500, micros, unpriced_requests=unpriced)
    rendered = renderer(locale).summary(summary)
    assert expected in rendered.text
    assert expected in rendered.html
    assert expected in renderer(locale).summary_record(summary)[1]


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("pt-BR", "respostas do mês: 1.200; os números podem subir"),
        ("en", "answers of the month: 1,200; the figures may rise"),
    ],
)
def test_the_summary_says_what_is_open_still(locale: Locale, expected: str) -> None:
    summary = MonthlySummary("2026-10", 3, 2, 1, 500, 0, open_requests=1_200)
    for text in (renderer(locale).summary(summary).text, renderer(locale).summary(summary).html):
        assert expected in text
    settled = renderer(locale).summary(replace(summary, open_requests=0))
    assert expected not in settled.text


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("pt-BR", "R$ 6,62 (US$ 1,23, câmbio 5,38 de 01/10)"),
        ("en", "R$6.62 ($1.23, rate 5.38 of Oct 1)"),
    ],
)
def test_the_summary_tells_reais_with_their_rate(locale: Locale, expected: str) -> None:
    local = LocalCost("BRL", 6_617_400, 5_380_000, date(2026, 10, 1))
    summary = MonthlySummary("2026-10", 3, 2, 1, 500, 1_230_000, local_cost=local)
    rendered = renderer(locale).summary(summary)
    for text in (rendered.text, rendered.html, renderer(locale).summary_record(summary)[1]):
        assert expected in text
    some = replace(summary, unpriced_requests=7)
    assert expected in renderer(locale).summary(some).text
    assert (
        LABELS[locale]["some_priced"].format(
            cost=expected, requests=LABELS[locale]["requests_other"].format(count=7)
        )
        in renderer(locale).summary_record(some)[1]
    )


def test_the_users_mail_greets_and_asks_and_the_admins_copy_says_who_and_how() -> None:
    user = renderer().threshold(NOTICE, Audience.USER)
    admins = renderer().threshold(NOTICE, Audience.ADMINS)
    assert "Hello Ana Souza," in user.text
    assert 'href="mailto:help@example.com?subject=Additional%20tokens' in user.html
    assert "solaris users" not in user.text
    assert admins.subject.startswith("Ana Souza ")
    for text in ("ana@example.com", "basic", "solaris users add-tokens ana@example.com 100000"):
        assert text in admins.text
        assert text in re.sub(r"</?span[^>]*>", "", admins.html)
    assert "mailto:" not in admins.html


def test_without_a_support_address_there_is_no_button_and_without_a_name_no_name() -> None:
    unnamed = replace(NOTICE, person=Person("ana@example.com", "", "basic"))
    rendered = MailRenderer("pt-BR").threshold(unnamed, Audience.USER)
    assert "mailto:" not in rendered.html
    assert "Olá!" in rendered.text
    assert renderer().threshold(unnamed, Audience.ADMINS).subject.startswith("ana@example.com ")


@pytest.mark.parametrize(("locale", "label"), [("pt-BR", "Ver meu uso"), ("en", "See my usage")])
def test_the_users_own_page_is_linked_in_the_users_mail_and_never_in_the_admins(
    locale: Locale, label: str
) -> None:
    url = "https://ia.example.com/me/#a-b_c"
    linked = replace(NOTICE, usage_url=url)
    user = renderer(locale).threshold(linked, Audience.USER)
    assert f'href="{url}"' in user.html
    assert label in user.html
    assert f"{label}: {url}" in user.text
    for rendered in (
        renderer(locale).threshold(linked, Audience.ADMINS),
        renderer(locale).threshold(NOTICE, Audience.USER),
    ):
        assert label not in rendered.html + rendered.text
        assert "/me/" not in rendered.html + rendered.text


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("locale", LOCALES)
def test_a_name_is_text_in_the_html_and_one_line_everywhere(
    locale: Locale, audience: Audience
) -> None:
    evil = replace(NOTICE, person=Person("ana@example.com", EVIL, "basic"))
    rendered = renderer(locale).threshold(evil, audience)
    assert "<script" not in rendered.html
    assert "&lt;script&gt;" in rendered.html
    assert "\u202e" not in rendered.html + rendered.text + rendered.subject
    assert "\nBcc:" not in rendered.text
    sent = message_from_bytes(message(rendered).as_bytes(), policy=policy.default)
    assert sent["Bcc"] is None
    assert sent["Subject"] == rendered.subject


def test_an_address_that_a_shell_would_obey_is_quoted_in_the_command() -> None:
    evil = replace(NOTICE, person=Person("$(id)`x`@example.com", "", "basic"))
    rendered = renderer().threshold(evil, Audience.ADMINS)
    assert "add-tokens '$(id)`x`@example.com' 100000" in rendered.text


@pytest.mark.parametrize(
    "address",
    [
        "a\r\nBcc: b@example.com",
        "a@example.com\nX: y",
        "joão@example.com",
        "@example.com",
        "a@",
        "",
    ],
)
def test_an_address_that_fits_no_header_is_rejected_for_good(address: str) -> None:
    rendered = renderer().threshold(NOTICE, Audience.USER)
    with pytest.raises(MailRejectedError):
        message(rendered, to=address)


def test_an_international_domain_is_written_in_ascii() -> None:
    sent = message(renderer().threshold(NOTICE, Audience.USER), to="ana@domínio.example")
    assert recipients(sent) == ["ana@xn--domnio-5va.example"]


def test_headers_stop_automatic_answers_and_the_same_alert_has_the_same_message_id() -> None:
    rendered = renderer().threshold(NOTICE, Audience.USER)
    one, two = message(rendered), message(rendered)
    assert one["From"] == "IA SOLARIS <noreply@example.com>"
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["Message-ID"] == two["Message-ID"]
    assert one["Message-ID"].endswith("@example.com>")
    raw = one.as_bytes()
    assert raw.isascii()
    assert max(len(line) for line in raw.splitlines()) <= 998
    plain, html = one.iter_parts()
    assert plain.get_content().splitlines() == rendered.text.splitlines()
    assert html.get_content().splitlines() == rendered.html.splitlines()


class Tags(HTMLParser):
    """Every start tag with its attributes, and whether each tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("name", "rendered"), list(all_mails()), ids=lambda one: str(one)[:30])
def test_every_mail_is_whole_loads_nothing_and_is_600_pixels_wide_at_most(
    name: str, rendered: Rendered
) -> None:
    found = Tags(rendered.html)
    assert found.open == []
    assert not {"img", "script", "link", "form", "iframe"} & {tag for tag, _ in found.tags}
    # the one address is where a button leads
    loads = re.sub(r'<a class="ink" href="https://ia\.example\.com/me/#[^"]*"', "", rendered.html)
    assert not re.search(r"https?://|url\(|@import|@font-face", loads)
    assert "max-width:600px" in rendered.html
    assert "prefers-color-scheme: dark" in rendered.html
    assert f'lang="{name.rpartition(".")[2]}"' in rendered.html
    for text in (rendered.subject, rendered.text, rendered.html.partition("</style>")[2]):
        assert "{" not in text
    assert len(rendered.html.encode()) < 100_000  # Gmail cuts off beyond


def test_a_bar_is_as_long_as_the_usage_and_never_longer_than_full() -> None:
    for used, width in ((0, None), (600_000, 50), (5_000_000, 100)):
        notice = replace(NOTICE, figures=UsageFigures(used, 1_000_000, 200_000))
        html = renderer().threshold(notice, Audience.USER).html
        bars = [attrs["width"] for _, attrs in Tags(html).tags if attrs.get("class") == "fill"]
        assert bars == ([] if width is None else [f"{width}%"])


def test_numbers_and_dates_by_language() -> None:
    assert [percentage(812, one) for one in LOCALES] == ["81,2%", "81.2%"]
    assert [percentage(10_000, one) for one in LOCALES] == ["1.000%", "1,000%"]
    assert [month("2026-03", one) for one in LOCALES] == ["março de 2026", "March 2026"]
    day = datetime(2026, 12, 2, tzinfo=ZONE)
    assert [long_date(day, one) for one in LOCALES] == ["2 de dezembro de 2026", "December 2, 2026"]


def test_one_line_is_one_line_and_bounded() -> None:
    assert one_line(" a\r\n\tb\u2028c\x00 ") == "a b c"
    assert one_line("x" * 500, 10) == "x" * 9 + "…"
    assert one_line("João 👩‍🔬") == "João 👩‍🔬"
