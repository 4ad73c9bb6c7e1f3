"""The usage in a frame that is too long to be kept: found while its parts pass by.

A tool's output or an image may make the last event of /v1/responses larger than memory should
hold. Its usage is a small object under the key "usage"; text cannot fake that key, because inside
a JSON text the quotes are escaped.
"""

import re
from typing import Any

import orjson

_KEY = re.compile(rb'(?<!\\)"usage"\s*:\s*(?=\{)')
_LONGEST_KEY_BYTES = 64
MAX_USAGE_BYTES = 16 * 1024


class UsageScanner:
    """Remembers the last usage object of the bytes that it is fed, cut anywhere."""

    def __init__(self) -> None:
        self._kept = b""
        self._found: dict[str, Any] | None = None

    def feed(self, part: bytes) -> None:
        """Take the next bytes."""
        data = self._kept + part
        keep_from = max(0, len(data) - _LONGEST_KEY_BYTES)
        for key in _KEY.finditer(data):
            value = _object_at(data, key.end())
            if value is not None:
                self._found = value
            elif len(data) - key.end() < MAX_USAGE_BYTES:
                # its end is still to come
                keep_from = min(keep_from, key.start())
        self._kept = data[keep_from:]

    def found(self) -> dict[str, Any] | None:
        """The last whole usage object, None if there was none."""
        return self._found


def _object_at(data: bytes, start: int) -> dict[str, Any] | None:
    """The JSON object that begins at `start`; None while it is not whole, or is none."""
    depth = 0
    for position in range(start, min(len(data), start + MAX_USAGE_BYTES)):
        byte = data[position]
        if byte == ord("{"):
            depth += 1
        elif byte == ord("}"):
            depth -= 1
            if depth == 0:
                try:
                    value = orjson.loads(data[start : position + 1])
                except orjson.JSONDecodeError:
                    return None
                return value if isinstance(value, dict) else None
    return None
