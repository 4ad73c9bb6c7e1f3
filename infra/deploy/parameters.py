"""The stack's parameters: what was asked for, what the stack had, what the template says."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from infra.deploy.errors import DeployError
from solaris.platform.exchange import parse_rates


def read_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """`Name=value` arguments as a dict; raises DeployError."""
    found = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name.isalnum():
            msg = f"--parameter {pair}: give Name=value"
            raise DeployError(msg)
        found[name] = value
    return found


def read_file(path: Path) -> dict[str, str]:
    """A JSON object of parameters; numbers and booleans become text. Raises DeployError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"--parameters {path}: {error.strerror or error}"
        raise DeployError(msg) from error
    except ValueError as error:
        msg = f"--parameters {path}: is no JSON: {error}"
        raise DeployError(msg) from error
    if not isinstance(value, dict):
        msg = (
            f'--parameters {path}: must be a JSON object, as in {{"AlarmEmail": "ops@example.com"}}'
        )
        raise DeployError(msg)
    return {name: _text(name, one, path) for name, one in value.items()}


def stack_parameters(
    declared: Mapping[str, Mapping[str, Any]],
    previous: Mapping[str, str],
    given: Mapping[str, str],
) -> list[dict[str, Any]]:
    """CloudFormation's list: a given value, else the stack's previous one, else the default.

    A previous value that the template takes no longer counts as none, for else no stack of before
    could be updated. Raises DeployError for a name that the template does not have and for a
    missing value.
    """
    for name in given:
        if name not in declared:
            near = difflib.get_close_matches(name, declared, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            msg = f"parameter {name}: template.yaml has none of this name{hint}"
            raise DeployError(msg)
    no_longer = taken_no_longer(declared, previous)
    chosen: list[dict[str, Any]] = []
    for name, rule in declared.items():
        if name in given:
            _check(name, given[name], rule)
            chosen.append({"ParameterKey": name, "ParameterValue": given[name]})
        elif name in previous and name not in no_longer:
            chosen.append({"ParameterKey": name, "UsePreviousValue": True})
        elif "Default" not in rule:
            msg = f"parameter {name}: has no default; give --parameter {name}=…"
            raise DeployError(msg)
    return chosen


def effective(
    declared: Mapping[str, Mapping[str, Any]],
    previous: Mapping[str, str],
    given: Mapping[str, str],
) -> dict[str, str]:
    """What each parameter will be."""
    defaults = {name: _plain(rule.get("Default", "")) for name, rule in declared.items()}
    no_longer = taken_no_longer(declared, previous)
    kept = {n: value for n, value in previous.items() if n in declared and n not in no_longer}
    return defaults | kept | dict(given)


def taken_no_longer(
    declared: Mapping[str, Mapping[str, Any]], previous: Mapping[str, str]
) -> dict[str, str]:
    """The stack's values that this template refuses, where it has a default instead."""
    return {
        name: value
        for name, value in previous.items()
        if name in declared and "Default" in declared[name] and not _takes(declared[name], value)
    }


def check_costs(values: Mapping[str, str]) -> None:
    """Refuse what CloudFormation cannot know to be wrong, and every function would stop at.

    Raises DeployError.
    """
    try:
        rates = parse_rates(values.get("ExchangeRates", ""))
    except ValueError as error:
        msg = f"parameter ExchangeRates: {error}"
        raise DeployError(msg) from error
    currency = values.get("Currency", "USD")
    if currency != "USD" and not rates:
        msg = f"parameter Currency: {currency} needs ExchangeRates, as 2026-10-01=5.42"
        raise DeployError(msg)


def _check(name: str, value: str, rule: Mapping[str, Any]) -> None:
    allowed = [_plain(one) for one in rule.get("AllowedValues", ())]
    if allowed and value not in allowed:
        msg = f"parameter {name}: {value!r} is none of {', '.join(allowed)}"
        raise DeployError(msg)


def _takes(rule: Mapping[str, Any], value: str) -> bool:
    if _plain(rule.get("NoEcho", False)) == "true":  # CloudFormation tells **** instead
        return True
    allowed = [_plain(one) for one in rule.get("AllowedValues", ())]
    if allowed and value not in allowed:
        return False
    if rule["Type"] == "Number":
        least, most = rule.get("MinValue", "-inf"), rule.get("MaxValue", "inf")
        return float(least) <= float(value) <= float(most)
    return re.fullmatch(rule.get("AllowedPattern", "(?s:.*)"), value) is not None


def _text(name: str, value: Any, path: Path) -> str:
    if isinstance(value, dict | list) or value is None:
        msg = f"--parameters {path}: {name} must be text, a number or true/false"
        raise DeployError(msg)
    return _plain(value)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
