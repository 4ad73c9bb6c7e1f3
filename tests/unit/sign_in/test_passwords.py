"""What a password must be, and how it is hashed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import argon2
import pytest

from solaris.platform.errors import RateLimitedError
from solaris.platform.password_rules import generate_password, password_bytes, password_problem
from solaris.sign_in.password_hash import ITERATIONS, LANES, MEMORY_KIB, Passwords

ANA = "ana@example.com"
GOOD = "um céu de 1984 estrelas"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(memory_kib=64)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "password_too_short"),
        ("a1b2c3d4e5x", "password_too_short"),
        ("x9" * 64 + "y", "password_too_long"),
        ("Ana@Example.COM", "password_is_email"),
        ("password1234", "password_common"),
        ("Senha 1234567", "password_common"),
        ("qwertyuiop-123", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("121212121212", "password_common"),
        (GOOD, None),
        ("correct horse battery", None),
        ("senhas longas são boas", None),
        ("x9k" * 42 + "yz", None),
        ("a🦜🌳a🦜🌳a🦜🌳a🦜🌳", None),
    ],
)
def test_length_and_being_unknown_are_all_that_a_password_needs(
    password: str, problem: str | None
) -> None:
    assert password_problem(password, ANA) == problem


def test_a_generated_password_keeps_the_rule_and_is_never_the_same() -> None:
    made = {generate_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(one) == 20 and password_problem(one, ANA) is None for one in made)


def test_the_same_characters_typed_otherwise_are_the_same_password(passwords: Passwords) -> None:
    composed, decomposed = "caf\u00e9 com pão 12", "cafe\u0301 com pão 12"
    assert password_bytes(composed) == password_bytes(decomposed)
    assert passwords.verify(passwords.hash(composed), decomposed)


def test_half_a_surrogate_pair_is_hashed_like_any_text(passwords: Passwords) -> None:
    assert passwords.verify(passwords.hash("\ud800 and more text"), "\ud800 and more text")


def test_a_hash_is_argon2id_with_a_salt_of_its_own(passwords: Passwords) -> None:
    first, second = passwords.hash(GOOD), passwords.hash(GOOD)
    assert first != second
    assert first.startswith("$argon2id$v=19$m=64,t=2,p=1$")
    assert passwords.verify(first, GOOD)
    assert not passwords.verify(first, GOOD + ".")


def test_the_parameters_are_those_of_owasp() -> None:
    assert (MEMORY_KIB, ITERATIONS, LANES) == (19_456, 2, 1)
    assert "$m=19456,t=2,p=1$" in Passwords().hash(GOOD)


@pytest.mark.parametrize("stored", [None, "", "no hash", "$argon2id$v=19$m=64,t=2,p=1$x$y"])
def test_nobody_and_a_broken_hash_never_fit(passwords: Passwords, stored: str | None) -> None:
    assert not passwords.verify(stored, GOOD)


def test_nobody_costs_a_hash_of_the_same_parameters(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = argon2.PasswordHasher.verify

    def spying(self: argon2.PasswordHasher, hashed: str, password: bytes) -> bool:
        verified.append(hashed)
        return bool(verify(self, hashed, password))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", spying)
    stored = passwords.hash(GOOD)
    passwords.verify(stored, "something else")
    passwords.verify(None, "something else")
    assert [one.split("$")[1:4] for one in verified] == [stored.split("$")[1:4]] * 2
    assert verified[1] != stored


def test_a_hash_by_other_parameters_is_outdated(passwords: Passwords) -> None:
    stored = passwords.hash(GOOD)
    assert not passwords.is_outdated(stored)
    assert Passwords(memory_kib=128).is_outdated(stored)


def test_more_than_two_at_a_time_wait_and_are_then_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passwords = Passwords(memory_kib=64, wait_seconds=0.05)
    entered, go_on = [Event(), Event()], Event()
    waiting = iter(entered)

    def slow(self: argon2.PasswordHasher, hashed: str, password: bytes) -> bool:
        next(waiting).set()
        assert go_on.wait(10)
        return True

    monkeypatch.setattr(argon2.PasswordHasher, "verify", slow)
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(passwords.verify, "x", GOOD) for _ in range(2)]
        assert all(one.wait(10) for one in entered)
        with pytest.raises(RateLimitedError):
            passwords.verify("x", GOOD)
        go_on.set()
        assert [one.result(10) for one in running] == [True, True]
