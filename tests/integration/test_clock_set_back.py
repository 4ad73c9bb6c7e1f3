"""Leases and marks of the future: after the clock was set back nobody believes them for longer than
they were to last.
"""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from solaris.alerts.alert import LEASE_SECONDS as MAIL_LEASE_SECONDS
from solaris.exports.export import Export
from solaris.keys.key import hash_key, new_key
from solaris.months.progress import ResetStore
from solaris.platform.leases import SKEW
from solaris.sign_in.attempts import AttemptStore
from tests.integration.alerts.alerting_support import Alerts
from tests.integration.alerts.test_alerting import alerts  # noqa: F401 - a fixture
from tests.integration.backup.backup_support import BOSS
from tests.integration.conftest import MoneyPath
from tests.integration.exports.exports_support import Exports, order
from tests.integration.exports.test_export_jobs import exports  # noqa: F401 - a fixture
from tests.integration.reconciliation.test_reconcile_runs import runner, store

BACK = timedelta(hours=1)


def reset_store(money: MoneyPath, owner: str) -> ResetStore:
    return ResetStore(money.aws, money.parts.settings, money.parts.quota.users, owner)


async def test_the_reset(money: MoneyPath) -> None:
    first, second = reset_store(money, "first"), reset_store(money, "second")
    assert (await first.claim("2026-11", money.clock())).is_mine
    behind = money.clock() - SKEW
    assert not (await second.claim("2026-11", behind)).is_mine, "another machine's clock is behind"
    assert (await second.claim("2026-11", money.clock() - BACK)).is_mine
    assert not (await first.claim("2026-11", money.clock() - BACK)).is_mine


async def test_the_reconciliation(money: MoneyPath) -> None:
    assert store(money).claim(money.period, "somebody", money.clock())
    money.clock.now -= SKEW
    assert runner(money).run().state == "held"
    money.clock.now -= BACK
    assert runner(money).run().state == "done"


async def test_a_whole_run_by_hand(money: MoneyPath) -> None:
    run = store(money).claim(money.period, "somebody", money.clock())
    assert run is not None
    assert not store(money).supersede(run, money.clock() - SKEW)
    assert store(money).supersede(run, money.clock() - BACK)


def test_a_mail(alerts: Alerts) -> None:  # noqa: F811 - the fixture
    body = alerts.crossing(80_000)

    class Killed(BaseException):
        pass

    class Dying:
        def send(self, message: object) -> None:
            raise Killed

    with pytest.raises(Killed):
        alerts.handle(body, sender=Dying())
    alerts.money.clock.now -= SKEW
    assert alerts.handle(body) == [body]
    alerts.money.clock.now -= BACK
    assert alerts.handle(body) == []
    assert len(alerts.inbox()) == 1
    assert BACK.total_seconds() > MAIL_LEASE_SECONDS


def test_an_export(exports: Exports) -> None:  # noqa: F811 - the fixture
    export = exports.jobs.export(order(), BOSS, in_background=True)
    assert isinstance(export, Export)
    assert exports.store.claim(export.export_id, "first", exports.clock())
    assert not exports.store.claim(export.export_id, "second", exports.clock() - SKEW)
    assert exports.store.claim(export.export_id, "second", exports.clock() - BACK)


def test_the_use_of_a_key(money: MoneyPath) -> None:
    keys = money.parts.keys.store
    secret = f"sk-solaris-{uuid.uuid4().hex}"
    noon = datetime(2026, 11, 15, 12, tzinfo=UTC)
    assert keys.put_new(new_key(secret, name="k", now=noon))
    assert keys.note_use(hash_key(secret), noon)
    assert not keys.note_use(hash_key(secret), noon + timedelta(seconds=1))
    assert keys.note_use(hash_key(secret), noon - BACK)


def test_what_is_told_together(money: MoneyPath) -> None:
    table = money.parts.settings.table_name("sessions")
    attempts = AttemptStore(money.parts.platform.dynamodb, sessions_table=table)
    minute = timedelta(minutes=1)
    noon = money.clock()
    assert attempts.gather("row", noon, minute) == 1
    assert attempts.gather("row", noon + timedelta(seconds=1), minute) == 0
    assert attempts.gather("row", noon - BACK, minute) == 2
