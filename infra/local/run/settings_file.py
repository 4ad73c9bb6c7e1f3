"""The settings that a running system goes by, as lines that the command line reads.

Whoever types in another shell has not its variables, and with the defaults would open a month in
another time zone or refuse a limit that the system allows. Secrets stay out of it: their names are
told, so that nobody is told that they are not set. What cannot do without is in it: Redis' address,
and SECRET_KEY outside the local stage, where no settings load without one.
"""

import json
from dataclasses import asdict
from typing import Any

from solaris.platform.settings import Settings

WITHHELD = "SOLARIS_WITHHELD"
"""Variable with the names of the secrets that the running system has, by commas."""

_LEFT_OUT = frozenset(
    {
        # where the data is the runner knows better; the secret was read already
        *("solaris_data_dir", "solaris_secrets", "litellm_base_url"),
        # half of a pair whose other half is a secret is no valid setting
        *("smtp_user", "oidc_issuer", "oidc_client_id"),
    }
)
_REDIS = frozenset({"redis_url", "redis_host", "redis_port", "redis_db", "redis_password"})


def effective(settings: Settings) -> dict[str, str]:
    """Settings by their variables, as the environment would hold them; no secret but those above.

    Redis and the upstream are what the settings amount to: one address each.
    """
    found: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if field.repr and name not in _LEFT_OUT | _REDIS and value is not None:
            found[name.upper()] = _text(value)
    if settings.redis_url == "none":
        found["REDIS_URL"] = "none"
    elif settings.redis_address is not None:
        found["REDIS_URL"] = settings.redis_address
    if settings.upstream_url is not None:
        found["LITELLM_BASE_URL"] = settings.upstream_url
    if settings.solaris_stage != "local":
        found["SECRET_KEY"] = settings.secret_key
    found[WITHHELD] = ",".join(withheld(settings))
    # a value of several lines would be taken for several variables
    return {name: value for name, value in found.items() if "\n" not in value}


def withheld(settings: Settings) -> tuple[str, ...]:
    """Names of the secrets that are set, and not in `effective`."""
    names = (
        name
        for name, field in Settings.model_fields.items()
        if not field.repr and name not in _REDIS and getattr(settings, name) != field.default
    )
    return tuple(sorted(name.upper() for name in names))


def _text(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return json.dumps(value, default=_plain, separators=(",", ":"))
        case tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)


def _plain(value: Any) -> Any:
    """Prices: what is not given is left out, decimals stay exact."""
    return {name: str(one) for name, one in asdict(value).items() if one is not None}
