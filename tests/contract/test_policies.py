"""What the functions may do: nothing that they do not need, and no wildcard without a reason.

The transformed template is read, so that what SAM adds is seen, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from solaris.channels.store import STANDING_OWNER
from solaris.ledger.booking import REFUSED_PREFIX
from solaris.reconciliation.run_store import PROGRESS_OWNER
from tests.contract.template_document import document, functions, transformed

# The only wildcards in actions and resources of what is allowed: policy and statement → why.
JUSTIFIED = {
    ("AdminRole", "ExportFiles"): "exports/* of the files bucket: keys are made up by the code",
    ("AdminRole", "Snapshot"): "directory/* of the files bucket: the key has the schema's version",
    ("AdminRole", "Unsuppress"): "SES has no resource for its suppression list",
    ("RunExportsRole", "ExportFiles"): "as for AdminRole",
    ("RunExportsRole", "Snapshot"): "as for AdminRole",
    ("KeepDirectoryRole", "Snapshot"): "as for AdminRole",
    ("SendAlertRole", "Mail"): "in SES's sandbox recipients are identities; FROM_EMAIL is fixed",
    ("SiteBucketPolicy", "Read"): "CloudFront reads every file of the site",
    ("FunctionPolicy", "Traces"): "X-Ray has no resources for these; only with Tracing=Active",
    ("NetworkPolicy", "Interfaces"): "Lambda asks for these on all; only with CacheEnabled",
}
# What was refused to a person goes with the person; no other counter is ever deleted.
REFUSED_ALONE = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{REFUSED_PREFIX}*"]}}
# How a channel has fared goes with the channel; no closed month is ever deleted.
CHANNELS_ALONE = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [STANDING_OWNER]}}
# Managed policies of AWS that are used.
AWS_POLICIES = {
    "AmazonAPIGatewayPushToCloudWatchLogs": "API Gateway's own role; only with AccessLogs",
}
SCANNERS = {
    *("AdminRole", "KeepDirectoryRole", "RunExportsRole"),  # the lists' replica
    *("OpenPeriodRole", "SweepReservationsRole", "ReconcileBooksRole"),  # every user
    "HealthRole",  # figures over all users
}
POLICY_TYPES = {
    "AWS::IAM::Role": ("AssumeRolePolicyDocument",),
    "AWS::IAM::ManagedPolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
}
OTHER_POLICY_TYPES = {
    *("AWS::IAM::Policy", "AWS::IAM::UserPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::GroupPolicy"),
    *("AWS::SecretsManager::ResourcePolicy", "AWS::SNS::TopicInlinePolicy"),
    *("AWS::SQS::QueueInlinePolicy", "AWS::Lambda::LayerVersionPermission"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the policy of a resource; `is_trust` is who may take a role."""

    policy: str
    body: dict[str, Any]
    is_trust: bool = False

    @property
    def name(self) -> tuple[str, str]:
        return self.policy, str(self.body.get("Sid", ""))

    @property
    def actions(self) -> list[str]:
        return [
            str(part)
            for one in as_list(self.body["Action"])
            for part in (one["Fn::If"][1:] if isinstance(one, dict) else [one])
            if isinstance(part, str)
        ]

    @property
    def resources(self) -> list[str]:
        return [spelled(one) for one in as_list(self.body.get("Resource", []))]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def spelled(value: Any) -> str:
    """A resource as text: `${FilesBucket.Arn}/exports/*`."""
    if isinstance(value, str):
        return value
    if "Fn::GetAtt" in value:
        return f"${{{'.'.join(value['Fn::GetAtt'])}}}"
    if "Ref" in value:
        return f"${{{value['Ref']}}}"
    return str(as_list(value["Fn::Sub"])[0])


def branches(value: Any) -> Iterator[dict[str, Any]]:
    """The statements of a list, with those that a condition may add."""
    for one in as_list(value):
        if "Fn::If" in one:
            yield from branches([part for part in one["Fn::If"][1:] if "Ref" not in part])
        else:
            yield one


def statements() -> list[Statement]:
    found = []
    for name, resource in transformed()["Resources"].items():
        properties = resource.get("Properties", {})
        for part in POLICY_TYPES.get(resource["Type"], ()):
            found += [
                Statement(name, one, is_trust=part.startswith("Assume"))
                for one in branches(properties[part]["Statement"])
            ]
        for policy in (
            properties.get("Policies", ()) if resource["Type"] == "AWS::IAM::Role" else ()
        ):
            found += [
                Statement(name, one) for one in branches(policy["PolicyDocument"]["Statement"])
            ]
    return found


def has_wildcard(statement: Statement) -> bool:
    return any("*" in one or "?" in one for one in (*statement.actions, *statement.resources))


def test_there_is_something_to_look_at() -> None:
    assert len([one for one in statements() if one.body["Effect"] == "Allow"]) > 60
    kinds = {one["Type"] for one in transformed()["Resources"].values()}
    assert not kinds & OTHER_POLICY_TYPES


def test_wildcards_have_a_reason_and_reasons_a_wildcard() -> None:
    allowed = [one for one in statements() if one.body["Effect"] == "Allow"]
    assert {one.name for one in allowed if has_wildcard(one)} == set(JUSTIFIED)


def test_no_action_is_a_wildcard() -> None:
    for one in statements():
        if one.body["Effect"] == "Allow":
            assert not [action for action in one.actions if "*" in action], one.name


def test_everything_is_said_positively() -> None:
    for one in statements():
        assert not {"NotAction", "NotResource", "NotPrincipal"} & one.body.keys(), one.name


def test_nobody_is_everybody() -> None:
    for one in statements():
        if one.body["Effect"] == "Allow" and "Principal" in one.body:
            assert set(one.body["Principal"]) == {"Service"}, one.name


def test_services_are_let_in_for_this_account_only() -> None:
    """Roles of Lambda and API Gateway cannot name a source: both assume only what is passed."""
    for one in statements():
        if one.body["Effect"] != "Allow" or "Principal" not in one.body:
            continue
        if one.body["Principal"]["Service"] in {"lambda.amazonaws.com", "apigateway.amazonaws.com"}:
            assert one.is_trust
        else:
            asked = [key for test in one.body["Condition"].values() for key in test]
            assert {"aws:SourceAccount", "aws:SourceArn"} & set(asked), one.name


def test_mail_is_sent_from_one_address_only() -> None:
    (mail,) = [one for one in statements() if one.name == ("SendAlertRole", "Mail")]
    assert mail.actions == ["ses:SendRawEmail"]
    assert mail.body["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "FromEmail"}}}


def test_tables_are_named_and_never_made_or_dropped() -> None:
    allowed = {
        f"dynamodb:{name}"
        for name in ("GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem")
    } | {"dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:ConditionCheckItem"}
    for one in statements():
        of_tables = [action for action in one.actions if action.startswith("dynamodb:")]
        assert set(of_tables) <= allowed, one.name
        if of_tables:
            assert all("Table.Arn}" in resource for resource in one.resources), one.name
        if "dynamodb:Scan" in of_tables:
            assert one.policy in SCANNERS


def test_ledgers_cannot_be_deleted_from() -> None:
    for one in statements():
        is_narrow = one.body.get("Condition") in (REFUSED_ALONE, CHANNELS_ALONE)
        if "dynamodb:DeleteItem" in one.actions and not is_narrow:
            tables = set(one.resources)
            assert not tables & {
                f"${{{name}Table.Arn}}"
                for name in ("Users", "Usage", "Transactions", "Periods", "Audit", "Counters")
            }


def test_the_reconciliation_only_looks() -> None:
    """What it writes is how far it has come: mending the books is a person's decision."""
    own = {one.name[1]: one for one in statements() if one.policy == "ReconcileBooksRole"}
    progress = own.pop("Progress")
    assert progress.body["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [PROGRESS_OWNER]}
    }
    assert progress.resources == ["${PeriodsTable.Arn}"]
    others = {action for one in own.values() for action in one.actions}
    assert {action for action in others if action.startswith("dynamodb:")} == {
        *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"),
    }


@pytest.mark.parametrize("function", sorted(functions()))
def test_a_function_writes_its_own_log_and_reads_the_secret(function: str) -> None:
    role = functions()[function]["Role"]["Fn::GetAtt"][0]
    own = {one.name[1]: one for one in statements() if one.policy == role}
    assert own["Log"].resources == [f"${{{role.removesuffix('Role')}Logs.Arn}}"]
    attached = document()["Resources"][role]["Properties"]["ManagedPolicyArns"]
    assert {"Ref": "FunctionPolicy"} in attached
    has_network = any("Fn::If" in one for one in attached)
    assert has_network == ("VpcConfig" in functions()[function])


def test_aws_own_policies_are_known() -> None:
    for name, resource in transformed()["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            for one in branches_of_arns(resource["Properties"].get("ManagedPolicyArns", ())):
                assert one.rsplit("/", 1)[-1] in AWS_POLICIES, name


def branches_of_arns(value: Any) -> Iterator[str]:
    """ARNs of AWS's own policies; those of this template are references."""
    for one in as_list(value):
        if isinstance(one, str):
            yield one
        elif "Fn::Sub" in one:
            yield str(one["Fn::Sub"])


def test_whoever_may_invoke_a_function_is_named() -> None:
    for name, resource in transformed()["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Permission":
            assert "SourceArn" in resource["Properties"], name
            assert resource["Properties"]["Action"] == "lambda:InvokeFunction"
