"""A clock that jumps: the time of day of Python programs, moved while they run. No compiler needed.

Copied beside a file of one number as `sitecustomize.py` on a PYTHONPATH, it is the first thing
that every program there imports. CLOCK_REALTIME only: what is steady (monotonic, sleep, time-outs)
stays as it is. The number, seconds, is mapped into all of them, so that they jump together.

Programs that are not Python (tables, cache) go on by the real time; neither keeps any time of ours
but the cache's times to live, which are spans.
"""

import ctypes
import gc
import mmap
import os
import struct
import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

OFFSET_FILE = "offset"
_FORM = struct.Struct("d")


class ShiftedClock:
    """The clock of the programs that are started with `variables()`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._file = folder / OFFSET_FILE
        self._file.write_bytes(_FORM.pack(0.0))
        (folder / "sitecustomize.py").write_bytes(Path(__file__).read_bytes())

    def variables(self) -> dict[str, str]:
        """What makes a Python program go by this clock."""
        others = os.environ.get("PYTHONPATH")
        return {"PYTHONPATH": os.pathsep.join(filter(None, (str(self._folder), others)))}

    def set(self, seconds: float) -> None:
        """So far ahead of the real time, or behind it; at once, everywhere."""
        with self._file.open("r+b") as file:
            file.write(_FORM.pack(seconds))

    def install(self) -> Callable[[], None]:
        """Let this process go by it too; what is returned undoes that."""
        return install(self._file)


def install(file: Path) -> Callable[[], None]:
    """Move this process's time of day by the seconds in `file`; returns what undoes it."""
    with file.open("rb") as opened:
        shared = mmap.mmap(opened.fileno(), _FORM.size, access=mmap.ACCESS_READ)
    real = {name: getattr(time, name) for name in _IN_TIME}
    real_time, real_gettime = time.time, time.clock_gettime

    def now() -> float:
        return real_time() + float(_FORM.unpack_from(shared)[0])

    def gettime(clock: int) -> float:
        return now() if clock == time.CLOCK_REALTIME else real_gettime(clock)

    def of_now(name: str) -> Callable[..., Any]:
        return lambda seconds=None: real[name](now() if seconds is None else seconds)

    def strftime(form: str, moment: Any = None) -> str:
        shown: str = real["strftime"](form, time.localtime() if moment is None else moment)
        return shown

    moved: dict[str, Any] = {
        "time": now,
        "time_ns": lambda: int(now() * 1e9),
        "clock_gettime": gettime,
        "strftime": strftime,
        **{name: of_now(name) for name in ("gmtime", "localtime", "ctime")},
    }
    for name in _IN_TIME:
        setattr(time, name, _Plain(moved[name]))
    undo = _move_datetime(now)

    def undone() -> None:
        undo()
        for name, function in real.items():
            setattr(time, name, function)

    return undone


_IN_TIME = ("time", "time_ns", "clock_gettime", "strftime", "gmtime", "localtime", "ctime")


class _Plain:
    """As a built-in function is: it stays itself as an attribute of a class (logging has one)."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)


def _move_datetime(now: Callable[[], float]) -> Callable[[], None]:
    """In the class itself: programs and libraries hold it by name, and C makes its values."""
    inside = gc.get_referents(datetime.__dict__)[0]
    before = {name: inside.get(name) for name in ("now", "utcnow")}

    def moved_now(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
        return cls.fromtimestamp(now(), tz)

    def moved_utcnow(cls: type[datetime]) -> datetime:
        at = time.gmtime()
        return cls(*at[:6], int(now() % 1 * 1e6))

    def put(values: dict[str, Any]) -> None:
        inside.update(values)
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))

    put({"now": classmethod(moved_now), "utcnow": classmethod(moved_utcnow)})
    return lambda: put(before)


if __name__ == "sitecustomize":
    install(Path(__file__).with_name(OFFSET_FILE))
