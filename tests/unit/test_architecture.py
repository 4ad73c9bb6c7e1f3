"""The house rules that a machine can hold: packages stand on those below them, files stay readable.

Each rule is a function from one parsed file to its violations, written `path:line: why`. The
tests at the end feed each rule a tiny source that breaks it, so that no rule holds by accident.
"""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = "layers/shared/python/"
SOLARIS = SHARED + "solaris"
SETTINGS = f"{SOLARIS}/platform/settings.py"
# The command line takes over run.env of the running system before settings are read.
ENVIRONMENT_FILES = {SETTINGS, f"{SOLARIS}/platform/terminal/environment.py"}
TOP_LEVEL_FOLDERS = {"functions", "layers", "admin_site", "infra", "tests", ".ci"}
GENERATED = {"__pycache__", "node_modules", "vendor", "build", "dist"}
MAX_FUNCTION_LINES = 60
MAX_APP_LINES = 80
MAX_FOLDER_FILES = 30

# What stands on what: a package imports from those after it, and nothing from its neighbours in
# a line or from those before it.
ORDER: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("app", "api"),
    ("operations",),
    ("gateway", "accounts", "exports", "backup"),
    ("months", "reconciliation", "reports", "weights"),
    ("ledger", "channels"),
    ("keys", "alerts"),
    ("directory", "sign_in"),
    ("audit",),
    ("quota",),
    ("platform",),
)
LEVELS = {package: level for level, packages in enumerate(ORDER) for package in packages}

# What is given the parts of its own package, and of no other.
OWN_PARTS = ("routes.py", "commands.py", "completion.py")

# Rules without input and output: they import each other, and the standard library's pure parts.
PURE = (
    "accounts/importing/import_file.py",
    "alerts/alert.py",
    "alerts/ceiling.py",
    "alerts/group_summary.py",
    "alerts/suppression.py",
    "audit/entry.py",
    "backup/cut_rules.py",
    "channels/addresses.py",
    "channels/channel.py",
    "channels/event_names.py",
    "directory/listing.py",
    "exports/access.py",
    "exports/export.py",
    "exports/sheets.py",
    "gateway/admission.py",
    "gateway/models/named.py",
    "keys/key.py",
    "ledger/figures.py",
    "ledger/first_byte.py",
    "ledger/pricing.py",
    "ledger/record_choice.py",
    "ledger/transactions.py",
    "months/schedule.py",
    "operations/states.py",
    "platform/access.py",
    "platform/actor.py",
    "platform/aws/items.py",
    "platform/cells.py",
    "platform/email.py",
    "platform/exchange.py",
    "platform/file_links.py",
    "platform/instants.py",
    "platform/leases.py",
    "platform/password_rules.py",
    "platform/printable.py",
    "platform/rate_rule.py",
    "platform/settings_values.py",
    "platform/signed_tokens.py",
    "platform/web/body_structure.py",
    "quota/changes.py",
    "quota/daily_limit.py",
    "quota/day_cap.py",
    "quota/grant.py",
    "quota/grants.py",
    "quota/groups/group.py",
    "quota/groups/member.py",
    "quota/groups/reach.py",
    "quota/identity.py",
    "quota/moving.py",
    "quota/periods.py",
    "quota/personal_links.py",
    "quota/plans.py",
    "quota/provisioning.py",
    "quota/quota.py",
    "quota/reservation.py",
    "quota/rollover.py",
    "quota/settlement.py",
    "quota/standing.py",
    "quota/thresholds.py",
    "quota/usage.py",
    "quota/user.py",
    "reconciliation/books.py",
    "reports/forecast.py",
    "reports/report.py",
    "sign_in/admin.py",
    "sign_in/admin_keys/key.py",
    "sign_in/lockout.py",
    "sign_in/networks.py",
    "platform/model_weight.py",
    "weights/preview.py",
    "quota/model_names.py",
    "quota/weights.py",
)

# No input, no output, no clock: what such a module may not import.
IMPURE = (
    *("boto3", "botocore", "pynamodb", "httpx", "aiohttp", "redis", "os", "starlette", "chalice"),
    *("solaris", "functions", "infra"),
)
# Libraries that speak to somebody, and the only places for each.
AT_THE_EDGE: dict[tuple[str, ...], tuple[str, ...]] = {
    ("boto3", "botocore", "pynamodb"): (
        *("platform/", "ledger/day_index.py", "operations/doctor.py", "backup/whole_tables.py"),
        "alerts/ses_list.py",
    ),
    ("aiohttp",): ("platform/", "gateway/upstream.py"),
    ("redis",): ("platform/cache.py",),
    ("cachetools",): ("platform/cache.py",),
    ("joserfc",): (
        "platform/signed_tokens.py",
        "keys/signed_identity.py",
        "sign_in/oidc_provider.py",
        "platform/sealed_texts.py",
    ),
    ("hmac",): (*("platform/", "keys/sealing.py", "channels/signing.py"), "sign_in/oidc.py"),
    ("httpcore",): ("channels/sending.py",),
    ("httpx",): (
        "channels/sending.py",
        "operations/",
        "sign_in/oidc_http.py",
        "sign_in/oidc_provider.py",
    ),
    ("chalice",): ("platform/web/",),
    ("starlette",): ("platform/web/", "gateway/app.py", "gateway/lambda_asgi.py"),
    ("typer", "rich"): ("cli.py", "platform/terminal/", "*/commands.py", "*_commands.py"),
}
FUNCTIONS_FORBID = ("boto3", "botocore", "pynamodb", "redis", "aiohttp", "httpx")
ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.getenvb")
CLOCK = (
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
    *("datetime.date.today", "time.time", "time.time_ns", "time.monotonic", "time.perf_counter"),
    *("time.localtime", "time.gmtime", "time.monotonic_ns", "time.perf_counter_ns"),
)

# Pauses by chance, and codes of writes that lost a race: each in one place.
RETRY = f"{SOLARIS}/platform/aws/retry.py"
CHANCE = ("random.uniform", "random.random")
CODES_AT = f"{SOLARIS}/platform/aws/client.py"
CODES = ("ConditionalCheckFailed", "TransactionCanceledException")
# From which HTTP status on a request counts as an error: `is_error`, and nobody's own comparison.
ERRORS_AT = f"{SOLARIS}/ledger/figures.py"
ERROR_STATUSES = (399, 400, "FIRST_ERROR", "_FIRST_ERROR", "_ERROR_STATUS")


# Modules that comments name, and those that each package has one of.
NAMED_MODULE = re.compile(r"(?<![\w/.*-])((?:[\w-]+/)*\w+\.py)\b")
IN_EVERY_PACKAGE = ("parts.py", "routes.py", "schemas.py", "commands.py", "app.py")


@dataclass(frozen=True)
class Source:
    """One Python file: `path` is relative to the root, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Return (line, full dotted name) of everything imported, at any depth of the file."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, one.name) for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                found += [(node.lineno, f"{base}.{one.name}") for one in node.names]
        return found

    @cached_property
    def names(self) -> list[tuple[int, str]]:
        """Return (line, full dotted name) of every name used, local names resolved."""
        bound = self._bound()
        found = list(self.imports)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                head, dot, rest = ast.unparse(node).partition(".")
                found.append((node.lineno, bound.get(head, head) + dot + rest))
        return found

    @property
    def package(self) -> str:
        """The package of a file in the layer: its first folder, or its own name at the top."""
        return self.path.removeprefix(f"{SOLARIS}/").partition("/")[0].removesuffix(".py")

    def _bound(self) -> dict[str, str]:
        """Return what each local name stands for; `import os.path` binds `os` alone."""
        bound = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                bound.update({one.asname: one.name for one in node.names if one.asname})
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                bound.update({one.asname or one.name: f"{base}.{one.name}" for one in node.names})
        return bound

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.path.removeprefix(SHARED).split("/")[: -node.level]
        return ".".join([*package, *([node.module] if node.module else [])])


def under(name: str, prefixes: Sequence[str]) -> bool:
    """True when a dotted name is one of the prefixes or lies inside one."""
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def imports_of(source: Source, forbidden: Sequence[str], allowed: Sequence[str]) -> list[str]:
    bad = [
        (line, name)
        for line, name in source.imports
        if under(name, forbidden) and not under(name, allowed)
    ]
    return [f"{source.path}:{line}: must not import {name}" for line, name in sorted(set(bad))]


def uses_of(source: Source, forbidden: Sequence[str], why: str) -> list[str]:
    bad = {(line, name) for line, name in source.names if under(name, forbidden)}
    return [f"{source.path}:{line}: {why} ({name})" for line, name in sorted(bad)]


def package_order(source: Source) -> list[str]:
    """Imports from packages above or beside, of types as well."""
    if source.package not in LEVELS:
        return [f"{source.path}:1: no package {source.package}/ in ORDER"]
    bad = []
    for line, name in source.imports:
        parts = name.split(".")
        if parts[0] != "solaris" or len(parts) == 1 or parts[1] == "__version__":
            continue
        if parts[1] == source.package or LEVELS.get(parts[1], -1) > LEVELS[source.package]:
            continue
        bad.append((line, name))
    return [f"{source.path}:{line}: must not import {name}" for line, name in sorted(set(bad))]


def own_parts(source: Source) -> list[str]:
    """Another package's parts, where a route or a command is to have its own alone."""
    every = [f"solaris.{package}.parts" for package in LEVELS]
    return imports_of(source, every, [f"solaris.{source.package}.parts"])


def pure_imports(source: Source) -> list[str]:
    allowed = tuple(f"solaris.{one.removesuffix('.py').replace('/', '.')}" for one in PURE)
    return imports_of(source, IMPURE, allowed)


def pure_clock(source: Source) -> list[str]:
    return uses_of(source, CLOCK, "a pure rule has no clock: pass the time in")


def edge_imports(source: Source) -> list[str]:
    """Libraries that speak to somebody, outside the places that may."""
    path = source.path.removeprefix(f"{SOLARIS}/")
    found = []
    for libraries, places in AT_THE_EDGE.items():
        if not any(_is_in(path, place) for place in places):
            found += imports_of(source, libraries, ())
    return found


def _is_in(path: str, place: str) -> bool:
    if place.startswith("*"):
        return path.endswith(place[1:])
    return path == place or (place.endswith("/") and path.startswith(place))


def function_imports(source: Source) -> list[str]:
    return imports_of(source, FUNCTIONS_FORBID, ())


def environment_reads(source: Source) -> list[str]:
    if source.path in ENVIRONMENT_FILES:
        return []
    return uses_of(source, ENVIRONMENT, "only settings.py reads the environment")


def pauses_by_chance(source: Source) -> list[str]:
    if source.path == RETRY:
        return []
    return uses_of(source, CHANCE, "pauses by chance are platform/aws/retry.py's")


def codes_of_lost_races(source: Source) -> list[str]:
    if source.path == CODES_AT:
        return []
    return [
        f"{source.path}:{node.lineno}: platform/aws/client.py has a name for {node.value}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(CODES)
    ]


def error_statuses(source: Source) -> list[str]:
    if source.path == ERRORS_AT:
        return []
    ordering = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
    compared = [
        (node.lineno, one.value if isinstance(one, ast.Constant) else ast.unparse(one))
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Compare) and any(isinstance(one, ordering) for one in node.ops)
        for one in (node.left, *node.comparators)
    ]
    return [
        f"{source.path}:{line}: ledger/figures.py has is_error for this comparison"
        for line, with_what in compared
        if with_what in ERROR_STATUSES
    ]


def modules_gone(source: Source) -> list[str]:
    """A comment names a module by its path from solaris, tests or the root, or its neighbour."""
    folders = (SOLARIS, ".", "tests", source.path.rpartition("/")[0])
    return [
        f"{source.path}:{line}: there is no {name}"
        for line, text in _prose(source)
        for name in NAMED_MODULE.findall(text)
        if name not in IN_EVERY_PACKAGE
        and not any((ROOT / folder / name).exists() for folder in folders)
    ]


def _prose(source: Source) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(source.tree):
        if isinstance(node, documented) and (text := ast.get_docstring(node, clean=False)):
            yield node.body[0].lineno, text


def long_functions(source: Source) -> list[str]:
    return [
        f"{source.path}:{node.lineno}: {node.name} has more than {MAX_FUNCTION_LINES} lines"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.body[0].lineno >= MAX_FUNCTION_LINES
    ]


def too_long(source: Source) -> list[str]:
    lines = len(source.text.splitlines())
    limit = MAX_APP_LINES
    return [f"{source.path}:{lines}: at most {limit} lines"] if lines > limit else []


def stray_folders(tracked: Sequence[str]) -> list[str]:
    """Return the first file of each top-level folder that the layout does not name."""
    folders: dict[str, str] = {}
    for path in tracked:
        folder, slash, _ = path.partition("/")
        if slash and folder not in TOP_LEVEL_FOLDERS:
            folders.setdefault(folder, f"{path}:1: no top-level folder {folder}/")
    return list(folders.values())


def paths_in(*folders: str) -> list[str]:
    return sorted(path for folder in folders for path in _walk(ROOT / folder))


def _walk(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        relative = path.relative_to(ROOT)
        hidden = any(part.startswith(".") or part in GENERATED for part in relative.parts)
        third_party = relative.parts[:2] == ("layers", "dependencies")
        if not hidden and not third_party:
            yield relative.as_posix()


def check(rule: Callable[[Source], list[str]], path: str) -> None:
    found = rule(Source(path, (ROOT / path).read_text(encoding="utf-8")))
    assert not found, "\n".join(found)


LAYER = [path for path in paths_in(SOLARIS) if path != f"{SOLARIS}/__init__.py"]


def test_every_package_and_every_pure_module_is_there() -> None:
    found = {Source(path, "").package for path in LAYER}
    assert found == LEVELS.keys()
    assert [one for one in PURE if f"{SOLARIS}/{one}" not in LAYER] == []


@pytest.mark.parametrize("path", LAYER)
def test_a_package_stands_on_those_below_it(path: str) -> None:
    check(package_order, path)


@pytest.mark.parametrize("path", [path for path in LAYER if path.endswith(OWN_PARTS)])
def test_routes_and_commands_have_their_own_packages_parts_alone(path: str) -> None:
    check(own_parts, path)


@pytest.mark.parametrize("path", LAYER)
def test_libraries_that_speak_to_somebody_stay_at_the_edge(path: str) -> None:
    check(edge_imports, path)


@pytest.mark.parametrize("path", [f"{SOLARIS}/{one}" for one in PURE])
def test_pure_rules_import_pure_rules_only(path: str) -> None:
    check(pure_imports, path)


@pytest.mark.parametrize("path", [f"{SOLARIS}/{one}" for one in PURE])
def test_pure_rules_read_no_clock(path: str) -> None:
    check(pure_clock, path)


@pytest.mark.parametrize("path", paths_in("functions"))
def test_functions_speak_to_nobody_themselves(path: str) -> None:
    check(function_imports, path)


@pytest.mark.parametrize("path", paths_in("functions", "layers"))
def test_nothing_but_settings_reads_the_environment(path: str) -> None:
    check(environment_reads, path)


@pytest.mark.parametrize("path", paths_in("functions", "layers", "infra"))
def test_retries_have_one_home(path: str) -> None:
    check(pauses_by_chance, path)
    check(codes_of_lost_races, path)


@pytest.mark.parametrize("path", LAYER)
def test_comments_name_modules_that_are_there(path: str) -> None:
    check(modules_gone, path)


@pytest.mark.parametrize("path", LAYER)
def test_what_counts_as_an_error_has_one_home(path: str) -> None:
    check(error_statuses, path)


@pytest.mark.parametrize("path", paths_in("functions", "layers", "infra"))
def test_no_function_is_longer_than_a_page(path: str) -> None:
    check(long_functions, path)


@pytest.mark.parametrize("path", [one for one in paths_in("functions") if one.endswith("app.py")])
def test_an_entry_is_short(path: str) -> None:
    check(too_long, path)


def test_no_folder_is_a_warehouse() -> None:
    files: dict[str, int] = {}
    for path in LAYER:
        folder = path.rpartition("/")[0]
        files[folder] = files.get(folder, 0) + (not path.endswith("__init__.py"))
    assert {folder: n for folder, n in files.items() if n > MAX_FOLDER_FILES} == {}


def test_every_top_level_folder_is_one_of_the_fixed_names() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout: the tracked files are unknown")
    tracked = [path for path in listed.stdout.split("\0") if path]
    assert tracked
    found = stray_folders(tracked)
    assert not found, "\n".join(found)


QUOTA = f"{SOLARIS}/quota/quota.py"
KEYS = f"{SOLARIS}/keys/x.py"
LEDGER = f"{SOLARIS}/ledger/x.py"
PLATFORM = f"{SOLARIS}/platform/x.py"
ENTRY = "functions/proxy/app.py"


@pytest.mark.parametrize(
    ("rule", "path", "bad"),
    [
        *((pure_imports, QUOTA, f"import {name}") for name in IMPURE),
        (pure_imports, QUOTA, "from solaris.platform import settings"),
        (pure_imports, QUOTA, "from solaris.quota.store import UserStore"),
        (pure_imports, QUOTA, "from ..ledger import ledger"),
        (pure_imports, QUOTA, "from os import environ"),
        (pure_imports, QUOTA, "import os.path as p"),
        (pure_imports, QUOTA, "def f() -> None: import httpx"),
        (pure_clock, QUOTA, "from datetime import datetime as d; d.now()"),
        (pure_clock, QUOTA, "import datetime; datetime.datetime.utcnow()"),
        (pure_clock, QUOTA, "from datetime import date; date.today()"),
        (pure_clock, QUOTA, "import time as t; t.time()"),
        (pure_clock, QUOTA, "from time import time"),
        (package_order, KEYS, "from solaris.ledger.ledger import Ledger"),
        (package_order, KEYS, "from solaris.alerts.alert import Alert"),
        (package_order, KEYS, "import solaris.app"),
        (package_order, KEYS, "from solaris.app import Parts"),
        (package_order, KEYS, "if TYPE_CHECKING:\n    from solaris.app import Parts"),
        (package_order, KEYS, "if TYPE_CHECKING:\n    from solaris.cli import app"),
        (package_order, PLATFORM, "from solaris.api import registered"),
        (package_order, KEYS, "from solaris.accounts.parts import AccountsParts"),
        (package_order, KEYS, "from solaris import cli"),
        (package_order, LEDGER, "def f() -> None: from solaris.gateway import meter"),
        (package_order, PLATFORM, "from ..quota import user"),
        (package_order, PLATFORM, "if TYPE_CHECKING:\n    from solaris.quota.user import User"),
        (own_parts, KEYS, "if TYPE_CHECKING:\n    from solaris.audit.parts import AuditParts"),
        (own_parts, KEYS, "from solaris.platform.parts import PlatformParts"),
        (edge_imports, LEDGER, "import boto3"),
        (edge_imports, LEDGER, "from pynamodb.models import Model"),
        (edge_imports, LEDGER, "from starlette.requests import Request"),
        (edge_imports, LEDGER, "from chalice.app import Response"),
        (edge_imports, LEDGER, "import typer"),
        (edge_imports, PLATFORM, "import redis.asyncio"),
        (function_imports, ENTRY, "import boto3"),
        (function_imports, ENTRY, "from pynamodb.models import Model"),
        (environment_reads, ENTRY, "import os; os.environ['X']"),
        (environment_reads, ENTRY, "import os.path; os.environ.get('X')"),
        (environment_reads, LEDGER, "import os as o; o.getenv('X')"),
        (environment_reads, LEDGER, "from os import getenv as g"),
        (pauses_by_chance, LEDGER, "import random; random.uniform(0, 1)"),
        (pauses_by_chance, LEDGER, "from random import random as chance"),
        (codes_of_lost_races, LEDGER, "LOST = 'ConditionalCheckFailedException'"),
        (codes_of_lost_races, LEDGER, "LOST = ('TransactionCanceledException',)"),
        (error_statuses, LEDGER, "X = status >= 400"),
        (error_statuses, LEDGER, "FIRST_ERROR = 400; x = 300 <= status < FIRST_ERROR"),
        (modules_gone, LEDGER, "X = 1  # see quota/gone.py"),
        (modules_gone, LEDGER, "def f() -> None:\n    'As store.py of another folder.'"),
        (long_functions, LEDGER, "def f() -> None:" + "\n    pass" * (MAX_FUNCTION_LINES + 1)),
    ],
)
def test_each_rule_names_file_and_line_of_a_source_that_breaks_it(
    rule: Callable[[Source], list[str]], path: str, bad: str
) -> None:
    found = rule(Source(path, f'"""Doc."""\n{bad}\n'))
    assert found
    assert all(one.startswith((f"{path}:2: ", f"{path}:3: ")) for one in found)


@pytest.mark.parametrize(
    ("rule", "path", "good"),
    [
        (pure_imports, QUOTA, "from solaris.quota.reservation import Demand\nimport ostrich"),
        (pure_clock, QUOTA, "from datetime import datetime\ndef f(now: datetime): now.time()"),
        (package_order, KEYS, "from solaris.directory.directory import Directory"),
        (package_order, KEYS, "import solaris.keys.store\nfrom solaris import __version__"),
        (package_order, f"{SOLARIS}/app.py", "from solaris.accounts.parts import AccountsParts"),
        (own_parts, KEYS, "from solaris.keys.parts import KeysParts"),
        (edge_imports, f"{SOLARIS}/platform/aws/client.py", "import boto3"),
        (edge_imports, f"{SOLARIS}/accounts/commands.py", "import typer"),
        (edge_imports, f"{SOLARIS}/accounts/moving_commands.py", "import typer"),
        (edge_imports, f"{SOLARIS}/gateway/app.py", "from starlette.types import Scope"),
        (function_imports, ENTRY, "from solaris.app import process_parts\nimport chalice"),
        (environment_reads, SETTINGS, "import os\nos.environ['X']"),
        (environment_reads, ENTRY, "import os\nos.cpu_count()\nenviron = {}"),
        (pauses_by_chance, RETRY, "import random; random.uniform(0, 1)"),
        (pauses_by_chance, LEDGER, "import random; random.Random(7).uniform(0, 1)"),
        (codes_of_lost_races, CODES_AT, "LOST = 'ConditionalCheckFailedException'"),
        (codes_of_lost_races, LEDGER, "X = {'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}"),
        (error_statuses, ERRORS_AT, "X = status >= 400"),
        (error_statuses, LEDGER, "MAX_DAYS = 400; x = status in {400, 422} or days > MAX_DAYS"),
        (long_functions, LEDGER, "def f() -> None:" + "\n    pass" * MAX_FUNCTION_LINES),
    ],
)
def test_no_rule_objects_to_a_source_that_keeps_it(
    rule: Callable[[Source], list[str]], path: str, good: str
) -> None:
    assert rule(Source(path, good)) == []


def test_a_file_without_a_package_is_named() -> None:
    path = f"{SOLARIS}/nowhere/x.py"
    assert package_order(Source(path, "")) == [f"{path}:1: no package nowhere/ in ORDER"]


def test_an_entry_has_at_most_80_lines() -> None:
    assert too_long(Source(ENTRY, "\n" * 80)) == []
    assert too_long(Source(ENTRY, "\n" * 81)) == [f"{ENTRY}:81: at most 80 lines"]


def test_a_folder_outside_the_layout_is_named_once_and_files_are_free() -> None:
    tracked = ["README.md", "tests/x.py", ".ci/run", "scripts/a.py", "scripts/b.py"]
    assert stray_folders(tracked) == ["scripts/a.py:1: no top-level folder scripts/"]
