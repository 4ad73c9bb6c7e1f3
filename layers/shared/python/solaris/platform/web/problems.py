"""Refusals as problem details (RFC 9457): the one place where errors meet the API's wire."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from solaris.platform import errors
from solaris.platform.texts import Locale, rule_text
from solaris.platform.web.errors import error_answer, status_of
from solaris.platform.web.messages import HttpReply
from solaris.platform.web.schemas import FieldProblem, Problem
from solaris.platform.web.validation_texts import detail_text, validation_text

PROBLEM_JSON = "application/problem+json"
UNPROCESSABLE = 422
MAX_FIELD_PROBLEMS = 100
_PASSED_ON = ("retry-after",)


def problem_reply(
    error: errors.SolarisError, locale: Locale, *, request_id: str, path: str
) -> HttpReply:
    """The answer to a refused request, named in the language of the caller.

    Of a failure of ours nothing is told but its code and the request's id.
    """
    fields = _field_problems(error, locale)
    if type(error) is errors.InvalidRequestError:
        detail = fields[0].message if fields else detail_text(error.detail, locale)
        error = errors.InvalidRequestError(detail)
    answer = error_answer(error, locale, request_id)
    status = UNPROCESSABLE if fields else status_of(error)
    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return refusal(
        status,
        code=error.code,
        title=answer.body["error"]["message"],
        request_id=request_id,
        path=path,
        fields=fields,
        headers=headers,
    )


def refusal(
    status: int,
    *,
    code: str,
    title: str,
    request_id: str,
    path: str,
    fields: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpReply:
    """A problem of any status; 401 says how to sign in (RFC 9110, section 11.6.1)."""
    problem = Problem(
        type=f"urn:ia-solaris:problem:{code}",
        title=title,
        status=status,
        code=code,
        instance=path,
        request_id=request_id,
        errors=fields,
    )
    sent = {"content-type": PROBLEM_JSON, **(headers or {})}
    if status == 401:  # noqa: PLR2004 - read as HTTP
        sent["www-authenticate"] = "Bearer"
    body = problem.model_dump_json(by_alias=True, exclude_none=True).encode()
    return HttpReply(status=status, headers=sent, body=body)


def validation_failed(
    error: ValidationError, locale: Locale, *, whole_values: bool = False
) -> errors.ValidationFailedError:
    """What pydantic found, field by field, in the language of the caller.

    `whole_values`: a field is named without the position inside its list, as a query
    parameter is.
    """
    found = []
    for one in error.errors(include_url=False, include_input=False)[:MAX_FIELD_PROBLEMS]:
        path = one["loc"][:1] if whole_values else one["loc"]
        context: Mapping[str, Any] = one.get("ctx", {})
        text = validation_text(one["type"], locale, context)
        message = text or one["msg"].removeprefix("Value error, ")
        found.append((".".join(str(part) for part in path), one["type"], message))
    return errors.ValidationFailedError(found)


def _field_problems(error: errors.SolarisError, locale: Locale) -> list[FieldProblem] | None:
    match error:
        case errors.ValidationFailedError():
            return [
                FieldProblem(
                    field=field, code=code, message=validation_text(code, locale, {}) or message
                )
                for field, code, message in error.problems[:MAX_FIELD_PROBLEMS]
            ]
        case errors.InvalidRequestError():
            if error.rule is not None:
                message = rule_text(error.rule, locale, error.values)
                field = _wire_name(error.field or "")
                return [FieldProblem(field=field, code=error.rule, message=message)]
            if error.field is not None:
                field = _wire_name(error.field)
                return [
                    FieldProblem(
                        field=field, code=error.code, message=detail_text(error.detail, locale)
                    )
                ]
    return None


def _wire_name(field: str) -> str:
    """A field as the wire has it, also one inside another (`filter.groups`)."""
    return ".".join(map(to_camel, field.split(".")))
