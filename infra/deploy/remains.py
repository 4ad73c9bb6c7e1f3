"""What holds data in a stage: counted before it goes, and looked for after it."""

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.aws import Account, aws_errors, error_code

TABLE = "AWS::DynamoDB::Table"
BUCKET = "AWS::S3::Bucket"
SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a resource type
LOGS = "AWS::Logs::LogGroup"
QUEUE = "AWS::SQS::Queue"
ROLE = "AWS::IAM::Role"
KEEPS_DATA = {TABLE: "table", BUCKET: "bucket", SECRET: "secret", QUEUE: "queue", LOGS: "log"}
MAX_REMOVED_AT_ONCE = 1000
_MISSING = frozenset(
    {
        "404",
        "NoSuchEntity",
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "NotFound",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)


class Remains:
    """The resources that a stack had; every call raises DeployError."""

    def __init__(self, account: Account, resources: list[dict[str, str]]) -> None:
        self._account = account
        self.resources = resources
        self.skipped: list[tuple[str, str]] = []

    def of(self, kind: str) -> list[str]:
        """Physical names of the resources of one type that were made.

        What could not be created may bear the name of somebody else's.
        """
        return sorted(
            one["PhysicalResourceId"]
            for one in self.resources
            if one["ResourceType"] == kind
            and one.get("PhysicalResourceId")
            and one.get("ResourceStatus") not in {"DELETE_COMPLETE", "CREATE_FAILED"}
        )

    def contents(self, kind: str, name: str, most: int) -> str:
        """How much is in it, as a note behind its name."""
        with aws_errors(name):
            if kind == TABLE and (table := self._table(name)):
                return f"  about {table.get('ItemCount', 0)} items"
            if kind == BUCKET and self._exists(kind, name):
                counted = _count_objects(self._account.client("s3"), name, most)
                return f"  {counted}{' or more' if counted >= most else ''} objects"
        return ""

    def protected_tables(self) -> list[str]:
        """Tables that refuse to be deleted."""
        with aws_errors("tables"):
            return [
                name
                for name in self.of(TABLE)
                if (table := self._table(name)) and table.get("DeletionProtectionEnabled")
            ]

    def remove(self, show: Callable[[str], None], *, keep_roles: bool) -> None:
        """Delete whatever the stack has left, without a way back.

        A role that was left is API Gateway's for the whole account: other stages may use it.
        """
        for kind, noun, name in self._still_there():
            if kind == ROLE and keep_roles:
                continue
            with aws_errors(name):
                self._delete(kind, name)
            show(f"{noun} {name} deleted")

    def left(self) -> list[str]:
        """What is still there, one line each."""
        return [f"{noun} {name}" for _, noun, name in self._still_there()]

    def _still_there(self) -> Iterator[tuple[str, str, str]]:
        candidates = [
            (kind, noun, name) for kind, noun in KEEPS_DATA.items() for name in self.of(kind)
        ]
        candidates += [(ROLE, "role", name) for kind, name in self.skipped if kind == ROLE]
        for kind, noun, name in candidates:
            with aws_errors(name):
                is_there = self._exists(kind, name)
            if is_there:
                yield kind, noun, name

    def _table(self, name: str) -> dict[str, Any] | None:
        try:
            answer = self._account.client("dynamodb").describe_table(TableName=name)
        except ClientError as error:
            if error_code(error) in _MISSING:
                return None
            raise
        table: dict[str, Any] = answer["Table"]
        return None if table.get("TableStatus") == "DELETING" else table

    def _exists(self, kind: str, name: str) -> bool:
        if kind == TABLE:
            return self._table(name) is not None
        client = self._account.client
        try:
            if kind == BUCKET:
                client("s3").head_bucket(Bucket=name)
            elif kind == SECRET:
                client("secretsmanager").describe_secret(SecretId=name)
            elif kind == QUEUE:
                client("sqs").get_queue_attributes(QueueUrl=name)
            elif kind == ROLE:
                client("iam").get_role(RoleName=name)
            else:
                groups = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
                return any(group["logGroupName"] == name for group in groups)
        except ClientError as error:
            if error_code(error) in _MISSING:
                return False
            raise
        return True

    def _delete(self, kind: str, name: str) -> None:
        client = self._account.client
        if kind == TABLE:
            client("dynamodb").delete_table(TableName=name)
        elif kind == BUCKET:
            empty_bucket(self._account, name)
            client("s3").delete_bucket(Bucket=name)
        elif kind == SECRET:
            client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        elif kind == QUEUE:
            client("sqs").delete_queue(QueueUrl=name)
        elif kind == ROLE:
            _delete_role(client("iam"), name)
        else:
            client("logs").delete_log_group(logGroupName=name)


def _delete_role(iam: Any, name: str) -> None:
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def empty_bucket(account: Account, bucket: str) -> int:
    """Delete every object, version and delete marker; returns how many. Raises DeployError."""
    s3 = account.client("s3")
    deleted = 0
    with aws_errors(f"bucket {bucket}"):
        try:
            pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
            for page in pages:
                found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                some = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
                for start in range(0, len(some), MAX_REMOVED_AT_ONCE):
                    batch = some[start : start + MAX_REMOVED_AT_ONCE]
                    s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
                deleted += len(some)
        except ClientError as error:
            if error_code(error) not in _MISSING:
                raise
    return deleted


def _count_objects(s3: Any, bucket: str, most: int) -> int:
    counted = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        counted += page.get("KeyCount", 0)
        if counted >= most:
            break
    return counted
