"""The plans as they are now: the document `plans` over what the environment says.

A write that goes by them has `unchanged` beside it: had the document been changed in between, the
job that brings the change to everybody (accounts/plans/propagation.py) might have passed already.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from solaris.platform.aws.documents import Document, Documents, Live
from solaris.platform.aws.items import Action
from solaris.platform.errors import StoreUnavailableError
from solaris.quota.plans import PlanPolicy, PlanRefusedError, Seeds, plans_of
from solaris.quota.user import Plan

DOCUMENT = "plans"


@dataclass(frozen=True, slots=True)
class StatedPlans:
    """Every plan's policy, and the document that it was read from."""

    plans: Mapping[Plan, PlanPolicy]
    document: Document


class PlanStore:
    """Reads plans. Every method raises StoreUnavailableError."""

    def __init__(self, documents: Documents, seeds: Seeds) -> None:
        self.documents = documents
        self.seeds = seeds
        self._live = Live(self.read)

    def read(self) -> StatedPlans:
        """The plans, strongly consistent."""
        document = self.documents.get(DOCUMENT)
        try:
            plans = plans_of(document.body, self.seeds.limits)
        except PlanRefusedError as error:
            msg = f"the plans cannot be read: {error}"
            raise StoreUnavailableError(msg) from error
        return StatedPlans(plans, document)

    def recent(self) -> StatedPlans:
        """The same from memory, a few seconds old: to show what would be, not to write it."""
        return self._live.get()

    def forget(self) -> None:
        """This process has just changed them."""
        self._live.forget()

    def unchanged(self, seen: StatedPlans) -> Action:
        """The action that refuses a transaction when the plans are others than were `seen`."""
        return self.documents.unchanged(seen.document)
