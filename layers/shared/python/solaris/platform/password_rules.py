"""What a password must be, and how one is made. Pure.

The rule is NIST SP 800-63B's (section 5.1.1.2): long enough, not known to everybody, and no rule
about kinds of characters; spaces and every script are allowed.
"""

import secrets
import unicodedata

MIN_CHARACTERS = 12
MAX_CHARACTERS = 128
GENERATED_BYTES = 15  # 20 characters, 120 bits

# Of the lists of leaked passwords, those that the length lets through, in both languages, and what
# somebody who sets this system up types first. Compared without case, spaces and punctuation.
_COMMON = frozenset(
    {
        *("password1234", "passwordpassword", "password12345", "password123456"),
        *("mypassword123", "administrator", "administrador", "administrator1", "adminadmin12"),
        *("adminadminadmin", "admin1234567", "admin12345678", "admin123456789"),
        *("123456789012", "1234567890123", "12345678901234", "123456789012345"),
        *("1234567890123456", "123456123456", "123123123123", "012345678901", "0123456789ab"),
        *("abcdefghijkl", "abcdefghijklm", "abcd12345678", "abc123456789", "a1b2c3d4e5f6"),
        *("qwertyuiopas", "qwertyuiop12", "qwertyuiop123", "qwerty123456", "qwertyqwerty"),
        *("qwertyuiopasdfgh", "1qaz2wsx3edc", "1q2w3e4r5t6y", "1q2w3e4r5t6y7u8i", "zaq12wsxcde3"),
        *("iloveyou1234", "iloveyouforever", "letmeinletmein", "letmein12345", "welcome12345"),
        *("welcome123456", "changemechangeme", "changeme1234", "changeme12345", "trustno1trustno1"),
        *("correcthorsebatterystaple", "thisisapassword", "supersecretpassword"),
        *("senha1234567", "senha12345678", "senha123456789", "senhasenhasenha", "minhasenha123"),
        *("mudar1234567", "mudarsenha123", "brasil123456", "flamengo1234", "corinthians1"),
        *("iasolaris123", "iasolaris1234", "solaris12345", "solarissolaris", "solarisadmin"),
    }
)


def password_problem(password: str, email: str) -> str | None:
    """Return why a password is refused, None if it is not.

    `password_too_short`, `password_too_long`, `password_is_email` or `password_common`; lengths
    are characters of what the person typed.
    """
    if len(password) < MIN_CHARACTERS:
        return "password_too_short"
    if len(password) > MAX_CHARACTERS:
        return "password_too_long"
    folded = password.strip().casefold()
    if folded == email.strip().casefold():
        return "password_is_email"
    bare = "".join(c for c in folded if c.isalnum())
    if bare in _COMMON or len(set(folded)) <= 2:  # noqa: PLR2004 - "aaaaaaaaaaaa", "121212121212"
        return "password_common"
    return None


def password_bytes(password: str) -> bytes:
    """What is hashed: NFKC, so that the same characters typed on another keyboard fit."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def generate_password() -> str:
    """A new password of 20 URL-safe characters."""
    return secrets.token_urlsafe(GENERATED_BYTES)
