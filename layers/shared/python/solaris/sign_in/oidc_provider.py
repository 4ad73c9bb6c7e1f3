"""An OpenID Connect provider as this gateway sees it: discovery, code exchange, id token, userinfo.

Authorization code flow with PKCE (RFC 7636, S256); OpenID Connect Core 1.0, sections 3.1 and 5.
Authlib builds and checks what the standards say; the calls themselves are `oidc_http`'s, which
bounds them.

An address without a word that it is verified is what its owner has typed in: who signs in by it
may be anybody (Microsoft's own warning, called nOAuth). Entra never says `email_verified`; it says
`xms_edov` where the application asks for that claim.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from solaris.platform.cache import Remembered
from solaris.platform.email import normalise_email
from solaris.platform.logs import get_logger
from solaris.quota.groups.naming import claim_values
from solaris.sign_in.oidc_http import OidcError, ProviderHttp, endpoint

METADATA_SECONDS = 600.0
ALGORITHMS = ("RS256", "ES256")
CLOCK_SKEW = timedelta(seconds=60)
SCOPE = "openid email profile"
_EDOV_TRUE = (True, 1, "1", "true")
# providers add header fields of their own
_REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)

Keys = KeySet
"""A provider's, as it publishes them."""

_log = get_logger("solaris.oidc")


class UnknownKeyError(OidcError):
    """A token that names none of the keys that are at hand."""

    def __init__(self) -> None:
        super().__init__("oidc_failed", "signed by an unknown key")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider names. `email` is as the provider writes it."""

    email: str
    is_verified: bool
    name: str
    groups: tuple[str, ...] = ()
    """What the claim of their groups says, where one is asked for."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """What claims say of an address: `is_verified` is None where they say nothing."""

    email: str | None
    is_verified: bool | None


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str | None
    jwks_uri: str
    sends_secret_in_body: bool


class OidcProvider:
    """One provider and one client of it; every call is bounded (`ProviderHttp`).

    `trusts_emails`: an address of which the provider says neither yes nor no counts as verified.
    `group_claim`: which claim says what groups a person has; None: nobody wants to know.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], datetime],
        trusts_emails: bool = False,
        group_claim: str | None = None,
        client: httpx.Client | None = None,
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._trusts_emails = trusts_emails
        self._group_claim = group_claim
        self._http = ProviderHttp(client)
        self._lock = Lock()
        self._known: Remembered[str, _Metadata] = Remembered(1)
        self._keys: Remembered[str, KeySet] = Remembered(1)

    def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where to send the browser. Raises OidcError."""
        url: str = prepare_grant_uri(
            self._metadata().authorization_endpoint,
            self._client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=SCOPE,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return url

    def person(self, *, code: str, redirect_uri: str, nonce: str, verifier: str) -> Person:
        """Exchange a code for an id token, check that, and ask userinfo for what it leaves out.

        Raises OidcError.
        """
        metadata = self._metadata()
        answer = self._exchange(metadata, code, redirect_uri, verifier)
        claims = self._claims(answer, metadata, nonce)
        said, name, more = vouched(claims), claims.get("name"), None
        if said.email is None or (said.is_verified is None and not self._trusts_emails):
            more = self._userinfo(metadata, answer, claims["sub"])
            said, name = together(said, vouched(more)), name or more.get("name")
        if said.email is None:
            raise OidcError("oidc_no_email")
        is_verified = self._trusts_emails if said.is_verified is None else said.is_verified
        groups = self._groups(metadata, answer, claims, more)
        return Person(said.email, is_verified, str(name) if name else "", groups)

    def _groups(
        self,
        metadata: _Metadata,
        answer: dict[str, Any],
        claims: dict[str, Any],
        more: dict[str, Any] | None,
    ) -> tuple[str, ...]:
        """What the claim of groups says; a sign-in does not fail of it."""
        if self._group_claim is None:
            return ()
        if self._group_claim not in claims and more is None:
            try:
                more = self._userinfo(metadata, answer, claims["sub"])
            except OidcError as error:
                _log.warning("oidc_groups_not_told", code=error.code)
        return claim_values(
            (claims if self._group_claim in claims else more or {}).get(self._group_claim)
        )

    def _exchange(
        self, metadata: _Metadata, code: str, redirect_uri: str, verifier: str
    ) -> dict[str, Any]:
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
            # form-encoded before it is joined (RFC 6749, section 2.3.1), which Authlib does not do
            pair = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        return self._http.ask("POST", metadata.token_endpoint, data=form, headers=headers)

    def _userinfo(
        self, metadata: _Metadata, answer: dict[str, Any], subject: str
    ) -> dict[str, Any]:
        """Claims that are kept out of the id token (section 5.4); nothing where nothing is told.

        Another subject's claims are no answer (section 5.3.2).
        """
        token = answer.get("access_token")
        if metadata.userinfo_endpoint is None or not isinstance(token, str):
            return {}
        headers = {"accept": "application/json", "authorization": f"Bearer {token}"}
        claims = self._http.ask("GET", metadata.userinfo_endpoint, headers=headers)
        if claims.get("sub") != subject:
            raise OidcError("oidc_failed", "userinfo of another subject")
        return claims

    def _claims(self, answer: dict[str, Any], metadata: _Metadata, nonce: str) -> dict[str, Any]:
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OidcError("oidc_failed", "no id token")
        try:
            return _checked_claims(
                self._decoded(token, metadata),
                issuer=self._issuer,
                client_id=self._client_id,
                now=self._clock(),
                nonce=nonce,
                access_token=answer.get("access_token"),
            )
        except (JoseError, ValueError) as error:
            raise OidcError("oidc_failed", type(error).__name__) from error

    def _decoded(self, token: str, metadata: _Metadata) -> jwt.Token:
        """The token under the provider's key; its set is asked for again for an unknown one."""
        try:
            return jwt.decode(token, self._key_set(metadata, is_fresh=False), registry=_REGISTRY)
        except InvalidKeyIdError:
            return jwt.decode(token, self._key_set(metadata, is_fresh=True), registry=_REGISTRY)

    def keys(self) -> Keys:
        """The provider's keys, asked for now: two calls at most. Raises OidcError."""
        return self._key_set(self._metadata(), is_fresh=True)

    def _key_set(self, metadata: _Metadata, *, is_fresh: bool) -> KeySet:
        kept = None if is_fresh else self._keys.get(metadata.jwks_uri)
        if kept is not None:
            return kept.value
        answer = self._http.ask("GET", metadata.jwks_uri)
        try:
            keys = KeySet.import_key_set({"keys": answer["keys"]})
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise OidcError("oidc_unavailable", "keys") from error
        self._keys.put(metadata.jwks_uri, keys, METADATA_SECONDS)
        return keys

    def _metadata(self) -> _Metadata:
        with self._lock:  # one caller asks, the others wait for the answer
            issuer = self._issuer
            kept = self._known.get(issuer)
            if kept is not None:
                return kept.value
            answer = self._http.ask("GET", f"{issuer}/.well-known/openid-configuration")
            if str(answer.get("issuer", "")).rstrip("/") != issuer:
                raise OidcError("oidc_unavailable", "the provider calls itself otherwise")
            methods = answer.get("token_endpoint_auth_methods_supported")
            if not isinstance(methods, list):
                methods = ["client_secret_basic"]  # what leaving it out means
            has_userinfo = answer.get("userinfo_endpoint") is not None
            found = _Metadata(
                authorization_endpoint=endpoint(answer, "authorization_endpoint", issuer),
                token_endpoint=endpoint(answer, "token_endpoint", issuer),
                userinfo_endpoint=endpoint(answer, "userinfo_endpoint", issuer)
                if has_userinfo
                else None,
                jwks_uri=endpoint(answer, "jwks_uri", issuer),
                sends_secret_in_body="client_secret_basic" not in methods
                and "client_secret_post" in methods,
            )
            self._known.put(issuer, found, METADATA_SECONDS)
            return found


def passed_on_claims(
    token: str, keys: Keys, *, issuer: str, client_ids: Sequence[str], now: datetime
) -> dict[str, Any]:
    """The claims of an id token that somebody else was given: without the nonce of a sign-in.

    It is for one of these clients. Raises UnknownKeyError, OidcError.
    """
    try:
        signed = jwt.decode(token, keys, registry=_REGISTRY)
        audience = signed.claims.get("aud")
        stated = audience if isinstance(audience, list) else [audience]
        # of none of them: refused as one for another client
        client_id = next((one for one in client_ids if one in stated), client_ids[0])
        return _checked_claims(signed, issuer=issuer, client_id=client_id, now=now)
    except InvalidKeyIdError as error:
        raise UnknownKeyError from error
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        # the kinds are few: a text of theirs might hold a part of the token
        raise OidcError("oidc_failed", type(error).__name__) from error


def _checked_claims(
    signed: jwt.Token,
    *,
    issuer: str,
    client_id: str,
    now: datetime,
    nonce: str | None = None,
    access_token: str | None = None,
) -> dict[str, Any]:
    """The claims of a token that this issuer made for this client and that holds now (UTC).

    Raises JoseError, ValueError.
    """
    claims = CodeIDToken(
        signed.claims,
        signed.header,
        # settings may end in a slash, and so may what the provider writes
        {
            "iss": {"essential": True, "values": [issuer, f"{issuer}/"]},
            "aud": {"essential": True, "value": client_id},
        },
        {"nonce": nonce, "client_id": client_id, "access_token": access_token},
    )
    leeway = int(CLOCK_SKEW.total_seconds())
    claims.validate(now=int(now.timestamp()), leeway=leeway)
    return dict(claims)


def vouched(claims: Mapping[str, Any]) -> Vouched:
    """Read the claims of an id token or of userinfo.

    Only the JSON value true verifies an address; Entra writes its own claim as "1", too.
    """
    email = claims.get("email")
    stated, edov = claims.get("email_verified"), claims.get("xms_edov")
    is_verified: bool | None = None
    if stated is not None:
        is_verified = stated is True
    elif edov is not None:
        is_verified = edov in _EDOV_TRUE
    return Vouched(email if isinstance(email, str) else None, is_verified)


def together(token: Vouched, userinfo: Vouched) -> Vouched:
    """What an id token and userinfo of the same subject say.

    What userinfo says of another address than the token's is not said of the token's.
    """
    if token.email is None:
        return userinfo
    if userinfo.email is None or normalise_email(userinfo.email) != normalise_email(token.email):
        return token
    return Vouched(token.email, userinfo.is_verified)
