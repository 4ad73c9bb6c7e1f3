"""Questions to an identity provider over HTTP: bounded in time and size, without redirects."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

TIMEOUT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
MAX_ANSWER_BYTES = 256 * 1024


class OidcError(Exception):
    """The provider's part went wrong; `code` says what, without details."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class ProviderHttp:
    """Each step of a call has 5 s, an answer that trickles 10 s in all, and 256 kB."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._http = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False)

    def ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """One call; a refusal of a POST is `oidc_failed`, no answer `oidc_unavailable`."""
        content = b""
        until = time.monotonic() + TOTAL_SECONDS
        try:
            with self._http.stream(method, url, **more) as answer:
                for piece in answer.iter_bytes():
                    content += piece
                    if len(content) > MAX_ANSWER_BYTES:
                        raise OidcError("oidc_unavailable", "answer too large")
                    if time.monotonic() > until:
                        raise OidcError("oidc_unavailable", "answer too slow")
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


def endpoint(metadata: Mapping[str, Any], name: str, issuer: str) -> str:
    """An address of a provider; https where the issuer's is. Raises OidcError."""
    url = metadata.get(name)
    allowed = ("https",) if urlsplit(issuer).scheme == "https" else ("http", "https")
    if not isinstance(url, str) or urlsplit(url).scheme not in allowed:
        raise OidcError("oidc_unavailable", name)
    return url
