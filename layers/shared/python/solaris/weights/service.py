"""Reads, tries out and changes the table of weights.

A change is one write of the document with its audit row, under the condition that nobody else has
changed it meanwhile. It holds everywhere within five seconds, for requests that begin then; what
is held or booked already keeps the weight that it has.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from solaris.audit.auditor import Auditor
from solaris.ledger.counters import SystemCounters
from solaris.ledger.figures import NO_MODEL, Figures
from solaris.ledger.usage_by_day import UsageDays
from solaris.ledger.weighing import WEIGHTS_DOCUMENT, Weighing, WeightTable, table_of
from solaris.platform.actor import Actor
from solaris.platform.aws.documents import Documents
from solaris.platform.errors import ConflictError, InvalidRequestError
from solaris.platform.logs import get_logger
from solaris.platform.model_weight import WeightError, stated_weights
from solaris.platform.settings import Settings
from solaris.quota.periods import days_in, period_of, previous_period
from solaris.quota.store import UserStore
from solaris.quota.weights import Found, Weights
from solaris.weights.preview import ModelPreview, PersonSums, Preview, Recount

MOST_ENTRIES = 500
MOST_COUNTERS = 200_000
"""So many counters of people are read for a preview; then it says that it is not whole."""

MOST_PEOPLE = 20_000

_log = get_logger("solaris.weights")


@dataclass(frozen=True, slots=True)
class UsedModel:
    """A model that was used, and its weight now."""

    model: str
    found: Found
    figures: Figures


@dataclass(frozen=True, slots=True)
class WeightsView:
    """The table in force, and the models of this month and the last one, most used first."""

    table: WeightTable
    models: Sequence[UsedModel]


class WeightsAdmin:
    """What people see and do; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        weighing: Weighing,
        documents: Documents,
        system: SystemCounters,
        usage: UsageDays,
        users: UserStore,
        auditor: Auditor,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._weighing = weighing
        self._documents = documents
        self._system = system
        self._usage = usage
        self._users = users
        self._auditor = auditor
        self._clock = clock

    def view(self) -> WeightsView:
        """The table, and what was used. Raises StoreUnavailableError."""
        table = self._weighing.stated()
        weights = self._weighing.weights_of(table.entries)
        period = self._period()
        sums: dict[str, Figures] = {}
        for model, figures in self._of_system(previous_period(period), period):
            sums[model] = sums.get(model, Figures()) + figures
        sums.pop(NO_MODEL, None)
        used = [UsedModel(name, weights.find(name), figures) for name, figures in sums.items()]
        used.sort(key=lambda one: -(one.figures.prompt_tokens + one.figures.completion_tokens))
        return WeightsView(table, used)

    def preview(self, entries: Mapping[str, Any]) -> Preview:
        """What the last month would have charged by these entries; this month where that was idle.

        Raises InvalidRequestError, StoreUnavailableError.
        """
        recount = Recount(self._checked(entries), self._fixed_paths)
        period = previous_period(self._period())
        models = recount.models(self._of_system(period, period))
        if not models:
            period = self._period()
            models = recount.models(self._of_system(period, period))
        counters = self._of_people(period)
        sums = recount.people(islice(counters, MOST_COUNTERS))
        is_whole = next(counters, None) is None and len(sums.charged) <= MOST_PEOPLE
        return self._counted(period, models, sums, is_whole=is_whole)

    def change(
        self, entries: Mapping[str, Any], *, version: int, actor: Actor, reason: str
    ) -> WeightTable:
        """Put a table in the place of the one of this version.

        Raises InvalidRequestError, ConflictError where another is in force by now,
        StoreUnavailableError.
        """
        self._checked(entries)
        before = self._documents.get(WEIGHTS_DOCUMENT)
        if before.version != version:
            msg = f"the weights are at version {before.version}, not {version}; read them again"
            raise ConflictError(msg)
        written = {name: one.written() for name, one in stated_weights(entries).items()}
        old = table_of(before, self._settings)
        if written == _written(old.entries):
            return old
        entry = self._auditor.entry(
            actor,
            "weights.change",
            target_type="weights",
            before={"weights": _told(_written(old.entries), written)},
            after={"weights": _told(written, _written(old.entries))},
            reason=reason,
        )
        after = self._documents.put(
            before,
            written,
            changed_by=actor.name,
            now=self._clock(),
            rows=[self._auditor.action(entry)],
        )
        self._weighing.live.forget()
        _log.info("weights_changed", version=after.version, actor=actor.name)
        return table_of(after, self._settings)

    @property
    def _fixed_paths(self) -> list[str]:
        return [path.removeprefix("/v1/") for path in self._settings.flat_token_charges]

    def _checked(self, entries: Mapping[str, Any]) -> Weights:
        if len(entries) > MOST_ENTRIES:
            msg = f"at most {MOST_ENTRIES} entries"
            raise InvalidRequestError(msg, field="weights", rule="too_many_weights")
        try:
            return self._weighing.weights_of(entries)
        except WeightError as error:
            raise InvalidRequestError(
                str(error), field=f"weights.{error.entry}", rule="not_a_weight"
            ) from error

    def _period(self) -> str:
        return period_of(self._clock(), self._settings.zone)

    def _of_system(self, first: str, last: str) -> Iterator[tuple[str, Figures]]:
        days = self._system.days(
            date.fromisoformat(days_in(first)[0]), date.fromisoformat(days_in(last)[-1])
        )
        for by_model in days.values():
            for model, one in by_model.items():
                yield model, one.figures

    def _of_people(self, period: str) -> Iterator[tuple[str, str, Figures]]:
        for user_id, _, model, figures in self._usage.user_figures(days_in(period)):
            yield user_id, model, figures

    def _counted(
        self, period: str, models: dict[str, ModelPreview], sums: PersonSums, *, is_whole: bool
    ) -> Preview:
        people = list(islice(sums.charged, MOST_PEOPLE))
        over = newly = 0
        for user in self._users.get_many(people):
            granted = user.quota.granted_tokens
            would_be = sums.would_charge[user.user_id] > granted
            over += would_be
            newly += would_be and sums.charged[user.user_id] <= granted
        return Preview(period, models, over, newly, len(people), is_whole)


def _written(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one.written() for name, one in stated_weights(entries).items()}


def _told(of: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """The entries that another table has not, or otherwise: `gpt-5*: 5, llama*: 0`."""
    parts = [
        f"{name}: {json.dumps(value) if isinstance(value, dict) else value}"
        for name, value in of.items()
        if name not in other or other[name] != value
    ]
    return ", ".join(parts) or None
