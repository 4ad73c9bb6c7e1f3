"""Makes what the system stands on: tables, queues, bucket, mail sender, first key, first admin.

    python -m infra.local.run.prepare [--wait-seconds 120]

Everything is made if it is missing, and nothing else is touched: safe to run at every start. The
store is the one that boto3's AWS_ENDPOINT_URL… variables name. What is generated (a gateway key,
the first admin's password) is printed by the run that made it and never again.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from infra.local.edge.mailbox import verify_sender
from solaris.operations.first_start import InitResult
from solaris.platform.aws.client import boto_client
from solaris.platform.aws.files import is_aws
from solaris.platform.errors import ConfigurationError, SolarisError, StoreUnavailableError
from solaris.platform.settings import LOCAL_SECRET, MIN_SECRET_CHARACTERS, Settings, load_settings

if TYPE_CHECKING:
    from solaris.operations.parts import OperationsParts

WAIT_SECONDS = 120
RETRY_SECONDS = 2.0
MAX_WAIT_SECONDS = 3600


def prepare(parts: "OperationsParts") -> InitResult:
    """Make what is missing in the store that these parts are wired to.

    SES of AWS knows its senders by what its owner has verified; an emulator is told here. Raises
    StoreUnavailableError and AwsCallError.
    """
    settings = parts.platform.settings
    if settings.smtp_host is None and not is_aws(boto_client("ses", settings.aws_region)):
        verify_sender(settings)
    return parts.first_start.initialise()


def prepare_patiently(
    parts: "OperationsParts", seconds: float, tell: Callable[[str], None]
) -> InitResult:
    """Prepare as soon as the store answers; raises its error when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return prepare(parts)
        except StoreUnavailableError as error:
            if time.monotonic() >= deadline:
                raise
            tell(f"waiting for the store: {str(error)[:200]}")
            time.sleep(RETRY_SECONDS)


def secrets_made(settings: Settings, result: InitResult) -> list[str]:
    """Lines that tell what this run made; a value that came from a variable is not repeated."""
    lines = []
    if result.new_key is not None:
        own = settings.solaris_gateway_key is not None
        lines.append(f"Gateway key  {'SOLARIS_GATEWAY_KEY' if own else result.new_key}")
    if result.new_admin_email is not None:
        password = result.new_admin_password or "ADMIN_PASSWORD"
        lines.append(f"Admin login  {result.new_admin_email} / {password}")
    if result.new_key is not None or result.new_admin_password is not None:
        lines.append("Generated values are shown this once.")
    return lines


def _check(settings: Settings) -> None:
    if not os.environ.get("AWS_ENDPOINT_URL"):
        msg = "AWS_ENDPOINT_URL names no store (`make up` prepares its own, `make deploy` AWS's)"
        raise ConfigurationError(msg)
    # for stages other than local the settings do it
    secret = settings.secret_key
    if secret != LOCAL_SECRET and len(secret) < MIN_SECRET_CHARACTERS:
        msg = f"SECRET_KEY must have at least {MIN_SECRET_CHARACTERS} characters"
        raise ConfigurationError(msg)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= MAX_WAIT_SECONDS:
        msg = f"from 0 to {MAX_WAIT_SECONDS}"
        raise argparse.ArgumentTypeError(msg)
    return seconds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.run.prepare",
        description="Make what is missing: tables, queues, bucket, sender, first key and admin.",
        epilog="Settings are environment variables: layers/shared/python/solaris/SETTINGS.md.",
    )
    parser.add_argument(
        "--wait-seconds",
        type=_seconds,
        default=WAIT_SECONDS,
        help=f"how long the store may take to answer (default: {WAIT_SECONDS})",
    )
    return parser.parse_args()


def _tell(line: str) -> None:
    print(f"[prepare] {line}", flush=True)


def main() -> int:
    """0: everything is there, 1: the store did not answer or refused, 2: settings."""
    arguments = _arguments()
    try:
        settings = load_settings()
        _check(settings)
        from solaris.app import process_parts  # noqa: PLC0415 - half a second, and needs the settings

        result = prepare_patiently(process_parts().operations, arguments.wait_seconds, _tell)
    except ConfigurationError as error:
        print(f"[prepare] settings: {error}", file=sys.stderr)
        return 2
    except SolarisError as error:
        print(f"[prepare] {error}", file=sys.stderr)
        return 1
    _tell(f"tables, queues and bucket of stage {settings.solaris_stage}: there")
    for line in secrets_made(settings, result):
        _tell(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
