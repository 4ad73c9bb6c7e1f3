"""Deletion protection of the tables: on once a stack has worked, lifted where a first try failed.

CloudFormation cannot roll back the creation of a table that refuses to be deleted, and a stack
whose creation could not be rolled back can neither be updated nor deleted. So a stack is created
without protection, and protected by the deployment's second pass.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from infra.deploy.aws import Account, aws_errors
from infra.deploy.errors import DeployError
from infra.deploy.remains import Remains
from infra.deploy.stack import Stack, StackState

PARAMETER = "DeletionProtection"
ON, OFF = "true", "false"


def lift(
    account: Account, remains: Remains, *, since: datetime, show: Callable[[str], None]
) -> None:
    """Let the tables of a stack that has never worked be deleted.

    Only those that are younger than the stack (`since`): an older one of the same name is somebody
    else's. Raises DeployError.
    """
    client = account.client("dynamodb")
    for name in remains.protected_tables():
        with aws_errors(f"table {name}"):
            made_at = client.describe_table(TableName=name)["Table"]["CreationDateTime"]
            if made_at < since:
                continue
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
        show(f"table {name}: deletion protection lifted, the stack has never worked")


def refuse_protected(remains: Remains, stage: str, *, can_be_updated: bool) -> None:
    """Raises DeployError that says how to switch protection off, when it is on."""
    protected = remains.protected_tables()
    if not protected:
        return
    if can_be_updated:
        way = f"make deploy STAGE={stage} ARGS='--parameter {PARAMETER}=false'"
    else:
        # a stack whose deletion has failed cannot be updated
        way = "; ".join(
            f"aws dynamodb update-table --table-name {name} --no-deletion-protection-enabled"
            for name in protected
        )
    msg = (
        f"deletion protection is on ({len(protected)} tables, {protected[0]} …). Switch it off "
        f"first: {way}"
    )
    raise DeployError(msg)


def refuse_kept(stack: Stack, state: StackState, stage: str) -> None:
    """Raises DeployError where CloudFormation would refuse, after the buckets were emptied."""
    if not state.is_kept:
        return
    way = (
        f"make deploy STAGE={stage} ARGS='--parameter {PARAMETER}=false'; if that does not: "
        if state.is_updatable
        else ""
    )
    msg = (
        f"stack {stack.name}: termination protection is on. Switch it off first: {way}aws "
        "cloudformation update-termination-protection --no-enable-termination-protection "
        f"--stack-name {stack.name}"
    )
    raise DeployError(msg)


def keep(
    stack: Stack, had: Mapping[str, str], state: StackState, show: Callable[[str], None]
) -> None:
    """Where tables refuse to be deleted the stack does, too: nothing of it is lost half-way.

    `had` are its parameters before this deployment. What somebody has switched on by hand stays;
    who may not switch it is told. Emulators do not know it.
    """
    was, is_on = (one.get(PARAMETER) == ON for one in (had, state.parameters))
    if stack.account.is_emulator or state.is_kept == is_on or not (was or is_on):
        return
    try:
        stack.keep(is_kept=is_on)
    except DeployError as error:
        show(f"termination protection stays {'off' if is_on else 'on'}: {error}")
    else:
        show(f"termination protection switched {'on' if is_on else 'off'}")
