"""Failures in a row, pauses that grow, the turning of secrets, signatures."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import get_args

from solaris.channels.channel import (
    MAX_HISTORY,
    MAX_TRIES,
    PAUSE_AFTER_FAILURES,
    ChannelFilter,
    Outcome,
    PausedWhy,
    Secret,
    Standing,
    Try,
    after_tries,
    pause_seconds,
    resumed,
    rotated,
    shown_url,
)
from solaris.channels.event_names import CHOSEN, EventName
from solaris.channels.schemas import ChosenEvent
from solaris.channels.signing import message_id, new_secret, signed_headers

NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)


def tries(count: int, outcome: Outcome = Outcome.TIMEOUT, number: int = 1) -> list[Try]:
    return [
        Try(NOON + timedelta(seconds=n), "quota.warning", outcome, None, 7, number)
        for n in range(count)
    ]


def test_fifty_failures_in_a_row_pause_a_channel() -> None:
    almost = after_tries(Standing(), tries(PAUSE_AFTER_FAILURES - 1))
    assert (almost.failures, almost.is_paused, almost.failing_since) == (49, False, NOON)
    paused = after_tries(almost, tries(1))
    assert (paused.failures, paused.is_paused, paused.paused_why) == (50, True, PausedWhy.FAILURES)
    later = after_tries(paused, tries(3))
    assert later.paused_at == paused.paused_at


def test_one_delivery_ends_the_row() -> None:
    standing = after_tries(Standing(), [*tries(49), *tries(1, Outcome.DELIVERED), *tries(49)])
    assert (standing.failures, standing.is_paused) == (49, False)


def test_a_test_counts_for_nothing_but_the_history() -> None:
    standing = after_tries(Standing(), tries(60, number=0))
    assert (standing.failures, standing.is_paused) == (0, False)
    failing = after_tries(Standing(), tries(5))
    assert after_tries(failing, tries(1, Outcome.DELIVERED, number=0)).failures == 5


def test_the_history_is_bounded_newest_first() -> None:
    standing = after_tries(Standing(), tries(80))
    assert len(standing.tries) == MAX_HISTORY
    assert standing.tries[0].at == NOON + timedelta(seconds=79)


def test_resuming_keeps_the_history_alone() -> None:
    paused = after_tries(Standing(version=4), tries(50))
    again = resumed(paused)
    assert (again.failures, again.is_paused, again.version) == (0, False, 4)
    assert again.tries == paused.tries


def test_pauses_grow() -> None:
    pauses = [pause_seconds(n) for n in range(1, MAX_TRIES)]
    assert pauses == sorted(set(pauses))
    assert pause_seconds(0) == pauses[0]
    assert pause_seconds(99) == pauses[-1]


def test_a_filter_takes_what_it_names_and_every_test() -> None:
    chosen = ChannelFilter((EventName.QUOTA_BLOCKED,))
    assert [one for one in EventName if chosen.takes(one)] == [
        EventName.QUOTA_BLOCKED,
        EventName.TEST,
    ]
    assert all(ChannelFilter().takes(one) for one in CHOSEN)


def test_every_event_that_there_is_may_be_chosen() -> None:
    assert get_args(ChosenEvent) == tuple(one.value for one in CHOSEN)


def test_with_groups_what_is_about_none_does_not_come() -> None:
    chosen = ChannelFilter(None, ("g1", "g2"))
    assert chosen.takes(EventName.QUOTA_BLOCKED, "g2")
    assert not chosen.takes(EventName.QUOTA_BLOCKED, "g3")
    assert not chosen.takes(EventName.MONTH_CLOSED)
    assert chosen.takes(EventName.TEST)
    both = ChannelFilter((EventName.CEILING_REACHED,), ("g1",))
    assert both.takes(EventName.CEILING_REACHED, "g1")
    assert not both.takes(EventName.QUOTA_BLOCKED, "g1")
    assert all(ChannelFilter().takes(one, "g3") for one in EventName)


def test_two_secrets_at_most_are_good_the_old_one_for_a_day() -> None:
    first = rotated([Secret("a")], "b", NOON)
    assert first == (Secret("b"), Secret("a", NOON + timedelta(hours=24)))
    assert [one.text for one in rotated(first, "c", NOON)] == ["c", "b"]


def test_of_an_address_its_host_and_end_are_shown() -> None:
    assert shown_url("https://hooks.slack.com/services/T0/B0/abcdef") == (
        "https://hooks.slack.com/…cdef"
    )
    assert shown_url("https://hooks.example.com") == "https://hooks.example.com"
    assert shown_url("https://hooks.example.com?sig=SECRET0123456789") == (
        "https://hooks.example.com/…6789"
    )
    assert shown_url("https://hooks.example.com/a/b") == "https://hooks.example.com/…"
    assert shown_url("https://hooks.example.com/") == "https://hooks.example.com"


def test_a_signature_is_standard_webhooks_s_example() -> None:
    # the figures of the specification's reference libraries' own test
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = signed_headers(
        [secret],
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        now=datetime.fromtimestamp(1_614_265_330, UTC),
        body=b'{"test": 2432232314}',
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert made["webhook-timestamp"] == "1614265330"


def test_while_turning_both_secrets_verify() -> None:
    secrets = [new_secret(), new_secret()]
    made = signed_headers(secrets, webhook_id="msg_1", now=NOON, body=b"{}")
    signatures = made["webhook-signature"].split(" ")
    content = f"msg_1.{made['webhook-timestamp']}.{{}}".encode()
    for secret, signature in zip(secrets, signatures, strict=True):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        assert len(key) == 32
        digest = hmac.new(key, content, hashlib.sha256).digest()
        assert signature == f"v1,{base64.b64encode(digest).decode()}"


def test_a_message_has_an_id_of_its_alert_and_channel() -> None:
    ids = {message_id(alert, channel) for alert in ("a", "b#é") for channel in ("1", "2")}
    assert len(ids) == 4
    assert all(one.isascii() and "." not in one for one in ids)
    assert message_id("a", "1") == message_id("a", "1")


def test_a_filter_may_name_every_event_but_the_test() -> None:
    assert sorted(get_args(ChosenEvent)) == sorted(one.value for one in CHOSEN)
