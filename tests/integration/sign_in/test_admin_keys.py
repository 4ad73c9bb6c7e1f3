"""Admin keys on a real store: let in, refused within five seconds, noted, audited, backed up."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import pytest

from solaris.audit.entry import AuditFilters
from solaris.platform.access import ADMIN_KEY_PREFIX, Scope
from solaris.platform.actor import Role
from solaris.platform.errors import (
    InvalidAdminKeyError,
    LastAdminError,
    NotFoundError,
    StoreUnavailableError,
    ValidationFailedError,
)
from solaris.sign_in.admin_keys.key import AdminKeyState, generate_admin_key, hash_of
from solaris.sign_in.admin_keys.management import AdminKeys, IssuedAdminKey
from solaris.sign_in.admin_keys.store import ITEM_PREFIX, AdminKeyStore
from solaris.sign_in.admin_keys.verifying import CACHE_SECONDS, AdminKeyVerifier
from tests.integration.sign_in.sign_in_support import (  # noqa: F401 - a fixture
    ANA,
    ROOT,
    Desk,
    Seconds,
    desk_fixture,
    raced,
)

GATEWAY_SECONDS = 2.0  # API Gateway keeps an authorizer's answer so long


@dataclass
class Bunch:
    """Keys of one stage, by the test's clocks; `process()` verifies as another process would."""

    desk: Desk

    @property
    def store(self) -> AdminKeyStore:
        return self.desk.parts.sign_in.admin_key_store

    @cached_property
    def keys(self) -> AdminKeys:
        return AdminKeys(store=self.store, auditor=self.desk.auditor, clock=self.desk.clock)

    @cached_property
    def seconds(self) -> Seconds:
        return Seconds()

    def process(self) -> AdminKeyVerifier:
        return AdminKeyVerifier(self.store, self.desk.clock, self.seconds)

    def create(self, *scopes: Scope, **more: Any) -> IssuedAdminKey:
        return self.keys.create(ROOT, scopes or (Scope.USERS_READ,), **more)

    def audited(self, action: str) -> list[Any]:
        return self.desk.auditor.page(AuditFilters(action=action), 100).entries

    def item(self, issued: IssuedAdminKey) -> dict[str, Any]:
        answer = self.desk.parts.platform.dynamodb.get_item(
            TableName=self.desk.settings.table_name("admins"),
            Key={"email": {"S": ITEM_PREFIX + issued.key.key_id}},
        )
        item: dict[str, Any] = answer["Item"]
        return item


@pytest.fixture
def bunch(desk: Desk) -> Bunch:
    return Bunch(desk)


def refused(verifier: AdminKeyVerifier, secret: str) -> bool:
    with pytest.raises(InvalidAdminKeyError):
        verifier.verify(secret)
    return True


def test_a_key_is_let_in_with_its_scopes_and_only_its_hash_is_kept(bunch: Bunch) -> None:
    issued = bunch.create(Scope.USERS_WRITE, Scope.AUDIT_READ, name=" HR\n", note="rotates")
    key = bunch.process().verify(issued.secret)
    assert key.scopes == {Scope.USERS_WRITE, Scope.AUDIT_READ}
    assert (key.name, key.note, key.created_by) == ("HR", "rotates", ROOT.name)
    assert key.expires_at == key.created_at + timedelta(days=90)
    assert key.actor == f"admin-key:{key.key_id}"
    kept = json.dumps(bunch.item(issued))
    assert issued.secret not in kept
    assert issued.secret.removeprefix(ADMIN_KEY_PREFIX)[:5] not in kept
    assert hash_of(issued.secret) in kept


def test_another_key_with_the_same_id_is_another_key(bunch: Bunch) -> None:
    issued = bunch.create()
    bunch.desk.parts.platform.dynamodb.update_item(
        TableName=bunch.desk.settings.table_name("admins"),
        Key={"email": {"S": ITEM_PREFIX + issued.key.key_id}},
        UpdateExpression="SET key_hash = :other",
        # the same beginning, by which it is found, and another end
        ExpressionAttributeValues={":other": {"S": issued.key.key_hash[:-1] + "x"}},
    )
    assert refused(bunch.process(), issued.secret)


def test_a_key_that_was_never_made_is_refused_and_asked_for_once(
    bunch: Bunch, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    get = bunch.store.get

    def counted(key_id: str) -> Any:
        asked.append(key_id)
        return get(key_id)

    monkeypatch.setattr(bunch.store, "get", counted)
    verifier, secret = bunch.process(), generate_admin_key()
    assert refused(verifier, secret)
    assert refused(verifier, secret)
    assert refused(verifier, ADMIN_KEY_PREFIX + "short")
    assert refused(verifier, secret + "x")
    assert len(asked) == 1


def test_a_key_ends_on_time_although_it_is_remembered(bunch: Bunch) -> None:
    issued = bunch.create(days=1)
    verifier = bunch.process()
    bunch.desk.clock.forward(days=1, milliseconds=-1)
    assert verifier.verify(issued.secret) == issued.key
    bunch.desk.clock.forward(milliseconds=1)
    assert refused(verifier, issued.secret)
    assert bunch.keys.state(issued.key) is AdminKeyState.EXPIRED


def test_a_revoked_key_is_refused_everywhere_within_five_seconds(bunch: Bunch) -> None:
    issued = bunch.create()
    processes = [bunch.process() for _ in range(3)]
    for one in processes:
        one.verify(issued.secret)
    bunch.keys.revoke(ROOT, issued.key.key_id)
    assert refused(bunch.process(), issued.secret)
    bunch.seconds.now += CACHE_SECONDS + 0.001
    for one in processes:
        assert refused(one, issued.secret)
    assert CACHE_SECONDS + GATEWAY_SECONDS < 5


def test_what_took_long_to_read_is_not_remembered_for_longer(
    bunch: Bunch, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued, verifier = bunch.create(), bunch.process()
    get = bunch.store.get

    def slowly(key_id: str) -> Any:
        found = get(key_id)
        bunch.seconds.now += CACHE_SECONDS
        return found

    with monkeypatch.context() as patch:
        patch.setattr(bunch.store, "get", slowly)
        verifier.verify(issued.secret)
    bunch.keys.revoke(ROOT, issued.key.key_id)
    assert refused(verifier, issued.secret)


def test_a_revocation_is_for_good_and_written_once(bunch: Bunch) -> None:
    issued = bunch.create(name="terraform")
    results = raced(lambda _: bunch.keys.revoke(ROOT, issued.key.key_id), 5)
    assert {one.revoked_at for one in results} == {bunch.desk.clock()}
    bunch.desk.clock.forward(days=1)
    again = bunch.keys.revoke(ROOT, issued.key.key_id)
    assert again.revoked_at == results[0].revoked_at
    (row,) = bunch.audited("admin_key.revoke")
    assert (row.actor.name, row.target_id, row.target_label) == (
        *(ROOT.name, issued.key.key_id, "terraform"),
    )
    with pytest.raises(NotFoundError):
        bunch.keys.revoke(ROOT, "ak_0000000000000000")
    with pytest.raises(NotFoundError) as unknown:
        bunch.keys.revoke(ROOT, issued.secret)
    assert issued.secret not in str(unknown.value)


def test_a_creation_is_audited_without_the_key(bunch: Bunch) -> None:
    issued = bunch.create(Scope.KEYS_WRITE, days=365)
    (row,) = bunch.audited("admin_key.create")
    assert (row.target_type, row.target_id) == ("admin_key", issued.key.key_id)
    assert row.after == {
        "name": "",
        "scopes": "keys:write",
        "expires_at": "2027-11-15T15:00:00.123Z",
    }
    assert issued.secret not in repr(row)
    assert issued.key.key_hash not in repr(row)


@pytest.mark.parametrize("days", [0, -1, 366, 10**9])
def test_a_key_has_an_end_within_a_year(bunch: Bunch, days: int) -> None:
    with pytest.raises(ValidationFailedError) as refusal:
        bunch.create(days=days)
    assert refusal.value.problems[0][:2] == ("expiresInDays", "invalid_expiry")
    assert bunch.keys.list() == []


def test_a_key_without_a_scope_is_none(bunch: Bunch) -> None:
    with pytest.raises(ValidationFailedError):
        bunch.keys.create(ROOT, ())
    assert bunch.audited("admin_key.create") == []


def test_the_last_use_is_written_once_a_minute(bunch: Bunch) -> None:
    issued = bunch.create()
    processes = [bunch.process(), bunch.process()]

    def used_at() -> Any:
        (key,) = bunch.keys.list()
        return key.last_used_at

    assert used_at() is None
    first = bunch.desk.clock()
    for one in processes:
        one.verify(issued.secret)
    assert used_at() == first
    bunch.desk.clock.forward(seconds=59)
    bunch.seconds.now += 59
    for one in processes:
        one.verify(issued.secret)
    assert used_at() == first
    bunch.desk.clock.forward(seconds=1)
    bunch.seconds.now += 1 + CACHE_SECONDS
    processes[0].verify(issued.secret)
    assert used_at() == bunch.desk.clock()


def test_no_use_is_noted_of_a_key_that_is_refused(bunch: Bunch) -> None:
    issued = bunch.create(days=1)
    bunch.desk.clock.forward(days=2)
    assert refused(bunch.process(), issued.secret)
    revoked = bunch.create()
    bunch.keys.revoke(ROOT, revoked.key.key_id)
    assert refused(bunch.process(), revoked.secret)
    assert not bunch.store.note_use(revoked.key.key_id, bunch.desk.clock())
    assert not bunch.store.note_use("ak_0000000000000000", bunch.desk.clock())
    assert [one.last_used_at for one in bunch.keys.list()] == [None, None]
    assert bunch.store.get("ak_0000000000000000") is None


def test_a_store_that_takes_no_note_keeps_nobody_out_and_one_that_is_away_is_no_wrong_key(
    bunch: Bunch, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = bunch.create()

    def away(**_: Any) -> Any:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(bunch.desk.parts.platform.dynamodb, "update_item", away)
    assert bunch.process().verify(issued.secret) == issued.key
    monkeypatch.setattr(bunch.desk.parts.platform.dynamodb, "get_item", away)
    with pytest.raises(StoreUnavailableError):
        bunch.process().verify(issued.secret)


def test_keys_are_no_admins_and_no_key_counts_as_the_last_one(bunch: Bunch) -> None:
    for _ in range(3):
        bunch.create(*Scope)
    issued = bunch.create(name="newest")
    people = [one.email for one in bunch.desk.accounts.list()]
    assert people == [ANA, ROOT.name]
    assert len(bunch.keys.list()) == 4
    assert bunch.desk.parts.sign_in.admin_store.get(ITEM_PREFIX + issued.key.key_id) is None
    with pytest.raises(NotFoundError):
        bunch.desk.accounts.remove(ROOT, ITEM_PREFIX + issued.key.key_id)
    bunch.desk.accounts.update(ROOT, ANA, role=Role.AUDITOR)
    with pytest.raises(LastAdminError):
        bunch.desk.accounts.update(ROOT, ROOT.name, role=Role.AUDITOR)
    with pytest.raises(LastAdminError):
        bunch.desk.accounts.remove(ROOT, ROOT.name)


def test_a_key_outlives_who_made_it(bunch: Bunch) -> None:
    issued = bunch.create()
    bunch.desk.accounts.remove(ROOT, ANA)
    assert bunch.process().verify(issued.secret).created_by == ROOT.name


def test_a_scope_of_a_newer_version_opens_nothing(bunch: Bunch) -> None:
    issued = bunch.create()
    bunch.desk.parts.platform.dynamodb.update_item(
        TableName=bunch.desk.settings.table_name("admins"),
        Key={"email": {"S": ITEM_PREFIX + issued.key.key_id}},
        UpdateExpression="SET scopes = :scopes",
        ExpressionAttributeValues={":scopes": {"L": [{"S": "moon:write"}, {"S": "audit:read"}]}},
    )
    assert bunch.process().verify(issued.secret).scopes == {Scope.AUDIT_READ}
