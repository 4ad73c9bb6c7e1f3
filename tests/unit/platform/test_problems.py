"""Every error becomes a problem (RFC 9457) that names its fields in the caller's language."""

import inspect
import json
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal, get_type_hints

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from solaris.platform import errors
from solaris.platform.texts import Locale
from solaris.platform.web.messages import HttpReply
from solaris.platform.web.problems import MAX_FIELD_PROBLEMS, problem_reply, validation_failed
from solaris.platform.web.schemas import InstantInput, Problem


def reply(error: errors.SolarisError, locale: Locale = "en") -> HttpReply:
    return problem_reply(error, locale, request_id="r1", path="/api/x")


def body(error: errors.SolarisError, locale: Locale = "en") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reply(error, locale).body)
    return found


SAMPLES: dict[Any, Any] = {
    str: "x",
    int: 1,
    float: 1.5,
    datetime: datetime(2026, 12, 1, tzinfo=UTC),
}


def example(kind: type[errors.SolarisError]) -> errors.SolarisError:
    """An error of a kind, whatever it is made of."""
    if kind.__init__ is Exception.__init__:
        return kind()
    hints = get_type_hints(kind.__init__)
    needed = [
        one for one in inspect.signature(kind).parameters.values() if one.default is one.empty
    ]
    return kind(**{one.name: SAMPLES.get(hints[one.name], ()) for one in needed})


ALL = [kind for kind in vars(errors).values() if isinstance(kind, type)]
KINDS = [kind for kind in ALL if issubclass(kind, errors.SolarisError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_every_error_is_a_whole_problem(kind: type[errors.SolarisError], locale: Locale) -> None:
    error = example(kind)
    answer = reply(error, locale)
    problem = Problem.model_validate_json(answer.body)
    assert problem.status == answer.status >= 400
    assert problem.code == error.code
    assert (problem.request_id, problem.instance) == ("r1", "/api/x")
    assert "{" not in problem.title
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("seconds", "stated"), [(0.2, "1"), (899.5, "900")])
@pytest.mark.parametrize("kind", [errors.RateLimitedError, errors.LoginLockedError])
def test_who_must_wait_is_told_how_long_in_whole_seconds(
    kind: type[errors.RateLimitedError] | type[errors.LoginLockedError],
    seconds: float,
    stated: str,
) -> None:
    answer = reply(kind(seconds))
    assert (answer.status, answer.headers["retry-after"]) == (429, stated)


def test_only_a_401_asks_for_a_bearer_token() -> None:
    assert reply(errors.UnauthenticatedError()).headers["www-authenticate"] == "Bearer"
    assert "www-authenticate" not in reply(errors.ForbiddenError()).headers


def test_an_invalid_request_is_422_when_it_names_its_field_and_else_400() -> None:
    whole = errors.InvalidRequestError("the body is not JSON")
    assert reply(whole).status == 400
    assert "errors" not in body(whole)
    assert body(whole, "pt-BR")["title"] == "Requisição inválida: o corpo não é JSON"
    named = errors.InvalidRequestError("too low")
    named.field = "monthlyLimit"
    assert reply(named).status == 422
    assert body(named)["errors"] == [
        {"field": "monthlyLimit", "code": "invalid_request_error", "message": "too low"}
    ]


@pytest.mark.parametrize(
    "error",
    [
        errors.SolarisError("SELECT 1"),
        errors.ConfigurationError("SECRET_KEY: is short"),
        errors.StoreUnavailableError("db-1:4566"),
    ],
)
def test_what_failed_inside_is_not_told(error: errors.SolarisError) -> None:
    answer = reply(error)
    assert answer.status >= 500
    assert str(error).encode() not in answer.body


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = Field(default="abc", min_length=2, max_length=3)
    shape: str = Field(default="x", pattern="^x$")
    whole: int = Field(default=5000, ge=1000, le=9000)
    above: int = Field(default=5, gt=1, lt=9)
    part: float = 0.5
    yes: bool = True
    colour: Colour = Colour.RED
    word: Literal["a", "b"] = "a"
    many: list[int] = Field(default_factory=list, max_length=2)
    day: date = date(2026, 1, 1)
    at: InstantInput = datetime(2026, 1, 1, tzinfo=UTC)
    odd: int = 1

    @field_validator("odd")
    @classmethod
    def _is_odd(cls, value: int) -> int:
        if value % 2 == 0:
            msg = "it must be odd"
            raise ValueError(msg)
        return value


def problems_of(given: str, locale: Locale) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as caught:
        Strict.model_validate_json(given, strict=True)
    return list(validation_failed(caught.value, locale).problems)


@pytest.mark.parametrize(
    ("given", "portuguese", "english"),
    [
        ('{"text": "a"}', "deve ter no mínimo 2 caracteres", "must have at least 2 characters"),
        ('{"text": "abcd"}', "deve ter no máximo 3 caracteres", "must have at most 3 characters"),
        ('{"text": 1}', "deve ser um texto", "must be a string"),
        ('{"shape": "y"}', "não tem o formato esperado", "does not have the expected format"),
        ('{"whole": "1"}', "deve ser um número inteiro", "must be an integer"),
        ('{"whole": 1}', "deve ser no mínimo 1.000", "must be at least 1,000"),
        ('{"whole": 9001}', "deve ser no máximo 9.000", "must be at most 9,000"),
        ('{"above": 1}', "deve ser maior que 1", "must be greater than 1"),
        ('{"above": 9}', "deve ser menor que 9", "must be less than 9"),
        ('{"part": "x"}', "deve ser um número", "must be a number"),
        ('{"yes": 1}', "deve ser true ou false", "must be true or false"),
        (
            '{"colour": "green"}',
            "deve ser um destes: 'red' ou 'blue'",
            "must be one of: 'red' or 'blue'",
        ),
        ('{"word": "c"}', "deve ser um destes: 'a' ou 'b'", "must be one of: 'a' or 'b'"),
        ('{"many": 1}', "deve ser uma lista", "must be a list"),
        ('{"many": [1, 2, 3]}', "deve ter no máximo 2 itens", "must have at most 2 items"),
        ('{"x": 1}', "não é conhecido", "is not known"),
        (
            '{"day": "x"}',
            "deve ser uma data no formato AAAA-MM-DD",
            "must be a date written YYYY-MM-DD",
        ),
        (
            '{"at": "2026-11-22T10:00:00"}',
            "deve ser data e hora com fuso, como 2026-11-22T13:05:09Z",
            "must be a date and time with an offset, such as 2026-11-22T13:05:09Z",
        ),
        ("[]", "deve ser um objeto", "must be an object"),
    ],
)
def test_what_is_wrong_is_said_in_both_languages(given: str, portuguese: str, english: str) -> None:
    assert [problem[2] for problem in problems_of(given, "pt-BR")] == [portuguese]
    assert [problem[2] for problem in problems_of(given, "en")] == [english]


def test_a_rule_of_our_own_speaks_for_itself() -> None:
    assert problems_of('{"odd": 2}', "pt-BR") == [("odd", "value_error", "it must be odd")]


def test_a_service_may_leave_the_words_to_the_code() -> None:
    error = errors.ValidationFailedError([("cursor", "missing", "x"), ("a", "not_ours", "kept")])
    messages = [one["message"] for one in body(error, "pt-BR")["errors"]]
    assert messages == ["é obrigatório", "kept"]


def test_endless_problems_are_cut() -> None:
    given = json.dumps({"many": [], **{f"x{number}": 1 for number in range(500)}})
    assert len(problems_of(given, "en")) == MAX_FIELD_PROBLEMS
