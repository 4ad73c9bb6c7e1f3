"""How large the body of each path outside /v1's chats may be, and whose is read at all.

Told from the head, by whoever holds the port: a body is read only of somebody who is known (an
access token whose signature is good) or at a door where people make themselves known: by a
password, or by the link to their own page.
"""

KIBIBYTE = 1024
DOOR_BYTES = 8 * KIBIBYTE
"""Sign-in, a request for tokens, and a check of a quota."""

USUAL_BYTES = 256 * KIBIBYTE
IMPORT_BYTES = 6 * KIBIBYTE * KIBIBYTE
"""A CSV of 2^20 characters, of which JSON may make six bytes each; Lambda takes no more."""

CHECK_PATH = "/v1/quota/check"
_IMPORT_PATH = "/api/admin/users/import"
_DOORS = ("/api/auth/", "/api/me/")
_API = "/api/"


def body_limit(path: str) -> int:
    """The most bytes that a body for a path may have; 0: whatever comes is not read."""
    if path == CHECK_PATH or path.startswith(_DOORS):
        return DOOR_BYTES
    if path.rstrip("/") == _IMPORT_PATH:
        return IMPORT_BYTES
    return USUAL_BYTES if path.startswith(_API) else 0


def needs_token(path: str) -> bool:
    """Whether a body for a path is read only of somebody with an access token."""
    return path.startswith(_API) and not path.startswith(_DOORS)
