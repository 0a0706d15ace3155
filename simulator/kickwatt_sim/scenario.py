"""What happens around a charger: when the scooter comes and goes, and what breaks.

A scenario is a TOML file (the ones that come with the simulator are in `scenarios/`):

    about = "one sentence"

    [[step]]
    after = "10m"             # since the start, once; or with every = "24h" again and again
    do = "plug_in"
    charge = [0.2, 0.7]       # how full the battery is: a number, or a range to draw from

    [[step]]
    daily = "07:30"           # wall clock of the world, UTC; not_before = "8h" leaves out earlier ones
    jitter = "20m"            # up to so much later, drawn
    do = "unplug"

    [[step]]
    after = "2h"
    do = "fault"
    fault = "no_network"      # one of `kickwatt-sim scenarios`
    lasts = "30m"
    [step.with]               # parameters of the fault
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
import random
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from . import durations
from .faults import FaultError
from .faults.registry import find

if TYPE_CHECKING:
    from .device import Device

_FOLDER: Final = Path(__file__).parent / "scenarios"
_KEYS: Final = {
    "after",
    "every",
    "daily",
    "not_before",
    "jitter",
    "do",
    "charge",
    "fault",
    "lasts",
    "with",
}


class ScenarioError(ValueError):
    """The scenario cannot be played; the text says why, in one sentence."""


@dataclass(frozen=True)
class Step:
    """One thing that happens, once or again and again."""

    do: str
    after_s: float | None = None
    every_s: float | None = None
    daily_s: float | None = None
    not_before_s: float = 0.0
    jitter_s: float = 0.0
    charge: tuple[float, float] | None = None
    fault: str = ""
    lasts_s: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def times(self, epoch: datetime, luck: random.Random) -> Iterator[float]:
        """Return when it happens, in seconds since the world began, in order."""
        for planned_s in self._planned(epoch):
            yield planned_s + (luck.uniform(0, self.jitter_s) if self.jitter_s else 0.0)

    def _planned(self, epoch: datetime) -> Iterator[float]:
        if self.daily_s is not None:
            midnight = epoch.replace(hour=0, minute=0, second=0, microsecond=0)
            for day in count():
                at_s = (
                    midnight + timedelta(days=day, seconds=self.daily_s) - epoch
                ).total_seconds()
                if at_s >= max(0.0, self.not_before_s):
                    yield at_s
        elif self.every_s is None:
            yield self.after_s or 0.0
        else:
            for number in count():
                yield (self.after_s or 0.0) + number * self.every_s


@dataclass(frozen=True)
class Scenario:
    """A named list of steps."""

    name: str
    about: str
    steps: tuple[Step, ...]


def names() -> list[str]:
    """Return the names of the scenarios that come with the simulator."""
    return sorted(file.stem for file in _FOLDER.glob("*.toml"))


def load(name_or_file: str) -> Scenario:
    """Return a scenario by its name or from a file. Raises ScenarioError."""
    file = (
        _FOLDER / f"{name_or_file}.toml"
        if name_or_file in names()
        else Path(name_or_file)
    )
    if not file.exists():
        raise ScenarioError(
            f"there is no scenario '{name_or_file}'; known are {', '.join(names())}, or give a file"
        )
    try:
        return parse(file.read_text("utf-8"), file.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"cannot read {file}: {error}") from error


def parse(text: str, name: str) -> Scenario:
    """Return the scenario that a text describes. Raises ScenarioError."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"scenario '{name}': {error}") from error
    if unknown := sorted(set(found) - {"about", "step"}):
        raise ScenarioError(f"scenario '{name}': '{unknown[0]}' means nothing here")
    steps = []
    for number, given in enumerate(found.get("step", []), 1):
        try:
            steps.append(_step(given))
        except (ValueError, TypeError, KeyError) as error:
            raise ScenarioError(f"scenario '{name}', step {number}: {error}") from error
    return Scenario(name, str(found.get("about", "")), tuple(steps))


def play(scenario: Scenario, device: Device) -> None:
    """Let the scenario happen to a device, from the world's beginning on."""
    for number, step in enumerate(scenario.steps):
        luck = device.world.random(f"scenario:{number}")
        _next(device, step, step.times(device.world.wall, luck), luck)


def _next(
    device: Device, step: Step, times: Iterator[float], luck: random.Random
) -> None:
    at_s = next(times, None)
    if at_s is None:
        return

    def happen() -> None:
        _ACTIONS[step.do](device, step, luck)
        _next(device, step, times, luck)

    device.world.after(at_s - device.world.now_s, happen)


def _plug_in(device: Device, step: Step, luck: random.Random) -> None:
    device.outlet.plug_in(luck.uniform(*step.charge) if step.charge else None)


def _unplug(device: Device, _step: Step, _luck: random.Random) -> None:
    device.outlet.unplug()


def _press_button(device: Device, _step: Step, _luck: random.Random) -> None:
    device.button.press()


def _fault(device: Device, step: Step, _luck: random.Random) -> None:
    device.inject(step.fault, lasts_s=step.lasts_s, **step.parameters)


_ACTIONS: Final[dict[str, Callable[[Device, Step, random.Random], None]]] = {
    "plug_in": _plug_in,
    "unplug": _unplug,
    "press_button": _press_button,
    "fault": _fault,
}


def _step(given: dict[str, Any]) -> Step:
    if unknown := sorted(set(given) - _KEYS):
        raise ValueError(f"'{unknown[0]}' means nothing here")
    if given.get("do") not in _ACTIONS:
        raise ValueError(f"'do' must be one of {', '.join(_ACTIONS)}")
    if ("after" in given) == ("daily" in given):
        raise ValueError("give either 'after' or 'daily'")
    parameters = given.get("with", {})
    if given["do"] == "fault":
        try:
            find(given.get("fault", ""), parameters)
        except FaultError as error:
            raise ValueError(str(error)) from error
    return Step(
        do=given["do"],
        after_s=_duration(given, "after"),
        every_s=_duration(given, "every"),
        daily_s=_time_of_day(given["daily"]) if "daily" in given else None,
        not_before_s=_duration(given, "not_before") or 0.0,
        jitter_s=_duration(given, "jitter") or 0.0,
        charge=_range(given["charge"]) if "charge" in given else None,
        fault=given.get("fault", ""),
        lasts_s=_duration(given, "lasts"),
        parameters=parameters,
    )


def _duration(given: dict[str, Any], key: str) -> float | None:
    return durations.seconds(given[key]) if key in given else None


def _time_of_day(text: str) -> float:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(text)):
        raise ValueError(f"'{text}' is not a time of day such as 07:30")
    moment = datetime.strptime(text, "%H:%M").replace(tzinfo=UTC)
    return moment.hour * 3600.0 + moment.minute * 60.0


def _range(given: float | list[float]) -> tuple[float, float]:
    low, high = given if isinstance(given, list) else (given, given)
    if not 0 <= low <= high <= 1:
        raise ValueError("'charge' is between 0 and 1, or a range of two such numbers")
    return float(low), float(high)
