"""The machine that is measured on, and which of its cores does what."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import platform
import sqlite3
from time import perf_counter

SERVER_CPU = 0
LOAD_CPU = 1


def describe() -> str:
    """Return processor, cores, memory, kernel, Python and SQLite in one line."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {gib:.0f} GiB, Linux {platform.release()},"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


@contextmanager
def on_cpu(cpu: int) -> Iterator[None]:
    """Run this thread, and every process that it starts meanwhile, on one core only."""
    before = os.sched_getaffinity(0)
    if cpu in before:
        os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_s(pid: int) -> float:
    """Return the processor time of a process so far: proc(5), fields 14 and 15 of `stat`."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def write_through_ms(folder: Path, times: int = 200) -> tuple[float, float]:
    """Return how long this disk takes to keep 4 KiB: the median of so many fdatasync(2), and the 99th percentile."""
    path = folder / "write-through"
    took: list[float] = []
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(bytes(4096))
            began = perf_counter()
            os.fdatasync(file.fileno())
            took.append((perf_counter() - began) * 1000)
    path.unlink()
    took.sort()
    return took[times // 2], took[times * 99 // 100]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()
