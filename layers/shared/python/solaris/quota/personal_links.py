"""Personal links: made for mails, refusals and admins, and read again by the self-service page."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from solaris.platform.settings import Settings
from solaris.quota.personal_link import Bearer, PersonalSigner, link_end

SITE_PATH = "/me/"


@dataclass(frozen=True, slots=True)
class PersonalLink:
    """A whole address, and until when it opens (UTC)."""

    url: str
    expires_at: datetime


class PersonalLinks:
    """Makes links and reads their tokens. `clock` gives the time in UTC. No I/O."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        secrets = (settings.secret_key, *settings.secret_key_previous)
        self._signer = PersonalSigner(secrets)
        self._chat_signer = PersonalSigner(secrets, for_chats=True)

    def make(self, user_id: str) -> PersonalLink:
        """A link for an admin to pass on: to PUBLIC_URL, else to this machine's own address."""
        expires_at = link_end(self._clock())
        return PersonalLink(self._url(self._signer.token(user_id, expires_at)), expires_at)

    def for_mail(self, user_id: str) -> str | None:
        """The address for a mail to the user; None where nobody knows the system's own address."""
        settings = self._settings
        is_known = settings.public_url is not None or settings.solaris_stage == "local"
        return self.make(user_id).url if is_known else None

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


def fingerprint(text: str) -> str:
    """What is kept of a token or a holder: its SHA-256, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
