"""What hands personal links to admins."""

from solaris.audit.auditor import Auditor
from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError, NotFoundError
from solaris.platform.instants import iso_milliseconds
from solaris.quota.personal_links import PersonalLink, PersonalLinks
from solaris.quota.store import UserStore
from solaris.quota.user import UserStatus


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
