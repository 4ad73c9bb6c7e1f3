"""Users' items, and the feed that tells of their changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.platform.aws.documents import Documents
    from solaris.platform.parts import PlatformParts
    from solaris.quota.feed import Changes
    from solaris.quota.groups.store import GroupStore
    from solaris.quota.personal_links import PersonalLinks
    from solaris.quota.policy import PlanStore
    from solaris.quota.store import UserStore


class QuotaParts:
    """Users' items, and the feed that tells of their changes."""

    def __init__(self, platform: PlatformParts) -> None:
        self.platform = platform

    @part
    def users(self) -> UserStore:
        """The users table."""
        from solaris.quota.store import UserStore

        return UserStore(
            self.platform.dynamodb,
            users_table=self.platform.settings.table_name("users"),
            periods_table=self.platform.settings.table_name("periods"),
        )

    @part
    def changes(self) -> Changes:
        """The feed of what the directory must learn of."""
        from solaris.quota.feed import Changes

        return Changes(
            self.platform.dynamodb,
            self.platform.settings.table_name("changes"),
            self.platform.clock,
        )

    @part
    def documents(self) -> Documents:
        """What admins change while the system runs: weights, plans, groups."""
        from solaris.platform.aws.documents import Documents

        return Documents(self.platform.dynamodb, self.platform.settings.table_name("periods"))

    @part
    def plans(self) -> PlanStore:
        """The plans as they are now."""
        from solaris.quota.policy import PlanStore, seeds_of

        return PlanStore(self.documents, seeds_of(self.platform.settings), self.groups)

    @part
    def groups(self) -> GroupStore:
        """The groups as they are now."""
        from solaris.quota.groups.store import GroupStore

        return GroupStore(self.documents)

    @part
    def personal_links(self) -> PersonalLinks:
        """Links by which users see their own quota."""
        from solaris.quota.personal_links import PersonalLinks

        return PersonalLinks(self.platform.settings, self.platform.clock)
