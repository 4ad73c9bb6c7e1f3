"""The scale bench as Markdown for people and JSON for machines."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.scale_measure import MANY, OUR_PROGRAMS, SENDERS, Pair, Sample
from tests.bench.scale_open import OpenStreams, fairness
from tests.bench.scale_streams import Streams

MIB, KIB = 1024 * 1024, 1024
_NOTE = (
    "Load generator, mock and systems share them: trust ×, the median of the rounds' ratios to the "
    "base line of the same rounds. Then CPU s: what follows a start of 10,000 users and more "
    "(sweep, month, lists), waited for before anything is measured."
)
_COLUMNS = "requests/s until booked | × | p50 (p99) ms | × p50 | CPU ms: {} | all | × | failed |"


def markdown(base: Pair, sizes: Sequence[Pair], hot: Pair, streams: OpenStreams) -> str:
    """All tables; × is against the base line of the same rounds."""
    today = datetime.now(UTC).date().isoformat()
    lines = [
        "## IA SOLARIS at scale",
        "",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {today}.",
        _NOTE,
        "",
        f"### By what is in the store (16 connections, streams of 20 chunks, {SENDERS[1]} senders)",
        "",
        f"| in the store | file MB | memory MiB | start s | then CPU s | {_columns()}",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        _row(base, is_base=True, has_store=True),
        *(_row(pair, is_base=False, has_store=True) for pair in sizes),
    ]
    many = Pair(f"{MANY[1]:,} users", rounds=hot.base)
    lines += [
        "",
        "### By who sends",
        "",
        f"| | {_columns()}",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        _row(many, is_base=True, has_store=False),
        _row(hot, is_base=False, has_store=False),
    ]
    return "\n".join([*lines, *_open(streams)])


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Everything, round by round."""
    head = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(head | data, indent=1) + "\n", encoding="utf-8")


def _columns() -> str:
    return _COLUMNS.format(", ".join(OUR_PROGRAMS))


def _booked(one: Sample) -> float:
    return one.booked_per_second


def _cpu(one: Sample) -> float:
    return one.cpu_ms_of_all


def _p50(one: Sample) -> float:
    return one.total_p50


def _row(pair: Pair, *, is_base: bool, has_store: bool) -> str:
    programs = [median(one.cpu_ms[name] for one in pair.rounds) for name in OUR_PROGRAMS]
    cells = [pair.title]
    if has_store:
        cells.append(f"{pair.file_bytes / 1e6:,.0f}")
        cells.append(f"{pair.memory_of_all / MIB:.0f}")
        cells.append(f"{pair.start_seconds:.1f}")
        used = pair.start_cpu_seconds
        cells.append(f"{used:.0f}" if used else "–")
    cells += [
        f"{pair.of(_booked):.0f}",
        "1" if is_base else f"{pair.ratio(_booked):.2f}",
        f"{pair.of(lambda one: one.total_p50):.1f} ({pair.of(lambda one: one.total_p99):.1f})",
        "1" if is_base else f"{pair.ratio(_p50):.2f}",
        ", ".join(f"{one:.2f}" for one in programs),
        f"{pair.of(_cpu):.2f}",
        "1" if is_base else f"{pair.ratio(_cpu):.2f}",
        str(pair.failures),
    ]
    return f"| {' | '.join(cells)} |"


def _open(one: OpenStreams) -> list[str]:
    lines = [
        "",
        f"### {one.asked:,} streams open at once on one gateway process ({one.model})",
        "",
        "| | direct | gateway |",
        "|---|--:|--:|",
    ]
    for title, cell in (
        ("streams whole", lambda s: f"{s.whole:,}"),
        ("failed", _failures),
        ("most open at once", lambda s: f"{s.most_open:,}"),
        ("until all had ended, s", lambda s: f"{s.seconds:.1f}"),
        ("chunks/s", lambda s: f"{s.frames / s.seconds:,.0f}"),
        ("first byte p50 (p99) ms", lambda s: f"{s.first_p50:,.0f} ({s.first_p99:,.0f})"),
        ("while all were open, s", lambda s: f"{s.window_seconds:.1f}"),
        ("chunks of a stream then, min / median / max", _spread),
        ("Jain's index", lambda s: f"{fairness(s.chunks):.4f}" if s.chunks else "–"),
        ("longest silence of a stream then, p50 / max ms", _gaps),
    ):
        lines.append(f"| {title} | {cell(one.direct)} | {cell(one.gateway)} |")
    alone, meanwhile = one.alone, one.meanwhile
    memory = (
        f"- Gateway: {one.idle_bytes / MIB:.0f} → {one.open_bytes / MIB:.0f} MiB, "
        f"{one.bytes_a_stream / KIB:.0f} KiB a stream; CPU {one.gateway_cpu_seconds:.1f} s, "
        f"mock {one.mock_cpu_seconds:.1f} s; all booked {one.drain_seconds:.1f} s after the end."
    )
    others = (
        f"- One more connection: first byte p50 (p99) {alone.first_p50:.1f} "
        f"({alone.first_p99:.1f}) ms before, {meanwhile.first_p50:.1f} "
        f"({meanwhile.first_p99:.1f}) ms while they were open ({meanwhile.answers} requests)."
    )
    return [*lines, "", memory, others]


def _spread(streams: Streams) -> str:
    chunks = streams.chunks
    if not chunks:
        return "– (never all open)"
    return f"{min(chunks)} / {median(chunks):g} / {max(chunks)}"


def _gaps(streams: Streams) -> str:
    return f"{streams.gap_p50:.0f} / {streams.gap_max:.0f}" if streams.chunks else "–"


def _failures(streams: Streams) -> str:
    return ", ".join(f"{n} × {kind}" for kind, n in sorted(streams.failures.items())) or "0"
