"""What the store's own services refuse, and why the store cannot start."""


class ServiceError(Exception):
    """A request is refused: HTTP status, AWS's code, and a sentence that the client may see."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class StoreError(Exception):
    """The store cannot be started; its text is one line that names what is wrong."""
