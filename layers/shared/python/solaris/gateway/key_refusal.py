"""What an upstream's refusal says, and whether it refuses the gateway itself. Pure."""

import orjson

_BAD_REQUEST, _UNAUTHORIZED = 400, 401
# LiteLLM's words where a key is not its master key and it has no database to look it up in
_LITELLM_REFUSES_KEY = "No connected db."


def refuses_key(status: int, body: bytes) -> bool:
    """Whether the upstream refuses the gateway's own key, whatever was asked.

    A 403 is no such refusal: that project, country or model may be what is not allowed. Nor is a
    refusal that has these words among others: it may repeat what somebody asked.
    """
    if status == _BAD_REQUEST:
        return error_in(body) == _LITELLM_REFUSES_KEY
    return status == _UNAUTHORIZED


def error_in(body: bytes) -> str | None:
    """The message of a refusal in OpenAI's or Anthropic's shape, None where there is none."""
    try:
        told = orjson.loads(body)["error"]["message"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return told if isinstance(told, str) else None
