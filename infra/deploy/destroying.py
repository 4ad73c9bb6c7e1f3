"""Takes a stage down: shows what goes, asks, empties, deletes, and looks for what is left."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.deploy.artifacts import Artifacts
from infra.deploy.aws import Account, aws_errors, check_stage, find_account
from infra.deploy.deploying import TAGS, DeclinedError
from infra.deploy.errors import DeployError
from infra.deploy.protection import lift, refuse_kept, refuse_protected
from infra.deploy.remains import KEEPS_DATA, Remains, empty_bucket
from infra.deploy.removing import delete_stack
from infra.deploy.stack import Stack

MAX_COUNTED_OBJECTS = 100_000


@dataclass(frozen=True, slots=True)
class DestroyOptions:
    """What to take down.

    `confirm` gets the stage's name and must return what was typed; None: never asked.
    `everything` removes what the stack is told to keep as well; on an emulator it always goes.
    """

    stage: str
    region: str | None = None
    confirm: Callable[[str], str] | None = None
    everything: bool = False
    show: Callable[[str], None] = print


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What is left, one line each; empty: nothing."""

    left: tuple[str, ...]


def destroy(options: DestroyOptions) -> Destroyed:
    """Delete a stage and all it holds; raises DeployError. Safe to run again after a failure."""
    check_stage(options.stage)
    account = find_account(options.region)
    show = options.show
    stack = Stack(account, f"solaris-{options.stage}")
    state = stack.state()
    where = account.endpoint or f"account {account.account_id}"
    show(f"stage {options.stage} on {where}, {account.region}")
    remains = Remains(account, [])
    if state is None:
        show(f"stack {stack.name}: there is none")
    else:
        if state.is_busy:
            msg = f"stack {stack.name}: {state.status}: wait until that has ended"
            raise DeployError(msg)
        resources = stack.resources()
        remains = Remains(account, resources)
        _show_contents(remains, show)
        refuse_kept(stack, state, options.stage)
        if not state.has_never_worked:
            refuse_protected(remains, options.stage, can_be_updated=state.is_updatable)
        _confirm(options)
        if state.has_never_worked:
            lift(account, remains, since=state.created_at, show=show)
        delete_stack(stack, state.stack_id, remains, show)
        remains.skipped = stack.skipped
        _forget_sender(account, state.parameters.get("FromEmail"))
    others = _other_stages(account, stack.name)
    if options.everything or account.is_emulator:
        remains.remove(show, keep_roles=bool(others))
    _remove_artifacts(account, options.stage, others, show)
    left = tuple(remains.left())
    for line in left:
        show(f"left: {line}")
    if not left:
        show(f"nothing of stage {options.stage} is left")
    elif not options.everything:
        show("`--really-all` deletes these as well, without a way back")
    return Destroyed(left)


def _show_contents(remains: Remains, show: Callable[[str], None]) -> None:
    show("this will be deleted, with everything in it:")
    for kind, noun in KEEPS_DATA.items():
        for name in remains.of(kind):
            show(f"  {noun:<10} {name}{remains.contents(kind, name, MAX_COUNTED_OBJECTS)}")
    others = len(remains.resources) - sum(len(remains.of(kind)) for kind in KEEPS_DATA)
    show(f"  and {others} resources that hold no data")


def _confirm(options: DestroyOptions) -> None:
    if options.confirm is None:
        return
    if options.confirm(options.stage).strip() != options.stage:
        msg = "nothing was deleted"
        raise DeclinedError(msg)


def _remove_artifacts(
    account: Account, stage: str, others: list[str], show: Callable[[str], None]
) -> None:
    """Remove the artifact bucket when no stage of this account and region uses it any more."""
    artifacts = Artifacts(account)
    with aws_errors(f"bucket {artifacts.bucket}"):
        if not artifacts.exists():
            return
        if others:
            artifacts.prune(stage, keep=0)
            show(f"bucket {artifacts.bucket} stays for {', '.join(others)}")
            return
        empty_bucket(account, artifacts.bucket)
        account.client("s3").delete_bucket(Bucket=artifacts.bucket)
    show(f"bucket {artifacts.bucket} deleted: no other stage uses it")


def _other_stages(account: Account, own_stack: str) -> list[str]:
    """Names of the other stacks that `make deploy` has made here."""
    wanted = {"Key": "project", "Value": TAGS["project"]}
    with aws_errors("stacks"):
        pages = account.client("cloudformation").get_paginator("describe_stacks").paginate()
        found: list[dict[str, Any]] = [one for page in pages for one in page["Stacks"]]
    return sorted(
        one["StackName"]
        for one in found
        if wanted in one.get("Tags", [])
        and one["StackName"] != own_stack
        and one["StackStatus"] != "DELETE_COMPLETE"
    )


def _forget_sender(account: Account, address: str | None) -> None:
    """The deployment has verified its sender, which only an emulator lets anybody do."""
    if account.is_emulator and address:
        with aws_errors(f"sender {address}"):
            account.client("ses").delete_identity(Identity=address)
