"""template.yaml for the contract tests: as it is written, and as SAM transforms it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.deploy.template import read_template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
CLOUD = ROOT / ".venv" / "cloud" / "bin"
TRANSFORM_SECONDS = 120
FUNCTION = "AWS::Serverless::Function"

# Runs in .venv/cloud, where the translator is: template as JSON in, CloudFormation as JSON out.
_TRANSFORM = """
import json, sys
from samtranslator.translator.transform import transform
class NoManagedPolicies:
    def load(self):
        return {}
print(json.dumps(transform(json.load(sys.stdin), {}, NoManagedPolicies())))
"""

Resource = Mapping[str, Any]


@cache
def document() -> dict[str, Any]:
    """The template as it is written, intrinsics in their long form."""
    return read_template(TEMPLATE).document


def resources(kind: str) -> dict[str, Resource]:
    """Resources of one type by logical name."""
    return {name: one for name, one in document()["Resources"].items() if one["Type"] == kind}


def functions() -> dict[str, Resource]:
    """Properties of each function by the last part of its name (`record-usage`), with Globals."""
    found: dict[str, Resource] = {}
    for one in resources(FUNCTION).values():
        properties = one["Properties"]
        shared = document()["Globals"]["Function"]
        variables = {
            **shared["Environment"]["Variables"],
            **properties.get("Environment", {}).get("Variables", {}),
        }
        name = properties["FunctionName"]["Fn::Sub"].removeprefix("solaris-${Stage}-")
        found[name] = {**shared, **properties, "Environment": variables}
    return found


@cache
def transformed(**values: str) -> dict[str, Any]:
    """What CloudFormation makes of the template, sent with these parameters.

    Skips where the translator is not installed.
    """
    if not (CLOUD / "python").exists():
        pytest.skip("aws-sam-translator is missing (make .venv/cloud/.installed)")
    source = read_template(TEMPLATE)
    folders = {
        one["Properties"][key]
        for one in source.document["Resources"].values()
        for key in ("CodeUri", "ContentUri")
        if key in one.get("Properties", {})
    }
    located = source.located(dict.fromkeys(folders, "s3://bucket/key.zip")).stamped(values)
    answer = subprocess.run(
        [str(CLOUD / "python"), "-c", _TRANSFORM],
        input=located.to_json(),
        capture_output=True,
        timeout=TRANSFORM_SECONDS,
        env={"AWS_DEFAULT_REGION": "us-east-1", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert answer.returncode == 0, answer.stderr.decode()[-2000:]
    made: dict[str, Any] = json.loads(answer.stdout)
    return made


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep, keys of objects left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
