"""What holds for every test: logging that one test configures is not the next one's."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import settings

# How long one example takes is the machine's affair; examples are bounded in number.
settings.register_profile("solaris", deadline=None)
settings.load_profile("solaris")


@pytest.fixture(scope="session", autouse=True)
def _loggers_follow_the_configuration() -> Iterator[None]:
    """No logger of a module remembers how it was first configured, as a program's may."""
    configure = structlog.configure

    def without_cache(**options: Any) -> None:
        configure(**options | {"cache_logger_on_first_use": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", without_cache)
        yield


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """A program's logging goes with the test that started the program in this process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
