"""The list of faults, and how one begins and ends."""

from annotationlib import Format
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import inspect
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..device import Device

type End = Callable[[], None] | None


class FaultError(ValueError):
    """No such fault, or not with these parameters; the text is one sentence."""


@dataclass(frozen=True)
class Between:
    """A number from `least` to `most`."""

    least: float
    most: float

    def __contains__(self, value: object) -> bool:
        """Return whether a parameter may have this value."""
        return (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and self.least <= value <= self.most
        )

    def __str__(self) -> str:
        """Say it in words."""
        return f"a number from {self.least:g} to {self.most:g}"


@dataclass(frozen=True)
class Whole(Between):
    """A whole number from `least` to `most`."""

    def __contains__(self, value: object) -> bool:
        """Return whether a parameter may have this value."""
        return isinstance(value, int) and super().__contains__(value)

    def __str__(self) -> str:
        """Say it in words."""
        return f"a whole {super().__str__()[2:]}"


@dataclass(frozen=True)
class OneOf:
    """One of some words."""

    words: tuple[str, ...]

    def __contains__(self, value: object) -> bool:
        """Return whether a parameter may have this value."""
        return value in self.words

    def __str__(self) -> str:
        """Say it in words."""
        return f"one of {', '.join(self.words)}"


type Allowed = Between | OneOf


@dataclass(frozen=True)
class Fault:
    """A named kind of trouble, and what each of its parameters may be."""

    name: str
    about: str
    begin: Callable[..., End]
    parameters: Mapping[str, Allowed]

    @property
    def usual(self) -> dict[str, object]:
        """What the parameters are when nobody sets them."""
        found = inspect.signature(self.begin, annotation_format=Format.STRING)
        return {name: found.parameters[name].default for name in self.parameters}


FAULTS: Final[dict[str, Fault]] = {}


def fault[**P](
    name: str, about: str, **parameters: Allowed
) -> Callable[[Callable[P, End]], Callable[P, End]]:
    """Enter a function as a fault with these parameters."""

    def enter(begin: Callable[P, End]) -> Callable[P, End]:
        FAULTS[name] = Fault(name, about, begin, parameters)
        return begin

    return enter


class Injection:
    """A fault that has begun."""

    def __init__(self, name: str, end: End) -> None:
        """Remember how it ends."""
        self.name = name
        self._end = end

    @property
    def active(self) -> bool:
        """Whether it still makes trouble."""
        return self._end is not None

    def end(self) -> None:
        """Let the trouble be over; a second time does nothing."""
        end, self._end = self._end, None
        if end is not None:
            end()


def inject(
    device: Device, name: str, *, lasts_s: float | None = None, **parameters: Any
) -> Injection:
    """Let a fault begin now and end after `lasts_s` seconds; the device's `news` hears of both. Raises FaultError.

    The same fault, if it goes on still, ends first: each puts back what it found.
    """
    found = find(name, parameters)
    for one in device.injections:
        if one.name == name:
            one.end()
    with_ = ", ".join(f"{key} {value}" for key, value in parameters.items())
    device.tell(f"{name} strikes" + (f" ({with_})" if with_ else ""))
    end = found.begin(device, **parameters)
    injection = Injection(name, end and _told(device, name, end))
    device.injections = [one for one in device.injections if one.active]
    device.injections.append(injection)
    if lasts_s is not None:
        device.world.after(lasts_s, injection.end)
    return injection


def find(name: str, parameters: Mapping[str, object]) -> Fault:
    """Return a fault that takes these parameters. Raises FaultError."""
    if name not in FAULTS:
        raise FaultError(
            f"there is no fault '{name}'; known are {', '.join(sorted(FAULTS))}"
        )
    allowed = FAULTS[name].parameters
    for key, value in parameters.items():
        if key not in allowed:
            raise FaultError(f"the fault '{name}' has no '{key}'")
        if value not in allowed[key]:
            raise FaultError(f"'{key}' of the fault '{name}' is {allowed[key]}")
    return FAULTS[name]


def add[T](list_: list[T], member: T) -> Callable[[], None]:
    """Put a member into a list and return what takes it out again."""
    list_.append(member)
    return lambda: list_.remove(member)


def again(device: Device, every_s: float, do: Callable[[], None]) -> Callable[[], None]:
    """Let something happen every so many seconds, and return what ends that."""
    going_on = True

    def happen() -> None:
        if going_on:
            do()
            device.world.after(every_s, happen)

    def end() -> None:
        nonlocal going_on
        going_on = False

    device.world.after(every_s, happen)
    return end


def _told(device: Device, name: str, end: Callable[[], None]) -> Callable[[], None]:
    def end_and_tell() -> None:
        end()
        device.tell(f"{name} is over")

    return end_and_tell
