"""Open WebUI's signed identity: one token a request instead of headers that anybody may set.

    X-OpenWebUI-User-Jwt: HS256 over sub, email, name, role, iss ("open-webui"), iat, exp

Open WebUI signs it when it has FORWARD_USER_INFO_HEADER_JWT_SECRET. It holds no audience, no
address of the request and no id of its own: within its life it can be sent again by whoever has
it and a gateway key, which the key alone could not do before.
"""

from datetime import datetime, timedelta
from typing import Any

import jwt

from solaris.platform.email import spelled_before, valid_email
from solaris.platform.printable import printable
from solaris.quota.identity import MAX_NAME_CHARACTERS, Identity

HEADER = "x-openwebui-user-jwt"
ISSUER = "open-webui"
ALGORITHM = "HS256"
MAX_TOKEN_CHARACTERS = 4_096
# a clock of another machine may be so much apart
CLOCK_SKEW = timedelta(seconds=60)
# Open WebUI's default is five minutes; a token that opens longer is not believed at all
MAX_LIFE = timedelta(hours=1)


def signed_identity(token: str | None, secret: str, now: datetime) -> Identity | None:
    """The user whom a token names; None: it is missing, forged, over or names nobody.

    `now` is UTC. A header that came twice is no token: the two are joined by a comma.
    """
    if token is None or len(token) > MAX_TOKEN_CHARACTERS:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            # the times are compared with the clock that was passed in
            options={
                "require": ["sub", "email", "iss", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.PyJWTError:
        return None
    email = claims["email"] if isinstance(claims["email"], str) else ""
    address = valid_email(email)
    if address is None or not _is_running(claims, now):
        return None
    name = claims.get("name")
    spelled = spelled_before(email)
    return Identity(
        email=address,
        name=printable(name, MAX_NAME_CHARACTERS) if isinstance(name, str) else "",
        spelled="" if spelled == address else spelled,
    )


def _is_running(claims: dict[str, Any], now: datetime) -> bool:
    issued_at, expires_at = claims["iat"], claims["exp"]
    if not all(type(one) in (int, float) for one in (issued_at, expires_at)):
        return False
    moment, skew = now.timestamp(), CLOCK_SKEW.total_seconds()
    if not 0 < expires_at - issued_at <= MAX_LIFE.total_seconds():
        return False
    return bool(issued_at <= moment + skew and moment < expires_at + skew)
