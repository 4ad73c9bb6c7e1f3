"""One CloudFormation stack: how it stands, and following what happens to it until it ends."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.aws import Account, aws_errors, error_code
from infra.deploy.errors import DeployError

POLL_SECONDS = 3.0
EMULATOR_POLL_SECONDS = 0.3
# CloudFront and ElastiCache take a quarter of an hour each, one after the other at worst.
FOLLOW_SECONDS = 3600
MAX_EVENT_PAGES = 50
_NOT_THE_CAUSE = ("Resource creation cancelled", "Resource update cancelled")
_STACK = "AWS::CloudFormation::Stack"
# On a stack whose creation, the second pass of its deployment included, has not ended well.
UNFINISHED_TAG, UNFINISHED = "deployment", "unfinished"
_UNKNOWN = datetime.max.replace(tzinfo=UTC)  # nothing was made after it


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack as CloudFormation describes it; `stack_id` survives its deletion."""

    stack_id: str
    status: str
    reason: str
    parameters: dict[str, str]
    outputs: dict[str, str]
    tags: dict[str, str] = field(default_factory=dict)
    created_at: datetime = _UNKNOWN
    is_kept: bool = False
    """Whether CloudFormation refuses to delete it (termination protection)."""

    @property
    def is_busy(self) -> bool:
        """Whether something is being done to it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    @property
    def is_empty(self) -> bool:
        """Whether it is a name without resources: never executed."""
        return self.status == "REVIEW_IN_PROGRESS"

    @property
    def has_never_worked(self) -> bool:
        """Whether its creation failed: it can only be deleted.

        The tag tells a first try whose removal failed from a stack that somebody has used.
        """
        never = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
        return self.status in never or (self.is_half_deleted and self.is_unfinished)

    @property
    def is_unfinished(self) -> bool:
        """Whether it was created, and nothing has ended well since."""
        return self.tags.get(UNFINISHED_TAG) == UNFINISHED

    @property
    def is_updatable(self) -> bool:
        """Whether a deployment can change it, now or after what it says."""
        return not (self.has_never_worked or self.is_half_deleted)

    @property
    def is_half_deleted(self) -> bool:
        """Whether its deletion failed: it cannot be updated, only deleted again."""
        return self.status == "DELETE_FAILED"


@dataclass(slots=True)
class Stack:
    """A stack by its name; every call raises DeployError.

    `skipped` are the resources, type and physical id, that its deletion has left standing.
    """

    account: Account
    name: str
    skipped: list[tuple[str, str]] = field(init=False, default_factory=list)
    _seen: set[str] = field(init=False, default_factory=set)

    @property
    def client(self) -> Any:
        """boto3's CloudFormation client."""
        return self.account.client("cloudformation")

    def state(self, stack_id: str | None = None) -> StackState | None:
        """How it stands; None when there is none (a deleted one is still found by its id)."""
        try:
            with aws_errors(f"stack {self.name}"):
                found = self.client.describe_stacks(StackName=stack_id or self.name)["Stacks"]
        except DeployError as error:
            if _does_not_exist(error.__cause__):
                return None
            raise
        one = found[0]
        if one["StackStatus"] == "DELETE_COMPLETE" and stack_id is None:
            return None
        return StackState(
            stack_id=one["StackId"],
            status=one["StackStatus"],
            reason=one.get("StackStatusReason", ""),
            parameters={
                p["ParameterKey"]: p.get("ParameterValue", "") for p in one.get("Parameters", ())
            },
            outputs={o["OutputKey"]: o["OutputValue"] for o in one.get("Outputs", ())},
            tags={tag["Key"]: tag["Value"] for tag in one.get("Tags", ())},
            created_at=one.get("CreationTime", _UNKNOWN),
            is_kept=bool(one.get("EnableTerminationProtection")),
        )

    def resources(self, stack_id: str | None = None) -> list[dict[str, str]]:
        """Its resources: logical and physical id, type, status."""
        name = stack_id or self.name
        with aws_errors(f"stack {self.name}"):
            pages = self.client.get_paginator("list_stack_resources").paginate(StackName=name)
            return [one for page in pages for one in page["StackResourceSummaries"]]

    def keep(self, *, is_kept: bool) -> None:
        """Switch termination protection on or off."""
        with aws_errors(f"stack {self.name}"):
            self.client.update_termination_protection(
                StackName=self.name, EnableTerminationProtection=is_kept
            )

    def delete(self, retained: tuple[str, ...] = ()) -> None:
        """Begin to delete it."""
        keep = {"RetainResources": list(retained)} if retained else {}
        with aws_errors(f"stack {self.name}"):
            self.client.delete_stack(StackName=self.name, **keep)

    def mark(self, stack_id: str) -> None:
        """Take note of the events so far: `follow` shows only later ones."""
        self._seen = {event["EventId"] for event in self._events(stack_id)}

    def follow(self, stack_id: str, show: Callable[[str], None]) -> StackState:
        """Show events until nothing is in progress any more; returns how it ended.

        A deleted stack is found by its id for a while and is DELETE_COMPLETE. Raises DeployError
        with the first failure's reason when it did not end well, or when it takes longer than an
        hour.
        """
        poll = EMULATOR_POLL_SECONDS if self.account.is_emulator else POLL_SECONDS
        deadline = time.monotonic() + FOLLOW_SECONDS
        failures: list[dict[str, Any]] = []
        has_ended = False
        while True:
            state = self.state(stack_id)
            for event in self._new_events(stack_id):
                _show_event(event, show)
                has_ended |= _ends(event, stack_id)
                if event["ResourceStatus"].endswith("_FAILED"):
                    failures.append(event)
                elif event["ResourceStatus"] == "DELETE_SKIPPED":
                    name = event.get("PhysicalResourceId", event["LogicalResourceId"])
                    self.skipped.append((event["ResourceType"], name))
            if state is None or state.status == "DELETE_COMPLETE":
                return state or StackState(stack_id, "DELETE_COMPLETE", "", {}, {})
            # right after a call the stack may still be shown as it was before
            if has_ended and not state.is_busy and not state.is_empty:
                break
            if time.monotonic() > deadline:
                msg = (
                    f"stack {self.name}: still {state.status} after {FOLLOW_SECONDS // 60} minutes;"
                    " it goes on without us: run the same command again later"
                )
                raise DeployError(msg)
            time.sleep(poll)
        if "ROLLBACK" in state.status or state.status.endswith("_FAILED"):
            raise DeployError(_why(self.name, state, failures))
        return state

    def _new_events(self, stack_id: str) -> list[dict[str, Any]]:
        fresh = []
        for event in self._events(stack_id):
            if event["EventId"] in self._seen:
                break
            fresh.append(event)
        self._seen.update(event["EventId"] for event in fresh)
        return fresh[::-1]

    def _events(self, stack_id: str) -> Iterator[dict[str, Any]]:
        """Events, newest first, page by page as far as somebody reads."""
        token: dict[str, str] = {}
        for _ in range(MAX_EVENT_PAGES):
            with aws_errors(f"stack {self.name}"):
                page = self.client.describe_stack_events(StackName=stack_id, **token)
            yield from page["StackEvents"]
            if "NextToken" not in page:
                return
            token = {"NextToken": page["NextToken"]}


def _does_not_exist(error: BaseException | None) -> bool:
    return (
        isinstance(error, ClientError)
        and error_code(error) in {"ValidationError", "StackNotFound"}
        and "does not exist" in str(error)
    )


def _ends(event: dict[str, Any], stack_id: str) -> bool:
    """Whether this is the stack's own last word."""
    is_own = event.get("PhysicalResourceId") == stack_id
    return is_own and not event["ResourceStatus"].endswith("_IN_PROGRESS")


def _show_event(event: dict[str, Any], show: Callable[[str], None]) -> None:
    status = event["ResourceStatus"]
    if status.endswith("_IN_PROGRESS") and event["ResourceType"] != _STACK:
        return
    reason = event.get("ResourceStatusReason", "") if status.endswith("_FAILED") else ""
    line = f"  {status:<20} {event['ResourceType']:<38} {event['LogicalResourceId']}"
    show(f"{line}  {reason}".rstrip())


def _why(name: str, state: StackState, failures: list[dict[str, Any]]) -> str:
    causes = [
        one
        for one in failures
        if not one.get("ResourceStatusReason", "").startswith(_NOT_THE_CAUSE)
        and one["ResourceType"] != _STACK
    ]
    if causes:
        first = causes[0]
        reason = first.get("ResourceStatusReason", "")
        cause = f"{first['LogicalResourceId']} ({first['ResourceType']}): {reason}"
    else:
        cause = state.reason or "no reason is given"
    cause = " ".join(cause.split()).rstrip(".")
    return f"stack {name}: {state.status}: {cause}. {_next_step(state.status)}"


def _next_step(status: str) -> str:
    if status == "UPDATE_ROLLBACK_COMPLETE":
        return "Everything is as it was before; mend the cause and deploy again"
    if status == "UPDATE_ROLLBACK_FAILED":
        return "`aws cloudformation continue-update-rollback --stack-name …`, then deploy again"
    if status == "DELETE_FAILED":
        return "Mend the cause and run `make destroy` again"
    return "Nothing of it is left running; mend the cause and deploy again"
