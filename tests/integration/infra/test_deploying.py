"""Deployment's dealings with AWS on a real emulator: bucket, site, secret, change sets, removal.

The whole of template.yaml is deployed in tests/e2e/test_deployed.py; here a stack is small.
"""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.deploy import changes
from infra.deploy.artifacts import Artifacts
from infra.deploy.aws import Account, find_account
from infra.deploy.deploying import TAGS, DeclinedError
from infra.deploy.destroying import DestroyOptions, destroy
from infra.deploy.errors import DeployError
from infra.deploy.secret import plan_secret, read_secret, write_secret
from infra.deploy.site import SiteFile, sync
from infra.deploy.stack import Stack, StackState
from infra.deploy.template import Template, key_of


@pytest.fixture
def account(cloud_emulator: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud_emulator)
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    found = find_account("us-east-1")
    assert found.endpoint == cloud_emulator
    return found


@pytest.fixture
def artifacts(account: Account) -> Artifacts:
    bucket = Artifacts(account)
    bucket.create()
    return bucket


def objects(account: Account, bucket: str) -> dict[str, dict[str, Any]]:
    s3 = account.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", ())
    return {one["Key"]: s3.head_object(Bucket=bucket, Key=one["Key"]) for one in listed}


def test_the_artifact_bucket_is_private_and_made_once(account: Account) -> None:
    bucket = Artifacts(account)
    bucket.create()
    assert bucket.create() is False
    s3 = account.client("s3")
    closed = s3.get_public_access_block(Bucket=bucket.bucket)["PublicAccessBlockConfiguration"]
    assert all(closed.values())
    assert len(closed) == 4
    rules = s3.get_bucket_encryption(Bucket=bucket.bucket)["ServerSideEncryptionConfiguration"]
    default = rules["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "AES256"


def test_the_same_bytes_are_sent_once(artifacts: Artifacts, tmp_path: Path, stage: str) -> None:
    one, same = tmp_path / "one.zip", tmp_path / "same.zip"
    one.write_text(stage)
    same.write_text(stage)
    key, was_sent = artifacts.upload(one)
    assert was_sent
    assert artifacts.upload(same) == (key, False)


def test_a_bucket_holds_exactly_the_site_with_its_headers(account: Account, stage: str) -> None:
    bucket = f"solaris-{stage}-site"
    account.client("s3").create_bucket(Bucket=bucket)
    page = SiteFile("admin/index.html", b"<html>1")
    script = SiteFile("admin/assets/a-1.js", b"1")
    assert sync(account, bucket, [page, script]).sent == (script.key, page.key)
    assert sync(account, bucket, [page, script]) == sync(account, bucket, [script, page])
    assert sync(account, bucket, [page, script]).sent == ()

    newer = SiteFile("admin/index.html", b"<html>2")
    added = SiteFile("admin/assets/a-2.js", b"2")
    synced = sync(account, bucket, [newer, added])
    assert synced.sent == (added.key, newer.key)
    assert synced.removed == (script.key,)
    there = objects(account, bucket)
    assert set(there) == {newer.key, added.key}
    assert there[added.key]["ContentType"] == "text/javascript; charset=utf-8"
    assert there[added.key]["CacheControl"] == "public, max-age=31536000, immutable"
    assert there[newer.key]["CacheControl"] == "no-cache"


def test_a_secret_keeps_what_nobody_names(account: Account, stage: str) -> None:
    secrets = account.client("secretsmanager")
    arn = secrets.create_secret(
        Name=f"solaris-{stage}", SecretString=json.dumps({"SECRET_KEY": "s", "REDIS_URL": "r"})
    )["ARN"]
    plan = plan_secret(account, arn, {"LITELLM_API_KEY": "k", "REDIS_URL": "r"})
    assert plan.changed == ("LITELLM_API_KEY",)
    assert read_secret(account, arn)[0] == {"SECRET_KEY": "s", "REDIS_URL": "r"}, "only planned"

    said: list[str] = []
    write_secret(account, plan, said.append)
    values, version = read_secret(account, arn)
    assert values == {"SECRET_KEY": "s", "REDIS_URL": "r", "LITELLM_API_KEY": "k"}
    assert version == plan.revision
    assert said == ["secret: LITELLM_API_KEY stored"]

    again = plan_secret(account, arn, {"LITELLM_API_KEY": "k"})
    assert (again.changed, again.revision) == ((), version)


def test_a_secret_that_is_no_object_is_refused(account: Account, stage: str) -> None:
    arn = account.client("secretsmanager").create_secret(
        Name=f"solaris-{stage}", SecretString="plain text"
    )["ARN"]
    with pytest.raises(DeployError, match="holds no JSON object"):
        plan_secret(account, arn, {})


class Small:
    """A small stack of one stage."""

    def __init__(self, account: Account, artifacts: Artifacts, stage: str) -> None:
        self.stage = stage
        self.account = account
        self.stack = Stack(account, f"solaris-{stage}")
        self._artifacts = artifacts
        self.shown: list[str] = []

    def resources(self, *, protected: bool = False) -> dict[str, Any]:
        key = {"AttributeName": "id", "AttributeType": "S"}
        return {
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "DeletionPolicy": "Retain",
                "Properties": {
                    "TableName": f"solaris-{self.stage}-users",
                    "BillingMode": "PAY_PER_REQUEST",
                    "DeletionProtectionEnabled": protected,
                    "AttributeDefinitions": [key],
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                },
            },
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {
                    "BucketName": f"solaris-{self.stage}-files",
                    "VersioningConfiguration": {"Status": "Enabled"},
                },
            },
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"QueueName": f"solaris-{self.stage}-usage"},
            },
        }

    def propose(self, resources: dict[str, Any]) -> changes.ChangeSet | None:
        data = Template({"Resources": resources}).to_json()
        self._artifacts.put(data, key_of(data))
        return changes.propose(
            self.stack,
            self.stack.state(),
            template_url=self.account.object_url(self._artifacts.bucket, key_of(data)),
            parameters=[],
            tags=TAGS | {"stage": self.stage},
        )

    def apply(self, resources: dict[str, Any]) -> StackState:
        proposed = self.propose(resources)
        assert proposed is not None
        changes.execute(self.stack, proposed)
        return self.stack.follow(proposed.stack_id, self.shown.append)


@pytest.fixture
def small(account: Account, artifacts: Artifacts, stage: str) -> Small:
    return Small(account, artifacts, stage)


def test_a_stack_is_proposed_made_and_then_has_no_changes(small: Small) -> None:
    proposed = small.propose(small.resources())
    assert proposed is not None
    assert {(one.action, one.name) for one in proposed.changes} == {
        ("Add", "Table"),
        ("Add", "Bucket"),
        ("Add", "Queue"),
    }
    changes.execute(small.stack, proposed)
    state = small.stack.follow(proposed.stack_id, small.shown.append)
    assert state.status == "CREATE_COMPLETE"
    assert any("CREATE_COMPLETE" in line and "Queue" in line for line in small.shown)
    assert small.propose(small.resources()) is None
    state = small.stack.state() or state
    assert state.status == "CREATE_COMPLETE"


def test_a_removed_table_is_a_change_that_loses_data(small: Small) -> None:
    small.apply(small.resources())
    fewer = {name: one for name, one in small.resources().items() if name != "Table"}
    proposed = small.propose(fewer)
    assert proposed is not None
    assert [one.name for one in proposed.changes if one.loses_data] == ["Table"]


def test_a_declined_change_set_of_a_new_stack_leaves_nothing(small: Small) -> None:
    proposed = small.propose(small.resources())
    assert proposed is not None
    changes.discard(small.stack, proposed.arn, is_new=True)
    small.stack.follow(proposed.stack_id, small.shown.append)
    assert small.stack.state() is None


def test_a_failure_is_told_by_its_first_cause(small: Small) -> None:
    # neither a metric nor a comparison: CloudWatch takes it nowhere
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{"Id": "a"}]}}
    bad = small.resources() | {"Other": alarm}
    proposed = small.propose(bad)
    assert proposed is not None
    changes.execute(small.stack, proposed)
    with pytest.raises(
        DeployError, match=r"Other \(AWS::CloudWatch::Alarm\): .*deploy again"
    ) as caught:
        small.stack.follow(proposed.stack_id, small.shown.append)
    assert "\n" not in str(caught.value)
    state = small.stack.state()
    assert state is not None
    assert state.has_never_worked


def test_an_unknown_stack_has_no_state(account: Account, stage: str) -> None:
    assert Stack(account, f"solaris-{stage}").state() is None


def fill(small: Small) -> None:
    s3 = small.account.client("s3")
    for text in (b"1", b"2"):
        s3.put_object(Bucket=f"solaris-{small.stage}-files", Key="a", Body=text)
    s3.delete_object(Bucket=f"solaris-{small.stage}-files", Key="a")
    small.account.client("dynamodb").put_item(
        TableName=f"solaris-{small.stage}-users", Item={"id": {"S": "1"}}
    )


def test_destroying_empties_deletes_and_leaves_nothing(small: Small) -> None:
    small.apply(small.resources())
    fill(small)
    shown: list[str] = []
    done = destroy(DestroyOptions(small.stage, region="us-east-1", show=shown.append))
    assert done.left == ()
    assert small.stack.state() is None
    text = "\n".join(shown)
    assert f"table      solaris-{small.stage}-users  about 1 items" in text
    assert f"table solaris-{small.stage}-users deleted" in text, "it was retained"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        boto3.client("dynamodb").describe_table(TableName=f"solaris-{small.stage}-users")
    again = destroy(DestroyOptions(small.stage, region="us-east-1", show=shown.append))
    assert again.left == ()


def test_deletion_protection_is_respected_and_the_way_out_named(small: Small) -> None:
    small.apply(small.resources(protected=True))
    with pytest.raises(DeployError, match="DeletionProtection=false"):
        destroy(DestroyOptions(small.stage, region="us-east-1", show=small.shown.append))
    assert small.stack.state() is not None


def test_whoever_types_another_name_deletes_nothing(small: Small) -> None:
    small.apply(small.resources())
    fill(small)
    options = DestroyOptions(
        small.stage, region="us-east-1", confirm=lambda _: "prod", show=small.shown.append
    )
    with pytest.raises(DeclinedError):
        destroy(options)
    versions = small.account.client("s3").list_object_versions(
        Bucket=f"solaris-{small.stage}-files"
    )
    assert len(versions["Versions"]) == 2
