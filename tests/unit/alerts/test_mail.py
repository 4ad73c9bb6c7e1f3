"""Mails: words in both languages, numbers, escaping, and headers that nobody can inject into."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from solaris.alerts.alert import (
    Audience,
    ChannelPaused,
    MonthlySummary,
    TopUser,
    UsageFigures,
)
from solaris.alerts.ceiling import COMPANY, CeilingReached
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mail_words import LABELS
from solaris.alerts.mails import MailRenderer, Person, Rendered, ThresholdNotice, compose
from solaris.alerts.token_requests.mail_samples import all_samples
from solaris.alerts.token_requests.mails import RequestMails
from solaris.platform.exchange import LocalCost
from solaris.platform.mail.formatting import (
    long_date,
    month,
    named_address,
    one_line,
    percentage,
    share,
)
from solaris.platform.mail.sender import MailRejectedError, recipients
from solaris.platform.texts import Locale
from solaris.quota.periods import renews_at
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement, Plan
from tests.unit.alerts.mail_extremes import MOST, NAMES, odd_mails

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
    user_id="u-1",
)
REPOSITORY = Path(__file__).resolve().parents[3]
LONG_WORD = re.compile(r"\S{60}")
SITE = "https://ia.example.com"
ADMIN_SITE = f"{SITE}/admin"
CEILING = CeilingReached(
    group_id="aaaaaaaaaaaa",
    name="Vendas & Cia",
    period="2026-11",
    percent=80,
    used_tokens=810,
    ceiling_tokens=1_000,
)
GROUP = GroupSummary(
    group_id="aaaaaaaaaaaa", name="Vendas", period="2026-11", total_tokens=500, cost_micros=7
)
LOCALES: tuple[Locale, ...] = ("pt-BR", "en")


def renderer(locale: Locale = "en") -> RequestMails:
    return RequestMails(locale, support_email="help@example.com", site=SITE)


def message(rendered: Rendered, to: str = "ana@example.com") -> EmailMessage:
    return compose(rendered, from_email="noreply@example.com", to=[to], mail_id="a#1", now=NOW)


def all_mails() -> Iterator[tuple[str, Rendered]]:
    for locale in LOCALES:
        for name, rendered in all_samples(renderer(locale), ZONE):
            yield f"{name}.{locale}", rendered
        for name, rendered in odd_mails(renderer(locale)):
            yield f"odd-{name}.{locale}", rendered


def links(html: str) -> list[tuple[str, str]]:
    """The buttons in their order: label and address."""
    found = re.findall(r'<a (?:class="ink" )?href="([^"]*)"[^>]*>([^<]*)</a>', html)
    assert len(found) == html.count("<a ")
    return [(unescape(label), unescape(address)) for address, label in found]


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
    refusing = {"pt-BR": ("recusad", "acabou"), "en": ("refused", "is used up")}[locale]
    blocked = replace(
        NOTICE, threshold=threshold, figures=UsageFigures(1_200_000, 1_000_000, 200_000)
    )
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
    assert "Ana Souza <ana@example.com>" in admins.text
    assert "Ana Souza &lt;ana@example.com&gt;" in admins.html
    command = "solaris users add-tokens ana@example.com 100000"
    assert command in admins.text
    assert command in re.sub(r"</?span[^>]*>", "", admins.html)
    assert "mailto:" not in admins.html


def test_the_admins_copy_leads_to_the_page_and_then_to_the_command() -> None:
    for part in (
        renderer().threshold(NOTICE, Audience.ADMINS).html,
        renderer().threshold(NOTICE, Audience.ADMINS).text,
    ):
        assert part.index(f"{ADMIN_SITE}/users/u-1") < part.index("solaris users")
    html = renderer().threshold(NOTICE, Audience.ADMINS).html
    assert links(html) == [("Open the user's page", f"{ADMIN_SITE}/users/u-1")]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_mail_to_admins_leads_to_what_it_is_about(locale: Locale) -> None:
    made = renderer(locale)
    month_of = f"{ADMIN_SITE}/reports?range=own&from=2026-11-01&to=2026-11-30"
    group_report = f"{month_of}&groups=%5B%22aaaaaaaaaaaa%22%5D"
    paused = ChannelPaused("chn_1", "x", NOW, "2026-11")
    summary = MonthlySummary("2026-11", 3, 2, 1, 500, 0)
    group_page = f"{ADMIN_SITE}/groups?search=%22Vendas%20%26%20Cia%22"
    for rendered, addresses in (
        (made.summary(summary), [month_of]),
        (made.group_summary(GROUP), [group_report]),
        (made.ceiling(CEILING), [group_page, group_report]),
        (made.ceiling(replace(CEILING, group_id=COMPANY, name="")), [f"{month_of}&group=group"]),
        (made.paused(paused), [f"{ADMIN_SITE}/channels"]),
    ):
        assert [address for _, address in links(rendered.html)] == addresses
        assert all(f":\n{address}\n" in rendered.text for address in addresses)


@pytest.mark.parametrize("locale", LOCALES)
def test_without_an_address_of_the_site_nothing_leads_there(locale: Locale) -> None:
    bare = RequestMails(locale)
    mails = dict(all_samples(bare, ZONE)) | dict(odd_mails(bare))
    for name, rendered in mails.items():
        leads = [address for _, address in links(rendered.html)]
        # the personal page comes with the notice
        assert [one for one in leads if "/me/#" not in one] == [], name
        assert "/admin" not in rendered.html + rendered.text, name
    assert "solaris users add-tokens" in mails["block-admins"].text
    assert LABELS[locale]["grant"] in mails["block-admins"].text


@pytest.mark.parametrize("locale", LOCALES)
def test_plans_are_told_as_the_site_names_them(locale: Locale) -> None:
    texts = (REPOSITORY / "admin_site/src/features/plans/texts.ts").read_text("utf-8")
    at = LOCALES.index(locale)
    for plan in Plan:
        name = re.findall(rf'plan_{plan.value}: "([^"]+)"', texts)[at]
        of_plan = replace(NOTICE, person=replace(NOTICE.person, plan=plan.value))
        rendered = renderer(locale).threshold(of_plan, Audience.ADMINS)
        assert re.search(rf": +{name}\n", rendered.text)
        assert f">{name}</td>" in rendered.html


@pytest.mark.parametrize(
    ("locale", "ppm", "told"),
    [
        ("pt-BR", 755_000, "75,5%"),
        ("en", 755_000, "75.5%"),
        ("pt-BR", 500_000, "50%"),
        ("en", 333_333, "33.3333%"),
    ],
)
@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("threshold", [Threshold.WARNING, Threshold.CRITICAL])
def test_a_threshold_is_told_as_it_is_set(
    locale: Locale, ppm: int, told: str, audience: Audience, threshold: Threshold
) -> None:
    used = -(-1_200_000 * ppm // 1_000_000)  # as soon as it is reached
    notice = replace(
        NOTICE,
        threshold=threshold,
        threshold_ppm=ppm,
        figures=UsageFigures(used, 1_000_000, 200_000),
    )
    rendered = renderer(locale).threshold(notice, audience)
    heading = re.search(r"<h1[^>]*>([^<]*)<", rendered.html)
    assert heading
    title, _ = renderer(locale).record(notice)
    for text in (rendered.subject, heading[1], title, rendered.text.partition("[")[0]):
        assert told in text
    for wrong in ("80%", "95%"):
        assert wrong not in rendered.subject + rendered.text + rendered.html


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize(
    ("figures", "ppm", "is_used_up"),
    [
        (UsageFigures(1_200_000, 1_000_000, 200_000), 1_000_000, True),
        (UsageFigures(1_300_000, 1_000_000, 200_000), 1_000_000, True),
        (UsageFigures(5, 0, 0), 1_000_000, True),
        (UsageFigures(1_080_000, 1_000_000, 200_000, 900_000), 900_000, False),
        (UsageFigures(1_199_940, 1_000_000, 200_000), 1_000_000, False),
        (UsageFigures(0, 0, 0), 1_000_000, False),
    ],
)
def test_a_quota_is_called_used_up_only_when_it_is(
    locale: Locale, audience: Audience, figures: UsageFigures, ppm: int, *, is_used_up: bool
) -> None:
    notice = replace(NOTICE, threshold=Threshold.BLOCK, threshold_ppm=ppm, figures=figures)
    said = {"pt-BR": ("esgotou", "esgotada", "acabou"), "en": ("used up",)}[locale]
    rendered = renderer(locale).threshold(notice, audience)
    title, _ = renderer(locale).record(notice)
    for text in (f"{rendered.subject} {title}".lower(), rendered.text.lower(), rendered.html):
        assert any(word in text.lower() for word in said) == is_used_up
    badge = rendered.text.partition("\n")[0]
    assert any(word in badge.lower() for word in said) == is_used_up


def test_a_block_below_all_of_the_quota_says_where_it_is() -> None:
    figures = UsageFigures(900, 1_000, 0, 900_000)
    early = replace(NOTICE, threshold=Threshold.BLOCK, threshold_ppm=900_000, figures=figures)
    assert "90%" in renderer().threshold(early, Audience.USER).subject
    assert renderer().record(early)[0] == "Blocked at 90% of the quota"
    warned = replace(early, person=replace(NOTICE.person, enforcement=Enforcement.WARN))
    told = renderer().threshold(warned, Audience.USER)
    assert "90%" in told.subject
    assert "refused" not in told.text


def test_a_ceilings_mail_says_the_share_that_is_reached() -> None:
    for locale in LOCALES:
        rendered = renderer(locale).ceiling(CEILING)
        assert "80%" in rendered.subject
        assert "81%" in rendered.text
    company = renderer().ceiling(replace(CEILING, group_id=COMPANY, name=""))
    assert "COMPANY_MONTHLY_CEILING" in company.text
    assert "COMPANY_MONTHLY_CEILING" not in renderer().ceiling(CEILING).text


def test_who_used_most_is_told_by_name_and_address() -> None:
    top = (TopUser("ana@example.com", 4, 40.0, "Ana Souza"), TopUser("x@example.com", 1, 1.0))
    for rendered in (
        renderer().summary(MonthlySummary("2026-11", 3, 2, 1, 500, 0, top)),
        renderer().group_summary(replace(GROUP, top=top)),
    ):
        assert " 1. Ana Souza <ana@example.com>\n" in rendered.text
        assert " 2. x@example.com\n" in rendered.text
        assert ">Ana Souza &lt;ana@example.com&gt;<" in rendered.html


def test_a_name_stands_before_its_address_as_people_read_it() -> None:
    assert named_address("Ana Souza", "ana@example.com") == "Ana Souza <ana@example.com>"
    assert named_address("", "ana@example.com") == "ana@example.com"
    assert named_address(" \u200b\u2060 ", "ana@example.com") == "ana@example.com"
    assert named_address("ana@example.com", "ana@example.com") == "ana@example.com"
    # what could be read as another address is quoted, and no quote ends it early
    hostile = named_address('Boss" <boss@bank.example>', "ana@example.com")
    assert hostile == '"Boss\' <boss@bank.example>" <ana@example.com>'
    for name in NAMES:
        told = named_address(name, "ana@example.com")
        assert told.isprintable()
        assert told.endswith("ana@example.com>") or told == "ana@example.com"
        assert len(told) <= 60 + 2 + len(" <ana@example.com>")
    assert named_address("\u202eanA\u202c", "a@b") == "anA <a@b>"


def test_without_a_support_address_there_is_no_button_and_without_a_name_no_name() -> None:
    unnamed = replace(NOTICE, person=Person("ana@example.com", "", "basic"))
    rendered = MailRenderer("pt-BR").threshold(unnamed, Audience.USER)
    assert "mailto:" not in rendered.html
    for part in (rendered.html, " ".join(rendered.text.split())):
        assert "fale com quem administra a IA na sua empresa" in part
    assert "Olá!" in rendered.text
    assert renderer().threshold(unnamed, Audience.ADMINS).subject.startswith("ana@example.com ")


@pytest.mark.parametrize(
    ("locale", "label"),
    [("pt-BR", "Ver meu uso e pedir mais tokens"), ("en", "See my usage and ask for more tokens")],
)
def test_the_users_own_page_is_linked_in_the_users_mail_and_never_in_the_admins(
    locale: Locale, label: str
) -> None:
    url = "https://ia.example.com/me/#a-b_c"
    linked = replace(NOTICE, usage_url=url)
    user = renderer(locale).threshold(linked, Audience.USER)
    assert f'href="{url}"' in user.html
    assert label in user.html
    assert f"{label}:\n{url}\n" in user.text
    # their own page first, then whom to ask
    assert [address.partition("?")[0] for _, address in links(user.html)] == [
        url,
        "mailto:help@example.com",
    ]
    assert user.text.index(url) < user.text.index("help@example.com")
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


@pytest.mark.parametrize("locale", LOCALES)
def test_every_mail_is_whole_loads_nothing_and_is_600_pixels_wide_at_most(locale: Locale) -> None:
    for name, rendered in all_mails():
        if not name.endswith(locale):
            continue
        found = Tags(rendered.html)
        assert found.open == [], name
        assert not {"img", "script", "link", "form", "iframe"} & {tag for tag, _ in found.tags}
        assert not any(key.startswith("on") for _, attrs in found.tags for key in attrs)
        leads = [address for _, address in links(rendered.html)]
        assert all(one.startswith((f"{SITE}/", "mailto:help@example.com?")) for one in leads), name
        # nothing but the buttons' addresses could be asked for
        loads = re.sub(r'href="[^"]*"', "", rendered.html)
        assert not re.search(r"https?://|url\(|@import|@font-face", loads), name
        assert "max-width:600px" in rendered.html
        assert '<meta name="color-scheme" content="light dark">' in rendered.html
        assert "prefers-color-scheme: dark" in rendered.html
        assert f'lang="{locale}"' in rendered.html
        assert len(rendered.html.encode()) < 100_000  # Gmail cuts off beyond
        if not name.startswith("odd-"):
            for text in (rendered.subject, rendered.text, rendered.html.partition("</style>")[2]):
                assert "{" not in text


class Words(HTMLParser):
    """What is read of a mail, the line beside its subject too."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"style", "title"}:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.words.append(data)


def figures_in(text: str) -> set[str]:
    return {one.rstrip(".,") for one in re.findall(r"\d[\d.,]*%?", text)}


def test_the_text_has_every_figure_of_the_html_and_lines_that_fit() -> None:
    for name, rendered in all_mails():
        read = figures_in(" ".join(Words(rendered.html).words))
        assert read, name
        assert read <= figures_in(rendered.text), name
        assert figures_in(rendered.subject) <= figures_in(rendered.text), name
        for line in rendered.text.splitlines():
            # what is copied as a whole stays whole: an address, a command
            whole = " " not in line.strip() or line.startswith("    solaris ")
            assert len(line) <= 78 or whole or LONG_WORD.search(line), (name, line)
        assert "\n\n\n" not in rendered.text, name


def test_nobodys_name_gets_beyond_its_place() -> None:
    for locale in LOCALES:
        for name, rendered in odd_mails(renderer(locale)):
            assert "<script" not in rendered.html
            assert rendered.subject.isprintable()
            sent = message_from_bytes(message(rendered).as_bytes(), policy=policy.default)
            assert sent["Bcc"] is None
            assert list(sent.keys()) == list(message(renderer().group_summary(GROUP)).keys())
            # a folded line begins with a space, which every reader takes off
            assert sent["Subject"].strip() == one_line(rendered.subject, 200), name
            shown = rendered.text + unescape(" ".join(Words(rendered.html).words))
            assert not set(shown) & set("\u202e\u202c\u2066\u200f\u200b")
            assert "49" not in rendered.subject, "a template in a name was carried out"


def test_amounts_of_nothing_and_of_very_much_are_told() -> None:
    nothing = replace(NOTICE, threshold=Threshold.BLOCK, figures=UsageFigures(0, 0, 0))
    assert "0 of 0 tokens" in renderer().threshold(nothing, Audience.USER).text
    much = replace(NOTICE, figures=UsageFigures(MOST, MOST, 0))
    written = ("1.000.000.000.000.000", "1,000,000,000,000,000")
    for locale, told in zip(LOCALES, written, strict=True):
        rendered = renderer(locale).threshold(much, Audience.ADMINS)
        assert told in rendered.text
        assert told in rendered.html


def test_a_bar_is_as_long_as_the_usage_and_never_longer_than_full() -> None:
    for used, width in ((0, None), (600_000, 50), (5_000_000, 100)):
        notice = replace(NOTICE, figures=UsageFigures(used, 1_000_000, 200_000))
        html = renderer().threshold(notice, Audience.USER).html
        filled = [attrs for _, attrs in Tags(html).tags if attrs.get("class") == "fill"]
        bars = [attrs["width"] for attrs in filled if "width" in attrs]  # not the card's edge
        assert bars == ([] if width is None else [f"{width}%"])


def test_numbers_and_dates_by_language() -> None:
    assert [percentage(812, one) for one in LOCALES] == ["81,2%", "81.2%"]
    assert [share(755_050, one) for one in LOCALES] == ["75,505%", "75.505%"]
    assert [share(999_999, one, 1) for one in LOCALES] == ["99,9%", "99.9%"]
    assert [percentage(10_000, one) for one in LOCALES] == ["1.000%", "1,000%"]
    assert [month("2026-03", one) for one in LOCALES] == ["março de 2026", "March 2026"]
    day = datetime(2026, 12, 2, tzinfo=ZONE)
    assert [long_date(day, one) for one in LOCALES] == ["2 de dezembro de 2026", "December 2, 2026"]


def test_one_line_is_one_line_and_bounded() -> None:
    assert one_line(" a\r\n\tb\u2028c\x00 ") == "a b c"
    assert one_line("x" * 500, 10) == "x" * 9 + "…"
    assert one_line("João 👩‍🔬") == "João 👩‍🔬"
