"""A CSV file of users: every line is understood or refused with its place, never guessed."""

import csv
import io
import string
from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.accounts.importing.import_file import (
    MAX_LINES,
    ImportRefusedError,
    LineGrant,
    parse_users,
)
from solaris.exports.columns import columns_of
from solaris.exports.export import ExportKind
from solaris.platform.cells import guarded
from solaris.platform.texts import Locale, rule_text
from solaris.quota.grant import GrantKind, Term
from solaris.quota.user import Plan


def test_lines_are_read_in_any_order_of_columns_and_empty_cells_say_nothing() -> None:
    found = parse_users(
        "plan,email,monthly_limit,name\npro,Ana@Example.com,2000000,Ana\n,b@x.y,,\n"
    )
    first, second = found
    assert (first.line, first.email, first.name) == (2, "ana@example.com", "Ana")
    assert (first.plan, first.monthly_limit, first.refused) == (Plan.PRO, 2_000_000, None)
    assert (second.line, second.email) == (3, "b@x.y")
    assert (second.name, second.plan, second.monthly_limit) == (None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffE-mail;Nome;Plano;Limite_Mensal\r\nana@x.y;Ana;PRO;2.000.000\r\n",
        "e-mail;nome;plano;limite mensal\nana@x.y;Ana;pro;2,000,000",
        'email,name,plan,monthlyLimit\n"ana@x.y","Ana",pro,"2,000,000"\n\n , ,,\n',
        "sep=;\r\nE-mail;Nome;Plano;Limite\r\nana@x.y;Ana;Pro;2.000.000,00\r\n",
        '"SEP=\t"\nemail\tname\tplan\tlimit\nana@x.y\tAna\tpro\t2,000,000.00\n',
        "email\tname\tplan\tmonthly limit\nana@x.y\tAna\tpro\t2000000\n",
    ],
    ids=["excel", "semicolons", "quoted", "separator", "named tabs", "tabs"],
)
def test_what_spreadsheets_write_is_understood(text: str) -> None:
    (line,) = parse_users(text)
    assert (line.email, line.name, line.plan) == ("ana@x.y", "Ana", Plan.PRO)
    assert (line.monthly_limit, line.refused) == (2_000_000, None)


@pytest.mark.parametrize(
    ("cells", "rule", "column"),
    [
        ("ana,,,", "not_an_email", "email"),
        (",Ana,,", "not_an_email", "email"),
        (f"b@x.y,{'n' * 201},,", "name_too_long", "name"),
        ("b@x.y,,gold,", "unknown_plan", "plan"),
        ("b@x.y,,,1.5", "not_a_number", "monthly_limit"),
        ("b@x.y,,,1e6", "not_a_number", "monthly_limit"),
        ('b@x.y,,,"1.234,567"', "not_a_number", "monthly_limit"),
        ('b@x.y,,,"1,234.567"', "not_a_number", "monthly_limit"),
        ('b@x.y,,,"1.234.567,89"', "not_a_number", "monthly_limit"),
        ("b@x.y,,,-1", "not_a_number", "monthly_limit"),
        ("b@x.y,,,٣", "not_a_number", "monthly_limit"),
        ("b@x.y,,,1,surplus", "too_many_cells", None),
        ("ANA@x.y,,,", "repeated_in_file", "email"),
    ],
)
def test_a_line_that_cannot_be_understood_is_refused_and_the_others_are_not(
    cells: str, rule: str, column: str | None
) -> None:
    found = parse_users(f"email,name,plan,monthly_limit\nana@x.y,,,\n{cells}\nc@x.y\n")
    assert [one.refused for one in found] == [None, rule, None]
    assert (found[1].line, found[1].refused_field) == (3, column)
    assert rule_text(rule, "pt-BR", found[1].values)
    assert found[2].email == "c@x.y"


def test_the_line_of_a_repeated_address_names_the_first_one() -> None:
    found = parse_users('email,name\n"ana@x.y","A\nna"\nb@x.y,\nana@x.y,\n')
    assert [one.line for one in found] == [2, 4, 5]
    assert found[0].name == "A na"
    assert found[2].values == {"line": 2}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "no_header"),
        ("ana@x.y,Ana\n", "no_header"),
        ("name,plan\nAna,pro\n", "no_header"),
        ("email,plam\nana@x.y,pro\n", "unknown_column"),
        ("email,e-mail\na@x.y,b@x.y\n", "repeated_column"),
        ('email\n"ana@x.y\n', "not_csv"),
        ('email\n"a"b@x.y\n', "not_csv"),
        ("email\n" + "".join(f"u{n}@x.y\n" for n in range(MAX_LINES + 1)), "too_many_lines"),
    ],
    ids=lambda one: one if one.isidentifier() else "",
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(text: str, rule: str) -> None:
    with pytest.raises(ImportRefusedError) as refusal:
        parse_users(text)
    assert refusal.value.rule == rule
    assert rule_text(rule, "en", refusal.value.values)


def test_as_many_lines_as_are_allowed_are_read() -> None:
    text = "email\n" + "".join(f"u{n}@x.y\n" for n in range(MAX_LINES))
    assert len(parse_users(text)) == MAX_LINES
    assert len(parse_users(f"{text}another@x.y\n", most=MAX_LINES + 1)) == MAX_LINES + 1


@pytest.mark.parametrize(
    ("word", "plan"),
    [
        *(("Básico", Plan.BASIC), ("basico", Plan.BASIC), ("BASIC", Plan.BASIC)),
        *(("Teste", Plan.TRIAL), ("Pro", Plan.PRO)),
        *(("Empresarial", Plan.ENTERPRISE), ("Enterprise", Plan.ENTERPRISE)),
    ],
)
def test_plans_are_called_as_the_site_calls_them(word: str, plan: Plan) -> None:
    (line,) = parse_users(f"email,plano\nana@x.y,{word}\n")
    assert (line.plan, line.refused) == (plan, None)


def test_a_named_separator_is_a_line_of_the_file() -> None:
    (line,) = parse_users("sep=,\nemail,plan\n\nana@x.y,gold\n")
    assert (line.line, line.refused) == (4, "unknown_plan")


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_an_export_of_users_is_read_as_it_is(locale: Locale) -> None:
    """Every column of it is known, and sets the address, name, plan and limit alone."""
    zone = ZoneInfo("America/Sao_Paulo")
    columns = columns_of(ExportKind.USERS, locale, zone, datetime(2026, 11, 22, tzinfo=UTC))
    values = {"email": "ana@x.y", "name": "Ana", "plan": "pro", "monthlyLimit": "2000000"}
    text = io.StringIO()
    csv.writer(text, delimiter=";" if locale == "pt-BR" else ",").writerows(
        [[one.title for one in columns], [values.get(one.name, "5") for one in columns]]
    )
    (line,) = parse_users(text.getvalue())
    assert (line.email, line.name, line.plan) == ("ana@x.y", "Ana", Plan.PRO)
    assert (line.monthly_limit, line.refused) == (2_000_000, None)


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        (
            "email;adicionais_quantidade;adicionais_tipo;até\nana@x.y;50.000;Até;15/12/2026\n",
            LineGrant(50_000, Term(GrantKind.UNTIL, date(2026, 12, 15))),
        ),
        (
            "email,additional_amount,additional_kind,until\nana@x.y,50000,until,2026-12-15\n",
            LineGrant(50_000, Term(GrantKind.UNTIL, date(2026, 12, 15))),
        ),
        (
            "email;adicionais_quantidade;ate\nana@x.y;50.000;2026-12-15\n",
            LineGrant(50_000, Term(GrantKind.UNTIL, date(2026, 12, 15))),
        ),
        (
            "email;adicionais_quantidade;adicionais_tipo\nana@x.y;7;este mês\n",
            LineGrant(7, Term(GrantKind.THIS_MONTH)),
        ),
        (
            "email;adicionais_quantidade;adicionais_tipo\nana@x.y;7;ate_usar\n",
            LineGrant(7, Term(GrantKind.UNTIL_USED)),
        ),
        (
            "email;adicionais_quantidade;adicionais_tipo\nana@x.y;7;Todo Mês\n",
            LineGrant(7, Term(GrantKind.EVERY_MONTH)),
        ),
        ("email,additional_amount,additional_kind,until\nana@x.y,,,\n", None),
    ],
)
def test_a_line_may_grant_tokens_and_says_for_how_long(text: str, grant: LineGrant | None) -> None:
    (line,) = parse_users(text)
    assert (line.refused, line.grant) == (None, grant)


@pytest.mark.parametrize("kind", list(GrantKind))
def test_every_kind_of_grant_can_be_named_as_the_api_names_it(kind: GrantKind) -> None:
    until = "2026-12-15" if kind is GrantKind.UNTIL else ""
    (line,) = parse_users(
        f"email,additional_amount,additional_kind,until\nana@x.y,7,{kind.value},{until}\n"
    )
    assert line.grant is not None
    assert line.grant.term.kind is kind


@pytest.mark.parametrize(
    ("cells", "rule", "column"),
    [
        ("many,until,2026-12-15", "not_a_number", "additional_amount"),
        ("0,until,2026-12-15", "not_a_number", "additional_amount"),
        ("-5,every_month,", "not_a_number", "additional_amount"),
        (",until,2026-12-15", "amount_needed", "additional_amount"),
        (",,2026-12-15", "amount_needed", "additional_amount"),
        ("5,,", "kind_needed", "additional_kind"),
        ("5,forever,", "unknown_kind", "additional_kind"),
        ("5,until,", "until_needed", "until"),
        ("5,this_month,2026-12-15", "until_not_of_kind", "until"),
        ("5,until,soon", "not_a_day", "until"),
        ("5,until,2026-02-30", "not_a_day", "until"),
        # which is the month nobody knows
        ("5,until,03/04/2026", "not_a_day", "until"),
    ],
)
def test_a_grant_that_cannot_be_understood_refuses_its_line_alone(
    cells: str, rule: str, column: str
) -> None:
    found = parse_users(
        f"email,additional_amount,additional_kind,until\nana@x.y,{cells}\nb@x.y,7,until_used,\n"
    )
    assert [one.refused for one in found] == [rule, None]
    assert found[0].refused_field == column
    assert all(rule_text(rule, locale, found[0].values) for locale in ("pt-BR", "en"))


def test_the_last_day_has_one_column() -> None:
    with pytest.raises(ImportRefusedError, match="repeated_column"):
        parse_users("email,until,ate\nana@x.y,,\n")


@given(st.text(alphabet=string.printable + "é;\ufeff\0", max_size=80))
def test_no_text_makes_anything_but_lines_or_a_refusal(text: str) -> None:
    whole = f"email,name,plan,monthly_limit\n{text}"
    with suppress(ImportRefusedError):
        assert all(one.refused or "@" in one.email for one in parse_users(whole))


@pytest.mark.parametrize("name", ["=Ana", "Ana;=1", "Ana, +Bia", "'=Ana", "@ana", "-"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_what_an_export_has_guarded_is_read_as_it_was(name: str, delimiter: str) -> None:
    text = io.StringIO()
    rows = [("email", "name"), (guarded("+ana@example.com"), guarded(name))]
    csv.writer(text, delimiter=delimiter).writerows(rows)
    (line,) = parse_users(text.getvalue())
    assert (line.email, line.name) == ("+ana@example.com", name)
