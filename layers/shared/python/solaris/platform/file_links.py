"""Links to files that need no sign-in: a path, an end, and a signature over both. Pure.

Used where the store itself cannot be reached by a browser; S3 signs links of its own.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

FILES_PATH = "/files/"
PUBLIC_PREFIX = "exports/"
"""No link is made or honoured for a key outside of it."""

MAX_LINK_SECONDS = 3600
MAX_KEY_CHARACTERS = 500
MAX_NAME_CHARACTERS = 200
_MAX_NUMBER_CHARACTERS = 12
_LABEL = b"ia-solaris file link v1"


def content_disposition(file_name: str) -> str:
    """RFC 6266: save under this name; a name that is not plain ASCII goes as UTF-8 as well."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in file_name)
    extended = "" if plain == file_name else f"; filename*=UTF-8''{quote(file_name, safe='')}"
    return f'attachment; filename="{plain}"{extended}'


class LinkSigner:
    """Signs with the first secret and accepts all of them, so that secrets can be changed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [hmac.digest(one.encode(), _LABEL, hashlib.sha256) for one in secrets]

    def path(self, key: str, file_name: str, expires_at: datetime) -> str:
        """`/files/<key>?expires=…&name=…&signature=…`; raises ValueError outside the prefix."""
        if not key.startswith(PUBLIC_PREFIX):
            msg = f"no links to {key!r}"
            raise ValueError(msg)
        expires = int(expires_at.timestamp())
        signature = _signature(self._keys[0], key, file_name, expires)
        query = urlencode({"expires": expires, "name": file_name, "signature": signature})
        return f"{FILES_PATH}{quote(key)}?{query}"

    def file_name(self, key: str, query: Mapping[str, str], now: datetime) -> str | None:
        """The name to save under; None when the link is over, forged or not one of ours."""
        expires, name = query.get("expires", ""), query.get("name", "")
        if (
            not key.startswith(PUBLIC_PREFIX)
            or len(key) > MAX_KEY_CHARACTERS
            or len(name) > MAX_NAME_CHARACTERS
            or not (expires.isascii() and expires.isdecimal())
            or len(expires) > _MAX_NUMBER_CHARACTERS
        ):
            return None
        given = query.get("signature", "").encode()
        expected = [_signature(one, key, name, int(expires)).encode() for one in self._keys]
        # all are compared, so that the time says nothing
        matches = [hmac.compare_digest(given, one) for one in expected]
        return name if any(matches) and now.timestamp() < int(expires) else None


def _signature(signing_key: bytes, key: str, file_name: str, expires: int) -> str:
    message = "\n".join((str(expires), key, file_name)).encode()
    return hmac.digest(signing_key, message, hashlib.sha256).hex()
