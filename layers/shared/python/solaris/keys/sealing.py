"""What Redis keeps of who somebody is: sealed, so that whoever writes there makes nobody up.

A seal is an HMAC, by a key derived from SECRET_KEY for this alone, over the name, the value and the
moment until which it is good. A value under another name, from yesterday, or without a seal counts
as absent, and DynamoDB is asked. Without a secret of one's own nothing is kept.
"""

import hashlib
import hmac
from datetime import datetime

from solaris.platform.logs import get_logger
from solaris.platform.settings import LOCAL_SECRET, Settings

LABEL = b"ia-solaris cached identity v1"
_PARTS = 3

_log = get_logger("solaris.sealing")


class Seal:
    """Seals texts, and opens what it sealed. `secret` is SECRET_KEY."""

    def __init__(self, secret: str) -> None:
        raw = secret.encode("utf-8", "surrogateescape")
        self._key = hmac.new(raw, LABEL, hashlib.sha256).digest()
        self._has_warned = False

    def close(self, name: str, value: str, until: datetime) -> str:
        """`<HMAC>.<milliseconds since the epoch>.<value>`, good until then."""
        end = str(_milliseconds(until))
        return f"{self._mac(name, end, value)}.{end}.{value}"

    def open(self, name: str, text: str, *, now: datetime, latest: datetime) -> str | None:
        """The value, None if it is not ours, over, or good beyond `latest`.

        The first that is not ours is logged, once in a process.
        """
        parts = text.split(".", _PARTS - 1)
        if len(parts) < _PARTS:
            self._refused()
            return None
        mac, end, value = parts
        made = self._mac(name, end, value).encode()
        if not hmac.compare_digest(mac.encode("utf-8", "replace"), made):
            self._refused()
            return None
        is_good = _milliseconds(now) < int(end) <= _milliseconds(latest)
        return value if is_good else None

    def _mac(self, name: str, end: str, value: str) -> str:
        # no name and no number holds a line break: two triples are never one message
        message = f"{name}\n{end}\n{value}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()

    def _refused(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning("cached_identity_refused")


def seal_of(settings: Settings) -> Seal | None:
    """The seal of this installation; None: its secret is the one that everybody can read."""
    return None if settings.secret_key == LOCAL_SECRET else Seal(settings.secret_key)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000)
