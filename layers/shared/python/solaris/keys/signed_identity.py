"""Open WebUI's signed identity: one token a request instead of headers that anybody may set.

    X-OpenWebUI-User-Jwt: HS256 over sub, email, name, role, iss ("open-webui"), iat, exp

Open WebUI signs it when it has FORWARD_USER_INFO_HEADER_JWT_SECRET. It holds no audience, no
address of the request and no id of its own: within its life it can be sent again by whoever has
it and a gateway key, which the key alone could not do before.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry

from solaris.platform.email import spelled_before, valid_email
from solaris.platform.printable import printable
from solaris.quota.identity import MAX_NAME_CHARACTERS, Identity, group_value

HEADER = "x-openwebui-user-jwt"
# what the claim `role` says where nothing is signed
ROLE_HEADER = "x-openwebui-user-role"
ISSUER = "open-webui"
MAX_TOKEN_CHARACTERS = 4_096
# a clock of another machine may be so much apart
CLOCK_SKEW = timedelta(seconds=60)
# Open WebUI's default is five minutes; a token that opens longer is not believed at all
MAX_LIFE = timedelta(hours=1)
# header fields that it may add one day are no forgery
_REGISTRY = JWSRegistry(algorithms=("HS256",), strict_check_header=False)


def signed_identity(
    token: str | None, secret: str, now: datetime, *, tells_role: bool = False
) -> Identity | None:
    """The user whom a token names; None: it is missing, forged, over or names nobody.

    `tells_role`: its `role` says which group a newcomer is for, as the header of that name does.
    `now` is UTC. A header that came twice is no token: the two are joined by a comma.
    """
    if token is None or len(token) > MAX_TOKEN_CHARACTERS:
        return None
    try:
        claims = jwt.decode(token, _key(secret), registry=_REGISTRY).claims
    except (JoseError, ValueError, TypeError, RecursionError):  # what is no token, or not theirs
        return None
    # a token for an audience is for somebody else; Open WebUI names none
    if claims.get("iss") != ISSUER or "aud" in claims:
        return None
    email: Any = claims.get("email")
    address = valid_email(email) if isinstance(email, str) else None
    if address is None or not isinstance(claims.get("sub"), str) or not _is_running(claims, now):
        return None
    name, role = claims.get("name"), claims.get("role")
    group = group_value(role) if tells_role and isinstance(role, str) else ""
    spelled = spelled_before(email)
    return Identity(
        email=address,
        name=printable(name, MAX_NAME_CHARACTERS) if isinstance(name, str) else "",
        spelled="" if spelled == address else spelled,
        group_values=((ROLE_HEADER, group),) if group else (),
    )


@lru_cache(maxsize=1)
def _key(secret: str) -> OctKey:
    return OctKey.import_key(secret)


def _is_running(claims: dict[str, Any], now: datetime) -> bool:
    issued_at = claims.get("iat")
    stated: tuple[Any, ...] = (issued_at, claims.get("nbf", issued_at), claims.get("exp"))
    if not all(type(one) in (int, float) for one in stated):
        return False
    issued_at, begins_at, expires_at = stated
    moment, skew = now.timestamp(), CLOCK_SKEW.total_seconds()
    if not 0 < expires_at - issued_at <= MAX_LIFE.total_seconds():
        return False
    has_begun = issued_at <= moment + skew and begins_at <= moment + skew
    return bool(has_begun and moment < expires_at + skew)
