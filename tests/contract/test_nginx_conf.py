"""nginx's configuration says what the contract asks, and its scripts keep what they are given."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from solaris.platform.settings import Settings

NGINX = Path(__file__).resolve().parents[2] / "infra" / "nginx"
CONF = (NGINX / "nginx.conf").read_text(encoding="utf-8")


def script(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NGINX / name, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def certificate(directory: Path, name: str = "ia.example.com") -> subprocess.CompletedProcess[str]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there")
    return script("certificate.sh", directory, name)


@pytest.mark.parametrize(("zone", "rate", "burst"), [("api", 10, 20), ("admin", 5, 10)])
def test_rates_are_the_contract_s(zone: str, rate: int, burst: int) -> None:
    assert re.search(rf"zone={zone}:\d+m rate={rate}r/s;", CONF)
    # and the address's own beside it, for whoever makes up callers
    address = "limit_req zone=address burst=400 nodelay;"
    assert re.search(rf"limit_req zone={zone} burst={burst} nodelay;\s+{address}", CONF)


def test_no_location_loses_the_headers_of_its_server() -> None:
    # nginx inherits add_header only where a block has none of its own
    site = CONF[CONF.index("include place/site.conf") :]
    first_location = site.index("location =")
    assert len(re.findall(r"^ +add_header ", site[:first_location], re.MULTILINE)) == 5
    assert "add_header" not in site[first_location:]


def test_streams_may_be_silent_as_long_as_the_gateway_lets_them() -> None:
    found = re.search(r"proxy_read_timeout (\d+)s;", CONF)
    assert found is not None
    assert int(found[1]) > Settings().upstream_idle_timeout_seconds


def test_the_edge_lets_more_through_than_the_gateway_takes(tmp_path: Path) -> None:
    assert script("place.sh", "--out", tmp_path).returncode == 0
    found = re.search(r"client_max_body_size (\d+);", (tmp_path / "http.conf").read_text())
    assert found is not None
    assert Settings().max_body_bytes < int(found[1]) <= 26 * 1024 * 1024


def test_callers_are_told_apart_by_the_settings_own_headers(tmp_path: Path) -> None:
    headers = ",".join(Settings().identity_email_headers)
    assert script("place.sh", "--out", tmp_path).returncode == 0
    by_default = (tmp_path / "http.conf").read_text()
    script("place.sh", "--out", tmp_path, "--identity-headers", headers)
    assert (tmp_path / "http.conf").read_text() == by_default
    script("place.sh", "--out", tmp_path, "--identity-headers", "X-Other-User, x-b")
    assert '"$http_x_other_user $http_x_b"' in (tmp_path / "http.conf").read_text()


@pytest.mark.parametrize("value", ["a;b", "a{b", "$host", 'a"b'])
def test_a_value_cannot_become_configuration(tmp_path: Path, value: str) -> None:
    done = script("place.sh", "--out", tmp_path, "--name", value)
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "--name" in done.stderr


def test_a_certificate_is_made_once_and_kept(tmp_path: Path) -> None:
    assert certificate(tmp_path).returncode == 0
    made = (tmp_path / "tls.crt").read_bytes()
    assert (tmp_path / "tls.key").stat().st_mode & 0o777 == 0o600
    shown = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "tls.crt", "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "DNS:ia.example.com, DNS:localhost, IP Address:127.0.0.1" in shown
    assert certificate(tmp_path).returncode == 0
    assert (tmp_path / "tls.crt").read_bytes() == made


def old_pair(directory: Path) -> bytes:
    """A certificate that ends tomorrow."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
            *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=given"),
            *("-keyout", directory / "tls.key", "-out", directory / "tls.crt"),
        ],
        check=True,
        capture_output=True,
    )
    return (directory / "tls.crt").read_bytes()


def test_a_given_certificate_is_never_overwritten(tmp_path: Path) -> None:
    given = old_pair(tmp_path)
    done = certificate(tmp_path)
    assert (done.returncode, (tmp_path / "tls.crt").read_bytes()) == (0, given)
    assert "ends within 30 days" in done.stderr


def test_its_own_certificate_is_made_anew_before_it_ends(tmp_path: Path) -> None:
    own = old_pair(tmp_path)
    (tmp_path / "self-signed").touch()
    assert certificate(tmp_path).returncode == 0
    assert (tmp_path / "tls.crt").read_bytes() != own


def test_half_a_pair_or_a_wrong_one_is_named(tmp_path: Path) -> None:
    old_pair(tmp_path)
    (tmp_path / "tls.crt").rename(tmp_path / "other.crt")
    assert "tls.crt is not" in certificate(tmp_path).stderr
    old_pair(tmp_path)
    (tmp_path / "other.crt").replace(tmp_path / "tls.crt")
    done = certificate(tmp_path)
    assert (done.returncode, "is not the key of" in done.stderr) == (1, True)


@pytest.mark.parametrize("name", ["place.sh", "certificate.sh", "start.sh"])
def test_every_script_explains_itself(name: str) -> None:
    done = script(name, "--help")
    assert (done.returncode, done.stdout.startswith(f"Usage: {name}")) == (0, True)
