"""Signing in and out."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from solaris.platform.access import OPEN, SIGNED_IN, Access
from solaris.platform.errors import ForbiddenError, PeopleOnlyError, UnauthenticatedError
from solaris.platform.web.operations import (
    BASE_PATH,
    Call,
    OtherAnswer,
    Reply,
    of_oneself,
    operation,
)
from solaris.sign_in.admin import SignedIn
from solaris.sign_in.oidc import Arrival
from solaris.sign_in.schemas import (
    AdminOut,
    LoginRequest,
    OidcDeparture,
    OidcOption,
    OidcReturn,
    PasswordChange,
    SignedInOut,
    SignInOptions,
)
from solaris.sign_in.sign_in import Origin

if TYPE_CHECKING:
    from solaris.sign_in.parts import SignInParts
    from solaris.sign_in.sessions import Opened

TAG = "Sign-in"
REFRESH_COOKIE = "solaris_refresh"
REFRESH_PATH = f"{BASE_PATH}/auth"
DEVICE_COOKIE = "solaris_device"
STATE_COOKIE = "solaris_oidc"
STATE_PATH = f"{BASE_PATH}/auth/oidc"
STATE_SECONDS = 600
LOGIN_PAGE = "/admin/login"
MAX_STATE_COOKIE_CHARACTERS = 2_000
BEARER = "bearer "

LET_IN = OtherAnswer(
    status=200,
    description=f"Signed in; the cookie `{REFRESH_COOKIE}` holds the refresh token.",
    model=SignedInOut,
)


@operation(
    "POST",
    "/auth/login",
    access=OPEN,
    tag=TAG,
    name="login",
    summary="Sign in with a password",
    problems=(401, 403),
    others=(LET_IN,),
)
def login(parts: "SignInParts", call: Call, *, body: LoginRequest) -> Reply:
    """Answers an access token and sets the refresh token as a cookie.

    Five failures in 15 minutes lock the caller's network out of the account for 15 (429), whether
    there is such an account or not; twenty lock the network out of all. Failures from many
    networks make each wait between its tries. A browser that was signed in before has a cookie
    (`solaris_device`) that says so, and a count of its own.
    """
    _refuse_foreign_origin(parts, call)
    opened = parts.signing_in.sign_in(body.email, body.password, _origin(call))
    return _signed_in(parts, opened)


@operation(
    "POST",
    "/auth/refresh",
    access=OPEN,
    tag=TAG,
    name="refreshToken",
    summary="Get the next access token",
    problems=(401, 403),
    others=(LET_IN,),
)
def refresh_token(parts: "SignInParts", call: Call) -> Reply:
    """By the cookie, which is exchanged too. A cookie that comes twice ends the session."""
    _refuse_foreign_origin(parts, call)
    token = call.cookies.get(REFRESH_COOKIE)
    if not token:
        raise UnauthenticatedError
    return _signed_in(parts, parts.signing_in.refresh(token, _origin(call)))


@operation(
    "POST",
    "/auth/logout",
    access=OPEN,
    tag=TAG,
    name="logout",
    summary="Sign out",
    status=204,
    problems=(403,),
)
def logout(parts: "SignInParts", call: Call) -> Reply:
    """Ends the session that the cookie or the access token names; fine without either."""
    _refuse_foreign_origin(parts, call)
    header = call.headers.get("authorization", "")
    is_bearer = header[: len(BEARER)].lower() == BEARER
    parts.signing_in.sign_out(
        refresh_token=call.cookies.get(REFRESH_COOKIE),
        access_token=header[len(BEARER) :].strip() if is_bearer else None,
        origin=_origin(call),
    )
    return Reply(cookies=(_cookie(parts, REFRESH_COOKIE, "", REFRESH_PATH, 0),))


@operation(
    "GET",
    "/auth/me",
    access=Access(SIGNED_IN),
    tag=TAG,
    name="getMe",
    summary="Who is signed in",
    within=of_oneself,
)
def get_me(parts: "SignInParts", call: Call) -> AdminOut:
    """The account of the access token."""
    return AdminOut.of(parts.signing_in.me(_caller(call)))


@operation(
    "POST",
    "/auth/password",
    access=Access(SIGNED_IN),
    tag=TAG,
    name="changePassword",
    summary="Change one's own password",
    problems=(409,),
    within=of_oneself,
)
def change_password(parts: "SignInParts", call: Call, *, body: PasswordChange) -> SignedInOut:
    """Every other session ends; this one goes on with the token of the answer.

    A wrong current password counts as a failed sign-in (401, `invalid_credentials`).
    """
    opened = parts.signing_in.change_password(
        _caller(call), body.current_password, body.new_password, _origin(call)
    )
    return SignedInOut.of(opened)


@operation(
    "GET",
    "/auth/options",
    access=OPEN,
    tag=TAG,
    name="getSignInOptions",
    summary="How one may sign in",
)
def get_sign_in_options(parts: "SignInParts", call: Call) -> SignInOptions:  # noqa: ARG001 - the shape of every handler
    """What the sign-in page offers."""
    name = parts.oidc.name
    return SignInOptions(password=True, oidc=OidcOption(enabled=name is not None, name=name))


@operation(
    "GET",
    "/auth/oidc/login",
    access=OPEN,
    tag=TAG,
    name="getOidcLogin",
    summary="Sign in by the OpenID Connect provider",
    status=302,
    problems=(404,),
    others=(OtherAnswer(status=302, description="To the provider."),),
)
def get_oidc_login(parts: "SignInParts", call: Call, *, query: OidcDeparture) -> Reply:
    """For a browser to go to, not for a call. 404 when no provider is configured."""
    departure = parts.oidc.depart(query.return_to, _origin(call))
    if isinstance(departure, Arrival):
        return _arrived(parts, departure)
    cookie = _cookie(
        parts, STATE_COOKIE, departure.state_cookie, STATE_PATH, STATE_SECONDS, same_site="Lax"
    )
    return _redirect(departure.url, (cookie,))


@operation(
    "GET",
    "/auth/oidc/callback",
    access=OPEN,
    tag=TAG,
    name="getOidcCallback",
    summary="Come back from the OpenID Connect provider",
    status=302,
    problems=(404,),
    others=(
        OtherAnswer(
            status=302,
            description="To the admin site, or to its sign-in page with `error=<code>`.",
        ),
    ),
)
def get_oidc_callback(parts: "SignInParts", call: Call, *, query: OidcReturn) -> Reply:
    """Where the provider sends the browser; sets the refresh token as a cookie."""
    cookie = call.cookies.get(STATE_COOKIE, "")
    arrival = parts.oidc.arrive(
        state_cookie=cookie if len(cookie) <= MAX_STATE_COOKIE_CHARACTERS else None,
        state=query.state,
        code=query.code,
        error=query.error,
        origin=_origin(call),
    )
    return _arrived(parts, arrival)


def _arrived(parts: "SignInParts", arrival: Arrival) -> Reply:
    done = _cookie(parts, STATE_COOKIE, "", STATE_PATH, 0, same_site="Lax")
    if arrival.opened is None:
        return _redirect(f"{LOGIN_PAGE}?{urlencode({'error': arrival.error})}", (done,))
    return _redirect(arrival.return_to, (done, *_cookies(parts, arrival.opened)))


def _signed_in(parts: "SignInParts", opened: "Opened") -> Reply:
    return Reply(content=SignedInOut.of(opened), cookies=_cookies(parts, opened))


def _redirect(url: str, cookies: tuple[str, ...]) -> Reply:
    return Reply(status=302, headers={"location": url}, cookies=cookies)


def _cookies(parts: "SignInParts", opened: "Opened") -> tuple[str, ...]:
    refresh = _refresh_cookie(parts, opened)
    device = opened.device
    if device is None:
        return (refresh,)
    return refresh, _cookie(parts, DEVICE_COOKIE, device.token, REFRESH_PATH, device.seconds)


def _refresh_cookie(parts: "SignInParts", opened: "Opened") -> str:
    seconds = int((opened.session.expires_at - opened.session.refreshed_at).total_seconds())
    token = opened.refresh_token or ""
    return _cookie(parts, REFRESH_COOKIE, token, REFRESH_PATH, max(0, seconds))


def _cookie(
    parts: "SignInParts",
    name: str,
    value: str,
    path: str,
    seconds: int,
    *,
    same_site: str = "Strict",
) -> str:
    settings = parts.platform.settings
    is_plain = settings.solaris_stage == "local" and not (settings.public_url or "").startswith(
        "https://"
    )
    secure = "" if is_plain else "; Secure"
    return f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"


def _refuse_foreign_origin(parts: "SignInParts", call: Call) -> None:
    """A browser says from which site it asks; other sites have no business here."""
    origin = call.headers.get("origin")
    if origin is None:
        # no browser, or one that says it by this header alone (`none`: the person's own doing)
        if call.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise ForbiddenError
        return
    settings = parts.platform.settings
    known = {one.rstrip("/").lower() for one in settings.cors_allowed_origins}
    if settings.public_url:
        public = urlsplit(settings.public_url)
        known.add(f"{public.scheme}://{public.netloc}".lower())
    host = call.headers.get("host", "").lower()
    asked = origin.lower()
    if asked in known or (host and asked in (f"http://{host}", f"https://{host}")):
        return
    raise ForbiddenError


def _origin(call: Call) -> Origin:
    return Origin(
        request_id=call.request_id,
        ip_address=call.ip_address,
        user_agent=call.user_agent,
        device=call.cookies.get(DEVICE_COOKIE),
    )


def _caller(call: Call) -> SignedIn:
    actor = call.actor
    if actor.role is None or actor.session_id is None:
        raise PeopleOnlyError
    return SignedIn(email=actor.name, role=actor.role, session_id=actor.session_id)
