"""What opens personal links."""

from solaris.accounts.self_service.link_holders import LinkHolders
from solaris.platform.errors import UnauthenticatedError
from solaris.quota.personal_links import Bearer, PersonalLinks, fingerprint, with_holder


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
        if not self._holders.claim(fingerprint(token), fingerprint(holder), bearer.expires_at):
            raise UnauthenticatedError
        return bearer
