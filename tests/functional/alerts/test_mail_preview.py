"""`solaris mail preview` writes every mail, and refuses what is no directory."""

from email import message_from_bytes, policy
from pathlib import Path

from tests.functional.cli.cli_support import run

KINDS = {
    *(f"{kind}-{who}" for kind in ("warning", "critical", "block") for who in ("user", "admins")),
    "grant-ending",
    "channel-paused",
    *("monthly-summary", "group-summary", "ceiling-80", "ceiling-100"),
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


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert "not a directory" in run("mail", "preview", "--out", str(path), code=2).output
