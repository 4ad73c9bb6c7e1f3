"""Change sets: what CloudFormation would do, shown before it is done."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.deploy.aws import aws_errors
from infra.deploy.errors import DeployError
from infra.deploy.stack import Stack, StackState

CREATE_SECONDS = 600
POLL_SECONDS = 2.0
EMULATOR_POLL_SECONDS = 0.1
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
# Replacing or removing one of these loses what is in it.
HOLDS_DATA = frozenset(
    {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::SQS::Queue"}
)
_NOTHING = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True, slots=True)
class Change:
    """One resource; `replacement` is True, False or Conditional, as CloudFormation says it."""

    action: str
    name: str
    kind: str
    replacement: str

    @property
    def loses_data(self) -> bool:
        """Whether a table, bucket, secret or queue would be removed or made anew."""
        is_new = self.action == "Modify" and self.replacement in {"True", "Conditional"}
        return self.kind in HOLDS_DATA and (self.action == "Remove" or is_new)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set that waits for its execution; without changes there is nothing to execute."""

    arn: str
    stack_id: str
    changes: tuple[Change, ...]


def propose(
    stack: Stack,
    state: StackState | None,
    *,
    template_url: str,
    parameters: list[dict[str, Any]],
    tags: dict[str, str],
) -> ChangeSet | None:
    """Make a change set and wait until CloudFormation knows it; None when nothing would change.

    Raises DeployError, with CloudFormation's own reason when it refuses the template.
    """
    is_new = state is None or state.is_empty
    with aws_errors(f"stack {stack.name}"):
        made = stack.client.create_change_set(
            StackName=stack.name,
            ChangeSetName=f"deploy-{uuid.uuid4().hex[:12]}",
            ChangeSetType="CREATE" if is_new else "UPDATE",
            TemplateURL=template_url,
            Parameters=parameters,
            Capabilities=list(CAPABILITIES),
            Tags=[{"Key": name, "Value": value} for name, value in tags.items()],
        )
    arn = made["Id"]
    poll = EMULATOR_POLL_SECONDS if stack.account.is_emulator else POLL_SECONDS
    deadline = time.monotonic() + CREATE_SECONDS
    while True:
        with aws_errors(f"change set of {stack.name}"):
            found = stack.client.describe_change_set(ChangeSetName=arn)
        if found["Status"] not in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}:
            break
        if time.monotonic() > deadline:
            msg = f"change set of {stack.name}: still {found['Status']} after {CREATE_SECONDS} s"
            raise DeployError(msg)
        time.sleep(poll)
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "")
        discard(stack, arn, is_new=is_new)
        if any(words in reason for words in _NOTHING):
            return None
        msg = f"stack {stack.name}: {' '.join(reason.split()) or 'CloudFormation gives no reason'}"
        raise DeployError(msg)
    return ChangeSet(arn, found["StackId"], tuple(_all_changes(stack, arn, found)))


def execute(stack: Stack, change_set: ChangeSet) -> None:
    """Begin to carry it out."""
    stack.mark(change_set.stack_id)
    with aws_errors(f"stack {stack.name}"):
        stack.client.execute_change_set(ChangeSetName=change_set.arn)


def discard(stack: Stack, arn: str, *, is_new: bool) -> None:
    """Remove a change set that nobody wants, and the empty stack that came with it."""
    with aws_errors(f"change set of {stack.name}"):
        stack.client.delete_change_set(ChangeSetName=arn)
        if is_new:
            stack.client.delete_stack(StackName=stack.name)


def preview(changes: tuple[Change, ...], show: Callable[[str], None]) -> None:
    """Show what would be done, and warn of what would be lost."""
    for change in sorted(changes, key=lambda one: (one.action, one.kind, one.name)):
        replaced = {"True": "  REPLACED", "Conditional": "  perhaps replaced"}
        show(
            f"  {change.action:<7} {change.kind:<38} {change.name}"
            f"{replaced.get(change.replacement, '') if change.action == 'Modify' else ''}"
        )
    for change in changes:
        if change.loses_data:
            verb = "removed" if change.action == "Remove" else "replaced"
            show(f"  WARNING: {change.name} ({change.kind}) would be {verb}: its contents are lost")


def _all_changes(stack: Stack, arn: str, first: dict[str, Any]) -> list[Change]:
    pages = [first]
    while "NextToken" in pages[-1]:
        with aws_errors(f"change set of {stack.name}"):
            pages.append(
                stack.client.describe_change_set(
                    ChangeSetName=arn, NextToken=pages[-1]["NextToken"]
                )
            )
    found = [one["ResourceChange"] for page in pages for one in page.get("Changes", ())]
    return [
        Change(
            action=one["Action"],
            name=one["LogicalResourceId"],
            kind=one["ResourceType"],
            replacement=one.get("Replacement", "False"),
        )
        for one in found
    ]
