"""Bounces on a running system: the function that SES's events go to, with the system's settings."""

import json
import subprocess
import sys
from datetime import UTC, datetime

from tests.e2e.local_system import ROOT, LocalSystem

RUN_SECONDS = 60
_RUN = """
import json, sys
from solaris.platform.terminal.environment import load_run_environment
load_run_environment()
from infra.local.edge.functions import load_function
load_function("alerts").record_mail_event(json.load(sys.stdin), None)
"""


def bounce(system: LocalSystem, *emails: str) -> None:
    """Let mails to some addresses (50 at most) have come back for good, just now."""
    message = {
        "eventType": "Bounce",
        "mail": {},
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "feedbackId": f"e2e-{len(emails)}",
            "timestamp": datetime.now(UTC).isoformat(),
            "bouncedRecipients": [
                {"emailAddress": one, "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
                for one in emails
            ],
        },
    }
    event = {"Records": [{"Sns": {"Type": "Notification", "Message": json.dumps(message)}}]}
    subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps(event),
        env=system.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=RUN_SECONDS,
    )
