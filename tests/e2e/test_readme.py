"""README's first chat, LibreChat's key and the lost password, typed as they stand there."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.pages import ROOT, Page
from tests.e2e.local_system import LocalSystem, running

pytestmark = pytest.mark.e2e

README = Page.read("README.md")
ANA = "ana@example.com"
QUESTION = {"model": "demo-fast", "messages": [{"role": "user", "content": "Olá!"}]}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """What `make up` starts, with nothing set."""
    with running(tmp_path_factory.mktemp("readme")) as started:
        yield started


def type_in(system: LocalSystem, heading: str) -> str:
    """Run the first block below a heading in the project's folder; returns what it printed.

    Only the address is another: the test's system has a port of its own, and the tests' Python
    need not be in `.venv`.
    """
    language, block = Page("README.md", README.section(heading)).blocks[0]
    assert language == "sh"
    block = block.replace("http://127.0.0.1:8080", system.url)
    solaris = shlex.quote(str(Path(sys.executable).parent / "solaris"))
    block = block.replace(".venv/bin/solaris", solaris)
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", block],
        cwd=ROOT,
        env=system.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, f"{block}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def test_the_first_chat_answers_and_is_counted_however_often_it_is_typed(
    system: LocalSystem,
) -> None:
    for times in (1, 2):
        printed = type_in(system, "The first chat")
        answer, end = json.JSONDecoder().raw_decode(printed)
        assert answer["choices"][0]["message"]["content"]
        assert ANA in printed[end:]
        booked = system.booked_user(ANA, records=times)
        assert booked["currentUsage"] == times * answer["usage"]["total_tokens"]


def test_the_key_for_librechat_speaks_for_whom_it_names(system: LocalSystem) -> None:
    found = re.search(r"sk-solaris-[\w-]{43}", type_in(system, "LibreChat in five steps"))
    assert found is not None
    asked = httpx.post(
        f"{system.url}/v1/chat/completions",
        headers={"authorization": f"Bearer {found[0]}", "x-user-email": "bia@example.com"},
        json=QUESTION,
        timeout=30,
    )
    assert asked.status_code == 200
    assert system.user("bia@example.com")["status"] == "active"


def test_a_lost_password_is_another_one_at_once(system: LocalSystem) -> None:
    password = type_in(system, "A lost password").splitlines()[-2]
    signed_in = httpx.post(
        f"{system.url}/api/auth/login",
        json={"email": "admin@localhost", "password": password},
        timeout=30,
    )
    assert signed_in.status_code == 200
    assert signed_in.json()["user"]["role"] == "admin"
