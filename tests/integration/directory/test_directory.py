"""The directory on a real store: what was published before a list is asked for is in it."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solaris.alerts.alert import Alert, AlertType, Audience, MailState
from solaris.alerts.listing import AlertQuery, AlertState, alerts_listed, open_alerts_in
from solaris.directory import follower as replica_filling
from solaris.directory.directory import Directory
from solaris.directory.follower import AHEAD, MAX_BEHIND
from solaris.directory.listing import UserQuery, UserSort, row_of
from solaris.directory.tables import ReplicaTables
from solaris.keys.authenticator import BlockingAuthenticator
from solaris.keys.key import new_key
from solaris.keys.listing import KeyQuery, KeyState, keys_listed
from solaris.platform.clock import now
from solaris.platform.errors import StoreUnavailableError
from solaris.quota.account import account_of
from solaris.quota.feed import Changes
from solaris.quota.policy import threshold_rule_of
from solaris.quota.user import User, UserStatus, user_id_for
from tests.integration.conftest import ANA, Clock, MoneyPath


@pytest.fixture
def make(money: MoneyPath) -> Iterator[Callable[..., Directory]]:
    """Directories of this stage, as processes of their own have them."""
    made: list[Directory] = []

    def directory(**changes: Any) -> Directory:
        parts = money.parts
        arguments: dict[str, Any] = {
            "settings": parts.settings,
            "feed": parts.quota.changes,
            "tables": parts.directory.replica_tables,
            "snapshots": parts.directory.snapshots,
            "clock": now,
        }
        made.append(Directory(**arguments | changes))
        return made[-1]

    yield directory
    for one in made:
        one.close()


@pytest.fixture(autouse=True)
def bucket(money: MoneyPath) -> None:
    money.parts.platform.files.create()


def people(money: MoneyPath, count: int) -> list[User]:
    return [
        money.put_user(f"u{n}@example.com", name=f"Usuária {n}", created_at=now(), updated_at=now())
        for n in range(count)
    ]


def test_a_new_directory_holds_every_table_and_then_follows(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    users = people(money, 12)
    money.parts.alerts.store.put_new(_alert(users[0]))
    money.parts.keys.store.put_new(new_key("sk-solaris-1", name="Chave", now=now()))
    directory = make()
    assert directory.users(UserQuery()).total == 12
    assert open_alerts_in(directory) == 1
    (row,) = alerts_listed(directory, AlertQuery()).items
    assert (row.user_email, row.user_name) == (users[0].email, users[0].name)
    assert keys_listed(directory, KeyQuery(search="CHAVE")).total == 1
    for _ in range(3):
        money.spend(10, users[3].email)
        money.parts.ledger.recorder.announce([users[3].user_id])
    (top,) = directory.top_users(5)
    user = account_of(money.user(users[3].email), money.parts.settings, now()).user
    assert top == row_of(user, threshold_rule_of(money.parts.settings))
    assert directory.counts().month_tokens == user.current_usage
    assert directory.emails([users[1].user_id, "unknown"]) == {
        users[1].user_id: (users[1].email, users[1].name)
    }


class _Scans:
    """A client that notes what is scanned, and how much at once."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._open = self.most_open = 0
        self.requests: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def scan(self, **request: Any) -> Any:
        self.requests.append(request)
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            return self._client.scan(**request)
        finally:
            self._open -= 1


def test_a_new_directory_reads_every_row_once_a_small_page_at_a_time(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    """Chats wait for a page, and a store that reads all rows for each segment reads them again."""
    people(money, 3)
    tables = money.parts.directory.replica_tables
    scans = _Scans(tables._client)
    directory = make(tables=ReplicaTables(scans, tables._names))
    assert directory.users(UserQuery()).total == 3
    assert len(scans.requests) == len(ReplicaTables.KEYS)
    assert scans.most_open == 1
    for request in scans.requests:
        assert "TotalSegments" not in request
        assert request["Limit"] <= 500
        assert request["ConsistentRead"]


def test_a_use_of_a_key_is_in_the_next_list_of_every_process(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    secret = "sk-solaris-used"
    key = new_key(secret, name="LibreChat", now=now())
    money.parts.keys.store.put_new(key)
    directories = [make() for _ in range(2)]
    assert [keys_listed(one, KeyQuery()).items[0].key.last_used_at for one in directories] == [
        None,
        None,
    ]
    who = BlockingAuthenticator(money.parts.keys.store, now)
    who.authenticate({"authorization": f"Bearer {secret}"})
    who._use.drain()
    used = money.parts.keys.store.get(key.key_hash)
    assert used is not None
    assert used.last_used_at is not None
    assert [keys_listed(one, KeyQuery()).items[0].key for one in directories] == [used, used]


def test_a_change_is_in_the_next_list_of_every_process(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    directories = [make() for _ in range(3)]
    assert [one.users(UserQuery()).total for one in directories] == [0, 0, 0]
    for number, email in enumerate(["a@example.com", "b@example.com", "c@example.com"], 1):
        money.put_user(email, created_at=now())
        money.parts.quota.changes.publish([money.user(email)])
        assert [one.users(UserQuery()).total for one in directories] == [number] * 3


def test_alerts_and_keys_are_read_again_and_vanish_when_they_are_gone(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    parts, directory = money.parts, make()
    (user,) = people(money, 1)
    parts.quota.changes.publish([user])
    assert alerts_listed(directory, AlertQuery()).total == 0
    for number in range(3):
        alert = replace(_alert(user), alert_id=f"{user.user_id}#2026-11#warning#{number}")
        parts.alerts.store.put_new(alert)
        parts.quota.changes.publish(alert_ids=[alert.alert_id])
    key = new_key("sk-solaris-1", name="x", now=now(), user_email=ANA)
    parts.keys.store.put_new(key)
    parts.quota.changes.publish(key_hashes=[key.key_hash, "never-stored"])
    page = alerts_listed(directory, AlertQuery(user_id=user.user_id, limit=2))
    assert (page.total, len(page.items)) == (3, 2)
    rest = alerts_listed(
        directory, AlertQuery(user_id=user.user_id, limit=2, cursor=page.next_cursor)
    )
    assert {row.alert.alert_id for row in page.items + rest.items} == {
        f"{user.user_id}#2026-11#warning#{number}" for number in range(3)
    }
    assert alerts_listed(directory, AlertQuery(state=AlertState.RESOLVED)).total == 0
    assert alerts_listed(directory, AlertQuery(types=(AlertType.INFO,))).total == 0
    assert keys_listed(directory, KeyQuery(state=KeyState.ACTIVE)).items[
        0
    ].key == parts.keys.store.get(key.key_hash)
    assert keys_listed(directory, KeyQuery(state=KeyState.EXPIRED)).total == 0
    assert keys_listed(directory, KeyQuery(user_email=ANA, search="ANA@")).total == 1
    parts.platform.dynamodb.delete_item(
        TableName=parts.settings.table_name("alerts"), Key={"alert_id": {"S": alert.alert_id}}
    )
    parts.quota.changes.publish(alert_ids=[alert.alert_id])
    assert open_alerts_in(directory) == 2


def test_a_change_that_appears_behind_the_cursor_is_found(
    money: MoneyPath, make: Callable[..., Directory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_filling, "OVERLAP_EVERY_SECONDS", 0.0)
    clock = Clock(now())
    directory = make(clock=clock)
    assert directory.users(UserQuery()).total == 0
    late = Clock(clock() - timedelta(seconds=20))
    early = Clock(clock() + AHEAD)
    table = money.parts.settings.table_name("changes")
    for writer, email in ((late, "a@example.com"), (early, "b@example.com")):
        user = money.put_user(email)
        Changes(money.parts.platform.dynamodb, table, writer).publish([user])
    assert directory.users(UserQuery()).total == 2
    clock.forward(minutes=7)
    assert directory.users(UserQuery()).total == 2


def test_what_was_read_once_is_not_taken_in_again(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    directory = make()
    (user,) = people(money, 1)
    assert directory.users(UserQuery()).total == 1
    money.parts.quota.changes.publish([replace(user, version=9)])
    assert directory.users(UserQuery()).items[0].version == 9
    before = directory.follower().changed
    for _ in range(5):
        directory.users(UserQuery())
    assert directory.follower().changed == before


def test_deleted_users_are_listed_when_they_are_asked_for_by_name(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    deleted = UserStatus("deleted")
    money.put_user("gone@example.com", status=deleted)
    money.put_user("here@example.com")
    directory = make()
    assert [row.email for row in directory.users(UserQuery()).items] == ["here@example.com"]
    assert directory.users(UserQuery(search="gone")).total == 0
    assert directory.users(UserQuery(statuses=(deleted,))).total == 1
    assert directory.counts().total == 1
    assert list(directory.emails([user_id_for("gone@example.com")]))


def test_a_person_is_found_by_the_addresses_of_before(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    aliases = ("ana.lima@example.org", "Ána@third.example")
    user = money.put_user(name="Ana Souza", aliases=aliases)
    money.put_user("bia@example.com", name="Bia")

    def found(directory: Directory, search: str) -> list[tuple[str, tuple[str, ...]]]:
        return [(row.email, row.aliases) for row in directory.users(UserQuery(search=search)).items]

    built, following = make(), make()
    for directory in (built, following):
        for search in ("lima@EXAMPLE.org", "ana@third", "souza", ANA):
            assert found(directory, search) == [(ANA, aliases)]
        assert found(directory, "souza\n") == [(ANA, aliases)]
    released = replace(user, aliases=aliases[1:], version=user.version + 1)
    money.parts.quota.changes.publish([released])
    assert found(following, "lima@example.org") == []
    assert found(following, "third.example") == [(ANA, aliases[1:])]


def test_a_list_waits_for_the_building_and_says_so_when_it_takes_too_long(
    money: MoneyPath, make: Callable[..., Directory], monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    build = replica_filling.build

    def slow(*arguments: Any, **named: Any) -> Any:
        assert go_on.wait(20)
        return build(*arguments, **named)

    monkeypatch.setattr("solaris.directory.directory.build", slow)
    directory = make(wait_seconds=0.05)
    with pytest.raises(StoreUnavailableError, match="being built"):
        directory.users(UserQuery())
    people(money, 2)
    go_on.set()
    directory.wait_until_built(20)
    assert make().users(UserQuery()).total == 2


def test_a_building_that_fails_is_told_and_tried_again(
    money: MoneyPath, make: Callable[..., Directory], monkeypatch: pytest.MonkeyPatch
) -> None:
    people(money, 1)
    directory = make()
    with monkeypatch.context() as broken:
        broken.setattr(
            "solaris.directory.directory.build", lambda *_, **__: _raise(StoreUnavailableError("x"))
        )
        with pytest.raises(StoreUnavailableError, match="not built"):
            directory.users(UserQuery())
    assert directory.users(UserQuery()).total == 1


def test_a_feed_that_is_away_is_no_answer(
    money: MoneyPath, make: Callable[..., Directory], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = make()
    assert directory.users(UserQuery()).total == 0
    with monkeypatch.context() as broken:
        broken.setattr(Changes, "read", lambda *_: _raise(StoreUnavailableError("away")))
        with pytest.raises(StoreUnavailableError):
            directory.counts()
    assert directory.counts().total == 0


def test_after_a_long_sleep_the_directory_is_built_anew(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    clock = Clock(now())
    directory = make(clock=clock)
    assert directory.users(UserQuery()).total == 0
    money.put_user()  # told by nobody, as when the feed has forgotten it
    assert directory.users(UserQuery()).total == 0
    clock.forward(seconds=MAX_BEHIND.total_seconds() + 1)
    assert directory.users(UserQuery()).total == 1


def test_a_reading_that_takes_too_long_goes_on_where_it_stopped(
    money: MoneyPath, make: Callable[..., Directory], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = make(clock=(clock := Clock(now())))
    assert directory.users(UserQuery()).total == 0
    users = people(money, 3)
    feed = Changes(
        money.parts.platform.dynamodb,
        money.parts.settings.table_name("changes"),
        writer := Clock(clock()),
    )
    for user in users:
        writer.forward(minutes=10)
        feed.publish([replace(user, version=5)])
    clock.forward(minutes=60)
    follower = directory._follower
    assert follower is not None
    before = follower.cursor
    for _ in range(200):
        try:
            follower.follow(time.monotonic() - 1)  # no time at all: one page a call
        except StoreUnavailableError:
            assert follower.cursor > before
            before = follower.cursor
        else:
            break
    else:
        pytest.fail("the end is never reached")
    assert directory.users(UserQuery()).total == 3


def test_lists_sort_and_page_while_others_write(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    users = people(money, 40)
    directory = make()
    stop = threading.Event()

    def write() -> None:
        number = 1
        while not stop.is_set():
            number += 1
            money.parts.quota.changes.publish([replace(users[number % 40], version=number)])

    def read(_: int) -> int:
        query = UserQuery(sort=UserSort.EMAIL, limit=7)
        seen: list[str] = []
        while True:
            page = directory.users(query)
            seen += [row.email for row in page.items]
            if page.next_cursor is None:
                assert seen == sorted(user.email for user in users)
                return len(seen)
            query = replace(query, cursor=page.next_cursor)

    with ThreadPoolExecutor(5) as pool:
        writing = pool.submit(write)
        try:
            assert list(pool.map(read, range(12))) == [40] * 12
        finally:
            stop.set()
        writing.result()


def _alert(user: User) -> Alert:
    return Alert(
        alert_id=f"{user.user_id}#2026-11#warning",
        type=AlertType.WARNING,
        title="t",
        message="m",
        period="2026-11",
        created_at=now(),
        mails={Audience.USER: MailState.SENT, Audience.ADMINS: MailState.NONE},
        user_id=user.user_id,
    )


def _raise(error: Exception) -> Any:
    raise error
