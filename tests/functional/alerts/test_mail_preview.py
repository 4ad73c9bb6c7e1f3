"""`solaris mail preview` writes every mail, and refuses what is no directory."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from solaris.platform.settings import load_settings
from tests.functional.cli.cli_support import run

THRESHOLDS = (
    *("warning", "critical", "block", "early-block", "nearly-out", "no-quota"),
    *("warned-critical", "warned-block"),
)
KINDS = {
    *(f"{kind}-{who}" for kind in THRESHOLDS for who in ("user", "admins")),
    *("grant-ending", "channel-paused", "monthly-summary", "group-summary"),
    *(f"request-{what}" for what in ("asked", "approved", "approved-until", "raised", "denied")),
    *(f"{whose}ceiling-{percent}" for whose in ("", "company-") for percent in (80, 95, 100)),
    *("person-waiting", "key-expiring", "own-key-expiring", "upstream-failing", "books-differ"),
}


def test_every_mail_is_written_in_both_languages(tmp_path: Path) -> None:
    out = tmp_path / "new" / "mails"
    assert f"{2 * len(KINDS)} mails" in run("mail", "preview", "--out", str(out)).output
    names = {f"{kind}.{locale}" for kind in KINDS for locale in ("pt-BR", "en")}
    assert {one.name for one in out.iterdir()} == {
        f"{name}.{suffix}" for name in names for suffix in ("html", "txt", "eml")
    }
    eml = message_from_bytes((out / "block-user.en.eml").read_bytes(), policy=policy.default)
    assert eml["Subject"] == "Your November 2026 quota is used up"


def test_one_language_only(tmp_path: Path) -> None:
    told = run("mail", "preview", "--out", str(tmp_path), "--locale", "en").output
    assert f"{len(KINDS)} mails" in told
    assert not list(tmp_path.glob("*pt-BR*"))


@pytest.fixture
def fresh() -> Iterator[None]:
    """Settings are read anew after the test, too."""
    yield
    load_settings.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_the_previews_thresholds_and_links_are_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_THRESHOLD", "0.625")
    monkeypatch.setenv("PUBLIC_URL", "https://ai.example.org/x/")
    load_settings.cache_clear()
    run("mail", "preview", "--out", str(tmp_path), "--locale", "pt-BR")
    warning = (tmp_path / "warning-admins.pt-BR.txt").read_text("utf-8")
    assert "chegou a 62,5% da cota" in " ".join(warning.split())
    assert "\nhttps://ai.example.org/x/admin/users/" in warning


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert "not a directory" in run("mail", "preview", "--out", str(path), code=2).output
