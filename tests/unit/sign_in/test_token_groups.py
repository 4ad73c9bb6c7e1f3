"""Tokens that chats pass on: which of them tell a group, and that nobody waits for the provider."""

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import KeySet
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

from solaris.sign_in.oidc_http import OidcError
from solaris.sign_in.token_groups import (
    BELIEVED_SECONDS,
    FRESH_SECONDS,
    MAX_TOKEN_CHARACTERS,
    RETRY_SECONDS,
    GroupTokenError,
    TokenGroups,
    TokenRule,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER, CHAT, ANA = "https://id.test", "librechat", "ana@example.com"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CHAT,
    "sub": "42",
    "iat": SECONDS - 60,
    "exp": SECONDS + 300,
    "nonce": "of whoever asked for it",
    "email": "Ana@Example.com",
    "email_verified": True,
    "groups": ["/ti", "/diretoria"],
}


@cache
def key(name: str = "k1") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def key_set(*names: str) -> KeySet:
    shown = [json.loads(RSAAlgorithm.to_jwk(key(one).public_key())) | {"kid": one} for one in names]
    return KeySet.import_key_set({"keys": shown})


def token(by: str = "k1", kid: str | None = None, **changes: Any) -> str:
    claims = {name: one for name, one in (CLAIMS | changes).items() if one is not None}
    return jwt.encode(claims, key(by), "RS256", headers={"kid": kid or by})


def encoded(content: bytes) -> str:
    return base64url_encode(content).decode()


def head(algorithm: str, claims: dict[str, Any]) -> str:
    parts = ({"alg": algorithm, "kid": "k1"}, claims)
    return ".".join(encoded(json.dumps(one).encode()) for one in parts)


def unsigned(**changes: Any) -> str:
    return f"{head('none', CLAIMS | changes)}."


def signed_by_the_public_key() -> str:
    """HS256 with what everybody can read as its secret."""
    public = key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = head("HS256", CLAIMS)
    return f"{signed}.{encoded(hmac.digest(public, signed.encode(), 'sha256'))}"


class Provider:
    """What the gateway has of a provider: its keys, when it answers; and the process's seconds."""

    def __init__(self, *published: str, at_once: bool = True, **rule: Any) -> None:
        self.published: tuple[str, ...] = published or ("k1",)
        self.is_away = False
        self.asked = 0
        self.seconds = 1_000.0
        self.waiting: list[Callable[[], None]] = []
        self.tokens = TokenGroups(
            rule=TokenRule(
                **{"issuer": ISSUER, "client_ids": ("own", CHAT), "group_claim": "groups"} | rule
            ),
            keys=self.keys,
            clock=lambda: NOW,
            timer=lambda: self.seconds,
            start=(lambda work: work()) if at_once else self.waiting.append,
        )

    def keys(self) -> KeySet:
        self.asked += 1
        if self.is_away:
            raise OidcError("oidc_unavailable", "away")
        return key_set(*self.published)

    def refused(self, text: str, email: str = ANA) -> str:
        with pytest.raises(GroupTokenError) as error:
            self.tokens.values(text, email)
        return str(error.value)


def test_a_good_token_tells_the_claim() -> None:
    provider = Provider()
    assert provider.tokens.values(token(), ANA) == ("/ti", "/diretoria")
    assert provider.tokens.values(token(aud=["own"]), ANA) == ("/ti", "/diretoria")
    assert provider.tokens.values(token(aud=[CHAT, "api"], azp=CHAT), ANA)
    assert provider.tokens.values(token(groups=None), ANA) == ()
    assert provider.tokens.values(token(iss=f"{ISSUER}/"), ANA)
    assert provider.asked == 1


@pytest.mark.parametrize(
    "text",
    [
        token(by="forger", kid="k1"),
        token(exp=SECONDS - 61),
        token(iat=SECONDS + 120),
        token(nbf=SECONDS + 120),
        token(exp=None),
        token(iat=None),
        token(sub=None),
        token(aud="somebody else's"),
        token(aud=None),
        token(aud=[CHAT, "api"], azp="api"),
        token(aud={"librechat": 1}),
        token(iss="https://evil.test"),
        token(iss=f"{ISSUER}.evil.test"),
        token(iss=None),
        unsigned(),
        unsigned(aud="own"),
        signed_by_the_public_key(),
        token().rpartition(".")[0] + ".",
        token()[:-8] + "AAAAAAAA",
        f"{token()}, {token()}",
        f"Bearer {token()}",
        "no token",
        "a.b.c",
        "\ud800",
        "",
    ],
)
def test_what_is_forged_over_or_for_somebody_else_tells_nothing(text: str) -> None:
    provider = Provider()
    reason = provider.refused(text)
    # a word for the log, which holds nothing of the token
    assert len(reason) < 60
    assert "example" not in reason


@pytest.mark.parametrize("email", ["bia@example.com", "", "ana@example.com.evil.test"])
def test_another_persons_token_tells_nothing(email: str) -> None:
    assert Provider().refused(token(), email) == "of another person"
    assert Provider().refused(token(email=None)) == "of another person"
    assert Provider().refused(token(email=["ana@example.com"])) == "of another person"


@pytest.mark.parametrize("verified", [False, "true", 1, None])
def test_an_address_that_is_not_verified_tells_nothing(verified: Any) -> None:
    assert Provider().refused(token(email_verified=verified)) == "its address is not verified"


def test_the_silence_of_an_issuer_that_is_trusted_is_a_yes_and_a_no_is_none() -> None:
    provider = Provider(trusts_emails=True)
    assert provider.tokens.values(token(email_verified=None), ANA)
    assert provider.refused(token(email_verified=False)) == "its address is not verified"


def test_a_giant_is_not_looked_at() -> None:
    provider = Provider()
    giant = token(groups=["x" * 200] * 100)
    assert len(giant) > MAX_TOKEN_CHARACTERS
    assert (provider.refused(giant), provider.asked) == ("too long", 0)


def test_nobody_waits_for_the_keys() -> None:
    provider = Provider(at_once=False)
    for _ in range(5):
        assert provider.refused(token()) == "the provider's keys are not here"
    # one look beside the requests
    (work,) = provider.waiting
    assert provider.asked == 0
    work()
    assert provider.tokens.values(token(), ANA)


def test_a_provider_that_is_away_is_asked_every_thirty_seconds_and_believed_for_an_hour() -> None:
    provider = Provider()
    assert provider.tokens.values(token(), ANA)
    provider.is_away = True
    provider.seconds += FRESH_SECONDS + 1
    for _ in range(5):
        assert provider.tokens.values(token(), ANA)
    assert provider.asked == 2
    provider.seconds += RETRY_SECONDS
    assert provider.tokens.values(token(), ANA)
    assert provider.asked == 3
    provider.seconds += BELIEVED_SECONDS
    assert provider.refused(token()) == "the provider's keys are not here"
    provider.is_away = False
    provider.seconds += RETRY_SECONDS
    assert provider.tokens.values(token(), ANA)


def test_a_new_key_is_asked_for_and_made_up_ones_do_not_hammer_the_provider() -> None:
    provider = Provider()
    assert provider.tokens.values(token(), ANA)
    provider.published = ("k1", "k2")
    provider.seconds += RETRY_SECONDS
    for n in range(5):
        assert provider.refused(token(by="k2", kid=f"made up {n}")) == "signed by an unknown key"
    assert provider.asked == 2
    assert provider.tokens.values(token(by="k2"), ANA)


def test_a_key_that_was_taken_back_signs_nothing_once_the_keys_are_fresh() -> None:
    provider = Provider()
    assert provider.tokens.values(token(), ANA)
    provider.published = ("k2",)
    provider.seconds += FRESH_SECONDS + 1
    assert provider.refused(token()) == "signed by an unknown key"
