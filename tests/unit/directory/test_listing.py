"""Lists of users: what is folded, leveled, shown, filtered, sorted and paged, against plain Python.

The replica is a real SQLite file; nothing else is needed.
"""

import string
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solaris.directory import queries as reading
from solaris.directory.listing import (
    Listing,
    UsageLevel,
    UserQuery,
    UserRow,
    UserSort,
    folded,
    level_of,
    row_of,
)
from solaris.directory.replica import Replica, View
from solaris.keys.key import KeyKind, new_key
from solaris.keys.listing import KeyState, key_state
from solaris.platform.aws.cursors import decode_cursor, encode_cursor
from solaris.platform.errors import StoreUnavailableError, ValidationFailedError
from solaris.platform.settings import Settings
from solaris.quota.account import account_of
from solaris.quota.feed import user_from_row, user_to_row
from solaris.quota.policy import threshold_rule_of
from solaris.quota.quota import PPM, Quota
from solaris.quota.reservation import Reservation
from solaris.quota.thresholds import Threshold, ThresholdRule
from solaris.quota.user import Plan, User, UserStatus, user_id_for

NOW = datetime(2026, 11, 15, 15, tzinfo=UTC)
RULE = ThresholdRule(800_000, 950_000)
SETTINGS = Settings(secret_key="unit-tests-only-0123456789abcdef")
MILLISECONDS = st.integers(0, 400 * 86_400_000).map(lambda n: NOW - timedelta(milliseconds=n))


@st.composite
def people(draw: st.DrawFn, number: int = 0) -> User:
    """A user as an item may be stored: of this month or an older one, with any block threshold."""
    name = draw(st.text(st.sampled_from("aáÀbßÇñ İz%_\\9"), max_size=4))
    email = f"{draw(st.text(string.ascii_lowercase, min_size=1, max_size=3))}{number}@example.com"
    held = draw(st.sampled_from([0, 0, 7, 4_096]))
    user = User(
        user_id=user_id_for(email),
        email=email,
        name=name,
        status=draw(st.sampled_from(list(UserStatus))),
        plan=draw(st.sampled_from(list(Plan))),
        monthly_limit=draw(st.sampled_from([0, 3, 1_000, 10**12])),
        additional_tokens=draw(st.sampled_from([0, 1, 500, 10**12])),
        current_usage=draw(st.sampled_from([0, 1, 2, 3, 799, 800, 801, 950, 1_000, 1_500, 10**13])),
        available_tokens=0,
        period=draw(st.sampled_from(["2026-11", "2026-11", "2026-10"])),
        created_at=draw(MILLISECONDS),
        updated_at=NOW,
        block_ppm=draw(st.sampled_from([PPM, 955_000])),
        reservations={"r": _held(held)} if held else {},
        alerts_sent=draw(st.frozensets(st.sampled_from(list(Threshold)))),
        alert_round=draw(st.integers(0, 2)),
        last_alert_at=draw(st.none() | MILLISECONDS),
        last_seen_at=draw(st.none() | MILLISECONDS),
        version=draw(st.integers(0, 5)),
    )
    return replace(user, available_tokens=user.quota.available_tokens)


def _held(tokens: int) -> Reservation:
    return Reservation("r", tokens, 1, NOW, NOW + timedelta(minutes=5), "2026-11", "gpt", "/v1/x")


@st.composite
def crowds(draw: st.DrawFn) -> list[User]:
    return [draw(people(number)) for number in range(draw(st.integers(0, 12)))]


def shown(user: User, view: View) -> UserRow:
    return row_of(account_of(user, view.settings, view.now).user, threshold_rule_of(view.settings))


def put(replica: Replica, users: Iterable[User], view: View) -> int:
    return replica.put_users([user_to_row(user) for user in users], view)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as made:
        yield Path(made)


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    made = Replica(tmp_path / "r.sqlite")
    made.finish_filling()
    yield made
    made.close()


def listed(replica: Replica, query: UserQuery, view: View) -> Listing[UserRow]:
    with replica.reading() as connection:
        return reading.users_page(connection, query, view)


def every_page(replica: Replica, query: UserQuery, view: View) -> list[UserRow]:
    """All rows, page by page; the total is the same on each."""
    rows: list[UserRow] = []
    totals = set()
    for _ in range(100):
        page = listed(replica, query, view)
        assert len(page.items) <= query.limit
        rows += page.items
        totals.add(page.total)
        if page.next_cursor is None:
            assert totals == {len(rows)}
            return rows
        query = replace(query, cursor=page.next_cursor)
    raise AssertionError("the pages have no end")


def ppm(row: UserRow) -> int:
    granted = row.monthly_limit + row.additional_tokens
    return row.current_usage * PPM // granted if granted else PPM


KEYS: dict[UserSort, Any] = {
    UserSort.USAGE: lambda row: row.current_usage,
    UserSort.PERCENTAGE: ppm,
    UserSort.NAME: lambda row: folded(row.name),
    UserSort.CREATED: lambda row: row.created_at,
    UserSort.EMAIL: lambda row: row.email,
    UserSort.LAST_SEEN: lambda row: row.last_seen_at,
}


def expected(users: list[User], query: UserQuery, view: View) -> list[str]:
    """The answer by the meaning of the query, without SQL."""
    rows = [shown(user, view) for user in users]
    search = folded(query.search.strip())
    statuses = query.statuses or tuple(one for one in UserStatus if one.value != "deleted")
    rows = [
        row
        for row in rows
        if row.status in statuses
        and (not query.plans or row.plan in query.plans)
        and (not query.levels or row.level in query.levels)
        and (search in folded(row.name) or search in folded(row.email))
        and (query.created_from is None or row.created_at >= query.created_from)
        and (query.created_to is None or row.created_at < query.created_to)
        and (query.seen_from is None or (row.last_seen_at or NOW - 9000 * _DAY) >= query.seen_from)
        and (query.seen_to is None or (row.last_seen_at or NOW + 9000 * _DAY) < query.seen_to)
    ]
    key = KEYS[query.sort]
    known = [row for row in rows if key(row) is not None]
    unknown = [row for row in rows if key(row) is None]
    known.sort(key=lambda row: (key(row), row.user_id), reverse=query.descending)
    unknown.sort(key=lambda row: row.user_id, reverse=query.descending)
    return [row.user_id for row in known + unknown]


_DAY = timedelta(days=1)
some = st.sampled_from


@st.composite
def queries(draw: st.DrawFn) -> UserQuery:
    def subset(values: Any) -> Any:
        return tuple(draw(st.lists(some(list(values)), max_size=2, unique=True)))

    return UserQuery(
        statuses=subset(UserStatus),
        plans=subset(Plan),
        levels=subset(UsageLevel),
        created_from=draw(st.none() | MILLISECONDS),
        created_to=draw(st.none() | MILLISECONDS),
        seen_from=draw(st.none() | MILLISECONDS),
        seen_to=draw(st.none() | MILLISECONDS),
        search=draw(
            some(["", "", "A", "á", "ss", "%", "_", "\\", "i", "EXAMPLE", " b ", "nobody"])
        ),
        sort=draw(some(list(UserSort))),
        descending=draw(st.booleans()),
        limit=draw(some([1, 2, 5, 50])),
    )


@given(users=crowds(), query=queries(), seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)  # files: their time is the disk's
def test_lists_are_what_the_query_means_on_every_page(
    folder: Path, users: list[User], query: UserQuery, seed: int
) -> None:
    view = View(SETTINGS, NOW)
    path = folder / f"{seed}.sqlite"
    path.unlink(missing_ok=True)
    replica = Replica(path)
    try:
        put(replica, users, view)
        replica.finish_filling()
        for asked in (query, UserQuery(sort=query.sort, descending=query.descending, limit=2)):
            rows = every_page(replica, asked, view)
            assert [row.user_id for row in rows] == expected(users, asked, view)
            by_id = {user.user_id: shown(user, view) for user in users}
            assert all(row == by_id[row.user_id] for row in rows)
        with replica.reading() as connection:
            counts = reading.counts(connection, view)
            top = reading.top_users(connection, 3, view)
    finally:
        replica.close()
    alive = [shown(user, view) for user in users if user.status.value != "deleted"]
    assert counts.total == len(alive)
    assert counts.month_tokens == sum(row.current_usage for row in alive)
    starts = datetime(2026, 11, 1, 3, tzinfo=UTC)
    assert counts.used == sum(
        row.current_usage > 0 or (row.last_seen_at is not None and row.last_seen_at >= starts)
        for row in alive
    )
    assert counts.by_status == {
        one: sum(row.status is one for row in alive) for one in UserStatus if one.value != "deleted"
    }
    assert counts.by_level == {one: sum(row.level is one for row in alive) for one in UsageLevel}
    heaviest = sorted(alive, key=lambda row: (row.current_usage, row.user_id), reverse=True)
    assert top == [row for row in heaviest if row.current_usage][:3]


@given(user=people(), block=st.sampled_from([1.0, 0.9]), days=st.integers(0, 40))
def test_a_row_through_the_feed_shows_the_account_of_its_day(
    user: User, block: float, days: int
) -> None:
    chosen = Settings(secret_key=SETTINGS.secret_key, block_threshold=block)
    view = View(chosen, NOW + timedelta(days=days))
    row = orjson.loads(orjson.dumps(user_to_row(user)))
    assert "reservations" not in row
    far = view.now + timedelta(days=1)
    lasting = {key: replace(one, expires_at=far) for key, one in user.reservations.items()}
    assert view.row(user_from_row(row)) == shown(replace(user, reservations=lasting), view)


def test_what_a_row_says_is_held_stays_held_until_another_row_comes() -> None:
    held = replace(somebody(), reservations={"r": _held(600)}, available_tokens=400)
    row = orjson.loads(orjson.dumps(user_to_row(held)))
    seen = View(SETTINGS, NOW + timedelta(hours=1)).row(user_from_row(row))
    assert (seen.reserved_tokens, seen.current_usage, seen.available_tokens) == (600, 0, 400)


@given(user=people(), other=people())
@settings(deadline=None)
def test_an_older_row_never_takes_the_place_of_a_newer_one(user: User, other: User) -> None:
    view = View(SETTINGS, NOW)
    first = replace(user, version=7)
    second = replace(other, user_id=user.user_id, version=6)
    with TemporaryDirectory() as made:
        replica = Replica(Path(made) / "r.sqlite")
        replica.finish_filling()
        assert put(replica, [first], view) == 1
        assert put(replica, [second, first], view) == 0
        query = UserQuery(statuses=tuple(UserStatus))
        assert listed(replica, query, view).items == [shown(first, view)]
        assert put(replica, [replace(second, version=8)], view) == 1
        assert listed(replica, query, view).items == [shown(replace(second, version=8), view)]
        replica.close()


def somebody(email: str = "ana@example.com", **changes: Any) -> User:
    fields: dict[str, Any] = {
        "user_id": user_id_for(email), "email": email, "name": "Ana", "status": UserStatus.ACTIVE,
        "plan": Plan.BASIC, "monthly_limit": 1_000, "additional_tokens": 0, "current_usage": 0,
        "available_tokens": 1_000, "period": "2026-11", "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return User(**(fields | changes))


def test_a_new_month_and_a_new_threshold_reach_every_row_at_once(replica: Replica) -> None:
    view = View(SETTINGS, NOW)
    put(replica, [somebody(current_usage=900)], view)
    assert listed(replica, UserQuery(levels=(UsageLevel.WARNING,)), view).total == 1
    strict = View(Settings(secret_key=SETTINGS.secret_key, block_threshold=0.9), NOW)
    assert strict.signature != view.signature
    replica.look_anew(strict)
    assert listed(replica, UserQuery(levels=(UsageLevel.BLOCKED,)), strict).total == 1
    december = View(SETTINGS, NOW + timedelta(days=30))
    replica.look_anew(december)
    (row,) = listed(replica, UserQuery(levels=(UsageLevel.OK,)), december).items
    assert (row.period, row.current_usage) == ("2026-12", 0)
    assert replica.meta()["view"] == december.signature


@pytest.mark.parametrize(
    ("usage", "level"),
    [
        (799, UsageLevel.OK),
        (800, UsageLevel.WARNING),
        (949, UsageLevel.WARNING),
        (950, UsageLevel.CRITICAL),
        (999, UsageLevel.CRITICAL),
        (1_000, UsageLevel.BLOCKED),
    ],
)
def test_levels_lie_where_the_alerts_do(usage: int, level: UsageLevel) -> None:
    quota = Quota(600, 400, usage, 0)
    assert level_of(quota, RULE) is level


@pytest.mark.parametrize("status", [one for one in UserStatus if one is not UserStatus.DELETED])
def test_whoever_has_tokens_left_is_not_used_up_whatever_the_status(
    replica: Replica, status: UserStatus
) -> None:
    view = View(SETTINGS, NOW)
    put(replica, [somebody(current_usage=50, status=status)], view)
    (row,) = listed(replica, UserQuery(levels=(UsageLevel.OK,)), view).items
    assert (row.level, row.status) == (UsageLevel.OK, status)
    with replica.reading() as connection:
        assert reading.counts(connection, view).by_level[UsageLevel.BLOCKED] == 0


def test_who_used_it_this_month_counts_and_an_account_alone_does_not(replica: Replica) -> None:
    view = View(SETTINGS, NOW)
    users = [
        somebody("never@example.com"),
        somebody("october@example.com", last_seen_at=NOW - timedelta(days=20)),
        somebody("stale@example.com", current_usage=9, period="2026-10"),
        somebody("used@example.com", current_usage=9),
        somebody("reset@example.com", last_seen_at=NOW - timedelta(days=2)),
        somebody("gone@example.com", current_usage=9, status=UserStatus.SUSPENDED),
    ]
    put(replica, users, view)
    with replica.reading() as connection:
        counts = reading.counts(connection, view)
    assert (counts.by_status[UserStatus.ACTIVE], counts.used) == (5, 3)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("José Ângelo", "jose angelo"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("ﬁm", "fim"),
     ("İ", "i"), ("Ça\N{COMBINING ACUTE ACCENT}", "ca"), ("Łódź", "łodz")],
)  # fmt: skip
def test_folding_takes_case_and_accents_away(text: str, plain: str) -> None:
    assert folded(text) == plain
    assert folded(folded(text)) == plain


def test_a_cursor_is_of_its_own_query_only(replica: Replica) -> None:
    view = View(SETTINGS, NOW)
    put(replica, [somebody(f"u{n}@example.com", current_usage=n) for n in range(5)], view)
    query = UserQuery(sort=UserSort.USAGE, limit=2)
    cursor = listed(replica, query, view).next_cursor
    assert listed(replica, replace(query, cursor=cursor, limit=3), view).items
    foreign = [
        replace(query, cursor=cursor, descending=True),
        replace(query, cursor=cursor, search="u"),
        replace(query, cursor=cursor, sort=UserSort.NAME),
        *(replace(query, cursor=one) for one in ("", "x", "é", "e30", "bnVsbA", cursor[:-3])),  # type: ignore[index]
    ]
    for one in foreign:
        with pytest.raises(ValidationFailedError) as refusal:
            listed(replica, one, view)
        assert [problem[0] for problem in refusal.value.problems] == ["cursor"]


@pytest.mark.parametrize("value", ["nine", "-1", "9" * 30, "1.5"])
def test_a_cursor_that_was_tampered_with_is_refused(replica: Replica, value: str) -> None:
    view = View(SETTINGS, NOW)
    put(replica, [somebody(f"u{n}@example.com") for n in range(3)], view)
    query = UserQuery(sort=UserSort.USAGE, limit=1)
    cursor = listed(replica, query, view).next_cursor
    values = decode_cursor(cursor or "", frozenset({"value", "id", "query"}))
    forged = encode_cursor({**values, "value": value})
    with pytest.raises(ValidationFailedError):
        listed(replica, replace(query, cursor=forged), view)


def test_a_search_for_what_is_no_text_finds_nothing(replica: Replica) -> None:
    view = View(SETTINGS, NOW)
    put(replica, [somebody()], view)
    assert listed(replica, UserQuery(search="\ud800\x00" * 200), view).items == []


def test_a_closed_replica_answers_as_a_store_that_is_away(replica: Replica) -> None:
    replica.close()
    with pytest.raises(StoreUnavailableError), replica.reading():
        pass
    with pytest.raises(StoreUnavailableError):
        replica.set_meta(cursor="x")


def test_a_revoked_key_is_revoked_even_when_it_is_expired() -> None:
    key = new_key("sk-solaris-x", name="x", now=NOW, expires_at=NOW + _DAY)
    assert key.kind is KeyKind.SERVICE
    assert key_state(key, NOW) is KeyState.ACTIVE
    assert key_state(key, NOW + _DAY) is KeyState.EXPIRED
    assert key_state(replace(key, revoked_at=NOW), NOW + _DAY) is KeyState.REVOKED
