"""The bucket that holds what is deployed: one for each account and region, shared by all stages.

Objects are named by the hash of their bytes, so whatever is there already is not sent again.
"""

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.aws import Account, aws_errors, error_code
from infra.deploy.zips import sha256_of

MEGABYTE = 1024 * 1024
LEFT_UNFINISHED_DAYS = 1
_MISSING = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})


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
        key = f"{sha256_of(file)}{suffix}"
        with aws_errors(f"s3://{self.bucket}/{key}"):
            if self._size(key) == file.stat().st_size:
                return key, False
            self._s3.upload_file(str(file), self.bucket, key)
        return key, True

    def put(self, data: bytes, key: str) -> None:
        """Store a small object."""
        with aws_errors(f"s3://{self.bucket}/{key}"):
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=data)

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
