"""A part is made once, when it is first asked for, whoever asks."""

import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from solaris import app
from solaris.api import registered
from solaris.app import Parts
from solaris.platform.parts import package_of, part
from solaris.platform.web.operations import Operation

THREADS = 8


class Made:
    """Something slow to make, and something made of it."""

    def __init__(self) -> None:
        self.count = 0
        self.together = threading.Event()

    @part
    def slow(self) -> object:
        """Counted, and long on its way."""
        self.count += 1
        self.together.wait(0.2)  # whoever else may come in, does
        return object()

    @part
    def of_another(self) -> tuple[object]:
        """Asks for another part while it is made."""
        return (self.slow,)

    @part
    def broken(self) -> object:
        """Fails the first time."""
        self.count += 1
        if self.count == 1:
            raise ConnectionError
        return object()


def test_threads_that_ask_at_once_get_one_and_the_same() -> None:
    made, begin = Made(), threading.Barrier(THREADS)

    def ask(number: int) -> object:
        begin.wait(10)
        return made.of_another[0] if number % 2 else made.slow

    with ThreadPoolExecutor(THREADS) as pool:
        got = list(pool.map(ask, range(THREADS)))
    assert made.count == 1
    assert len(set(map(id, got))) == 1


def test_one_that_failed_is_made_again_when_asked_again() -> None:
    made = Made()
    with pytest.raises(ConnectionError):
        _ = made.broken
    assert made.broken is made.broken
    assert made.count == 2


def test_no_package_has_parts_that_threads_may_make_twice() -> None:
    sources = [Path(app.__file__), *Path(app.__file__).parent.glob("*/parts.py")]
    assert len(sources) > len(vars(Parts)) / 2
    assert [one for one in sources if "@cached_property" in one.read_text()] == []


@pytest.mark.parametrize("operation", registered(), ids=lambda one: one.name)
def test_an_operation_gets_its_own_packages_parts(operation: Operation) -> None:
    asked = inspect.signature(operation.handler).parameters["parts"].annotation
    made = Parts.__dict__[operation.package].func.__annotations__["return"]
    assert asked == made


def test_a_package_is_the_folder_of_a_class_or_function() -> None:
    assert package_of(Parts) == "app"
    assert package_of(part) == "platform"
    assert {one.package for one in registered()} > {"accounts", "sign_in"}
