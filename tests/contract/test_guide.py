"""The administrator's guide, in both languages: texts and names as people see them."""

import re
from functools import cache

import pytest

from solaris.alerts.alert import ALERT_DAYS, Audience
from solaris.alerts.mail_words import THRESHOLD_WORDS
from solaris.audit.entry import AUDIT_DAYS
from solaris.exports.export import EXPORT_DAYS
from solaris.ledger.records import RECORD_DAYS
from solaris.platform.mail.formatting import share
from solaris.platform.settings import Settings
from solaris.platform.texts import Locale, error_text
from solaris.platform.web.errors import _STATUS
from solaris.quota.personal_links import LINK_DAYS
from solaris.quota.policy import threshold_rule_of
from solaris.quota.quota import PPM
from solaris.quota.thresholds import Threshold
from tests.contract.pages import ROOT, Page

GUIDES: dict[Locale, str] = {"pt-BR": "admin_site/GUIDE.pt-BR.md", "en": "admin_site/GUIDE.md"}
LOCALES = sorted(GUIDES)
ACCOUNT_STATUS = 403
# Headings of the parts that are looked into
FIRST = {"pt-BR": "Primeiro acesso", "en": "First sign-in"}
MAILS = {"pt-BR": "Alertas e e-mails", "en": "Alerts and mails"}
REFUSALS = {
    "pt-BR": "O que o gateway recusa, e o que fazer",
    "en": "What the gateway refuses, and what to do",
}
ASKED = {"pt-BR": "Perguntas de quem usa", "en": "What people ask"}
LGPD = {"pt-BR": "LGPD", "en": "Data protection (LGPD)"}
QUOTA = {
    "pt-BR": {"used": "1.000.000", "granted": "1.000.000", "renews": "01/12"},
    "en": {"used": "1,000,000", "granted": "1,000,000", "renews": "2026-12-01"},
}
FILLED = {
    "model_not_allowed": {"model": "gpt-5.4"},
    "user_model_not_allowed": {"model": "gpt-5.4", "models": "gpt-4o, small"},
    "tokens_held": {"seconds": "5"},
    "bookings_late": {"seconds": "15"},
    "rate_limit_exceeded": {"seconds": "3"},
    "overloaded": {"seconds": "5"},
    "payload_too_large": {"limit": "20 MiB"},
}
# LibreChat's own, the provider's that must not be there, and many at once
FOREIGN = {"SOLARIS_API_KEY", "OIDC_…"}
MENU = (
    *("dashboard", "users", "groups", "plans", "reports", "requests", "alerts", "channels"),
    *("models", "keys", "audit", "admins", "settings"),
)
# Words of the guide by their key in the site's texts
SITE_WORDS = {
    "users/actionTexts.ts": ("activate", "addTokens", "bulkGroup", "delete", "edit"),
    "users/userTexts.ts": ("used", "reserved", "available", "estimated", "transactions", "months"),
    "users/texts.ts": (
        *("status_active", "status_suspended", "status_blocked", "status_pending"),
        *("plan_trial", "plan_basic", "plan_pro", "plan_enterprise"),
    ),
    "admins/texts.ts": ("role_admin", "role_viewer", "role_auditor"),
    "admins/keys/texts.ts": ("create",),
    "groups/texts.ts": ("edit", "title"),
    "plans/texts.ts": ("edit",),
}


@cache
def guide(locale: Locale) -> Page:
    """The page of a language."""
    return Page.read(GUIDES[locale])


def site_words(file: str, locale: Locale) -> dict[str, str]:
    """The texts of one of the site's files, by key."""
    texts = (ROOT / "admin_site/src" / file).read_text(encoding="utf-8")
    portuguese, english = texts.split("\n  en: {")
    part = portuguese if locale == "pt-BR" else english
    return dict(re.findall(r'^    (\w+): "(.*)",$', part, re.MULTILINE))


def refusal(code: str, locale: Locale) -> str:
    """A refusal as people read it."""
    filled = QUOTA[locale] if code == "insufficient_quota" else FILLED.get(code, {})
    return error_text(code, locale, **filled)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_refusal_has_its_status_and_the_text_that_people_read(locale: Locale) -> None:
    statuses = {error.code: status for error, (status, _) in _STATUS.items()}
    table = guide(locale).rows(REFUSALS[locale])
    for status, quoted_code, text, _ in table:
        code = quoted_code.strip("`")
        assert text == f'"{refusal(code, locale)}"'
        assert int(status) == statuses.get(code, ACCOUNT_STATUS)
    answered = {row[1].strip("`") for row in table}
    assert {*FILLED, "insufficient_quota", "account_suspended", "upstream_error"} <= answered


@pytest.mark.parametrize("locale", LOCALES)
def test_the_questions_quote_refusals_as_they_are(locale: Locale) -> None:
    asked = guide(locale).section(ASKED[locale])
    assert refusal("insufficient_quota", locale).startswith(re.findall(r'"([^"]+)"', asked)[0])
    for code in ("rate_limit_exceeded", "account_suspended"):
        assert f'"{refusal(code, locale)}"' in asked


@pytest.mark.parametrize("locale", LOCALES)
def test_the_pages_have_the_names_of_the_site_s_menu(locale: Locale) -> None:
    words = site_words("app/texts.ts", locale)
    named = [row[0].strip("*") for row in guide(locale).rows(FIRST[locale])]
    assert named == [words[key] for key in MENU]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("file", sorted(SITE_WORDS))
def test_words_of_the_guide_are_the_site_s(file: str, locale: Locale) -> None:
    words = site_words(f"features/{file}", locale)
    for key in SITE_WORDS[file]:
        assert words[key] in guide(locale).text


@pytest.mark.parametrize(("locale", "month"), [("pt-BR", "novembro"), ("en", "November")])
def test_the_mails_have_their_subjects(locale: Locale, month: str) -> None:
    words = THRESHOLD_WORDS[locale]
    thresholds = (Threshold.WARNING, Threshold.CRITICAL, Threshold.BLOCK)
    rule = threshold_rule_of(Settings())
    shares = dict(zip(thresholds, (rule.warning_ppm, rule.critical_ppm, PPM), strict=True))
    for row, threshold in zip(guide(locale).rows(MAILS[locale]), thresholds, strict=False):
        told = share(shares[threshold], locale)
        assert told in row[0] or threshold is Threshold.BLOCK
        filled = {"threshold": told, "month": month, "who": "Ana"}
        for cell, audience in zip(row[1:], (Audience.USER, Audience.ADMINS), strict=True):
            assert cell == f'"{words[audience][threshold].subject.format(**filled)}"'


@pytest.mark.parametrize(
    ("locale", "months", "years", "days"),
    [("pt-BR", "meses", "anos", "dias"), ("en", "months", "years", "days")],
)
def test_how_long_data_is_kept_is_true(locale: Locale, months: str, years: str, days: str) -> None:
    kept = [row[2] for row in guide(locale).rows(LGPD[locale])]
    _, requests, _, _, alerts, _, audit, files = kept
    assert RECORD_DAYS // 30 == ALERT_DAYS // 30 == 13
    assert requests == alerts == f"13 {months}"
    assert (AUDIT_DAYS, audit) == (730, f"2 {years}")
    assert files == f"{EXPORT_DAYS} {days}"
    flowing = " ".join(guide(locale).text.split())
    assert f"(`/me/`, {LINK_DAYS} {days})" in flowing


@pytest.mark.parametrize("locale", LOCALES)
def test_every_variable_is_a_setting(locale: Locale) -> None:
    named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_…]+)(?:=[^`]*)?`", guide(locale).prose))
    assert named - FOREIGN == named & {name.upper() for name in Settings.model_fields}
