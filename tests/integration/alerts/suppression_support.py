"""What SES says about mails, for tests of bounces and complaints."""

import json
from datetime import datetime
from typing import Any

from solaris.platform.instants import iso_milliseconds
from tests.integration.conftest import NOON


def said(
    *emails: str,
    kind: str = "Bounce",
    lasts: bool = True,
    at: datetime = NOON,
    event_id: str = "f-1",
) -> str:
    """What SES says, as it arrives."""
    recipients = [{"emailAddress": one} for one in emails]
    common: dict[str, Any] = {"timestamp": iso_milliseconds(at), "feedbackId": event_id}
    if kind == "Bounce":
        part = common | {
            "bounceType": "Permanent" if lasts else "Transient",
            "bounceSubType": "NoEmail",
            "bouncedRecipients": recipients,
        }
    else:
        part = common | {"complaintFeedbackType": "abuse", "complainedRecipients": recipients}
    return json.dumps({"eventType": kind, kind.lower(): part, "mail": {}})
