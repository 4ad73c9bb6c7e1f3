"""On a server other accounts do not reach the store: the installer's rules, in a network apart.

A child process enters a new network namespace, so this machine's own rules are left alone.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.store.tables.program import secret_address
from tests.e2e.local_system import ROOT

pytestmark = pytest.mark.e2e

RULES = ROOT / "infra" / "server" / "loopback.nft"
SERVICE_USER, OTHER_USER = "daemon", "nobody"
# Brings the new namespace's lo up, loads the rules, serves on both addresses, connects as others.
PROGRAM = """
import encodings.idna  # before it is somebody who may not read Python's files
import fcntl, os, pwd, socket, struct, subprocess, sys

rules, nft, *addresses = sys.argv[1:]
with socket.socket() as control:
    # SIOCSIFFLAGS: up, running
    fcntl.ioctl(control, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))
subprocess.run([nft, "-f", rules], check=True, timeout=30)
subprocess.run([nft, "-f", rules], check=True, timeout=30)  # as often as one likes
servers = {}
for address in addresses:
    server = servers[address] = socket.socket()
    server.bind((address, 0))
    server.listen()

def reaches(user, address):
    pid = os.fork()
    if pid == 0:
        os.setgid(pwd.getpwnam(user).pw_gid)
        os.setuid(pwd.getpwnam(user).pw_uid)
        try:
            socket.create_connection(servers[address].getsockname(), timeout=10).close()
        except ConnectionRefusedError:
            os._exit(1)
        except BaseException:
            os._exit(2)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

for user in ("root", "daemon", "nobody"):
    print(user, *(reaches(user, address) for address in addresses))
"""


@pytest.fixture
def nft() -> str:
    """The program; a namespace and its rules are root's to make."""
    found = shutil.which("nft", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("nftables is not installed")
    if os.geteuid() != 0:
        pytest.skip("only root may make a network namespace")
    return found


def test_only_the_service_and_root_reach_the_store(nft: str, tmp_path: Path) -> None:
    rules = tmp_path / "loopback.nft"
    rules.write_text(RULES.read_text().replace("@SERVICE_USER@", SERVICE_USER))
    done = subprocess.run(
        [
            *("unshare", "--net", sys.executable, "-c", PROGRAM, str(rules), nft),
            *("127.0.0.1", secret_address()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "unshare failed" in done.stderr:
        pytest.skip(f"this kernel gives no network namespace: {done.stderr.strip()}")
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["root 0 0", f"{SERVICE_USER} 0 0", f"{OTHER_USER} 0 1"]
