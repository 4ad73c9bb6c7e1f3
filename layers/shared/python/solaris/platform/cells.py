"""Cells of CSV files that no spreadsheet takes for formulas (OWASP: CSV injection). Pure.

A file with commas is opened by a spreadsheet that expects semicolons, and the other way round: then
`Ana;=1+1` is two cells. So a guard, `'`, stands before whatever may begin a formula, at the
beginning of a cell and behind every delimiter of every dialect. Reading takes it off again.
"""

import re

# full-width signs included, which spreadsheets of East Asia take alike
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_BREAKS = "\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_DELIMITERS = ",;" + _BREAKS
_MAX_BETWEEN = 200  # what stands between delimiter and sign; no cell has more to a purpose
_BEGINS = rf"(?:[\s']{{0,{_MAX_BETWEEN}}}[{_SIGNS}]|'*[{_BREAKS}])"
_FOLLOWS = rf"[\s\"']{{0,{_MAX_BETWEEN}}}[{_SIGNS}]"
_UNGUARDED = re.compile(rf"\A(?={_BEGINS})|(?<=[{_DELIMITERS}])(?={_FOLLOWS})")
_GUARD = re.compile(rf"\A'(?={_BEGINS})|(?<=[{_DELIMITERS}])'(?={_FOLLOWS})")


def guarded(text: str) -> str:
    """The text with a `'` wherever a spreadsheet might see the beginning of a formula."""
    return _UNGUARDED.sub("'", text)


def unguarded(text: str) -> str:
    """The text as it was before `guarded`; one that has no guards stays as it is."""
    return _GUARD.sub("", text)
