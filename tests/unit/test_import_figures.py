"""What ARCHITECTURE.md promises of packages and of what a function loads."""

from pathlib import Path

import pytest

from infra.documents.import_figures import (
    FUNCTIONS,
    circle,
    files_by_folder,
    loaded_modules,
    package_of,
    share_inside,
)

# Modules of solaris that a function may load: what it has today, and a little room.
MOST_LOADED = {
    "proxy": 152,
    "quota": 88,
    "usage": 74,
    "reset": 67,
    "alerts": 21,
    "admin": 268,
    "health": 52,
}


def test_imports_stay_mostly_in_their_package() -> None:
    assert share_inside() >= 0.44


def test_no_module_imports_one_that_imports_it() -> None:
    assert circle() == []


def test_a_circle_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("def late() -> None:\n    import a.two\n")
    (tmp_path / "two.py").write_text("from a import three\n")
    (tmp_path / "three.py").write_text("from a.one import late\n")
    (tmp_path / "four.py").write_text("from a.one import late\n")
    found = circle({"a": tmp_path})
    assert found[0] == found[-1]
    assert set(found) == {"a.one", "a.two", "a.three"}


def test_no_folder_has_more_than_30_files() -> None:
    assert {folder: n for folder, n in files_by_folder().items() if n > 30} == {}


def test_a_package_is_the_first_folder_of_a_module() -> None:
    assert package_of("solaris.quota.store") == "quota"
    assert package_of("solaris.gateway.body.heavy") == "gateway"
    assert package_of("solaris.app") == "app"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_what_it_uses(function: str) -> None:
    assert loaded_modules(function) <= MOST_LOADED[function]
