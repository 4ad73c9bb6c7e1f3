"""The bucket that holds what is deployed: one for each account and region, shared by all stages.

Objects are named by the hash of their bytes, so whatever is there already is not sent again. So no
rule of the bucket may expire them by age: a layer that has not changed for a year is still what
CloudFormation rolls back to. Each deployment leaves a note of what it uses instead
(`deployments/<stage>/<time>.json`, a list of keys), and what no kept note names goes.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.aws import Account, aws_errors, error_code
from infra.deploy.zips import sha256_of

MEGABYTE = 1024 * 1024
LEFT_UNFINISHED_DAYS = 1
KEPT_DEPLOYMENTS = 10
"""Of each stage; the last is what runs, and what the next one is rolled back to."""
MAX_NOTES = 5_000
"""Of all stages; where there are more nothing is removed."""
NOTES = "deployments/"
_MISSING = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})


def key_of(file: Path, suffix: str = ".zip") -> str:
    """The name under which a file is stored."""
    return f"{sha256_of(file)}{suffix}"


class Artifacts:
    """The artifact bucket of an account; every call raises DeployError."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._s3 = account.client("s3")
        self.bucket = f"solaris-artifacts-{account.account_id}-{account.region}"

    def create(self) -> bool:
        """Make the bucket if it is missing: private, encrypted, by TLS only. True: it is new."""
        with aws_errors(f"bucket {self.bucket}"):
            if self.exists():
                return False
            region = self._account.region
            place: dict[str, Any] = (
                {}
                if region == "us-east-1"
                else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            )
            self._s3.create_bucket(Bucket=self.bucket, **place)
            self._close()
        return True

    def exists(self) -> bool:
        """Whether this account has the bucket; another owner's is an error, not a place."""
        try:
            self._s3.head_bucket(Bucket=self.bucket, ExpectedBucketOwner=self._account.account_id)
        except ClientError as error:
            if error_code(error) in _MISSING:
                return False
            raise
        return True

    def upload(self, file: Path, suffix: str = ".zip") -> tuple[str, bool]:
        """Store a file under the hash of its bytes; returns its key and whether it was sent."""
        key = key_of(file, suffix)
        with aws_errors(f"s3://{self.bucket}/{key}"):
            if self._size(key) == file.stat().st_size:
                return key, False
            self._s3.upload_file(str(file), self.bucket, key)
        return key, True

    def put(self, data: bytes, key: str) -> None:
        """Store a small object."""
        with aws_errors(f"s3://{self.bucket}/{key}"):
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=data)

    def note(self, stage: str, keys: Iterable[str], at: datetime) -> None:
        """Keep what a deployment uses, before any of it is looked for; once for the same keys."""
        used = sorted(set(keys))
        with aws_errors(f"bucket {self.bucket}"):
            notes = self._notes(f"{NOTES}{stage}/")
            if notes and self._noted(notes[-1]) == used:
                return
        moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.put(json.dumps(used).encode(), f"{NOTES}{stage}/{moment}.json")

    def prune(self, stage: str, keep: int = KEPT_DEPLOYMENTS) -> int:
        """Remove what only deployments of this stage used that are older than the last `keep`.

        What no note names is of a version without notes, or somebody else's: it stays. Returns how
        many packages and templates were removed.
        """
        with aws_errors(f"bucket {self.bucket}"):
            own = self._notes(f"{NOTES}{stage}/")
            old = own[: len(own) - keep] if len(own) > keep else []
            every = self._notes(NOTES)
            if not old or len(every) > MAX_NOTES:
                return 0
            unused = {key for note in old for key in self._noted(note)}
            # read last: another stage may have begun to use one meanwhile
            for note in [one for one in self._notes(NOTES) if one not in set(old)]:
                unused -= set(self._noted(note))
            for key in sorted(unused):
                self._s3.delete_object(Bucket=self.bucket, Key=key)
            # the notes last: a removal that was cut off is taken up by the next
            for note in old:
                self._s3.delete_object(Bucket=self.bucket, Key=note)
        return len(unused)

    def _notes(self, prefix: str) -> list[str]:
        """Keys of the notes, oldest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        return sorted(one["Key"] for page in pages for one in page.get("Contents", ()))

    def _noted(self, note: str) -> list[str]:
        body = self._s3.get_object(Bucket=self.bucket, Key=note)["Body"].read()
        return [key for key in json.loads(body) if not key.startswith(NOTES)]

    def _size(self, key: str) -> int | None:
        try:
            return int(self._s3.head_object(Bucket=self.bucket, Key=key)["ContentLength"])
        except ClientError as error:
            if error_code(error) in _MISSING:
                return None
            raise

    def _close(self) -> None:
        s3, bucket = self._s3, self.bucket
        closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy")
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration=dict.fromkeys((*closed, "RestrictPublicBuckets"), True),
        )
        encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(
            Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [encryption]}
        )
        partition = "aws-cn" if self._account.region.startswith("cn-") else "aws"
        arn = f"arn:{partition}:s3:::{bucket}"
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
        # an emulator may keep to the policy, and speaks plain HTTP
        if not self._account.is_emulator:
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket,
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "unfinished",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "AbortIncompleteMultipartUpload": {
                            "DaysAfterInitiation": LEFT_UNFINISHED_DAYS
                        },
                    }
                ]
            },
        )
