"""The project's pages agree with each other and with what there is: links, commands, languages."""

import os
import re
from pathlib import Path, PurePosixPath

import pytest
import typer
import typer.main
import yaml

from solaris.cli import app
from tests.contract.pages import ROOT, Page, pages

PAGES = {page.path: page for page in pages()}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
COMPOSE = "localstack-compose.yaml"
USAGE_ERROR = typer.BadParameter.__bases__[0]  # typer gives it no public name
# A page and the same page in Portuguese
LANGUAGES = (
    ("README.md", "README.pt-BR.md"),
    ("admin_site/GUIDE.md", "admin_site/GUIDE.pt-BR.md"),
)
README_LINES = 120
# Programs that are not this project's
FOREIGN = {"cd", "curl", "date", "export", "git", "prometheus", "tail"}
SOURCES = ("layers", "functions", "infra", "tests", "admin_site/src")
SUFFIXES = {".py", ".sh", ".yaml", ".yml", ".ts", ".tsx", ".conf", ".service", ".md"}
# `NAME.md, "Section"`, with any of the quotation marks that are in use
NAMED_PART = re.compile(r"([\w./-]+\.md),? \\?[\"“]([^\"”\\\n]+)\\?[\"”]")


def dead_links(page: Page) -> list[str]:
    """Targets of a page that lead nowhere."""
    return [target for target in page.links if not _leads_somewhere(page, target)]


def _leads_somewhere(page: Page, target: str) -> bool:
    if "://" in target or target.startswith("mailto:"):
        return True
    path, _, anchor = target.partition("#")
    if not path:
        return anchor in page.anchors
    file = os.path.normpath(PurePosixPath(page.path).parent / path)
    if not anchor:
        return (ROOT / file).exists()
    return file in PAGES and anchor in PAGES[file].anchors


@pytest.mark.parametrize("path", sorted(PAGES))
def test_every_link_leads_somewhere(path: str) -> None:
    assert dead_links(PAGES[path]) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "# A page\n\n[a](#a-page) [b](#b) [c](README.md) [d](no.md) [e](SECURITY.md#nothing)\n"
    assert dead_links(Page("X.md", text)) == ["#b", "no.md", "SECURITY.md#nothing"]
    assert dead_links(Page("infra/X.md", "[a](README.md) [b](../README.md)\n")) == ["README.md"]


def test_two_headings_of_one_text_have_two_anchors() -> None:
    page = Page("X.md", "# `A` b\n\n## A b\n\n```sh\n# no heading\n```\n")
    assert page.anchors == {"a-b", "a-b-1"}


def missing_parts(path: str, text: str) -> list[str]:
    """Parts of pages that a file names and that are not there."""
    found = []
    for name, title in NAMED_PART.findall(text):
        near = PurePosixPath(path).parent / name
        page = PAGES.get(near.as_posix()) or PAGES.get(name)
        if page is None or title.rstrip(".,") not in page.titles:
            found.append(f"{name}, “{title}”")
    return found


def test_parts_of_pages_that_texts_and_comments_name_are_there() -> None:
    files = [
        file
        for folder in SOURCES
        for file in (ROOT / folder).rglob("*")
        if file.suffix in SUFFIXES and "node_modules" not in file.parts and file != Path(__file__)
    ]
    files += [ROOT / name for name in ("Makefile", "template.yaml", COMPOSE, ".env.example")]
    files += ROOT.glob("*.md")
    named = {
        file.relative_to(ROOT).as_posix(): missing_parts(
            file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
        )
        for file in files
    }
    assert {path: parts for path, parts in named.items() if parts} == {}


def test_a_part_that_is_not_there_is_found() -> None:
    text = 'see SECURITY.md, "Rotating", and SECURITY.md, "Nothing"; NO.md, “Tests”'
    assert missing_parts("x.py", text) == ["SECURITY.md, “Nothing”", "NO.md, “Tests”"]


def check_command(words: list[str]) -> None:
    """Raise when a command of ours does not exist, or does not take these options."""
    program, rest = words[0], words[1:]
    if program == "sudo" and rest[0] == "solaris":
        program, rest = rest[0], rest[1:]
    if program == "make":
        (target,) = [word for word in rest if "=" not in word and not word.startswith("-")][:1]
        assert re.search(rf"^{re.escape(target)}:.*## ", MAKEFILE, re.MULTILINE), target
    elif program in {"solaris", ".venv/bin/solaris"}:
        _check_solaris(rest)
    elif program == "docker" and rest[0] == "compose":
        _check_compose(rest)
    elif program in {"sudo", "sh"}:
        assert os.access(ROOT / rest[0], os.X_OK), rest[0]
    elif program == "python":
        assert rest[0] == "-m" or (ROOT / rest[0]).is_file(), rest[0]
    else:
        assert program in FOREIGN, program


def _check_solaris(words: list[str]) -> None:
    command = typer.main.get_command(app)
    context = command.make_context("solaris", list(words), resilient_parsing=True)
    rest = list(words[2:] if words[:1] == ["--lang"] else words)
    while isinstance(listed := getattr(command, "commands", None), dict) and rest:
        assert rest[0] in listed, words
        command = listed[rest.pop(0)]
    command.make_context("solaris", rest, parent=context)  # a wrong or missing option raises


def _check_compose(words: list[str]) -> None:
    assert words[:3] == ["compose", "-f", COMPOSE]
    services = yaml.safe_load((ROOT / COMPOSE).read_text(encoding="utf-8"))["services"].values()
    known = {profile for service in services for profile in service.get("profiles", [])}
    named = {words[n + 1] for n, word in enumerate(words) if word == "--profile"}
    assert named <= known


@pytest.mark.parametrize("path", sorted(path for path in PAGES if PAGES[path].commands))
def test_every_command_of_every_block_exists(path: str) -> None:
    for command in PAGES[path].commands:
        check_command(command)


@pytest.mark.parametrize(
    "wrong",
    [
        *("make nothing", "solaris users nothing", "solaris users suspend --reason x"),
        *("solaris reset --wet-run", "sudo infra/nothing.sh", "sudo solaris nothing", "nothing"),
        f"docker compose -f {COMPOSE} --profile nothing up",
    ],
)
def test_a_command_that_does_not_exist_is_found(wrong: str) -> None:
    page = Page("X.md", f"```sh\nKEY=1 {wrong}   # a comment\nX=$({wrong} | tail -n 1)\n```\n")
    first, second, last = page.commands
    assert first == second == wrong.split()
    assert last == ["tail", "-n", "1"]
    with pytest.raises((AssertionError, USAGE_ERROR)):
        check_command(first)


@pytest.mark.parametrize("path", sorted(PAGES.keys() - {"CHANGELOG.md"}))
def test_every_make_in_the_prose_exists(path: str) -> None:
    for code in PAGES[path].code:
        if found := re.match(r"make ([a-z-]+)", code):
            assert re.search(rf"^{found[1]}:.*## ", MAKEFILE, re.MULTILINE), code


@pytest.mark.parametrize("path", ["README.md", "README.pt-BR.md"])
def test_the_readme_is_short_and_has_the_commands_of_the_first_day(path: str) -> None:
    page = PAGES[path]
    assert len(page.text.splitlines()) <= README_LINES
    said = [*(" ".join(command) for command in page.commands), *page.code]
    for needed in (
        *("make up", "make demo", "make test", "make check", "make deploy"),
        *("sudo infra/install.sh", f"docker compose -f {COMPOSE} up", "curl -sS"),
        *(".venv/bin/solaris keys create", ".venv/bin/solaris admins reset-password"),
    ):
        assert any(line.startswith(needed) for line in said), needed


@pytest.mark.parametrize("english", sorted(path for path in PAGES if "pt-BR" not in path))
def test_whoever_reads_portuguese_finds_every_page(english: str) -> None:
    """From README.pt-BR.md, by links alone."""
    seen: set[str] = set()
    left = ["README.pt-BR.md"]
    while left:
        path = left.pop()
        if path in PAGES and path not in seen:
            seen.add(path)
            folder = PurePosixPath(path).parent
            targets = [target.partition("#")[0] for target in PAGES[path].links]
            left += [os.path.normpath(folder / target) for target in targets if target]
    assert english in seen


def shape(page: Page) -> dict[str, list[str]]:
    """What a page and its translation have in common."""
    return {
        "headings": [str(level) for level, _ in page.headings],
        "blocks": [_commands_of(text) if language else "" for language, text in page.blocks],
        "code": sorted(page.code),
        "links": [target.replace(".pt-BR", "") for target in page.links],
        "tables": [
            str(len(line.split("|"))) for line in page.prose.splitlines() if "|" in line[:4]
        ],
        "items": re.findall(r"^ *(-|\d+\.) ", page.prose, re.MULTILINE),
    }


def _commands_of(block: str) -> str:
    """A block without comments, and without the words that are of a language."""
    text = re.sub(r"\s+# .*$", "", block, flags=re.MULTILINE)
    text = re.sub(r'--reason "[^"]*"', "--reason …", text)
    return re.sub(r"\w+\.csv", "….csv", text)


@pytest.mark.parametrize(("english", "portuguese"), LANGUAGES)
def test_both_languages_say_the_same(english: str, portuguese: str) -> None:
    assert shape(PAGES[english]) == shape(PAGES[portuguese])


@pytest.mark.parametrize(
    "other",
    [
        "# A\n## B\n`x`\n```sh\nmake up\n```\n[a](b.pt-BR.md)\n\n| a | b |\n1. x\n",
        "# A\n`x`\n```sh\nmake down\n```\n[a](b.pt-BR.md)\n\n| a | b |\n1. x\n",
        "# A\n`y`\n```sh\nmake up\n```\n[a](b.pt-BR.md)\n\n| a | b |\n1. x\n",
        "# A\n`x`\n```sh\nmake up\n```\n[a](c.md)\n\n| a | b |\n1. x\n",
        "# A\n`x`\n```sh\nmake up\n```\n[a](b.md)\n\n| a | b |\n| a | b |\n1. x\n",
        "# A\n`x`\n```sh\nmake up\n```\n[a](b.md)\n\n| a | b |\n1. x\n2. x\n",
    ],
)
def test_a_page_that_says_something_else_is_found(other: str) -> None:
    page = "# A\n`x`\n```sh\nmake up   # this\n```\n[a](b.md)\n\n| a | b |\n1. x\n"
    same = "# Á\n`x`\n```sh\nmake up   # isto\n```\n[á](b.pt-BR.md)\n\n| á | b |\n1. x\n"
    assert shape(Page("X.md", page)) == shape(Page("X.pt-BR.md", same))
    assert shape(Page("X.md", page)) != shape(Page("X.pt-BR.md", other))
