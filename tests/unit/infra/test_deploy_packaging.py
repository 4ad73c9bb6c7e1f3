"""Packages: the same input gives the same bytes, wherever and whenever it is packed."""

import ast
import os
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from infra.deploy import packaging
from infra.deploy.aws import this_architecture, this_python
from infra.deploy.errors import DeployError
from infra.deploy.packaging import LEFT_OUT, ROOT, Package, Packager, Target, table
from infra.deploy.pruning import AWS_SERVICES, is_needed
from infra.deploy.wheels import too_new_for
from infra.deploy.zips import Member, write_zip

HERE = Target(this_python(), this_architecture())


def project(root: Path) -> Path:
    """A repository of one layer and one function, with things that must not be packed."""
    solaris = root / "layers" / "shared" / "python" / "solaris"
    (solaris / "accounts").mkdir(parents=True)
    (solaris / "__pycache__").mkdir()
    (solaris / "__init__.py").write_text("WORDS = {'a', 'b', 'c', 'd', 'e'}\n")
    (solaris / "py.typed").touch()
    (solaris / "SETTINGS.md").write_text("# Settings\n")
    (solaris / "cli.py").write_text("import typer\n")
    (solaris / "accounts" / "commands.py").write_text("import typer\n")
    (solaris / "__pycache__" / "old.cpython-399.pyc").write_bytes(b"old")
    function = root / "functions" / "usage"
    function.mkdir(parents=True)
    (function / "app.py").write_text("def app() -> bool:\n    return 'a' in {'a', 'b', 'c', 'z'}\n")
    (function / "README.md").write_text("# What it serves\n")
    (function / "run.sh").write_text("#!/bin/sh\n")
    (function / "run.sh").chmod(0o755)
    (function / ".chalice").mkdir()
    (function / ".chalice" / "config.json").write_text("{}")
    (root / "functions" / "__pycache__").mkdir()
    return root


def build(root: Path, out: Path) -> list[Package]:
    return Packager(HERE, out, root=root, show=lambda _: None).build()


def hashes(packages: list[Package]) -> dict[str, str]:
    return {package.source: package.archive.sha256 for package in packages}


def names(package: Package) -> list[str]:
    with zipfile.ZipFile(package.path) as archive:
        return archive.namelist()


def test_two_checkouts_of_other_times_and_places_give_equal_bytes(tmp_path: Path) -> None:
    first = project(tmp_path / "first")
    second = project(tmp_path / "a second one")
    for path in second.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    one, other = build(first, tmp_path / "out 1"), build(second, tmp_path / "out 2")
    assert hashes(one) == hashes(other)
    assert [p.path.read_bytes() for p in one] == [p.path.read_bytes() for p in other]


def test_only_what_runs_is_packed_with_its_bytecode(tmp_path: Path) -> None:
    shared, usage = build(project(tmp_path / "root"), tmp_path / "out")
    tag = f"cpython-{this_python().replace('.', '')}"
    assert (shared.source, usage.source) == ("layers/shared", "functions/usage")
    assert names(shared) == [
        "python/solaris/__init__.py",
        f"python/solaris/__pycache__/__init__.{tag}.pyc",
    ]
    assert names(usage) == [f"__pycache__/app.{tag}.pyc", "app.py", "run.sh"]
    with zipfile.ZipFile(usage.path) as archive:
        modes = {one.filename: one.external_attr >> 16 for one in archive.infolist()}
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert stat.S_IMODE(modes["run.sh"]) == 0o755
    assert stat.S_IMODE(modes["app.py"]) == 0o644


def test_nothing_that_is_packed_imports_what_is_left_out() -> None:
    layer = ROOT / "layers" / "shared" / "python"
    names = [PurePosixPath(path.relative_to(layer)) for path in layer.rglob("*.py")]
    left_out = [one for one in names if any(one.match(pattern) for pattern in LEFT_OUT)]
    gone = {".".join(one.with_suffix("").parts) for one in left_out}
    packed = [layer / one for one in names if one not in left_out]
    packed += ROOT.glob("functions/*/*.py")
    imports = {
        str(path.relative_to(ROOT)): gone & modules_imported(path.read_text(encoding="utf-8"))
        for path in packed
    }
    assert {path: found for path, found in imports.items() if found} == {}


def modules_imported(source: str) -> set[str]:
    """Dotted modules that a source imports, at any depth; names of a package count as modules."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found


def test_bytecode_is_used_whatever_the_times_of_its_source(tmp_path: Path) -> None:
    usage = build(project(tmp_path / "root"), tmp_path / "out")[1]
    with zipfile.ZipFile(usage.path) as archive:
        compiled = archive.read(archive.namelist()[0])
    # PEP 552: flags 1 say "by hash, and the hash is not checked"
    assert int.from_bytes(compiled[4:8], "little") == 1


def test_without_an_interpreter_of_that_version_source_alone_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.deploy.bytecode.find_interpreter", lambda _: None)
    said: list[str] = []
    packager = Packager(HERE, tmp_path / "out", root=project(tmp_path / "root"), show=said.append)
    assert names(packager.build()[1]) == ["app.py", "run.sh"]
    assert len(said) == 1
    assert "without bytecode" in said[0]


def test_a_second_run_makes_nothing_and_a_change_only_what_changed(tmp_path: Path) -> None:
    root = project(tmp_path / "root")
    first = build(root, tmp_path / "out")
    second = build(root, tmp_path / "out")
    assert hashes(first) == hashes(second)
    assert [p.is_cached for p in first] == [False, False]
    assert [p.is_cached for p in second] == [True, True]
    (root / "functions" / "usage" / "app.py").write_text("app = None\n")
    third = build(root, tmp_path / "out")
    assert [p.is_cached for p in third] == [True, False]
    assert third[1].archive.sha256 != first[1].archive.sha256


def test_a_damaged_zip_is_made_anew(tmp_path: Path) -> None:
    root = project(tmp_path / "root")
    first = build(root, tmp_path / "out")
    first[1].path.write_bytes(b"half a zip")
    again = build(root, tmp_path / "out")
    assert not again[1].is_cached
    assert hashes(again) == hashes(first)


def test_another_target_is_another_package(tmp_path: Path) -> None:
    root = project(tmp_path / "root")
    build(root, tmp_path / "out")
    other = "x86_64" if HERE.architecture == "arm64" else "arm64"
    packager = Packager(
        Target(HERE.python, other), tmp_path / "out", root=root, show=lambda _: None
    )
    assert not any(package.is_cached for package in packager.build())


def test_more_than_lambda_unpacks_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaging, "MAX_UNZIPPED_BYTES", 100)
    with pytest.raises(DeployError, match=r"^layers/shared: \d+ MB unzipped with all layers"):
        build(project(tmp_path / "root"), tmp_path / "out")


def test_the_table_has_a_line_for_each_package(tmp_path: Path) -> None:
    packages = build(project(tmp_path / "root"), tmp_path / "out")
    lines = table(packages).splitlines()
    assert len(lines) == 1 + len(packages)
    assert lines[1].split()[:2] == ["layers/shared", "2"]
    assert packages[0].archive.sha256[:12] in lines[1]


def test_a_zip_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "one.zip"
    source = tmp_path / "file"
    source.write_text("text")
    before = write_zip(path, [Member("file", source)])
    with pytest.raises(FileNotFoundError):
        write_zip(path, [Member("file", source), Member("gone", tmp_path / "gone")])
    assert write_zip(tmp_path / "two.zip", [Member("file", source)]) == before
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["file"]


@pytest.mark.parametrize(
    "path",
    [
        "six.py",
        "_cffi_backend.cpython-313-aarch64-linux-gnu.so",
        "botocore/data/endpoints.json",
        "botocore/data/sqs/2012-11-05/service-2.json.gz",
        "botocore/session.py",
        "chalice/app.py",
        "aiohttp-3.14.5.dist-info/METADATA",
        "jinja2/tests.py",
        "certifi/cacert.pem",
    ],
)
def test_what_runs_is_kept(path: str) -> None:
    assert is_needed(PurePosixPath(path))


@pytest.mark.parametrize(
    "path",
    [
        ".lock",
        "bin/uvicorn",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "boto3/data/ec2/2016-11-15/resources-1.json",
        "chalice/cli/factory.py",
        "chalice/deploy/deployer.py",
        "aiohttp-3.14.5.dist-info/RECORD",
        "aiohttp-3.14.5.dist-info/direct_url.json",
        "aiohttp-3.14.5.dist-info/INSTALLER",
        "aiohttp/_http_parser.pyx",
        "orjson/__init__.pyi",
        "pydantic/py.typed",
        "certifi/tests/test_certifi.py",
    ],
)
def test_what_does_not_run_is_left_out(path: str) -> None:
    assert not is_needed(PurePosixPath(path))


def test_every_aws_service_that_the_code_calls_is_kept() -> None:
    called = set()
    for path in (ROOT / "layers" / "shared" / "python").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for call in ("boto_client(", "boto3.client("):
            called |= {
                part.lstrip().split(",")[0].strip().strip("\"'")
                for part in text.split(call)[1:]
                if part.lstrip().startswith(("'", '"'))
            }
    assert {"dynamodb", "sqs", "s3", "ses"} <= called
    assert called <= AWS_SERVICES


def test_only_wheels_for_a_newer_c_library_are_named(tmp_path: Path) -> None:
    for name, tags in {
        "new-1.0": ["cp311-abi3-manylinux_2_28_x86_64"],
        "both-1.0": ["cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_28_x86_64"],
        "old-1.0": ["cp310-abi3-manylinux_2_26_x86_64"],
        "legacy-1.0": ["cp311-cp311-manylinux2014_x86_64"],
        "pure-1.0": ["py3-none-any"],
    }.items():
        folder = tmp_path / f"{name}.dist-info"
        folder.mkdir()
        (folder / "WHEEL").write_text("".join(f"Tag: {tag}\n" for tag in tags))
    assert too_new_for("3.11", tmp_path) == ["new-1.0"]
    assert too_new_for("3.13", tmp_path) == []


def test_a_folder_without_source_or_requirements_is_no_layer(tmp_path: Path) -> None:
    root = project(tmp_path / "root")
    (root / "layers" / "empty").mkdir()
    assert [p.source for p in build(root, tmp_path / "out")] == ["layers/shared", "functions/usage"]
    shutil.rmtree(root / "layers" / "shared")
    assert [p.source for p in build(root, tmp_path / "out")] == ["functions/usage"]
