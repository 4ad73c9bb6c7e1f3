"""`solaris alerts`: listed, resolved, opened again, in both languages."""

import json
from typing import Any

from solaris.alerts.alert import Alert, AlertType, Audience, MailState, ResolvedWhy
from solaris.app import Parts
from tests.functional.cli.cli_support import error_of, parts_fixture, run, store_fixture

__all__ = ["parts_fixture", "store_fixture"]

PT = "pt-BR"
ID = "books_differ~1794754800123"


def answer(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def record(parts: Parts, alert_id: str = ID, **about: Any) -> None:
    alert = Alert(
        alert_id=alert_id.replace("~", "#"),
        type=AlertType.CRITICAL,
        title="The books differ",
        message="m",
        period="2026-11",
        created_at=parts.clock(),
        mails=dict.fromkeys(Audience, MailState.NONE),
        **about,
    )
    assert parts.alerts.store.put_new(alert)
    parts.quota.changes.publish(alert_ids=[alert.alert_id])


def test_an_alert_is_resolved_and_opened_again(parts: Parts) -> None:
    assert "nenhum alerta" in run("alerts", "list", lang=PT).stdout
    record(parts)
    shown = run("alerts", "list", lang=PT).stdout
    assert ID in shown
    assert "crítico" in shown
    assert answer("alerts", "resolve", ID)["actions"] == ["reopen"]
    assert answer("alerts", "list") == []
    (closed,) = answer("alerts", "list", "--state", "resolved")
    assert closed["resolvedBy"] in run("alerts", "list", "--state", "resolved").stdout
    assert "open again: The books differ" in run("alerts", "reopen", ID).stdout
    assert [one["id"] for one in answer("alerts", "list")] == [ID]


def test_what_is_wrong_is_said(parts: Parts) -> None:
    assert "alerta não encontrado" in error_of("alerts", "resolve", "a~b", lang=PT)
    done: dict[str, Any] = {"resolved_at": parts.clock(), "resolved_by": "system"}
    record(parts, resolved_why=ResolvedWhy.BOOKS_AGREE, **done)
    assert "its cause is gone" in error_of("alerts", "reopen", ID)
    assert "a causa acabou" in error_of("alerts", "reopen", ID, lang=PT)
