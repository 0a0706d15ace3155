"""A PZEM-004T on a pseudo-terminal, in front of an outlet with a charger and a battery.

with PtyMeter() as meter:
meter.do(lambda: meter.outlet.plug_in(0.4))
meter.close_relay()
"""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from ..parts.outlet import Outlet
from ..parts.pzem import Pzem
from .clockwork import Clockwork
from .terminal import Terminal


class PtyMeter:
    """The meter alone, at address 1. The relay behind it is open; `outlet` says what else there is.

    Change `meter` and `outlet` inside `do`, because they live in another thread. `speed` lets a charge be faster.
    """

    def __init__(self, *, speed: float = 1.0, seed: int = 0) -> None:
        """Start it. Raises OSError when the system has no pseudo-terminal left."""
        self._clockwork = Clockwork(speed=speed, seed=seed)
        world = self.world = self._clockwork.world
        self._terminal = Terminal(world)
        self.path = self._terminal.path
        self.outlet = Outlet(world)
        self.meter = Pzem(world, self.outlet, self._terminal)
        self._terminal.part = self.meter
        self._clockwork.start()

    def do[T](self, action: Callable[[], T]) -> T:
        """Do something with the meter or the outlet, between two things that happen there."""
        return self._clockwork.do(action)

    def close_relay(self) -> None:
        """Let current flow."""
        self.do(lambda: self.outlet.relay.drive(True))

    def open_relay(self) -> None:
        """Let none flow."""
        self.do(lambda: self.outlet.relay.drive(False))

    def close(self) -> None:
        """Take meter and terminal away. A second time does nothing."""
        self._clockwork.close()
        self._terminal.close()

    def __enter__(self) -> Self:
        """Use it in a `with` block."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()
