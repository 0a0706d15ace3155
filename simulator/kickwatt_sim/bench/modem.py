"""A SIM800 on a pseudo-terminal, with real HTTP behind it.

with PtyModem() as modem:
print(modem.path)        # open it with any terminal program, or from any firmware
modem.do(lambda: modem.cell.cover(False))
"""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from ..courier import Courier
from ..internet import Answer, Internet, Request, exchange
from ..parts.modem import Cell, Modem, Sim800
from .clockwork import Clockwork
from .terminal import Terminal


class PtyModem:
    """The modem alone, switched on. It listens 3 s after its start, at the rate of the first `AT`.

    `modem` and `cell` are the simulator's own; change them inside `do`, because they live in another thread. `speed` lets
    everything but real servers be faster: starting, finding the network, latency, time limits. The SIM card asks for `pin`.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        seed: int = 0,
        pin: str | None = None,
        model: type[Modem] = Sim800,
        carry: Callable[[Request], Answer] = exchange,
    ) -> None:
        """Start it. Raises OSError when the system has no pseudo-terminal left."""
        self._clockwork = Clockwork(speed=speed, seed=seed)
        world = self.world = self._clockwork.world
        self._terminal = Terminal(world)
        self.path = self._terminal.path
        self.cell = Cell(world)
        self.courier = Courier(Internet(world, carry))
        self.modem = model(world, self._terminal, self.courier, self.cell)
        self.modem.sim_pin = pin
        self._terminal.part = self.modem
        self.modem.supply(True)
        self._clockwork.start()

    def do[T](self, action: Callable[[], T]) -> T:
        """Do something with the modem or its network, between two things that happen there."""
        return self._clockwork.do(action)

    def close(self) -> None:
        """Switch it off and take the terminal away. A second time does nothing."""
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
