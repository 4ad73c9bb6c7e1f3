"""Identity: whom a service key's request speaks for, and what names nobody."""

import base64
import unicodedata
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.email import MAX_EMAIL_CHARACTERS, normalise_email, valid_email
from solaris.quota.identity import MAX_NAME_CHARACTERS, Identity, identify
from solaris.quota.user import user_id_for

EMAIL_HEADERS = ("x-user-email", "x-openwebui-user-email")
NAME_HEADERS = ("x-user-name", "x-openwebui-user-name")
PLACEHOLDER = "{{LIBRECHAT_USER_EMAIL}}"


def b64(text: str) -> str:
    """Encode as LibreChat does with values outside ASCII."""
    return "b64:" + base64.b64encode(text.encode()).decode()


def ask(headers: dict[str, str], body: dict[str, Any] | None = None) -> Identity | None:
    return identify(headers, body or {}, email_headers=EMAIL_HEADERS, name_headers=NAME_HEADERS)


def named(value: str) -> str:
    """Return the name read from a header, for a user who is otherwise known."""
    found = ask({"x-user-email": "ana@example.com", "x-user-name": value})
    assert found is not None
    return found.name


def test_librechats_headers_name_the_user_and_the_address_is_normalised() -> None:
    found = ask({"x-user-email": " Ana@Example.com ", "x-user-name": " Ana Lima "})
    assert found == Identity(email="ana@example.com", name="Ana Lima")


def test_open_webuis_headers_name_the_user_too() -> None:
    found = ask({"x-openwebui-user-email": "ana@example.com", "x-openwebui-user-name": "Ana"})
    assert found == Identity(email="ana@example.com", name="Ana")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Jo%C3%A3o Lima", "João Lima"),
        ("100%25 Ana", "100% Ana"),
        ("100% Ana", "100% Ana"),
        ("Ana%FF", "Ana%FF"),  # not UTF-8: as it came
        ("Ana%0Ax", ""),  # a line break in a name names nobody
    ],
)
def test_open_webuis_names_are_percent_encoded(sent: str, shown: str) -> None:
    found = ask({"x-openwebui-user-email": "ana@example.com", "x-openwebui-user-name": sent})
    assert found == Identity(email="ana@example.com", name=shown)
    assert named("Jo%C3%A3o") == "Jo%C3%A3o", "LibreChat does not encode so"


def test_the_first_configured_header_wins_whatever_order_they_were_sent_in() -> None:
    headers = {"x-openwebui-user-email": "bo@example.com", "x-user-email": "ana@example.com"}
    assert ask(headers) == Identity(email="ana@example.com")
    other_order = identify(
        headers, {}, email_headers=tuple(reversed(EMAIL_HEADERS)), name_headers=()
    )
    assert other_order == Identity(email="bo@example.com")


def test_a_header_that_is_not_configured_is_ignored() -> None:
    assert ask({"x-forwarded-email": "ana@example.com"}) is None


@pytest.mark.parametrize(
    "value",
    [
        PLACEHOLDER,
        "{{",
        "ana{{@example.com",
        b64(PLACEHOLDER),
        "",
        "   ",
        "ana",
        "@example.com",
        "ana@",
        "ana@@example.com",
        "ana@example.com, bo@example.com",
        "Ana <ana@example.com>",
        "ana lima@example.com",
        "b64:",
        "b64:!!!",
        "b64:YW5h*QGV4YW1wbGUuY29t",  # an address once the * is skipped
        "b64:YW5h",  # "ana"
        "b64:/w==",  # not UTF-8
        "b64:YW5hQGV4YW1wbGUuY28",  # cut short
        "b64:ção@example.com",  # not ASCII
    ],
)
def test_a_value_that_is_no_address_names_nobody(value: str) -> None:
    assert ask({"x-user-email": value}) is None
    assert ask({}, {"user": value}) is None


@pytest.mark.parametrize("value", [PLACEHOLDER, "", "  ", "ana", "ana@example.com, bo@example.com"])
def test_a_header_that_names_nobody_lets_nothing_else_name_somebody(value: str) -> None:
    both = {"x-user-email": value, "x-openwebui-user-email": "ana@example.com"}
    assert ask(both) is None
    assert ask({"x-user-email": value}, {"user": "bo@example.com"}) is None
    assert ask({"x-openwebui-user-email": value}, {"user": "bo@example.com"}) is None


def test_the_b64_prefix_is_decoded_in_address_and_name() -> None:
    headers = {"x-user-email": b64("João@Exemplo.com.br"), "x-user-name": b64("João Conceição")}
    assert ask(headers) == Identity(email="joão@exemplo.com.br", name="João Conceição")


@given(name=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=50))
def test_any_name_of_letters_survives_the_b64_prefix(name: str) -> None:
    assert named(b64(name)) == name


def test_the_bodys_user_counts_only_when_it_is_an_address_and_no_header_is() -> None:
    assert ask({}, {"user": "Ana@example.com"}) == Identity(email="ana@example.com")
    assert ask({}, {"user": "65f1c0ffee65f1c0ffee65f1"}) is None
    header = {"x-user-email": "ana@example.com"}
    assert ask(header, {"user": "bo@example.com"}) == Identity(email="ana@example.com")


@pytest.mark.parametrize("user", [None, 7, True, ["ana@example.com"], {"email": "a@b.c"}])
def test_a_body_user_that_is_no_text_names_nobody(user: object) -> None:
    assert ask({}, {"user": user}) is None


@pytest.mark.parametrize("value", [PLACEHOLDER, "", b64("{{NAME}}"), "b64:???", "b64:é"])
def test_a_name_that_cannot_be_read_is_empty_and_the_user_is_still_known(value: str) -> None:
    assert named(value) == ""


def test_the_second_name_header_serves_when_the_first_is_unfilled() -> None:
    headers = {
        "x-user-email": "ana@example.com",
        "x-user-name": "{{LIBRECHAT_USER_NAME}}",
        "x-openwebui-user-name": "Ana",
    }
    assert ask(headers) == Identity(email="ana@example.com", name="Ana")


CONTROLS = ["\r\n", "\n", "\x00", "\x1b", "\x7f", "\x80", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_or_line_break_makes_a_value_unusable(control: str) -> None:
    injected = f"ana{control}Bcc: eve@example.com"
    assert named(injected) == ""
    assert named(b64(injected)) == ""
    address = f"ana{control}x@example.com"
    assert ask({"x-user-email": address}) is None
    assert ask({"x-user-email": b64(address)}) is None
    assert ask({}, {"user": address}) is None
    assert valid_email(address) is None


def test_a_lone_surrogate_from_a_json_body_is_no_address() -> None:
    """It has no UTF-8 form: the user's id could not be derived from it."""
    assert ask({}, {"user": "\ud800@example.com"}) is None
    assert valid_email("ana@exa\udfffmple.com") is None


@given(value=st.text(max_size=60), local=st.text(max_size=20))
def test_whatever_comes_in_an_accepted_identity_is_safe_to_store_and_to_mail(
    value: str, local: str
) -> None:
    address = f"{local}@example.com"
    for header in (address, "b64:" + value, value):
        found = ask({"x-user-email": header, "x-user-name": value}, {"user": address})
        if found is None:
            continue
        assert "{{" not in found.email + found.name
        assert valid_email(found.email) == found.email == normalise_email(found.email)
        assert found.email.count("@") == 1
        assert user_id_for(found.email)
        for text in (found.email, found.name):
            assert not {unicodedata.category(one) for one in text} & {"Cc", "Cs", "Zl", "Zp"}
            EmailMessage()["Subject"] = text  # raises on anything that breaks a header line


def test_an_address_may_have_254_characters_and_not_one_more() -> None:
    longest = "a" * (MAX_EMAIL_CHARACTERS - len("@example.com")) + "@example.com"
    assert ask({"x-user-email": longest}) == Identity(email=longest)
    assert ask({"x-user-email": "a" + longest}) is None
    assert valid_email("a" + longest) is None


def test_a_long_name_is_cut_and_the_user_is_still_known() -> None:
    assert named("n" * (MAX_NAME_CHARACTERS + 1)) == "n" * MAX_NAME_CHARACTERS
    assert named("n" * MAX_NAME_CHARACTERS) == "n" * MAX_NAME_CHARACTERS


@pytest.mark.parametrize("name", ["Ana\u00a0Lima", "Ana \u3000Lima", "Ana\u200b\u2003Lima"])
def test_white_space_of_any_kind_in_a_name_is_one_space(name: str) -> None:
    for header, value in (("x-user-name", name), ("x-openwebui-user-name", quote(name))):
        found = identify(
            {"x-user-email": "ana@example.com", header: value},
            {},
            email_headers=["x-user-email"],
            name_headers=[header],
        )
        assert found == Identity(email="ana@example.com", name="Ana Lima")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_raw_bytes_of_a_header_are_utf_8_where_they_can_be(encoding: str) -> None:
    """HTTP knows Latin-1 alone, and everybody sends UTF-8."""
    raw = "José@example.com".encode(encoding).decode("latin-1")
    name = "José Conceição".encode(encoding).decode("latin-1")
    found = ask({"x-user-email": raw, "x-user-name": name})
    assert found == Identity(email="josé@example.com", name="José Conceição")


def test_a_body_is_text_already_and_is_not_read_twice() -> None:
    assert ask({}, {"user": "JosÃ©@example.com"}) is None


def test_an_address_that_older_versions_spelled_otherwise_tells_how() -> None:
    found = ask({"x-user-email": b64("ANA@Café.example")})
    assert found == Identity(email="ana@xn--caf-dma.example", spelled="ana@café.example")


@pytest.mark.parametrize(
    "value", ["ana\u00a0", "\u00a0ana", "an\u200ba", "\u212aana", "'ana", "ana%20"]
)
def test_a_look_alike_names_nobody_however_it_is_sent(value: str) -> None:
    address = f"{value}@example.com"
    for sent in (address, b64(address), address.encode().decode("latin-1"), f"{address}\u00a0"):
        assert ask({"x-user-email": sent}) is None
    assert ask({}, {"user": address}) is None
