"""Which addresses get no mail: the same events in any order, however often, end the same."""

from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from solaris.alerts.suppression import (
    AddressRecord,
    Affected,
    MailEvent,
    SuppressionReason,
    lifted,
    noted,
)

ANA = "ana@example.com"
NOON = datetime(2026, 11, 15, 15, tzinfo=UTC)
NEW = AddressRecord(email=ANA)

_IDS = st.sampled_from("abcdef")


def event(
    event_id: str = "e-1",
    *,
    minute: int = 0,
    reason: SuppressionReason = SuppressionReason.BOUNCE,
    is_lasting: bool = True,
) -> MailEvent:
    return MailEvent(
        event_id=event_id,
        reason=reason,
        occurred_at=NOON + timedelta(minutes=minute),
        affected=(Affected(email=ANA, detail=""),),
        is_lasting=is_lasting,
    )


# An id stands for one event: whatever comes again comes as it was.
EVENTS = st.lists(
    st.builds(
        lambda event_id, minute, reason, lasts: event(
            event_id, minute=minute, reason=reason, is_lasting=lasts
        ),
        _IDS,
        st.integers(0, 5),
        st.sampled_from(SuppressionReason),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.event_id,
)


def after(events: list[MailEvent], record: AddressRecord = NEW) -> AddressRecord:
    return reduce(lambda one, told: noted(one, told, f"detail of {told.event_id}"), events, record)


@given(EVENTS.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some * 2))))
def test_any_order_and_any_number_of_copies_end_the_same(
    given_events: tuple[list[MailEvent], list[MailEvent]],
) -> None:
    once, again = given_events
    assert after(once).suppression == after(again).suppression
    settled = after(once)
    assert after(again, settled) is settled


@given(EVENTS)
def test_the_first_time_and_the_last_event_are_kept(events: list[MailEvent]) -> None:
    lasting = [one for one in events if one.is_lasting]
    found = after(events).suppression
    if not lasting:
        assert found is None
        return
    assert found is not None
    last = max(lasting, key=lambda one: (one.occurred_at, one.event_id))
    assert found.suppressed_at == min(one.occurred_at for one in lasting)
    assert (found.last_event_at, found.last_event_id) == (last.occurred_at, last.event_id)
    assert (found.reason, found.detail) == (last.reason, f"detail of {last.event_id}")


def test_what_does_not_last_changes_nothing() -> None:
    assert noted(NEW, event(is_lasting=False), "full") is NEW


@given(EVENTS, st.integers(-1, 6))
def test_what_happened_before_a_lift_never_brings_the_suppression_back(
    events: list[MailEvent], minute: int
) -> None:
    record = after(events)
    free = lifted(record, NOON + timedelta(minutes=minute))
    assert free.suppression is None
    assert after(events, free) is free


def test_what_happens_after_a_lift_suppresses_anew() -> None:
    free = lifted(after([event("old")]), NOON + timedelta(minutes=3))
    again = after([event("new", minute=4), event("old")], free).suppression
    assert again is not None
    assert again.suppressed_at == NOON + timedelta(minutes=4)
    assert again.last_event_id == "new"


def test_lifting_what_is_not_suppressed_changes_nothing() -> None:
    assert lifted(NEW, NOON) is NEW
    free = lifted(after([event()]), NOON)
    assert lifted(free, NOON + timedelta(days=1)) is free


def test_every_change_counts() -> None:
    one = after([event()])
    assert (NEW.version, one.version, lifted(one, NOON).version) == (0, 1, 2)
