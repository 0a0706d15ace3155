"""The list of faults, and how one begins and ends."""

from annotationlib import Format
from collections.abc import Callable
from dataclasses import dataclass
import inspect
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..device import Device

type End = Callable[[], None] | None


class FaultError(ValueError):
    """No such fault, or not with these parameters; the text is one sentence."""


@dataclass(frozen=True)
class Fault:
    """A named kind of trouble."""

    name: str
    about: str
    begin: Callable[..., End]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what can be set."""
        return tuple(
            inspect.signature(self.begin, annotation_format=Format.STRING).parameters
        )[1:]


FAULTS: Final[dict[str, Fault]] = {}


def fault[**P](name: str, about: str) -> Callable[[Callable[P, End]], Callable[P, End]]:
    """Enter a function as a fault."""

    def enter(begin: Callable[P, End]) -> Callable[P, End]:
        FAULTS[name] = Fault(name, about, begin)
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
    """Let a fault begin now and end after `lasts_s` seconds. Raises FaultError."""
    found = find(name, parameters)
    injection = Injection(name, found.begin(device, **parameters))
    if lasts_s is not None:
        device.world.after(lasts_s, injection.end)
    return injection


def find(name: str, parameters: dict[str, Any]) -> Fault:
    """Return a fault that takes these parameters. Raises FaultError."""
    if name not in FAULTS:
        raise FaultError(
            f"there is no fault '{name}'; known are {', '.join(sorted(FAULTS))}"
        )
    unknown = sorted(set(parameters) - set(FAULTS[name].parameters))
    if unknown:
        raise FaultError(f"the fault '{name}' has no '{unknown[0]}'")
    return FAULTS[name]


def add[T](list_: list[T], member: T) -> Callable[[], None]:
    """Put a member into a list and return what takes it out again."""
    list_.append(member)
    return lambda: list_.remove(member)
