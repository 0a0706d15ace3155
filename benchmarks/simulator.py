"""The simulated board: days per second of virtual time, wear of the flash, bytes over GSM.

Seconds are of one processor's time in this process. A day has one charge of a scooter that comes home in the evening (the
scenario `commute`), or none; the hub orders one charge a day, with its usual lease and interval.
Bytes are those of requests and replies with 300 for the HTTP headers of both; GPRS and TCP add about 400 per message to what an
operator counts. The whole heap is measured by `scripts/test tests/firmware/micropython`, which prints it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
import time
from typing import Any

from kickwatt_sim import Device, World, coarse, play, scenario
from kickwatt_sim.chaos import InsideHub
from kickwatt_sim.internet import Answer, Request

from . import hub_process
from .programs import scratch
from .report import Report

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
DAY_S = 86_400
HEADER_BYTES = 300


class DailyHub(InsideHub):
    """Orders one charge a day, or none at all."""

    charges = True

    def orders(self, _message: dict[str, Any]) -> dict[str, Any]:
        """Return what the real hub says to a charger of this kind."""
        return {
            "time": int(self.world.wall_s),
            "relay": int(self.charges),
            "order": 1 + int(self.world.now_s // DAY_S),
            "lease": 900 if self.charges else 0,
            "interval": 60,
        }


@dataclass
class Run:
    """What a run of some days came to."""

    days: float
    seconds: float
    messages: int
    bytes: int
    erases: int
    programs: int

    @property
    def days_per_s(self) -> float:
        """Simulated days per second."""
        return self.days / self.seconds


def run(report: Report) -> None:
    """Measure the ways to run a board, then what a board costs."""
    days = 2.0 if report.quick else 20.0
    report.doing("the whole firmware")
    whole = _inside(days / 10, lambda _device: None)
    report.doing("strides, with charges")
    charging = _inside(days, coarse.stride)
    report.doing("strides, without")
    idle = _inside(days, coarse.stride, charges=False)
    report.doing("strides, a real hub")
    real = _real_hub(days / 2)
    report.figure("whole firmware, UARTs and AT commands", whole.days_per_s, "days/s")
    report.figure(
        "in strides, a charge a day", charging.days_per_s, "days/s", at_least=20
    )
    report.figure("in strides, no charge", idle.days_per_s, "days/s", at_least=20)
    report.figure(
        "in strides, real HTTP to a real hub", real.days_per_s, "days/s", at_least=2
    )
    for name, each in (("with a charge", charging), ("without", idle)):
        report.figure(
            f"messages, a day {name}", each.messages / each.days, "messages/day"
        )
        report.figure(
            f"over GSM, a day {name}", each.bytes / each.days / 1000, "kB/day"
        )
    for name, each in (("a charge a day", charging), ("no charge", idle)):
        report.figure(
            f"records written to flash, {name}", each.programs / each.days, "per day"
        )
        report.figure(
            f"flash erases, {name}", each.erases / each.days * 365, "per year"
        )
    report.note(
        "The whole firmware reads its meter each second, checks a CRC in Python and turns its loop twice for it: that is all the time there is. "
        "In strides a day with a charge is 2,600 turns of the tasks, and 600 messages that are written, signed, answered and verified as on the board: "
        "those are more than half of its time. Longer strides would save little; the end of a charge is decided by half minutes."
    )


def _inside(days: float, way: Callable[[Device], None], *, charges: bool = True) -> Run:
    world = World(start=START)
    hub = DailyHub(world, limits=False)
    hub.charges = charges
    return _run(
        Device(hub.settings, world=world, carry=hub.carry, nap_s=1.5), days, way
    )


def _real_hub(days: float) -> Run:
    with scratch() as folder:
        keys = hub_process.add_chargers(folder / "hub", 1)
        ((charger_id, key),) = keys.items()
        with hub_process.running(folder / "hub") as hub:
            settings: dict[str, str | int] = {
                "KICKWATT_ID": charger_id,
                "KICKWATT_KEY": key,
                "KICKWATT_URL": hub.device_url,
                "KICKWATT_APN": "internet",
            }
            return _run(Device(settings, world=World(start=START)), days, coarse.stride)


def _run(device: Device, days: float, way: Callable[[Device], None]) -> Run:
    sent = 0

    def count(request: Request, answer: Answer) -> None:
        nonlocal sent
        sent += len(request.body) + len(answer.body) + HEADER_BYTES

    device.courier.listeners.append(count)
    with device:
        way(device)
        play(scenario.load("commute"), device)
        began_s = time.process_time()
        device.run_for(days * DAY_S)
        seconds = time.process_time() - began_s
        exchanges, flash = device.exchanges, device.board.flash
        return Run(
            days,
            seconds,
            exchanges.succeeded + exchanges.failed,
            sent,
            flash.erases,
            flash.programs,
        )
