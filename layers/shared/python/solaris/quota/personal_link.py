"""Links by which users see their own quota without a sign-in. Pure.

    token = base64url(user id, 16 bytes | end, 4 bytes | signature, 16 bytes)    48 characters
    signature = HMAC-SHA256 over both, cut to 128 bits

It stands behind the `#` of the address: browsers send that to nobody, so that no log of any server
and no referrer ever holds it. A link in a chat is stored with the chat, and chats are shared: it is
signed by a key of its own, ends after a day, and opens for the first browser alone, which names
itself behind the token (`<token>.<holder>`).
"""

import base64
import binascii
import hashlib
import hmac
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LINK_DAYS = 30
CHAT_LINK_HOURS = 24
TOKEN_CHARACTERS = 48
_SIGNATURE_BYTES = 16
_ID_BYTES = 16
_END_BYTES = 4
_LABEL = b"ia-solaris personal link v1"
_CHAT_LABEL = b"ia-solaris chat link v1"
_HOLDER = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_CHARACTERS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks for, and until when (UTC, whole seconds)."""

    user_id: str
    expires_at: datetime


class PersonalSigner:
    """Signs with the first secret and accepts all of them, so that secrets can be changed.

    What is signed for chats is nothing elsewhere, and the other way round.
    """

    def __init__(self, secrets: Sequence[str], *, for_chats: bool = False) -> None:
        label = _CHAT_LABEL if for_chats else _LABEL
        self._keys = [hmac.digest(one.encode(), label, hashlib.sha256) for one in secrets]

    def token(self, user_id: str, expires_at: datetime) -> str:
        """The token of a user; raises ValueError for a user id that is no UUID."""
        end = int(expires_at.timestamp()).to_bytes(_END_BYTES)
        said = uuid.UUID(user_id).bytes + end
        return base64.urlsafe_b64encode(said + _signature(self._keys[0], said)).decode()

    def bearer(self, token: str, now: datetime) -> Bearer | None:
        """Whom it speaks for; None when it is over, forged or no token at all."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            content = base64.urlsafe_b64decode(token)
        except binascii.Error:
            return None
        said, given = content[:-_SIGNATURE_BYTES], content[-_SIGNATURE_BYTES:]
        # all are compared, so that the time says nothing
        matches = [hmac.compare_digest(given, _signature(key, said)) for key in self._keys]
        expires_at = datetime.fromtimestamp(int.from_bytes(said[_ID_BYTES:]), UTC)
        if not any(matches) or now >= expires_at:
            return None
        return Bearer(str(uuid.UUID(bytes=said[:_ID_BYTES])), expires_at)


def link_end(now: datetime, *, in_chat: bool = False) -> datetime:
    """When a link made now is over, in whole seconds."""
    life = timedelta(hours=CHAT_LINK_HOURS) if in_chat else timedelta(days=LINK_DAYS)
    return (now + life).replace(microsecond=0)


def with_holder(text: str) -> tuple[str, str | None]:
    """A token and the browser that names itself behind it; None: none, or none that is random."""
    token, _, holder = text.partition(".")
    return token, holder if _HOLDER.fullmatch(holder) else None


def masked_email(email: str) -> str:
    """`a***@example.com`: enough for its owner to know it, too little for anybody else."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}"


def _signature(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, said, hashlib.sha256)[:_SIGNATURE_BYTES]
