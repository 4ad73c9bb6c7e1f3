"""What API Gateway answers by itself is readable for the admin site and for OpenAI's clients."""

import json
from typing import Any

import pytest

from solaris.platform import errors
from solaris.platform.texts import Locale, error_text
from solaris.platform.web.errors import error_answer
from solaris.platform.web.schemas import Problem
from tests.contract.template_document import document

BODY: dict[str, Any] = document()["Resources"]["Api"]["Properties"]["DefinitionBody"]
RESPONSES: dict[str, Any] = BODY["x-amazon-apigateway-gateway-responses"]
TEXTS: dict[str, dict[str, str]] = document()["Mappings"]["Texts"]
LOCALES: tuple[Locale, ...] = ("pt-BR", "en")

# API Gateway's type → the error of ours that it stands for.
MEANINGS: dict[str, errors.SolarisError] = {
    "UNAUTHORIZED": errors.UnauthenticatedError("no token"),
    "ACCESS_DENIED": errors.ForbiddenError("no"),
    "WAF_FILTERED": errors.ForbiddenError("no"),
    "AUTHORIZER_FAILURE": errors.StoreUnavailableError("away"),
    "AUTHORIZER_CONFIGURATION_ERROR": errors.StoreUnavailableError("away"),
    "INTEGRATION_FAILURE": errors.StoreUnavailableError("away"),
    "MISSING_AUTHENTICATION_TOKEN": errors.UnknownPathError("$context.path"),
    "RESOURCE_NOT_FOUND": errors.UnknownPathError("$context.path"),
    "REQUEST_TOO_LARGE": errors.PayloadTooLargeError(4 * 1024 * 1024),
    "UNSUPPORTED_MEDIA_TYPE": errors.UnsupportedMediaTypeError(),
    "INTEGRATION_TIMEOUT": errors.UpstreamTimeoutError("late"),
}


def answer(kind: str, locale: Locale) -> dict[str, Any]:
    """The body of a response type in a language, API Gateway's variables left in it."""
    template, values = RESPONSES[kind]["responseTemplates"]["application/json"]["Fn::Sub"]
    _, _, key = values["Text"]["Fn::FindInMap"]
    parsed: dict[str, Any] = json.loads(template.replace("${Text}", TEXTS[locale][key]))
    return parsed


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", sorted(RESPONSES))
def test_a_body_is_a_problem_and_an_openai_error_in_one(kind: str, locale: Locale) -> None:
    body = answer(kind, locale)
    openai = body.pop("error")
    body.setdefault("status", 400)
    Problem.model_validate(body)
    assert body["type"] == f"urn:ia-solaris:problem:{body['code']}"
    assert set(openai) == {"message", "type", "code", "param", "details"}
    assert openai["message"] == body["title"]
    assert openai["code"] == body["code"]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", sorted(MEANINGS))
def test_it_says_what_our_own_refusal_would_say(kind: str, locale: Locale) -> None:
    ours = error_answer(MEANINGS[kind], locale, "$context.requestId")
    body = answer(kind, locale)
    assert int(RESPONSES[kind]["statusCode"]) == ours.status == body["status"]
    openai = ours.body["error"]
    assert {name: body["error"][name] for name in ("type", "code")} == {
        name: openai[name] for name in ("type", "code")
    }
    assert body["error"]["message"] == openai["message"]


@pytest.mark.parametrize("locale", LOCALES)
def test_too_many_requests_say_when_to_come_again(locale: Locale) -> None:
    body = answer("THROTTLED", locale)
    assert body["error"]["message"] == error_text("rate_limit_exceeded", locale, seconds="1")
    assert (
        RESPONSES["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"
    )


def test_every_status_has_its_answer() -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", *MEANINGS} == set(RESPONSES)
    for name in ("DEFAULT_4XX", "DEFAULT_5XX"):
        assert "statusCode" not in RESPONSES[name]  # API Gateway's own
