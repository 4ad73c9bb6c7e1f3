"""An OpenID Connect provider as this gateway sees it: discovery, code exchange, id tokens.

Authorization code flow with PKCE (RFC 7636, S256); OpenID Connect Core 1.0, section 3.1.
"""

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import jwt

TIMEOUT_SECONDS = 5.0
METADATA_SECONDS = 600.0
MAX_ANSWER_BYTES = 256 * 1024
ALGORITHMS = ("RS256", "ES256")
CLOCK_SKEW = timedelta(seconds=60)
SCOPE = "openid email profile"


class OidcError(Exception):
    """The provider's part went wrong; `code` says what, without details."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Person:
    """Whom an id token names. `email` is as the provider writes it."""

    email: str
    is_verified: bool
    name: str


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    sends_secret_in_body: bool
    until: float


class OidcProvider:
    """One provider and one client of it. Every call is bounded: 5 s, 256 kB, no redirects."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], datetime],
        client: httpx.Client | None = None,
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._http = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False)
        self._lock = Lock()
        self._known: _Metadata | None = None
        self._keys: tuple[jwt.PyJWKSet, float] | None = None

    def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where to send the browser. Raises OidcError."""
        endpoint = self._metadata().authorization_endpoint
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"

    def person(self, *, code: str, redirect_uri: str, nonce: str, verifier: str) -> Person:
        """Exchange a code for an id token and check that. Raises OidcError."""
        metadata = self._metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"accept": "application/json"}
        if metadata.sends_secret_in_body:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        else:
            # form-encoded before it is joined (RFC 6749, section 2.3.1)
            pair = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        answer = self._ask("POST", metadata.token_endpoint, data=form, headers=headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OidcError("oidc_failed", "no id token")
        claims = self._claims(token, metadata)
        if claims.get("nonce") != nonce:
            raise OidcError("oidc_failed", "nonce")
        email = claims.get("email")
        if not isinstance(email, str):
            raise OidcError("oidc_no_email")
        name = claims.get("name")
        return Person(email, claims.get("email_verified") is True, str(name) if name else "")

    def _claims(self, token: str, metadata: _Metadata) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key_of(token, metadata),
                algorithms=list(ALGORITHMS),
                audience=self._client_id,
                # times and issuer are compared below: with the clock that was passed in, and
                # without the slash that settings may end in
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError as error:
            raise OidcError("oidc_failed", type(error).__name__) from error
        now, skew = self._clock().timestamp(), CLOCK_SKEW.total_seconds()
        expires_at, issued_at = claims["exp"], claims["iat"]
        if not isinstance(expires_at, int | float) or not isinstance(issued_at, int | float):
            raise OidcError("oidc_failed", "times")
        if now >= expires_at + skew or issued_at > now + skew:
            raise OidcError("oidc_failed", "expired")
        if str(claims["iss"]).rstrip("/") != self._issuer:
            raise OidcError("oidc_failed", "issuer")
        audience, party = claims["aud"], claims.get("azp")
        is_shared = isinstance(audience, list) and len(audience) > 1
        if (is_shared or party is not None) and party != self._client_id:
            raise OidcError("oidc_failed", "authorized party")
        return claims

    def _key_of(self, token: str, metadata: _Metadata) -> jwt.PyJWK:
        """The provider's key; its set is asked for again when the key is not in it, once."""
        key_id = jwt.get_unverified_header(token).get("kid")
        for is_fresh in (False, True):
            keys = self._key_set(metadata, is_fresh=is_fresh).keys
            for key in keys:
                if key.key_id == key_id or (key_id is None and len(keys) == 1):
                    return key
        raise OidcError("oidc_failed", "unknown key")

    def _key_set(self, metadata: _Metadata, *, is_fresh: bool) -> jwt.PyJWKSet:
        known = self._keys
        if known is not None and not is_fresh and time.monotonic() < known[1]:
            return known[0]
        answer = self._ask("GET", metadata.jwks_uri)
        try:
            keys = jwt.PyJWKSet.from_dict(answer)
        except jwt.PyJWTError as error:
            raise OidcError("oidc_unavailable", "keys") from error
        self._keys = (keys, time.monotonic() + METADATA_SECONDS)
        return keys

    def _metadata(self) -> _Metadata:
        with self._lock:  # one caller asks, the others wait for the answer
            known = self._known
            if known is not None and time.monotonic() < known.until:
                return known
            answer = self._ask("GET", f"{self._issuer}/.well-known/openid-configuration")
            if str(answer.get("issuer", "")).rstrip("/") != self._issuer:
                raise OidcError("oidc_unavailable", "the provider calls itself otherwise")
            methods = answer.get("token_endpoint_auth_methods_supported")
            if not isinstance(methods, list):
                methods = ["client_secret_basic"]  # what leaving it out means
            self._known = _Metadata(
                authorization_endpoint=_endpoint(answer, "authorization_endpoint"),
                token_endpoint=_endpoint(answer, "token_endpoint"),
                jwks_uri=_endpoint(answer, "jwks_uri"),
                sends_secret_in_body="client_secret_basic" not in methods
                and "client_secret_post" in methods,
                until=time.monotonic() + METADATA_SECONDS,
            )
            return self._known

    def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """One call; a refusal is `oidc_failed`, no answer `oidc_unavailable`."""
        content = b""
        try:
            with self._http.stream(method, url, **more) as answer:
                for piece in answer.iter_bytes():
                    content += piece
                    if len(content) > MAX_ANSWER_BYTES:
                        raise OidcError("oidc_unavailable", "answer too large")
                status = answer.status_code
        except httpx.HTTPError as error:
            raise OidcError("oidc_unavailable", type(error).__name__) from error
        if status != httpx.codes.OK:
            is_refusal = method == "POST" and httpx.codes.is_client_error(status)
            raise OidcError("oidc_failed" if is_refusal else "oidc_unavailable", str(status))
        try:
            body = httpx.Response(status, content=content).json()
        except ValueError as error:
            raise OidcError("oidc_unavailable", "no JSON") from error
        if not isinstance(body, dict):
            raise OidcError("oidc_unavailable", "no object")
        return body


def challenge_of(verifier: str) -> str:
    """PKCE's S256 of a verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    url = metadata.get(name)
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        raise OidcError("oidc_unavailable", name)
    return url
