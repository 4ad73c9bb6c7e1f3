"""The reset as it is called: by Lambda, by the local worker's thread, by hand."""

import threading
from collections.abc import Iterator

import pytest
from chalice.local import LambdaContext
from typer.testing import CliRunner, Result

import solaris.app
from infra.local.edge.functions import load_function
from infra.local.run.schedule import StoppableContext, schedule_thread
from solaris.cli import app
from solaris.months.progress import PROGRESS_OWNER
from solaris.platform.clock import now
from solaris.platform.settings import load_settings
from solaris.quota.periods import period_of
from tests.integration.conftest import ANA, MoneyPath

OLD = "2025-01"
BOB = "bob@example.com"


@pytest.fixture
def late(money: MoneyPath, monkeypatch: pytest.MonkeyPatch) -> Iterator[MoneyPath]:
    """Two users in an old month, and an environment that leads to them."""
    monkeypatch.setenv("SOLARIS_STAGE", money.parts.settings.solaris_stage)
    monkeypatch.setenv("SECRET_KEY", money.parts.settings.secret_key)
    load_settings.cache_clear()
    solaris.app.process_parts.cache_clear()
    money.put_user(ANA, period=OLD)
    money.put_user(BOB, period=OLD)
    yield money
    load_settings.cache_clear()
    solaris.app.process_parts.cache_clear()


def periods(money: MoneyPath) -> set[str]:
    return {user.period for user in money.parts.quota.users.scan()}


def current(money: MoneyPath) -> str:
    return period_of(now(), money.parts.settings.zone)


def run(*arguments: str, code: int = 0, lang: str = "en") -> Result:
    result = CliRunner().invoke(app, ["--lang", lang, *arguments])
    assert result.exit_code == code, result.output
    return result


def test_the_function_answers_running_without_time_and_done_with_it(late: MoneyPath) -> None:
    function = load_function("reset")
    event = {"source": "aws.scheduler"}
    short = function.open_period(event, LambdaContext("reset", 256, 29_000))
    assert short["state"] == "running"
    assert periods(late) == {OLD}
    for _ in range(2):
        answer = function.open_period(event, LambdaContext("reset", 256, 900_000))
        assert answer == {
            "state": "done", "period": current(late), "users": 2, "rolled_over": 2, "failed": 0,
        }  # fmt: skip
    assert periods(late) == {current(late)}
    swept = function.sweep_reservations(event, LambdaContext("reset", 256, 900_000))
    assert swept == {
        "state": "done",
        "expired": 0,
        "ended_grants": 0,
        "ending_grants": 0,
        "ceilings": 0,
        "failed_users": 0,
        "plans": "done",
        "plan_users": 0,
        "plan_users_changed": 0,
    }


def test_the_workers_thread_catches_up_and_ends_when_told(late: MoneyPath) -> None:
    stop, swept = threading.Event(), threading.Event()
    function = load_function("reset")
    sweep = function.sweep_reservations

    def and_tell(event: object, context: object) -> object:
        answer = sweep(event, context)
        swept.set()
        return answer

    function.sweep_reservations = and_tell  # type: ignore[attr-defined]
    thread = schedule_thread(function, stop, zone=late.parts.settings.zone, clock=now)
    thread.start()
    assert swept.wait(30)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert periods(late) == {current(late)}


def test_a_worker_that_is_to_stop_has_no_time_left() -> None:
    stop = threading.Event()
    context = StoppableContext(stop)
    assert context.get_remaining_time_in_millis() > 800_000
    stop.set()
    assert context.get_remaining_time_in_millis() == 0


def test_by_hand_dry_then_one_user_then_everybody(late: MoneyPath) -> None:
    period = current(late)
    dry = run("reset", "--dry-run").stdout
    assert f"{period} would be opened for 2 users; nothing was changed" in dry
    assert "would be opened" in run("reset", "--user", ANA, "--dry-run").stdout
    assert periods(late) == {OLD}
    assert PROGRESS_OWNER not in {row["user_id"] for row in late.rows("periods")}
    assert f"{ANA}: {period} opened" in run("reset", "--user", ANA).stdout
    assert f"{ANA}: {period} is open already" in run("reset", "--user", ANA).stdout
    assert periods(late) == {OLD, period}
    assert f"{period} is open for 2 users, 1 of them by the reset" in run("reset").stdout
    assert f"{period} is open for 2 users" in run("reset").stdout
    told = run("reset", lang="pt-BR").stdout
    assert told == f"{period} está aberto para 2 usuários, 1 deles pela rotina do mês\n"
    assert periods(late) == {period}


def test_an_unknown_user_is_named(late: MoneyPath) -> None:
    assert "zoe@example.com" in run("reset", "--user", "zoe@example.com", code=1).stderr
    assert periods(late) == {OLD}
