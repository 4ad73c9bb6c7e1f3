"""Personal links: what their tokens say, who can make them, and how long they open."""

from datetime import UTC, datetime, timedelta

import pytest

from solaris.platform.errors import QuotaExhaustedError
from solaris.platform.settings import Settings
from solaris.platform.web.errors import error_answer
from solaris.quota.personal_link import (
    LINK_DAYS,
    TOKEN_CHARACTERS,
    Bearer,
    PersonalSigner,
    link_end,
    masked_email,
    with_holder,
)
from solaris.quota.personal_links import PersonalLinks
from solaris.quota.user import user_id_for

NOW = datetime(2026, 11, 15, 12, 30, 0, 5, tzinfo=UTC)
ANA = user_id_for("ana@example.com")
BOB = user_id_for("bob@example.com")
ANY_HOST = "0.0.0.0"  # noqa: S104 - only named
SECRET, OTHER = "s" * 40, "o" * 40


def settings(**values: object) -> Settings:
    return Settings.model_validate({"secret_key": SECRET, "solaris_stage": "test"} | values)


def test_a_token_says_who_and_until_when_in_48_characters() -> None:
    end = link_end(NOW)
    token = PersonalSigner([SECRET]).token(ANA, end)
    assert len(token) == TOKEN_CHARACTERS
    assert PersonalSigner([SECRET]).bearer(token, NOW) == Bearer(ANA, end)
    assert end == datetime(2026, 12, 15, 12, 30, tzinfo=UTC)


def test_a_token_opens_until_its_end_and_not_a_second_longer() -> None:
    signer = PersonalSigner([SECRET])
    end = link_end(NOW)
    token = signer.token(ANA, end)
    assert signer.bearer(token, end - timedelta(seconds=1)) is not None
    assert signer.bearer(token, end) is None


def test_no_character_of_a_token_can_be_changed() -> None:
    signer = PersonalSigner([SECRET])
    token = signer.token(ANA, link_end(NOW))
    for n, character in enumerate(token):
        forged = token[:n] + ("A" if character != "A" else "B") + token[n + 1 :]
        assert signer.bearer(forged, NOW) is None, n


@pytest.mark.parametrize("token", ["", "x", "A" * 47, "A" * 49, "A" * 48, "é" * 48, "+/" * 24])
def test_what_is_no_token_speaks_for_nobody(token: str) -> None:
    assert PersonalSigner([SECRET]).bearer(token, NOW) is None


def test_the_users_of_two_tokens_cannot_be_exchanged() -> None:
    signer = PersonalSigner([SECRET])
    ana, bob = (signer.token(one, link_end(NOW)) for one in (ANA, BOB))
    assert signer.bearer(bob[:21] + ana[21:], NOW) is None


def test_links_of_the_secret_before_still_open_and_those_of_no_secret_do_not() -> None:
    token = PersonalSigner([OTHER]).token(ANA, link_end(NOW))
    assert PersonalSigner([SECRET, OTHER]).bearer(token, NOW) is not None
    assert PersonalSigner([SECRET]).bearer(token, NOW) is None


@pytest.mark.parametrize(
    ("values", "start"),
    [
        ({"public_url": "https://ia.example.com"}, "https://ia.example.com/me/#"),
        ({"public_url": "https://example.com/ia/"}, "https://example.com/ia/me/#"),
        ({"host": ANY_HOST, "port": 8090}, "http://127.0.0.1:8090/me/#"),
    ],
)
def test_a_link_leads_to_the_public_address_or_to_this_machine(
    values: dict[str, object], start: str
) -> None:
    links = PersonalLinks(settings(**values), lambda: NOW)
    link = links.make(ANA)
    assert link.url.startswith(start)
    assert link.expires_at - NOW <= timedelta(days=LINK_DAYS)
    token = link.url.removeprefix(start)
    assert links.bearer(token) == Bearer(ANA, link.expires_at)
    assert links.chat_bearer(token) is None


def test_mails_and_refusals_have_a_link_only_where_the_address_is_known() -> None:
    def made(**values: object) -> tuple[bool, bool]:
        links = PersonalLinks(settings(**values), lambda: NOW)
        return links.for_mail(ANA) is not None, links.for_refusal(ANA) is not None

    assert made() == (False, False)
    assert made(solaris_stage="local") == (True, False)
    assert made(public_url="https://ia.example.com") == (True, True)


def test_a_link_for_a_chat_is_over_after_a_day_and_is_none_of_the_others() -> None:
    links = PersonalLinks(settings(public_url="https://ia.example.com"), lambda: NOW)
    url = links.for_refusal(ANA)
    assert url is not None
    token = url.removeprefix("https://ia.example.com/me/#")
    assert links.chat_bearer(token) == Bearer(ANA, NOW.replace(microsecond=0) + timedelta(days=1))
    assert links.bearer(token) is None
    later = PersonalLinks(settings(), lambda: NOW + timedelta(days=1))
    assert later.chat_bearer(token) is None


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        (f"{'A' * 48}.{'h' * 22}", "h" * 22),
        (f"{'A' * 48}.{'h' * 64}", "h" * 64),
        *((f"{'A' * 48}{more}", None) for more in ("", ".", f".{'h' * 21}", f".{'h' * 65}")),
        *((f"{'A' * 48}.{'h' * 22}{more}", None) for more in ("!", ".", "\n", "é")),
    ],
)
def test_a_browser_names_itself_behind_the_token(text: str, holder: str | None) -> None:
    assert with_holder(text) == ("A" * 48, holder)


@pytest.mark.parametrize(
    ("locale", "text"), [("pt-BR", "Veja seu uso: "), ("en", "See your usage: ")]
)
def test_a_refusal_ends_with_the_link_if_there_is_one(locale: str, text: str) -> None:
    def error(link: str | None) -> QuotaExhaustedError:
        return QuotaExhaustedError(
            used=1,
            limit=2,
            additional=0,
            available=0,
            renews_at=NOW,
            renews_in_seconds=1,
            link=link,
        )

    url = "https://ia.example.com/me/#abc"
    plain = error_answer(error(None), locale, "r").body["error"]  # type: ignore[arg-type]
    linked = error_answer(error(url), locale, "r").body["error"]  # type: ignore[arg-type]
    assert linked["message"] == f"{plain['message']} {text}{url}"
    assert linked["details"] == plain["details"] | {"link": url}
    assert "link" not in plain["details"]


def test_an_address_is_masked_to_its_first_letter_and_domain() -> None:
    assert masked_email("ana.souza@example.com") == "a***@example.com"
    assert masked_email("a@example.com") == "a***@example.com"
