"""Following a stack, by CloudFormation's answers in an order that an emulator never gives."""

from typing import Any

import pytest

from infra.deploy import stack as stack_module
from infra.deploy.aws import Account
from infra.deploy.errors import DeployError
from infra.deploy.remains import Remains
from infra.deploy.removing import delete_stack
from infra.deploy.stack import Stack

ID = "arn:aws:cloudformation:us-east-1:000000000000:stack/solaris-dev/1"


def event(number: int, status: str, name: str = "solaris-dev", reason: str = "") -> dict[str, Any]:
    """An event of the stack itself, or of a queue of another name."""
    is_stack = name == "solaris-dev"
    return {
        "EventId": str(number),
        "LogicalResourceId": name,
        "PhysicalResourceId": ID if is_stack else name,
        "ResourceType": "AWS::CloudFormation::Stack" if is_stack else "AWS::SQS::Queue",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


class CloudFormation:
    """Answers each question with the next status and the events up to then."""

    def __init__(self, *steps: tuple[str, list[dict[str, Any]]]) -> None:
        self._steps = list(steps)
        self._events: list[dict[str, Any]] = []
        self.deletions = 0

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        status, events = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        self._events = [*reversed(events), *self._events] if events else self._events
        return {"Stacks": [{"StackId": StackName, "StackStatus": status}]}

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"StackEvents": self._events}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803 - boto3's name
        self.deletions += 1


def stack_of(client: CloudFormation) -> Stack:
    account = Account("000000000000", "us-east-1", "http://127.0.0.1:1", {"cloudformation": client})
    return Stack(account, "solaris-dev")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "EMULATOR_POLL_SECONDS", 0.0)


def test_a_status_from_before_the_call_does_not_end_it() -> None:
    client = CloudFormation(
        ("UPDATE_COMPLETE", []),
        ("UPDATE_COMPLETE", []),
        ("UPDATE_IN_PROGRESS", [event(1, "UPDATE_IN_PROGRESS")]),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", [event(2, "UPDATE_COMPLETE", "Usage")]),
        ("UPDATE_COMPLETE", [event(3, "UPDATE_COMPLETE")]),
    )
    shown: list[str] = []
    assert stack_of(client).follow(ID, shown.append).status == "UPDATE_COMPLETE"
    assert [line.split()[0] for line in shown] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE",
    ]


def test_the_cause_is_the_first_failure_that_is_one() -> None:
    client = CloudFormation(
        ("CREATE_IN_PROGRESS", [event(1, "CREATE_IN_PROGRESS")]),
        (
            "ROLLBACK_IN_PROGRESS",
            [
                event(2, "CREATE_FAILED", "Other", "Resource creation cancelled"),
                event(3, "CREATE_FAILED", "Usage", "A queue of this name\n exists."),
                event(4, "CREATE_FAILED", "Late", "Another reason"),
            ],
        ),
        ("ROLLBACK_COMPLETE", [event(5, "ROLLBACK_COMPLETE")]),
    )
    with pytest.raises(DeployError) as caught:
        stack_of(client).follow(ID, lambda _: None)
    assert str(caught.value) == (
        "stack solaris-dev: ROLLBACK_COMPLETE: Usage (AWS::SQS::Queue): A queue of this name "
        "exists. Nothing of it is left running; mend the cause and deploy again"
    )


def test_waiting_ends_and_says_that_cloudformation_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "FOLLOW_SECONDS", -1)
    client = CloudFormation(("UPDATE_IN_PROGRESS", []))
    with pytest.raises(DeployError, match="still UPDATE_IN_PROGRESS"):
        stack_of(client).follow(ID, lambda _: None)


def test_events_from_before_are_not_shown() -> None:
    client = CloudFormation(
        ("CREATE_COMPLETE", [event(1, "CREATE_COMPLETE")]),
        ("UPDATE_COMPLETE", [event(2, "UPDATE_COMPLETE")]),
    )
    followed = stack_of(client)
    client.describe_stacks(ID)
    followed.mark(ID)
    shown: list[str] = []
    followed.follow(ID, shown.append)
    assert len(shown) == 1


def test_a_deletion_that_fails_once_is_tried_again() -> None:
    client = CloudFormation(
        (
            "DELETE_FAILED",
            [event(1, "DELETE_FAILED", "Files", "not empty"), event(2, "DELETE_FAILED")],
        ),
        ("DELETE_COMPLETE", [event(3, "DELETE_COMPLETE")]),
    )
    shown: list[str] = []
    followed = stack_of(client)
    delete_stack(followed, ID, Remains(followed.account, []), shown.append)
    assert client.deletions == 2
    assert any("not empty" in line and line.endswith("once more") for line in shown)


def test_a_deletion_that_fails_twice_is_an_error() -> None:
    client = CloudFormation(
        ("DELETE_FAILED", [event(1, "DELETE_FAILED")]),
        ("DELETE_FAILED", [event(2, "DELETE_FAILED")]),
    )
    followed = stack_of(client)
    with pytest.raises(DeployError, match="run `make destroy` again"):
        delete_stack(followed, ID, Remains(followed.account, []), lambda _: None)
    assert client.deletions == 2
