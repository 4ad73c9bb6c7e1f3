"""What people typed, made fit to be kept: in logs, rows and mails. Pure."""


def printable(text: str, most: int) -> str:
    """Return the text on one line, cut to `most` characters.

    White space of any kind (no-break spaces, tabs, line breaks), and runs of it, are one space;
    none at the ends. Control and format characters, which show nothing, go.
    """
    visible = "".join(one for one in text if one.isprintable() or one.isspace())
    return " ".join(visible.split())[:most].rstrip()
