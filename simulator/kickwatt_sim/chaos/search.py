"""Runs schedules under the observer's eyes, and makes a failing one as small as it can be."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from .. import scenario as scenarios
from ..device import Device
from ..scenario import Scenario, Step
from ..world import World
from .build import USUAL_BUILD, Build, draw_build
from .hub import InsideHub
from .invariants import Invariants, slack_for
from .schedule import draw

_START: Final = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
NAP_S: Final = 1.0


@dataclass(frozen=True)
class Case:
    """A schedule, the seed of its world, for how long it runs and on what; `firmware` as for a `Device`."""

    seed: int
    duration_s: float
    scenario: Scenario
    build: Build = USUAL_BUILD
    firmware: Path | None = None

    @property
    def autonomous(self) -> bool:
        """Whether the owner has let the board run without a lease: one in seven."""
        return self.seed % 7 == 6

    @property
    def remote_clear(self) -> bool:
        """Whether the owner lets trips be cleared from afar: one in five."""
        return self.seed % 5 == 4

    @property
    def limits(self) -> bool:
        """Whether the hub sets tight limits: every other."""
        return self.seed % 2 == 1


@dataclass(frozen=True)
class Finding:
    """A case in which something happened that must not, and what."""

    case: Case
    faults: tuple[str, ...]


def prepare(case: Case) -> tuple[Device, InsideHub, Invariants]:
    """Return a device of this case with its hub and its observer; nothing has run yet."""
    world = World(start=_START, seed=case.seed)
    hub = InsideHub(world, case.limits)
    own = {
        "KICKWATT_AUTONOMOUS": int(case.autonomous),
        "KICKWATT_REMOTE_CLEAR": int(case.remote_clear),
    }
    device = Device(
        hub.settings | case.build.settings | own,
        world=world,
        firmware=case.firmware,
        carry=hub.carry,
        board=case.build.board,
        nap_s=NAP_S,
    )
    eyes = Invariants(
        device,
        autonomous=case.autonomous,
        remote_clear=case.remote_clear,
        analog=case.build.meter == "analog",
        slack_s=slack_for(NAP_S),
    )
    scenarios.play(case.scenario, device)
    return device, hub, eyes


def look(case: Case) -> Finding | None:
    """Run one case; return what was found, or None."""
    device, hub, eyes = prepare(case)
    with device:
        device.run_for(case.duration_s)
    faults = [str(each) for each in eyes.violations] + list(
        dict.fromkeys(hub.complaints)
    )
    return Finding(case, tuple(faults)) if faults else None


def hunt(
    seeds: Iterable[int], duration_s: float, firmware: Path | None = None
) -> Iterator[tuple[int, Finding | None]]:
    """Run a schedule per seed, on the build that belongs to it, and return each with what was found."""
    for seed in seeds:
        script, build = draw(seed, duration_s), draw_build(seed)
        yield seed, look(Case(seed, duration_s, script, build, firmware))


def shrink(found: Finding, still: Callable[[Case], Finding | None] = look) -> Finding:
    """Return the same kind of finding from the fewest and shortest steps that bring it about."""
    kind = _kind(found)

    def smaller(steps: tuple[Step, ...]) -> Finding | None:
        case = replace(found.case, scenario=replace(found.case.scenario, steps=steps))
        again = still(case)
        return again if again is not None and _kind(again) == kind else None

    going_on = True
    while going_on:
        going_on = False
        for steps in _simpler(found.case.scenario.steps):
            if better := smaller(steps):
                found, going_on = better, True
                break
    return found


def _kind(found: Finding) -> str:
    """What happened, without when."""
    return found.faults[0].partition(": ")[2] or found.faults[0]


def _simpler(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Return what might do as well: a step less, a fault as it usually is, at a rounder time, half as long."""
    for place, step in enumerate(steps):
        before, after = steps[:place], steps[place + 1 :]
        yield before + after
        if step.parameters:
            yield (*before, replace(step, parameters={}), *after)
        if step.after_s is not None and step.after_s % 10:
            rounder_s = round(step.after_s - step.after_s % 10, 1)
            yield (*before, replace(step, after_s=rounder_s), *after)
        if step.lasts_s is not None and step.lasts_s > 2:
            half_s = float(int(step.lasts_s / 2))
            yield (*before, replace(step, lasts_s=half_s), *after)
