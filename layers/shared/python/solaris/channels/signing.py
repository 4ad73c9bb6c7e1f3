"""Signatures as Standard Webhooks has them (standardwebhooks.com): id, time and body by HMAC.

webhook-id         the same for each try of a delivery: by it a receiver drops what came twice
webhook-timestamp  seconds since 1970, of this try
webhook-signature  `v1,<base64 of HMAC-SHA256 of id.timestamp.body>`, one a secret, by spaces
"""

import base64
import hashlib
import hmac
import secrets as chance
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32  # between the 24 and 64 that are asked for
_VERSION = "v1"


def new_secret() -> str:
    """A secret of 256 bits."""
    return PREFIX + base64.b64encode(chance.token_bytes(SECRET_BYTES)).decode()


def message_id(alert_id: str, channel_id: str) -> str:
    """The id of an alert's delivery to a channel: its own, in letters that any header takes."""
    digest = hashlib.sha256(f"{alert_id}\n{channel_id}".encode()).hexdigest()
    return f"msg_{digest[:32]}"


def signed_headers(
    secrets: Sequence[str], *, webhook_id: str, now: datetime, body: bytes
) -> dict[str, str]:
    """The three headers of a message."""
    timestamp = str(int(now.timestamp()))
    content = f"{webhook_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(one, content) for one in secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"{_VERSION},{base64.b64encode(digest).decode()}"
