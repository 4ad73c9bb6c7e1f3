"""A server, from the first run of install.sh to its removal, without root and without systemd."""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.install_support import SITE, Server, copy_of_the_source, unit_settings
from tests.e2e.local_system import ROOT

pytestmark = pytest.mark.e2e

EMAIL = "ana@example.com"
BACKUP_SECONDS = 120
AWKWARD = 'a"b\\c$HOME`d` e=f#g'  # what systemd, sh and sed could each take for their own
UNITS = ("ia-solaris", "ia-solaris-nginx")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Installed once; the tests below follow its life in their order."""
    if not (SITE / "index.html").is_file():
        pytest.skip("admin_site/dist is not there: run `make site` first")
    server = Server(tmp_path_factory.mktemp("server"))
    config = server.prefix / "answers.conf"
    config.write_text(
        '# answers\nSUPPORT_EMAIL=ajuda@example.com\nSMTP_PASSWORD="x"\nSMTP_USER=u\n'
    )
    said = server.install(
        *server.build(), "--config", str(config), SMTP_PASSWORD="lost: the file wins"
    )
    assert "done: https://localhost" in said.stdout
    return server


def outside_of(server: Server) -> list[Path]:
    """Units, nginx's configuration and the command: what lies outside the release."""
    places = [
        *server.unit("ia-solaris").parent.iterdir(),
        server.prefix / "usr" / "local" / "bin" / "solaris",
        *(server.etc / "nginx").rglob("*"),
    ]
    return sorted(one for one in places if one.is_file() and "certificate/" not in str(one))


def booked(server: Server) -> dict[str, int]:
    """A user's tokens once every request is booked."""
    deadline = time.monotonic() + 30
    while True:
        user = json.loads(server.cli("users", "show", EMAIL, "--json"))
        if user["reservedTokens"] == 0 or time.monotonic() > deadline:
            return {name: user[name] for name in ("currentUsage", "reservedTokens")}


def test_settings_are_kept_where_only_root_may_read_them(server: Server) -> None:
    for name in ("solaris.env", "install.conf", "first-start.txt"):
        assert (server.etc / name).stat().st_mode & 0o777 == 0o600, name
    settings = server.environment
    assert len(settings["SECRET_KEY"]) >= 64
    assert settings["PUBLIC_URL"].startswith("https://localhost")
    assert settings["TRUSTED_PROXIES"] == "1"
    assert settings["SUPPORT_EMAIL"] == "ajuda@example.com"
    assert settings["SMTP_PASSWORD"] == "x"
    assert server.key not in (server.etc / "solaris.env").read_text()


def test_the_units_are_what_systemd_understands(server: Server) -> None:
    units = [server.unit(name) for name in UNITS if server.unit(name).exists()]
    main = unit_settings(units[0])
    assert main["Restart"] == ["always"]
    assert main["WantedBy"] == ["multi-user.target"]
    for name, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "PrivateTmp": "yes",
        "CapabilityBoundingSet": "",
        "MemoryDenyWriteExecute": "yes",
        "ReadWritePaths": str(server.data),
    }.items():
        assert main[name] == [value], name
    timer = server.unit("ia-solaris-backup").with_suffix(".timer")
    units += [server.unit("ia-solaris-backup"), timer]
    for unit in units:
        assert "@" not in unit.read_text().replace("@system-service", ""), unit.name
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not there: the units were read by this test only")
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_was_installed_serves_as_systemd_starts_it(server: Server) -> None:
    with server.serving():
        assert server.ask(EMAIL) > 0
        server.usage_at_stop = booked(server)
        assert server.usage_at_stop["currentUsage"] > 0
        assert "health       well" in server.install("status").stdout
        with server.nginx() as edge:
            if edge is not None:
                assert edge.get("/health").json()["status"] in ("healthy", "degraded")
                page = edge.get("/admin/")
                assert page.status_code == 200
                assert "strict-transport-security" in page.headers
        # without systemd nobody stops it: the upgrade backs up, and then refuses
        taken = server.install("upgrade", *server.build(), check=False)
        assert taken.returncode == 1
        assert "still runs" in taken.stderr
        (backup,) = (server.prefix / "var" / "backups" / "ia-solaris").glob("before-*.gz")
        assert "whole" in server.cli("backup", "--verify", str(backup))
        (start,) = unit_settings(server.unit("ia-solaris-backup"))["ExecStart"]
        server.run(shlex.split(start), BACKUP_SECONDS)
        assert len(list(backup.parent.glob("nightly-*.gz"))) == 1
    assert "does not answer" in server.install("status", check=False).stdout


def test_an_upgrade_that_does_not_start_goes_back(server: Server, tmp_path: Path) -> None:
    before = server.current
    # a release of before there were nightly backups, with another command line
    command = server.prefix / "usr" / "local" / "bin" / "solaris"
    timer = server.unit("ia-solaris-backup").with_suffix(".timer")
    for unit in (timer, server.unit("ia-solaris-backup")):
        unit.unlink()
        (before / "infra" / "server" / unit.name).unlink()
    command.write_text(command.read_text() + "# of before\n")
    outside = {one: one.read_text() for one in outside_of(server)}
    source = copy_of_the_source(tmp_path / "broken", "9.0.0")
    broken = source / "infra" / "local" / "edge" / "gateway.py"
    broken.write_text("raise SystemExit('broken on purpose')\n")
    done = server.install("upgrade", *server.build(), source=source, check=False)
    assert done.returncode == 1
    assert "broken on purpose" in done.stderr
    assert "going back" in done.stderr
    assert "runs again" in done.stderr
    assert server.current == before
    assert list(before.parent.iterdir()) == [before]
    assert {one: one.read_text() for one in outside_of(server)} == outside


def test_an_upgrade_changes_the_code_and_nothing_else(server: Server, tmp_path: Path) -> None:
    settings, key, before = server.environment, server.key, server.usage_at_stop
    source = copy_of_the_source(tmp_path / "newer", "9.1.0")
    said = server.install("install", *server.build(), source=source, LOCALE="en")
    assert "data is kept" in said.stdout
    assert server.current.name.startswith("9.1.0-")
    assert server.environment == settings | {"LOCALE": "en"}
    assert server.key == key
    with server.serving():
        assert server.version() == "9.1.0"
        assert booked(server) == before
        tokens = server.ask(EMAIL)
        assert booked(server)["currentUsage"] == before["currentUsage"] + tokens


def test_removal_keeps_the_data_unless_told_otherwise(server: Server) -> None:
    refused = server.install("uninstall", answers="n\n", check=False)
    assert refused.returncode == 1
    assert server.current.exists()
    server.install("uninstall")
    assert not server.unit("ia-solaris").exists()
    assert not (server.prefix / "opt" / "ia-solaris").exists()
    assert (server.data / "store").is_dir()
    assert (server.etc / "solaris.env").exists()
    server.install("uninstall", "--purge")
    left = [path for path in server.prefix.rglob("*ia-solaris*") if path.name != ".cache"]
    assert left == []


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path / "nothing")
    said = server.install("--dry-run", "--venv", sys.prefix, "--site", str(tmp_path), check=False)
    assert "would write" in said.stdout
    assert "would run" in said.stdout
    assert not server.prefix.exists()


def test_questions_are_asked_and_answers_taken(tmp_path: Path) -> None:
    server = Server(tmp_path / "asked")
    (server.data / "store").mkdir(parents=True)  # data of before: no first start, which takes long
    # install dir, data dir, account, upstream, key, admin, mail, its server, port, user, password,
    # sender, language
    answers = ["", "", "", "http://127.0.0.1:1/v1", AWKWARD, "eu@example.com"]
    answers += ["smtp", "mail.example.com", "465", "u", AWKWARD, "ia@example.com", "en"]
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html>")
    said = server.install(
        *("--venv", sys.prefix, "--site", str(site)),
        answers="\n".join(answers) + "\n",
        NGINX="no",
    )
    settings = server.environment
    assert settings["LITELLM_BASE_URL"] == "http://127.0.0.1:1/v1"
    assert settings["LITELLM_API_KEY"] == settings["SMTP_PASSWORD"] == AWKWARD
    assert (settings["SMTP_PORT"], settings["LOCALE"]) == ("465", "en")
    assert AWKWARD not in said.stdout + said.stderr
    # the shell that `solaris` is reads the same as systemd
    read = 'set -a; . "$0"; exec env -0'
    shell = subprocess.run(
        ["bash", "-c", read, server.etc / "solaris.env"], capture_output=True, text=True, check=True
    ).stdout.split("\0")
    assert f"SMTP_PASSWORD={AWKWARD}" in shell


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("BLOCK_TRESHOLD=1", "BLOCK_TRESHOLD: there is no such setting"),
        ("ALERT_THRESHOLD=3", "ALERT_THRESHOLD: "),
        ("nonsense", "line 1: not NAME=value"),
        ("lower=1", "line 1: not a name of a setting: lower"),
        ("MAIL=smtp", "MAIL=smtp: SMTP_HOST is missing"),
        ("MAIL=pigeon", "MAIL: smtp, ses or none"),
        ("PUBLIC_HOST=a;b", "PUBLIC_HOST: not a host name: a;b"),
        ("DATA_DIR=data", "DATA_DIR: an absolute path"),
        ("CERTIFICATE=/nowhere.crt", "CERTIFICATE: cannot read '/nowhere.crt'"),
        ("ACME_EMAIL=nobody", "ACME_EMAIL: not an e-mail address: nobody"),
        ("ACME_EMAIL=eu@example.com", "PUBLIC_HOST must be a name of the internet, not localhost"),
        ("ACME_EMAIL=eu@example.com\nNGINX=no", "ACME_EMAIL needs NGINX=yes"),
        (
            "ACME_EMAIL=eu@example.com\nPUBLIC_HOST=ia.example.com\nACME_SERVER=http://x",
            "ACME_SERVER: an https address is needed: http://x",
        ),
    ],
)
def test_a_wrong_answer_is_named_in_one_line(tmp_path: Path, config: str, said: str) -> None:
    server = Server(tmp_path / "refused")
    file, site = tmp_path / "answers", tmp_path / "site"
    file.write_text(config)
    site.mkdir()
    (site / "index.html").write_text("")
    done = server.install(
        *("--venv", sys.prefix, "--site", str(site), "--config", str(file)), check=False
    )
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert said in lines[-1]
    assert len(lines) == 1
    assert not server.current.exists()
    assert not list(server.prefix.glob("opt/ia-solaris/releases/*")), "half a release was left"


def packed(folder: Path) -> Path:
    """A packed release, unpacked: the code, a stub of the site, a stub of the tables' program."""
    site, tables = folder / "built", folder / "tables"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html><title>shipped</title>")
    tables.write_text("#!/bin/sh\necho the tables of the release\n")
    tables.chmod(0o755)
    for out in ("one", "two"):  # the same bytes each time
        subprocess.run(
            [ROOT / "infra/server/pack.sh", "--site", site, "--tables", tables, folder / out],
            check=True,
            capture_output=True,
        )
    (first,), (second,) = (list((folder / out).glob("*.tar.gz")) for out in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    subprocess.run(["sha256sum", "--check", f"{first}.sha256"], cwd=first.parent, check=True)
    subprocess.run(["tar", "-xzf", first, "-C", folder], check=True)
    (source,) = folder.glob("ia-solaris-*")
    return source


def test_a_packed_release_needs_no_node(tmp_path: Path) -> None:
    source = packed(tmp_path)
    server = Server(tmp_path / "bare")
    (server.data / "store").mkdir(parents=True)  # data of before: no first start, which takes long
    without = tmp_path / "bin"
    without.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).iterdir() if Path(folder).is_dir() else ():
            if program.name not in {"node", "npm", "npx", "git"}:
                with suppress(FileExistsError):
                    (without / program.name).symlink_to(program)
    given: dict[str, Any] = {"source": source, "PATH": str(without), "NGINX": "no"}
    said = server.install("--venv", sys.prefix, **given)
    assert "the site came with the release" in said.stdout
    page = server.current / "admin_site" / "dist" / "index.html"
    assert "shipped" in page.read_text()
    # of a site that somebody has changed since, the built one is not what it was built from
    (source / "admin_site" / "index.html").write_text("changed")
    changed = server.install("upgrade", "--venv", sys.prefix, check=False, **given)
    assert changed.returncode == 1
    assert "Node.js 20.19 or newer" in changed.stderr


def test_the_tables_of_a_packed_release_are_taken(tmp_path: Path) -> None:
    source, venv = packed(tmp_path), tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    script = 'set -eu; SOURCE=$1 RELEASE=$1; . "$1/infra/server/release.sh"; build_tables "$2"'
    subprocess.run(["bash", "-c", script, "bash", source, venv], check=True)
    done = subprocess.run([venv / "bin" / "dynoxide"], capture_output=True, text=True, check=True)
    assert done.stdout == "the tables of the release\n"


CERTBOT = """#!/bin/sh
echo "$@" >> "$HOME/certbot.log"
[ ! -e "$HOME/refuse" ] || { echo "Timeout during connect (likely firewall problem)" >&2; exit 1; }
while [ $# -gt 1 ]; do
    [ "$1" != --config-dir ] || live=$2/live/ia-solaris
    [ "$1" != --domain ] || host=$2
    shift
done
mkdir -p "$live"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 \\
    -subj "/CN=$host" -keyout "$live/privkey.pem" -out "$live/fullchain.pem" 2> /dev/null
"""
"""In certbot's place, which needs an authority: notes its call, leaves what it would leave."""


def test_a_certificate_by_acme(tmp_path: Path) -> None:
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not there (Debian: apt install nginx)")
    server = Server(tmp_path / "acme")
    (server.data / "store").mkdir(parents=True)  # data of before: no first start, which takes long
    site, programs = tmp_path / "site", tmp_path / "bin"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html>")
    programs.mkdir()
    (programs / "certbot").write_text(CERTBOT)
    (programs / "certbot").chmod(0o755)
    given = ("--venv", sys.prefix, "--site", str(site))
    answers: dict[str, Any] = {
        "ACME_EMAIL": "eu@example.com",
        "ACME_SERVER": "https://authority.example.com/directory",
        "PUBLIC_HOST": "ia.example.com",
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    (server.prefix / "refuse").touch()
    refused = server.install(*given, **answers)
    assert "ia.example.com must lead to port 80 of this machine" in refused.stderr
    assert "self-signed" in refused.stderr
    place = server.etc / "nginx" / "place"
    assert "nginx/certificate/tls.crt" in (place / "site.conf").read_text()
    assert "certificate.sh" in server.unit("ia-solaris-nginx").read_text()

    (server.prefix / "refuse").unlink()
    done = server.install(*given, PATH=answers["PATH"], PUBLIC_HOST="ia.example.com")
    assert "self-signed" not in done.stderr
    live = server.prefix / "etc" / "letsencrypt" / "live" / "ia-solaris"
    configuration = (place / "site.conf").read_text()
    assert f"ssl_certificate {live}/fullchain.pem;" in configuration
    assert f"ssl_certificate_key {live}/privkey.pem;" in configuration
    challenge = server.etc / "nginx" / "challenge"
    assert f"root {challenge};" in (place / "redirect.conf").read_text()
    assert "certificate.sh" not in server.unit("ia-solaris-nginx").read_text()
    called = (server.prefix / "certbot.log").read_text().splitlines()
    assert len(called) == 2
    for part in (
        "certonly --non-interactive --agree-tos --email eu@example.com",
        f"--webroot --webroot-path {challenge} --domain ia.example.com",
        "--keep-until-expiring",
        "--deploy-hook systemctl reload ia-solaris-nginx",
        "--server https://authority.example.com/directory",
    ):
        assert part in called[1], part
    # what it was asked for stays, and so does the certificate where the next question fails
    (server.prefix / "refuse").touch()
    again = server.install(*given, PATH=answers["PATH"], PUBLIC_HOST="ia.example.com")
    assert f"ssl_certificate {live}/fullchain.pem;" in (place / "site.conf").read_text()
    assert "self-signed" not in again.stderr


def test_acme_needs_its_client(tmp_path: Path) -> None:
    server, site = Server(tmp_path / "none"), tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("")
    if shutil.which("certbot") is not None:
        pytest.skip("certbot is there")
    done = server.install(
        *("--venv", sys.prefix, "--site", str(site)),
        check=False,
        ACME_EMAIL="eu@example.com",
        PUBLIC_HOST="ia.example.com",
        NGINX="yes",
    )
    assert done.returncode == 1
    assert "missing: certbot, for ACME_EMAIL" in done.stderr


def test_what_the_machine_lacks_is_named_at_once(tmp_path: Path) -> None:
    server = Server(tmp_path / "poor")
    bare = tmp_path / "bin"
    bare.mkdir()
    needed = (
        "bash",
        "dirname",
        "realpath",
        "mkdir",
        "hostname",
        "id",
        "sed",
        "tr",
        "base64",
        "head",
    )
    for name in needed:
        found = shutil.which(name)
        assert found is not None, name
        (bare / name).symlink_to(found)
    done = server.install(check=False, PATH=str(bare))
    assert done.returncode == 1
    for missing in ("Python 3.11", "Node.js 20.19", "npm", "make", "git", "tar", "flock"):
        assert f"missing: {missing}" in done.stderr, done.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    server = Server(tmp_path / "taken")
    (tmp_path / "index.html").write_text("")
    with socket.create_server(("127.0.0.1", server.port)):
        done = server.install("--venv", sys.prefix, "--site", str(tmp_path), check=False)
    assert done.returncode == 1
    assert f"port {server.port} is taken; free it or choose another PORT" in done.stderr
