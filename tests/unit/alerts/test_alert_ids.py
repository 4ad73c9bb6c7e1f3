"""Ids of alerts in a URL: any of them fits, and comes back as it was."""

import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from solaris.alerts.alert import ChannelPaused, ModelWithoutPrice
from solaris.alerts.schemas import AlertId, from_wire, to_wire

NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
_id: TypeAdapter[str] = TypeAdapter(AlertId)


@pytest.mark.parametrize(
    "alert_id",
    [
        "ana#2026-11#warning",
        ModelWithoutPrice("openai/gpt-4.1:latest", "*", "2026-11").alert_id,
        ModelWithoutPrice("modelo ã~1 .2E", "*", "2026-11").alert_id,
        ChannelPaused("chn_1", "x", NOON, "2026-11").alert_id,
    ],
)
def test_every_alert_that_there_is_can_be_asked_for(alert_id: str) -> None:
    wire = _id.validate_python(to_wire(alert_id))
    assert quote(wire, safe="") == wire
    assert from_wire(wire) == alert_id


def test_what_needed_no_escape_is_as_it_was() -> None:
    assert to_wire("u-1#2026-11#block#2") == "u-1~2026-11~block~2"
    assert to_wire("a#gpt-4.1") == "a~gpt-4.2E1"


@given(st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=4))
def test_any_id_comes_back(parts: list[str]) -> None:
    alert_id = "#".join(part.replace("#", "") or "x" for part in parts)
    wire = to_wire(alert_id)
    assert re.fullmatch(r"[A-Za-z0-9_.~-]+", wire)
    assert from_wire(wire) == alert_id


@given(st.text(alphabet="ab.2E~F0C", min_size=1, max_size=20))
def test_what_is_no_id_is_read_without_a_fault(wire: str) -> None:
    assert isinstance(from_wire(wire), str)


@pytest.mark.parametrize("wire", ["resolve-all", "a#b", "a~b/c", "", "a~" + "b" * 700])
def test_what_cannot_be_an_id_is_refused(wire: str) -> None:
    with pytest.raises(ValidationError):
        _id.validate_python(wire)
