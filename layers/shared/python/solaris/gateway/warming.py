"""What a process loads ahead of its first request."""

from solaris.gateway import tokenizer as tokens


def warm_up() -> None:
    """Start loading the tokenizer; requests that come before it is there are estimated."""
    tokens.warm_up()
