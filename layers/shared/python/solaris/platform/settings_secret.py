"""SOLARIS_SECRETS: settings kept in one secret of AWS Secrets Manager.

The secret's text is a JSON object of settings by variable name, {"SECRET_KEY": "…"}. What the
environment says wins. No message here shows a value, nor does any error's cause.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from solaris.platform.errors import ConfigurationError

VARIABLE = "SOLARIS_SECRETS"
CONNECT_SECONDS = 2
READ_SECONDS = 5
MAX_ATTEMPTS = 3
_ARN_PARTS = 7  # arn:aws:secretsmanager:<region>:<account>:secret:<name>
_SHOWN_CHARACTERS = 200

_log = logging.getLogger("solaris.platform.settings")


def secret_settings(
    environment: Mapping[str, str | None], fields: Mapping[str, bool]
) -> dict[str, Any]:
    """Settings by field name from the secret that the environment names; empty: it names none.

    `environment` has names in small letters. `fields` are the settings that the secret may hold,
    by field name, True for those that are JSON objects. What the environment gives is left out.
    Raises ConfigurationError.
    """
    secret_id = environment.get(VARIABLE.lower())
    if not secret_id:
        return {}
    region = environment.get("aws_region") or environment.get("aws_default_region") or "us-east-1"
    names = {field.upper(): is_object for field, is_object in fields.items()}
    given = parse_secret(read_secret(secret_id, region), names)
    return {
        name.lower(): value for name, value in given.items() if not environment.get(name.lower())
    }


def read_secret(secret_id: str, region: str) -> str:
    """Text of a secret, by name or ARN (whose region wins); bounded: three tries of 7 s at most.

    The endpoint comes from boto3's variables. Raises ConfigurationError.
    """
    # settings load without boto3 where no secret is named
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    parts = secret_id.split(":")
    is_arn = parts[0] == "arn" and len(parts) >= _ARN_PARTS
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
    )
    try:
        client = boto3.client(
            "secretsmanager", region_name=parts[3] if is_arn else region, config=config
        )
        answer = client.get_secret_value(SecretId=secret_id)
    except ClientError as error:
        reason = error.response.get("Error", {}).get("Code") or "no reason given"
        msg = f"{VARIABLE}: Secrets Manager refused to give the secret: {reason}"
        raise ConfigurationError(msg) from error
    except (BotoCoreError, ValueError) as error:
        msg = f"{VARIABLE}: Secrets Manager cannot be asked: {type(error).__name__}"
        raise ConfigurationError(msg) from error
    text: str = answer.get("SecretString", "")
    return text


def parse_secret(text: str, names: Mapping[str, bool]) -> dict[str, Any]:
    """Values by variable name: texts as the environment would hold them, lists and objects.

    `names` are the variables that it may hold, True for those that are JSON objects; such a one
    may be written as a text as well. Null and empty count as absent. Any other name is left
    out with a warning: what somebody adds for another program must not stop this one. Raises
    ConfigurationError.
    """
    given = _json(text)
    if not isinstance(given, dict):
        msg = f"{VARIABLE}: the secret is not a JSON object of settings by variable name"
        raise ConfigurationError(msg)
    unknown = sorted(given.keys() - names.keys())
    if unknown:
        listed = ", ".join(unknown)[:_SHOWN_CHARACTERS]
        # the level and form of our own log are settings themselves
        _log.warning("%s: the secret names what is no setting: %s", VARIABLE, listed)
    found = {}
    for name, value in given.items():
        if name not in names or value is None or value == "":
            continue
        found[name] = _json(value) if names[name] and isinstance(value, str) else _as_text(value)
        if found[name] is None:
            raise ConfigurationError(f"{VARIABLE}: {name} is not JSON")
    return found


def _json(text: str) -> Any:
    """None when it is no JSON; an exception would carry the text."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _as_text(value: Any) -> Any:
    return value if isinstance(value, str | list | dict) else json.dumps(value)
