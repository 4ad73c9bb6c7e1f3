"""LiteLLM in an environment of its own, for tests and benches."""

from pathlib import Path

from infra.local.functions import ROOT
from tests.e2e.python_environments import python_environment

LOCK = ROOT / "tests" / "e2e" / "litellm.lock"


def litellm_environment() -> Path:
    """Install LiteLLM once per lock file; kept between runs in build/."""
    return python_environment(LOCK).parent.parent
