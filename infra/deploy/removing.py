"""Deletes a stack with what its buckets hold."""

from collections.abc import Callable

from infra.deploy.errors import DeployError
from infra.deploy.remains import BUCKET, Remains, empty_bucket
from infra.deploy.stack import Stack


def delete_stack(
    stack: Stack, stack_id: str, remains: Remains, show: Callable[[str], None]
) -> None:
    """Empty the buckets and delete the stack; a second time if a function wrote in between."""
    for attempts_left in (1, 0):
        for bucket in remains.of(BUCKET):
            count = empty_bucket(stack.account, bucket)
            if count:
                show(f"bucket {bucket}: {count} objects deleted")
        show(f"deleting stack {stack.name} …")
        stack.mark(stack_id)
        stack.delete()
        try:
            stack.follow(stack_id, show)
        except DeployError as error:
            if not attempts_left:
                raise
            show(f"{error}; once more")
        else:
            return
