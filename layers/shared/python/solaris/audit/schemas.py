"""Models of the audit log."""

from pydantic import Field
from pydantic.alias_generators import to_camel

from solaris.audit.entry import AuditEntry, AuditFigures, AuditFilters
from solaris.platform.web.schemas import ApiModel, Instant, PageQuery, RangeEnd, RangeStart

MAX_FILTER_CHARACTERS = 254


class AuditQuery(PageQuery):
    """Which entries are listed, newest first; a page may be short and have a next one."""

    actor: str | None = Field(
        default=None,
        max_length=MAX_FILTER_CHARACTERS,
        description="Exactly: an admin's address, `admin-key:<id>`, `cli:<login>` or `system`.",
    )
    action: str | None = Field(
        default=None, max_length=MAX_FILTER_CHARACTERS, examples=["user.suspend", "key.revoke"]
    )
    target_type: str | None = Field(
        default=None, max_length=MAX_FILTER_CHARACTERS, examples=["user", "key", "admin"]
    )
    target_id: str | None = Field(default=None, max_length=MAX_FILTER_CHARACTERS)
    from_: RangeStart | None = Field(default=None, alias="from", description="Included.")
    to: RangeEnd | None = Field(default=None, description="Not included; a day without a time is.")

    def filters(self) -> AuditFilters:
        """As the store takes them; an empty text asks for anything."""
        return AuditFilters(
            actor=self.actor or None,
            action=self.action or None,
            target_type=self.target_type or None,
            target_id=self.target_id or None,
            start=self.from_,
            end=self.to,
        )


class AuditOut(ApiModel):
    """Who did what. `before` and `after` hold what changed and nothing else."""

    id: str
    created_at: Instant
    actor: str
    action: str
    target_type: str
    target_id: str | None
    target_label: str | None
    before: dict[str, int | str | bool | None] | None
    after: dict[str, int | str | bool | None] | None
    reason: str | None
    transaction_id: str | None = Field(description="The user's transaction that came with it.")
    request_id: str | None
    ip_address: str | None

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditOut":
        """An entry."""
        return cls(
            id=entry.audit_id,
            created_at=entry.created_at,
            actor=entry.actor.name,
            action=entry.action,
            target_type=entry.target_type,
            target_id=entry.target_id,
            target_label=entry.target_label,
            before=_shown(entry.before),
            after=_shown(entry.after),
            reason=entry.reason,
            transaction_id=entry.transaction_id,
            request_id=entry.actor.request_id,
            ip_address=entry.actor.ip_address,
        )


def _shown(figures: AuditFigures | None) -> dict[str, int | str | bool | None] | None:
    return None if figures is None else {to_camel(name): one for name, one in figures.items()}
