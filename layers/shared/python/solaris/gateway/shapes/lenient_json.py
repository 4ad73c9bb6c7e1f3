"""JSON as upstreams really write it: also NaN, Infinity and half a surrogate pair.

orjson is fast and refuses what the standard forbids; Python's own parser reads it. An answer that
states its usage must not go unread for a `-Infinity` among its log probabilities.
"""

import json
from typing import Any

import orjson


def parse_json(data: bytes) -> Any:
    """Read a value; raises ValueError for what is no JSON to either parser."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            return json.loads(data)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
