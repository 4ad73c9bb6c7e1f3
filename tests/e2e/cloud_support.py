"""A stage of template.yaml on an emulator with IAM switched on, for test_deployed.py."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL
from typing import Any, TypeVar
from unittest.mock import patch

import boto3
import httpx
import openai

from infra.deploy.deploying import Deployed, DeployOptions, deploy
from infra.deploy.emulator import command, environment
from infra.local.run.programs import demo_command
from tests.e2e.local_system import ROOT, clean_environment
from tests.ports import lasting_port

STAGE = "e2e"
REGION = "us-east-1"
START_SECONDS = 60
BOOKED_SECONDS = 240  # a busy machine: a function that timed out is called again after a minute
# The emulator asks a queue for messages once a second, and starts a function's process in three.
POLL_SECONDS = 0.2
ANA = "ana@example.com"
T = TypeVar("T")


@dataclass(frozen=True)
class Cloud:
    """A deployed stage and the emulator under it."""

    endpoint: str
    deployed: Deployed
    log: list[str]

    def client(self, service: str) -> Any:
        """boto3, as the account's owner."""
        make_client: Any = boto3.client
        return make_client(service, region_name=REGION, endpoint_url=self.endpoint)

    def sdk(self, email: str = ANA) -> openai.OpenAI:
        """What a company points at the gateway."""
        return openai.OpenAI(
            base_url=self.deployed.gateway_url,
            api_key=self.deployed.key,
            default_headers={"X-User-Email": email},
            max_retries=0,
            timeout=60,
        )

    def quota(self, email: str) -> dict[str, Any]:
        """The user's quota, by the quota function."""
        answer = httpx.get(
            f"{self.deployed.gateway_url}/quota",
            headers={"authorization": f"Bearer {self.deployed.key}", "x-user-email": email},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def admin(self) -> httpx.Client:
        """Signed in as the first admin."""
        signed_in = httpx.post(
            f"{self.deployed.api_url}/api/auth/login",
            json={"email": self.deployed.admin_email, "password": self.deployed.admin_password},
            timeout=60,
        )
        assert signed_in.status_code == 200, signed_in.text
        return httpx.Client(
            base_url=f"{self.deployed.api_url}/api",
            headers={"authorization": f"Bearer {signed_in.json()['token']}"},
            timeout=60,
        )

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """What a function of the stage answers to an event; one that fails is an error."""
        answer = self.client("lambda").invoke(
            FunctionName=f"solaris-{STAGE}-{function}", Payload=json.dumps(event)
        )
        body: dict[str, Any] = json.load(answer["Payload"])
        assert "FunctionError" not in answer, body
        return body

    def mails(self) -> list[dict[str, Any]]:
        """What SES has sent."""
        found = httpx.get(f"{self.endpoint}/_ministack/ses/messages", timeout=10).json()
        return [mail for mails in found["messages"].values() for mail in mails]


def _name_actions_as_the_emulator_does(cloud: Cloud) -> None:
    """On AWS sqs:SendMessage covers SendMessageBatch, and mails are held against identities.

    The emulator asks for an action of its own for the first, and for any resource for the second:
    who may do the one gets the other, on the same resources where it knows any.
    """
    iam = cloud.client("iam")
    for role in iam.list_roles()["Roles"]:
        name, more = role["RoleName"], []
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            for statement in statements_of(cloud, name, policy):
                actions = statement["Action"]
                if "sqs:SendMessage" in actions:
                    more.append(statement | {"Action": "sqs:SendMessageBatch"})
                if "ses:SendRawEmail" in actions:
                    more.append({"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"})
        if more:
            for number, statement in enumerate(more):
                statement["Sid"] = f"Emulator{number}"
            document = json.dumps({"Version": "2012-10-17", "Statement": more})
            iam.put_role_policy(RoleName=name, PolicyName="emulator", PolicyDocument=document)


def statements_of(cloud: Cloud, role: str, policy: str) -> list[dict[str, Any]]:
    """What an inline policy of a role says."""
    found = cloud.client("iam").get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    document = json.loads(found) if isinstance(found, str) else found
    return list(document["Statement"])


@contextmanager
def run_by_schedule(cloud: Cloud, name: str) -> Iterator[None]:
    """The target, role and retries of a schedule of the stack, at an hour that has come."""
    scheduler = cloud.client("scheduler")
    schedule = scheduler.get_schedule(Name=f"solaris-{STAGE}-{name}")
    # the emulator forgets that a schedule of its own was moved: a second one it is
    scheduler.create_schedule(
        Name=f"now-{name}",
        Target=schedule["Target"],
        FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
        ScheduleExpression=f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})",
    )
    try:
        yield
    finally:
        scheduler.delete_schedule(Name=f"now-{name}")


def eventually(look: Callable[[], T | None], what: str) -> T:
    """What `look` finds, as soon as it finds it."""
    deadline = time.monotonic() + BOOKED_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"not within {BOOKED_SECONDS} s: {what}")


@contextmanager
def _program(arguments: list[str], folder: Path, variables: dict[str, str]) -> Iterator[None]:
    """A process group that is gone at the end: the emulator's functions are in its own."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            arguments, cwd=folder, env=variables, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, SIGKILL)
        process.wait(15)


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2).status_code < 500:
                return
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"{url} does not answer: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def demo_upstream(folder: Path) -> Iterator[str]:
    """Base URL of a demo upstream."""
    port = lasting_port()
    variables = clean_environment(PYTHONPATH=str(ROOT))
    with _program(demo_command("127.0.0.1", port), folder, variables):
        _wait_for(f"http://127.0.0.1:{port}/v1/models", folder / "log")
        yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def deployed_cloud(folder: Path, upstream: str) -> Iterator[Cloud]:
    """A new emulator and the stage on it, as `make deploy` makes it."""
    port = lasting_port()
    endpoint = f"http://127.0.0.1:{port}"
    # every call is held against the policies of its caller's role
    variables = environment(port, folder) | {"AUTH": "true"}
    owner = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    log: list[str] = []
    with (
        _program(command(port), folder, variables),
        patch.dict(os.environ, clean_environment() | owner, clear=True),
        patch("boto3.DEFAULT_SESSION", None),  # it keeps the first key that it has seen
    ):
        _wait_for(f"{endpoint}/_ministack/health", folder / "log")
        options = DeployOptions(
            stage=STAGE,
            parameters={"LitellmBaseUrl": upstream, "FromEmail": "noreply@example.com"},
            show=log.append,
        )
        found = Cloud(endpoint, deploy(options), log)
        _name_actions_as_the_emulator_does(found)
        yield found


def role_of(cloud: Cloud, function: str) -> str:
    """Name of the role that a function of the stage runs under."""
    name = f"solaris-{STAGE}-{function}"
    found = cloud.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    return str(found).rpartition("/")[2]
