"""Where a page ended, as an opaque text for the client: base64url of a small JSON object.

A cursor is not signed: it can only say where to go on within what its holder may read anyway, so
what it holds is checked for its form and never used as anything but a sort key.
"""

import base64
import binascii
from collections.abc import Mapping

import orjson

from solaris.platform.errors import ValidationFailedError

MAX_VALUE_CHARACTERS = 400


def encode_cursor(values: Mapping[str, str]) -> str:
    """Write a position as a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(dict(values))).decode().rstrip("=")


def decode_cursor(cursor: str, fields: frozenset[str]) -> dict[str, str]:
    """Read a position back; raises ValidationFailedError for anything but these fields as texts."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeEncodeError, orjson.JSONDecodeError) as error:
        raise bad_cursor() from error
    if not isinstance(values, dict) or set(values) != fields:
        raise bad_cursor()
    if not all(
        isinstance(one, str) and len(one) <= MAX_VALUE_CHARACTERS for one in values.values()
    ):
        raise bad_cursor()
    return values


def bad_cursor() -> ValidationFailedError:
    """The refusal of a cursor that no page has given."""
    return ValidationFailedError([("cursor", "invalid_cursor", "not a cursor of this list")])
