"""What a soak comes to: the figures of three witnesses, and since when each fault was told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.faults.books import Verdict
from tests.faults.checks import FIRST_ERROR, Evidence, charged_refusals, lost_tokens
from tests.faults.ills import Told
from tests.faults.load import OK

_WIDTHS = (20, 9, 14, 11)


@dataclass(frozen=True, slots=True)
class Account:
    """Requests and tokens. `broken`: no answer or half of one; `refused`: a status that says no.

    upstream    tokens of the answers that the upstream sent whole, and that arrived
    seen        tokens that clients read in answers that they saw finished
    booked      all that was charged, estimates of what broke included
    lost        tokens of answers seen finished that were not booked
    """

    requests: int
    finished: int
    refused: int
    broken: int
    upstream_tokens: int
    seen_tokens: int
    booked_tokens: int
    estimated_tokens: int
    lost_tokens: int
    refusal_tokens: int

    @classmethod
    def of(cls, evidence: Evidence) -> "Account":
        """Count."""
        seen, records = evidence.seen, evidence.records
        booked = {one.request_id: one for one in records}
        finished = [one for one in seen if one.finished and one.status == OK]
        refused = [one for one in seen if one.status >= FIRST_ERROR]
        whole = [one for one in evidence.exchanges if one.finished and one.status == OK]
        return cls(
            requests=len(seen),
            finished=len(finished),
            refused=len(refused),
            broken=len(seen) - len(finished) - len(refused),
            upstream_tokens=sum(one.total_tokens for one in whole),
            seen_tokens=sum(one.stated_tokens or 0 for one in finished),
            booked_tokens=sum(one.charged_tokens for one in records),
            estimated_tokens=sum(one.charged_tokens for one in records if one.estimated),
            lost_tokens=lost_tokens(finished, booked),
            refusal_tokens=sum(tokens for _, tokens in charged_refusals(evidence, booked)),
        )


def table(account: Account, told: Sequence[Told], verdict: Verdict) -> Iterator[str]:
    """Its lines."""
    figures = (
        ("requests", account.requests),
        ("  finished", account.finished),
        ("  refused", account.refused),
        ("  broken or left", account.broken),
        ("records", verdict.records),
        ("  from the gateway's log", verdict.replayed),
        ("  expired", verdict.expired),
        ("tokens upstream counted", account.upstream_tokens),
        ("tokens seen by clients", account.seen_tokens),
        ("tokens booked", account.booked_tokens),
        ("  of them estimated", account.estimated_tokens),
        ("tokens lost", account.lost_tokens),
        ("charged for refusals", account.refusal_tokens),
    )
    yield ""
    for name, value in figures:
        yield f"{name:26}{value:>12,}"
    yield ""
    yield _row("fault", "lasted s", "visible after", "gone after")
    for one in told:
        yield _row(one.ill.name, _shown(one.lasted), _shown(one.visible), _shown(one.gone))
    yield ""


def _row(*cells: str) -> str:
    first, *rest = (cell.rjust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return "  ".join((first.strip().ljust(_WIDTHS[0]), *rest))


def _shown(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f}"
