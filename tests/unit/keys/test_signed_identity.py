"""Open WebUI's signed identity: which tokens name somebody, and which attacks do not."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from pydantic import ValidationError

from solaris.keys.signed_identity import (
    MAX_TOKEN_CHARACTERS,
    ROLE_HEADER,
    signed_identity,
)
from solaris.platform.settings import Settings
from solaris.quota.identity import Identity

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SECRET, OTHER = "s" * 32, "o" * 32
CLAIMS: dict[str, Any] = {
    "sub": "b3d1",
    "email": "Ana@Example.com",
    "name": "Ana Conceição",
    "role": "user",
    "iss": "open-webui",
    "iat": SECONDS,
    "exp": SECONDS + 300,
}


def token(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    claims = {name: one for name, one in (CLAIMS | changes).items() if one is not None}
    return jwt.encode(claims, secret, algorithm=algorithm)


def unsigned() -> str:
    parts = ({"alg": "none", "typ": "JWT"}, CLAIMS)
    coded = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts)
    return b".".join([*coded, b""]).decode()


def named(text: str | None, now: datetime = NOW) -> Identity | None:
    return signed_identity(text, SECRET, now)


def test_a_good_token_names_address_and_name() -> None:
    assert named(token()) == Identity(email="ana@example.com", name="Ana Conceição")
    assert named(token(name=None)) == Identity(email="ana@example.com")
    assert named(token(name=7)) == Identity(email="ana@example.com")


def test_the_role_names_a_group_where_that_is_asked_for() -> None:
    def group_values(**changes: Any) -> tuple[tuple[str, str], ...]:
        found = signed_identity(token(**changes), SECRET, NOW, tells_role=True)
        assert found is not None
        return found.group_values

    assert group_values() == ((ROLE_HEADER, "user"),)
    for odd in (None, 7, "", " ", ["admin"], "a\nb", "{{role}}"):
        assert group_values(role=odd) == ()


def test_how_an_older_version_spelled_the_address_is_told() -> None:
    found = named(token(email="ANA@Café.example", name=None))
    assert found == Identity(email="ana@xn--caf-dma.example", spelled="ana@café.example")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "no token",
        "a.b.c",
        unsigned(),
        token(OTHER),
        token("s" * 64, "HS512"),
        token()[:-3] + "AAA",
        ", ".join([token()] * 2),
        f"{token()}, {token(OTHER)}",
        token(name="n" * MAX_TOKEN_CHARACTERS),
    ],
    ids=[
        *("none", "empty", "text", "dots", "alg none", "other secret", "other algorithm"),
        *("cut", "twice", "beside a forged one", "giant"),
    ],
)
def test_what_open_webui_has_not_signed_names_nobody(text: str | None) -> None:
    assert named(text) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"iss": None},
        {"sub": None},
        {"email": None},
        {"email": ""},
        {"email": 7},
        {"email": ["ana@example.com"]},
        {"email": "ana@example.com, bo@example.com"},
        {"iat": None},
        {"exp": None},
        {"iat": True},
        {"iat": SECONDS + 61, "exp": SECONDS + 300},
        {"iat": SECONDS - 400, "exp": SECONDS - 60},
        {"exp": SECONDS + 3_601},
        {"iat": SECONDS, "exp": SECONDS},
        {"iat": SECONDS - 10**9},
        {"nbf": SECONDS + 10**9},
        {"nbf": "soon"},
        {"sub": 7},
        {"aud": "another"},
    ],
    ids=str,
)
def test_a_signed_token_that_says_less_or_opens_longer_names_nobody(
    changes: dict[str, Any],
) -> None:
    assert named(token(**changes)) is None


def test_a_token_opens_until_its_end_and_a_minute_for_clocks_that_differ() -> None:
    text = token()
    assert named(text, NOW + timedelta(seconds=359)) is not None
    assert named(text, NOW + timedelta(seconds=360)) is None
    assert named(text, NOW - timedelta(seconds=60)) is not None
    assert named(text, NOW - timedelta(seconds=61)) is None


def test_the_secret_is_read_as_open_webui_reads_it_and_is_long() -> None:
    assert Settings(openwebui_jwt_secret=f" {SECRET}\n").openwebui_jwt_secret == SECRET
    assert Settings().openwebui_jwt_secret is None
    with pytest.raises(ValidationError, match="openwebui_jwt_secret"):
        Settings(openwebui_jwt_secret="s" * 31 + " ")
