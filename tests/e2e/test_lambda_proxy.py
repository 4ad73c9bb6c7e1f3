"""The proxy's Lambda package, unpacked, with nothing but its layers, against the running system.

run.sh is started as the Web Adapter starts it. buffered.handler gets events as API Gateway's
documents describe them ("Input format of a Lambda function for proxy integration"), one after
the other in one process, as one container does.
"""

import base64
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest

from solaris.platform.web.trusted_proxies import SECRET_HEADER, VIEWER_HEADER
from tests.e2e.local_system import LocalSystem
from tests.lambda_layers import Unpacked, unpacked_packages
from tests.ports import lasting_port

pytestmark = pytest.mark.e2e

START_SECONDS = 60
STOP_SECONDS = 20
LAYERS = ("shared", "dependencies", "proxy")
MAX_BODY_BYTES = 4_500_000
CLIENT, EDGE = "203.0.113.5", "198.51.100.9"
ORIGIN = "o" * 64  # CloudFront's
QUESTION = [{"role": "user", "content": "Olá! Fale do mar em três frases."}]
# Reads one event a line, writes one answer a line, as Lambda's runtime calls a handler.
RUNTIME = """
import json, sys
sys.path.insert(0, sys.argv[1])
import buffered
for line in sys.stdin:
    print(json.dumps(buffered.handler(json.loads(line), None)), flush=True)
"""


@pytest.fixture(scope="module")
def packages() -> Unpacked:
    return unpacked_packages()


@pytest.fixture(scope="module")
def environment(
    system: LocalSystem, packages: Unpacked, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What template.yaml gives, pointed at the running system; `python` is a bare interpreter."""
    programs = tmp_path_factory.mktemp("programs")
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nexec "{packages.interpreter}" -s -S "$@"\n')
    python.chmod(0o755)
    shared = {
        line.split("=", 1)[0]: line.split("=", 1)[1]
        for line in (system.data_dir / "run.env").read_text().splitlines()
        if not line.startswith(("HOST=", "PORT="))
    }
    return shared | {
        "PATH": f"{programs}:/usr/bin:/bin",
        "PYTHONPATH": ":".join(str(packages.of(f"layers/{one}") / "python") for one in LAYERS),
        "LAMBDA_TASK_ROOT": str(packages.of("functions/proxy")),
        "AWS_LWA_PORT": str(lasting_port()),
        "SOLARIS_STAGE": "local",
        "SOLARIS_DATA_DIR": str(tmp_path_factory.mktemp("tmp")),
        "TRUSTED_PROXIES": "1",
        "ORIGIN_SECRET": ORIGIN,
        "MAX_BODY_BYTES": str(MAX_BODY_BYTES),
        "RATE_LIMIT_PER_SECOND": "1000",
        "RATE_LIMIT_BURST": "1000",
    }


@contextmanager
def started(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        env=environment,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:  # waits and closes the pipes
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            assert process.poll() is None, "run.sh has ended"
            assert time.monotonic() < deadline, "run.sh does not answer"
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def served(packages: Unpacked, environment: dict[str, str]) -> Iterator[str]:
    """Address of run.sh, which has to end by itself at SIGTERM."""
    url = f"http://127.0.0.1:{environment['AWS_LWA_PORT']}"
    with started([str(packages.of("functions/proxy") / "run.sh")], environment) as process:
        wait_for(url, process)
        yield url
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) in (0, -signal.SIGTERM)


def headers(system: LocalSystem, email: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {system.printed_key}",
        "X-User-Email": email,
        "X-Forwarded-For": f"10.9.9.9, {EDGE}",
        SECRET_HEADER: ORIGIN,
        VIEWER_HEADER: CLIENT,
    }


def record(system: LocalSystem, email: str) -> dict[str, Any]:
    """The user's one usage record, once it is booked."""
    shown = system.booked_user(email, records=1)
    assert len(shown["usage"]) == 1
    assert shown["currentUsage"] == shown["usage"][0]["chargedTokens"]
    found: dict[str, Any] = shown["usage"][0]
    return found


def address(system: LocalSystem, request_id: str) -> str | None:
    """The client's address in the books."""
    client = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=system.run_variable("AWS_ENDPOINT_URL_DYNAMODB"),
        aws_access_key_id=system.run_variable("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=system.run_variable("AWS_SECRET_ACCESS_KEY"),
    )
    items = client.scan(TableName="solaris-local-usage")["Items"]
    found = next(one for one in items if request_id in json.dumps(one, default=str))
    return found.get("ip_address", {}).get("S")


def test_the_web_adapter_gets_a_stream_as_it_arrives(system: LocalSystem, served: str) -> None:
    system.reset_demo()
    email = "streamed@lambda.example.com"
    demo = system.run_variable("LITELLM_BASE_URL").removesuffix("/v1")
    body = {"model": "demo-chunks-20-50ms", "messages": QUESTION, "stream": True}
    with httpx.stream(
        "POST",
        f"{served}/v1/chat/completions",
        json={**body, "stream_options": {"include_usage": True}},
        headers=headers(system, email),
        timeout=30,
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        first = next(line for line in lines if line.startswith("data: "))
        totals = httpx.get(f"{demo}/_demo/requests").json()["totals"]
        assert (totals["open_streams"], totals["finished"]) == (1, 0)
        frames = [first, *(line for line in lines if line.startswith("data: "))]
    assert frames[-1] == "data: [DONE]"
    usage = json.loads(frames[-2].removeprefix("data: "))["usage"]
    booked = record(system, email)
    assert booked["chargedTokens"] == usage["total_tokens"] > 0
    assert address(system, answer.headers["x-request-id"]) == CLIENT


def test_what_is_too_large_for_an_event_is_413(system: LocalSystem, served: str) -> None:
    answer = httpx.post(
        f"{served}/v1/chat/completions",
        content=b"{" + b" " * MAX_BODY_BYTES,
        headers=headers(system, "large@lambda.example.com"),
    )
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "payload_too_large"


@dataclass
class Container:
    """One process that answers events."""

    process: subprocess.Popen[str]

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(event) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the handler's process has ended"
        answer: dict[str, Any] = json.loads(line)
        assert answer.keys() == {
            *("statusCode", "headers", "multiValueHeaders"),
            *("body", "isBase64Encoded"),
        }
        return answer


@pytest.fixture(scope="module")
def container(packages: Unpacked, environment: dict[str, str]) -> Iterator[Container]:
    command = [packages.interpreter, "-s", "-S", "-c", RUNTIME]
    folder = str(packages.of("functions/proxy"))
    with started([*command, folder], environment) as process:
        made = Container(process)
        yield made
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(STOP_SECONDS) == 0


def event(
    system: LocalSystem, email: str, method: str, path: str, body: bytes | None = None
) -> dict[str, Any]:
    """A REST event of a regional API with `*/*` as its binary media type."""
    single = {
        **headers(system, email),
        "Host": "abc123.execute-api.us-east-1.amazonaws.com",
        "Content-Type": "application/json",
        "X-Forwarded-Proto": "https",
    }
    return {
        "resource": "/v1/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": single,
        "multiValueHeaders": {name: [value] for name, value in single.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.removeprefix("/v1/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/v1/{proxy+}",
            "httpMethod": method,
            "path": f"/live{path}",
            "stage": "live",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": EDGE, "userAgent": "test"},
        },
        "body": None if body is None else base64.b64encode(body).decode(),
        "isBase64Encoded": body is not None,
    }


def chat(system: LocalSystem, email: str, **more: Any) -> dict[str, Any]:
    body = {"model": "demo-fast", "messages": QUESTION, **more}
    return event(system, email, "POST", "/v1/chat/completions", json.dumps(body).encode())


def test_an_event_is_answered_and_booked(system: LocalSystem, container: Container) -> None:
    email = "buffered@lambda.example.com"
    answer = container.invoke(chat(system, email))
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert answer["headers"]["content-type"] == "application/json"
    used = json.loads(answer["body"])["usage"]["total_tokens"]
    assert record(system, email)["chargedTokens"] == used
    assert address(system, answer["headers"]["x-request-id"]) == CLIENT


@pytest.mark.parametrize("secret", [None, "guessed", f"{ORIGIN}, {ORIGIN}"])
def test_who_calls_past_cloudfront_is_refused(
    system: LocalSystem, container: Container, served: str, secret: str | None
) -> None:
    """Where it is served by an event, and by the web adapter."""
    email = "direct@lambda.example.com"
    given = chat(system, email)
    for place in (given["headers"], given["multiValueHeaders"]):
        del place[SECRET_HEADER]
    if secret is not None:
        given["multiValueHeaders"][SECRET_HEADER] = [secret]
        given["headers"][SECRET_HEADER] = secret
    answer = container.invoke(given)
    assert answer["statusCode"] == 403
    assert json.loads(answer["body"])["error"]["code"] == "direct_call"
    asked = httpx.get(f"{served}/v1/models", headers=given["headers"])
    assert (asked.status_code, asked.json()["error"]["code"]) == (403, "direct_call")


def test_a_stream_arrives_as_one_body(system: LocalSystem, container: Container) -> None:
    email = "sse@lambda.example.com"
    answer = container.invoke(
        chat(system, email, stream=True, stream_options={"include_usage": True})
    )
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert answer["headers"]["content-type"].startswith("text/event-stream")
    frames = [line for line in answer["body"].splitlines() if line.startswith("data: ")]
    assert frames[-1] == "data: [DONE]"
    used = json.loads(frames[-2].removeprefix("data: "))["usage"]["total_tokens"]
    assert record(system, email)["chargedTokens"] == used


def test_many_events_of_one_process_are_served_by_the_same_parts(
    system: LocalSystem, container: Container
) -> None:
    email = "many@lambda.example.com"
    used = 0
    for _ in range(5):
        answer = container.invoke(chat(system, email))
        assert answer["statusCode"] == 200
        used += json.loads(answer["body"])["usage"]["total_tokens"]
    assert system.booked_user(email, records=5)["currentUsage"] == used


def test_models_are_listed_and_their_names_decoded(
    system: LocalSystem, container: Container
) -> None:
    email = "models@lambda.example.com"
    listed = container.invoke(event(system, email, "GET", "/v1/models"))
    assert listed["statusCode"] == 200
    assert {one["id"] for one in json.loads(listed["body"])["data"]} >= {"demo-fast"}
    one = container.invoke(event(system, email, "GET", "/v1/models/demo%2Dfast"))
    assert (one["statusCode"], json.loads(one["body"])["id"]) == (200, "demo-fast")


def test_refusals_have_openai_s_shape(system: LocalSystem, container: Container) -> None:
    email = "refused@lambda.example.com"
    unsigned = chat(system, email)
    del unsigned["headers"]["Authorization"], unsigned["multiValueHeaders"]["Authorization"]
    large = event(system, email, "POST", "/v1/chat/completions", b" " * (MAX_BODY_BYTES + 1))
    for given, status, code in (
        (unsigned, 401, "invalid_api_key"),
        (event(system, email, "POST", "/v1/chat/completions", b"{"), 400, "invalid_request_error"),
        (event(system, email, "GET", "/v1/nothing"), 404, "unknown_path"),
        (large, 413, "payload_too_large"),
    ):
        answer = container.invoke(given)
        assert answer["statusCode"] == status
        error = json.loads(answer["body"])["error"]
        assert error["code"] == code
        assert answer["headers"]["x-request-id"] == error["details"]["request_id"]
