"""The health function as Chalice runs it, on moto's DynamoDB and SQS."""

import importlib.util
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from chalice.app import Chalice, Response
from chalice.app import NotFoundError as ChaliceNotFoundError
from chalice.test import Client
from moto import mock_aws

from solaris import __version__
from solaris.app import process_parts
from solaris.platform import errors
from solaris.platform.aws.tables import create_tables
from solaris.platform.settings import load_settings
from solaris.platform.web.chalice import chalice_errors
from solaris.quota.user import Plan, User, UserStatus

APP = Path(__file__).resolve().parents[3] / "functions/health/app.py"
PARTS = ("database", "redis", "litellm", "queue", "system")
SECRET = "sk-upstream-secret"


def load_app() -> ModuleType:
    spec = importlib.util.spec_from_file_location("health_app", APP)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Client]:
    for name in (
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_PROFILE",
        "REDIS_URL",
        "REDIS_HOST",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SOLARIS_STAGE": "local",
        "SOLARIS_DATA_DIR": str(tmp_path),
        "LITELLM_BASE_URL": "http://127.0.0.1:1",  # nobody answers there
        "LITELLM_API_KEY": SECRET,
    }.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    process_parts.cache_clear()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with mock_aws():
        yield Client(load_app().app, project_dir=str(tmp_path))
    root.handlers[:] = handlers
    root.setLevel(level)
    load_settings.cache_clear()
    process_parts.cache_clear()


@pytest.fixture
def store(client: Client) -> None:
    process_parts()
    create_tables()
    process_parts().platform.queues.create_all()


def get(client: Client, path: str) -> tuple[int, dict[str, str], str]:
    answer = client.http.get(path)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status_code, headers, answer.body.decode()


def test_health_asks_nobody(client: Client) -> None:
    status, headers, body = get(client, "/health")
    answer = json.loads(body)
    assert status == 200
    assert answer.keys() == {"status", "timestamp", "version"}
    assert (answer["status"], answer["version"]) == ("healthy", __version__)
    assert datetime.fromisoformat(answer["timestamp"]).tzinfo is not None
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert not {"dynamodb", "queues"} & vars(process_parts().platform).keys()
    assert "health" not in vars(process_parts().operations)


@pytest.mark.usefixtures("store")
def test_detailed_names_every_part_and_leaks_no_secret(client: Client) -> None:
    status, headers, body = get(client, "/health/detailed")
    answer = json.loads(body)
    checks = answer["checks"]
    assert (status, answer["status"]) == (200, "degraded")
    assert set(checks) == set(PARTS)
    assert all({"status", "response_time_ms"} <= check.keys() for check in checks.values())
    assert checks["database"]["status"] == "healthy"
    assert checks["queue"]["depths"] == dict.fromkeys(
        (
            *("usage", "usage-dlq", "alerts", "alerts-dlq", "exports", "exports-dlq"),
            *("channels", "channels-dlq"),
        ),
        0,
    )
    assert checks["redis"]["detail"] == "not configured: in-process fallback"
    assert checks["litellm"]["status"] == "unhealthy"
    assert {"cpu_percent", "memory_percent", "disk_percent"} <= checks["system"].keys()
    assert SECRET not in body
    assert "127.0.0.1" not in body
    assert headers["cache-control"] == "no-store"


def test_detailed_is_503_without_tables_and_queues(client: Client) -> None:
    status, _, body = get(client, "/health/detailed")
    answer = json.loads(body)
    assert (status, answer["status"]) == (503, "unhealthy")
    assert answer["checks"]["database"]["error"] == "AwsCallError"
    assert answer["checks"]["queue"]["error"] == "AwsCallError"


@pytest.mark.usefixtures("store")
def test_a_dead_letter_degrades_the_queue(client: Client) -> None:
    process_parts().platform.queues.send("usage-dlq", "{}")
    status, _, body = get(client, "/health/detailed")
    check = json.loads(body)["checks"]["queue"]
    assert (status, check["status"], check["dlq"]) == (200, "degraded", 1)


@pytest.mark.usefixtures("store")
def test_metrics_are_prometheus_text_with_figures_of_the_users(client: Client) -> None:
    period = datetime.now(process_parts().settings.zone).strftime("%Y-%m")
    for name, used, of in (("ana", 300, period), ("bia", 500, period), ("cid", 900, "2020-01")):
        assert process_parts().quota.users.create(user(name, used, of))
    status, headers, body = get(client, "/metrics")
    lines = body.splitlines()
    assert status == 200
    assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert 'ia_solaris_users_total{status="active"} 3' in lines
    assert "ia_solaris_tokens_used_total 800" in lines
    assert "# TYPE ia_solaris_tokens_used_total untyped" in lines
    assert 'ia_solaris_queue_depth{queue="usage"} 0' in lines
    assert 'ia_solaris_up{component="database"} 1' in lines
    assert 'ia_solaris_up{component="litellm"} 0' in lines
    assert "# TYPE ia_solaris_requests_total counter" in lines


def user(name: str, used: int, period: str) -> User:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    return User(
        user_id=name,
        email=f"{name}@example.com",
        name=name,
        status=UserStatus.ACTIVE,
        plan=Plan.BASIC,
        monthly_limit=1000,
        additional_tokens=0,
        current_usage=used,
        available_tokens=1000 - used,
        period=period,
        created_at=at,
        updated_at=at,
    )


def raising(view: Any, tmp_path: Path) -> Any:
    app = Chalice(app_name="views", configure_logs=False)
    app.route("/view", methods=["GET"])(chalice_errors("en")(view))
    return Client(app, project_dir=str(tmp_path)).http.get("/view")


def test_a_refusal_in_a_view_gets_its_status_and_shape(tmp_path: Path) -> None:
    def view() -> None:
        raise errors.NotFoundError("u1")

    answer = raising(view, tmp_path)
    assert answer.status_code == 404
    assert answer.json_body["error"]["code"] == "not_found"
    assert answer.headers["x-request-id"] == answer.json_body["error"]["details"]["request_id"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_unexpected_error_in_a_view_tells_nothing_of_itself(tmp_path: Path) -> None:
    def view() -> None:
        raise ValueError(SECRET)

    answer = raising(view, tmp_path)
    assert answer.status_code == 500
    assert answer.json_body["error"]["code"] == "internal_error"
    assert SECRET.encode() not in answer.body


def test_chalices_own_errors_and_a_views_own_headers_stay(tmp_path: Path) -> None:
    def view() -> None:
        raise ChaliceNotFoundError("nothing here")

    def cached() -> Response:
        return Response(body={}, headers={"cache-control": "max-age=60"})

    assert raising(view, tmp_path).json_body["Code"] == "NotFoundError"
    headers = raising(cached, tmp_path).headers
    assert headers["cache-control"] == "max-age=60"
    assert "Cache-Control" not in headers


SITE = "https://site.example.com"


@pytest.fixture
def shared_client(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Client:
    """The site of another origin may read the health."""
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", SITE)
    made: Client = request.getfixturevalue("client")
    return made


def test_without_allowed_origins_the_health_has_no_cors(client: Client) -> None:
    answer = client.http.get("/health/detailed", headers={"origin": SITE})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("origin", [SITE, "https://evil.example"])
def test_an_allowed_origin_may_read_the_health(
    shared_client: Client, method: str, origin: str
) -> None:
    asked = {"origin": origin, "access-control-request-method": "GET"}
    answer = shared_client.http.request(method, "/health/detailed", headers=asked)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert answer.status_code == (204 if method == "OPTIONS" else 503)
    assert headers.get("access-control-allow-origin") == (SITE if origin == SITE else None)
    assert headers["vary"] == "Origin"
    if method == "OPTIONS":
        assert headers["allow"] == "GET, OPTIONS"
        assert ("access-control-allow-methods" in headers) is (origin == SITE)
