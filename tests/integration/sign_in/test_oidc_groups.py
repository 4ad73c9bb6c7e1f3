"""Whoever signs in by OIDC and is a user without a group is put into that of their claim."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from structlog.testing import capture_logs

from solaris.app import Parts
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.settings import Settings
from solaris.quota.user import User, UserStatus, user_id_for
from solaris.sign_in.oidc import Arrival, Departure
from tests.functional.sign_in.oidc_server import CLIENT, CODE, OidcServer, oidc_server
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import MoneyPath
from tests.integration.sign_in.sign_in_support import HERE

BOSS = "boss@example.com"
MAP = "diretoria=Diretoria;/ti=TI;antigo=Extinto"


@dataclass
class Desk:
    """The system with a provider, and one person who signs in there."""

    money: MoneyPath
    server: OidcServer
    api: Api
    ids: dict[str, str]
    parts: Parts

    def set_up(self, **changes: Any) -> None:
        given = self.money.parts.settings.model_dump() | {
            "oidc_issuer": self.server.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": "s",
            "oidc_admin_emails": (BOSS,),
            "oidc_group_map": MAP,
        }
        self.parts = Parts(Settings(**given | changes))

    def signs_in(self, **claims: Any) -> Arrival:
        departure = self.parts.sign_in.oidc.depart(None, HERE)
        assert isinstance(departure, Departure)
        kept = jwt.decode(departure.state_cookie, options={"verify_signature": False})
        person = {"email": BOSS, "email_verified": True, "nonce": kept["nonce"]}
        self.server.claims = person | claims
        return self.parts.sign_in.oidc.arrive(
            state_cookie=departure.state_cookie,
            state=kept["state"],
            code=CODE,
            error=None,
            origin=HERE,
        )

    def user(self) -> User:
        return self.money.user(BOSS)

    def name(self) -> str | None:
        return next((name for name, one in self.ids.items() if one == self.user().group_id), None)


@pytest.fixture
def desk(money: MoneyPath) -> Iterator[Desk]:
    # the provider's tokens bear the real time
    money.clock.now = datetime.now(UTC).replace(microsecond=0)
    api = Api(money)
    ids = {
        name: api.ok("POST", "/admin/groups", {"name": name, **more})["id"]
        for name, more in (("Diretoria", {"plan": "pro"}), ("TI", {}), ("Outro", {}))
    }
    with oidc_server() as server:
        made = Desk(money, server, api, ids, money.parts)
        made.set_up()
        yield made
    api.close()


@pytest.mark.parametrize(
    ("groups", "name"),
    [
        (["/ti"], "TI"),
        (["/ti", "Diretoria"], "Diretoria"),
        ("diretoria", "Diretoria"),
        (["outro", "TI"], None),
        (["antigo", "outro"], None),
        ([], None),
        (None, None),
        ({"ti": True}, None),
    ],
)
def test_a_user_without_a_group_is_put_into_the_first_that_fits(
    desk: Desk, groups: Any, name: str | None
) -> None:
    desk.money.put_user(BOSS)
    assert desk.signs_in(groups=groups).error is None
    assert desk.name() == name


def test_it_is_a_change_as_any_other_with_audit_and_what_the_group_states(desk: Desk) -> None:
    desk.money.put_user(BOSS)
    desk.signs_in(groups=["diretoria"])
    user = desk.user()
    assert (user.plan.value, user.plan_by_group) == ("pro", True)
    (entry,) = desk.api.ok("GET", "/admin/audit?action=user.set_group")["items"]
    assert (entry["actor"], entry["reason"]) == (BOSS, "OIDC_GROUP_MAP")
    assert (entry["ipAddress"], entry["requestId"]) == (HERE.ip_address, HERE.request_id)
    # the next sign-in changes nothing more
    desk.signs_in(groups=["diretoria"])
    assert desk.user() == user


@pytest.mark.parametrize("groups", [["diretoria"], [], ["antigo"]])
def test_whoever_has_a_group_stays_there(desk: Desk, groups: list[str]) -> None:
    before = desk.money.put_user(BOSS, group_id=desk.ids["Outro"])
    desk.signs_in(groups=groups)
    assert desk.user() == before


def test_somebody_who_is_given_a_group_meanwhile_keeps_that(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.money.put_user(BOSS)
    changes = desk.parts.accounts.user_changes
    place = changes.place

    def late(*args: Any, **more: Any) -> Any:
        path = f"/admin/users/{desk.user().user_id}"
        desk.api.ok("PUT", path, {"groupId": desk.ids["Outro"]})
        return place(*args, **more)

    monkeypatch.setattr(changes, "place", late)
    desk.signs_in(groups=["diretoria"])
    assert desk.name() == "Outro"


def test_no_user_is_made_and_no_deleted_one_moved(desk: Desk) -> None:
    assert desk.signs_in(groups=["diretoria"]).error is None
    assert desk.money.parts.quota.users.get(user_id_for(BOSS)) is None
    before = desk.money.put_user(BOSS, status=UserStatus.DELETED)
    assert desk.signs_in(groups=["diretoria"]).error is None
    assert desk.user() == before


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@example.com"},
        {"email_verified": False},
        {"aud": "somebody else's"},
        {"nonce": "another"},
        {"exp": 1},
    ],
)
def test_who_is_not_let_in_is_put_nowhere(desk: Desk, claims: dict[str, Any]) -> None:
    for email in (BOSS, "eve@example.com"):
        desk.money.put_user(email)
    assert desk.signs_in(groups=["diretoria"], **claims).opened is None
    assert (desk.user().group_id, desk.money.user("eve@example.com").group_id) == (None, None)


def test_anybody_is_an_entry_and_another_claim_is_none(desk: Desk) -> None:
    desk.set_up(oidc_group_map="chefia=Diretoria;*=TI", oidc_group_claim="https://acme/roles")
    desk.money.put_user(BOSS)
    desk.signs_in(groups=["chefia"])
    assert desk.name() == "TI"


def test_a_claim_of_another_name_is_read_where_the_setting_says(desk: Desk) -> None:
    desk.set_up(oidc_group_map="chefia=Diretoria", oidc_group_claim="https://acme/roles")
    desk.money.put_user(BOSS)
    desk.signs_in(**{"groups": [], "https://acme/roles": ["chefia"]})
    assert desk.name() == "Diretoria"


def test_a_claim_that_is_kept_out_of_the_token_comes_from_userinfo(desk: Desk) -> None:
    desk.server.userinfo = {"sub": "42", "groups": ["/ti"]}
    desk.set_up()
    desk.money.put_user(BOSS)
    desk.signs_in()
    assert desk.name() == "TI"


@pytest.mark.parametrize("answer", [{"userinfo_status": 503}, {"userinfo": {"sub": "another"}}])
def test_userinfo_that_does_not_answer_stops_no_sign_in(desk: Desk, answer: dict[str, Any]) -> None:
    desk.server.userinfo = {"sub": "42", "groups": ["/ti"]}
    for name, value in answer.items():
        setattr(desk.server, name, value)
    desk.set_up()
    desk.money.put_user(BOSS)
    assert desk.signs_in().error is None
    assert desk.user().group_id is None


def test_without_a_map_nothing_is_read_and_nobody_asked(desk: Desk) -> None:
    desk.server.userinfo = {"sub": "42", "groups": ["/ti"]}
    desk.set_up(oidc_group_map="")
    desk.money.put_user(BOSS)
    desk.signs_in()
    assert (desk.user().group_id, "/userinfo" in desk.server.asked) == (None, False)


def test_what_leads_nowhere_is_told_once_without_the_value(desk: Desk) -> None:
    desk.money.put_user(BOSS)
    with capture_logs() as lines:
        for groups in (["antigo"], ["antigo"], ["segredo"], ["segredo"], None):
            desk.signs_in(groups=groups)
    told = [
        (one["setting"], one["reason"]) for one in lines if one["event"] == "group_claim_unmapped"
    ]
    assert told == [
        ("OIDC_GROUP_MAP", "entry 3 names no group"),
        ("OIDC_GROUP_MAP", "no entry for what the claim says"),
        ("OIDC_GROUP_MAP", "no such claim"),
    ]
    assert "segredo" not in str(lines)


def test_who_cannot_be_put_into_a_group_is_signed_in_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.money.put_user(BOSS)

    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(desk.parts.accounts.user_changes, "place", away)
    assert desk.signs_in(groups=["/ti"]).opened is not None
    assert desk.user().group_id is None
    # a group that is deleted in that moment neither
    monkeypatch.undo()
    desk.api.ok("DELETE", f"/admin/groups/{desk.ids['TI']}")
    assert desk.signs_in(groups=["/ti"]).opened is not None
    assert desk.user().group_id is None
