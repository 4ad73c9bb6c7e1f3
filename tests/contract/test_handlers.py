"""Every handler that template.yaml names, imported from the layers that it names, no more."""

import json
import re
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.template_document import texts
from tests.lambda_layers import ENVIRONMENT, ROOT, Unpacked, unpacked_packages

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
IMPORT_SECONDS = 60
PROGRAM = "run.sh"

# Runs in the bare interpreter: sys.path holds the function's folder and its layers.
IMPORTS = """
import importlib, inspect, json, sys, time
sys.path[:0] = json.loads(sys.argv[1])
module, name = sys.argv[2:]
before = time.perf_counter()
found = getattr(importlib.import_module(module), name)
seconds = time.perf_counter() - before
if name != "served_on_lambda":
    inspect.signature(found.__call__).bind({}, None)
print(json.dumps({"ms": round(seconds * 1000), "callable": callable(found)}))
"""
# Every part of the system, so every library and every AWS service that any of them asks for.
BUILDS = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from functools import cached_property
from solaris.app import process_parts
parts = process_parts()
def made(of):
    kind = type(of)
    names = [n for n in dir(kind) if isinstance(getattr(kind, n), cached_property)]
    return [(n, getattr(of, n)) for n in names]
names = [n for _, package in (("platform", parts.platform), *made(parts)) for n, _ in made(package)]
from genai_prices import calc_price
import bpe_openai
print(json.dumps(names))
"""


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms as {"If": […]}."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {suffix: loader.construct_mapping(node, deep=True)}
    return {suffix: loader.construct_scalar(node)}  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _short_form)


@dataclass(frozen=True, slots=True)
class Handler:
    """One function of the template; `layers` are source folders."""

    function: str
    source: str
    name: str
    layers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.function}-{self.name}"


@cache
def handlers() -> list[Handler]:
    template = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    resources = template["Resources"]
    layers = {
        name: one["Properties"]["ContentUri"]
        for name, one in resources.items()
        if one["Type"] == LAYER
    }
    shared = template.get("Globals", {}).get("Function", {})
    found = []
    for name, one in resources.items():
        if one["Type"] == FUNCTION:
            properties = {**shared, **one["Properties"]}
            listed = [*shared.get("Layers", ()), *one["Properties"].get("Layers", ())]
            own = tuple(layers[text] for text in texts(listed) if text in layers)
            found += [
                Handler(name, properties["CodeUri"], handler, own)
                for handler in handlers_in(properties["Handler"])
            ]
    return found


def handlers_in(value: Any) -> list[str]:
    """A handler, or both of `!If [Condition, one, other]`."""
    return [value] if isinstance(value, str) else list(value["If"][1:])


@pytest.fixture(scope="module")
def packages() -> Unpacked:
    return unpacked_packages()


def run(packages: Unpacked, code: str, source: str, layers: tuple[str, ...], *more: str) -> Any:
    path = [packages.of(source), *(packages.of(layer) / "python" for layer in layers)]
    done = subprocess.run(
        [packages.interpreter, "-I", "-S", "-c", code, json.dumps([str(p) for p in path]), *more],
        env=dict(ENVIRONMENT),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=IMPORT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def pins(path: Path) -> dict[str, str]:
    """Versions by package of a lock file."""
    found = re.findall(r"^([a-z0-9-]+)==([^ \\]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(found)


@pytest.mark.parametrize("layer", ["dependencies", "proxy"])
def test_a_layer_is_locked_as_everything_else(layer: str) -> None:
    lock = ROOT / "layers" / layer / "requirements.txt"
    assert pins(lock).items() <= pins(ROOT / "requirements.lock").items()
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text, "an address ties it to one registry"
    assert text.count("--hash=sha256:") >= len(pins(lock))


def test_the_layers_hold_every_dependency_of_the_functions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[\[>=<]", one)[0] for one in project["dependencies"]}
    locked = {
        name
        for layer in ("dependencies", "proxy")
        for name in pins(ROOT / "layers" / layer / "requirements.txt")
    }
    assert wanted <= locked


def test_every_function_folder_has_a_handler() -> None:
    folders = {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert {Path(one.source).name for one in handlers()} == folders


@pytest.mark.parametrize("handler", handlers(), ids=str)
def test_a_handler_is_there_in_its_own_layers(
    handler: Handler, packages: Unpacked, capsys: pytest.CaptureFixture[str]
) -> None:
    target = handler.name
    if target == PROGRAM:
        program = packages.of(handler.source) / PROGRAM
        assert program.stat().st_mode & 0o111 == 0o111, "the Web Adapter executes it"
        served = re.search(r"uvicorn (\w+):(\w+)", program.read_text(encoding="utf-8"))
        assert served is not None
        target = ".".join(served.groups())
    module, _, name = target.rpartition(".")
    answer = run(packages, IMPORTS, handler.source, handler.layers, module, name)
    assert answer["callable"]
    with capsys.disabled():
        print(f"\n  {handler}: imported in {answer['ms']} ms")


def test_the_layers_hold_what_every_part_needs(packages: Unpacked) -> None:
    layers = ("layers/shared", "layers/dependencies", "layers/proxy")
    built = run(packages, BUILDS, "functions/admin", layers)
    assert {"app", "mail_sender", "jobs", "oidc", "directory"} <= set(built)
