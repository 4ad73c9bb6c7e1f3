"""Which group a newcomer is for: headers, what their values stand for, and who is believed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from solaris.gateway.newcomer_policies import NewcomerPolicies
from solaris.keys.authenticator import identity_of
from solaris.keys.key import GatewayKey, KeyKind
from solaris.keys.snippet import librechat_snippet
from solaris.platform.aws.documents import Document
from solaris.platform.errors import ConfigurationError
from solaris.platform.metrics import Metrics
from solaris.platform.settings import Settings, load_settings
from solaris.platform.settings_values import GroupMap, parse_group_map
from solaris.quota.groups.group import Group
from solaris.quota.groups.naming import named_group
from solaris.quota.groups.store import StatedGroups
from solaris.quota.identity import Identity
from solaris.quota.model_names import is_named, refused_model
from solaris.quota.plans import plans_of
from solaris.quota.policy import StatedPlans, seeds_of

NOW = datetime(2026, 11, 15, 15, tzinfo=UTC)
GROUPS = {
    "0" * 12: Group(group_id="0" * 12, name="Estudantes"),
    "1" * 12: Group(group_id="1" * 12, name="TI  e  Redes"),
}
STUDENTS, IT = GROUPS
ROLE = "x-openwebui-user-role"


def key(kind: KeyKind = KeyKind.SERVICE) -> GatewayKey:
    owner = "bia@example.com" if kind is KeyKind.PERSONAL else None
    return GatewayKey(
        key_hash="0",
        key_id="key_1",
        prefix="sk-",
        name="k",
        kind=kind,
        user_email=owner,
        created_at=NOW,
    )


def values(headers: dict[str, str], **more: Any) -> tuple[tuple[str, str], ...]:
    settings = Settings(identity_group_headers=("x-user-group", ROLE), **more)
    found = identity_of(key(), {"x-user-email": "ana@example.com"} | headers, {}, settings, NOW)
    return found.group_values


# the map


@pytest.mark.parametrize(
    ("text", "names", "by_name"),
    [
        ("", {}, False),
        (" ; ;", {}, False),
        ("*", {}, True),
        ("ALUNO=Estudantes", {"aluno": "Estudantes"}, False),
        ("  Aluno  novo = Estudantes ; * ;", {"aluno novo": "Estudantes"}, True),
        ("CN=Alunos,OU=IME=Estudantes", {"cn=alunos,ou=ime": "Estudantes"}, False),
        ("a=X;b=X", {"a": "X", "b": "X"}, False),
    ],
)
def test_a_map_is_read(text: str, names: dict[str, str], by_name: bool) -> None:
    assert parse_group_map(text) == GroupMap(names, by_name)


@pytest.mark.parametrize(
    "text",
    ["ALUNO", "=Estudantes", "ALUNO=", "a=X;A=Y", "**", ";".join(f"{n}=x" for n in range(1_001))],
)
def test_a_map_that_cannot_be_meant_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("IDENTITY_GROUP_MAP", text)
    with pytest.raises(ConfigurationError, match="IDENTITY_GROUP_MAP"):
        load_settings()


@pytest.mark.parametrize(
    "text", ["x user", "x-a:b", "x\u00e9", ",".join(f"h{n}" for n in range(11))]
)
def test_a_header_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("IDENTITY_GROUP_HEADERS", text)
    with pytest.raises(ConfigurationError, match="IDENTITY_GROUP_HEADERS"):
        load_settings()


@pytest.mark.parametrize(
    ("rule", "value", "found"),
    [
        ("aluno=estudantes", "ALUNO", STUDENTS),
        ("aluno=ti e redes", " Aluno", IT),
        ("aluno=Gone", "aluno", None),
        ("aluno=Estudantes", "Estudantes", None),  # a group's own name, without leave
        ("*", "ESTUDANTES", STUDENTS),
        ("*", "ti e redes", IT),
        ("*", "*", None),
        ("Estudantes=TI e Redes;*", "estudantes", IT),  # an entry comes before the name
        ("", "aluno", None),
    ],
)
def test_what_a_value_stands_for(rule: str, value: str, found: str | None) -> None:
    pairs = [("x-user-group", value)]
    assert named_group(pairs, parse_group_map(rule), GROUPS) == (found, [] if found else pairs)


def test_the_first_header_that_stands_for_a_group_decides() -> None:
    rule = parse_group_map("a=Estudantes;b=TI e Redes")
    pairs = [("h1", "?"), ("h2", "b"), ("h3", "a")]
    assert named_group(pairs, rule, GROUPS) == (IT, [("h1", "?")])
    assert named_group([], rule, GROUPS) == (None, [])


# who is believed


def test_headers_are_read_in_the_order_of_the_setting() -> None:
    found = values({ROLE: "admin", "x-user-group": "ALUNO"})
    assert found == (("x-user-group", "ALUNO"), (ROLE, "admin"))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("", None),
        ("   ", None),
        ("{{LIBRECHAT_USER_ROLE}}", None),
        ("a\x00b", None),
        ("b64:QXRlbsOnw6Nv", "Atenção"),
        ("b64:!", None),
        ("Aten\u00c3\u00a7\u00c3\u00a3o", "Atenção"),  # UTF-8 read as Latin-1
        ("x" * 5_000, "x" * 200),
        ("ALUNO, admin", "ALUNO, admin"),  # sent twice: no entry is called so
    ],
)
def test_a_value_is_what_was_meant(sent: str, read: str | None) -> None:
    assert values({"x-user-group": sent}) == ((("x-user-group", read),) if read else ())


def test_without_the_setting_nothing_is_read() -> None:
    sent = {"x-user-email": "ana@example.com", "x-user-group": "ALUNO", ROLE: "admin"}
    assert identity_of(key(), sent, {}, Settings(), NOW).group_values == ()


def test_a_personal_key_names_no_group() -> None:
    settings = Settings(identity_group_headers=("x-user-group",))
    sent = {"x-user-email": "ana@example.com", "x-user-group": "ALUNO"}
    found = identity_of(key(KeyKind.PERSONAL), sent, {}, settings, NOW)
    assert (found.email, found.group_values) == ("bia@example.com", ())


# what is told of


def stated() -> StatedPlans:
    seeds = seeds_of(Settings())
    return StatedPlans(plans_of(None, seeds.limits), Document("plans"), StatedGroups(GROUPS))


def test_a_value_for_no_group_is_told_once_without_the_value() -> None:
    metrics = Metrics()
    policies = NewcomerPolicies(Settings(identity_group_map="ALUNO=Estudantes"), metrics)

    def group_of(value: str, plans: StatedPlans | None) -> str | None:
        identity = Identity("ana@example.com", group_values=(("x-user-group", value),))
        terms = policies.of(identity, plans).terms
        return None if terms is None else terms.group_id

    with capture_logs() as lines:
        assert {group_of("Ana Lima", stated()) for _ in range(3)} == {None}
    assert [(one["event"], one["header"]) for one in lines] == [
        ("group_value_unmapped", "x-user-group")
    ]
    assert "Ana Lima" not in str(lines)
    assert list(metrics.snapshot().values()) == [1]
    with capture_logs() as lines:
        assert group_of("aluno", stated()) == STUDENTS
    assert lines == []
    assert group_of("aluno", None) is None


# the snippet


@pytest.mark.parametrize(
    ("headers", "line"),
    [
        ((), None),
        ((ROLE,), None),
        ((ROLE, "x-user-group"), 'X-User-Group: "{{LIBRECHAT_USER_ROLE}}"'),
    ],
)
def test_the_snippet_sends_the_role_where_it_is_read(
    headers: tuple[str, ...], line: str | None
) -> None:
    lines = librechat_snippet("http://x", group_headers=headers).splitlines()
    assert [one.strip() for one in lines if "USER_ROLE" in one] == ([line] if line else [])
    assert len(lines) == len(librechat_snippet("http://x").splitlines()) + (line is not None)


def test_the_snippet_sends_the_id_token_where_it_is_read() -> None:
    lines = librechat_snippet("http://x", token_header="x-id-token").splitlines()
    assert '        X-Id-Token: "{{LIBRECHAT_OPENID_ID_TOKEN}}"' in lines
    assert "OPENID" not in librechat_snippet("http://x")


# readings of a request


@pytest.mark.parametrize(
    ("named", "refused"),
    [
        ([("a",)], None),
        ([("a", "b")], "b"),
        ([("b",), ("a",)], None),
        ([("c",), ("a", "b")], "b"),
        ([("c",)], "c"),
        ([("a*",)], "a*"),
        ([("A",)], "A"),
    ],
)
def test_one_reading_that_is_allowed_is_enough(
    named: list[tuple[str, ...]], refused: str | None
) -> None:
    assert refused_model(named, lambda one: is_named(one, ("a", "x*"))) == refused
