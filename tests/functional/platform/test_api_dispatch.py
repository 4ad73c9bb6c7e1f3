"""What happens to a request between API Gateway and an operation, on trial operations."""

import json
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import pytest
from chalice.app import AuthResponse, Chalice
from pydantic import Field

from infra.local.edge.functions import HostedFunction
from solaris.platform.access import ADMINS, OPEN, READERS, Access
from solaris.platform.errors import ConflictError, StoreUnavailableError
from solaris.platform.web import operations
from solaris.platform.web.messages import bearer_token
from solaris.platform.web.mounting import mount
from solaris.platform.web.operations import Call, Reply, operation, registered
from solaris.platform.web.schemas import ApiModel, InstantInput
from tests.functional.platform.api_support import ADMIN, VIEWER, Answer, ApiClient, api_environment

EN = {"accept-language": "en"}
FILE = b"\xef\xbb\xbfname;\xff\x00"
DEEP = b'{"reason":' + b"[" * 300 + b"]" * 300 + b"}"


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class TrialQuery(ApiModel):
    colour: list[Colour] = Field(default_factory=list)
    model: list[str] = Field(default_factory=list)
    limit: int = Field(default=10, ge=1, le=100)
    is_open: bool | None = None
    search: str | None = None
    day: date | None = None


class TrialRange(ApiModel):
    start: InstantInput | None = None


class TrialFilters(ApiModel):
    date_range: TrialRange = TrialRange()
    amounts: list[int] = Field(default_factory=list, max_length=3)


class TrialBody(ApiModel):
    reason: str = Field(min_length=3)
    filters: TrialFilters = TrialFilters()


class TrialOptional(ApiModel):
    reason: str | None = None


class TrialOut(ApiModel):
    """What the operation was given."""

    got_it: dict[str, Any]


def register_trials() -> None:
    @operation("GET", "/t/list", access=Access(READERS), tag="T", summary="", name="list")
    def listed(parts: object, call: Call, *, query: TrialQuery) -> TrialOut:
        return TrialOut(got_it=query.model_dump(mode="json"))

    @operation("POST", "/t/{thing_id}/do", access=Access(ADMINS), tag="T", summary="", name="do")
    def done(parts: object, call: Call, *, thing_id: str, body: TrialBody) -> TrialOut:
        given = {"id": thing_id, "actor": call.actor.name, "ip": call.ip_address}
        return TrialOut(got_it=given | body.model_dump(mode="json"))

    @operation("POST", "/t/optional", access=Access(ADMINS), tag="T", summary="", name="optional")
    def optional(parts: object, call: Call, *, body: TrialOptional) -> TrialOut:
        return TrialOut(got_it=body.model_dump())

    @operation("GET", "/t/number/{number}", access=OPEN, tag="T", summary="", name="number")
    def number(parts: object, call: Call, *, number: Annotated[int, Field(ge=1)]) -> None: ...

    @operation("GET", "/t/file", access=OPEN, tag="T", summary="", name="file")
    def file(parts: object, call: Call) -> Reply:
        cookies = ("a=1; HttpOnly", "b=2; HttpOnly")
        headers = {"Content-Disposition": 'attachment; filename="x.csv"'}
        return Reply(content=FILE, media_type="text/csv", cookies=cookies, headers=headers)

    @operation("GET", "/t/cookies", access=OPEN, tag="T", summary="", name="cookies")
    def cookies(parts: object, call: Call) -> TrialOut:
        return TrialOut(got_it=dict(call.cookies))

    @operation("GET", "/t/fails/{how}", access=OPEN, tag="T", summary="", name="fails")
    def fails(parts: object, call: Call, *, how: str) -> None:
        known = {"conflict": ConflictError(), "store": StoreUnavailableError("host db-1:4566")}
        raise known.get(how, RuntimeError("password is hunter2"))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiClient]:
    monkeypatch.setattr(operations, "_registered", {})
    register_trials()
    rate = {"ADMIN_RATE_LIMIT_PER_SECOND": "1000", "ADMIN_RATE_LIMIT_BURST": "1000"}
    with api_environment(**rate) as parts:
        app = Chalice(app_name="trial", configure_logs=False)

        @app.authorizer()
        def signed_in(request: Any) -> AuthResponse:
            caller = parts.sign_in.sessions.verify(bearer_token(request.token))
            context = {"email": caller.email, "role": caller.role, "session_id": "s"}
            return AuthResponse(routes=["*"], principal_id=caller.email, context=context)

        mount(app, parts.platform, lambda _: None, registered(), signed_in)
        yield ApiClient([HostedFunction([app])], parts)


async def asked(client: ApiClient, query: str) -> Answer:
    return await client.send("GET", f"/api/t/list?{query}", VIEWER | EN)


async def done(client: ApiClient, body: Any, thing: str = "1", **headers: str) -> Answer:
    return await client.send("POST", f"/api/t/{thing}/do", ADMIN | EN | headers, json=body)


def fields(answer: Answer) -> dict[str, str]:
    assert answer.status == 422
    assert answer.single["content-type"] == "application/problem+json"
    return {one["field"]: one["code"] for one in answer.json["errors"]}


@pytest.mark.parametrize(
    "query",
    [
        "colour=red&colour=blue",
        "colour[]=red&colour[]=blue",
        "colour=red,blue",
        "colour%5B%5D=red&colour=blue",
        "colour[0]=red&colour[1]=blue",
    ],
)
async def test_a_list_of_choices_may_be_written_as_clients_write_lists(
    client: ApiClient, query: str
) -> None:
    answer = await asked(client, query)
    assert answer.json["gotIt"]["colour"] == ["red", "blue"]


async def test_only_choices_are_parted_at_commas(client: ApiClient) -> None:
    answer = await asked(
        client, "model=a,b&model=c&search=x,y&isOpen=false&limit=100&day=2026-11-22"
    )
    assert answer.json["gotIt"] == {
        "colour": [],
        "model": ["a,b", "c"],
        "limit": 100,
        "isOpen": False,
        "search": "x,y",
        "day": "2026-11-22",
    }


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("limit=1&limit=2", "limit", "repeated"),
        ("limit[]=1", "limit[]", "extra_forbidden"),
        ("limit[0]=1", "limit[0]", "extra_forbidden"),
        ("no[body]=asked", "no[body]", "extra_forbidden"),
        ("is[open]=true&isOpen=false", "isOpen", "repeated"),
        ("limit=0", "limit", "greater_than_equal"),
        ("limit=1_0", "limit", "int_type"),
        ("limit=+5", "limit", "int_type"),
        ("limit=5.0", "limit", "int_type"),
        ("limit=", "limit", "int_type"),
        ("limit=" + "9" * 5000, "limit", "int_type"),
        ("isOpen=yes", "isOpen", "bool_type"),
        ("is_open=true", "is_open", "extra_forbidden"),
        ("colour=green", "colour", "enum"),
        ("colour=red,", "colour", "enum"),
        ("day=0", "day", "date_parsing"),
        ("day=2026-02-30", "day", "date_parsing"),
        ("nobody=asked", "nobody", "extra_forbidden"),
    ],
)
async def test_a_wrong_parameter_is_named(
    client: ApiClient, query: str, field: str, code: str
) -> None:
    assert fields(await asked(client, query)) == {field: code}


async def test_an_operation_without_parameters_refuses_any(client: ApiClient) -> None:
    assert fields(await client.send("GET", "/api/t/cookies?x=1")) == {"x": "extra_forbidden"}


async def test_a_body_arrives_with_path_parameters_decoded_once(client: ApiClient) -> None:
    body = {
        "reason": "fechamento",
        "filters": {"dateRange": {"start": "2026-11-01T00:00:00-03:00"}},
    }
    answer = await done(client, body, thing="ana%23x%252F%2Fy", **{"x-forwarded-for": "10.1.2.3"})
    assert answer.status == 200
    got = answer.json["gotIt"]
    assert (got["id"], got["actor"], got["ip"]) == ("ana#x%2F/y", "admin@example.com", "10.1.2.3")
    assert got["filters"]["dateRange"]["start"] == "2026-11-01T03:00:00Z"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "reason", "missing"),
        ({"reason": "ab"}, "reason", "string_too_short"),
        ({"reason": 12345}, "reason", "string_type"),
        ({"reason": "why", "x": 1}, "x", "extra_forbidden"),
        ({"reason": "why", "filters": {"date_range": {}}}, "filters.date_range", "extra_forbidden"),
        (
            {"reason": "why", "filters": {"dateRange": {"start": "2026-11-01"}}},
            "filters.dateRange.start",
            "instant",
        ),
        ({"reason": "why", "filters": {"amounts": [1, "2"]}}, "filters.amounts.1", "int_type"),
        ({"reason": "why", "filters": {"amounts": [True]}}, "filters.amounts.0", "int_type"),
        ({"reason": "why", "filters": {"amounts": [2.5]}}, "filters.amounts.0", "int_type"),
        ({"reason": "why", "filters": {"amounts": [1e40]}}, "filters.amounts.0", "int_type"),
        ({"reason": "why", "filters": {"amounts": [1] * 4}}, "filters.amounts", "too_long"),
        ([], "", "model_type"),
    ],
)
async def test_a_wrong_field_is_named_by_its_path(
    client: ApiClient, body: Any, field: str, code: str
) -> None:
    assert fields(await done(client, body)) == {field: code}


async def test_a_whole_number_is_an_integer_however_it_is_written(client: ApiClient) -> None:
    headers = ADMIN | {"content-type": "application/json"}
    body = b'{"reason": "why", "filters": {"amounts": [5.0, 1e3, -0.0]}}'
    answer = await client.send("POST", "/api/t/1/do", headers, body=body)
    assert answer.json["gotIt"]["filters"]["amounts"] == [5, 1000, 0]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'a': 1}",
        b'{"reason": NaN}',
        b'{"reason": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 9999,
        DEEP,
    ],
)
async def test_what_is_not_json_or_too_deep_is_400(client: ApiClient, body: bytes) -> None:
    headers = ADMIN | {"content-type": "application/json; charset=utf-8"}
    answer = await client.send("POST", "/api/t/1/do", headers, body=body)
    assert (answer.status, answer.json["code"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON;charset=utf-8", 200),
        ("application/vnd.solaris+json", 200),
        ("text/plain", 415),
        ("application/jsonp", 415),
        ("multipart/form-data; boundary=application/json", 415),
        ("", 415),
    ],
)
async def test_a_body_must_be_called_json(
    client: ApiClient, content_type: str, status: int
) -> None:
    headers = ADMIN | {"content-type": content_type}
    answer = await client.send("POST", "/api/t/1/do", headers, body=b'{"reason": "why"}')
    assert answer.status == status


async def test_no_body_is_refused_only_where_a_field_is_required(client: ApiClient) -> None:
    assert fields(await client.send("POST", "/api/t/1/do", ADMIN)) == {"": "missing"}
    answer = await client.send("POST", "/api/t/optional", ADMIN)
    assert (answer.status, answer.json["gotIt"]) == (200, {"reason": None})


async def test_a_viewer_may_not_change_anything(client: ApiClient) -> None:
    answer = await client.send("POST", "/api/t/1/do", VIEWER, body=b"not even read")
    assert (answer.status, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize(("number", "status"), [("7", 204), ("0", 404), ("x", 404), ("%00", 404)])
async def test_what_cannot_be_an_id_is_not_found(
    client: ApiClient, number: str, status: int
) -> None:
    answer = await client.send("GET", f"/api/t/number/{number}")
    assert answer.status == status
    assert (answer.body == b"") is (status == 204)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
async def test_bytes_and_several_cookies_come_through_whole(
    client: ApiClient, accept: str | None
) -> None:
    answer = await client.send("GET", "/api/t/file", {"accept": accept} if accept else {})
    assert (answer.status, answer.body) == (200, FILE)
    assert answer.single["content-type"] == "text/csv"
    assert answer.single["content-disposition"] == 'attachment; filename="x.csv"'
    assert answer.every("set-cookie") == ["a=1; HttpOnly", "b=2; HttpOnly"]


async def test_cookies_of_repeated_headers_are_all_read(client: ApiClient) -> None:
    headers = [("cookie", "a=1; b=2=3"), ("cookie", "c=4; a=5; odd")]
    answer = await client.send("GET", "/api/t/cookies", headers)
    assert answer.json["gotIt"] == {"a": "1", "b": "2=3", "c": "4"}


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("conflict", 409, "conflict"),
        ("store", 503, "service_unavailable"),
        ("odd", 500, "internal_error"),
    ],
)
async def test_a_failure_is_a_problem_that_tells_nothing_of_its_inside(
    client: ApiClient, how: str, status: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await client.send("GET", f"/api/t/fails/{how}", EN)
    assert (answer.status, answer.json["code"]) == (status, code)
    for inside in (b"hunter2", b"db-1", b"Traceback", b"RuntimeError"):
        assert inside not in answer.body


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        (None, "Alterado por"),
        ("en", "Changed by"),
        ("de, en-GB;q=0.7, pt;q=0.3", "Changed by"),
        ("en;q=0.1, pt-PT", "Alterado por"),
        ("en;q=0, fr", "Alterado por"),
        ("en;q=x", "Alterado por"),
    ],
)
async def test_refusals_are_in_the_language_of_the_caller(
    client: ApiClient, accepted: str | None, title: str
) -> None:
    headers = {"accept-language": accepted} if accepted else {}
    answer = await client.send("GET", "/api/t/fails/conflict", headers)
    assert answer.json["title"].startswith(title)


async def test_one_line_is_logged_a_request_without_its_body(
    client: ApiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    answer = await done(client, {"reason": "very private"})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    [line] = [line for line in lines if line["message"] == "admin_request"]
    assert line["request_id"] == answer.single["x-request-id"]
    assert (line["operation"], line["status"]) == ("do", 200)
    assert line["actor"] == "admin@example.com"
    assert line["duration_ms"] >= 0
    assert "very private" not in json.dumps(lines)
