"""Entries of the audit log: their keys, and what people typed made fit to be kept."""

from datetime import UTC, datetime

import pytest

from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry
from solaris.audit.store import AuditStore, put_audit
from solaris.platform.actor import MAX_REASON_CHARACTERS, Actor
from solaris.platform.aws.cursors import decode_cursor, encode_cursor
from solaris.platform.errors import ValidationFailedError
from solaris.platform.printable import printable

NOW = datetime(2026, 11, 22, 23, 59, 59, 999_900, tzinfo=UTC)
FIELDS = frozenset({"key"})


def auditor() -> Auditor:
    return Auditor(AuditStore(None, "audit"), lambda: NOW)


def entry(reason: str | None = None, target_label: str | None = None) -> AuditEntry:
    actor = Actor(name="boss@example.com", request_id="r1", ip_address="10.0.0.1")
    return auditor().entry(
        actor, "user.suspend", target_type="user", reason=reason, target_label=target_label
    )


def test_an_entry_is_kept_under_its_day_and_time() -> None:
    made = entry()
    assert made.day == "2026-11-22"
    assert made.audit_key == f"2026-11-22T23:59:59.999Z#{made.audit_id}"
    assert made.audit_id != entry().audit_id


def test_what_people_typed_is_cut_and_holds_no_control_characters() -> None:
    made = entry(reason=" left\x1b[31m\n" + "x" * 600, target_label="ana\u2028@example.com")
    assert made.reason is not None
    assert made.reason.startswith("left[31m xx")
    assert len(made.reason) == MAX_REASON_CHARACTERS
    assert made.target_label == "ana @example.com"
    assert entry(reason=" \x00 ").reason is None
    assert printable("a\u200bb\tc d", 4) == "ab c"


@pytest.mark.parametrize(
    "text",
    [
        *("Ana\u00a0Lima", "Ana\r\nLima", "Ana\tLima", "Ana \u2003 Lima", "Ana\u2028Lima"),
        *("\u202fAna\u3000Lima\n", "Ana\u200b Lima\u200d", "Ana\u0085Lima", "Ana \u200b Lima"),
    ],
)
def test_white_space_of_any_kind_is_one_space(text: str) -> None:
    assert printable(text, 200) == "Ana Lima"


def test_a_cut_ends_with_no_space() -> None:
    assert printable("Ana Lima", 4) == "Ana"


def test_the_action_holds_what_changed_and_leaves_out_what_is_not_known() -> None:
    actor = Actor(name="system")
    made = auditor().entry(
        actor,
        "key.update",
        target_type="key",
        before={"name": "a", "expires_at": None},
        after={"name": "b", "rate_limit_burst": 3, "is_open": True},
    )
    item = put_audit("audit", made)["Put"]["Item"]
    assert item["before"] == {"M": {"name": {"S": "a"}, "expires_at": {"NULL": True}}}
    assert item["after"]["M"]["rate_limit_burst"] == {"N": "3"}
    assert item["after"]["M"]["is_open"] == {"BOOL": True}
    assert not {"reason", "request_id", "ip_address", "target_id"} & item.keys()


def test_a_cursor_comes_back_as_it_went() -> None:
    cursor = encode_cursor({"key": "2026-11-22T13:05:09.123Z#ação"})
    assert decode_cursor(cursor, FIELDS) == {"key": "2026-11-22T13:05:09.123Z#ação"}


@pytest.mark.parametrize(
    "cursor",
    ["", "a", "!!!!", "çç", "e30", "W10", "bnVsbA", encode_cursor({"other": "x"}), "eyJrZXkiOjF9"],
)
def test_anything_else_is_no_cursor(cursor: str) -> None:
    with pytest.raises(ValidationFailedError) as refusal:
        decode_cursor(cursor, FIELDS)
    assert refusal.value.problems[0][:2] == ("cursor", "invalid_cursor")


def test_a_cursor_longer_than_any_key_is_none() -> None:
    with pytest.raises(ValidationFailedError):
        decode_cursor(encode_cursor({"key": "x" * 401}), FIELDS)
