"""template.yaml, deployed for real: the same file as on AWS, on an emulator with IAM switched on.

`make deploy` puts the stack up, a chat goes through its API Gateway, usage through SQS into the
books, a warning into the SES inbox, a schedule opens the month, admins sign in through the
authorizer, the site comes from its bucket, and `make destroy` leaves nothing. Every function runs
from its own zip and layers, under its own role: a permission that is missing fails a test.
"""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import openai
import openpyxl
import pytest
from openai.types.chat import ChatCompletionMessageParam

from infra.deploy.deploying import DeployOptions, deploy
from infra.deploy.destroying import DestroyOptions, destroy
from infra.deploy.emulator import INTERPRETER
from tests.e2e.cloud_support import (
    ANA,
    STAGE,
    Cloud,
    demo_upstream,
    deployed_cloud,
    eventually,
    role_of,
    run_by_schedule,
    statements_of,
)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not INTERPRETER.is_file(), reason="needs .venv/cloud (make test installs it)"
    ),
]

METRICS_EVENT = {
    "httpMethod": "GET",
    "resource": "/metrics",
    "path": "/metrics",
    "headers": {},
    "multiValueHeaders": {},
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "body": None,
    "isBase64Encoded": False,
    "stageVariables": None,
    "requestContext": {"httpMethod": "GET", "resourcePath": "/metrics"},
}
MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Fale do mar."}]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The stage; the last test destroys it."""
    with (
        demo_upstream(tmp_path_factory.mktemp("upstream")) as upstream,
        deployed_cloud(tmp_path_factory.mktemp("cloud"), upstream) as found,
    ):
        yield found


def test_a_chat_is_booked_to_the_token(cloud: Cloud) -> None:
    with cloud.sdk() as sdk:
        assert "demo-fast" in [model.id for model in sdk.models.list()]
        buffered = sdk.chat.completions.create(model="demo-fast", messages=MESSAGES)
        with sdk.chat.completions.create(
            model="demo-fast",
            messages=MESSAGES,
            stream=True,
            stream_options={"include_usage": True},
        ) as stream:
            chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == buffered.choices[0].message.content
    assert buffered.usage is not None
    assert chunks[-1].usage is not None
    expected = buffered.usage.total_tokens + chunks[-1].usage.total_tokens

    def settled() -> bool:
        shown = cloud.quota(ANA)
        return (shown["current_usage"], shown["reserved_tokens"]) == (expected, 0)

    eventually(settled, f"{expected} tokens used, nothing reserved")
    with cloud.admin() as admin:
        (line,) = admin.get("/admin/users", params={"search": ANA}).json()["items"]
        assert line["currentUsage"] == expected
        stats = admin.get("/admin/stats").json()
        assert stats["usage"]["monthlyTotal"] == expected


def test_the_authorizer_refuses_whoever_has_not_signed_in(cloud: Cloud) -> None:
    url = f"{cloud.deployed.api_url}/api/admin/users"
    for headers in ({}, {"authorization": "Bearer made-up"}):
        refused = httpx.get(url, headers=headers, timeout=60)
        assert refused.status_code == 401, refused.text
    with cloud.admin() as admin:
        assert admin.get("/admin/users").status_code == 200
        assert admin.post("/auth/logout").status_code in {200, 204}


def test_the_authorizer_knows_admin_keys_and_notes_their_use(cloud: Cloud) -> None:
    with cloud.admin() as admin:
        made = admin.post("/admin/admin-keys", json={"scopes": ["users:read"]}).json()

        def asked(key: str, path: str) -> tuple[int, str | None]:
            url = f"{cloud.deployed.api_url}/api/admin/{path}"
            headers = {"authorization": f"Bearer {key}"}
            answer = httpx.get(url, headers=headers, timeout=60)
            return answer.status_code, answer.json().get("code")

        assert asked(made["key"], "users") == (200, None)
        assert asked(made["key"], "audit") == (403, "missing_scope")
        assert asked(made["key"], "admin-keys") == (403, "people_only")
        assert asked(made["key"][:-4] + "____", "users") == (401, "invalid_admin_key")
        assert asked(cloud.deployed.key or "", "users") == (401, "not_an_admin_key")
        (listed,) = admin.get("/admin/admin-keys").json()["items"]
        assert listed["lastUsedAt"] is not None
        revoked = admin.post(f"/admin/admin-keys/{listed['id']}/revoke").json()
        assert revoked["state"] == "revoked"
        eventually(
            lambda: asked(made["key"], "users") == (401, "invalid_admin_key"), "it is refused"
        )


def test_refusals_keep_openai_s_shape(cloud: Cloud) -> None:
    url = f"{cloud.deployed.gateway_url}/chat/completions"
    body = {"model": "demo-fast", "messages": MESSAGES}
    refused = httpx.post(url, json=body, headers={"authorization": "Bearer nobody"}, timeout=60)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    named = {"authorization": f"Bearer {cloud.deployed.key}", "x-user-email": "{{EMAIL}}"}
    refused = httpx.post(url, json=body, headers=named, timeout=60)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "user_not_identified")


def test_a_crossed_threshold_is_mailed_and_a_full_quota_refused(cloud: Cloud) -> None:
    email = "bia@example.com"
    with cloud.admin() as admin:
        made = admin.post("/admin/users", json={"email": email, "monthlyLimit": 100_000})
        assert made.status_code == 201, made.text
    with cloud.sdk(email) as sdk:
        sdk.embeddings.create(model="demo-embedding", input=" um" * 85_000)

        def warned() -> list[dict[str, Any]]:
            return [mail for mail in cloud.mails() if email in str(mail) and "80" in str(mail)]

        eventually(warned, f"a mail to {email}")
        sdk.embeddings.create(model="demo-embedding", input=" um" * 14_900)

        def refusal() -> openai.RateLimitError | None:
            try:
                sdk.chat.completions.create(model="demo-tokens-15000-fast", messages=MESSAGES)
            except openai.RateLimitError as error:
                return error if error.code == "insufficient_quota" else None
            return None

        refused = eventually(refusal, "nothing is left")
    assert "Limite de tokens esgotado" in str(refused)
    with cloud.admin() as admin:
        alerts = admin.get("/admin/alerts").json()["items"]
    assert alerts[0]["userEmail"] == email


def test_a_schedule_holds_the_books_against_their_records(cloud: Cloud) -> None:
    """All that was booked above agrees; site and metrics tell of it under their own roles."""
    with cloud.admin() as admin:
        assert admin.get("/admin/reconciliation").json() == {"latest": None}
        with run_by_schedule(cloud, "reconcile-books"):

            def finished() -> dict[str, Any] | None:
                latest: dict[str, Any] | None = admin.get("/admin/reconciliation").json()["latest"]
                return latest if latest and latest["finishedAt"] else None

            latest = eventually(finished, "the books reconciled")
    assert (latest["differences"], latest["findings"], latest["inMotion"]) == (0, [], 0)
    assert (latest["users"], latest["records"]) == (2, 4)
    again = cloud.invoke("reconcile-books", {})
    assert (again["state"], again["period"]) == ("done", latest["period"])
    page = cloud.invoke("health", METRICS_EVENT)
    assert "\nia_solaris_books_differences 0\n" in page["body"]


def test_a_schedule_opens_the_month(cloud: Cloud) -> None:
    email, table = "cai@example.com", f"solaris-{STAGE}-users"
    with cloud.admin() as admin:
        user_id = admin.post("/admin/users", json={"email": email}).json()["id"]
    dynamodb = cloud.client("dynamodb")
    dynamodb.update_item(
        TableName=table,
        Key={"user_id": {"S": user_id}},
        UpdateExpression="SET #period = :old, current_usage = :used",
        ExpressionAttributeNames={"#period": "period"},
        ExpressionAttributeValues={":old": {"S": "2026-01"}, ":used": {"N": "77"}},
    )

    def opened() -> bool:
        key = {"user_id": {"S": user_id}}
        item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        return bool(item["period"]["S"] > "2026-01" and item["current_usage"]["N"] == "0")

    with run_by_schedule(cloud, "open-period"):
        eventually(opened, "the month opened")
    closed = dynamodb.get_item(
        TableName=f"solaris-{STAGE}-periods",
        Key={"user_id": {"S": user_id}, "period": {"S": "2026-01"}},
    )
    assert closed["Item"]["current_usage"]["N"] == "77"


def test_an_export_goes_through_the_queue_and_the_bucket(cloud: Cloud) -> None:
    today = datetime.now(UTC).date()
    filters = {"from": f"{today - timedelta(days=1)}", "to": f"{today + timedelta(days=1)}"}
    with cloud.admin() as admin:
        asked = admin.post(
            "/admin/reports/export",
            json={"type": "usage", "format": "xlsx", "filters": filters, "background": True},
        )
        assert asked.status_code == 202, asked.text
        path = f"/admin/reports/exports/{asked.json()['id']}"

        def done() -> dict[str, Any] | None:
            shown: dict[str, Any] = admin.get(path).json()
            return shown if shown["state"] == "done" else None

        link = eventually(done, "the export done")["downloadUrl"]
    book = openpyxl.load_workbook(io.BytesIO(httpx.get(link, timeout=30).content), read_only=True)
    assert any(ANA in str(row) for row in book.worksheets[0].iter_rows(values_only=True))


def test_the_site_comes_from_its_bucket(cloud: Cloud) -> None:
    bucket, s3 = cloud.deployed.outputs["SiteBucket"], cloud.client("s3")
    page = s3.get_object(Bucket=bucket, Key="admin/index.html")
    assert page["ContentType"].startswith("text/html")
    assert page["CacheControl"] == "no-cache"
    config = json.load(s3.get_object(Bucket=bucket, Key="admin/config.json")["Body"])
    assert config["apiBaseUrl"] == f"{cloud.deployed.api_url}/api"
    anonymous = httpx.get(f"{cloud.endpoint}/{bucket}/admin/index.html", timeout=10)
    assert anonymous.status_code == 403, "only CloudFront reads it"


def test_health_and_metrics(cloud: Cloud) -> None:
    assert httpx.get(f"{cloud.deployed.api_url}/health", timeout=60).json()["status"] == "healthy"
    checks = httpx.get(f"{cloud.deployed.api_url}/health/detailed", timeout=60).json()["checks"]
    assert {name: one["status"] for name, one in checks.items() if name != "system"} == {
        "database": "healthy",
        "queue": "healthy",
        "litellm": "healthy",
        "redis": "healthy",
    }
    assert httpx.get(f"{cloud.deployed.api_url}/metrics", timeout=60).status_code == 403


def test_the_policies_are_in_force(cloud: Cloud) -> None:
    """Or else all these tests would prove nothing about permissions: one taken away is missed."""
    iam, role = cloud.client("iam"), role_of(cloud, "quota")
    statements = statements_of(cloud, role, "quota")
    without = [one for one in statements if "dynamodb:GetItem" not in one["Action"]]
    assert without != statements

    def put(wanted: list[Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": wanted})
        iam.put_role_policy(RoleName=role, PolicyName="quota", PolicyDocument=document)

    put(without)
    try:
        answer = httpx.get(
            f"{cloud.deployed.gateway_url}/quota",
            headers={"authorization": f"Bearer {cloud.deployed.key}", "x-user-email": ANA},
            timeout=60,
        )
        assert answer.status_code == 500, answer.text
    finally:
        put(statements)
    assert cloud.quota(ANA)["email"] == ANA


def test_deploying_again_changes_nothing(cloud: Cloud) -> None:
    again = deploy(DeployOptions(stage=STAGE, show=cloud.log.append))
    assert not again.changed
    assert again.key is None, "a key is shown once"
    assert again.api_url == cloud.deployed.api_url


def test_no_function_has_failed(cloud: Cloud) -> None:
    """Every log of every function: nothing was denied, nothing raised.

    But for the one text that the authorizer has to raise, and the permission taken away above.
    """
    logs = cloud.client("logs")
    groups = [
        one["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for one in page["logGroups"]
    ]
    assert f"/aws/lambda/solaris-{STAGE}-proxy" in groups
    for group in groups:
        words = ("AccessDenied",) if group.endswith("-signed-in") else ("AccessDenied", "Traceback")
        events = logs.filter_log_events(logGroupName=group, limit=10_000)["events"]
        bad = [one["message"] for one in events if any(word in one["message"] for word in words)]
        assert not bad or group.endswith("-quota"), (group, bad[:3])


def test_destroying_leaves_nothing(cloud: Cloud) -> None:
    """The last test: the stage is gone after it."""
    assert destroy(DestroyOptions(stage=STAGE, show=cloud.log.append)).left == ()
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
    assert cloud.client("sqs").list_queues().get("QueueUrls", []) == []
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("apigateway").get_rest_apis()["items"] == []
