"""What happens around a charger: when the scooter comes and goes, and what breaks.

A scenario is a TOML file (the ones that come with the simulator are in `scenarios/`):

    about = "one sentence"

    [[step]]
    after = "10m"             # since the start, once; or with every = "24h" again and again
    do = "plug_in"            # or unplug, press_button, fault
    charge = [0.2, 0.7]       # how full the battery is: a number, or a range to draw from

    [[step]]
    daily = "07:30"           # wall clock of the world, UTC; not_before = "8h" leaves out earlier ones
    jitter = "20m"            # up to so much later, drawn
    do = "unplug"

    [[step]]
    after = "2h"
    do = "fault"
    fault = "no_network"      # one of `kickwatt-sim scenarios`
    lasts = "30m"             # without it, to the end
    [step.with]               # parameters of the fault
    status = 603
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
import json
from pathlib import Path
import random
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from . import durations
from .faults.registry import Between, find

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
_ONLY_WITH: Final = {
    "charge": "plug_in",
    "fault": "fault",
    "lasts": "fault",
    "with": "fault",
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
        return parse(file.read_text("utf-8"), file.stem, str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"cannot read {file}: {error}") from error


def parse(text: str, name: str, file: str | None = None) -> Scenario:
    """Return the scenario that a text describes. Raises ScenarioError, which names file, step and field."""
    where = f"scenario '{name}'" if file is None else file
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{where}: {error}") from error
    if unknown := sorted(set(found) - {"about", "step"}):
        raise ScenarioError(f"{where}: '{unknown[0]}' means nothing here")
    given_steps = found.get("step", [])
    if not isinstance(given_steps, list):
        raise ScenarioError(f"{where}: write [[step]], with two brackets on each side")
    steps = []
    for number, given in enumerate(given_steps, 1):
        try:
            steps.append(_step(given))
        except (ValueError, TypeError) as error:
            raise ScenarioError(f"{where}, step {number}: {error}") from error
    return Scenario(name, str(found.get("about", "")), tuple(steps))


def write(scenario: Scenario) -> str:
    """Return the text that `parse` makes this scenario of."""
    blocks = [f"about = {_toml(scenario.about)}\n"]
    for step in scenario.steps:
        given = {
            "after": step.after_s,
            "every": step.every_s,
            "daily": None if step.daily_s is None else _clock(step.daily_s),
            "not_before": step.not_before_s or None,
            "jitter": step.jitter_s or None,
            "do": step.do,
            "charge": None if step.charge is None else list(step.charge),
            "fault": step.fault or None,
            "lasts": step.lasts_s,
        }
        lines = [f"{key} = {_toml(it)}" for key, it in given.items() if it is not None]
        if step.parameters:
            lines.append("[step.with]")
            lines += [f"{key} = {_toml(it)}" for key, it in step.parameters.items()]
        blocks.append("\n".join(["[[step]]", *lines, ""]))
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) % 3600 // 60:02}"


def _toml(value: object) -> str:
    # Strings, numbers and lists of numbers look in TOML as they do in JSON.
    return json.dumps(value, ensure_ascii=False)


def play(scenario: Scenario, device: Device) -> Playing:
    """Let the scenario happen to a device from now on; what is returned can stop it."""
    return Playing(scenario, device)


class Playing:
    """A scenario that happens to a device."""

    def __init__(self, scenario: Scenario, device: Device) -> None:
        """Begin now."""
        self._device = device
        self._began_s = device.world.now_s
        self._stopped = False
        for number, step in enumerate(scenario.steps):
            luck = device.world.random(f"scenario:{number}")
            self._next(step, step.times(device.world.wall, luck), luck)

    def stop(self) -> None:
        """Let nothing more of it happen; what has happened stays."""
        self._stopped = True

    def _next(self, step: Step, times: Iterator[float], luck: random.Random) -> None:
        at_s = next(times, None)
        if at_s is None:
            return

        def happen() -> None:
            if not self._stopped:
                _ACTIONS[step.do](self._device, step, luck)
                self._next(step, times, luck)

        world = self._device.world
        world.after(self._began_s + at_s - world.now_s, happen)


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
    for key, does in _ONLY_WITH.items():
        if key in given and given["do"] != does:
            raise ValueError(f"'{key}' goes with do = \"{does}\" only")
    parameters = given.get("with", {})
    if given["do"] == "fault":
        if not isinstance(parameters, dict):
            raise ValueError("'with' is a table of the fault's parameters")
        find(given.get("fault", ""), parameters)
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
    if key not in given:
        return None
    try:
        return durations.seconds(given[key])
    except ValueError as error:
        raise ValueError(f"'{key}': {error}") from error


def _time_of_day(text: str) -> float:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(text)):
        raise ValueError(f"'daily': '{text}' is not a time of day such as 07:30")
    moment = datetime.strptime(text, "%H:%M").replace(tzinfo=UTC)
    return moment.hour * 3600.0 + moment.minute * 60.0


def _range(given: Any) -> tuple[float, float]:
    numbers = given if isinstance(given, list) else [given, given]
    share = Between(0, 1)
    if len(numbers) != 2 or any(number not in share for number in numbers):
        raise ValueError("'charge' is between 0 and 1, or a range of two such numbers")
    low, high = (float(number) for number in numbers)
    if low > high:
        raise ValueError("'charge' is a range from the lower to the higher number")
    return low, high
