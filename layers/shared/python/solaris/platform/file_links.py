"""Links to files that need no sign-in: a path, an end, and a signature over both. Pure.

Used where the store itself cannot be reached by a browser; S3 signs links of its own.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from solaris.platform.signed_tokens import LinkTokens, was_signed_before

FILES_PATH = "/files/"
PUBLIC_PREFIX = "exports/"
"""No link is made or honoured for a key outside of it."""

MAX_LINK_SECONDS = 3600
MAX_KEY_CHARACTERS = 500
MAX_NAME_CHARACTERS = 200
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


def content_disposition(file_name: str) -> str:
    """RFC 6266: save under this name; a name that is not plain ASCII goes as UTF-8 as well."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in file_name)
    extended = "" if plain == file_name else f"; filename*=UTF-8''{quote(file_name, safe='')}"
    return f'attachment; filename="{plain}"{extended}'


class LinkSigner:
    """Signs with the first secret and accepts all of them, so that secrets can be changed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = secrets
        self._tokens = LinkTokens(secrets, "file link v2")

    def path(self, key: str, file_name: str, expires_at: datetime) -> str:
        """`/files/<key>?link=<token>`; raises ValueError outside the prefix."""
        if not key.startswith(PUBLIC_PREFIX):
            msg = f"no links to {key!r}"
            raise ValueError(msg)
        token = self._tokens.sign(json.dumps([key, file_name]).encode(), expires_at)
        return f"{FILES_PATH}{quote(key)}?link={token}"

    def file_name(self, key: str, query: Mapping[str, str], now: datetime) -> str | None:
        """The name to save under; None when the link is over, forged or not one of ours."""
        if not key.startswith(PUBLIC_PREFIX) or len(key) > MAX_KEY_CHARACTERS:
            return None
        if "link" not in query:
            return self._file_name_of_earlier(key, query, now)
        found = self._tokens.read(query["link"], now)
        signed_key, name = (None, None) if found is None else json.loads(found[0])
        return name if signed_key == key else None

    def _file_name_of_earlier(
        self, key: str, query: Mapping[str, str], now: datetime
    ) -> str | None:
        """The same of a link as versions before LinkTokens made them, an hour before at most.

        `expires`, `name` and a signature over both and the key, in hexadecimal digits.
        """
        expires, name = query.get("expires", ""), query.get("name", "")
        signature = query.get("signature", "")
        is_one = _SECONDS.fullmatch(expires) and _SIGNATURE.fullmatch(signature)
        if not is_one or len(name) > MAX_NAME_CHARACTERS:
            return None
        said = f"{expires}\n{key}\n{name}".encode()
        is_good = was_signed_before(self._secrets, "file link v1", said, bytes.fromhex(signature))
        return name if is_good and now.timestamp() < int(expires) else None
