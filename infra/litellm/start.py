"""Start LiteLLM with the models of config.yaml whose variables are set.

`python start.py --host 0.0.0.0 --port 4000`: options go to `litellm` as they are. LiteLLM itself
lists a model without key and answers it with 500, which LibreChat tries six times. An empty
variable counts as unset (compose files pass empty ones). Needs only what LiteLLM brings, so that
it runs in LiteLLM's own image.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

CONFIG = Path(__file__).resolve().parent / "config.yaml"
REFERENCE = "os.environ/"
WRONG_CONFIGURATION = 2
DEFAULTS = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # prices from the package, not from the network
    "LITELLM_TELEMETRY": "False",
    "LITELLM_MODE": "PRODUCTION",  # reads no .env of its own
    "LITELLM_DONT_SHOW_FEEDBACK_BOX": "true",
    "DISABLE_ADMIN_UI": "True",
    "NO_DOCS": "True",
}


class ConfigurationError(Exception):
    """One line for the person who starts it; names the variable or file."""


def variables(value: object) -> Iterator[str]:
    """Yield the environment variables that a part of the configuration refers to."""
    if isinstance(value, dict):
        for one in value.values():
            yield from variables(one)
    elif isinstance(value, list):
        for one in value:
            yield from variables(one)
    elif isinstance(value, str) and value.startswith(REFERENCE):
        yield value.removeprefix(REFERENCE)


def offered(config: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration with the models that can be answered; ConfigurationError if none."""
    needed = {*variables([part for name, part in config.items() if name != "model_list"])}
    missing = sorted(name for name in needed if not environment.get(name))
    if missing:
        raise ConfigurationError(f"{missing[0]} is not set")
    models = [m for m in config["model_list"] if all(map(environment.get, variables(m)))]
    if not models:
        switches = dict.fromkeys(variables(config["model_list"]))
        raise ConfigurationError(f"no provider is configured: set one of {', '.join(switches)}")
    return {**config, "model_list": models}


def main() -> None:
    """Write what is offered to a file of its own and become `litellm`."""
    environment = DEFAULTS | {name: value for name, value in os.environ.items() if value}
    path = Path(os.environ.get("LITELLM_CONFIG") or CONFIG)
    try:
        config = offered(yaml.safe_load(path.read_text(encoding="utf-8")), environment)
    except (ConfigurationError, OSError, yaml.YAMLError) as error:
        sys.stderr.write(f"[litellm] {path.name}: {error}\n")
        raise SystemExit(WRONG_CONFIGURATION) from None
    written = Path(tempfile.mkdtemp(prefix="litellm-")) / "config.yaml"
    written.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    names = list(dict.fromkeys(model["model_name"] for model in config["model_list"]))
    sys.stderr.write(f"[litellm] models: {', '.join(names)}\n")
    environment["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
    )
    command = ["litellm", "--config", str(written), *sys.argv[1:]]
    os.execvpe(command[0], command, environment)  # noqa: S606 - no shell on purpose


if __name__ == "__main__":
    main()
