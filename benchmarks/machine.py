"""The machine that is measured on, and which of its cores does what."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import platform
import sqlite3

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


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()
