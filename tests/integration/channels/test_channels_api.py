"""Channels by the admin API: made, changed, tried out, removed; nothing secret comes back."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from solaris.channels.channel import Outcome, Try
from solaris.channels.store import DOCUMENT, STANDING_OWNER
from solaris.platform.aws.documents import POLICY_OWNER
from solaris.platform.sealed_texts import TextSeal
from tests.functional.channels.receivers import receiver, silent, status
from tests.integration.accounts.users_support import BOSS
from tests.integration.channels.channels_support import CHANNELS, Channels, channels_of
from tests.integration.conftest import MoneyPath


@pytest.fixture
def channels(money: MoneyPath, stage: str) -> Iterator[Channels]:
    with channels_of(money, stage) as found:
        yield found


def stored(channels: Channels) -> str:
    """All that the periods table and the audit log have of channels."""
    periods = [
        row
        for row in channels.money.rows("periods")
        if row["user_id"] in (POLICY_OWNER, STANDING_OWNER)
    ]
    return json.dumps([periods, channels.money.rows("audit")], ensure_ascii=False, default=str)


def audited(channels: Channels) -> dict[str, dict[str, Any]]:
    """Rows by action: the clock stands still, so they have no order."""
    found = channels.api.ok("GET", "/admin/audit?targetType=channel")["items"]
    return {one["action"]: one for one in found}


def test_a_webhook_is_made_and_its_secret_shown_once(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found.url(path="/hooks/T0P-S3CR3T"), name="  Plantão ")
    assert made["name"] == "Plantão"
    assert made["address"] == f"http://127.0.0.1:{found.port}/…CR3T"
    assert made["filter"] == {"events": None, "groups": []}
    assert (made["createdBy"], made["pausedAt"], made["lastTry"]) == (BOSS, None, None)
    secret = made["secret"]
    assert secret.startswith("whsec_")
    assert made["secretEnd"] == secret[-4:]
    listed = channels.api.ok("GET", CHANNELS, role="viewer")
    assert listed["items"] == [{name: made[name] for name in made if name != "secret"}]
    everything = stored(channels)
    for hidden in (secret, secret.removeprefix("whsec_"), "T0P-S3CR3T"):
        assert hidden not in everything
        assert hidden not in json.dumps(listed)


def test_only_webhooks_have_a_secret(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found, kind="slack")
    assert (made["secret"], made["secretEnd"]) == (None, None)
    refused = channels.api("POST", f"{CHANNELS}/{made['id']}/rotate-secret")
    assert refused.status == 422


def test_a_change_is_audited_without_the_address(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found)
        url = f"{CHANNELS}/{made['id']}"
        body = {
            "name": "Noite",
            "url": found.url(path="/N3W-S3CR3T"),
            "filter": {"events": ["month.closed", "quota.blocked"]},
            "noNames": True,
            "language": "pt-BR",
        }
        changed = channels.api.ok("PUT", url, body)
        again = channels.api.ok("PUT", url, body)
    assert changed["filter"] == {"events": ["quota.blocked", "month.closed"], "groups": []}
    assert changed["address"].endswith("/…CR3T")
    assert again == changed
    rows = audited(channels)
    assert set(rows) == {"channel.create", "channel.update"}
    updated = rows["channel.update"]
    assert updated["before"]["name"] == "On-call"
    assert updated["after"] == {
        "name": "Noite",
        "address": f"http://127.0.0.1:{found.port}",
        "events": "quota.blocked, month.closed",
        "language": "pt-BR",
        "noNames": True,
    }
    assert "N3W-S3CR3T" not in stored(channels)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.com/", "channel_url_https"),
        ("https://10.0.0.1/", "channel_url_private"),
        ("https://169.254.169.254/latest", "channel_url_private"),
        ("https://[::ffff:10.0.0.1]/", "channel_url_private"),
        ("https://a:b@hooks.example.com/", "channel_url_credentials"),
        ("https://hooks.example.com:25/", "channel_url_port"),
        ("https://2130706433/", "channel_url_wrong"),
    ],
)
def test_a_wrong_address_is_refused_at_saving(channels: Channels, url: str, code: str) -> None:
    body = {"name": "x", "kind": "webhook", "url": url}
    refused = channels.api("POST", CHANNELS, body)
    assert refused.status == 422
    assert refused.problems["url"][0] == code
    with receiver() as found:
        made = channels.add(found)
    refused = channels.api("PUT", f"{CHANNELS}/{made['id']}", {"url": url})
    assert refused.problems["url"][0] == code
    assert channels.one(made)["address"] == made["address"]


def test_a_name_is_one_channel_s(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found, name="A")
        other = channels.add(found, name="B")
        body = {"name": "a", "kind": "slack", "url": found.url()}
        assert channels.api("POST", CHANNELS, body).problems["name"][0] == "channel_name_taken"
        refused = channels.api("PUT", f"{CHANNELS}/{other['id']}", {"name": "a"})
        assert refused.problems["name"][0] == "channel_name_taken"
        assert channels.api.ok("PUT", f"{CHANNELS}/{made['id']}", {"name": "a"})["name"] == "a"


def test_there_are_twenty_at_most(channels: Channels) -> None:
    with receiver() as found:
        for number in range(20):
            channels.add(found, name=f"c{number}")
        body = {"name": "more", "kind": "slack", "url": found.url()}
        refused = channels.api("POST", CHANNELS, body)
    assert refused.problems["name"][0] == "too_many_channels"


def test_viewers_look_and_nobody_else_does(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found)
    url = f"{CHANNELS}/{made['id']}"
    for method, target, body in (
        ("POST", CHANNELS, {"name": "x", "kind": "slack", "url": "https://a.example/"}),
        ("PUT", url, {"name": "x"}),
        ("DELETE", url, None),
        ("POST", f"{url}/test", None),
        ("POST", f"{url}/rotate-secret", None),
        ("POST", f"{url}/resume", None),
    ):
        assert channels.api(method, target, body, role="viewer").status == 403
    for target in (CHANNELS, url, f"{url}/history"):
        assert channels.api("GET", target, role="viewer").status == 200
        assert channels.api("GET", target, role=None).status == 401


def test_a_test_is_sent_at_once_and_signed(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found)
        tried = channels.api.ok("POST", f"{CHANNELS}/{made['id']}/test")
    assert (tried["outcome"], tried["status"], tried["number"]) == ("delivered", 200, 0)
    (got,) = found.got
    assert json.loads(got.body)["type"] == "channel.test"
    assert verifies(got.headers, got.body, made["secret"])
    assert [one["event"] for one in channels.history(made)] == ["channel.test"]
    assert "channel.test" in audited(channels)


def test_a_test_tells_the_status_and_nothing_of_the_answer(channels: Channels) -> None:
    with receiver(status(503, **{"X-Inner": "T0P"})) as found:
        made = channels.add(found, kind="teams")
        answer = channels.api("POST", f"{CHANNELS}/{made['id']}/test")
    assert answer.body["outcome"] == "refused"
    assert answer.body["status"] == 503
    assert set(answer.body) == {
        *("at", "event", "outcome", "status", "milliseconds", "number", "isLast"),
    }


def test_turned_secrets_both_verify_for_a_day(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found)
        url = f"{CHANNELS}/{made['id']}"
        turned = channels.api.ok("POST", f"{url}/rotate-secret")
        assert turned["secret"] != made["secret"]
        assert turned["oldSecretUntil"] == "2026-11-16T15:00:00.123Z"
        channels.api.ok("POST", f"{url}/test")
        for secret in (made["secret"], turned["secret"]):
            assert verifies(found.got[-1].headers, found.got[-1].body, secret)
        channels.money.clock.forward(hours=24)
        channels.api.ok("POST", f"{url}/test")
        assert not verifies(found.got[-1].headers, found.got[-1].body, made["secret"])
        assert verifies(found.got[-1].headers, found.got[-1].body, turned["secret"])
    everything = stored(channels)
    assert made["secret"] not in everything
    assert turned["secret"] not in everything
    assert "channel.rotate" in audited(channels)


def verifies(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """As a receiver does it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"v1,{digest}" in headers["webhook-signature"].split(" ")


def test_a_channel_goes_with_its_history(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found)
        url = f"{CHANNELS}/{made['id']}"
        channels.api.ok("POST", f"{url}/test")
    assert channels.api("DELETE", url).status == 204
    assert channels.api.ok("GET", CHANNELS)["items"] == []
    for method, target in (
        *(("GET", url), ("GET", f"{url}/history"), ("DELETE", url), ("POST", f"{url}/test")),
        *(("POST", f"{url}/resume"), ("POST", f"{url}/rotate-secret")),
    ):
        assert channels.api(method, target).status == 404
    assert "channel.delete" in audited(channels)
    owners = [row["user_id"] for row in channels.money.rows("periods")]
    assert STANDING_OWNER not in owners


def test_a_paused_channel_is_resumed_once(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found)
    tried = Try(channels.money.clock(), "quota.warning", Outcome.TIMEOUT, None, 1, 1)
    channels.parts.channels.store.record(made["id"], [tried] * 50)
    paused = channels.one(made)
    assert (paused["pausedWhy"], paused["failures"]) == ("failures", 50)
    url = f"{CHANNELS}/{made['id']}/resume"
    assert channels.api.ok("POST", url)["pausedAt"] is None
    assert channels.api.ok("POST", url)["failures"] == 0
    resumed = channels.api.ok("GET", "/admin/audit?action=channel.resume")["items"]
    assert len(resumed) == 1
    assert len(channels.history(made)) == 50


def test_a_channel_of_some_groups(channels: Channels) -> None:
    sales = channels.api.ok("POST", "/admin/groups", {"name": "Vendas"})
    other = channels.api.ok("POST", "/admin/groups", {"name": "Obras"})
    made = channels.add("http://127.0.0.1/x", filter={"groups": [sales["id"], sales["id"]]})
    assert made["filter"] == {"events": None, "groups": [sales["id"]]}
    assert audited(channels)["channel.create"]["after"]["groups"] == "Vendas"
    url = f"{CHANNELS}/{made['id']}"
    unknown = channels.api("PUT", url, {"filter": {"groups": ["0123456789ab"]}})
    assert unknown.problems["filter.groups"][0] == "no_such_group"
    both = channels.api.ok("PUT", url, {"filter": {"groups": [other["id"], sales["id"]]}})
    assert both["filter"]["groups"] == [other["id"], sales["id"]]
    assert channels.api("DELETE", f"/admin/groups/{sales['id']}").status == 204
    # one that was deleted meanwhile may stay, and none may come
    kept = {"events": ["ceiling.reached"], "groups": [sales["id"]]}
    assert channels.api.ok("PUT", url, {"filter": kept})["filter"] == kept
    again = {"name": "b", "kind": "slack", "url": "http://127.0.0.1/x", "filter": kept}
    assert channels.api("POST", CHANNELS, again).problems["filter.groups"][0] == "no_such_group"
    assert channels.api.ok("PUT", url, {"filter": {}})["filter"] == {"events": None, "groups": []}


def test_a_channel_of_the_version_before_opens(channels: Channels) -> None:
    made = channels.add("http://127.0.0.1/x", filter={"events": ["quota.blocked"]})
    documents = channels.parts.quota.documents
    found = documents.get(DOCUMENT)
    assert found.body is not None
    assert found.body["channels"][0]["filter"] == {"events": ["quota.blocked"]}, "as it was before"
    assert channels.one(made)["filter"] == {"events": ["quota.blocked"], "groups": []}


def test_an_older_secret_key_opens_and_is_sealed_anew(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found)
        old = channels.parts.settings.secret_key
        store = channels.parts.channels.store
        store._seal = TextSeal(["n" * 40, old])
        assert not store.read().is_current
        assert channels.deliver("no delivery") == ["no delivery"]
        assert store.read().is_current
        store._seal = TextSeal(["n" * 40])
        assert store.read().by_id[made["id"]].url == found.url()


def test_with_another_secret_key_it_says_so_and_takes_the_address_anew(channels: Channels) -> None:
    with receiver() as found:
        made = channels.add(found)
        sealed = channels.parts.channels.store
        sealed._seal = channels.api.parts.channels.store._seal = TextSeal(["n" * 40])
        assert channels.one(made)["isReadable"] is False
        url = f"{CHANNELS}/{made['id']}"
        assert channels.api.ok("POST", f"{url}/test")["outcome"] == "unreadable"
        assert channels.api.ok("PUT", url, {"name": "Other"})["isReadable"] is False
        assert channels.api.ok("PUT", url, {"url": found.url()})["isReadable"] is True
        channels.api.ok("POST", f"{url}/rotate-secret")
        assert channels.api.ok("POST", f"{url}/test")["outcome"] == "delivered"


def test_logs_have_neither_address_nor_secret(
    channels: Channels, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiver(silent) as found:
        made = channels.add(found.url(path="/T0P-S3CR3T"))
        channels.api.parts.channels.sender._total_seconds = 0.2
        channels.api.ok("POST", f"{CHANNELS}/{made['id']}/test")
    told = caplog.text + repr([record.__dict__ for record in caplog.records])
    assert "T0P-S3CR3T" not in told
    assert made["secret"] not in told


def test_a_document_without_channels_is_none(channels: Channels) -> None:
    """As a system of the version before has it."""
    assert channels.parts.quota.documents.get(DOCUMENT).version == 0
    assert channels.api.ok("GET", CHANNELS)["items"] == []
    channels.money.put_user(channels.alerts.email, monthly_limit=100_000)
    channels.announce()
    assert channels.queued() == []
    alerts = [row for row in channels.money.rows("alerts") if "deliveries" in row]
    assert alerts == []
