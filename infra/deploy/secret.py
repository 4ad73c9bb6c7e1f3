"""The stage's secret: one JSON object of settings by the names of their variables.

The template makes it with a SECRET_KEY; whatever else is there stays there.
"""

import getpass
import json
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.deploy.aws import Account, aws_errors
from infra.deploy.errors import DeployError

# The secret settings that a deployment takes from its own environment.
SECRET_NAMES = (
    "LITELLM_API_KEY",
    "OPENAI_API_KEY",
    "REDIS_URL",
    "REDIS_PASSWORD",
    "SMTP_PASSWORD",
    "OIDC_CLIENT_SECRET",
    "OPENWEBUI_JWT_SECRET",
    "SECRET_KEY_PREVIOUS",
    "ORIGIN_SECRET_PREVIOUS",
)
_ASKED_FOR = "LITELLM_API_KEY"


@dataclass(frozen=True, slots=True)
class SecretPlan:
    """What the secret shall hold. `revision` is the version that holds it, known beforehand."""

    arn: str
    values: dict[str, str]
    revision: str
    changed: tuple[str, ...]

    @property
    def has_upstream_key(self) -> bool:
        """Whether OpenAI itself can be asked without any other setting."""
        return bool(self.values.get("OPENAI_API_KEY"))


def given_secrets(*, may_ask: bool, has: Mapping[str, str]) -> dict[str, str]:
    """Secrets from the environment; a missing upstream key is asked for on a terminal."""
    found = {name: os.environ[name] for name in SECRET_NAMES if os.environ.get(name)}
    known = {*found, *has}
    if may_ask and sys.stdin.isatty() and not known & {_ASKED_FOR, "OPENAI_API_KEY"}:
        typed = getpass.getpass(f"{_ASKED_FOR}, the key of your upstream (Enter: none): ").strip()
        if typed:
            found[_ASKED_FOR] = typed
    return found


def plan_secret(account: Account, arn: str, given: Mapping[str, str]) -> SecretPlan:
    """Read the secret and say what it will be; nothing is written yet. Raises DeployError."""
    values, version = read_secret(account, arn)
    wanted = values | dict(given)
    changed = tuple(sorted(name for name in wanted if wanted[name] != values.get(name)))
    return SecretPlan(arn, wanted, str(uuid.uuid4()) if changed else version, changed)


def read_secret(account: Account, arn: str) -> tuple[dict[str, str], str]:
    """The secret's values and their version; raises DeployError."""
    with aws_errors("the stage's secret"):
        found = account.client("secretsmanager").get_secret_value(SecretId=arn)
    try:
        values = json.loads(found["SecretString"])
    except (KeyError, ValueError) as error:
        msg = f"secret {arn}: holds no JSON object"
        raise DeployError(msg) from error
    if not isinstance(values, dict):
        msg = f"secret {arn}: holds no JSON object"
        raise DeployError(msg)
    return {str(name): str(value) for name, value in values.items()}, str(found["VersionId"])


def write_secret(account: Account, plan: SecretPlan, show: Callable[[str], None]) -> None:
    """Store what was planned, if anything changes; the names are shown, never the values."""
    if not plan.changed:
        return
    with aws_errors("the stage's secret"):
        account.client("secretsmanager").put_secret_value(
            SecretId=plan.arn,
            ClientRequestToken=plan.revision,
            SecretString=json.dumps(plan.values),
        )
    show(f"secret: {', '.join(plan.changed)} stored")
