"""Personal links: what their tokens say, who can make them, and how long they open."""

import string
from datetime import UTC, datetime, timedelta

import pytest

from solaris.platform.errors import QuotaExhaustedError
from solaris.platform.settings import Settings
from solaris.platform.web.errors import error_answer
from solaris.quota.personal_links import (
    LINK_DAYS,
    Bearer,
    PersonalLinks,
    PersonalSigner,
    link_end,
    masked_email,
    with_holder,
)
from solaris.quota.user import user_id_for

NOW = datetime(2026, 11, 15, 12, 30, 0, 5, tzinfo=UTC)
ANA = user_id_for("ana@example.com")
BOB = user_id_for("bob@example.com")
ANY_HOST = "0.0.0.0"  # noqa: S104 - only named
SECRET, OTHER = "s" * 40, "o" * 40


def settings(**values: object) -> Settings:
    return Settings.model_validate({"secret_key": SECRET, "solaris_stage": "test"} | values)


def test_a_token_says_who_and_until_when_in_92_characters() -> None:
    end = link_end(NOW)
    token = PersonalSigner([SECRET]).token(ANA, end)
    assert len(token) == 92
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


@pytest.mark.parametrize(
    "token",
    [
        *("", "x", "A" * 47, "A" * 49, "A" * 48, "é" * 48, "+/" * 24, "A.B.C", "..", "A" * 3_000),
        *("eyJhbGciOiJub25lIn0.AAAA.", "eyJhbGciOiJIUzI1NiJ9..", "\ud800.\ud800.\ud800"),
    ],
)
def test_what_is_no_token_speaks_for_nobody(token: str) -> None:
    assert PersonalSigner([SECRET]).bearer(token, NOW) is None


def test_the_users_of_two_tokens_cannot_be_exchanged() -> None:
    signer = PersonalSigner([SECRET])
    ana, bob = (signer.token(one, link_end(NOW)) for one in (ANA, BOB))
    for cut in range(21, len(ana)):
        if ana[:cut] != bob[:cut] and ana[cut:] != bob[cut:]:
            assert signer.bearer(bob[:cut] + ana[cut:], NOW) is None


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
    ("more", "holder"),
    [
        (f".{'h' * 22}", "h" * 22),
        (f".{'h' * 64}", "h" * 64),
        *((more, None) for more in ("", ".", f".{'h' * 21}", f".{'h' * 65}")),
        *((f".{'h' * 22}{more}", None) for more in ("!", ".", f".{'h' * 22}", "\n", "é")),
    ],
)
@pytest.mark.parametrize("token", ["A" * 48, f"{'A' * 20}.{'B' * 27}.{'C' * 43}"])
def test_a_browser_names_itself_behind_the_token(token: str, more: str, holder: str | None) -> None:
    assert with_holder(token + more) == (token, holder)


# made by the version before, of SECRET and these times
EARLIER_MAIL = "8XRYfTduW-6aNnNaneLX6mshMshUyMo5Mtm2py-WJpsejhfg"
EARLIER_CHAT = "8XRYfTduW-6aNnNaneLX6mr690gBZ9t9hHKnFDzl4M4emict"


def test_links_of_the_version_before_open_as_they_would_have() -> None:
    end, chat_end = link_end(NOW), link_end(NOW, in_chat=True)
    mails, chats = PersonalSigner([SECRET]), PersonalSigner([SECRET], for_chats=True)
    assert mails.bearer(EARLIER_MAIL, NOW) == Bearer(ANA, end)
    assert chats.bearer(EARLIER_CHAT, NOW) == Bearer(ANA, chat_end)
    assert PersonalSigner([OTHER, SECRET]).bearer(EARLIER_MAIL, NOW) == Bearer(ANA, end)
    assert mails.bearer(EARLIER_MAIL, end - timedelta(seconds=1)) is not None
    assert mails.bearer(EARLIER_MAIL, end) is None
    assert chats.bearer(EARLIER_CHAT, chat_end) is None


def test_links_of_the_version_before_are_forged_no_more_than_they_were() -> None:
    mails, chats = PersonalSigner([SECRET]), PersonalSigner([SECRET], for_chats=True)
    assert mails.bearer(EARLIER_CHAT, NOW) is None
    assert chats.bearer(EARLIER_MAIL, NOW) is None
    assert PersonalSigner([OTHER]).bearer(EARLIER_MAIL, NOW) is None
    for n, character in enumerate(EARLIER_MAIL):
        forged = EARLIER_MAIL[:n] + ("A" if character != "A" else "B") + EARLIER_MAIL[n + 1 :]
        assert mails.bearer(forged, NOW) is None, n


def test_every_text_of_a_token_but_its_own_is_none() -> None:
    """A second text of one signature would open a chat's link for a second browser."""
    token = PersonalSigner([SECRET], for_chats=True).token(ANA, link_end(NOW))
    signer = PersonalSigner([SECRET], for_chats=True)
    alphabet = string.ascii_letters + string.digits + "-_=+/. \né"
    for n in range(len(token)):
        for character in alphabet:
            other = token[:n] + character + token[n + 1 :]
            assert other == token or signer.bearer(other, NOW) is None, (n, character)
    for more in ("=", "==", ".", "\n", " ", "A", "é"):
        assert signer.bearer(token + more, NOW) is None
        assert signer.bearer(more + token, NOW) is None


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("pt-BR", "Veja seu uso ou peça mais tokens: "),
        ("en", "See your usage or ask for more tokens: "),
    ],
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
