"""template.yaml as CloudFormation gets it: JSON, with S3 locations in place of local folders."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.deploy.errors import DeployError

# What CloudFormation reads from S3 at most.
MAX_TEMPLATE_BYTES = 1_000_000
# Properties that name a folder of this repository.
_CODE = frozenset({"CodeUri", "ContentUri"})
_SCHEMES = ("s3://", "https://")
_API = "AWS::Serverless::Api"
_IN_TEXT = re.compile(r"\$\{([A-Za-z0-9]+)")
_SHOWN_CHARACTERS = 16


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms; dates and `on`/`yes` stay the strings they are."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if first not in "oOyYnN"
} | {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith(":null")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if first in "nN"
}


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix in {"Ref", "Condition"}:
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template; `document` is plain data, long forms of intrinsics throughout."""

    document: dict[str, Any]

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """Declared parameters by name."""
        declared: dict[str, dict[str, Any]] = self.document.get("Parameters", {})
        return declared

    def located(self, locations: Mapping[str, str]) -> "Template":
        """The same template with each local folder (`functions/usage`) replaced by its s3:// URL.

        Raises DeployError for a folder that nothing was packaged for.
        """
        return Template(_replace(self.document, locations))

    def stamped(self, values: Mapping[str, str]) -> "Template":
        """The same template with the effective parameters of each API's definition in its text.

        SAM names an API's deployment by the definition as it is written, before parameters are put
        in: a stage would keep serving the old one when only a parameter changes.
        """
        resources = dict(self.document["Resources"])
        for name, one in resources.items():
            body = one.get("Properties", {}).get("DefinitionBody")
            if one["Type"] != _API or body is None:
                continue
            used = sorted(self.parameters_of(body))
            text = json.dumps({parameter: values.get(parameter, "") for parameter in used})
            stamp = hashlib.sha256(text.encode()).hexdigest()[:_SHOWN_CHARACTERS]
            info = body.get("info", {}) | {"description": f"parameters {stamp}"}
            properties = one["Properties"] | {"DefinitionBody": body | {"info": info}}
            resources[name] = one | {"Properties": properties}
        return Template(self.document | {"Resources": resources})

    def parameters_of(self, part: Any) -> set[str]:
        """The parameters that a part of the template depends on, through conditions as well."""
        conditions = self.document.get("Conditions", {})
        found: set[str] = set()
        waiting, seen = set(_names_in(part)), set()
        while waiting:
            name = waiting.pop()
            seen.add(name)
            if name in self.parameters:
                found.add(name)
            if name in conditions:
                waiting |= set(_names_in(conditions[name])) - seen
        return found

    def to_json(self) -> bytes:
        """As CloudFormation gets it; raises DeployError when it is too large."""
        data = json.dumps(self.document, ensure_ascii=False, separators=(",", ":")).encode()
        if len(data) > MAX_TEMPLATE_BYTES:
            msg = f"template.yaml: {len(data)} bytes, CloudFormation takes {MAX_TEMPLATE_BYTES}"
            raise DeployError(msg)
        return data


def read_template(path: Path) -> Template:
    """Parse template.yaml; raises DeployError naming file and line."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise DeployError(msg) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        msg = f"{path}{where}: {getattr(error, 'problem', None) or 'is no YAML'}"
        raise DeployError(msg) from error
    if not isinstance(document, dict) or "Resources" not in document:
        msg = f"{path}: is no CloudFormation template"
        raise DeployError(msg)
    return Template(document)


def key_of(data: bytes) -> str:
    """The key under which a template is stored: by its hash."""
    return f"{hashlib.sha256(data).hexdigest()}.template"


def _names_in(value: Any) -> Iterator[str]:
    """What is referred to by name: parameters, conditions and resources alike."""
    if isinstance(value, list):
        for one in value:
            yield from _names_in(one)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in {"Ref", "Condition"} and isinstance(inner, str):
            yield inner
        elif key == "Fn::If":
            yield inner[0]
            yield from _names_in(inner[1:])
        elif key == "Fn::Sub":
            yield from _IN_TEXT.findall(inner if isinstance(inner, str) else inner[0])
            yield from _names_in(inner)
        else:
            yield from _names_in(inner)


def _replace(value: Any, locations: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_replace(one, locations) for one in value]
    if not isinstance(value, dict):
        return value
    replaced = {}
    for key, inner in value.items():
        if key in _CODE and isinstance(inner, str) and not inner.startswith(_SCHEMES):
            folder = inner.removeprefix("./").rstrip("/")
            if folder not in locations:
                msg = f"template.yaml: {key}: {inner} is no folder that is packaged"
                raise DeployError(msg)
            replaced[key] = locations[folder]
        else:
            replaced[key] = _replace(inner, locations)
    return replaced
