"""Which packages stay in the artifact bucket: those of the last deployments of every stage."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.deploy.artifacts import KEPT_DEPLOYMENTS, NOTES, Artifacts, key_of
from infra.deploy.aws import find_account
from infra.deploy.remains import empty_bucket

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def artifacts(cloud_emulator: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Artifacts]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud_emulator)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    account = find_account("us-east-1")
    bucket = Artifacts(account)
    bucket.bucket = "solaris-artifacts-pruned"
    bucket.create()
    yield bucket
    empty_bucket(account, bucket.bucket)


class Deployments:
    """Deployments one after the other, an hour apart, each of files by their texts."""

    def __init__(self, artifacts: Artifacts, folder: Path) -> None:
        self.artifacts = artifacts
        self._folder = folder
        self._at = AT

    def key(self, text: str) -> str:
        file = self._folder / text
        file.write_text(text)
        return key_of(file)

    def deploy(self, stage: str, *texts: str) -> int:
        self._at += timedelta(hours=1)
        keys = [self.key(text) for text in texts]
        self.artifacts.note(stage, keys, self._at)
        for text in texts:
            self.artifacts.upload(self._folder / text)
        return self.artifacts.prune(stage)

    def there(self) -> set[str]:
        s3 = self.artifacts._s3
        listed = s3.list_objects_v2(Bucket=self.artifacts.bucket).get("Contents", ())
        return {one["Key"] for one in listed if not one["Key"].startswith(NOTES)}

    def notes(self, stage: str) -> list[str]:
        return self.artifacts._notes(f"{NOTES}{stage}/")


@pytest.fixture
def deployments(artifacts: Artifacts, tmp_path: Path) -> Deployments:
    return Deployments(artifacts, tmp_path)


def test_the_last_deployments_keep_theirs_and_what_has_not_changed(
    deployments: Deployments,
) -> None:
    """A layer that never changed is as old as the bucket, and is what a roll-back needs."""
    for n in range(KEPT_DEPLOYMENTS):
        assert deployments.deploy("prod", "layer", f"code-{n}") == 0
    assert deployments.deploy("prod", "layer", "code-new") == 1
    kept = {deployments.key(f"code-{n}") for n in range(1, KEPT_DEPLOYMENTS)}
    assert deployments.there() == kept | {deployments.key("layer"), deployments.key("code-new")}
    assert len(deployments.notes("prod")) == KEPT_DEPLOYMENTS


def test_what_another_stage_uses_stays(deployments: Deployments) -> None:
    deployments.deploy("dev", "code-0")
    for n in range(KEPT_DEPLOYMENTS + 3):
        deployments.deploy("prod", f"code-{n}")
    assert deployments.key("code-0") in deployments.there()
    assert deployments.key("code-1") not in deployments.there()
    assert len(deployments.notes("dev")) == 1


def test_what_no_deployment_has_noted_stays(deployments: Deployments) -> None:
    """Of a version that made no notes: nobody knows who uses it."""
    deployments.artifacts.put(b"old", "old.zip")
    for n in range(KEPT_DEPLOYMENTS + 3):
        deployments.deploy("prod", f"code-{n}")
    assert "old.zip" in deployments.there()


def test_the_same_deployment_again_pushes_nothing_out(deployments: Deployments) -> None:
    deployments.deploy("prod", "before")
    for _ in range(KEPT_DEPLOYMENTS + 3):
        deployments.deploy("prod", "now")
    assert deployments.there() == {deployments.key("before"), deployments.key("now")}


def test_a_package_that_comes_back_is_sent_again(deployments: Deployments) -> None:
    for n in range(KEPT_DEPLOYMENTS + 1):
        deployments.deploy("prod", f"code-{n}")
    assert deployments.key("code-0") not in deployments.there()
    deployments.deploy("prod", "code-0")
    assert deployments.key("code-0") in deployments.there()


def test_a_stage_that_is_gone_leaves_what_others_use(deployments: Deployments) -> None:
    deployments.deploy("dev", "shared", "own")
    deployments.deploy("prod", "shared")
    assert deployments.artifacts.prune("dev", keep=0) == 1
    assert deployments.there() == {deployments.key("shared")}
    assert deployments.notes("dev") == []


def test_uploads_that_were_broken_off_are_dropped_after_a_day(artifacts: Artifacts) -> None:
    answer = artifacts._s3.get_bucket_lifecycle_configuration(Bucket=artifacts.bucket)
    (rule,) = answer["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "Expiration" not in rule, "a package is used for as long as it does not change"
