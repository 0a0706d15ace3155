"""From a reading's acceptance by the hub to its state in Home Assistant, with 200 chargers on one hub.

Hub, Home Assistant and the boards are processes of their own: Home Assistant has one core, the other two share the
second. Home Assistant is the real one, with recorder and every entity that is enabled by default.
"""

import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
from statistics import quantiles
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from tests.support.hub_process import HubProcess

from .. import hub_process, machine
from ..programs import ROOT, scratch
from ..report import Report
from ..signed import Board, charging
from .boards import Accepted, report_in_turn

CHARGERS = 200
REALISTIC_S = 30.0
"""A board that charges reports each half minute."""
REALISTIC_FOR_S = 120.0
"""As long as from one full collection to the next, or more."""
HARD_S = 1.0
HARD_FOR_S = 30.0
CATCH_UP_S = 30.0
BOUND_MS = 50
COLLECTOR = (
    "What is missed at a reading a second is lost to Python's collector, which looks at every object of Home Assistant "
    "each time a quarter more has been made, most of them the recorder's: 200 chargers then change 1,200 states a second."
)


def run(report: Report) -> None:
    """Measure both rates, the slow one first: what the other leaves behind would be in its way."""
    chargers = CHARGERS // 10 if report.quick else CHARGERS
    shorter = 12 if report.quick else 1
    with scratch() as folder:
        data = folder / "hub"
        report.doing("adding chargers")
        boards = charging(data, chargers)
        token = HubProcess(data).add_token("control")
        with hub_process.running(data) as hub:
            report.doing("starting Home Assistant")
            with _home_assistant(folder / "config", hub.url, token) as core:
                entities = core.ask("count")
                report.figure("Chargers", chargers, "")
                report.figure("Their entities", entities, "")
                report.doing("warming up")
                _measure(core, hub, boards, REALISTIC_S, 10)
                for title, each_s, for_s in (
                    ("each half minute", REALISTIC_S, REALISTIC_FOR_S),
                    ("each second", HARD_S, HARD_FOR_S),
                ):
                    report.doing(f"a reading {title}")
                    seen = _measure(core, hub, boards, each_s, for_s / shorter)
                    _tell(report, title, *seen)
    report.note(COLLECTOR)


class HomeAssistant:
    """A Home Assistant in a process of its own, that notes when states came."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """`process` is `benchmarks.integration.home_assistant`."""
        self._process = process

    def ask(self, what: str) -> Any:
        """Return its answer to a word of `home_assistant.main`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(what, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, "Home Assistant ended: see home-assistant.log in its folder"
        return json.loads(line)


@contextmanager
def _home_assistant(config: Path, url: str, token: str) -> Iterator[HomeAssistant]:
    """Run Home Assistant on the load's core, connected to the hub."""
    config.mkdir()
    (config / "custom_components").symlink_to(ROOT / "custom_components")
    (config / "configuration.yaml").write_text("recorder:\nlogger:\n  default: error\n")
    command = [sys.executable, "-m", "benchmarks.integration.home_assistant"]
    with (
        machine.on_cpu(machine.LOAD_CPU),
        (config / "home-assistant.log").open("w") as log,
    ):
        process = subprocess.Popen(
            [*command, config, url, token],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
        )
    try:
        yield HomeAssistant(process)
    finally:
        process.terminate()
        process.wait()


def _measure(
    core: HomeAssistant,
    hub: HubProcess,
    boards: list[Board],
    each_s: float,
    seconds: float,
) -> tuple[Accepted, dict[str, Any]]:
    """Return when the hub accepted each reading, and what Home Assistant saw meanwhile."""
    core.ask("begin")
    port = urlsplit(hub.device_url).port
    assert port is not None
    with machine.on_cpu(machine.SERVER_CPU):
        accepted = asyncio.run(report_in_turn(port, boards, each_s, seconds))
    for _ in range(round(CATCH_UP_S / 0.1)):
        newest = core.ask("newest")
        if all(newest.get(charger, 0) >= wh for charger, wh in accepted):
            break
        time.sleep(0.1)
    return accepted, core.ask("end")


def _delays_ms(accepted: Accepted, states: list[list[Any]]) -> list[float]:
    """Return how long each reading, or one that overtook it, took to become a state."""
    shown: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for charger, energy_wh, at_s in states:
        shown[charger].append((energy_wh, at_s))
    delays_ms = []
    for (charger, energy_wh), accepted_s in accepted.items():
        at = bisect_left(shown[charger], (energy_wh, 0.0))
        assert at < len(shown[charger]), f"{charger}: {energy_wh} Wh are no state"
        delays_ms.append((shown[charger][at][1] - accepted_s) * 1000)
    return delays_ms


def _tell(report: Report, title: str, accepted: Accepted, seen: dict[str, Any]) -> None:
    delays_ms = _delays_ms(accepted, seen["states"])
    cuts = quantiles(delays_ms, n=100, method="inclusive")
    late = quantiles(seen["late_ms"], n=100, method="inclusive")
    collections_ms = seen["collections_ms"]
    report.figure(f"Accepted to state, {title}, p50", cuts[49], "ms")
    report.figure(f"Accepted to state, {title}, p99", cuts[98], "ms", at_most=BOUND_MS)
    report.figure(f"Readings, {title}", len(accepted) / seen["seconds"], "/s")
    report.figure(f"Event loop late, {title}, p99", late[98], "ms")
    report.figure(f"Event loop late, {title}, at most", max(seen["late_ms"]), "ms")
    report.figure(f"Full collections, {title}", len(collections_ms), "")
    report.figure(
        f"Full collections, {title}, longest", max(collections_ms, default=0), "ms"
    )
    report.figure(f"Integration, {title}", seen["integration"] * 100, "% of a core")
    report.figure(f"Event loop, {title}", seen["loop"] * 100, "% of a core")
    report.figure(f"Home Assistant, {title}", seen["process"] * 100, "% of a core")
