"""Groups by a claim: the ordered map, what a claim says, and who is put where."""

from typing import Any

import pytest

from solaris.platform.errors import ConfigurationError
from solaris.platform.settings import load_settings
from solaris.platform.settings_values import parse_claim_map
from solaris.quota.groups.group import Group
from solaris.quota.groups.naming import MAX_CLAIM_VALUES, claim_values, claimed_group

GROUPS = {
    "0" * 12: Group(group_id="0" * 12, name="Diretoria"),
    "1" * 12: Group(group_id="1" * 12, name="TI  e  Redes"),
    "2" * 12: Group(group_id="2" * 12, name="Geral"),
}
BOARD, IT, ALL = GROUPS
MAP = "CN=Board,OU=x=Diretoria; /ti = ti e redes ;old=Extinto;*=Geral"
PROVIDER = {
    "OIDC_ISSUER": "https://id.example.com",
    "OIDC_CLIENT_ID": "solaris",
    "OIDC_CLIENT_SECRET": "a secret",
}


@pytest.mark.parametrize(
    ("values", "group_id", "problem"),
    [
        (["cn=board,ou=X"], BOARD, ""),
        (["/TI"], IT, ""),
        # the first entry decides, not the first value
        (["/ti", "CN=Board,OU=x"], BOARD, ""),
        (["/ti", "old"], IT, ""),
        (["something else"], ALL, ""),
        ([], ALL, ""),
        # nobody is put into what comes behind
        (["old", "other"], None, "entry 3 names no group"),
    ],
)
def test_the_first_entry_whose_value_somebody_has_decides(
    values: list[str], group_id: str | None, problem: str
) -> None:
    found = claimed_group(values, parse_claim_map(MAP), GROUPS)
    assert (found.group_id, found.problem) == (group_id, problem)


def test_without_an_entry_for_anybody_who_has_none_is_put_nowhere() -> None:
    entries = parse_claim_map("a=Geral")
    assert claimed_group(["b"], entries, GROUPS).problem == "no entry for what the claim says"
    assert claimed_group([], entries, GROUPS).problem == "no such claim"
    # a value that is called as a group is none by that
    assert claimed_group(["Diretoria"], entries, GROUPS).group_id is None
    # nor does a claim say that somebody is anybody
    assert claimed_group(["*"], entries, GROUPS).group_id is None


@pytest.mark.parametrize(
    "text",
    ["a", "=Geral", "a=", "*", "a=Geral;A=TI", "*=Geral;a=TI", "*=Geral;*=TI"],
)
def test_a_map_that_cannot_be_meant_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    for name, value in (PROVIDER | {"OIDC_GROUP_MAP": text}).items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    with pytest.raises(ConfigurationError, match="OIDC_GROUP_MAP"):
        load_settings()
    load_settings.cache_clear()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"OIDC_GROUP_MAP": "a=b"}, "OIDC_GROUP_MAP needs OIDC_ISSUER"),
        (PROVIDER | {"OIDC_TOKEN_HEADER": "x-token"}, "OIDC_TOKEN_HEADER needs OIDC_GROUP_MAP"),
        (PROVIDER | {"OIDC_TOKEN_HEADER": "authorization"}, "OIDC_TOKEN_HEADER"),
        (PROVIDER | {"OIDC_TOKEN_HEADER": "x-a: b"}, "OIDC_TOKEN_HEADER"),
    ],
)
def test_settings_that_do_nothing_alone_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    with pytest.raises(ConfigurationError, match=message):
        load_settings()
    load_settings.cache_clear()


@pytest.mark.parametrize(
    ("claim", "values"),
    [
        (["a", "b"], ("a", "b")),
        ("a", ("a",)),
        (["a", 5, None, {"b": 1}, "", "x" * 201, "line\nbreak", "b"], ("a", "b")),
        ([str(n) for n in range(MAX_CLAIM_VALUES + 5)], tuple(map(str, range(MAX_CLAIM_VALUES)))),
        (None, ()),
        ({"a": True}, ()),
        (True, ()),
    ],
)
def test_a_claim_is_a_text_or_texts_and_bounded(claim: Any, values: tuple[str, ...]) -> None:
    assert claim_values(claim) == values
