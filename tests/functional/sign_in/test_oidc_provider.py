"""A provider over real HTTP: addresses kept for userinfo, who vouches for them, forged tokens."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from solaris.platform.settings import Settings
from solaris.sign_in import oidc_http
from solaris.sign_in.oidc_http import OidcError
from solaris.sign_in.oidc_provider import OidcProvider, Person
from tests.functional.sign_in.oidc_server import (
    ACCESS_TOKEN,
    CLIENT,
    CODE,
    NONCE,
    OidcServer,
    key,
    oidc_server,
)

ANA = "ana@example.com"
VERIFIED = {"sub": "42", "email": ANA, "email_verified": True, "name": "Ana"}


def provider_of(server: OidcServer, *, trusts: bool = False, seconds: float = 30) -> OidcProvider:
    return OidcProvider(
        issuer=server.issuer,
        client_id=CLIENT,
        client_secret="a secret",
        clock=lambda: datetime.now(UTC),
        trusts_emails=trusts,
        client=server.client(seconds),
    )


def person(provider: OidcProvider) -> Person:
    return provider.person(code=CODE, redirect_uri="https://x", nonce=NONCE, verifier="v")


def refused(server: OidcServer, *, seconds: float = 30) -> str:
    with pytest.raises(OidcError) as caught:
        person(provider_of(server, seconds=seconds))
    return caught.value.code


def test_an_address_that_only_userinfo_tells_is_enough() -> None:
    with oidc_server(userinfo=VERIFIED) as server:
        assert person(provider_of(server)) == Person(ANA, True, "Ana")
        assert server.authorizations == [f"Bearer {ACCESS_TOKEN}"]


def test_an_id_token_that_says_all_is_not_asked_about() -> None:
    with oidc_server(claims=VERIFIED, userinfo={"sub": "42"}) as server:
        assert person(provider_of(server)) == Person(ANA, True, "Ana")
        assert "/userinfo" not in server.asked


def test_userinfo_of_another_subject_is_refused() -> None:
    for sub in ("43", None, 42):
        with oidc_server(userinfo=VERIFIED | {"sub": sub}) as server:
            assert refused(server) == "oidc_failed"


def test_a_provider_without_userinfo_names_whom_its_token_names() -> None:
    with oidc_server() as server:
        assert refused(server) == "oidc_no_email"
    with oidc_server(claims={"email": ANA}) as server:
        assert person(provider_of(server)) == Person(ANA, False, "")


def test_userinfo_that_fails_is_unavailable_and_follows_nobody() -> None:
    for status in (302, 401, 500, 503):
        with oidc_server(userinfo=VERIFIED, userinfo_status=status) as server:
            assert refused(server) == "oidc_unavailable"
            assert "/elsewhere" not in server.asked


@pytest.mark.parametrize(
    "data", [b" " * 300_000, b"<html>", b"[]", b"eyJhbGciOiJSUzI1NiJ9.e30.x"], ids=range(4)
)
def test_userinfo_that_is_giant_or_no_object_is_unavailable(data: bytes) -> None:
    with oidc_server(userinfo={}, userinfo_bytes=data) as server:
        assert refused(server) == "oidc_unavailable"


def test_userinfo_that_says_nothing_is_waited_for_no_longer_than_a_step() -> None:
    with oidc_server(userinfo=VERIFIED, piece_seconds=3_600) as server:
        assert refused(server, seconds=0.3) == "oidc_unavailable"


def test_userinfo_that_trickles_is_waited_for_no_longer_than_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(oidc_http, "TOTAL_SECONDS", 0.2)
    pieces = (b" ",) * 100_000
    with oidc_server(userinfo={}, pieces=pieces, piece_seconds=0.05) as server:
        assert refused(server) == "oidc_unavailable"


@pytest.mark.parametrize(
    ("token", "userinfo", "is_verified"),
    [
        ({"email": ANA}, {"email": ANA, "email_verified": True}, True),
        ({"email": ANA}, {"email": "ANA@example.com", "email_verified": True}, True),
        ({"email": ANA}, {"email": "eve@example.com", "email_verified": True}, False),
        ({"email": ANA}, {"email_verified": True}, False),
        ({"email": ANA, "email_verified": False}, VERIFIED, False),
        ({"email": ANA, "email_verified": "true"}, VERIFIED, False),
        ({}, {"email": ANA, "email_verified": False}, False),
        ({}, {"email": ANA, "email_verified": "true"}, False),
        ({}, {"email": ANA}, False),
    ],
    ids=str,
)
def test_userinfo_verifies_the_address_that_it_names_and_no_other(
    token: dict[str, Any], userinfo: dict[str, Any], is_verified: bool
) -> None:
    with oidc_server(claims=token, userinfo={"sub": "42", **userinfo}) as server:
        found = person(provider_of(server))
    assert (found.email, found.is_verified) == (ANA, is_verified)


@pytest.mark.parametrize(
    ("edov", "is_verified"),
    [
        *((True, True), ("1", True), (1, True), ("true", True)),
        *((False, False), ("0", False), (0, False), ("", False), ([True], False)),
    ],
)
def test_entra_vouches_by_xms_edov(edov: Any, is_verified: bool) -> None:
    """And its userinfo, which never says `email_verified`, changes nothing."""
    claims = {"email": ANA, "xms_edov": edov}
    for trusts in (False, True):
        with oidc_server(claims=claims, userinfo={"sub": "42", "email": ANA}) as server:
            assert person(provider_of(server, trusts=trusts)).is_verified is is_verified


@pytest.mark.parametrize(
    ("claims", "is_verified"),
    [
        ({"email": ANA}, True),
        ({"email": ANA, "email_verified": None}, True),
        ({"email": ANA, "email_verified": False}, False),
        ({"email": ANA, "xms_edov": False}, False),
        ({"email": ANA, "xms_edov": True, "email_verified": False}, False),
    ],
    ids=str,
)
def test_a_trusted_issuers_silence_counts_and_its_no_does_too(
    claims: dict[str, Any], is_verified: bool
) -> None:
    with oidc_server(claims=claims) as server:
        assert person(provider_of(server, trusts=True)).is_verified is is_verified


@pytest.mark.parametrize(
    ("trusted", "is_trusted"),
    [
        ("", False),
        ("https://login.example.com/tenant/v2.0", True),
        ("https://other.example.com, https://login.example.com/tenant/v2.0/", True),
        ("https://login.example.com", False),
        ("https://login.example.com/TENANT/v2.0", False),
    ],
)
def test_trust_is_by_the_issuers_whole_address(trusted: str, is_trusted: bool) -> None:
    settings = Settings.model_validate(
        {
            "oidc_issuer": "https://login.example.com/tenant/v2.0",
            "oidc_client_id": "x",
            "oidc_client_secret": "y",
            "oidc_trusted_email_issuers": trusted,
        }
    )
    assert settings.trusts_oidc_emails is is_trusted
    assert not Settings().trusts_oidc_emails


@pytest.mark.parametrize(
    "changes",
    [
        *({"nonce": "other"}, {"aud": "other"}, {"aud": [CLIENT, "other"]}, {"iss": "https://x.y"}),
        *({"azp": "other"}, {"at_hash": "bm90IHRoYXQ"}, {"nbf": int(time.time()) + 10**6}),
        {"exp": int(time.time()) - 61, "iat": int(time.time()) - 400},
    ],
    ids=["nonce", "audience", "audiences", "issuer", "party", "hash", "later", "over"],
)
def test_a_token_for_another_is_refused_before_userinfo_is_asked(changes: dict[str, Any]) -> None:
    with oidc_server(userinfo=VERIFIED) as server:
        server.token = server.id_token(**changes)
        assert refused(server) == "oidc_failed"
        assert "/userinfo" not in server.asked


def by_hand(algorithm: str, claims: dict[str, Any], secret: bytes | None) -> str:
    header = {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    coded = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode()
        for one in (header, claims)
    )
    signed = ".".join(coded)
    if secret is None:
        return f"{signed}."
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def test_a_token_that_nobody_or_the_public_key_has_signed_is_refused() -> None:
    public = key("k1").public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for algorithm, secret in (("none", None), ("HS256", pem), ("HS256", b"a secret")):
        with oidc_server(claims=VERIFIED) as server:
            claims = jwt.decode(server.id_token(), options={"verify_signature": False})
            server.token = by_hand(algorithm, claims, secret)
            assert refused(server) == "oidc_failed"


def test_a_key_that_comes_after_the_set_was_read_is_found() -> None:
    with oidc_server(claims=VERIFIED) as server:
        provider = provider_of(server)
        assert person(provider).email == ANA
        server.signs_with, server.published = "k2", ("k2",)
        assert person(provider).email == ANA
        assert server.asked.count("/keys") == 2
        server.signs_with, server.published = "k1", ("k2",)
        with pytest.raises(OidcError) as caught:
            person(provider)
        assert caught.value.code == "oidc_failed"
