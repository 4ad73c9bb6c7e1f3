"""Answers of status 200 that are none: nothing is charged, the client gets a 502."""

from solaris.quota.usage import Outcome
from tests.functional.gateway.frames import EMBEDDINGS, MESSAGES, RESPONSES, STREAMING, begin, data
from tests.functional.gateway.raw_upstream import CUT, Script
from tests.functional.gateway.upstream_cases import Case, buffered, json_body, streamed


def nothing_delivered() -> list[Case]:
    cases = []
    failure = {"error": {"message": "no capacity", "code": 503}}
    for endpoint in STREAMING:
        named = {"type": "error", **failure} if endpoint == MESSAGES else failure
        cases += [
            _free(
                f"an error frame first {endpoint}",
                "OpenRouter's document",
                endpoint,
                streamed(data(named, "error")),
            ),
            _free(
                f"cut before the first byte {endpoint}",
                "new-api #3275",
                endpoint,
                streamed(CUT),
                error="upstream_error",
            ),
            _free(
                f"an empty stream {endpoint}", "new-api #4168", endpoint, streamed(), error="empty"
            ),
        ]
    for endpoint in (*STREAMING, EMBEDDINGS):
        for name, body, told in (
            ("an error object", json_body(failure), "no capacity"),
            ("an error text", json_body({"error": "no capacity"}), "no capacity"),
            ("nothing", b"", "empty"),
            ("a page of HTML", b"<!DOCTYPE html><html>login</html>", "HTML"),
            ("null", b"null", "null"),
            ("an empty list", b"[]", "empty list"),
        ):
            cases.append(
                _free(
                    f"{name} in a 200 {endpoint}",
                    "LiteLLM #29145",
                    endpoint,
                    buffered(body),
                    stream=False,
                    error=told,
                )
            )
        for status in (301, 302, 307, 308):
            cases.append(
                _free(
                    f"a bare {status} {endpoint}",
                    "aqueduct #21",
                    endpoint,
                    buffered(b"", status, headers=["location: /elsewhere"]),
                    stream=False,
                    error=str(status),
                )
            )
    cases += [
        Case(
            f"a refusal of our own key {endpoint} {status}",
            "OpenAI's API document; LiteLLM without a database",
            buffered(json_body({"error": {"message": told, "code": status}}), status),
            0,
            endpoint,
            stream=stream,
            status=502,
            record_status=502,
            outcome=Outcome.RELEASED,
            error="upstream_key_refused",
        )
        for endpoint in STREAMING
        for stream in (False, True)
        for status, told in (
            (401, "Incorrect API key provided: sk-… see platform.openai.com"),
            (400, "No connected db."),
        )
    ]
    cases.append(
        Case(
            "a refusal that repeats what somebody asked is none of our key",
            "LiteLLM: errors of a provider hold the input",
            buffered(json_body({"error": {"message": "bad value: No connected db."}}), 400),
            0,
            stream=False,
            status=400,
            record_status=400,
            outcome=Outcome.RELEASED,
            error="400",
            shown=[b"bad value"],
        )
    )
    cases.append(
        Case(
            "an error after Anthropic's first frame, which states the prompt",
            "Anthropic's API document: overloaded_error",
            streamed(
                begin(MESSAGES, 3_000),
                0.1,
                data(
                    {
                        "type": "error",
                        "error": {"type": "overloaded_error", "message": "Overloaded"},
                    },
                    "error",
                ),
            ),
            0,
            MESSAGES,
            record_status=502,
            outcome=Outcome.RELEASED,
            error="Overloaded",
            shown=[b"event: error"],
        )
    )
    cases.append(
        Case(
            "response.failed without usage",
            "OpenAI's API document",
            streamed(
                begin(RESPONSES),
                0.1,
                data(
                    {
                        "type": "response.failed",
                        "response": {"error": {"message": "server_error"}, "usage": None},
                    },
                    "response.failed",
                ),
            ),
            0,
            RESPONSES,
            record_status=502,
            outcome=Outcome.RELEASED,
            error="server_error",
            shown=[b"response.failed"],
        )
    )
    return cases


def _free(
    name: str,
    source: str,
    endpoint: str,
    scripts: list[Script],
    *,
    stream: bool = True,
    error: str = "no capacity",
) -> Case:
    return Case(
        name,
        source,
        scripts,
        0,
        endpoint,
        stream=stream,
        status=502,
        record_status=502,
        outcome=Outcome.RELEASED,
        error=error,
    )
