"""Usage events as JSON: what goes on the queue comes back equal, and nothing half-right does."""

from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.ledger.events import (
    MAX_TOKENS,
    MalformedEventError,
    event_from_dict,
    event_from_json,
    event_to_dict,
    event_to_json,
)
from solaris.platform.model_weight import ModelWeight
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent

# JSON cannot carry half a surrogate pair, and no text of an event holds one
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
FIGURES = st.integers(min_value=0, max_value=MAX_TOKENS)
INSTANTS = st.integers(min_value=0, max_value=4_000_000_000_000).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
WEIGHTS = st.builds(ModelWeight, prompt=FIGURES, completion=FIGURES, cached=FIGURES)
EVENTS = st.builds(
    UsageEvent,
    request_id=TEXTS,
    user_id=TEXTS,
    period=st.dates().filter(lambda day: day.year > 999).map(lambda day: f"{day:%Y-%m}"),
    outcome=st.sampled_from(Outcome),
    created_at=INSTANTS,
    model=TEXTS,
    endpoint=TEXTS,
    counts=st.builds(TokenCounts, *(FIGURES for _ in fields(TokenCounts))),
    charged_tokens=FIGURES,
    reserved_tokens=FIGURES,
    estimated=st.booleans(),
    over_limit=st.booleans(),
    method=TEXTS,
    status_code=FIGURES,
    **{
        name: st.none() | TEXTS
        for name in (
            *("error_message", "key_id", "conversation_id", "user_agent", "ip_address"),
            *("asked_model", "answered_model"),
        )
    },
    group_id=st.none() | st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    **{name: st.none() | WEIGHTS for name in ("weight", "held_weight")},
    day=st.none() | st.dates().map(lambda day: day.isoformat()),
    **{name: st.none() | FIGURES for name in ("response_time_ms", "first_byte_ms")},
)
FULL = event_to_dict(
    UsageEvent(
        request_id="req-1",
        user_id="user-1",
        period="2026-11",
        outcome=Outcome.SETTLED,
        created_at=datetime(2026, 11, 22, 13, 5, 9, 123_000, tzinfo=UTC),
        model="gpt-4o-mini",
        endpoint="/v1/chat/completions",
        counts=TokenCounts(120, 80, 30, 10, 40, 20),
        charged_tokens=200,
        reserved_tokens=4_216,
        error_message="none",
        response_time_ms=1_234,
        first_byte_ms=56,
        key_id="key_1",
        conversation_id="c-1",
        user_agent="LibreChat",
        ip_address="10.0.0.1",
        asked_model="small",
        answered_model="gpt-4o-mini-2024-07-18",
        over_limit=True,
        weight=ModelWeight(5_000, 15_000, 2_500),
        held_weight=ModelWeight(6_000, 15_000, 3_000),
        day="2026-11-22",
        group_id="0123456789ab",
    )
)
LATER = {
    *("cache_write_tokens", "cache_write_1h_tokens", "asked_model", "answered_model"),
    *("over_limit", "weight", "held_weight", "day", "group_id"),
}
"""What messages of the version before do not have."""

OPTIONAL = {
    field.name for field in fields(UsageEvent) if field.default is None and field.name in FULL
}
FIGURE_NAMES = sorted(
    name for name, value in FULL.items() if type(value) is int and name != "version"
)
TEXT_NAMES = sorted(name for name, value in FULL.items() if isinstance(value, str))


def refused(**changes: Any) -> None:
    with pytest.raises(MalformedEventError):
        event_from_dict(FULL | changes)


@given(EVENTS)
def test_an_event_comes_back_equal(event: UsageEvent) -> None:
    assert event_from_json(event_to_json(event)) == event
    assert event_from_json(event_to_json(event).encode()) == event


def test_the_whole_example_holds_every_field() -> None:
    names = {field.name for field in (*fields(UsageEvent), *fields(TokenCounts))}
    assert set(FULL) == names - {"counts"} | {"version"}


def test_the_wire_form_is_the_documented_one() -> None:
    """Messages outlive a deployment, and log lines are replayed: changing this is a new version."""
    assert FULL | {"version": 1, "created_at": "2026-11-22T13:05:09.123Z"} == FULL
    assert FULL["outcome"] == "settled"
    assert (FULL["prompt_tokens"], FULL["cached_tokens"]) == (120, 30)


def test_empty_fields_are_left_out() -> None:
    event = event_from_dict({name: FULL[name] for name in FULL if name not in OPTIONAL})
    assert OPTIONAL.isdisjoint(event_to_dict(event))
    assert all(getattr(event, name) is None for name in OPTIONAL)


def test_what_is_no_id_of_a_group_is_refused() -> None:
    refused(group_id="0123#gpt-4o")


def test_a_message_of_the_version_before_is_read() -> None:
    event = event_from_dict({name: FULL[name] for name in FULL if name not in LATER})
    assert event.counts == TokenCounts(120, 80, 30, 10)
    assert (event.asked_model, event.answered_model) == (None, None)
    # and written as it was: a reader of that version meets nothing new
    assert LATER.isdisjoint(event_to_dict(event))


@pytest.mark.parametrize("name", sorted(set(FULL) - OPTIONAL - LATER))
def test_a_missing_field_is_refused(name: str) -> None:
    with pytest.raises(MalformedEventError):
        event_from_dict({key: value for key, value in FULL.items() if key != name})


@pytest.mark.parametrize("name", sorted(set(FULL) - OPTIONAL))
def test_a_null_is_refused(name: str) -> None:
    refused(**{name: None})


@pytest.mark.parametrize("name", TEXT_NAMES)
@pytest.mark.parametrize("value", [0, 7, True, False, [], ["a"], {}, ""])
def test_a_text_of_another_type_or_empty_is_refused(name: str, value: Any) -> None:
    refused(**{name: value})


@pytest.mark.parametrize("name", FIGURE_NAMES)
@pytest.mark.parametrize("value", [-1, MAX_TOKENS + 1, 1.0, 1.5, "1", True, False, [], {}])
def test_a_figure_that_is_no_whole_number_in_range_is_refused(name: str, value: Any) -> None:
    refused(**{name: value})


@pytest.mark.parametrize(
    "value", ["2026-13", "2026-00", "26-11", "2026-11-22", "november", "٢٠٢٦-١١"]
)
def test_a_period_that_is_no_month_is_refused(value: str) -> None:
    refused(period=value)


@pytest.mark.parametrize(
    "value",
    ["2026-11-22T13:05:09.123", "yesterday", "2026-11-22", "1763816709", "0001-01-01T00:00+23:59"],
)
def test_a_time_that_is_no_instant_is_refused(value: str) -> None:
    refused(created_at=value)


@pytest.mark.parametrize("value", ["reserved", "SETTLED", "done"])
def test_an_unknown_outcome_is_refused(value: str) -> None:
    refused(outcome=value)


@pytest.mark.parametrize("value", [0, 1, "true", []])
def test_estimated_is_true_or_false(value: Any) -> None:
    refused(estimated=value)


@pytest.mark.parametrize(
    "value", [5, "5", [], [1_000], [1_000, 1_000, 1_000, 1_000], [1_000, -1, 0], [1.5, 1, 1], {}]
)
def test_a_weight_that_is_not_three_whole_numbers_is_refused(value: Any) -> None:
    refused(weight=value)
    refused(held_weight=value)


@pytest.mark.parametrize("value", [0, 2, "1", True, 1.0, [1]])
def test_an_unknown_version_is_refused(value: Any) -> None:
    refused(version=value)


def test_fields_of_a_later_release_are_passed_over() -> None:
    """An older function may read what a newer one wrote, as long as the version is the same."""
    assert event_from_dict(FULL | {"region": "sa-east-1"}) == event_from_dict(FULL)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"text"', b"1", b"NaN", b"\xff", b"[" * 5_000, "\ud800", "{}"],
)
def test_what_is_no_event_at_all_is_refused(body: str | bytes) -> None:
    with pytest.raises(MalformedEventError):
        event_from_json(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    )
)
def test_nothing_but_an_event_is_an_event(value: Any) -> None:
    with pytest.raises(MalformedEventError):
        event_from_dict(value)


@given(st.sampled_from(sorted(FULL)), st.binary(max_size=40))
def test_a_spoilt_message_is_an_event_or_refused_and_never_another_error(
    name: str, spoiling: bytes
) -> None:
    body = orjson.dumps(FULL)
    at = body.index(f'"{name}"'.encode())
    with suppress(MalformedEventError):
        event_from_json(body[:at] + spoiling + body[at + len(spoiling) :])
