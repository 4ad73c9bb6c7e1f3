"""A request and its answer as the API sees them, apart from what carries them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from solaris.platform.texts import Locale


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request; header names are in lower case, path parameters are decoded."""

    request_id: str
    method: str
    path: str
    """With BASE_PATH, as it was asked for."""

    path_parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """A repeated header is one value, joined by commas (cookies: by semicolons)."""

    body: bytes = b""
    authorizer: Mapping[str, str] = field(default_factory=dict)
    """What the authorizer said of the caller; empty where there is none."""

    ip_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """One answer, whole; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    """One Set-Cookie header each."""

    body: bytes = b""
    is_binary: bool = False
    """Not text in UTF-8."""

    def with_headers(self, headers: Mapping[str, str]) -> "HttpReply":
        """The same with more headers; those that it has already stay."""
        return replace(self, headers={**headers, **self.headers})


def locale_of(headers: Mapping[str, str], default: Locale) -> Locale:
    """The first language of Accept-Language that there are texts in, by its weights."""
    wanted: list[tuple[float, int, Locale]] = []
    # 20: nobody reads more languages, and the header is the client's
    for position, part in enumerate(headers.get("accept-language", "").split(",")[:20]):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = _weight(parameters)
        language = name.split("-")[0]
        if weight > 0 and language in ("pt", "en"):
            wanted.append((-weight, position, "pt-BR" if language == "pt" else "en"))
    return min(wanted)[2] if wanted else default


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def cookies_of(header: str) -> dict[str, str]:
    """The cookies of a Cookie header; of a repeated name the first counts."""
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals and name:
            cookies.setdefault(name, value)
    return cookies


def bearer_token(authorization: str) -> str:
    """The token of `Bearer <token>`; empty for any other scheme."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
