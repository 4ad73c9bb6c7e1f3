"""The real packages for this machine: every function starts from its zips, and from nothing else.

Wheels come from the package registry (or uv's cache).
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.deploy.aws import this_architecture, this_python
from infra.deploy.packaging import MEGABYTE, ROOT, Package, Packager, Target

START_SECONDS = 60
# Handlers as template.yaml names them; the proxy alone has the third layer.
HANDLERS = {
    "admin": ("app", "app", "signed_in", "keep_directory", "run_exports"),
    "alerts": ("app", "send_alert", "deliver_to_channels", "record_mail_event"),
    "health": ("app", "app"),
    "proxy": ("buffered", "handler"),
    "quota": ("app", "app"),
    "reset": ("app", "open_period", "sweep_reservations", "reconcile_books"),
    "usage": ("app", "record_usage"),
}
_PROGRAM = """
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
module = importlib.import_module(sys.argv[2])
handlers = [callable(getattr(module, name)) for name in sys.argv[3:]]
files = [getattr(one, "__file__", None) for one in list(sys.modules.values())]
cached = [getattr(one, "__cached__", None) for one in (module, sys.modules["solaris.app"])]
print(json.dumps({"handlers": handlers, "files": [f for f in files if f], "cached": cached}))
"""


@pytest.fixture(scope="module")
def packages() -> dict[str, Package]:
    """Those of `make deploy` to an emulator: made once for all tests, and again on a change."""
    packager = Packager(Target(this_python(), this_architecture()), ROOT / "build", show=print)
    return {one.source: one for one in packager.build()}


@pytest.fixture(scope="module")
def opt(packages: dict[str, Package], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Lambda unpacks: one folder for each package."""
    folder = tmp_path_factory.mktemp("unpacked")
    for package in packages.values():
        with zipfile.ZipFile(package.path) as archive:
            archive.extractall(folder / package.source)
    return folder


def start(opt: Path, function: str) -> dict[str, list[Any]]:
    """Import a function as Lambda does: its own folder, its layers, the standard library."""
    layers = ["shared", "dependencies", *(["proxy"] if function == "proxy" else [])]
    path = [str(opt / "functions" / function), *(str(opt / f"layers/{n}/python") for n in layers)]
    # -I -S: no site-packages, no PYTHON… variables, not the current folder
    command = [sys.executable, "-I", "-S", "-B", "-c", _PROGRAM, json.dumps(path)]
    done = subprocess.run(
        [*command, *HANDLERS[function]],
        env={
            "PATH": os.environ["PATH"],
            "SOLARIS_STAGE": "dev",
            "SOLARIS_DATA_DIR": str(opt / "data"),
            "SECRET_KEY": "integration-tests-only-0123456789",
            "LITELLM_BASE_URL": "http://127.0.0.1:9/v1",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_LAMBDA_FUNCTION_NAME": f"solaris-dev-{function}",
        },
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, list[Any]] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("function", sorted(HANDLERS))
def test_a_function_starts_from_its_zips_alone(opt: Path, function: str) -> None:
    found = start(opt, function)
    assert found["handlers"] == [True] * (len(HANDLERS[function]) - 1)
    standard = (sys.base_prefix, "<frozen")
    strangers = [f for f in found["files"] if not f.startswith((str(opt), *standard))]
    assert strangers == []
    assert all(Path(cached).is_file() for cached in found["cached"]), "its bytecode is packed"


def test_every_function_is_started_here(packages: dict[str, Package]) -> None:
    functions = {source.removeprefix("functions/") for source in packages if "functions/" in source}
    assert functions == set(HANDLERS)


def test_the_layers_stay_small(packages: dict[str, Package]) -> None:
    sizes = {
        source: (one.archive.zip_bytes / MEGABYTE, one.archive.unzipped_bytes / MEGABYTE)
        for source, one in packages.items()
    }
    # our own code and its bytecode; what grows it fast is no code of ours
    assert sizes["layers/shared"] < (3, 7)
    assert sizes["layers/dependencies"][0] < 30
    assert sizes["layers/dependencies"][1] < 85
    assert sum(unzipped for _, unzipped in sizes.values()) < 200


def test_nothing_in_a_zip_tells_where_or_when_it_was_made(packages: dict[str, Package]) -> None:
    told = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", ".lock"}
    for package in packages.values():
        with zipfile.ZipFile(package.path) as archive:
            names = archive.namelist()
            assert names == sorted(names)
            assert not told & {name.rsplit("/", 1)[-1] for name in names}
            assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
