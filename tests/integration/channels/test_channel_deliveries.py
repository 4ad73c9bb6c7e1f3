"""Alerts on their way to channels: at least once, with one id, five times, then dead."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from solaris.alerts.alert import LEASE, TopUser
from solaris.alerts.ceiling import COMPANY, CeilingReached
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.notices import notice_to_json
from solaris.channels.channel import MAX_TRIES, PAUSE_AFTER_FAILURES
from solaris.channels.deliveries import DeliveryState
from solaris.channels.sending import Answer, ChannelSender
from solaris.platform.aws.queues import CHANNELS_QUEUE, Message
from solaris.platform.errors import StoreUnavailableError
from tests.functional.channels.receivers import Receiver, receiver, silent, status
from tests.integration.alerts.alerting_support import SUMMARY
from tests.integration.channels.channels_support import CHANNELS, Channels, channels_of
from tests.integration.conftest import MoneyPath


@pytest.fixture
def channels(money: MoneyPath, stage: str) -> Iterator[Channels]:
    with channels_of(money, stage) as found:
        found.money.put_user(found.alerts.email, name="Ana Souza", monthly_limit=100_000)
        yield found


def states(channels: Channels, body: str) -> dict[str, DeliveryState]:
    alert = channels.alerts.record(body)
    return channels.parts.channels.deliveries.states(alert.alert_id)


def test_an_alert_goes_to_every_channel_that_takes_it(channels: Channels) -> None:
    with receiver() as hook, receiver() as teams, receiver() as slack, receiver() as other:
        channels.add(hook, name="a")
        channels.add(teams, name="b", kind="teams", language="pt-BR")
        channels.add(slack, name="c", kind="slack")
        channels.add(other, name="d", filter={"events": ["quota.blocked"]})
        body = channels.announce()
        assert channels.deliver(*channels.queued()) == []
    told = json.loads(hook.got[0].body)
    assert told["type"] == "quota.warning"
    assert told["data"]["user"]["email"] == channels.alerts.email
    assert told["data"]["figures"]["used_tokens"] == 85_000
    assert told["data"]["id"] == channels.alerts.record(body).alert_id
    assert "AdaptiveCard" in teams.got[0].body.decode()
    assert "blocks" in json.loads(slack.got[0].body)
    assert other.got == []
    assert set(states(channels, body).values()) == {DeliveryState.DELIVERED}
    # the mails are what they were
    assert len(channels.alerts.inbox()) == 1


def test_the_personal_link_goes_to_nobody(channels: Channels) -> None:
    with receiver() as hook:
        channels.add(hook)
        channels.announce()
        queued = channels.queued()
        channels.deliver(*queued)
    assert "/me/" not in "".join(queued)
    assert "/me/" not in hook.got[0].body.decode()


def test_copies_of_an_alert_are_announced_once(channels: Channels) -> None:
    with receiver() as hook:
        channels.add(hook)
        body = channels.announce()
        alerter = channels.alerts.alerter()
        alerter._announcer = channels.parts.channels.announcer
        assert alerter.handle_messages([Message("1", body), Message("2", body)]) == []
        assert len(channels.queued()) == 1


def test_two_alerters_at_once_reach_a_receiver_once(channels: Channels) -> None:
    with receiver() as hook:
        channels.add(hook)
        body = channels.alerts.crossing(85_000)
        alerter = channels.alerts.alerter()
        alerter._announcer = channels.parts.channels.announcer
        threads = [
            threading.Thread(target=alerter.handle_messages, args=([Message(str(n), body)],))
            for n in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alerter.handle_messages([Message("3", body)])
        queued = channels.queued()
        assert 1 <= len(queued) <= 2
        for one in queued:
            assert channels.deliver(one) == []
    assert len(hook.got) == 1


def test_who_dies_while_announcing_announces_again(
    channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as one, receiver() as two:
        channels.add(one, name="a")
        channels.add(two, name="b")
        body = channels.alerts.crossing(85_000)
        alerter = channels.alerts.alerter()
        alerter._announcer = channels.parts.channels.announcer
        queues = channels.parts.platform.queues
        real = queues.send
        sent: list[str] = []

        def send(queue: str, text: str) -> None:
            if queue == CHANNELS_QUEUE and sent:
                raise StoreUnavailableError("away")
            sent.append(text)
            real(queue, text)

        with monkeypatch.context() as patch:
            patch.setattr(queues, "send", send)
            assert alerter.handle_messages([Message("1", body)]) == ["1"]
        # the mail went out, and goes once
        assert len(channels.alerts.inbox()) == 1
        assert alerter.handle_messages([Message("1", body)]) == []
        assert len(channels.alerts.inbox()) == 1
        queued = channels.queued()
        assert len(queued) == 3
        # of two copies in one batch, one finds the other at it
        assert channels.deliver(*channels.deliver(*queued)) == []
    assert (len(one.got), len(two.got)) == (1, 1)


def test_a_delivery_has_five_tries_with_one_id_then_it_is_dead(channels: Channels) -> None:
    with receiver(status(500)) as hook:
        made = channels.add(hook)
        body = channels.announce()
        (queued,) = channels.queued()
        for number in range(1, MAX_TRIES + 1):
            again = channels.deliver(queued, receives=number)
            assert again == ([queued] if number < MAX_TRIES else [])
            channels.money.clock.forward(seconds=60)
        assert channels.deliver(queued) == []
    assert len(hook.got) == MAX_TRIES
    assert len({one.headers["webhook-id"] for one in hook.got}) == 1
    assert len({one.body for one in hook.got}) == 1
    assert len({one.headers["webhook-timestamp"] for one in hook.got}) == MAX_TRIES
    assert states(channels, body) == {made["id"]: DeliveryState.DEAD}
    history = channels.history(made)
    assert [one["number"] for one in history] == [5, 4, 3, 2, 1]
    assert [one["isLast"] for one in history] == [True, False, False, False, False]
    assert {(one["outcome"], one["status"]) for one in history} == {("refused", 500)}


def test_a_receiver_that_comes_back_gets_it(channels: Channels) -> None:
    with receiver(status(503)) as hook:
        made = channels.add(hook)
        channels.announce()
        (queued,) = channels.queued()
        assert channels.deliver(queued) == [queued]
        hook.behave = status(200)
        assert channels.deliver(queued, receives=2) == []
        assert channels.deliver(queued, receives=3) == []
    assert len(hook.got) == 2
    assert channels.one(made)["failures"] == 0


def test_the_pause_before_the_next_try_grows(
    channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[int] = []
    queues = channels.parts.platform.queues
    monkeypatch.setattr(queues, "postpone", lambda _queue, _handle, seconds: pauses.append(seconds))
    with receiver(status(500)) as hook:
        channels.add(hook)
        channels.announce()
        (queued,) = channels.queued()
        for receives in range(1, MAX_TRIES + 1):
            message = Message("1", queued, receipt_handle="h", receives=receives)
            channels.deliverer().handle_messages([message])
    assert pauses == [30, 120, 600, 1_800]


def test_two_workers_at_once_deliver_once(channels: Channels) -> None:
    started = threading.Event()

    def slowly(handler: BaseHTTPRequestHandler, found: Receiver) -> None:
        started.set()
        time.sleep(0.3)
        status(200)(handler, found)

    with receiver(slowly) as hook:
        channels.add(hook)
        channels.announce()
        (queued,) = channels.queued()
        left: list[list[str]] = []
        first = threading.Thread(
            target=lambda: left.append(channels.deliver(queued, total_seconds=5))
        )
        first.start()
        assert started.wait(5)
        # the other's is not done yet: should it die, this copy must still be there
        assert channels.deliver(queued) == [queued]
        first.join()
        assert left == [[]]
        assert channels.deliver(queued) == []
    assert len(hook.got) == 1


def test_who_is_killed_after_sending_leaves_it_to_the_next(
    channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as hook:
        made = channels.add(hook)
        body = channels.announce()
        (queued,) = channels.queued()

        class KilledError(BaseException):
            """Nothing of the process goes on."""

        def killed(self: ChannelSender, *given: Any) -> Answer:
            real(self, *given)
            raise KilledError

        real = ChannelSender.post
        with monkeypatch.context() as patch:
            patch.setattr(ChannelSender, "post", killed)
            with pytest.raises(KilledError):
                channels.deliver(queued)
        assert states(channels, body) == {made["id"]: DeliveryState.TRYING}
        assert channels.deliver(queued, receives=2) == [queued]
        channels.money.clock.forward(seconds=LEASE.total_seconds() + 10)
        assert channels.deliver(queued, receives=3) == []
    assert len(hook.got) == 2
    assert hook.got[0].headers["webhook-id"] == hook.got[1].headers["webhook-id"]
    assert states(channels, body) == {made["id"]: DeliveryState.DELIVERED}


def test_a_slow_receiver_holds_up_neither_mails_nor_other_channels(channels: Channels) -> None:
    with receiver(silent) as slow, receiver() as quick:
        channels.add(slow, name="a")
        channels.add(quick, name="b")
        started = time.monotonic()
        channels.announce()
        assert len(channels.alerts.inbox()) == 1
        assert slow.got == []  # nothing is delivered where mails are sent
        queued = channels.queued()
        left = channels.deliver(*queued, *queued, *queued, *queued, *queued)
        assert time.monotonic() - started < 10
    assert len(quick.got) == 1
    assert left


def test_after_fifty_failures_a_channel_is_paused_with_one_mail(channels: Channels) -> None:
    with receiver(status(500)) as hook:
        made = channels.add(hook)
        channels.announce()
        (queued,) = channels.queued()
        event = json.loads(queued)
        batch = []
        for number in range(PAUSE_AFTER_FAILURES + 5):
            copy = json.loads(json.dumps(event))
            copy["event"]["event_id"] = f"alert-{number}"
            channels.parts.platform.dynamodb.put_item(
                TableName=channels.parts.settings.table_name("alerts"),
                Item={"alert_id": {"S": f"alert-{number}"}, "deliveries": {"M": {}}},
            )
            batch.append(json.dumps(copy))
        for start in range(0, 50, 10):
            channels.deliver(*batch[start : start + 10])
        assert channels.one(made)["pausedWhy"] == "failures"
        got = len(hook.got)
        assert channels.deliver(*batch[50:]) == []
        assert len(hook.got) == got == PAUSE_AFTER_FAILURES
    notices = channels.paused_notices()
    assert len(notices) == 1
    assert channels.alerts.handle(notices[0], notices[0]) == []
    (mail,) = channels.alerts.inbox(channels.alerts.admin)[-1:]
    assert "On-call" in mail["Subject"]
    subjects = [one["Subject"] for one in channels.alerts.inbox(channels.alerts.admin)]
    assert subjects.count(mail["Subject"]) == 1
    # while it is paused nothing is announced to it
    channels.announce(11_000)
    assert channels.queued() == []
    alert_id = next(
        row["alert_id"] for row in channels.money.rows("alerts") if "paused" in row["alert_id"]
    )
    alerts = channels.parts.alerts.store
    assert (found := alerts.get(alert_id)) is not None
    assert found.resolved_at is None
    channels.api.ok("POST", f"{CHANNELS}/{made['id']}/resume")
    assert channels.one(made)["failures"] == 0
    assert (found := alerts.get(alert_id)) is not None
    assert found.resolved_why == "resumed"


def test_what_waits_for_a_removed_channel_is_dropped(channels: Channels) -> None:
    with receiver() as hook:
        made = channels.add(hook)
        body = channels.announce()
        (queued,) = channels.queued()
        channels.api("DELETE", f"{CHANNELS}/{made['id']}")
        assert channels.deliver(queued) == []
    assert hook.got == []
    assert states(channels, body) == {made["id"]: DeliveryState.SKIPPED}


def test_a_changed_channel_gets_what_waits_as_it_is_now(channels: Channels) -> None:
    with receiver() as hook:
        made = channels.add(hook)
        channels.announce()
        (queued,) = channels.queued()
        channels.api.ok("PUT", f"{CHANNELS}/{made['id']}", {"noNames": True})
        channels.deliver(queued)
    text = hook.got[0].body.decode()
    assert "Ana" not in text
    assert "@" not in text


def test_an_address_that_turned_inward_is_not_sent_to(channels: Channels) -> None:
    with receiver() as hook:
        made = channels.add(hook)
        channels.announce()
        (queued,) = channels.queued()
        assert channels.deliver(queued, resolver=lambda _host, _port: ["10.0.0.1"]) == [queued]
        assert hook.connections == 0
    assert channels.history(made)[0]["outcome"] == "not_allowed"


def test_a_month_s_figures_go_to_channels(channels: Channels) -> None:
    with receiver() as hook:
        channels.add(hook, noNames=True)
        alerter = channels.alerts.alerter()
        alerter._announcer = channels.parts.channels.announcer
        assert alerter.handle_messages([Message("1", json.dumps(SUMMARY))]) == []
        assert channels.deliver(*channels.queued()) == []
    told = json.loads(hook.got[0].body)
    assert told["type"] == "month.closed"
    assert told["data"]["figures"]["total_tokens"] == 123_456
    assert "top" not in told["data"]["figures"]


def announced(channels: Channels, notice: Any) -> None:
    alerter = channels.alerts.alerter()
    alerter._announcer = channels.parts.channels.announcer
    assert alerter.handle_messages([Message("1", notice_to_json(notice))]) == []


def ceiling(group_id: str, period: str) -> CeilingReached:
    return CeilingReached(
        group_id=group_id,
        name="" if group_id == COMPANY else "Vendas",
        period=period,
        percent=95,
        used_tokens=970,
        ceiling_tokens=1_000,
        to=("chefe@example.com",),
    )


def test_a_channel_of_a_group_gets_what_is_about_it_alone(channels: Channels) -> None:
    sales = channels.api.ok("POST", "/admin/groups", {"name": "Vendas"})["id"]
    other = channels.api.ok("POST", "/admin/groups", {"name": "Obras"})["id"]
    period = channels.money.period
    month = GroupSummary(
        group_id=sales,
        name="Vendas",
        period="2026-10",
        total_tokens=5,
        cost_micros=0,
        top=(TopUser("ana@example.com", 5, 1.0),),
        to=("chefe@example.com",),
    )
    with receiver() as all_of, receiver() as one, receiver() as another:
        channels.add(all_of, name="a")
        channels.add(one, name="b", filter={"groups": [sales]}, noNames=True)
        channels.add(another, name="c", filter={"groups": [other]})
        announced(channels, ceiling(sales, period))
        announced(channels, ceiling(COMPANY, period))
        announced(channels, month)
        alerter = channels.alerts.alerter()
        alerter._announcer = channels.parts.channels.announcer
        assert alerter.handle_messages([Message("1", json.dumps(SUMMARY))]) == []
        assert channels.deliver(*channels.queued()) == []
    told = [json.loads(got.body) for got in one.got]
    names = [(found["type"], found["data"]["group_id"]) for found in told]
    assert sorted(names) == [("ceiling.reached", sales), ("group.month_closed", sales)]
    assert not [got for got in one.got if b"@" in got.body]
    kinds = sorted(json.loads(got.body)["type"] for got in all_of.got)
    assert kinds == ["ceiling.reached", "ceiling.reached", "group.month_closed", "month.closed"]
    assert b"chefe" not in b"".join(got.body for got in all_of.got), "who gets the mail"
    assert another.got == []
    assert "chefe" in str(channels.alerts.inbox("chefe@example.com"))


def test_a_person_s_alert_goes_by_the_group_of_its_time(channels: Channels) -> None:
    sales = channels.api.ok("POST", "/admin/groups", {"name": "Vendas"})["id"]
    other = channels.api.ok("POST", "/admin/groups", {"name": "Obras"})["id"]
    channels.alerts.change(group_id=sales)
    with receiver() as one, receiver() as another:
        channels.add(one, name="b", filter={"groups": [sales]})
        channels.add(another, name="c", filter={"groups": [other]})
        body = channels.announce()
        channels.alerts.change(group_id=other)
        assert channels.deliver(*channels.queued()) == []
    assert channels.alerts.record(body).group_id == sales
    assert [json.loads(got.body)["data"]["group_id"] for got in one.got] == [sales]
    assert another.got == []


def test_what_is_no_delivery_comes_again_alone(channels: Channels) -> None:
    with receiver() as hook:
        channels.add(hook)
        channels.announce()
        (queued,) = channels.queued()
        assert channels.deliver("{}", queued) == ["{}"]
    assert len(hook.got) == 1
