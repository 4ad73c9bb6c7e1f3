"""Id tokens of a provider: the signature, and every claim that says whom it is for."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from solaris.sign_in.oidc_http import OidcError
from solaris.sign_in.oidc_provider import OidcProvider, Person

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER, CLIENT = "https://id.test", "solaris"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "42",
    "iat": SECONDS,
    "exp": SECONDS + 300,
    "nonce": "n",
    "email": "ana@example.com",
    "email_verified": True,
    "name": "Ana",
}


@cache
def rsa_key(_: str = "ours") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_keys(*, key_id: str = "r1") -> dict[str, Any]:
    one = json.loads(RSAAlgorithm.to_jwk(rsa_key().public_key())) | {"kid": key_id, "alg": "RS256"}
    two = json.loads(ECAlgorithm.to_jwk(ec_key().public_key())) | {"kid": "e1", "alg": "ES256"}
    return {"keys": [one, two]}


class Provider:
    """A provider that answers one token; counts what it is asked."""

    def __init__(self, token: str, keys: list[dict[str, Any]] | None = None, **more: Any) -> None:
        self.token = token
        self.keys = keys or [public_keys()]
        self.more = more
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        match request.url.path:
            case "/token":
                return httpx.Response(200, json={"id_token": self.token})
            case "/keys":
                return httpx.Response(
                    200, json=self.keys.pop(0) if len(self.keys) > 1 else self.keys[0]
                )
        metadata = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }
        return httpx.Response(200, json=metadata | self.more)

    def person(self) -> Person:
        client = httpx.Client(transport=httpx.MockTransport(self))
        provider = OidcProvider(
            issuer=ISSUER + "/",
            client_id=CLIENT,
            client_secret="a secret+",
            clock=lambda: NOW,
            client=client,
        )
        return provider.person(code="c", redirect_uri="https://x", nonce="n", verifier="v")


def token(changes: dict[str, Any] | None = None, **header: Any) -> str:
    claims = {name: one for name, one in (CLAIMS | (changes or {})).items() if one is not None}
    return jwt.encode(claims, rsa_key(), "RS256", headers={"kid": "r1"} | header)


def by_the_public_key() -> str:
    """What passes where the public key is taken for a shared secret (PyJWT refuses to make it)."""
    key = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "r1"}, CLAIMS]
    signed = ".".join(base64url_encode(json.dumps(one).encode()).decode() for one in parts)
    signature = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64url_encode(signature).decode()}"


def refused(text: str, **more: Any) -> str:
    with pytest.raises(OidcError) as caught:
        Provider(text, **more).person()
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [
        token,
        lambda: jwt.encode(CLAIMS, ec_key(), "ES256", headers={"kid": "e1"}),
        lambda: token({"aud": [CLIENT]}),
        lambda: token({"aud": [CLIENT, "other"], "azp": CLIENT}),
        lambda: token({"iss": ISSUER + "/"}),
        lambda: token({"exp": SECONDS - 59}),
        lambda: token({"iat": SECONDS + 59}),
    ],
    ids=["RS256", "ES256", "list", "azp", "slash", "just expired", "clock ahead"],
)
def test_a_good_token_names_the_person(text: Any) -> None:
    assert Provider(text()).person() == Person("ana@example.com", True, "Ana")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.org"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": [CLIENT, "other"]},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"azp": "other"},
        {"exp": SECONDS - 60},
        {"exp": None},
        {"exp": "soon"},
        {"iat": SECONDS + 61},
        {"iat": None},
        {"sub": None},
        {"nonce": "other"},
        {"nonce": None},
    ],
    ids=str,
)
def test_a_token_for_somebody_else_or_another_time_is_refused(changes: dict[str, Any]) -> None:
    assert refused(token(changes)) == "oidc_failed"


def test_a_token_by_another_key_or_algorithm_is_refused() -> None:
    for text in (
        jwt.encode(CLAIMS, rsa_key("other"), "RS256", headers={"kid": "r1"}),
        jwt.encode(CLAIMS, rsa_key(), "RS512", headers={"kid": "r1"}),
        jwt.encode(CLAIMS, rsa_key(), "PS256", headers={"kid": "r1"}),
        by_the_public_key(),
        jwt.encode(CLAIMS, "", "none", headers={"kid": "r1"}),
        jwt.encode(CLAIMS, rsa_key(), "RS256", headers={"kid": "unknown"}),
        jwt.encode(CLAIMS, rsa_key(), "RS256", headers={"kid": "e1"}),
        "no token",
        "",
    ):
        assert refused(text) == "oidc_failed"


def test_a_new_key_of_the_provider_is_found_by_asking_once_more() -> None:
    provider = Provider(token(), keys=[public_keys(key_id="old"), public_keys()])
    assert provider.person().email == "ana@example.com"
    assert [one.url.path for one in provider.asked].count("/keys") == 2


def test_without_a_key_id_only_a_single_key_will_do() -> None:
    claims = jwt.encode(CLAIMS, rsa_key(), "RS256")
    assert refused(claims) == "oidc_failed"
    one = {"keys": public_keys()["keys"][:1]}
    assert Provider(claims, keys=[one]).person().email == "ana@example.com"


@pytest.mark.parametrize("email", [None, 7, ["a@example.com"]])
def test_a_token_without_an_address_names_nobody(email: Any) -> None:
    assert refused(token({"email": email})) == "oidc_no_email"


@pytest.mark.parametrize(
    ("methods", "in_body"),
    [(None, False), (["client_secret_basic"], False), (["client_secret_post"], True)],
)
def test_the_secret_goes_where_the_provider_takes_it(
    methods: list[str] | None, in_body: bool
) -> None:
    more: dict[str, Any] = {"token_endpoint_auth_methods_supported": methods} if methods else {}
    provider = Provider(token(), **more)
    provider.person()
    (asked,) = [one for one in provider.asked if one.url.path == "/token"]
    assert (b"client_secret=a+secret%2B" in asked.content) is in_body
    # RFC 6749, section 2.3.1: encoded, then joined
    assert asked.headers.get("authorization") == (
        None if in_body else httpx.BasicAuth("solaris", "a%20secret%2B")._auth_header
    )
    assert b"code_verifier=v" in asked.content
