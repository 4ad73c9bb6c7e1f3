"""What people typed, made fit to be kept: in logs, rows and mails. Pure."""


def printable(text: str, most: int) -> str:
    """Return the text trimmed, without control characters, and cut to `most` characters."""
    return "".join(character for character in text.strip() if character.isprintable())[:most]
