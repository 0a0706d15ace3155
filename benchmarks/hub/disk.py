"""Bytes written for each reading, by which an SD card lives: 10,000 chargers, 5 million readings present.

A quarter of the chargers sends an hour of messages of one sample, every 30 s, 64 to a commit, as under the load of
hub.ingest; then that hour is packed. What counts is what the kernel was told to write, as in /proc/self/io.
"""

import asyncio
from pathlib import Path
import time

from kickwatt_hub import onboarding
from kickwatt_hub.model import Conversation, Delivery, Said
from kickwatt_hub.security.secret import load_secret
from kickwatt_hub.store import Store
from kickwatt_hub.store.engines import FILE

from .. import fill
from ..programs import scratch
from ..report import Report

PRESENT = 500  # readings of each charger that are there before
TOGETHER = 64
HOUR = 120  # messages of each charger that reports
STEP_MS = 30_000
SAID = Said(
    fw="0.1.0",
    up=86_400,
    reset="power_on",
    clock=None,
    csq=17,
    state="charging",
    relay=1,
    why="button",
    trips=(),
    order=0,
    refused=None,
    rev=0,
    left=0,
)


def run(report: Report) -> None:
    """Count while storing, and while packing."""
    chargers = 400 if report.quick else 10_000
    messages = chargers // 4 * HOUR
    with scratch() as folder:
        asyncio.run(_run(report, folder, chargers, messages))


async def _run(report: Report, folder: Path, chargers: int, messages: int) -> None:
    now_ms = time.time_ns() // 1_000_000
    report.doing(f"adding {chargers:,} chargers")
    pks = await add(folder, chargers)
    report.doing(f"filling in {chargers * PRESENT:,} readings")
    courses = [
        fill.course(PRESENT, now_ms - 3_600_000, 30, seed)
        for seed in range(fill.COURSES)
    ]
    fill.insert(folder / FILE, fill.chunks_for(pks, courses))
    store = await Store.open(folder)
    try:
        report.doing(f"storing {messages:,} messages")
        begun = _written()
        await _deliver(store, pks[::4], messages, now_ms)
        stored = _written()
        report.doing("packing")
        await store.packer.pack()
    finally:
        await store.close()
    packed = _written()
    report.figure("Readings present", chargers * PRESENT, "")
    report.figure("Log", (stored - begun) / messages, "bytes/reading")
    report.figure("Packing", (packed - stored) / messages, "bytes/reading")
    total = (packed - begun) / messages
    report.figure("Written in all", total, "bytes/reading", at_most=300)


async def add(folder: Path, count: int) -> list[int]:
    """Add so many chargers; return their keys in the database."""
    store = await Store.open(folder)
    try:
        ids = [f"charger-{n}" for n in range(count)]
        secret = load_secret(folder)
        await onboarding.add_chargers(store, secret, ids, simulated=False)
        return sorted(await store.chargers.keys())
    finally:
        await store.close()


async def _deliver(store: Store, pks: list[int], messages: int, now_ms: int) -> None:
    end_ms = now_ms + HOUR * STEP_MS
    readings = fill.course(HOUR, end_ms, STEP_MS // 1000, 99, first_number=PRESENT + 1)
    for first in range(0, messages, TOGETHER):
        await asyncio.gather(
            *(
                store.chargers.deliver(
                    Delivery(
                        charger_pk=pks[n % len(pks)],
                        conversation=Conversation(
                            boot=1,
                            seq=n,
                            number=n,
                            mac=n.to_bytes(32),
                            reply=b"%064x\n" % n
                            + b'{"v":1,"ack":%d,"time":%d,"relay":1,"order":0,"lease":900,"interval":30}'
                            % (n, now_ms),
                            interval_s=30,
                            last_seen_ms=now_ms,
                            said=SAID,
                            energy_wh=float(n),
                            meter_wh=n,
                        ),
                        readings=(readings[n // len(pks)],),
                    )
                )
                for n in range(first, min(first + TOGETHER, messages))
            )
        )


def _written() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(
        int(line.split()[1]) for line in lines if line.startswith("write_bytes")
    )
