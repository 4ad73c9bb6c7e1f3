"""Access tokens: what is accepted, and how the keys change without signing anybody out."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from solaris.platform.actor import Role
from solaris.platform.errors import UnauthenticatedError
from solaris.platform.settings import Settings
from solaris.platform.signed_tokens import ClaimTokens
from solaris.sign_in.admin import Admin
from solaris.sign_in.tokens import AccessTokens

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST, SECOND = "first-secret-" + "a" * 32, "second-secret-" + "b" * 32
ANA = Admin(
    email="ana@example.com",
    name="Ana",
    role=Role.ADMIN,
    token_version=7,
    created_at=NOW,
    updated_at=NOW,
)


def settings(secret: str = FIRST, **more: Any) -> Settings:
    return Settings(**({"solaris_stage": "prod", "secret_key": secret} | more))


def tokens(now: datetime = NOW, secret: str = FIRST, **more: Any) -> AccessTokens:
    return AccessTokens(settings(secret, **more), lambda: now)


def signer(label: str = "access token v1") -> ClaimTokens:
    return ClaimTokens([FIRST], label, issuer="ia-solaris:prod")


def key_of(key_id: str) -> bytes:
    """The derived key, as the other library wants it."""
    return signer()._keys[key_id].raw_value


def forged(changes: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    """A token as the first secret would sign it, with other claims."""
    token, _ = tokens().issue(ANA, "s1")
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    key_id = jwt.get_unverified_header(token)["kid"]
    return jwt.encode(
        claims, key_of(key_id), algorithm="HS256", headers={"kid": key_id} | (header or {})
    )


def test_a_token_says_who_and_which_session_and_lives_fifteen_minutes() -> None:
    token, until = tokens().issue(ANA, "s1")
    assert until == NOW + timedelta(minutes=15)
    claims = tokens().read(token)
    assert (claims.email, claims.session_id, claims.token_version) == (ANA.email, "s1", 7)
    body = jwt.decode(token, options={"verify_signature": False})
    assert body == {
        "sub": ANA.email,
        "sid": "s1",
        "role": "admin",
        "ver": 7,
        "iat": int(NOW.timestamp()),
        "exp": int(until.timestamp()),
        "iss": "ia-solaris:prod",
        "aud": "admin",
    }


def test_a_token_is_good_to_the_last_second_and_not_after() -> None:
    token, until = tokens().issue(ANA, "s1")
    assert tokens(until - timedelta(seconds=1)).read(token).email
    with pytest.raises(UnauthenticatedError):
        tokens(until).read(token)


def test_after_a_rotation_old_tokens_are_good_and_new_ones_are_signed_by_the_new_secret() -> None:
    old, _ = tokens().issue(ANA, "s1")
    rotated = tokens(secret=SECOND, secret_key_previous=(FIRST,))
    assert rotated.read(old).session_id == "s1"
    new, _ = rotated.issue(ANA, "s2")
    assert tokens(secret=SECOND).read(new).session_id == "s2"
    for one, reader in ((old, tokens(secret=SECOND)), (new, tokens())):
        with pytest.raises(UnauthenticatedError):
            reader.read(one)


def test_a_secret_named_twice_still_signs_and_verifies() -> None:
    ring = tokens(secret_key_previous=(FIRST,))
    assert ring.read(ring.issue(ANA, "s1")[0]).email


def test_the_key_id_gives_the_secret_not_away_and_kinds_have_keys_of_their_own() -> None:
    one, other = signer(), signer("oidc state v1")
    assert one._key_id != other._key_id
    assert len(one._key_id) == 8
    signed = other.sign({"sub": "x"}, audience="admin", now=NOW, until=NOW + timedelta(hours=1))
    assert other.verify(signed, audience="admin", now=NOW) is not None
    assert one.verify(signed, audience="admin", now=NOW) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "oidc"},
        {"aud": ["admin", "other"]},
        {"aud": None},
        {"iss": "ia-solaris:other"},
        {"iss": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e300},
        {"exp": True},
        {"exp": 10**20},
        {"iat": None},
        {"iat": int(NOW.timestamp()) + 120},
        {"sub": None},
        {"sub": 7},
        {"sid": None},
        {"ver": None},
        {"ver": "7"},
        {"ver": True},
    ],
    ids=str,
)
def test_claims_that_are_missing_or_wrong_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnauthenticatedError):
        tokens().read(forged(changes))


def test_the_helper_that_forges_makes_good_tokens_when_nothing_is_changed() -> None:
    assert tokens().read(forged({})).email == ANA.email


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _by_sha512(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    signed = f"{_part(header)}.{_part(claims)}"
    signature = hmac.new(key, signed.encode(), hashlib.sha512).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_only_hs256_is_accepted() -> None:
    token, _ = tokens().issue(ANA, "s1")
    header, body, signature = token.split(".")
    key_id = jwt.get_unverified_header(token)["kid"]
    key = key_of(key_id)
    claims = jwt.decode(token, options={"verify_signature": False})
    bad = [
        f"{_part({'alg': 'none', 'typ': 'JWT', 'kid': key_id})}.{body}.",
        f"{_part({'alg': 'none', 'kid': key_id})}.{body}.{signature}",
        _by_sha512({"alg": "HS512", "kid": key_id}, claims, key),
        jwt.encode(claims, key, algorithm="HS256", headers={"kid": "00000000"}),
        jwt.encode(claims, key, algorithm="HS256"),
        jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": key_id}),
        f"{header}.{_part(claims | {'sub': 'bia@example.com'})}.{signature}",
        f"{header}.{body}.{signature[:-2]}AA",
    ]
    for one in bad:
        with pytest.raises(UnauthenticatedError):
            tokens().read(one)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "é.é.é", "\x00", "x" * 2_001, "\ud800.a.b"]
)
def test_what_is_no_token_is_refused_and_nothing_else_is_raised(token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        tokens().read(token)


def test_the_stage_is_part_of_the_token() -> None:
    token, _ = tokens().issue(replace(ANA), "s1")
    with pytest.raises(UnauthenticatedError):
        tokens(solaris_stage="other").read(token)
