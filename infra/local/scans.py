"""Scans of ministack at the cost of a page instead of the whole table.

ministack sorts the table and copies it for every page: 0.3 s a page at 100,000 items, during
which nobody else is served. Here a table scan gets a view of the table that holds only the
partitions from the start key on that a page can need, and ministack does the rest.
"""

from __future__ import annotations

import heapq
import zlib
from collections import ChainMap
from typing import Any

_FIRST_WINDOW = 4_096
_MAX_SEGMENTS = 1_000_000

Table = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


class TablesWithView:
    """ministack's tables, one of them seen through a window."""

    def __init__(self, tables: Any, name: str, view: Any) -> None:
        self._tables = tables
        self._name = name
        self._view = view

    def get(self, name: str, default: Any = None) -> Any:
        return self._view if name == self._name else self._tables.get(name, default)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tables, name)


class WindowedScan:
    """Takes the place of ministack's `_scan`.

    A window that is too small shows: ministack comes to its end although partitions are left. It
    is then doubled. Segments are told apart here, by another hash than ministack's.
    """

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._whole = dynamodb._scan  # noqa: SLF001
        self._paginate = dynamodb._paginate_evaluated_items  # noqa: SLF001
        self._is_cut = False
        dynamodb._paginate_evaluated_items = self._noting  # noqa: SLF001

    def _noting(self, *arguments: Any) -> tuple[list[Any], bool]:
        """ministack's own cut into pages; remembers whether the page ended before the items."""
        page, self._is_cut = self._paginate(*arguments)
        return page, self._is_cut

    def __call__(self, data: dict[str, Any]) -> Answer:
        """Execute one Scan request; what is unusual, or wrong, is left to ministack."""
        dynamodb = self._dynamodb
        name = data.get("TableName")
        table = dynamodb._tables.get(name) if isinstance(name, str) else None  # noqa: SLF001
        start = data.get("ExclusiveStartKey") or {}
        segments = _segments(data)
        if not table or data.get("IndexName") or segments is None or not _is_key(start, table):
            return self._scan_whole(data)
        first = dynamodb._extract_key_val(start[table["pk_name"]]) if start else ""  # noqa: SLF001
        number, total = segments
        partitions = [
            key
            for key in table["items"]
            if key >= first and (total == 1 or zlib.crc32(key.encode()) % total == number)
        ]
        request = {k: v for k, v in data.items() if k not in ("Segment", "TotalSegments")}
        size = _first_window(data)
        while True:
            is_all = size >= len(partitions)
            window = partitions if is_all else heapq.nsmallest(size, partitions)
            answer = self._scan_view(request, str(name), table, window)
            if is_all or answer[0] != 200 or self._is_cut:  # noqa: PLR2004 - HTTP's OK
                return answer
            size *= 2

    def _scan_whole(self, data: dict[str, Any]) -> Answer:
        answer: Answer = self._whole(data)
        return answer

    def _scan_view(
        self, request: dict[str, Any], name: str, table: Table, partitions: list[str]
    ) -> Answer:
        items = table["items"]
        window = {key: items[key] for key in partitions}
        view = ChainMap({"items": window}, table)
        dynamodb = self._dynamodb
        tables = dynamodb._tables  # noqa: SLF001
        # One step of the event loop: nobody else sees the view.
        dynamodb._tables = TablesWithView(tables, name, view)  # noqa: SLF001
        try:
            return self._scan_whole(request)
        finally:
            dynamodb._tables = tables  # noqa: SLF001


def _segments(data: dict[str, Any]) -> tuple[int, int] | None:
    """(segment, of how many); None when ministack shall say what is wrong with them."""
    number, total = data.get("Segment"), data.get("TotalSegments")
    if number is None and total is None:
        return 0, 1
    if not isinstance(number, int) or not isinstance(total, int):
        return None
    return (number, total) if 0 <= number < total <= _MAX_SEGMENTS else None


def _is_key(start: dict[str, Any], table: Table) -> bool:
    if not start:
        return True
    names = [name for name in (table["pk_name"], table["sk_name"]) if name]
    return all(isinstance(start.get(name), dict) for name in names)


def _first_window(data: dict[str, Any]) -> int:
    """Partitions that hold a page as a rule: the limit, and the one of the start key."""
    limit = data.get("Limit")
    return limit + 1 if isinstance(limit, int) and 0 < limit < _FIRST_WINDOW else _FIRST_WINDOW
