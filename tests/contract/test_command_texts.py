"""The command line in both languages: its texts, what is said without them, helps, wrong calls."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from solaris.accounts.importing.importer import ImportAction
from solaris.cli import app
from solaris.keys.key import KeyKind
from solaris.keys.listing import KeyState
from solaris.ledger.figures import FIGURE_NAMES
from solaris.ledger.transactions import TransactionKind
from solaris.operations.command_texts import DOCTOR_TEXTS
from solaris.operations.states import Status
from solaris.platform.actor import Role
from solaris.platform.terminal import language, typer_words
from solaris.platform.terminal.error_texts import MESSAGES
from solaris.platform.texts import Locale
from solaris.quota.usage import Outcome
from solaris.quota.user import Plan, UserStatus
from solaris.reconciliation.books import USAGE, Fault
from solaris.reports.report import GroupBy

ROOT = Path(__file__).resolve().parents[2]
SOLARIS = ROOT / "layers/shared/python/solaris"
PACKAGES = sorted(str(one.parent.relative_to(SOLARIS)) for one in SOLARIS.rglob("command_texts.py"))
# Names, signs and forms that both languages write alike.
ALIKE = frozenset({"EMAIL", "TOKENS", "N", "LOG"})
SAYING = frozenset(
    {
        *("say", "fail", "heading", "sure", "BadParameter", "add_task", "facts", "table"),
        *("Typer", "command", "callback", "Option", "Argument", "_bar", "_progress"),
    }
)
TEXT_CALLS = frozenset({"_t", "_common", "_keys", "t", "help", "many", "word", "names"})
# Of Option, Argument and the like only these are read by people.
READ = frozenset({"help", "metavar", "epilog", "short_help"})
WORDS: dict[str, tuple[str, type[StrEnum]]] = {
    "status": ("accounts", UserStatus),
    "plan": ("accounts", Plan),
    "outcome": ("accounts", Outcome),
    "kind": ("accounts", TransactionKind),
    "action": ("accounts", ImportAction),
    "state": ("keys", KeyState),
    "created": ("keys", KeyKind),
    "role": ("sign_in", Role),
    "fault": ("reconciliation", Fault),
    "health": ("doctor", Status),
}


def texts(package: str) -> Mapping[str, Mapping[Locale, str]]:
    name = package.replace("/", ".")
    found: Mapping[str, Mapping[Locale, str]] = importlib.import_module(
        f"solaris.{name}.command_texts"
    ).TEXTS
    return found


ALL: dict[str, Mapping[str, Mapping[Locale, str]]] = {
    **{one: texts(one) for one in PACKAGES},
    "doctor": DOCTOR_TEXTS,
}


def modules(package: str) -> list[Path]:
    """What speaks through a package's texts."""
    folder = SOLARIS / package
    if package == "doctor":
        return [SOLARIS / "operations/doctor.py"]
    if package == "platform/terminal":
        own = (one for one in folder.glob("*.py") if one.name != "command_texts.py")
        return [*own, SOLARIS / "cli.py"]
    return [*folder.glob("*commands.py"), SOLARIS / "cli.py"]


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_package_with_commands_has_texts() -> None:
    with_commands = {str(one.parent.relative_to(SOLARIS)) for one in SOLARIS.rglob("*commands.py")}
    assert with_commands | {"platform/terminal"} == set(PACKAGES)
    assert sum(map(len, ALL.values())) > 300


@pytest.mark.parametrize("package", ALL)
def test_every_text_is_in_both_languages_with_the_same_holes(package: str) -> None:
    for key, by_language in ALL[package].items():
        assert list(by_language) == ["pt-BR", "en"], key
        assert all(text.strip() for text in by_language.values()), key
        assert holes(by_language["pt-BR"]) == holes(by_language["en"]), key
        assert all("␟" not in text for text in by_language.values()), key
        if key.endswith("_one"):
            assert f"{key.removesuffix('_one')}_other" in ALL[package], key


@pytest.mark.parametrize("package", ALL)
def test_a_sentence_is_not_the_same_in_both(package: str) -> None:
    same = {
        key
        for key, one in ALL[package].items()
        if one["pt-BR"] == one["en"] and re.search(r"[a-z]{3,} [a-z]{2,}", one["en"])
    }
    assert same == set()


@pytest.mark.parametrize("package", ALL)
def test_every_text_is_said_somewhere(package: str) -> None:
    whole, starts = set(), set()
    for path in modules(package):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                starts.add(str(node.values[0].value))
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "word":
                starts.add(_group(node))
    starts -= {""}
    silent = {
        key
        for key in ALL[package]
        if re.sub("_(one|other)$", "", key) not in whole and key not in whole
        if not any(key.startswith(start) and "." in start for start in starts)
    }
    # names of what is given, for every package
    assert silent - (set() if package != "platform/terminal" else _used_as_common()) == set()


def _group(call: ast.Call) -> str:
    first = call.args[0]
    if isinstance(first, ast.Constant):
        return f"{first.value!s}."
    return "plan." if isinstance(first, ast.Name) else ""


@cache
def _used_as_common() -> set[str]:
    code = "\n".join(one.read_text("utf-8") for one in SOLARIS.rglob("*commands.py"))
    return set(re.findall(r'_common\.help\("(\w+)"\)', code))


@pytest.mark.parametrize(("group", "where"), WORDS.items())
def test_every_machine_word_has_one_for_people(
    group: str, where: tuple[str, type[StrEnum]]
) -> None:
    package, words = where
    assert {f"{group}.{one.value}" for one in words} <= set(ALL[package])


def test_every_figure_of_the_books_has_a_word() -> None:
    wanted = {USAGE, "available_tokens", "reserved_tokens", *FIGURE_NAMES}
    assert {f"figure.{one}" for one in wanted} <= set(ALL["reconciliation"])


def test_a_row_of_a_report_has_a_heading() -> None:
    wanted = {f"by.{one.value}" for one in GroupBy if one is not GroupBy.NONE}
    assert wanted <= set(ALL["reports"])


# what is said without a text


def untranslated(tree: ast.AST) -> Iterator[str]:
    """Words in what is given to a call that speaks, but for the keys of texts."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name(node) not in SAYING:
            continue
        if _name(node) in {"say", "fail", "heading", "sure", "BadParameter", "facts", "table"}:
            given = [*node.args, *(one.value for one in node.keywords if one.arg != "param_hint")]
        elif _name(node) in {"add_task", "_bar", "_progress"}:
            given = node.args[:1]
        else:
            given = [one.value for one in node.keywords if one.arg in READ]
        for one in given:
            yield from _words(one)


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _words(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _name(node) in TEXT_CALLS:
        for one in node.keywords:
            yield from _words(one.value)
    elif isinstance(node, ast.Constant):
        is_word = isinstance(node.value, str) and re.search(r"[A-Za-z]{2,}", node.value)
        if is_word and node.value not in ALIKE:
            yield str(node.value)
    elif isinstance(node, ast.FormattedValue):
        yield from _words(node.value)  # not its format
    elif isinstance(node, ast.Subscript):
        yield from _words(node.value)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _words(child)


def _docstring_helps(tree: ast.AST) -> Iterator[str]:
    """Commands whose help would be their docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in {"command", "callback"}:
            if (
                not isinstance(node.func, ast.Attribute)
                or getattr(node.func.value, "id", "") != "app"
            ):
                continue
            if not any(one.arg == "help" for one in node.keywords):
                yield ast.unparse(node)


COMMAND_MODULES = sorted(
    {
        *SOLARIS.rglob("*commands.py"),
        *(SOLARIS / "platform/terminal").glob("*.py"),
        SOLARIS / "cli.py",
    }
)


@pytest.mark.parametrize("path", COMMAND_MODULES, ids=lambda one: str(one.relative_to(SOLARIS)))
def test_nothing_is_said_without_a_text(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert list(untranslated(tree)) == []
    assert list(_docstring_helps(tree)) == []


@pytest.mark.parametrize(
    "code",
    [
        'say("done")',
        'say(f"{n} users")',
        'fail("no" if x else _t("key"))',
        'table(("NAME", _t("b")), rows)',
        'typer.Option("--x", help="Only this.")',
        'typer.Argument(metavar="FILE")',
        'say(_t("key", what="nothing at all"))',
        'raise typer.BadParameter(f"{x} is wrong")',
        'bar.add_task("users", total=None)',
    ],
)
def test_what_is_said_without_a_text_is_found(code: str) -> None:
    assert list(untranslated(ast.parse(code)))


def test_a_key_is_no_text() -> None:
    assert list(untranslated(ast.parse('say(_t("key", n=1)); table(_t.names("a.b"), x[:2])'))) == []


# helps


def helps(wanted: str) -> dict[str, str]:
    """Every help of every command in a language, by where it stands."""
    language.choose(["--lang", wanted])
    root = typer.main.get_command(app)
    typer_words.translate(root)
    found: dict[str, str] = {}

    def walk(command: Any, *path: str) -> None:
        where = " ".join(path)
        found[where] = command.help
        for param in command.get_params(typer.Context(command)):
            name = param.opts[0]
            found[f"{where} {name}"] = param.help or ""
        for name, one in getattr(command, "commands", {}).items():
            walk(one, *path, name)

    walk(root, "solaris")
    return found


def test_every_help_is_in_both_languages() -> None:
    portuguese, english = helps("pt-BR"), helps("en")
    assert len(portuguese) > 150
    assert portuguese.keys() == english.keys()
    assert [where for where, text in portuguese.items() if not text] == []
    assert [where for where, text in portuguese.items() if text == english[where]] == []
    assert [where for where, text in portuguese.items() if text in english.values()] == []
    assert not any("␟" in text for text in (*portuguese.values(), *english.values()))


ENGLISH = re.compile(
    r"\b(the|of|and|with|what|from|user's|this|Usage|Options?|Arguments?|Commands?|Error|Try|"
    r"Missing|Invalid|No such|Show|default|required|Input|should)\b"
)


@pytest.mark.parametrize("where", [one for one in helps("en") if " -" not in one])
def test_no_help_has_english_in_it(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    words = [one for one in where.split()[1:] if one.islower()]
    shown = CliRunner().invoke(app, ["--lang", "pt-BR", *words, "--help"])
    assert shown.exit_code == 0
    assert "Uso: " in shown.stdout
    assert ENGLISH.findall(re.sub(r"<[^>]*>|--[a-z-]+", "", shown.stdout)) == []


# wrong calls

WRONG = (
    (),
    ("dance",),
    ("user",),
    ("--lang", "fr", "users"),
    ("users", "lits"),
    ("users", "list", "--nothing"),
    ("users", "list", "--limt", "1"),
    ("users", "list", "extra", "more"),
    ("users", "list", "--limit"),
    ("users", "list", "--limit", "many"),
    ("users", "list", "--limit", "0"),
    ("users", "list", "--limit", "100001"),
    ("users", "list", "--at-least", "many"),
    ("users", "list", "--status", "asleep"),
    ("users", "list", "--json=yes"),
    ("users", "show"),
    ("users", "suspend", "ana@example.com"),
    ("users", "set-plan", "ana@example.com"),
    ("users", "set-limit", "ana@example.com", "many"),
    ("users", "set-limit", "ana@example.com", "1.500"),
    ("users", "set-limit", "ana@example.com", "0.0001k"),
    ("users", "set-limit", "ana@example.com", "9" * 30),
    ("reports", "usage", "--by", "none"),
    ("reports", "usage", "--from", "2026-99-99"),
    ("completion", "fish"),
    ("replay",),
    ("replay", "--file", "/nowhere/at/all"),
)


@pytest.mark.parametrize("call", WRONG, ids=" ".join)
def test_a_wrong_call_is_told_in_portuguese_with_the_same_code(
    call: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    monkeypatch.delenv("LOCALE", raising=False)
    told = CliRunner().invoke(app, list(call))
    monkeypatch.setenv("LOCALE", "en")
    in_english = CliRunner().invoke(app, list(call))
    assert told.exit_code == in_english.exit_code == 2
    text = re.sub(r"'[^']*'|<[^>]*>|--[a-z-]+", "", told.output)
    assert ENGLISH.findall(text) == []
    assert told.output != in_english.output
    assert "Us" in in_english.output or "Error" in in_english.output


def test_what_is_not_known_of_typer_stays_as_it_is() -> None:
    assert typer_words.wrong_call("Something new.") == "Something new."


# errors

RAISED_FOR_PEOPLE = (
    *("accounts/by_email.py", "accounts/changes.py", "accounts/deletion.py", "accounts/moving.py"),
    *("keys/management.py", "keys/key.py", "sign_in/admins.py", "sign_in/admin_store.py"),
    *("backup/archive.py", "backup/restore.py", "backup/drill.py", "quota/store.py"),
)
# Told by their code, with the message in brackets: no call of a person's leads to them.
BY_CODE = frozenset(
    {
        "the idempotency key was used for another amount",
        "an item outside of a table",
        "not a line of a backup",
        "expires_at is stated too",
        "a personal key is somebody's",
        "a service key is nobody's",
    }
)


def literals(path: Path) -> Iterator[str]:
    """Texts of a module, what fills them in as 1."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(one.value) if isinstance(one, ast.Constant) else "1" for one in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("pattern", [one for one, _ in MESSAGES])
def test_every_message_that_is_translated_is_still_raised(pattern: str) -> None:
    assert any(re.fullmatch(pattern, one) for one in _raised())


@cache
def _raised() -> frozenset[str]:
    files = (one for one in SOLARIS.rglob("*.py") if "terminal" not in one.parts)
    return frozenset(text for one in files for text in literals(one))


@pytest.mark.parametrize(("pattern", "text"), MESSAGES)
def test_a_message_has_as_many_holes_as_its_translation(pattern: str, text: str) -> None:
    assert re.compile(pattern).groups == len(holes(text))


def messages(path: Path) -> Iterator[str]:
    """First arguments of raised errors of ours without a rule, where they are texts."""
    tree = ast.parse(path.read_text("utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        named = {
            one.targets[0].id: one.value
            for one in ast.walk(function)
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
        }
        for node in ast.walk(function):
            call = node.exc if isinstance(node, ast.Raise) else None
            if not isinstance(call, ast.Call) or not call.args:
                continue
            if _name(call) in {"ValueError", "TypeError", "RuntimeError"} or call.keywords:
                continue
            last = call.args[-1]
            value = named.get(last.id, last) if isinstance(last, ast.Name) else last
            if isinstance(value, ast.JoinedStr | ast.Constant):
                yield "".join(
                    str(one.value) if isinstance(one, ast.Constant) else "1"
                    for one in (value.values if isinstance(value, ast.JoinedStr) else [value])
                )


@pytest.mark.parametrize("name", RAISED_FOR_PEOPLE)
def test_every_error_that_people_meet_has_a_translation(name: str) -> None:
    found = [one for one in messages(SOLARIS / name) if not re.fullmatch(r"[a-z_1]+", one)]
    unknown = {
        one for one in found if not any(re.fullmatch(pattern, one) for pattern, _ in MESSAGES)
    }
    assert unknown - BY_CODE == set()
