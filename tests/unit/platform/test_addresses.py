"""Addresses: one mailbox is one person, however it is spelled; a look-alike is nobody."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.email import (
    canonical_domain,
    mended_email,
    normalise_email,
    spelled_before,
    valid_email,
)
from solaris.platform.web.schemas import EMAIL_PATTERN
from solaris.quota.user import user_id_for

ANA = "ana@example.com"
JOSE = "jos\u00e9@caf\u00e9.example"
JOSE_STORED = "jos\u00e9@xn--caf-dma.example"

UNSEEN = [
    *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u061c", "\u202e", "\u2066"),
    *("\u034f", "\u115f", "\u1160", "\u17b4", "\u180b", "\u180e", "\u3164", "\ufe0f", "\uffa0"),
    *("\U000e0001", "\U000e0100", "\u2800", "\u00a0", "\u3000", "\u2009", "\u0085", "\u2028"),
    *("\ue000", "\U0010ffff", "\u0378"),
]


@pytest.mark.parametrize(
    "spelled",
    [
        JOSE,
        unicodedata.normalize("NFD", JOSE),
        JOSE.upper(),
        unicodedata.normalize("NFD", JOSE.upper()),
        " jos\u00e9@xn--caf-dma.example\r\n",
        "Jos\u00e9@XN--CAF-DMA.Example",
        unicodedata.normalize("NFD", "jos\u00e9") + "@xn--caf-dma.example",
    ],
)
def test_the_spellings_of_one_mailbox_are_one_person(spelled: str) -> None:
    assert valid_email(spelled) == JOSE_STORED
    assert user_id_for(spelled) == user_id_for(JOSE)


@pytest.mark.parametrize("unseen", UNSEEN, ids=lambda one: f"U+{ord(one):04X}")
@pytest.mark.parametrize("place", ["{}ana@example.com", "an{}a@example.com", "ana{}@example.com"])
def test_what_shows_nothing_makes_an_address_nobodys(place: str, unseen: str) -> None:
    address = place.format(unseen)
    assert valid_email(address) is None
    assert user_id_for(address) != user_id_for(ANA)


@pytest.mark.parametrize("unseen", UNSEEN, ids=lambda one: f"U+{ord(one):04X}")
@pytest.mark.parametrize("place", ["ana@{}example.com", "ana@exam{}ple.com", "ana@example.com{}"])
def test_nor_does_it_in_the_domain(place: str, unseen: str) -> None:
    address = place.format(unseen)
    assert valid_email(address) is None
    assert user_id_for(address) != user_id_for(ANA)


def test_every_character_that_folding_makes_ascii_is_refused() -> None:
    """lower(), NFC and NFKC of each: none of them may fall on an address of ASCII."""
    made = []
    for code in range(0x80, 0x110000):
        one = chr(code)
        if unicodedata.category(one) == "Cs":
            continue
        forms = (one.lower(), *(unicodedata.normalize(form, one) for form in ("NFC", "NFKC")))
        if any(form.isascii() for form in forms):
            made.append(one)
            assert valid_email(f"a{one}a@example.com") is None, hex(code)
            assert valid_email(f"ana@exa{one}mple.com") is None, hex(code)
    assert {"\u212a", "\u017f", "\uff41"} <= set(made), "the search finds what it is for"


@pytest.mark.parametrize(
    "address",
    [
        *("ana\u0130@example.com", "\u212aarl@example.com", "ana@\u212aarl.example"),
        *("ana@example.com.", "ana.@example.com", ".ana@example.com", "a..a@example.com"),
        *("ana@.example.com", "ana@example..com", "ana@-example.com", "ana@example.com-"),
        *(
            "'ana@example.com'",
            "'ana'@example.com",
            "`ana@example.com",
            "\u2018ana\u2019@example.com",
        ),
        *('"ana"@example.com', "\u201cana@example.com\u201d", "\u00abana\u00bb@example.com"),
        *("ana%20@example.com", "%61na@example.com", "ana@example%2ecom", "ana@example.com%20"),
        *(
            "\uff41na@example.com",
            "ana\uff20example.com",
            "ana@example\u3002com",
            "ana@ex\uff41mple.com",
        ),
        *("\ufb01lipe@example.com", "ana\u00b2@example.com", "\u0301ana@example.com"),
        *(
            "ana@xn--a.example",
            "ana@xn--abc-.example",
            "ana@xn--.example",
            "ana@xn--caf-DMA\u00e9.example",
        ),
        *("ana@xn--9999999999.example", "ana@" + "a" * 64 + ".example", "ana@ex ample.com"),
        *("ana@[127.0.0.1]", "mailto:ana@example.com", "ana@example.com?x", "ana@exam/ple.com"),
        *("jos\u00e3\u00a9@example.com", "ana\u2764@example.com", "ana@\u2764.example"),
    ],
)
def test_what_only_looks_like_an_address_is_nobodys(address: str) -> None:
    assert valid_email(address) is None


@pytest.mark.parametrize(
    "address",
    [
        *("o'brien@example.com", "ana+work@example.com", "a.b-c_d@sub.example.com.br"),
        *(
            "admin@localhost",
            "ana@my_host",
            "50%off@example.com",
            "jo\u00e3o.a\u00e7\u00e3o@example.com",
        ),
        *(
            "\u5f20\u4e09@example.com",
            "ana@xn--ls8h.example",
            "\u0438\u0432\u0430\u043d@example.com",
        ),
        *("ana@1.example", "!#$&*/=?^_{|}~@example.com"),
    ],
)
def test_what_is_an_address_stays_one(address: str) -> None:
    assert valid_email(address) == address


def test_a_tag_is_another_address() -> None:
    assert user_id_for("ana+work@example.com") != user_id_for(ANA)


LETTERS = st.characters(exclude_categories=["Cs"])


@given(value=st.text(LETTERS, max_size=30), local=st.text(LETTERS, min_size=1, max_size=12))
def test_what_is_taken_is_spelled_in_one_way_alone(value: str, local: str) -> None:
    for address in (value, f"{local}@example.com", f"ana@{local}.example"):
        once = valid_email(address)
        if once is None:
            continue
        assert valid_email(once) == once
        assert unicodedata.normalize("NFKC", once) == once == once.lower()
        for form in ("NFC", "NFD"):
            assert valid_email(unicodedata.normalize(form, address)) == once
        assert once.rpartition("@")[2].isascii()
        assert address.isascii() or not once.isascii() or "xn--" in once, "falls on somebody else"


@given(value=st.text(LETTERS, max_size=30))
def test_looking_for_what_is_no_address_never_finds_somebody(value: str) -> None:
    for address in (value, f"{value}@example.com", f"ana@example.com{value}"):
        found = normalise_email(address)
        assert normalise_email(found) == found
        if valid_email(address) is None:
            assert valid_email(found) is None


@given(local=st.from_regex(r"[a-z0-9]{1,10}([.+_-][a-z0-9]{1,10})?", fullmatch=True))
def test_everybody_of_plain_ascii_keeps_their_id(local: str) -> None:
    address = f"{local}@example.com"
    assert valid_email(address.upper()) == address == spelled_before(address.upper())


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("an\u200ba@example.com", ANA),
        ("\ufeffana@example.com", ANA),
        ("a\u00adna@example.com", ANA),
        ("ana\u00a0@example.com", ANA),
        ("ana@example.com.", ANA),
        ("'ana@example.com'", ANA),
        ("\u201cana@example.com\u201d", ANA),
        ("ana%20@example.com", ANA),
        ("jos\u00e3\u00a9@example.com", "jos\u00e9@example.com"),
        ("a..na@example.com", "a.na@example.com"),
        (unicodedata.normalize("NFD", JOSE), JOSE_STORED),
    ],
)
def test_what_older_versions_have_stored_can_be_told_by_a_person(stored: str, meant: str) -> None:
    assert mended_email(stored) == meant


@given(value=st.text(LETTERS, max_size=30))
def test_mending_ends_in_an_address_or_in_nothing(value: str) -> None:
    for stored in (value, f"{value}@example.com"):
        meant = mended_email(stored)
        assert meant is None or valid_email(meant) == meant


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Example.COM", "example.com"), ("caf\u00e9.example", "xn--caf-dma.example"), ("a b", None)],
)
def test_a_domain_of_the_settings_is_spelled_alike(given: str, kept: str | None) -> None:
    assert canonical_domain(given) == kept


def test_decomposed_letters_have_room_and_a_giant_is_no_address() -> None:
    assert valid_email(unicodedata.normalize("NFD", "\u00e9" * 200) + "@example.com") is not None
    assert valid_email("a" * 100_000 + "@example.com") is None


@given(local=st.text(LETTERS, min_size=1, max_size=12), value=st.text(LETTERS, max_size=20))
def test_the_document_allows_whatever_is_taken(local: str, value: str) -> None:
    for address in (value, f"{local}@example.com", f"ana@{local}.example"):
        email = valid_email(address)
        assert email is None or re.search(EMAIL_PATTERN, email)
