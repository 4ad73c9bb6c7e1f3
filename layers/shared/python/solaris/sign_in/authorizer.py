"""Who sends a request, told from its Authorization header: somebody signed in, or an admin key.

What it says are texts, for API Gateway passes nothing else on. Whether they may do what they ask
is the operation's matter.
"""

from collections.abc import Callable, Mapping

from solaris.platform.access import GATEWAY_KEY_PREFIX
from solaris.platform.errors import InvalidAdminKeyError, NotAnAdminKeyError
from solaris.platform.web.messages import bearer_token
from solaris.sign_in.admin_keys.key import is_admin_key
from solaris.sign_in.admin_keys.verifying import AdminKeyVerifier
from solaris.sign_in.sessions import Sessions

NOBODY = "nobody"


class Authorizer:
    """Asks for sessions or for keys; `sessions` is asked for late."""

    def __init__(self, sessions: Callable[[], Sessions], keys: AdminKeyVerifier) -> None:
        self._sessions = sessions
        self._keys = keys

    def told(self, authorization: str) -> tuple[str, Mapping[str, str]]:
        """A name for the caller, and what the operation is told of them.

        A key that is no good, or that opens something else, is told as `refused` with the code of
        its refusal: API Gateway has no words for it, the operation's boundary has.
        Raises UnauthenticatedError, StoreUnavailableError.
        """
        token = bearer_token(authorization)
        if is_admin_key(token):
            try:
                key = self._keys.verify(token)
            except InvalidAdminKeyError as error:
                return NOBODY, {"refused": error.code}
            return key.actor, {"key": key.actor, "scopes": " ".join(key.scope_names)}
        if token.startswith(GATEWAY_KEY_PREFIX):
            return NOBODY, {"refused": NotAnAdminKeyError.code}
        caller = self._sessions().verify(token)
        return caller.email, {
            "email": caller.email,
            "role": str(caller.role),
            "session_id": caller.session_id,
        }
