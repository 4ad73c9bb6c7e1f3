"""The site's objects, the preview of a change set, the summary, and the command's refusals."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra.deploy.aws import Account, check_stage
from infra.deploy.changes import Change, preview
from infra.deploy.deploying import Deployed
from infra.deploy.errors import DeployError
from infra.deploy.packaging import ROOT
from infra.deploy.site import SiteFile, site_files
from infra.deploy.summary import summary

COMMAND_SECONDS = 60
KEPT = "public, max-age=31536000, immutable"


def built(dist: Path) -> Path:
    (dist / "assets").mkdir(parents=True)
    (dist / "me").mkdir()
    for name, text in {
        "index.html": "<html>",
        "config.json": '{"apiBaseUrl": "/of-the-build"}',
        "favicon.svg": "<svg/>",
        "theme.js": "1",
        "me/index.html": "<html>",
        "assets/admin-D68xymFG.js": "2",
        "assets/inter-abc.woff2": "3",
    }.items():
        (dist / name).write_text(text)
    return dist


def test_the_build_lies_where_its_addresses_are(tmp_path: Path) -> None:
    files = {file.key: file for file in site_files(built(tmp_path / "dist"), "/api", locale="en")}
    assert sorted(files) == [
        "admin/assets/admin-D68xymFG.js",
        "admin/assets/inter-abc.woff2",
        "admin/config.json",
        "admin/favicon.svg",
        "admin/index.html",
        "admin/theme.js",
        "me/index.html",
    ]
    assert json.loads(files["admin/config.json"].data) == {
        "apiBaseUrl": "/api",
        "locale": "en",
    }


@pytest.mark.parametrize(
    ("key", "media_type", "cache"),
    [
        ("admin/index.html", "text/html; charset=utf-8", "no-cache"),
        ("admin/config.json", "application/json", "no-cache"),
        ("admin/theme.js", "text/javascript; charset=utf-8", "no-cache"),
        ("admin/favicon.svg", "image/svg+xml", "no-cache"),
        ("admin/assets/a-1.js", "text/javascript; charset=utf-8", KEPT),
        ("admin/assets/a-1.css", "text/css; charset=utf-8", KEPT),
        ("admin/assets/a-1.woff2", "font/woff2", KEPT),
        ("admin/picture.png", "image/png", "no-cache"),
        ("admin/unknown.qqq", "application/octet-stream", "no-cache"),
    ],
)
def test_each_file_says_what_it_is_and_how_long_it_may_be_kept(
    key: str, media_type: str, cache: str
) -> None:
    assert SiteFile(key, b"").headers == {"ContentType": media_type, "CacheControl": cache}


def test_a_site_that_is_not_built_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="make site"):
        site_files(tmp_path, "/api")


@pytest.mark.parametrize(
    ("change", "loses"),
    [
        (Change("Remove", "Users", "AWS::DynamoDB::Table", "False"), True),
        (Change("Modify", "Users", "AWS::DynamoDB::Table", "True"), True),
        (Change("Modify", "Files", "AWS::S3::Bucket", "Conditional"), True),
        (Change("Modify", "Users", "AWS::DynamoDB::Table", "False"), False),
        (Change("Add", "Users", "AWS::DynamoDB::Table", "False"), False),
        (Change("Remove", "Proxy", "AWS::Lambda::Function", "False"), False),
    ],
)
def test_whoever_would_lose_data_is_warned(change: Change, *, loses: bool) -> None:
    lines: list[str] = []
    preview((change,), lines.append)
    assert any(line.strip().startswith("WARNING: ") for line in lines) is loses
    assert change.name in lines[0]


def deployed(**changes: object) -> Deployed:
    account = Account("000000000000", "us-east-1", "http://127.0.0.1:1")
    fields: dict[str, object] = {
        "stage": "dev",
        "account": account,
        "api_url": "https://api.example.com/live",
        "gateway_url": "https://gateway.example.com/v1",
        "site_url": "https://gateway.example.com/admin/",
        "outputs": {},
        "key": "sk-solaris-of-the-test",
        "key_id": "key_1",
        "admin_email": "admin@example.com",
        "admin_password": "of-the-test",
        "has_upstream": True,
        "mail_notes": (),
        "capacity_notes": (),
        "changed": True,
    }
    return Deployed(**(fields | changes))  # type: ignore[arg-type]


def test_the_summary_says_what_mails_wait_for() -> None:
    assert "No mail reaches" not in summary(deployed())
    text = summary(deployed(mail_notes=("SES in sa-east-1 is in the sandbox",)))
    assert "    SES in sa-east-1 is in the sandbox" in text.splitlines()


def test_the_summary_shows_addresses_login_and_a_snippet_that_fits() -> None:
    text = summary(deployed())
    assert 'baseURL: "https://gateway.example.com/v1"' in text
    assert 'apiKey: "sk-solaris-of-the-test"' in text
    assert "admin@example.com / of-the-test" in text
    assert "no changes" not in text
    assert "refused" not in text


def test_the_summary_of_a_second_run_shows_no_secrets() -> None:
    text = summary(deployed(key=None, admin_email=None, admin_password=None, changed=False))
    assert "no changes" in text
    assert "sk-solaris" not in text
    assert "baseURL" not in text


def test_without_an_upstream_the_summary_says_that_chats_are_refused() -> None:
    assert "every chat will be refused" in summary(deployed(has_upstream=False))


@pytest.mark.parametrize("stage", ["local", "", "Prod", "1st", "a" * 21, "a_b", "a\n"])
def test_a_stage_that_cannot_be_part_of_names_is_refused(stage: str) -> None:
    with pytest.raises(DeployError, match="STAGE"):
        check_stage(stage)


@pytest.mark.parametrize("stage", ["dev", "prod", "team-2", "a" * 20])
def test_a_plain_stage_is_taken(stage: str) -> None:
    check_stage(stage)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command without anything of this machine's AWS configuration."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "infra.deploy", *arguments],
        cwd=ROOT,
        env=clean
        | {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (("deploy", "--stage", "dev"), {}, "add --yes"),
        (("destroy", "--stage", "dev"), {}, "add --yes"),
        (("deploy", "--stage", "local", "--yes"), {}, "STAGE: `local`"),
        (("deploy", "--stage", "dev", "--yes", "--no-site"), {}, "AWS_REGION: name the region"),
        (
            ("deploy", "--stage", "dev", "--yes", "--no-site"),
            {"AWS_REGION": "sa-east-1"},
            "credentials: no AWS credentials: set AWS_PROFILE",
        ),
        (
            ("destroy", "--stage", "dev", "--yes"),
            {"AWS_REGION": "sa-east-1", "AWS_PROFILE": "nobody"},
            "The config profile (nobody) could not be found",
        ),
        (
            ("deploy", "--stage", "dev", "--yes", "--no-site", "--parameter", "Name"),
            {},
            "--parameter Name: give Name=value",
        ),
    ],
)
def test_what_cannot_begin_says_why_in_one_line(
    arguments: tuple[str, ...], environment: dict[str, str], message: str
) -> None:
    done = run(*arguments, **environment)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.startswith("[solaris] ")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_an_endpoint_that_does_not_answer_is_named() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # refuses: bound, never listening
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        done = run("destroy", "--stage", "dev", "--yes", AWS_ENDPOINT_URL=url)
    assert done.returncode == 1
    assert url in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [["deploy"], ["destroy"]])
def test_each_command_explains_itself(command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "--stage" in done.stdout


def test_the_summary_says_what_bounds_the_answers_at_once() -> None:
    assert "ten at once" not in summary(deployed())
    assert "  ten at once" in summary(deployed(capacity_notes=("ten at once",)))
