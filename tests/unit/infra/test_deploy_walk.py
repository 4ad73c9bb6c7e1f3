"""From the first deployment to the last removal: whatever fails on the way, there is a way on."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deploy import deploying, destroying, protection, secret
from infra.deploy import stack as stack_module
from infra.deploy.aws import Account
from infra.deploy.deploying import DeclinedError, Deployed, DeployOptions, deploy
from infra.deploy.destroying import DestroyOptions, destroy
from infra.deploy.errors import DeployError
from infra.deploy.packaging import ROOT, Packager
from infra.deploy.remains import Remains
from infra.deploy.stack import Stack
from infra.deploy.template import read_template
from tests.unit.infra.rolling_back import STAGE, CloudFormation, Tables

TEMPLATE = read_template(ROOT / "template.yaml")
DOCUMENT = TEMPLATE.document
KINDS = {one["Type"]: name for name, one in DOCUMENT["Resources"].items()}
"""Of each type the resource that comes last."""

NAME = f"solaris-{STAGE}"


class Buckets:
    """S3 whose buckets are empty."""

    def __init__(self) -> None:
        self.looked_into: list[str] = []

    def get_paginator(self, _: str) -> "Buckets":
        return self

    def paginate(self, *, Bucket: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's name
        self.looked_into.append(Bucket)
        return []


class Cloud:
    """An account whose stack can fail; everything beside the stack goes well."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.formation = CloudFormation(DOCUMENT, self.tables)
        self.buckets = Buckets()
        clients = {"cloudformation": self.formation, "dynamodb": self.tables, "s3": self.buckets}
        # no endpoint: nothing is done otherwise because it is an emulator
        self.account = Account("000000000000", "us-east-1", None, clients)
        self.shown: list[str] = []

    @property
    def status(self) -> str | None:
        stack = self.formation.stacks.get(NAME)
        return stack.status if stack else None

    def is_kept(self) -> bool:
        return self.formation.stacks[NAME].is_kept

    @property
    def protected(self) -> set[bool]:
        return {one["DeletionProtectionEnabled"] for one in self.tables.found.values()}

    def deploy(self, **parameters: str) -> None:
        given = {"FromEmail": "noreply@example.com", **parameters}
        deploy(DeployOptions(STAGE, parameters=given, with_site=False, show=self.shown.append))

    def destroy(self) -> None:
        destroy(DestroyOptions(STAGE, show=self.shown.append))


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    made = Cloud()
    monkeypatch.setattr(stack_module, "POLL_SECONDS", 0.0)
    for module in (deploying, destroying):
        monkeypatch.setattr(module, "find_account", lambda _: made.account)
    of_deployment: dict[str, Callable[..., Any]] = {
        "_check_runtime": lambda *_: None,
        "_upload": lambda *_: "https://bucket/template.json",
        "_prune": lambda *_: None,
        "_site": lambda *_: "",
        "_deployed": lambda *_: Deployed,
    }
    for name, stands_in in of_deployment.items():
        monkeypatch.setattr(deploying._Deployment, name, stands_in)
    # parsed once: it takes seconds
    monkeypatch.setattr("infra.deploy.template.read_template", lambda _: TEMPLATE)
    monkeypatch.setattr(Packager, "build", lambda _: [])
    monkeypatch.setattr(deploying, "seed", lambda *_, **__: None)
    # they ask AWS as soon as another test has named a region, and wait for it
    monkeypatch.setattr(deploying, "capacity_notes", lambda *_: ())
    monkeypatch.setattr(deploying, "check_sender", lambda *_, **__: None)
    monkeypatch.setattr(secret, "read_secret", lambda *_: ({}, "version-1"))
    monkeypatch.setattr(destroying, "_remove_artifacts", lambda *_: None)
    # looked for one by one in the account: what the stack removes is removed here
    monkeypatch.setattr(Remains, "left", lambda _: [])
    return made


@pytest.mark.parametrize("failing", KINDS.values(), ids=KINDS.keys())
def test_a_first_deployment_that_fails_leaves_nothing_and_the_next_one_works(
    cloud: Cloud, failing: str
) -> None:
    cloud.formation.failing = failing
    with pytest.raises(DeployError, match=rf"ROLLBACK_COMPLETE: {failing} .* deploy again"):
        cloud.deploy()
    assert cloud.tables.found == {}
    cloud.deploy()
    assert cloud.status == "UPDATE_COMPLETE"
    assert cloud.protected == {True}


def test_the_whole_way(cloud: Cloud) -> None:
    cloud.deploy()
    assert cloud.protected == {True}
    assert cloud.is_kept()
    with pytest.raises(ClientError, match="TerminationProtection"):
        cloud.formation.delete_stack(NAME)
    assert "deployment" not in cloud.formation.stacks[NAME].tags
    cloud.formation.failing = KINDS["AWS::SQS::Queue"]
    with pytest.raises(DeployError, match="Everything is as it was before"):
        cloud.deploy(LogLevel="DEBUG")
    assert cloud.protected == {True}
    cloud.deploy(LogLevel="DEBUG")
    with pytest.raises(DeployError, match="DeletionProtection=false"):
        cloud.destroy()
    assert len(cloud.tables.found) > 10
    cloud.deploy(DeletionProtection="false")
    assert cloud.protected == {False}
    assert not cloud.is_kept()
    cloud.deploy()
    assert cloud.protected == {False}, "what was chosen once stays"
    cloud.destroy()
    assert (cloud.status, cloud.tables.found) == (None, {})
    cloud.deploy()
    assert cloud.protected == {True}


def test_protection_that_failed_comes_with_the_next_deployment(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second pass failed, or nobody let it begin: the first one stands unprotected."""
    execute = cloud.formation.execute_change_set

    def second_fails(ChangeSetName: str) -> None:  # noqa: N803 - boto3's name
        if cloud.status == "CREATE_COMPLETE":
            cloud.formation.failing = KINDS["AWS::DynamoDB::Table"]
        execute(ChangeSetName)

    monkeypatch.setattr(cloud.formation, "execute_change_set", second_fails)
    with pytest.raises(DeployError, match="UPDATE_ROLLBACK_COMPLETE"):
        cloud.deploy()
    assert cloud.protected == {False}
    monkeypatch.setattr(cloud.formation, "execute_change_set", execute)
    cloud.deploy()
    assert cloud.protected == {True}
    assert "deployment" not in cloud.formation.stacks[NAME].tags


def test_who_wants_no_protection_has_none_from_the_start(cloud: Cloud) -> None:
    cloud.deploy(DeletionProtection="false")
    cloud.deploy()
    assert cloud.protected == {False}
    cloud.destroy()
    assert cloud.status is None


@pytest.mark.parametrize("standing", ["UsersTable", "UsageQueue"])
def test_a_first_try_whose_removal_failed_as_well(cloud: Cloud, standing: str) -> None:
    """As a version before made it: protected from the first moment, so that nothing went back."""
    assert standing in DOCUMENT["Resources"]
    cloud.formation.failing = KINDS["AWS::CloudWatch::Alarm"]
    with pytest.raises(DeployError):
        cloud.deploy()
    stack = cloud.formation.stacks[NAME]
    for name in ("UsersTable", standing):
        stack.resources[name] = "DELETE_FAILED"
    cloud.tables.make(f"solaris-{STAGE}-users", protected=True)
    stack.status = "ROLLBACK_FAILED"
    cloud.deploy()
    assert any("deletion protection lifted" in line for line in cloud.shown)
    assert (cloud.status, cloud.protected) == ("UPDATE_COMPLETE", {True})


def test_its_removal_by_hand_failed_and_deploy_or_destroy_go_on(cloud: Cloud) -> None:
    for go_on in (cloud.deploy, cloud.destroy):
        cloud.formation.failing = KINDS["AWS::CloudWatch::Alarm"]
        with pytest.raises(DeployError):
            cloud.deploy()
        stack = cloud.formation.stacks[NAME]
        stack.resources["UsersTable"] = "DELETE_FAILED"
        cloud.tables.make(f"solaris-{STAGE}-users", protected=True)
        stack.status = "DELETE_FAILED"
        go_on()
        if go_on == cloud.deploy:
            assert cloud.protected == {True}
            cloud.deploy(DeletionProtection="false")
            cloud.destroy()
        assert (cloud.status, cloud.tables.found) == (None, {})


def test_a_table_of_somebody_else_is_never_unprotected(cloud: Cloud) -> None:
    """Of the same name and older than the stack: the creation fails on it, it stays as it is."""
    name = f"solaris-{STAGE}-users"
    cloud.tables.make(name, protected=True)
    for _ in range(2):
        with pytest.raises(DeployError, match=r"UsersTable .*already exists"):
            cloud.deploy()
        assert cloud.tables.found[name]["DeletionProtectionEnabled"] is True
    stack = cloud.formation.stacks[NAME]
    stack.resources["UsersTable"] = "DELETE_FAILED"  # whatever CloudFormation says of it
    shown: list[str] = []
    own = Stack(cloud.account, NAME)
    state = own.state()
    assert state is not None
    remains = Remains(cloud.account, own.resources())
    protection.lift(cloud.account, remains, since=state.created_at, show=shown.append)
    assert shown == []
    assert cloud.tables.found[name]["DeletionProtectionEnabled"] is True


def test_a_stage_in_use_whose_removal_failed_names_each_step(cloud: Cloud) -> None:
    """Somebody began in the console: the tables stand, and the stack cannot be updated."""
    cloud.deploy()
    cloud.formation.update_termination_protection(NAME, EnableTerminationProtection=False)
    cloud.formation.delete_stack(NAME)
    assert cloud.formation.stacks[NAME].status == "DELETE_FAILED"
    with pytest.raises(DeployError, match=f"make destroy STAGE={STAGE}"):
        cloud.deploy()
    with pytest.raises(DeployError, match="no-deletion-protection-enabled") as caught:
        cloud.destroy()
    assert cloud.protected == {True}, "nobody has decided it yet"
    for table in re.findall(r"--table-name (\S+) --no-deletion", str(caught.value)):
        cloud.tables.update_table(table, DeletionProtectionEnabled=False)
    cloud.destroy()
    assert (cloud.status, cloud.tables.found) == (None, {})
    cloud.deploy()
    assert cloud.protected == {True}


def test_what_somebody_protects_by_hand_is_never_emptied(cloud: Cloud) -> None:
    """Tables unprotected in the console, the stack still protected: nothing is touched."""
    cloud.deploy()
    for table in cloud.tables.found:
        cloud.tables.update_table(table, DeletionProtectionEnabled=False)
    emptied = cloud.buckets.looked_into
    with pytest.raises(DeployError, match="termination protection is on"):
        cloud.destroy()
    assert emptied == []
    stack = cloud.formation.stacks[NAME]
    stack.status = "ROLLBACK_FAILED"  # and whoever deploys a first try anew
    with pytest.raises(DeployError, match="termination protection is on"):
        cloud.deploy()
    assert emptied == []
    stack.status = "UPDATE_COMPLETE"
    cloud.deploy(DeletionProtection="false")
    cloud.formation.update_termination_protection(NAME, EnableTerminationProtection=True)
    cloud.deploy()
    assert cloud.is_kept(), "switched on by hand"


def test_who_may_not_switch_termination_protection_deploys_all_the_same(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Call")

    monkeypatch.setattr(cloud.formation, "update_termination_protection", denied)
    cloud.deploy()
    assert cloud.protected == {True}
    assert any("termination protection stays off" in line for line in cloud.shown)


def test_the_rest_of_a_first_try_is_removed_only_when_asked(cloud: Cloud) -> None:
    cloud.formation.failing = KINDS["AWS::CloudWatch::Alarm"]
    with pytest.raises(DeployError):
        cloud.deploy()
    options = DeployOptions(
        STAGE,
        parameters={"FromEmail": "noreply@example.com"},
        with_site=False,
        confirm=lambda _: False,
        show=cloud.shown.append,
    )
    with pytest.raises(DeclinedError, match="nothing was removed"):
        deploy(options)
    assert cloud.status == "ROLLBACK_COMPLETE"


def test_a_removal_that_fails_once_is_done_the_second_time(cloud: Cloud) -> None:
    cloud.deploy(DeletionProtection="false")
    cloud.formation.standing = KINDS["AWS::S3::Bucket"]
    cloud.destroy()
    assert (cloud.status, cloud.tables.found) == (None, {})
