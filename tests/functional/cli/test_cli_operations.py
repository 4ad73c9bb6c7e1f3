"""Replay, init and doctor from the command line, and where it finds the system."""

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from solaris.app import Parts
from solaris.ledger.dead_letters import DEAD_LETTERS
from solaris.ledger.events import event_to_json
from solaris.platform.settings import load_settings
from solaris.platform.terminal.environment import load_run_environment
from solaris.quota.usage import Outcome
from solaris.quota.user import user_id_for
from tests.functional.cli.cli_support import (  # noqa: F401 - fixtures
    ANA,
    error_of,
    event,
    log_line,
    parts_fixture,
    run,
    store_fixture,
    stored,
)

# replay


def test_replay_books_the_dead_letters_and_leaves_what_fails(parts: Parts) -> None:
    run("users", "create", ANA)
    parts.ledger.recorder.record_one(event(parts, "known"))
    for one in (
        event(parts, "lost-1"),
        event(parts, "lost-2"),
        event(parts, "stranger", user_id=user_id_for("zoe@example.com")),
    ):
        parts.platform.queues.send(DEAD_LETTERS, event_to_json(one))
    parts.platform.queues.send(DEAD_LETTERS, "not an event")

    dry = run("replay", "--from-dlq", "--dry-run", code=1)
    assert "2 would be booked" in dry.stdout
    assert stored(parts).current_usage == 100
    assert parts.platform.queues.depth(DEAD_LETTERS) == 4

    real = run("replay", "--from-dlq", code=1)
    assert "2 booked, 0 in the books already, 2 failed" in real.stdout
    assert "stranger" in real.stderr
    assert stored(parts).current_usage == 300
    assert parts.platform.queues.depth(DEAD_LETTERS) == 2


def test_replay_of_a_log_twice_books_once(parts: Parts, tmp_path: Path) -> None:
    run("users", "create", ANA)
    log = tmp_path / "gateway.log"
    lines = [
        "2026-11-22 starting up",
        '{"message": "request_settled", "request_id": "x"}',
        f"proxy-1  | {log_line(event(parts, 'lost'))}",
        log_line(event(parts, "lost-too")),
        '{"message": "usage_event", cut off',
        '["usage_event"] {',
    ]
    log.write_text("\n".join(lines), encoding="utf-8")
    assert "2 booked" in run("replay", "--file", str(log)).stdout
    again = run("replay", "--file", str(log), "--file", "-", stdin="x\n").stdout
    assert "0 booked, 2 in the books already, 0 failed" in again
    assert "skipped: 5" in again
    assert stored(parts).current_usage == 200


def test_an_expiry_and_its_late_answer_in_one_log_charge_the_answer(parts: Parts) -> None:
    run("users", "create", ANA)
    now = datetime.now(UTC)
    answer = event(parts, "late", 150, created_at=now)
    expiry = event(parts, "late", 100, created_at=now, outcome=Outcome.EXPIRED)
    for told in ((expiry, answer, answer), (answer, expiry)):
        lines = "\n".join(log_line(one) for one in told)
        assert "0 failed" in run("replay", "--file", "-", stdin=lines).stdout
        assert stored(parts).current_usage == 150


def test_a_broken_event_in_a_log_is_named_by_its_line(parts: Parts) -> None:
    broken = '{"message": "usage_event", "usage_event": {"version": 1}}\n'
    assert "standard input:1" in error_of("replay", "--file", "-", stdin=broken)


def test_more_events_than_one_transaction_holds_are_all_booked(parts: Parts) -> None:
    run("users", "create", ANA)
    lines = "\n".join(log_line(event(parts, f"r{n}")) for n in range(30))
    assert "30 booked" in run("replay", "--file", "-", stdin=lines).stdout
    assert stored(parts).current_usage == 3_000


# init, doctor, environment


def test_init_prints_the_first_key_once(parts: Parts) -> None:
    first = run("init").stdout
    secret = next(line for line in first.splitlines() if line.startswith("sk-solaris-"))
    (key,) = parts.keys.store.list()
    again = run("init").stdout
    assert secret not in again
    assert key.key_id in again
    assert parts.keys.store.list() == [key]


def test_init_makes_no_second_key_after_the_first_was_revoked(parts: Parts) -> None:
    run("init")
    (key,) = parts.keys.store.list()
    run("keys", "revoke", key.key_id)
    run("init")
    assert len(parts.keys.store.list()) == 1


def test_init_takes_the_key_of_the_settings_and_keeps_almost_none_of_it(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init")
    monkeypatch.setenv("SOLARIS_GATEWAY_KEY", "correct-horse-battery")
    load_settings.cache_clear()
    assert "correct-horse-battery" in run("init").stdout
    assert "correct-horse-battery" not in run("init").stdout
    assert sorted(key.prefix[:4] for key in parts.keys.store.list()) == ["corr", "sk-s"]
    assert "corre" not in run("keys", "list").stdout


def test_init_creates_the_tables_and_queues_that_are_missing(parts: Parts) -> None:
    parts.platform.dynamodb.delete_table(TableName=parts.settings.table_name("usage"))
    run("init")
    run("users", "create", ANA)
    run("users", "show", ANA)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_doctor_names_what_is_missing_with_the_remedy_and_masks_secrets(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-upstream-0123456789abcdef"
    url = f"http://127.0.0.1:{closed_port()}"
    monkeypatch.setenv("LITELLM_BASE_URL", url)
    monkeypatch.setenv("LITELLM_API_KEY", secret)
    monkeypatch.setenv("REDIS_URL", f"redis://:hunter33@127.0.0.1:{closed_port()}/0")
    load_settings.cache_clear()
    parts.platform.dynamodb.delete_table(TableName=parts.settings.table_name("usage"))
    parts.platform.queues.send(DEAD_LETTERS, "lost")
    out = run("doctor", code=1).stdout
    assert "✗ DynamoDB: missing: solaris-local-usage → solaris init" in out
    assert "✗ gateway keys: " in out
    assert "✓ SQS solaris-local-usage: 0" in out
    assert "✗ SQS solaris-local-usage-dlq: 1" in out
    assert "replay --from-dlq" in out
    assert "✗ Redis: does not answer" in out
    assert "✗ upstream: " in out
    assert "America/Sao_Paulo" in out
    assert "…cdef" in out
    for hidden in (secret, "hunter33"):
        assert hidden not in out


def test_the_command_line_goes_by_the_running_systems_settings(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a shell that has none of its variables: limits, the months' zone, what doctor says."""
    run("users", "create", ANA)
    (tmp_path / "run.env").write_text(
        "MAX_USER_LIMIT=50000000\nPERIOD_TIMEZONE=Pacific/Kiritimati\n"
        "LITELLM_BASE_URL=http://127.0.0.1:1/v1\nSOLARIS_WITHHELD=LITELLM_API_KEY,SECRET_KEY\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("solaris.operations.doctor.Diagnosis._models", _not_allowed)
    for name in ("MAX_USER_LIMIT", "PERIOD_TIMEZONE", "LITELLM_BASE_URL", "SOLARIS_WITHHELD"):
        monkeypatch.setenv(name, "")  # put back after the test
        monkeypatch.delenv(name)
    load_settings.cache_clear()
    run("users", "set-limit", ANA, "20000000")
    out = run("doctor", code=1).stdout
    assert "Pacific/Kiritimati" in out
    assert "✓ upstream: answers; the key is not known here" in out
    assert out.count("set in the running system") == 2


async def _not_allowed(*_: object) -> tuple[int, int]:
    return 401, 0


def test_the_doctor_is_content_with_a_whole_system(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init")
    monkeypatch.setattr("solaris.operations.doctor.Diagnosis._models", _three_models)
    monkeypatch.setenv("LITELLM_BASE_URL", "http://127.0.0.1:1/v1")
    load_settings.cache_clear()
    answer = json.loads(run("doctor", "--json").stdout)
    assert all(check["is_well"] for check in answer["checks"])
    assert "3 models" in [check["detail"] for check in answer["checks"]]


async def _three_models(*_: object) -> tuple[int, int]:
    return 200, 3


def test_commands_before_init_say_so(parts: Parts) -> None:
    parts.platform.dynamodb.delete_table(TableName=parts.settings.table_name("users"))
    assert "run `solaris init`" in error_of("users", "list")


def test_a_wrong_setting_is_one_line_that_names_it(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "zero")
    load_settings.cache_clear()
    assert "PORT" in error_of("users", "list")


def test_the_running_systems_variables_are_taken_over_but_none_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "run.env").write_text(
        "# written by the runner\nAWS_ENDPOINT_URL=http://127.0.0.1:4566\n"
        "AWS_REGION=eu-west-1\nREDIS_URL=redis://a=b\n\nnonsense\n",
        encoding="utf-8",
    )
    environment = {"SOLARIS_DATA_DIR": str(tmp_path), "AWS_REGION": "sa-east-1"}
    monkeypatch.setattr(os, "environ", environment)
    assert load_run_environment() == tmp_path / "run.env"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert environment["AWS_REGION"] == "sa-east-1"
    assert environment["REDIS_URL"] == "redis://a=b"


def test_the_same_endpoint_is_the_same_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "run.env").write_text(
        "AWS_ENDPOINT_URL=http://here\nPERIOD_TIMEZONE=Asia/Tokyo\n", encoding="utf-8"
    )
    environment = {"SOLARIS_DATA_DIR": str(tmp_path), "AWS_ENDPOINT_URL": "http://here"}
    monkeypatch.setattr(os, "environ", environment)
    assert load_run_environment() is not None
    assert environment["PERIOD_TIMEZONE"] == "Asia/Tokyo"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_with_an_endpoint_set_the_running_system_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "run.env").write_text("REDIS_URL=redis://other\n", encoding="utf-8")
    environment = {"SOLARIS_DATA_DIR": str(tmp_path), name: "http://elsewhere"}
    monkeypatch.setattr(os, "environ", environment)
    assert load_run_environment() is None
    assert "REDIS_URL" not in environment
