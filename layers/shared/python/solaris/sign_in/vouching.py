"""Whose address an identity provider vouches for. Pure.

An address without a word that it is verified is what its owner has typed in: who signs in by it
may be anybody (Microsoft's own warning, called nOAuth). Entra never says `email_verified`; it says
`xms_edov` where the application asks for that claim.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from solaris.platform.email import normalise_email

_EDOV_TRUE = (True, 1, "1", "true")


@dataclass(frozen=True, slots=True)
class Vouched:
    """What claims say of an address: `is_verified` is None where they say nothing."""

    email: str | None
    is_verified: bool | None


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
