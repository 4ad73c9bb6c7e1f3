"""Where to deploy: the account, the region and the endpoint, and clients with bounded waiting."""

import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from infra.deploy.errors import DeployError

CONNECT_SECONDS = 5
READ_SECONDS = 60
MAX_ATTEMPTS = 5
EMULATOR_REGION = "us-east-1"
# An emulator takes any; these are the customary ones.
EMULATOR_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
STAGE = re.compile(r"[a-z][a-z0-9-]{0,19}")  # longer ones do not fit into every name
_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "AMD64": "x86_64"}


@dataclass(slots=True)
class Account:
    """One account and region, on AWS or on an emulator (`endpoint` is then its URL)."""

    account_id: str
    region: str
    endpoint: str | None
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def is_emulator(self) -> bool:
        """Whether calls go to a stand-in for AWS."""
        return self.endpoint is not None

    def client(self, service: str) -> Any:
        """boto3's client, one for each service."""
        if service not in self._clients:
            self._clients[service] = _client(service, self.region, by_path=self.is_emulator)
        return self._clients[service]

    def object_url(self, bucket: str, key: str) -> str:
        """The address under which CloudFormation reads an object."""
        if self.endpoint is not None:
            return f"{self.endpoint.rstrip('/')}/{bucket}/{key}"
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://{bucket}.s3.{self.region}.{suffix}/{key}"


def check_stage(stage: str) -> None:
    """Raise DeployError unless the stage may be part of every name."""
    if stage == "local":
        msg = "STAGE: `local` is what `make up` uses; take another name (dev, prod)"
        raise DeployError(msg)
    if not STAGE.fullmatch(stage):
        msg = f"STAGE: {stage!r} is no stage name: a letter, then at most 19 of a-z, 0-9 and -"
        raise DeployError(msg)


def find_account(region: str | None = None) -> Account:
    """Ask STS who calls. Raises DeployError with one line when nothing can be deployed.

    On an emulator missing credentials and a missing region are filled in (in this process's
    environment, so that child processes have them too).
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or None
    if endpoint is not None and _is_aws(endpoint):
        endpoint = None
    try:
        session = boto3.Session()
        configured: str | None = session.region_name
        region = region or os.environ.get("AWS_REGION") or configured
        if endpoint is not None:
            _fill_in(session)
            region = region or EMULATOR_REGION
    except (BotoCoreError, ValueError) as error:
        raise DeployError(_reason(error)) from error
    if region is None:
        msg = "AWS_REGION: name the region to deploy to (AWS_REGION=sa-east-1 make deploy …)"
        raise DeployError(msg)
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
    with aws_errors("credentials"):
        answer = _client("sts", region, by_path=False).get_caller_identity()
    return Account(str(answer["Account"]), region, endpoint)


def this_architecture() -> str:
    """Lambda's name of this machine's processor."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        msg = f"no Lambda runs on this machine's processor ({machine}): --architecture"
        raise DeployError(msg)
    return _ARCHITECTURES[machine]


def this_python() -> str:
    """Minor version of this interpreter, as `3.13`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Turn what boto3 raises into one line: what was done, and AWS's own words."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        msg = f"{doing}: {_reason(error)}"
        raise DeployError(msg) from error


def error_code(error: ClientError) -> str:
    """AWS's code of a refusal."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _client(service: str, region: str, *, by_path: bool) -> Any:
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
        s3={"addressing_style": "path" if by_path else "virtual"},
    )
    return boto3.client(service, region_name=region, config=config)  # type: ignore[call-overload]


def _fill_in(session: Any) -> None:
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    if session.get_credentials() is None:
        os.environ.update(EMULATOR_CREDENTIALS)
        boto3.setup_default_session()


def _is_aws(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _reason(error: Exception) -> str:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return (
            "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "(for an emulator: AWS_ENDPOINT_URL)"
        )
    if isinstance(error, ProfileNotFound | NoRegionError):
        return str(error)
    if isinstance(error, ClientError):
        inner = error.response.get("Error", {})
        return f"{inner.get('Code', 'error')}: {inner.get('Message', '')}".strip().rstrip(":")
    return " ".join(str(error).split())[:300]
