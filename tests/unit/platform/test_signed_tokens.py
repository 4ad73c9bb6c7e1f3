"""What the system signs for itself: not another's, of another kind, or later; one text each."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.signed_tokens import (
    MAX_TOKEN_CHARACTERS,
    ClaimTokens,
    LinkTokens,
    was_signed_before,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=15)
FIRST, SECOND = "first-secret-" + "a" * 32, "second-secret-" + "b" * 32
# made by the version before, by FIRST
EARLIER = (
    "eyJhbGciOiJIUzI1NiIsImtpZCI6IjQ0OGE1MTg1IiwidHlwIjoiSldUIn0."
    "eyJzdWIiOiJhbmFAZXhhbXBsZS5jb20iLCJzaWQiOiJzMSIsInJvbGUiOiJhZG1pbiIsInZlciI6Nywi"
    "aWF0IjoxNzk1MzQ4ODAwLCJleHAiOjE3OTUzNDk3MDAsImlzcyI6ImlhLXNvbGFyaXM6cHJvZCIsImF1ZCI6ImFkbWluIn0."
    "DjJBYP20BFRnwADHGhtaTXU2QU9dbPcqnDdX-U_zemo"
)


def claim_tokens(*secrets: str, label: str = "a v1", issuer: str = "us:prod") -> ClaimTokens:
    return ClaimTokens(secrets or [FIRST], label, issuer=issuer)


def link_tokens(*secrets: str, label: str = "a v1") -> LinkTokens:
    return LinkTokens(secrets or [FIRST], label)


def said(tokens: ClaimTokens, token: str, now: datetime = NOW) -> dict[str, Any] | None:
    return tokens.verify(token, audience="admin", now=now)


def claims_token(tokens: ClaimTokens | None = None) -> str:
    made = tokens or claim_tokens()
    return made.sign({"sub": "ana"}, audience="admin", now=NOW, until=SOON)


def key(label: str = "a v1") -> bytes:
    """The derived key, made by hand."""
    return hmac.digest(FIRST.encode(), f"ia-solaris {label}".encode(), "sha256")


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def by_hand(header: str, payload: str, secret: bytes, digest: str = "sha256") -> str:
    signed = f"{header}.{payload}"
    signature = hmac.digest(secret, signed.encode(), digest)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


# both kinds


def test_a_token_of_one_kind_is_nothing_as_another() -> None:
    claims, link = claims_token(), link_tokens().sign(b"ana", SOON)
    assert said(claim_tokens(label="b v1"), claims) is None
    assert link_tokens(label="b v1").read(link, NOW) is None
    # the other form by the very same key
    assert link_tokens().read(claims, NOW) is None
    assert said(claim_tokens(), link) is None


def test_a_changed_secret_signs_at_once_and_the_one_before_still_verifies() -> None:
    old_claims, old_link = claims_token(), link_tokens().sign(b"ana", SOON)
    rotated, rotated_links = claim_tokens(SECOND, FIRST), link_tokens(SECOND, FIRST)
    assert said(rotated, old_claims) is not None
    assert rotated_links.read(old_link, NOW) == (b"ana", SOON)
    new_claims, new_link = claims_token(rotated), rotated_links.sign(b"ana", SOON)
    assert said(claim_tokens(SECOND), new_claims) is not None
    assert link_tokens(SECOND).read(new_link, NOW) == (b"ana", SOON)
    for claims, link, secret in ((old_claims, old_link, SECOND), (new_claims, new_link, FIRST)):
        assert said(claim_tokens(secret), claims) is None
        assert link_tokens(secret).read(link, NOW) is None


@pytest.mark.parametrize("moved", [timedelta(seconds=-30), timedelta(0), timedelta(seconds=899.9)])
def test_a_token_is_good_to_its_last_second(moved: timedelta) -> None:
    assert said(claim_tokens(), claims_token(), NOW + moved) is not None
    assert link_tokens().read(link_tokens().sign(b"", SOON), NOW + moved) == (b"", SOON)


def test_a_token_is_over_at_its_end_and_a_clock_set_back_makes_none_of_the_future() -> None:
    link = link_tokens().sign(b"ana", SOON)
    for now in (SOON, SOON + timedelta(days=400)):
        assert said(claim_tokens(), claims_token(), now) is None
        assert link_tokens().read(link, now) is None
    # more than another process's clock may be ahead
    assert said(claim_tokens(), claims_token(), NOW - timedelta(seconds=61)) is None


def hostile() -> list[str]:
    deep = base64.urlsafe_b64encode(b"[" * 1_000).decode().rstrip("=")
    return [
        *("", ".", "..", "...", "a.b.c", "\x00", "é.é.é", "\ud800.a.b", "x" * 5_000),
        *(f"{deep}.{deep}.{deep}", f"{deep[:400]}.AAAA.AAAA", f"{part([])}.AAAA.AAAA"),
        *(f"{part({})}.AAAA.AAAA", f"{part({'alg': ['HS256']})}.AAAA.AAAA"),
        f"{part({'alg': 'HS256', 'kid': {}})}.AAAA.AAAA",
        f"{part({'alg': 'HS256', 'crit': ['exp'], 'exp': 1})}.AAAA.AAAA",
        f"{part({'alg': 'none'})}.{part({'sub': 'ana'})}.",
        "." * MAX_TOKEN_CHARACTERS,
    ]


@pytest.mark.parametrize("token", hostile())
def test_what_is_no_token_is_none_and_nothing_is_raised(token: str) -> None:
    assert said(claim_tokens(), token) is None
    assert link_tokens().read(token, NOW) is None


@given(st.text(max_size=200))
def test_no_text_raises(token: str) -> None:
    assert said(claim_tokens(), token) is None
    assert link_tokens().read(token, NOW) is None


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512", "hs256", "RS256"])
def test_only_hs256_is_read_even_by_the_right_key(algorithm: str) -> None:
    token = claims_token()
    header, payload, signature = token.split(".")
    given = json.loads(base64.urlsafe_b64decode(header + "=="))
    named = part(given | {"alg": algorithm})
    for digest in ("sha256", "sha384", "sha512"):
        assert said(claim_tokens(), by_hand(named, payload, key(), digest)) is None
        named_link = part({"alg": algorithm})
        assert link_tokens().read(by_hand(named_link, payload, key(), digest), NOW) is None
    assert said(claim_tokens(), f"{named}.{payload}.{signature}") is None
    assert said(claim_tokens(), f"{named}.{payload}.") is None


# claims


def test_another_library_reads_a_token_and_makes_one() -> None:
    token = claims_token()
    options: Any = {"verify_exp": False, "verify_iat": False}
    read = jwt.decode(token, key(), algorithms=["HS256"], audience="admin", options=options)
    assert read == {
        "sub": "ana",
        "iss": "us:prod",
        "aud": "admin",
        "iat": int(NOW.timestamp()),
        "exp": int(SOON.timestamp()),
    }
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "HS256", "typ": "JWT", "kid": hashlib.sha256(key()).hexdigest()[:8]}
    again = jwt.encode(read, key(), algorithm="HS256", headers={"kid": header["kid"]})
    assert said(claim_tokens(), again) == read


def test_a_token_of_the_version_before_is_good() -> None:
    tokens = claim_tokens(label="access token v1", issuer="ia-solaris:prod")
    found = said(tokens, EARLIER)
    assert found is not None
    assert (found["sub"], found["sid"], found["ver"]) == ("ana@example.com", "s1", 7)
    assert said(tokens, EARLIER, SOON) is None


def test_issuer_and_audience_are_those_that_are_asked_for() -> None:
    assert said(claim_tokens(issuer="us:test"), claims_token()) is None
    assert claim_tokens().verify(claims_token(), audience="oidc", now=NOW) is None


# links


def test_no_second_text_reads_as_the_same_link() -> None:
    tokens = link_tokens()
    token = tokens.sign(b"0123456789abcdef", SOON)
    head, payload, signature = token.split(".")
    padded = [f"{head}.{payload}.{signature}{more}" for more in ("=", "==", "\n", " ", "é", "!")]
    spaced = f"{head}.{payload}.{signature[:9]}\n{signature[9:]}"
    longer = by_hand(part({"typ": "JWT", "alg": "HS256"}), payload, key())
    # signed by the right key, and yet not what sign() makes
    for other in (*padded, spaced, longer, f"{token}.", token.upper()):
        assert tokens.read(other, NOW) is None, other
    assert tokens.read(token, NOW) == (b"0123456789abcdef", SOON)


@given(st.binary(max_size=300), st.integers(1, 2**32 - 1))
def test_what_was_signed_is_read_whole(content: bytes, end: int) -> None:
    until = datetime.fromtimestamp(end, UTC)
    token = link_tokens().sign(content, until)
    assert link_tokens().read(token, until - timedelta(seconds=1)) == (content, until)
    assert link_tokens().read(token, until) is None


def test_a_payload_without_room_for_its_end_is_over() -> None:
    for payload in (b"", b"\x01"):
        coded = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
        assert link_tokens().read(by_hand(part({"alg": "HS256"}), coded, key()), NOW) is None


# the version before


def test_a_signature_of_the_version_before_is_whole_and_of_its_kind() -> None:
    whole = hmac.digest(key(), b"said", "sha256")
    assert was_signed_before([FIRST], "a v1", b"said", whole)
    assert was_signed_before([SECOND, FIRST], "a v1", b"said", whole[:16])
    for signature in (b"", whole[:15], whole + b"x", whole[:-1] + b"x", b"x" * 16):
        assert not was_signed_before([FIRST], "a v1", b"said", signature)
    assert not was_signed_before([FIRST], "b v1", b"said", whole)
    assert not was_signed_before([SECOND], "a v1", b"said", whole)
    assert not was_signed_before([FIRST], "a v1", b"Said", whole)
