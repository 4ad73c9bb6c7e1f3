"""CloudFormation and DynamoDB as far as a deployment sees them, with CloudFormation's roll-back.

Emulators create and delete; they do not take back what a failed creation has made, and let a stack
be updated in every state. States and refusals here are those of AWS' user guide ("Stack status
codes", "Troubleshooting CloudFormation", "DeletionPolicy attribute").
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

TABLE = "AWS::DynamoDB::Table"
STACK = "AWS::CloudFormation::Stack"
STAGE = "prod"
# Updates are taken in these states alone.
UPDATABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


def refused(message: str, code: str = "ValidationError") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


@dataclass
class Tables:
    """DynamoDB's tables by name: protected or not, and since when."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def make(self, name: str, *, protected: bool = False) -> None:
        self.now += timedelta(seconds=1)
        self.found[name] = {
            "TableName": name,
            "TableStatus": "ACTIVE",
            "ItemCount": 0,
            "DeletionProtectionEnabled": protected,
            "CreationDateTime": self.now,
        }

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if TableName not in self.found:
            raise refused(f"no table {TableName}", "ResourceNotFoundException")
        return {"Table": self.found[TableName]}

    def update_table(self, TableName: str, *, DeletionProtectionEnabled: bool) -> None:  # noqa: N803 - boto3's names
        self.found[TableName]["DeletionProtectionEnabled"] = DeletionProtectionEnabled


@dataclass
class Made:
    """A stack as CloudFormation keeps it."""

    stack_id: str
    created_at: datetime
    status: str = "REVIEW_IN_PROGRESS"
    is_kept: bool = False
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)  # logical name → status
    events: list[dict[str, Any]] = field(default_factory=list)


class CloudFormation:
    """One template's stacks. `failing` is the resource that the next operation cannot make."""

    def __init__(self, document: dict[str, Any], tables: Tables) -> None:
        self._kinds = {name: one["Type"] for name, one in document["Resources"].items()}
        self._names = {
            name: one["Properties"]["TableName"]["Fn::Sub"].replace("${Stage}", STAGE)
            for name, one in document["Resources"].items()
            if one["Type"] == TABLE
        }
        self._defaults = {
            name: str(one.get("Default", "")) for name, one in document["Parameters"].items()
        }
        self._tables = tables
        self._numbers = itertools.count(1)
        self._sets: dict[str, tuple[str, str, dict[str, str], dict[str, str]]] = {}
        self.stacks: dict[str, Made] = {}
        self._gone: dict[str, Made] = {}  # still found by their ids
        self.failing: str | None = None
        self.standing: str | None = None
        """The resource that the next deletion cannot remove."""

    # ---- what is asked ----------------------------------------------------------------------

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        stack = self._stack(StackName)
        return {
            "Stacks": [
                {
                    "StackId": stack.stack_id,
                    "StackStatus": stack.status,
                    "CreationTime": stack.created_at,
                    "EnableTerminationProtection": stack.is_kept,
                    "Parameters": [
                        {"ParameterKey": name, "ParameterValue": value}
                        for name, value in stack.parameters.items()
                    ],
                    "Tags": [{"Key": name, "Value": one} for name, one in stack.tags.items()],
                    "Outputs": [{"OutputKey": "SecretArn", "OutputValue": "arn:secret"}]
                    if stack.status in UPDATABLE
                    else [],
                }
            ]
        }

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"StackEvents": list(reversed(self._stack(StackName).events))}

    def get_paginator(self, _: str) -> "CloudFormation":
        return self

    def paginate(self, StackName: str | None = None) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto3's name
        if StackName is None:
            yield {"Stacks": []}
            return
        yield {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": name,
                    "PhysicalResourceId": self._names.get(name, ""),
                    "ResourceType": self._kinds[name],
                    "ResourceStatus": status,
                }
                for name, status in self._stack(StackName).resources.items()
            ]
        }

    # ---- what is done -----------------------------------------------------------------------

    def create_change_set(
        self,
        *,
        StackName: str,  # noqa: N803 - boto3's names
        ChangeSetType: str,  # noqa: N803
        Parameters: list[dict[str, Any]],  # noqa: N803
        Tags: list[dict[str, str]],  # noqa: N803
        **_: Any,
    ) -> dict[str, str]:
        stack = self.stacks.get(StackName)
        if ChangeSetType == "CREATE":
            if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
                raise refused(f"Stack {StackName} already exists and cannot be created again")
            self._tables.now += timedelta(seconds=1)
            number = next(self._numbers)
            stack = Made(f"arn:stack/{StackName}/{number}", self._tables.now)
            self.stacks[StackName] = stack
        elif stack is None or stack.status not in UPDATABLE:
            status = stack.status if stack else "missing"
            raise refused(f"Stack:{StackName} is in {status} state and can not be updated.")
        wanted = self._defaults | {
            one["ParameterKey"]: stack.parameters[one["ParameterKey"]]
            if one.get("UsePreviousValue")
            else one["ParameterValue"]
            for one in Parameters
        }
        arn = f"arn:change-set/{next(self._numbers)}"
        tags = {one["Key"]: one["Value"] for one in Tags}
        self._sets[arn] = (StackName, ChangeSetType, wanted, tags)
        return {"Id": arn}

    def describe_change_set(self, ChangeSetName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        name, kind, wanted, tags = self._sets[ChangeSetName]
        stack = self.stacks[name]
        if kind == "UPDATE" and (wanted, tags) == (stack.parameters, stack.tags):
            return {"Status": "FAILED", "StatusReason": "It didn't contain changes."}
        return {"Status": "CREATE_COMPLETE", "StackId": stack.stack_id, "Changes": []}

    def delete_change_set(self, ChangeSetName: str) -> None:  # noqa: N803 - boto3's name
        del self._sets[ChangeSetName]

    def execute_change_set(self, ChangeSetName: str) -> None:  # noqa: N803 - boto3's name
        name, kind, wanted, tags = self._sets.pop(ChangeSetName)
        stack = self.stacks[name]
        failing, self.failing = self.failing, None
        if kind == "CREATE":
            self._create(stack, wanted, tags, failing)
        elif failing is not None:
            self._tell(stack, failing, "UPDATE_FAILED", "no")
            self._end(stack, "UPDATE_ROLLBACK_COMPLETE")
        else:
            stack.parameters, stack.tags = wanted, tags
            for table in self._names.values():
                self._tables.found[table]["DeletionProtectionEnabled"] = _is_protected(wanted)
            self._end(stack, "UPDATE_COMPLETE")

    def update_termination_protection(
        self,
        StackName: str,  # noqa: N803 - boto3's names
        *,
        EnableTerminationProtection: bool,  # noqa: N803
    ) -> None:
        self._stack(StackName).is_kept = EnableTerminationProtection

    def delete_stack(self, StackName: str, **_: Any) -> None:  # noqa: N803 - boto3's name
        stack = self._stack(StackName)
        if stack.is_kept:
            raise refused(f"Stack [{StackName}] cannot be deleted: TerminationProtection")
        standing, self.standing = self.standing, None
        if self._remove_all(stack, standing):
            self._end(stack, "DELETE_COMPLETE")
            self.stacks = {name: one for name, one in self.stacks.items() if one is not stack}
            self._gone[stack.stack_id] = stack
        else:
            self._end(stack, "DELETE_FAILED")

    # ---- how --------------------------------------------------------------------------------

    def _create(
        self, stack: Made, wanted: dict[str, str], tags: dict[str, str], failing: str | None
    ) -> None:
        stack.parameters, stack.tags = wanted, tags
        for name in self._kinds:
            table = self._names.get(name)
            if name == failing or (table is not None and table in self._tables.found):
                self._tell(stack, name, "CREATE_FAILED", "already exists")
                is_clean = self._remove_all(stack, None)
                self._end(stack, "ROLLBACK_COMPLETE" if is_clean else "ROLLBACK_FAILED")
                return
            if table is not None:
                self._tables.make(table, protected=_is_protected(wanted))
            self._tell(stack, name, "CREATE_COMPLETE")
        self._end(stack, "CREATE_COMPLETE")

    def _remove_all(self, stack: Made, standing: str | None) -> bool:
        """Whether all of it could be removed."""
        is_clean = True
        for name, status in reversed(stack.resources.items()):
            if status in {"CREATE_FAILED", "DELETE_COMPLETE"}:
                continue
            table = self._tables.found.get(self._names.get(name, ""))
            if name == standing or (table is not None and table["DeletionProtectionEnabled"]):
                self._tell(stack, name, "DELETE_FAILED", "is protected against deletion")
                is_clean = False
                continue
            if table is not None:
                del self._tables.found[self._names[name]]
            self._tell(stack, name, "DELETE_COMPLETE")
        return is_clean

    def _tell(self, stack: Made, name: str, status: str, reason: str = "") -> None:
        stack.resources[name] = status
        physical = self._names.get(name, "")
        stack.events.append(self._event(name, physical, self._kinds[name], status, reason))

    def _end(self, stack: Made, status: str) -> None:
        stack.status = status
        stack.events.append(self._event("stack", stack.stack_id, STACK, status, ""))

    def _event(
        self, name: str, physical: str, kind: str, status: str, reason: str
    ) -> dict[str, Any]:
        return {
            "EventId": str(next(self._numbers)),
            "LogicalResourceId": name,
            "PhysicalResourceId": physical,
            "ResourceType": kind,
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }

    def _stack(self, name_or_id: str) -> Made:
        for name, stack in self.stacks.items():
            if name_or_id in (name, stack.stack_id):
                return stack
        if name_or_id in self._gone:
            return self._gone[name_or_id]
        raise refused(f"Stack with id {name_or_id} does not exist")


def _is_protected(parameters: dict[str, str]) -> bool:
    return parameters["DeletionProtection"].lower() == "true"
