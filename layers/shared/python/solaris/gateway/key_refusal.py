"""Whether an upstream refuses the gateway itself, and not what somebody asked. Pure."""

_BAD_REQUEST, _UNAUTHORIZED = 400, 401
# LiteLLM's words where a key is not its master key and it has no database to look it up in
_LITELLM_REFUSES_KEY = b"No connected db"


def refuses_key(status: int, body: bytes) -> bool:
    """Whether the upstream refuses the gateway's own key, whatever was asked.

    A 403 is no such refusal: that project, country or model may be what is not allowed.
    """
    if status == _BAD_REQUEST:
        return _LITELLM_REFUSES_KEY in body
    return status == _UNAUTHORIZED
