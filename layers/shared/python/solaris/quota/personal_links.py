"""Links by which users see their own quota without a sign-in. Pure.

Made for mails, refusals and admins, and read again by the self-service page. The token stands
behind the `#` of the address: browsers send that to nobody, so that no log of any server and no
referrer ever holds it. A link in a chat is stored with the chat, and chats are shared: it is signed
by a key of its own, ends after a day, and opens for the first browser alone, which names itself
behind the token (`<token>.<holder>`).
"""

import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from solaris.platform.signed_tokens import LinkTokens, was_signed_before

SITE_PATH = "/me/"
LINK_DAYS = 30
CHAT_LINK_HOURS = 24
TOKEN_PARTS = 3
EARLIER_TOKEN_CHARACTERS = 48
_EARLIER_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{EARLIER_TOKEN_CHARACTERS}}}", re.ASCII)
_EARLIER_SIGNATURE_BYTES = 16
_ID_BYTES = 16
_HOLDER = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks for, and until when (UTC, whole seconds)."""

    user_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PersonalLink:
    """A whole address, and until when it opens (UTC)."""

    url: str
    expires_at: datetime


class Site(Protocol):
    """What the settings say of where links lead, and of what signs them."""

    public_url: str | None

    @property
    def own_address(self) -> str:
        """Where people reach the system."""

    @property
    def known_address(self) -> str | None:
        """The same for mails; None: nobody knows it."""

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """What signs (the first) and what still verifies (all)."""


class PersonalSigner:
    """Makes and reads tokens; what is signed for chats is nothing elsewhere, and the other way."""

    def __init__(self, secrets: Sequence[str], *, for_chats: bool = False) -> None:
        kind = "chat link" if for_chats else "personal link"
        self._secrets = secrets
        self._earlier_label = f"{kind} v1"
        self._tokens = LinkTokens(secrets, f"{kind} v2")

    def token(self, user_id: str, expires_at: datetime) -> str:
        """The token of a user; raises ValueError for a user id that is no UUID."""
        return self._tokens.sign(uuid.UUID(user_id).bytes, expires_at)

    def bearer(self, token: str, now: datetime) -> Bearer | None:
        """Whom it speaks for; None when it is over, forged or no token at all."""
        if _EARLIER_TOKEN.fullmatch(token):
            return self._bearer_of_earlier(token, now)
        found = self._tokens.read(token, now)
        return None if found is None else Bearer(str(uuid.UUID(bytes=found[0])), found[1])

    def _bearer_of_earlier(self, token: str, now: datetime) -> Bearer | None:
        """The same of a link as versions before LinkTokens made them: those in mails shall open.

        base64url of user id (16 bytes), end (4 bytes) and signature (16 bytes).
        """
        content = base64.urlsafe_b64decode(token)
        said, given = content[:-_EARLIER_SIGNATURE_BYTES], content[-_EARLIER_SIGNATURE_BYTES:]
        expires_at = datetime.fromtimestamp(int.from_bytes(said[_ID_BYTES:]), UTC)
        is_good = was_signed_before(self._secrets, self._earlier_label, said, given)
        if not is_good or now >= expires_at:
            return None
        return Bearer(str(uuid.UUID(bytes=said[:_ID_BYTES])), expires_at)


class PersonalLinks:
    """Makes links and reads their tokens. `clock` gives the time in UTC."""

    def __init__(self, settings: Site, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._signer = PersonalSigner(settings.signing_secrets)
        self._chat_signer = PersonalSigner(settings.signing_secrets, for_chats=True)

    def make(self, user_id: str) -> PersonalLink:
        """A link for an admin to pass on: to PUBLIC_URL, else to this machine's own address."""
        expires_at = link_end(self._clock())
        return PersonalLink(self._url(self._signer.token(user_id, expires_at)), expires_at)

    def for_mail(self, user_id: str) -> str | None:
        """The address for a mail to the user; None where nobody knows the system's own address."""
        return None if self._settings.known_address is None else self.make(user_id).url

    def for_refusal(self, user_id: str) -> str | None:
        """The address for a refusal in the chat: a day, one browser; None without PUBLIC_URL."""
        if self._settings.public_url is None:
            return None
        return self._url(self._chat_signer.token(user_id, link_end(self._clock(), in_chat=True)))

    def bearer(self, token: str) -> Bearer | None:
        """Whom a token of a mail or an admin speaks for; None: expired, forged or no such one."""
        return self._signer.bearer(token, self._clock())

    def chat_bearer(self, token: str) -> Bearer | None:
        """The same of a token out of a chat."""
        return self._chat_signer.bearer(token, self._clock())

    def _url(self, token: str) -> str:
        return f"{self._settings.own_address}{SITE_PATH}#{token}"


def link_end(now: datetime, *, in_chat: bool = False) -> datetime:
    """When a link made now is over, in whole seconds."""
    life = timedelta(hours=CHAT_LINK_HOURS) if in_chat else timedelta(days=LINK_DAYS)
    return (now + life).replace(microsecond=0)


def with_holder(text: str) -> tuple[str, str | None]:
    """A token and the browser that names itself behind it; None: none, or none that is random."""
    head, _, rest = text.partition(".")
    if len(head) == EARLIER_TOKEN_CHARACTERS:
        token, holder = head, rest
    else:
        parts = text.split(".", TOKEN_PARTS)
        token, holder = ".".join(parts[:TOKEN_PARTS]), "".join(parts[TOKEN_PARTS:])
    return token, holder if _HOLDER.fullmatch(holder) else None


def masked_email(email: str) -> str:
    """`a***@example.com`: enough for its owner to know it, too little for anybody else."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}"


def fingerprint(text: str) -> str:
    """What is kept of a token or a holder: its SHA-256, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
