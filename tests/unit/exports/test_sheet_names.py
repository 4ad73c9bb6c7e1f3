"""Names of sheets: what Excel takes, whatever groups are called."""

from hypothesis import given
from hypothesis import strategies as st

from solaris.exports.sheets import MAX_SHEET_CHARACTERS, sheet_names


@given(st.lists(st.text(max_size=80), max_size=30))
def test_each_name_is_taken_once_and_is_one_that_excel_takes(wanted: list[str]) -> None:
    found = list(sheet_names(wanted))
    assert len(found) == len(wanted)
    assert len({one.casefold() for one in found}) == len(found)
    for one in found:
        assert 1 <= len(one) <= MAX_SHEET_CHARACTERS
        assert not set(one) & set("[]:*?/\\")
        assert one == one.strip("' ")
        assert one.casefold() != "history"


def test_equal_names_get_a_number() -> None:
    assert list(sheet_names(["Vendas", "VENDAS", "History", "a/b", "", "x" * 40, "x" * 50])) == [
        *("Vendas", "VENDAS (2)", "History (2)", "a b", "-", "x" * 31, f"{'x' * 27} (2)")
    ]
