"""Signing in by an OpenID Connect provider: who is sent there, and who comes back.

What must fit together at the return (state, nonce, PKCE's verifier) travels in a signed cookie of
ten minutes; nothing is stored. The provider takes a code once, so a replay ends there.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from solaris.platform.actor import Actor
from solaris.platform.email import valid_email
from solaris.platform.errors import NotFoundError, SolarisError
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.platform.signed_tokens import ClaimTokens
from solaris.sign_in.admins import AdminAccounts
from solaris.sign_in.oidc_http import OidcError
from solaris.sign_in.sessions import Opened
from solaris.sign_in.sign_in import Origin, SigningIn

if TYPE_CHECKING:  # Authlib is loaded where a provider is configured
    from solaris.sign_in.oidc_provider import OidcProvider, Person

STATE_LIFE = timedelta(minutes=10)
AUDIENCE = "oidc"
HOME = "/admin/"
MAX_RETURN_CHARACTERS = 500
MAX_CODE_CHARACTERS = 2_000

RETURN_PATTERN = r"^/admin/[A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*$"
_RETURN = re.compile(RETURN_PATTERN)

Place = Callable[[str, tuple[str, ...], Actor], None]
"""Puts a user of an address, who has no group, into that which the values of a claim stand for."""

_log = get_logger("solaris.oidc")


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the cookie that it must bring back."""

    url: str
    state_cookie: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back: `opened` and where to go on, or the code of what went wrong."""

    opened: Opened | None
    return_to: str
    error: str | None = None


class OidcSignIn:
    """Sign-in by OIDC; everything raises NotFoundError when no provider is configured."""

    def __init__(
        self,
        *,
        settings: Settings,
        provider: "OidcProvider | None",
        accounts: AdminAccounts,
        signing_in: SigningIn,
        clock: Callable[[], datetime],
        place: Place | None = None,
    ) -> None:
        self._place = place
        self._provider = provider
        self._accounts = accounts
        self._signing_in = signing_in
        self._clock = clock
        self._tokens = ClaimTokens(
            settings.signing_secrets, "oidc state v1", issuer=settings.token_issuer
        )
        self._issuer = settings.oidc_issuer
        self._redirect_uri = f"{settings.own_address}/api/auth/oidc/callback"

    @property
    def name(self) -> str | None:
        """What to call the provider: its host; None when none is configured."""
        return urlsplit(self._issuer).hostname if self._issuer and self._provider else None

    def depart(self, return_to: str | None, origin: Origin) -> Departure | Arrival:
        """Begin a sign-in; an Arrival when the provider cannot be asked."""
        provider = self._required()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        try:
            url = provider.authorization_url(
                redirect_uri=self._redirect_uri, state=state, nonce=nonce, verifier=verifier
            )
        except OidcError as error:
            return self._refused(error, None, origin)
        now = self._clock()
        claims = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "to": _safe_return(return_to),
        }
        cookie = self._tokens.sign(claims, audience=AUDIENCE, now=now, until=now + STATE_LIFE)
        return Departure(url, cookie)

    def arrive(
        self,
        *,
        state_cookie: str | None,
        state: str | None,
        code: str | None,
        error: str | None,
        origin: Origin,
    ) -> Arrival:
        """End a sign-in. Every refusal is an Arrival with `error`, and a row of the audit log.

        Codes: oidc_state, oidc_denied, oidc_failed, oidc_unavailable, oidc_no_email,
        oidc_unverified, oidc_not_allowed. Raises StoreUnavailableError.
        """
        provider = self._required()
        try:
            known = self._state(state_cookie, state)
            person = self._person(provider, known, code, error)
        except OidcError as failure:
            return self._refused(failure, None, origin)
        email = valid_email(person.email)
        if email is None:
            return self._refused(OidcError("oidc_no_email"), None, origin)
        if not person.is_verified:
            return self._refused(OidcError("oidc_unverified"), email, origin)
        admin = self._accounts.vouched_for(origin.actor(email), person.email, person.name)
        if admin is None:
            return self._refused(OidcError("oidc_not_allowed"), email, origin)
        opened = self._signing_in.welcome(admin, origin, method="oidc")
        self._put_into_group(email, person, origin)
        return Arrival(opened, _safe_return(known["to"]))

    def _put_into_group(self, email: str, person: "Person", origin: Origin) -> None:
        """Whoever may sign in does so whether or not this can be done; the next one tries again."""
        if self._place is None:
            return
        try:
            self._place(email, person.groups, origin.actor(email))
        except SolarisError as error:
            _log.warning("oidc_group_not_set", reason=str(error)[:200])

    def _person(
        self, provider: "OidcProvider", known: dict[str, str], code: str | None, error: str | None
    ) -> "Person":
        if error is not None:
            raise OidcError("oidc_denied", "the provider refused")
        if not code or len(code) > MAX_CODE_CHARACTERS:
            raise OidcError("oidc_failed", "no code")
        return provider.person(
            code=code,
            redirect_uri=self._redirect_uri,
            nonce=known["nonce"],
            verifier=known["verifier"],
        )

    def _state(self, cookie: str | None, state: str | None) -> dict[str, str]:
        claims = self._tokens.verify(cookie or "", audience=AUDIENCE, now=self._clock())
        if claims is None:
            raise OidcError("oidc_state", "cookie")
        sent = (state or "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(str(claims["state"]).encode(), sent):
            raise OidcError("oidc_state", "state")
        return {name: str(claims[name]) for name in ("nonce", "verifier", "to")}

    def _refused(self, failure: OidcError, email: str | None, origin: Origin) -> Arrival:
        _log.warning("oidc_refused", code=failure.code, detail=str(failure))
        self._signing_in.refused(email, origin, failure.code)
        return Arrival(None, HOME, failure.code)

    def _required(self) -> "OidcProvider":
        if self._provider is None:
            raise NotFoundError("no OIDC provider is configured")
        return self._provider


def _safe_return(path: str | None) -> str:
    """A path of the site, or its front page: never another host."""
    if path is None or len(path) > MAX_RETURN_CHARACTERS or not _RETURN.fullmatch(path):
        return HOME
    return path
