"""Addresses of users, as a shell completes them in every command that takes one."""

from collections.abc import Iterator

from solaris.platform.terminal.completion import completed_by
from solaris.platform.terminal.environment import open_parts
from solaris.quota.parts import QuotaParts
from solaris.quota.user import UserStatus


def _known() -> Iterator[str]:
    for user in open_parts(QuotaParts).users.scan():
        if user.status is not UserStatus.DELETED:
            yield user.email


addresses = completed_by(_known)
