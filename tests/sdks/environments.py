"""The SDKs, each in the environment that its lock describes, and a run of one program of them.

A program of tests/sdks/programs takes a call as JSON on its standard input and writes what came of
it, as JSON, on its standard output: see `Call` and `Came`.
"""

import json
import subprocess
from dataclasses import asdict, dataclass
from typing import Any

from tests.e2e.local_system import ROOT, clean_environment
from tests.e2e.node_programs import installed, newer_node
from tests.e2e.python_environments import python_environment

HERE = ROOT / "tests" / "sdks"
PROGRAMS = HERE / "programs"
RUN_SECONDS = 400  # the first import of a framework on a busy machine


@dataclass(frozen=True)
class Call:
    """What a program is to do: `kind` is chat, stream, tool or structured.

    `url` is the gateway's root; `api` is one of the program's own names for what it speaks.
    """

    kind: str
    url: str
    key: str
    email: str
    model: str
    text: str
    api: str


@dataclass(frozen=True)
class Came:
    """What an SDK made of it. Tokens are those that it states, summed over its requests.

    `error` is the text that it raised and `status` the HTTP status in it; `pieces` counts the
    parts of a streamed text.
    """

    text: str = ""
    pieces: int = 0
    tokens: int | None = None
    arguments: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    error: str | None = None
    status: int | None = None


@dataclass(frozen=True)
class Sdk:
    """A program, the lock of its environment, and the API it is to speak there.

    `hides_usage_of_data`: it drops the usage of an answer that it makes data of.
    `more_in_streams`: tokens that it states for a stream beyond what the API said.
    """

    program: str
    lock: str
    api: str = ""
    hides_usage_of_data: bool = False
    more_in_streams: int = 0

    def run(self, call: dict[str, Any]) -> Came:
        """Run it; the test fails if the program does."""
        done = subprocess.run(
            self._command(),
            input=json.dumps(asdict(Call(**call, api=self.api))),
            env=clean_environment(LITELLM_LOCAL_MODEL_COST_MAP="True", DO_NOT_TRACK="1"),
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return Came(**json.loads(done.stdout.splitlines()[-1]))

    def _command(self) -> list[str]:
        if self.program.endswith(".mjs"):
            packages = installed(HERE / "node")
            return [newer_node(), str(packages.with_programs(PROGRAMS) / self.program)]
        python = python_environment(HERE / self.lock)
        return [str(python), str(PROGRAMS / self.program)]
