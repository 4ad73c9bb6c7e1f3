"""What Schemathesis may not do, and what it cannot know. Loaded by `schemathesis run` itself."""

import json
import os
from collections import Counter
from typing import Any
from urllib.parse import unquote

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.generation.meta import CoveragePhaseData
from schemathesis.openapi.checks import RejectedPositiveData

OWN_EMAIL = "SOLARIS_FUZZ_EMAIL"
ONE_IN = "SOLARIS_FUZZ_ONE_IN"
PAIRS = "SOLARIS_FUZZ_PAIRS"
"""JSON: what operations find, by operation: {"mergeUser": {"path": …, "body": …}}."""

ANY = "any"
"""What stands there for all others, on a user."""

UNPROCESSABLE = 422

# Rules that JSON Schema cannot state: a request may keep to its schema and break one of these.
# Everything else that is refused as invalid must be so by the document.
_TWO_FIELDS = "one field depends on another"
_STATE = "depends on what the user has"
_SETTINGS = "bounds are settings, and by plan"
_ADDRESS = "letters by Unicode's tables, domains by IDNA's"
_CSV = "a CSV file within a text"
_WHERE = "where a URL leads, by ports, names and addresses"
_CHANNELS = "depends on the channels that there are"
BEYOND_SCHEMA = {
    "invalid_cursor": "a cursor is opaque, and belongs to one list and its filters",
    "invalid_expiry": "the time must be in the future",
    "range_backwards": _TWO_FIELDS,
    "range_too_long": _TWO_FIELDS,
    "groups_by_day": _TWO_FIELDS,
    "burst_without_rate": _TWO_FIELDS,
    "plan_rate_halves": _TWO_FIELDS,
    "limit_source_and_limit": _TWO_FIELDS,
    "plan_warning_above_critical": _TWO_FIELDS,
    "not_a_weight": "names of models and their beginnings, figures of three decimals",
    "two_expiries": _TWO_FIELDS,
    "not_for_service_key": _TWO_FIELDS,
    "needed_by_action": _TWO_FIELDS,
    "not_of_action": _TWO_FIELDS,
    "reason_needed": _TWO_FIELDS,
    "userEmail missing": _TWO_FIELDS,
    "invalid_models": "printable characters, by Unicode's tables",
    "not_an_email": _ADDRESS,
    "email email": _ADDRESS,
    "password_is_email": _TWO_FIELDS,
    "password_common": "compared with a list of passwords",
    "limit_out_of_bounds": _SETTINGS,
    "deleted": _STATE,
    "no_such_group": _STATE,
    "group_exists": _STATE,
    "group_name": "printable characters, by Unicode's tables",
    "group_cost_center": "printable characters, by Unicode's tables",
    "more_than_granted": _STATE,
    "no_daily_limit": _STATE,
    "more_than_unused": _STATE,
    "grant_beyond_sense": _STATE,
    "merged_with_itself": _STATE,
    "not_an_alias": _STATE,
    "too_many_aliases": _STATE,
    "too_many_merged": _STATE,
    "channel_url_wrong": _WHERE,
    "channel_url_https": _WHERE,
    "channel_url_credentials": _WHERE,
    "channel_url_port": _WHERE,
    "channel_url_private": _WHERE,
    "channel_url_unresolved": _WHERE,
    "channel_name_needed": "printable characters, by Unicode's tables",
    "channel_name_taken": _CHANNELS,
    "channel_without_secret": _CHANNELS,
    "too_many_channels": _CHANNELS,
    "no_header": _CSV,
    "unknown_column": _CSV,
    "repeated_column": _CSV,
    "too_many_lines": _CSV,
    "not_csv": _CSV,
}


_seen: Counter[str] = Counter()
_paired: Counter[str] = Counter()


def _is_chosen(case: "schemathesis.Case[Any]") -> bool:
    """Of an operation's systematic cases (coverage phase) the first and every n-th after it."""
    if case.meta is None or not isinstance(case.meta.phase.data, CoveragePhaseData):
        return True
    _seen[case.operation.label] += 1
    return (_seen[case.operation.label] - 1) % int(os.environ[ONE_IN]) == 0


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: "schemathesis.Case[Any]") -> bool:
    """Do not cut the branch one sits on, and leave out what this run has no time for.

    An admin may demote, remove or reset themselves, which ends the session that the run uses; the
    same operations are tried on every other admin.
    """
    email = (case.path_parameters or {}).get("email")
    return _is_chosen(case) and not (
        case.operation.path.startswith("/admin/admins/{email}")
        and unquote(str(email)).strip().lower() == os.environ[OWN_EMAIL]
    )


@schemathesis.hook
def map_case(
    context: schemathesis.HookContext, case: "schemathesis.Case[Any]"
) -> "schemathesis.Case[Any]":
    """Every second well-formed case is on something that there is, not on a random id."""
    known = json.loads(os.environ[PAIRS])
    default = known[ANY] if "{user_id}" in case.operation.path else None
    pair = known.get(case.operation.definition.raw.get("operationId"), default)
    if pair is None or (case.meta is not None and case.meta.generation.mode.is_negative):
        return case
    _paired[case.operation.label] += 1
    if _paired[case.operation.label] % 2:
        case.path_parameters = {**(case.path_parameters or {}), **pair["path"]}
        if isinstance(case.body, dict):
            case.body = {**case.body, **pair["body"]}
    return case


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext,
    failure: Failure,
    case: "schemathesis.Case[Any]",
    response: schemathesis.Response,
) -> bool:
    """Let a refusal of valid data pass when every rule it names is beyond what a schema can say."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code != UNPROCESSABLE:
        return True
    problem: Any = response.json()
    broken = problem.get("errors") or []
    return not broken or not all(
        error["code"] in BEYOND_SCHEMA or f"{error['field']} {error['code']}" in BEYOND_SCHEMA
        for error in broken
    )
