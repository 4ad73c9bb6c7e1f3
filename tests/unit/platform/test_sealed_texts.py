"""Sealed texts: read by their owner's name alone, with this secret or one before it."""

from solaris.platform.sealed_texts import Opened, TextSeal

OLD, NEW = "o" * 40, "n" * 40
TEXT = "https://hooks.example.com/é\nsecret"


def test_what_is_sealed_opens_and_does_not_show() -> None:
    sealed = TextSeal([NEW]).seal(TEXT, "chn_1")
    assert "hooks" not in sealed
    assert TextSeal([NEW]).open(sealed, "chn_1") == Opened(TEXT, is_current=True)
    assert TextSeal([NEW]).seal(TEXT, "chn_1") != sealed


def test_a_secret_before_still_opens() -> None:
    sealed = TextSeal([OLD]).seal(TEXT, "chn_1")
    assert TextSeal([NEW, OLD]).open(sealed, "chn_1") == Opened(TEXT, is_current=False)
    assert TextSeal([NEW]).open(sealed, "chn_1") is None


def test_nobody_else_s_and_nothing_broken_opens() -> None:
    seal = TextSeal([NEW])
    sealed = seal.seal(TEXT, "chn_1")
    assert seal.open(sealed, "chn_2") is None
    for broken in (
        "",
        "x",
        sealed[:-2],
        sealed[:-1] + "!",
        sealed.replace(".", "", 1),
        "a.b.c.d.e",
    ):
        assert seal.open(broken, "chn_1") is None
