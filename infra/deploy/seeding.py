"""The first service key and the first admin of a deployed stage, by the services of `make up`.

It runs in a process of its own: the stage's settings come from the environment, as everywhere.
"""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import asdict

from infra.deploy.aws import Account
from infra.deploy.errors import DeployError
from infra.deploy.packaging import ROOT
from infra.local.edge.mailbox import verify_sender
from solaris.operations.first_start import InitResult
from solaris.platform.errors import ConfigurationError, SolarisError
from solaris.platform.settings import Settings, load_settings

SEED_SECONDS = 120
# What of the settings a deployment's own environment may say about them.
_OWN = frozenset({"admin_email", "admin_password", "solaris_gateway_key"})
_EMULATOR = "SOLARIS_SEED_ON_EMULATOR"


def seed(account: Account, stage: str, *, from_email: str) -> InitResult:
    """Make the first key and admin, if there are none; raises DeployError.

    What is generated is in the result of the run that made it and nowhere else.
    """
    ignored = {name.upper() for name in Settings.model_fields if name not in _OWN}
    environment = {name: value for name, value in os.environ.items() if name not in ignored}
    environment |= {
        "SOLARIS_STAGE": stage,
        "AWS_REGION": account.region,
        "FROM_EMAIL": from_email,
        "REDIS_URL": "none",
        # nothing is signed here; the stage's own never leaves its secret
        "SECRET_KEY": secrets.token_hex(32),
    }
    if account.is_emulator:
        environment[_EMULATOR] = "1"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "infra.deploy.seeding"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SEED_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"first key and admin: {error.__class__.__name__}: {str(error)[-200:]}"
        raise DeployError(msg) from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        msg = f"first key and admin: {lines[-1][:300]}"
        raise DeployError(msg)
    return InitResult(**json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    """Seed the stage that the environment names; the result is one JSON line."""
    try:
        settings = load_settings()
        from solaris.app import process_parts  # noqa: PLC0415 - reads the settings just checked

        first_start = process_parts().operations.first_start
        if os.environ.get(_EMULATOR):
            verify_sender(settings)  # AWS knows its senders by what their owner has verified
        result = first_start.first_key_and_admin()
    except (ConfigurationError, SolarisError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(asdict(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
