"""Whether users may ask for tokens, and how many are given without asking anybody.

The document `requests` among those that admins change while the system runs
(platform/aws/documents.py). Never written: they may ask, and somebody always decides.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from solaris.audit.auditor import Auditor
from solaris.platform.actor import Actor
from solaris.platform.aws.documents import Document, Documents
from solaris.platform.errors import ConflictError

REQUESTS_DOCUMENT = "requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPolicy:
    """`automatic_tokens`: so many a user and month are granted at once; 0: none."""

    is_on: bool = True
    automatic_tokens: int = 0


@dataclass(frozen=True, slots=True)
class StatedPolicy:
    """The policy, and the version that a change must name."""

    policy: RequestPolicy
    document: Document


class RequestPolicies:
    """Reads and changes the policy; `clock` gives the time in UTC."""

    def __init__(
        self, documents: Documents, auditor: Auditor, clock: Callable[[], datetime]
    ) -> None:
        self._documents = documents
        self._auditor = auditor
        self._clock = clock

    def read(self) -> StatedPolicy:
        """The policy as it is. Raises StoreUnavailableError."""
        document = self._documents.get(REQUESTS_DOCUMENT)
        return StatedPolicy(RequestPolicy(**(document.body or {})), document)

    def change(
        self, policy: RequestPolicy, *, version: int, actor: Actor, reason: str
    ) -> StatedPolicy:
        """Put a policy in the place of the one of this version, with its audit row.

        Raises ConflictError where another is in force by now, StoreUnavailableError.
        """
        before = self.read()
        if before.document.version != version:
            msg = f"the policy is at version {before.document.version}, not {version}"
            raise ConflictError(msg)
        if before.policy == policy:
            return before
        old, new = asdict(before.policy), asdict(policy)
        changed = [name for name in new if new[name] != old[name]]
        entry = self._auditor.entry(
            actor,
            "request_policy.change",
            target_type="request_policy",
            before={name: old[name] for name in changed},
            after={name: new[name] for name in changed},
            reason=reason,
        )
        after = self._documents.put(
            before.document,
            new,
            changed_by=actor.name,
            now=self._clock(),
            rows=[self._auditor.action(entry)],
        )
        return StatedPolicy(policy, after)
