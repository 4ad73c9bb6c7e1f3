"""Personal links: made for mails, refusals and admins, and read again by the self-service page."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from solaris.domain.audit import Actor
from solaris.domain.personal_links import Bearer, PersonalSigner, link_end, with_holder
from solaris.domain.usage import iso_milliseconds
from solaris.domain.users import UserStatus
from solaris.errors import InvalidRequestError, NotFoundError, UnauthenticatedError
from solaris.services.auditing import Auditor
from solaris.settings import Settings
from solaris.storage.link_holders import LinkHolders
from solaris.storage.users import UserStore

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
        base = self._settings.public_url or _own_address(self._settings)
        return f"{base.rstrip('/')}{SITE_PATH}#{token}"


class LinkReader:
    """Opens links."""

    def __init__(self, *, links: PersonalLinks, holders: LinkHolders) -> None:
        self._links = links
        self._holders = holders

    def open(self, text: str) -> Bearer:
        """Whom `<token>` or `<token>.<holder>` speaks for.

        A chat's token opens for the holder who came first, and not without one. Raises
        UnauthenticatedError: expired, forged, another's or none; StoreUnavailableError.
        """
        token, holder = with_holder(text)
        bearer = self._links.bearer(token)
        if bearer is not None:
            return bearer
        bearer = self._links.chat_bearer(token)
        if bearer is None or holder is None:
            raise UnauthenticatedError
        if not self._holders.claim(_hash(token), _hash(holder), bearer.expires_at):
            raise UnauthenticatedError
        return bearer


class LinkIssuer:
    """Hands personal links to admins; who asked for whose is in the audit log, the link is not."""

    def __init__(self, *, links: PersonalLinks, users: UserStore, auditor: Auditor) -> None:
        self._links = links
        self._users = users
        self._auditor = auditor

    def issue(self, user_id: str, actor: Actor) -> PersonalLink:
        """A link to the page of one user.

        Raises NotFoundError, InvalidRequestError for a deleted user, StoreUnavailableError.
        """
        user = self._users.get(user_id)
        if user is None:
            msg = f"no such user: {user_id}"
            raise NotFoundError(msg)
        if user.status is UserStatus.DELETED:
            msg = "the user is deleted; create them again first"
            raise InvalidRequestError(msg, rule="deleted")
        link = self._links.make(user_id)
        entry = self._auditor.entry(
            actor,
            "user.link",
            target_type="user",
            target_id=user_id,
            target_label=user.email,
            after={"expires_at": iso_milliseconds(link.expires_at)},
        )
        # first the record: a link that nobody can trace is not handed out
        self._auditor.record(entry)
        return link


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _own_address(settings: Settings) -> str:
    host = settings.host
    try:
        address = ip_address(host)
    except ValueError:
        return f"http://{host}:{settings.port}"
    if address.is_unspecified:
        host = "localhost"
    elif address.version == 6:  # noqa: PLR2004 - read as IP
        host = f"[{host}]"
    return f"http://{host}:{settings.port}"
