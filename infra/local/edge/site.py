"""The static site on the gateway's port: /admin/ and /me/, as CloudFront serves them on AWS.

Files of `admin_site/dist`. A path under /admin/ that is no file is a page of the application, which
finds its own way: it gets index.html. Files in assets/ carry a hash in their name and may be kept
for ever; everything else is asked for anew each time.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIXES = ("/admin", "/me")
CONFIG = "/admin/config.json"
KEEP = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
MIN_COMPRESSED_BYTES = 1000
# No inline script or style, nothing from another host.
SITE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
_NOT_BUILT = "The site is not built yet: run `make site` (Node 20.19 or newer is needed).\n"


class Site:
    """The ASGI application; `directory` is the build's, which may not be there (503 then).

    `config` takes the place of the build's config.json: `apiBaseUrl`, `locale` (of who has chosen
    none) and `timeZone` (the periods').
    """

    def __init__(self, directory: Path, config: Mapping[str, str] | None = None) -> None:
        self._directory = directory.resolve()
        self._config = config
        self._compressed = GZipMiddleware(self._serve, minimum_size=MIN_COMPRESSED_BYTES)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request under /admin or /me."""
        await self._compressed(scope, receive, send)

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        response = self._response(scope["method"], scope["path"])
        response.headers.update(SITE_HEADERS)
        await response(scope, receive, send)

    def _response(self, method: str, path: str) -> Response:
        if method not in ("GET", "HEAD"):
            return PlainTextResponse("Method Not Allowed\n", 405, headers={"Allow": "GET, HEAD"})
        if path in PREFIXES:
            return RedirectResponse(path + "/", 308)
        if not (self._directory / "index.html").is_file():
            return PlainTextResponse(_NOT_BUILT, 503)
        if self._config is not None and path == CONFIG:
            return JSONResponse(self._config, headers={"Cache-Control": ASK_AGAIN})
        file = self._file(path)
        if file is None:
            return PlainTextResponse("Not Found\n", 404)
        is_kept = file.parent.name == "assets"
        return FileResponse(
            file,
            headers={"Cache-Control": KEEP if is_kept else ASK_AGAIN},
            media_type=_TYPES.get(file.suffix),
        )

    def _file(self, path: str) -> Path | None:
        if path.startswith("/me/"):
            return self._inside(Path("me") / (path.removeprefix("/me/") or "index.html"))
        name = path.removeprefix("/admin/") or "index.html"
        found = self._inside(Path(name))
        if found is not None or Path(name).suffix:
            return found
        return self._directory / "index.html"

    def _inside(self, name: Path) -> Path | None:
        """A file of the build; None when there is none, or it would be outside."""
        try:
            file = (self._directory / name).resolve()
        except (OSError, ValueError):  # a name too long, or with a null byte
            return None
        return file if file.is_relative_to(self._directory) and file.is_file() else None


def is_site(path: str) -> bool:
    """Whether a path is the site's."""
    return path in PREFIXES or path.startswith(("/admin/", "/me/"))
