"""Figures of how the packages hang together: `python -m infra.documents.import_figures`.

Prints modules, files a folder, the share of imports that stay in their package (those of the
platform aside, by it and from it: everybody stands on it), and how many modules of solaris each
function loads. tests/unit/test_import_figures.py holds what ARCHITECTURE.md promises of them.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOLARIS = ROOT / "layers" / "shared" / "python" / "solaris"
ROOTS = {"solaris": SOLARIS, "infra": ROOT / "infra"}
FUNCTIONS = ("proxy", "quota", "usage", "reset", "alerts", "admin", "health")
# What the functions need to be imported; they speak to nobody for it.
ENVIRONMENT = {
    "PYTHONPATH": f"{ROOT / 'layers' / 'shared' / 'python'}:{ROOT}",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "LITELLM_BASE_URL": "http://127.0.0.1:9/v1",
}
LOADED = """
import importlib, sys
importlib.import_module(sys.argv[1])
found = [sys.modules[name] for name in sys.modules if name.partition(".")[0] == "solaris"]
print(sum(not hasattr(module, "__path__") for module in found))
"""


@dataclass(frozen=True)
class Arrow:
    """One module of solaris imports another: their packages, as `quota`."""

    importer: str
    imported: str

    @property
    def is_inside(self) -> bool:
        """True when both are of one package."""
        return self.importer == self.imported


def circle(roots: Mapping[str, Path] = ROOTS) -> list[str]:
    """Modules that import each other in a ring, the first one again at the end; none: empty.

    Imports within functions and for types count as well.
    """
    files = {
        ".".join((name, *path.relative_to(root).with_suffix("").parts)): path
        for name, root in roots.items()
        for path in sorted(root.rglob("*.py"))
    }
    try:
        TopologicalSorter({name: _imported(files[name], files) for name in files}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _imported(path: Path, known: Mapping[str, Path]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{one.name}" for one in node.names} | {node.module}
    return found & known.keys()


def package_of(module: str) -> str:
    """The package of a dotted module: `solaris.quota.store` → `quota`; `app` at the top."""
    return module.split(".")[1] if "." in module else module


def arrows() -> Iterator[Arrow]:
    """Every import from one module of solaris to another, the platform's and from it aside."""
    for path in sorted(SOLARIS.rglob("*.py")):
        module = ".".join(("solaris", *path.relative_to(SOLARIS).with_suffix("").parts))
        importer = package_of(module)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(
                "solaris."
            ):
                continue
            arrow = Arrow(importer, package_of(node.module or ""))
            if "platform" not in (arrow.importer, arrow.imported):
                yield arrow


def share_inside() -> float:
    """The share of these imports, 0 to 1, that stay in their package."""
    found = [arrow.is_inside for arrow in arrows()]
    return sum(found) / len(found)


def files_by_folder() -> dict[str, int]:
    """How many modules each folder has, without `__init__.py`."""
    found: Counter[str] = Counter()
    for path in SOLARIS.rglob("*.py"):
        if path.name != "__init__.py":
            found[str(path.parent.relative_to(SOLARIS))] += 1
    return dict(found)


def loaded_modules(function: str) -> int:
    """How many modules of solaris `functions/<function>/app.py` loads, in a process of its own.

    The packages' own files do not count. Raises CalledProcessError when it cannot be imported.
    """
    done = subprocess.run(
        [sys.executable, "-c", LOADED, f"functions.{function}.app"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return int(done.stdout.split()[-1])


def main() -> None:
    """Print them."""
    folders = files_by_folder()
    largest = max(folders, key=lambda folder: folders[folder])
    print(f"modules of solaris: {sum(folders.values())} in {len(folders)} folders")
    print(f"largest folder: {largest}, {folders[largest]} files")
    print(f"imports that stay in their package: {share_inside():.0%} of {len(list(arrows()))}")
    for function in FUNCTIONS:
        print(f"{function} loads {loaded_modules(function)} modules")


if __name__ == "__main__":
    main()
