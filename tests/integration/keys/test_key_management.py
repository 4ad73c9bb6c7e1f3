"""Keys made, changed and revoked on a real store: each change with its audit row, then told."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from solaris.app import Parts
from solaris.audit.auditor import Auditor
from solaris.directory.directory import Directory
from solaris.directory.listing import Listing
from solaris.keys.key import GatewayKey, KeyKind, new_key
from solaris.keys.listing import KeyRow, KeysPage, KeyState, key_state
from solaris.keys.management import KeyManagement, KeyTerms
from solaris.platform.actor import Actor
from solaris.platform.aws.items import Action
from solaris.platform.cache import Cache
from solaris.platform.errors import (
    InvalidRequestError,
    KeyRevokedError,
    NotFoundError,
    StoreUnavailableError,
    ValidationFailedError,
)
from solaris.platform.rate_rule import RateRule
from tests.integration.conftest import ANA, NOON, Clock, MoneyPath

ACTOR = Actor(name="root@example.com", request_id="req-1", ip_address="10.0.0.1")


class FakeDirectory:
    """The lists: pages of two, of the keys that it is given; away when told so."""

    def __init__(self) -> None:
        self.known: list[GatewayKey] = []
        self.is_away = False
        self.calls = 0

    def ask(self, question: KeysPage) -> Listing[KeyRow]:
        query = question.query
        self.calls += 1
        if self.is_away:
            raise StoreUnavailableError("away")
        start = int(query.cursor or 0)
        rows = [KeyRow(one, key_state(one, NOON)) for one in self.known[start : start + 2]]
        following = str(start + 2) if start + 2 < len(self.known) else None
        return Listing(rows, following, len(self.known))


class RecordingCache(Cache):
    """No Redis; remembers what was to be forgotten."""

    def __init__(self) -> None:
        super().__init__(None)
        self.deleted: list[str] = []

    def delete(self, key: str) -> bool:
        self.deleted.append(key)
        return True


@dataclass
class Desk:
    """Key management on one stage, and what it told."""

    money: MoneyPath
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    cache: RecordingCache = field(default_factory=RecordingCache)
    told: list[str] = field(default_factory=list)

    @property
    def parts(self) -> Parts:
        return self.money.parts

    @property
    def clock(self) -> Clock:
        return self.money.clock

    @property
    def service(self) -> KeyManagement:
        return KeyManagement(
            stage="t",
            keys=self.parts.keys.store,
            cache=self.cache,
            auditor=Auditor(self.parts.audit.store, self.clock),
            publish=self.told.extend,
            directory=lambda: cast("Directory", self.directory),
            clock=self.clock,
        )

    def create(self, **terms: Any) -> GatewayKey:
        return self.service.create(KeyTerms(**{"name": "LibreChat"} | terms), ACTOR).key

    def stored(self, key: GatewayKey) -> GatewayKey:
        found = self.parts.keys.store.get(key.key_hash)
        assert found is not None
        return found

    def audited(self) -> list[dict[str, Any]]:
        rows = self.money.rows("audit")
        return sorted(rows, key=lambda row: row["audit_key"])


@pytest.fixture
def desk(money: MoneyPath) -> Desk:
    return Desk(money)


def test_a_key_is_made_with_its_terms_audited_and_told(desk: Desk) -> None:
    terms = KeyTerms(
        name=" Libre\x00Chat ",
        user_email="Ana@Example.com",
        kind=KeyKind.PERSONAL,
        days=30,
        allowed_models=("gpt-4o", "claude-*", "gpt-4o"),
        rate_limit_per_second=0.5,
    )
    issued = desk.service.create(terms, ACTOR)
    key = issued.key
    assert issued.row.state is KeyState.ACTIVE
    assert desk.stored(key) == key
    assert (key.name, key.user_email, key.created_by) == ("LibreChat", ANA, ACTOR.name)
    assert key.allowed_models == ("gpt-4o", "claude-*")
    assert key.rate_rule == RateRule(0.5, 1)
    assert key.expires_at == NOON + timedelta(days=30)
    (row,) = desk.audited()
    assert (row["action"], row["actor"], row["target_id"]) == (
        *("key.create", ACTOR.name),
        key.key_id,
    )
    assert desk.told == [key.key_hash]


def test_the_key_itself_and_its_hash_are_nowhere_but_in_the_answer(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    issued = desk.service.create(KeyTerms(name="x"), ACTOR)
    desk.service.revoke(issued.key.key_id, ACTOR)
    written = f"{desk.audited()}{capsys.readouterr()}"
    assert issued.key.key_id in written
    assert issued.secret not in f"{written}{desk.money.rows('keys')}{issued.row}"
    assert issued.key.key_hash not in written


@pytest.mark.parametrize(
    ("terms", "field_name"),
    [
        ({"kind": KeyKind.PERSONAL}, "userEmail"),
        ({"kind": KeyKind.SERVICE, "user_email": ANA}, "userEmail"),
        ({"user_email": "ana"}, "userEmail"),
        ({"days": 0}, "expiresInDays"),
        ({"days": 1, "expires_at": NOON + timedelta(days=1)}, "expiresInDays"),
        ({"expires_at": NOON}, "expiresAt"),
        ({"allowed_models": ()}, "allowedModels"),
        ({"rate_limit_burst": 3}, "rateLimitBurst"),
        ({"rate_limit_per_second": 1e9}, "rateLimitPerSecond"),
    ],
)
def test_terms_that_make_no_sense_name_their_field_and_make_no_key(
    desk: Desk, terms: dict[str, Any], field_name: str
) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        desk.create(**terms)
    assert [one for one, _, _ in refused.value.problems] == [field_name]
    assert desk.money.rows("keys") == desk.money.rows("audit") == []
    assert desk.told == []


def test_a_change_writes_what_was_named_and_audits_what_changed(desk: Desk) -> None:
    key = desk.create(allowed_models=("a",), rate_limit_per_second=1.0, days=3)
    desk.told.clear()
    desk.clock.forward(seconds=1)
    changes = {"name": "new", "allowed_models": None, "rate_limit_per_second": 2.5}
    row = desk.service.update(key.key_id, changes, ACTOR)
    expected = replace(key, name="new", allowed_models=None, rate_limit_per_second=2.5)
    assert desk.stored(key) == expected == row.key
    _, audit = desk.audited()
    assert audit["action"] == "key.update"
    assert audit["before"].keys() == audit["after"].keys() == changes.keys()
    assert audit["after"]["rate_limit_per_second"] == {"S": "2.5"}
    assert desk.told == [key.key_hash]
    assert desk.cache.deleted == [f"solaris:t:key:{key.key_hash}"]


def test_a_change_that_changes_nothing_is_not_audited(desk: Desk) -> None:
    key = desk.create(days=3)
    desk.clock.forward(days=10)  # the expiry is over: repeated, it is still no change
    desk.service.update(key.key_id, {"name": "LibreChat", "expires_at": key.expires_at}, ACTOR)
    assert len(desk.audited()) == 1
    with pytest.raises(ValidationFailedError):
        desk.service.update(key.key_id, {"expires_at": NOON + timedelta(days=4)}, ACTOR)


def test_a_change_does_not_undo_one_that_came_between(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = desk.create()
    keys = desk.parts.keys.store
    write = keys._write

    def overtaken(kind: str, request: dict[str, Any], *rows: Action) -> bool:
        monkeypatch.setattr(keys, "_write", write)
        keys.change(key.key_hash, lambda one: replace(one, allowed_models=("a",)))
        return write(kind, request, *rows)

    monkeypatch.setattr(keys, "_write", overtaken)
    desk.service.update(key.key_id, {"name": "new"}, ACTOR)
    assert desk.stored(key) == replace(key, name="new", allowed_models=("a",))


def test_a_noted_use_does_not_stand_in_the_way_of_a_change(desk: Desk) -> None:
    key = desk.create()
    assert desk.parts.keys.store.note_use(key.key_hash, NOON)
    desk.service.update(key.key_id, {"name": "new"}, ACTOR)
    assert desk.stored(key) == replace(key, name="new", last_used_at=NOON)


def test_a_revoke_is_written_once_audited_once_and_told_each_time(desk: Desk) -> None:
    key = desk.create()
    desk.clock.forward(seconds=1)  # rows of one instant are in no order
    first = desk.service.revoke(key.key_id, ACTOR)
    desk.clock.forward(days=1)
    assert desk.service.revoke(key.key_id, ACTOR) == first
    assert first.state is KeyState.REVOKED
    assert desk.stored(key).revoked_at == NOON + timedelta(seconds=1)
    assert [row["action"] for row in desk.audited()] == ["key.create", "key.revoke"]
    assert desk.told == [key.key_hash] * 3
    assert desk.cache.deleted == [f"solaris:t:key:{key.key_hash}"] * 2


def test_a_revoked_key_is_not_changed_any_more(desk: Desk) -> None:
    key = desk.create()
    desk.service.revoke(key.key_id, ACTOR)
    with pytest.raises(KeyRevokedError):
        desk.service.update(key.key_id, {"name": "new"}, ACTOR)
    assert desk.stored(key).name == "LibreChat"


@pytest.mark.parametrize("key_id", ["key_000000000000", "key_", "", "key_0000000000000", "key_Z"])
@pytest.mark.parametrize(
    "call",
    [
        lambda service, key_id: service.get(key_id),
        lambda service, key_id: service.update(key_id, {"name": "x"}, ACTOR),
        lambda service, key_id: service.revoke(key_id, ACTOR),
    ],
)
def test_an_id_of_no_key_is_not_found(
    desk: Desk, key_id: str, call: Callable[[KeyManagement, str], Any]
) -> None:
    desk.create()
    with pytest.raises(NotFoundError):
        call(desk.service, key_id)


def test_a_listed_key_is_found_on_any_page_without_reading_the_table(
    desk: Desk, calls: list[str]
) -> None:
    keys = [desk.create() for _ in range(5)]
    desk.directory.known = keys
    calls.clear()
    assert desk.service.get(keys[4].key_id).key == keys[4]
    assert (desk.directory.calls, calls) == (3, ["GetItem"])


@pytest.mark.parametrize("is_away", [True, False])
def test_a_key_that_the_lists_lack_is_revoked_all_the_same(desk: Desk, is_away: bool) -> None:
    key = desk.create()
    desk.directory.is_away = is_away
    assert desk.service.revoke(key.key_id, ACTOR).state is KeyState.REVOKED


def test_an_id_that_two_keys_share_means_neither(desk: Desk) -> None:
    one = desk.create()
    twin = replace(new_key("other", name="twin", now=NOON), key_hash=one.key_hash[:12] + "f" * 52)
    assert desk.parts.keys.store.put_new(replace(twin, key_id=one.key_id))
    with pytest.raises(InvalidRequestError):
        desk.service.revoke(one.key_id, ACTOR)


def test_a_change_and_its_audit_row_are_written_both_or_neither(desk: Desk) -> None:
    key = desk.create()
    broken: Action = {"Put": {"TableName": "no-such-table", "Item": {"x": {"S": "x"}}}}
    with pytest.raises(Exception, match="ResourceNotFound"):
        desk.parts.keys.store.change(
            key.key_hash, lambda one: replace(one, name="new"), lambda *_: broken
        )
    assert desk.stored(key).name == "LibreChat"
