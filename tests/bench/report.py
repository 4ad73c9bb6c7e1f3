"""The measurements as Markdown for people and JSON for machines."""

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.measure import Measured
from tests.bench.memory import MAX_GROWTH_BYTES, STREAMS_A_STEP, MemoryReport
from tests.bench.system import PROGRAMS, RUNNER

AIM_ADDED_MS = 3.0
AIM_STREAMS_PER_SECOND = 350.0
MIB = 1024 * 1024
NOTE = (
    "The load generator, the mock and the system share this machine: trust ratios, not absolutes. "
    "Medians of the rounds; quota, rate limit, books and logs are on."
)
BOOKED_NOTE = (
    "*until booked*: requests a second of the whole system, from the first request until the "
    "usage queue is empty again; *drain*: how long that took after the load had stopped."
)


def markdown(
    measured: list[Measured], memory_start: dict[str, int], memory: MemoryReport | None
) -> str:
    """All tables."""
    today = datetime.now(UTC).date().isoformat()
    lines = [
        "## IA SOLARIS bench",
        "",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {today}.",
        NOTE,
    ]
    single = [one for one in measured if one.scenario.connections == 1]
    loaded = [one for one in measured if one.scenario.connections > 1]
    if single:
        lines += _latency(single)
    if loaded:
        lines += [*_throughput(loaded), *_cpu(loaded), *_ceiling(loaded)]
    if measured:
        lines += _memory_table(memory_start, measured)
    if memory is not None:
        lines += _memory_run(memory)
    lines += ["", *_aims(measured)]
    return "\n".join(lines)


def write_json(
    path: Path, measured: list[Measured], memory: MemoryReport | None, problems: list[str]
) -> None:
    """Everything, round by round."""
    data: dict[str, Any] = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "scenarios": [asdict(one) for one in measured],
        "memory": asdict(memory) if memory else None,
        "problems": problems,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _latency(measured: list[Measured]) -> list[str]:
    lines = [
        "",
        "### Latency, 1 connection (ms)",
        "",
        "| | direct p50 | gateway p50 | **added p50** | direct p99 | gateway p99 | added p99 |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in measured:
        for figure, title in (("first", "first byte"), ("total", "whole answer")):
            if figure == "first" and not one.scenario.stream:
                continue
            cells = [
                f"{one.direct(f'{figure}_p50'):.2f}",
                f"{one.gateway(f'{figure}_p50'):.2f}",
                f"**{one.added(f'{figure}_p50'):.2f}**",
                f"{one.direct(f'{figure}_p99'):.2f}",
                f"{one.gateway(f'{figure}_p99'):.2f}",
                f"{one.added(f'{figure}_p99'):.2f}",
            ]
            lines.append(f"| {one.scenario.title}, {title} | {' | '.join(cells)} |")
    return lines


def _throughput(measured: list[Measured]) -> list[str]:
    lines = [
        "",
        f"### Requests a second, {measured[0].scenario.connections} connections",
        "",
        "| | direct | gateway | ratio | until booked | drain s | p50 ms | p99 ms | not 200 |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for one in measured:
        failures = ", ".join(f"{n} × {kind}" for kind, n in sorted(one.failures().items()))
        cells = [
            f"{one.direct('per_second'):.0f}",
            f"{one.gateway('per_second'):.0f}",
            f"{one.ratio():.2f}",
            f"{median(r.sustained_per_second for r in one.rounds):.0f}",
            f"{median(r.drain_seconds for r in one.rounds):.1f}",
            f"{one.gateway('total_p50'):.1f}",
            f"{one.gateway('total_p99'):.1f}",
            failures or "0",
        ]
        lines.append(f"| {one.scenario.title} | {' | '.join(cells)} |")
    lines += [
        "",
        BOOKED_NOTE,
    ]
    return lines


def _cpu(measured: list[Measured]) -> list[str]:
    names = (*PROGRAMS, RUNNER, "generator")
    lines = [
        "",
        "### CPU per request through the gateway (ms)",
        "",
        f"| | {' | '.join(names)} | sum without mock and generator |",
        f"|---|{'--:|' * (len(names) + 1)}",
    ]
    for one in measured:
        used = {name: one.cpu_ms(name) for name in names}
        system = sum(used.values()) - used["mock"] - used["generator"]
        cells = [f"{used[name]:.2f}" for name in names]
        lines.append(f"| {one.scenario.title} | {' | '.join(cells)} | **{system:.2f}** |")
    lines += ["", "*worker* books the usage events; *runner* takes the processes' logs to files."]
    return lines


def _ceiling(measured: list[Measured]) -> list[str]:
    """How far the load generator is from being what is measured."""
    lines = ["", "Load generator, direct to the mock:"]
    for one in measured:
        direct = [r.direct for r in one.rounds if r.direct.answers]
        if not direct:
            continue
        cost = median(r.cpu_seconds * 1000 / r.answers for r in direct)
        lines.append(
            f"- {one.scenario.title}: {one.direct('per_second'):.0f} answers/s, the mock on the "
            f"other core; {cost:.3f} ms of CPU each, so at most {1000 / cost:.0f}/s"
        )
    return lines


def _memory_table(start: dict[str, int], measured: list[Measured]) -> list[str]:
    end = measured[-1].rounds[-1].memory_bytes
    lines = ["", "### Memory (RSS, MiB)", "", "| | start | end |", "|---|--:|--:|"]
    lines += [f"| {name} | {start[name] / MIB:.0f} | {end[name] / MIB:.0f} |" for name in PROGRAMS]
    return lines


def _memory_run(memory: MemoryReport) -> list[str]:
    steps = ", ".join(f"{size / MIB:.1f}" for size in memory.steps)
    verdict = "flat" if memory.is_flat else "GROWS"
    growth, bound = memory.growth_bytes / MIB, MAX_GROWTH_BYTES / MIB
    relayed, rise = memory.long_body_bytes / MIB, memory.long_growth_bytes / MIB
    return [
        "",
        "### Memory of the gateway (RSS, MiB)",
        "",
        f"- {memory.streams:,} streams, after every {STREAMS_A_STEP:,}: {steps}",
        f"- growth after the first {STREAMS_A_STEP:,}: {growth:.1f} (bound {bound:.0f}): {verdict}",
        f"- one answer of {memory.long_tokens:,} tokens, {relayed:.1f} MiB: rise {rise:.1f}",
    ]


def _aims(measured: list[Measured]) -> list[str]:
    found = {one.scenario.name: one for one in measured}
    lines = []
    for name in ("latency-buffered", "latency-stream"):
        if name in found:
            added = found[name].added("total_p50")
            reached = "reached" if added <= AIM_ADDED_MS else "missed"
            lines.append(
                f"Aim: added p50 ≤ {AIM_ADDED_MS:g} ms at 1 connection, "
                f"{found[name].scenario.title}: {added:.2f} ms ({reached})"
            )
    if "load-stream" in found:
        rate = median(one.sustained_per_second for one in found["load-stream"].rounds)
        reached = "reached" if rate >= AIM_STREAMS_PER_SECOND else "missed"
        lines.append(
            f"Aim: ≥ {AIM_STREAMS_PER_SECOND:g} streams/s for the whole system on 2 cores: "
            f"{rate:.0f}/s until booked ({reached})"
        )
    return lines
