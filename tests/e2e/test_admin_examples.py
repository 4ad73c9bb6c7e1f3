"""The admin API's page: its examples, executed as they stand, and what they bring about."""

import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import httpx
import openpyxl
import pytest

from tests.e2e.local_system import ROOT, LocalSystem, running

pytestmark = pytest.mark.e2e

EMAIL, PASSWORD = "admin@example.com", "uma-senha-bem-comprida"
ANA = "ana@example.com"
DONE = "<<done>>"
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> list[str]:
    """The fenced bash blocks of the page, in order."""
    return BLOCK.findall((ROOT / "functions/admin/README.md").read_text("utf-8"))


class Shell:
    """One bash that runs block after block and stops at the first command that fails."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"} | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.run("set -euo pipefail")

    def run(self, block: str) -> str:
        """Run a block; returns what it printed."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{block}\necho\necho '{DONE}'\n")
        process.stdin.flush()
        lines: list[str] = []
        for line in process.stdout:  # ends with the process at the latest
            if line.rstrip("\n") == DONE:
                return "".join(lines)
            lines.append(line)
        raise AssertionError(f"this example fails:\n{block}\n{''.join(lines)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """A system as `make up` starts it, for somebody who types faster than anybody."""
    settings = {
        "ADMIN_EMAIL": EMAIL,
        "ADMIN_PASSWORD": PASSWORD,
        "ADMIN_RATE_LIMIT_PER_SECOND": "1000",
        "ADMIN_RATE_LIMIT_BURST": "1000",
    }
    with running(tmp_path_factory.mktemp("examples"), **settings) as started:
        yield started


def ask(system: LocalSystem, key: str | None = None) -> int:
    """Ask the gateway something as Ana; returns the status."""
    answer = httpx.post(
        f"{system.url}/v1/chat/completions",
        headers={"authorization": f"Bearer {key or system.printed_key}", "x-user-email": ANA},
        json={"model": "demo-tokens-300", "messages": [{"role": "user", "content": "Oi"}]},
        timeout=30,
    )
    return answer.status_code


def answers(printed: str) -> list[dict[str, Any]]:
    """The JSON objects that a block printed."""
    found, decoder, at = [], json.JSONDecoder(), 0
    while (at := printed.find("{", at)) >= 0:
        value, at = decoder.raw_decode(printed, at)
        found.append(value)
    return found


def test_the_examples_do_what_they_say(system: LocalSystem, tmp_path: Path) -> None:
    blocks = examples()
    variables = {"BASE": system.url, "ADMIN_EMAIL": EMAIL, "ADMIN_PASSWORD": PASSWORD}
    sign_in, create, suspend, activate, figures, export, keys, programs, alerts, leave = blocks
    with Shell(tmp_path, **variables) as shell:
        shell.run(sign_in)
        (me,) = answers(shell.run('api "$BASE/api/auth/me"'))
        assert (me["email"], me["role"]) == (EMAIL, "admin")

        listed, granted = answers(shell.run(create))
        assert listed["items"] is not None
        assert granted["additionalTokens"] == 50_000
        assert system.user(ANA)["additionalTokens"] == 50_000
        assert ask(system) == 200
        used = system.booked_user(ANA, records=1)["currentUsage"]

        (suspended,) = answers(shell.run(suspend))
        assert suspended["status"] == system.user(ANA)["status"] == "suspended"
        assert ask(system) == 403

        active, stats, refusals, transactions = answers(shell.run(activate))
        assert set(refusals) >= {"days", "last"}
        assert active["status"] == system.user(ANA)["status"] == "active"
        assert ask(system) == 200
        assert stats["tokens"]["currentUsage"] == used
        assert {row["reason"] for row in transactions["items"]} >= {
            "fechamento do mês",
            "desligamento",
        }
        total = system.booked_user(ANA, records=2)["currentUsage"]

        state, series, report = answers(shell.run(figures))
        assert state["users"]["total"] == 1
        assert state["usage"]["monthlyTotal"] == total
        assert sum(point["tokens"] for point in series["points"]) == total
        assert report["totals"]["tokens"] == total

        shell.run(export)
        assert zipfile.is_zipfile(tmp_path / "usage.xlsx")
        with closing(openpyxl.load_workbook(tmp_path / "usage.xlsx", read_only=True)) as book:
            rows = book.worksheets[0].iter_rows(values_only=True)
            cells = [cell for row in rows for cell in row]
        assert cells.count(ANA) == 2

        shell.run(keys)
        (key,) = answers(shell.run('api "$BASE/api/admin/keys/$KEY_ID"'))
        assert (key["state"], key["allowedModels"]) == ("revoked", ["demo*"])

        made, found, revoked = answers(shell.run(programs))
        assert [one["id"] for one in found["items"]] == [made["id"]]
        assert (revoked["name"], revoked["state"]) == ("rh", "revoked")
        (row,) = answers(shell.run(f'api "$BASE/api/admin/audit?targetId={made["id"]}"'))[0][
            "items"
        ]
        assert row["actor"] == f"admin-key:{revoked['id']}"

        shown, resolved, audit = answers(shell.run(alerts))
        assert shown["items"] == []
        assert resolved == {"resolved": 0, "remaining": 0}
        assert {"user.suspend", "user.activate"} <= {entry["action"] for entry in audit["items"]}

        shell.run(leave)
        refused = shell.run('api "$BASE/api/auth/me" || true')
        assert answers(refused)[0]["code"] == "unauthenticated"


def test_an_example_that_fails_is_noticed(tmp_path: Path) -> None:
    with Shell(tmp_path) as shell, pytest.raises(AssertionError, match="this example fails"):
        shell.run("false | true")
