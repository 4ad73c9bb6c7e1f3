"""The house rules that a machine can hold: imports go one way, files stay small.

Each rule is a function from one parsed file to its violations, written `path:line: why`. The
tests at the end feed each rule a tiny source that breaks it, so that no rule holds by accident.
"""

import ast
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = "layers/shared/python/"
SETTINGS = SHARED + "solaris/settings.py"
# The command line takes over run.env of the running system before settings are read.
ENVIRONMENT_FILES = {SETTINGS, SHARED + "solaris/cli/environment.py"}
TOP_LEVEL_FOLDERS = {"functions", "layers", "admin_site", "infra", "tests", ".ci"}
GENERATED = {"__pycache__", "node_modules", "vendor", "build", "dist"}
MAX_FILE_LINES = 399
MAX_APP_LINES = 80

DOMAIN_FORBIDS = (
    *("boto3", "botocore", "pynamodb", "httpx", "aiohttp", "redis", "os", "starlette", "chalice"),
    *("solaris", "functions"),
)
SERVICES_ALLOW = tuple(
    f"solaris.{name}"
    for name in (
        *("services", "domain", "storage", "upstream", "gateway", "mail", "cache"),
        *("errors", "http", "settings", "observability", "metrics", "texts"),
    )
)
FUNCTIONS_ALLOW = tuple(
    f"solaris.{name}"
    for name in (
        *("api", "services", "wiring", "http", "rest", "errors", "observability", "settings"),
        "lambda_asgi",
    )
)
API_FORBIDS = (
    *("boto3", "botocore", "pynamodb", "redis", "aiohttp", "httpx", "starlette", "chalice"),
    *("solaris", "functions", "infra"),
)
API_ALLOW = tuple(
    f"solaris.{name}"
    for name in (
        "api",
        "services",
        "domain",
        "http",
        "errors",
        "texts",
        "settings",
        "observability",
        "trusted_proxies",
    )
)
# The one place that gives operations to Chalice.
MOUNTING = SHARED + "solaris/api/mounting.py"
ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.getenvb")
CLOCK = (
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
    *("datetime.date.today", "time.time", "time.time_ns", "time.monotonic", "time.perf_counter"),
    *("time.localtime", "time.gmtime", "time.monotonic_ns", "time.perf_counter_ns"),
)


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

    @cached_property
    def typing_lines(self) -> set[int]:
        """Return the lines of `if TYPE_CHECKING:` blocks: nothing is imported there in fact."""
        found: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                found.update(range(node.body[0].lineno, (node.body[-1].end_lineno or 0) + 1))
        return found

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


def domain_imports(source: Source) -> list[str]:
    return imports_of(source, DOMAIN_FORBIDS, ("solaris.domain",))


def domain_clock(source: Source) -> list[str]:
    return uses_of(source, CLOCK, "the domain has no clock: pass the time in")


def adapter_imports(source: Source) -> list[str]:
    return imports_of(source, ("solaris.services", "functions"), ())


def service_imports(source: Source) -> list[str]:
    return imports_of(source, ("solaris", "functions", "chalice", "starlette"), SERVICES_ALLOW)


def api_imports(source: Source) -> list[str]:
    """Wiring is for types alone: a handler is given its parts."""
    allowed = (*API_ALLOW, "chalice") if source.path == MOUNTING else API_ALLOW
    bad = [
        (line, name)
        for line, name in source.imports
        if under(name, API_FORBIDS)
        and not under(name, allowed)
        and not (line in source.typing_lines and under(name, ("solaris.wiring",)))
    ]
    return [f"{source.path}:{line}: must not import {name}" for line, name in sorted(set(bad))]


def function_imports(source: Source) -> list[str]:
    forbidden = ("boto3", "botocore", "pynamodb", "solaris")
    return imports_of(source, forbidden, FUNCTIONS_ALLOW)


def environment_reads(source: Source) -> list[str]:
    if source.path in ENVIRONMENT_FILES:
        return []
    return uses_of(source, ENVIRONMENT, "only settings.py reads the environment")


def too_long(source: Source) -> list[str]:
    name = Path(source.path)
    is_entry = source.path.startswith("functions/") and name.name == "app.py"
    limit = MAX_APP_LINES if is_entry else MAX_FILE_LINES
    lines = len(source.text.splitlines())
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


SOLARIS = SHARED + "solaris"
DOMAIN_FILES = paths_in(f"{SOLARIS}/domain")


def test_the_domain_is_where_these_rules_look_for_it() -> None:
    assert f"{SOLARIS}/domain/quota.py" in DOMAIN_FILES
    assert len(DOMAIN_FILES) >= 9


@pytest.mark.parametrize("path", DOMAIN_FILES)
def test_the_domain_imports_nothing_but_itself_and_pure_libraries(path: str) -> None:
    check(domain_imports, path)


@pytest.mark.parametrize("path", DOMAIN_FILES)
def test_the_domain_reads_no_clock(path: str) -> None:
    check(domain_clock, path)


ADAPTERS = tuple(f"{SOLARIS}/{name}" for name in ("storage", "upstream", "gateway"))


@pytest.mark.parametrize("path", paths_in(*ADAPTERS))
def test_storage_and_upstream_know_no_service_and_no_function(path: str) -> None:
    check(adapter_imports, path)


@pytest.mark.parametrize("path", paths_in(f"{SOLARIS}/mail"))
def test_mail_knows_no_service_and_no_function(path: str) -> None:
    check(adapter_imports, path)


@pytest.mark.parametrize("path", paths_in(f"{SOLARIS}/services"))
def test_services_import_only_what_lies_below_them(path: str) -> None:
    check(service_imports, path)


@pytest.mark.parametrize("path", paths_in(f"{SOLARIS}/api"))
def test_the_api_imports_services_and_what_lies_below_them(path: str) -> None:
    check(api_imports, path)


@pytest.mark.parametrize("path", paths_in("functions"))
def test_functions_import_services_and_the_edge_only(path: str) -> None:
    check(function_imports, path)


@pytest.mark.parametrize("path", paths_in("functions", "layers"))
def test_nothing_but_settings_reads_the_environment(path: str) -> None:
    check(environment_reads, path)


@pytest.mark.parametrize("path", paths_in("functions", "layers", "infra", "tests"))
def test_no_file_is_longer_than_its_limit(path: str) -> None:
    check(too_long, path)


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


DOMAIN = f"{SOLARIS}/domain/x.py"
STORAGE = f"{SOLARIS}/storage/x.py"
SERVICE = f"{SOLARIS}/services/x.py"
API = f"{SOLARIS}/api/routes/x.py"
ENTRY = "functions/proxy/app.py"


@pytest.mark.parametrize(
    ("rule", "path", "bad"),
    [
        *((domain_imports, DOMAIN, f"import {name}") for name in DOMAIN_FORBIDS),
        (domain_imports, DOMAIN, "from solaris import settings"),
        (domain_imports, DOMAIN, "from solaris.services.metering import reserve"),
        (domain_imports, DOMAIN, "from ..storage import users"),
        (domain_imports, DOMAIN, "from os import environ"),
        (domain_imports, DOMAIN, "import os.path as p"),
        (domain_imports, DOMAIN, "def f() -> None: import httpx"),
        (domain_clock, DOMAIN, "from datetime import datetime as d; d.now()"),
        (domain_clock, DOMAIN, "import datetime; datetime.datetime.utcnow()"),
        (domain_clock, DOMAIN, "from datetime import date; date.today()"),
        (domain_clock, DOMAIN, "import time as t; t.time()"),
        (domain_clock, DOMAIN, "from time import time"),
        (adapter_imports, STORAGE, "from solaris.services import metering"),
        (adapter_imports, STORAGE, "from solaris import services"),
        (adapter_imports, STORAGE, "import functions.proxy.app"),
        (service_imports, SERVICE, "from solaris.wiring import build"),
        (service_imports, SERVICE, "import solaris.rest"),
        (service_imports, SERVICE, "from solaris.cli import main"),
        (service_imports, SERVICE, "from starlette.requests import Request"),
        (service_imports, SERVICE, "import chalice"),
        (service_imports, SERVICE, "from functions.proxy import app"),
        (service_imports, SERVICE, "from solaris.api.operations import Call"),
        (api_imports, API, "from solaris.wiring import wiring"),
        (api_imports, API, "from solaris.storage.users import UserStore"),
        (api_imports, API, "from solaris.cache import Cache"),
        (api_imports, API, "import boto3"),
        (api_imports, API, "from chalice.app import Response"),
        (api_imports, API, "from infra.local import functions"),
        (api_imports, MOUNTING, "from solaris.wiring import wiring"),
        (function_imports, ENTRY, "import boto3"),
        (function_imports, ENTRY, "from pynamodb.models import Model"),
        (function_imports, ENTRY, "from solaris.domain.quota import Quota"),
        (function_imports, ENTRY, "from solaris import storage"),
        (function_imports, ENTRY, "import solaris.upstream.client"),
        (environment_reads, ENTRY, "import os; os.environ['X']"),
        (environment_reads, ENTRY, "import os.path; os.environ.get('X')"),
        (environment_reads, SERVICE, "import os as o; o.getenv('X')"),
        (environment_reads, SERVICE, "from os import getenv as g"),
        (environment_reads, f"{SOLARIS}/mail/settings.py", "from os import environ"),
    ],
)
def test_each_rule_names_file_and_line_of_a_source_that_breaks_it(
    rule: Callable[[Source], list[str]], path: str, bad: str
) -> None:
    found = rule(Source(path, f'"""Doc."""\n{bad}\n'))
    assert found
    assert all(one.startswith(f"{path}:2: ") for one in found)


@pytest.mark.parametrize(
    ("rule", "path", "good"),
    [
        (domain_imports, DOMAIN, "from solaris.domain.quota import Quota\nimport ostrich"),
        (service_imports, SERVICE, "import solaris.domain.quota"),
        (domain_clock, DOMAIN, "from datetime import datetime\ndef f(now: datetime): now.time()"),
        (adapter_imports, STORAGE, "from solaris.domain import quota\nimport pynamodb"),
        (service_imports, SERVICE, "from solaris.storage import users\nimport structlog"),
        (api_imports, API, "from solaris.services import administration\nimport pydantic"),
        (api_imports, API, "if TYPE_CHECKING:\n    from solaris.wiring import Wiring"),
        (api_imports, MOUNTING, "from chalice.app import Response"),
        (function_imports, ENTRY, "from solaris.wiring import build\nimport chalice"),
        (function_imports, ENTRY, "from solaris.api.mounting import mount"),
        (environment_reads, SETTINGS, "import os\nos.environ['X']"),
        (environment_reads, ENTRY, "import os\nos.cpu_count()\nenviron = {}"),
    ],
)
def test_no_rule_objects_to_a_source_that_keeps_it(
    rule: Callable[[Source], list[str]], path: str, good: str
) -> None:
    assert rule(Source(path, good)) == []


def test_file_limits_are_80_lines_for_an_entry_and_399_for_the_rest() -> None:
    assert too_long(Source(ENTRY, "\n" * 80)) == []
    assert too_long(Source(ENTRY, "\n" * 81)) == [f"{ENTRY}:81: at most 80 lines"]
    assert too_long(Source(DOMAIN, "\n" * 399)) == []
    assert too_long(Source(DOMAIN, "\n" * 400)) == [f"{DOMAIN}:400: at most 399 lines"]


def test_a_folder_outside_the_layout_is_named_once_and_files_are_free() -> None:
    tracked = ["README.md", "tests/x.py", ".ci/run", "scripts/a.py", "scripts/b.py"]
    assert stray_folders(tracked) == ["scripts/a.py:1: no top-level folder scripts/"]
