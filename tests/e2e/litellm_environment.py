"""LiteLLM in an environment of its own, for tests and benches."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.run.programs import ROOT
from tests.e2e.local_system import clean_environment
from tests.e2e.programs import answers, program
from tests.e2e.python_environments import python_environment
from tests.ports import lasting_port

LOCK = ROOT / "tests" / "e2e" / "litellm.lock"


def litellm_environment() -> Path:
    """Install LiteLLM once per lock file; kept between runs in build/."""
    return python_environment(LOCK).parent.parent


@contextmanager
def litellm_proxy(configuration: str, key: str, folder: Path) -> Iterator[str]:
    """A proxy with that YAML as its configuration and `key` as its master key; its root URL.

    `folder` gets the configuration and the log.
    """
    binaries = litellm_environment() / "bin"
    (folder / "litellm.yaml").write_text(configuration, encoding="utf-8")
    url = f"http://127.0.0.1:{(port := lasting_port())}"
    command = [str(binaries / "litellm"), "--config", "litellm.yaml", "--host", "127.0.0.1"]
    with program(
        [*command, "--port", str(port)],
        answers(f"{url}/health/liveliness"),
        log=folder / "litellm.log",
        folder=folder,
        environment=clean_environment(
            LITELLM_MASTER_KEY=key,
            LITELLM_LOCAL_MODEL_COST_MAP="True",
            LITELLM_TELEMETRY="False",
            NO_PROXY="*",
            PATH=f"{binaries}{os.pathsep}{os.environ['PATH']}",
        ),
    ):
        yield url
