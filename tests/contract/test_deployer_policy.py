"""The deployer's policy against what the template makes, what the deployer calls, its example."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.deploy.__main__ import main
from infra.deploy.policy import EDGE, MAX_CHARACTERS, STACK, as_text, documents
from tests.contract.template_document import ROOT, transformed

GRANTS = (*STACK, *EDGE)
LONGEST = {"stage": "s" * 20, "region": "ap-southeast-1"}
# Those that IAM bounds by no resource, and why.
FOR_ALL = {
    "EventSources": "Lambda makes up their names, and its account has no resource",
    "LogsOfAll": "a list",
    "Passwords": "it is of no secret",
    "MailAccount": "the account's own state",
    "Cache": "EC2 makes up the names of groups and describes all or none",
    "Stacks": "a list, and who is calling",
}
PREFIXES = {"sesv2": "ses"}
EXAMPLE = ROOT / "infra/deploy/github-actions.yml"


def called_services() -> set[str]:
    """The services that the deployer's code asks for clients of."""
    found = set()
    for file in (ROOT / "infra/deploy").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else None
            name = node.func.id if isinstance(node.func, ast.Name) else name
            first = node.args[0]
            if name in {"client", "_client"} and isinstance(first, ast.Constant):
                found.add(PREFIXES.get(str(first.value), str(first.value)))
    return found


def test_whatever_the_template_makes_may_be_made() -> None:
    """And nothing may be made that it does not make."""
    made = {one["Type"] for one in transformed()["Resources"].values()}
    assert {kind for one in GRANTS for kind in one.kinds} == made


def test_whatever_the_deployer_calls_is_allowed() -> None:
    services = {action.split(":")[0] for one in GRANTS for action in one.actions}
    called = called_services()
    assert {"s3", "cloudformation", "sts", "ses"} <= called
    assert called <= services


@pytest.mark.parametrize("stage", ["dev", LONGEST["stage"]])
def test_a_document_is_one_that_iam_takes(stage: str) -> None:
    made = documents(stage, LONGEST["region"])
    assert len(made) == 2
    for name, document in made.items():
        assert len(as_text(document)) <= MAX_CHARACTERS, name
        sids = [one["Sid"] for one in document["Statement"]]
        assert len(set(sids)) == len(sids)
        assert all(re.fullmatch(r"[A-Za-z0-9]+", one) for one in sids)
        assert "{" not in "".join(r for one in document["Statement"] for r in one["Resource"])


def test_actions_are_named_and_resources_are_this_stage_s() -> None:
    statements = [
        one for made in documents("dev", "sa-east-1").values() for one in made["Statement"]
    ]
    assert not [action for one in statements for action in one["Action"] if "*" in action]
    assert {one["Sid"] for one in statements if "*" in one["Resource"]} == set(FOR_ALL)
    for service in (
        "dynamodb",
        "lambda",
        "sqs",
        "sns",
        "secretsmanager",
        "iam",
        "logs",
        "scheduler",
    ):
        for one in statements:
            for resource in one["Resource"]:
                if resource.startswith(f"arn:aws:{service}:") and "LambdaAdapter" not in resource:
                    assert "solaris-dev" in resource, one["Sid"]


def test_roles_are_passed_to_the_template_s_services_alone() -> None:
    (passing,) = [one for one in GRANTS if "iam:PassRole" in one.actions]
    assert passing.condition is not None
    allowed = passing.condition["StringEquals"]["iam:PassedToService"]
    trusted = set()
    for one in transformed()["Resources"].values():
        if one["Type"] == "AWS::IAM::Role":
            for statement in one["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                trusted.add(statement["Principal"]["Service"])
    assert set(allowed) == trusted


@pytest.mark.parametrize(
    ("region", "partition"),
    [("sa-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_a_region_has_its_partition(region: str, partition: str) -> None:
    for document in documents("dev", region).values():
        for one in document["Statement"]:
            for resource in one["Resource"]:
                assert resource == "*" or resource.startswith(f"arn:{partition}:")


def test_it_is_printed_without_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--stage", "prod", "--region", "sa-east-1", "--account", "123456789012"]
    assert main(["policy", *arguments]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert printed == documents("prod", "sa-east-1", "123456789012")
    assert main(["policy", "--stage", "local", "--region", "sa-east-1"]) == 1


def test_the_example_for_ci_deploys_without_a_kept_key() -> None:
    example = yaml.safe_load(Path(EXAMPLE).read_text(encoding="utf-8"))
    (job,) = example["jobs"].values()
    assert job["permissions"] == {"id-token": "write", "contents": "read"}
    steps = job["steps"]
    (signing_in,) = [one for one in steps if "configure-aws-credentials" in one.get("uses", "")]
    assert set(signing_in["with"]) == {"role-to-assume", "aws-region"}
    assert "AWS_SECRET_ACCESS_KEY" not in EXAMPLE.read_text(encoding="utf-8")
    (command,) = [one["run"] for one in steps if "make deploy" in one.get("run", "")]
    assert "ARGS=--yes" in command
