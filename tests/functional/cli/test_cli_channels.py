"""`solaris channels`: made, listed, tried out, resumed, removed, in both languages."""

import json
from typing import Any

import pytest

from solaris.app import Parts
from solaris.channels.channel import Outcome, Try
from solaris.platform.settings import load_settings
from tests.functional.channels.receivers import receiver, status
from tests.functional.cli.cli_support import error_of, parts_fixture, run, store_fixture

__all__ = ["parts_fixture", "store_fixture"]

PT = "pt-BR"


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch, parts: Parts) -> None:
    monkeypatch.setenv("CHANNEL_ALLOWED_HOSTS", "127.0.0.0/8")
    load_settings.cache_clear()


def answer(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def test_a_channel_is_made_tried_and_removed(parts: Parts) -> None:
    with receiver() as hook:
        shown = run(
            *("channels", "add", "On-call", hook.url(path="/T0P-S3CR3T-9f2c")),
            *("--event", "quota.blocked", "--no-names"),
        ).stdout
        assert "whsec_" in shown
        assert "T0P" not in shown
        (listed,) = answer("channels", "list")
        assert listed["filter"] == {"events": ["quota.blocked"], "groups": []}
        assert listed["noNames"] is True
        assert "delivered" in run("channels", "test", "on-call").stdout
        hook.behave = status(500)
        failed = run("channels", "test", listed["id"], code=1).stdout
        assert "refused (500)" in failed
    assert [one["status"] for one in answer("channels", "history", "On-call")] == [500, 200]
    assert "recusado" in run("channels", "history", "On-call", lang=PT).stdout
    assert "…9f2c" in run("channels", "list", lang=PT).stdout
    run("channels", "remove", "On-call", "--yes")
    assert answer("channels", "list") == []
    actions = [row.action for row in _audited(parts)]
    assert sorted(set(actions)) == ["channel.create", "channel.delete", "channel.test"]


def test_a_channel_of_a_group_is_named_by_it(parts: Parts) -> None:
    group = answer("groups", "create", "Vendas")
    made = answer("channels", "add", "x", "http://127.0.0.1/x", "--group", "VENDAS")
    assert made["filter"]["groups"] == [group["id"]]
    assert "Vendas" in run("channels", "list", lang=PT).stdout
    told = error_of("channels", "add", "y", "http://127.0.0.1/x", "--group", "Compras")
    assert "there is no such group" in told
    assert [one["name"] for one in answer("channels", "list")] == ["x"]


def test_a_paused_channel_is_resumed(parts: Parts) -> None:
    with receiver() as hook:
        made = answer("channels", "add", "Plantão", hook.url(), "--kind", "slack")
    assert made["secret"] is None
    tried = Try(parts.clock(), "quota.warning", Outcome.TIMEOUT, None, 9, 5, is_last=True)
    parts.channels.store.record(made["id"], [tried] * 50)
    assert "pausado" in run("channels", "list", lang=PT).stdout
    assert "desistiu" in run("channels", "history", "Plantão", lang=PT).stdout
    assert answer("channels", "resume", "plantão")["pausedAt"] is None


def test_what_is_wrong_is_said(parts: Parts) -> None:
    assert "nenhum canal" in run("channels", "list", lang=PT).stdout
    told = error_of("channels", "add", "x", "https://10.0.0.1/")
    assert "internal network" in told
    assert error_of("channels", "test", "nobody")
    refused = run("channels", "add", "x", "https://a.example/", "--event", "no.such", code=2)
    assert "quota.blocked" in refused.stderr


def _audited(parts: Parts) -> list[Any]:
    from solaris.audit.entry import AuditFilters  # noqa: PLC0415

    return list(parts.audit.auditor.page(AuditFilters(target_type="channel"), 50).entries)
