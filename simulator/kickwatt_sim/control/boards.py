"""The boards of one process: the one that it was started with, and those that are added while it runs.

A further board is built as the first one was, of the same files and settings, with an id and a key of its own; it reports to where
the first one does, for that is where this machine finds the hub. It lives in the present, in a world and a thread of its own, and a
scooter waits on its charger. Nothing of it is kept: it ends with the process.
"""

from collections.abc import Callable
from datetime import UTC, datetime
import threading
from typing import Any

from .. import scenario as scenarios
from ..board.models import MODELS
from ..device import Device
from ..pace import RealPace
from ..world import NEVER, World
from .errors import WrongError
from .panel import Panel

MOST = 20
"""Boards in one process, the first one included."""
SCENARIO = "already_plugged"
END_S = 10.0


class Boards:
    """The first board with those that were added. May be used from any thread; `close` it at the end."""

    def __init__(self, first: Panel, prepare: Callable[[Device], None]) -> None:
        """`prepare` is called with the device of a further board before it lives."""
        self._first = first
        self._prepare = prepare
        self._further: dict[str, Further] = {}
        self._built = 0
        self._turn = threading.Lock()

    def all(self) -> dict[str, Any]:
        """Return the chargers that are played, and which of them is the first."""
        further = [name for name, each in list(self._further.items()) if each.alive]
        return {
            "boards": [
                {"charger": self._first.charger, "first": True},
                *({"charger": name, "first": False} for name in further),
            ]
        }

    def panel(self, charger: str | None) -> Panel:
        """Return a charger's panel; without a name, that of the first one. Raises WrongError."""
        if charger is None or charger == self._first.charger:
            return self._first
        further = self._further.get(charger)
        if further is None or not further.alive:
            raise WrongError(404, "The simulator does not play this charger.", "charger")  # fmt: skip
        return further.panel

    def play(self, charger: str, key: str) -> dict[str, Any]:
        """Have a board of this charger with this key, and return all that there are. Raises WrongError."""
        with self._turn:
            if not self._plays(charger, key):
                self._remove(charger)
                self._refuse_more()
                self._further[charger] = Further(self._build(charger, key))
        return self.all()

    def stop(self, charger: str) -> dict[str, Any]:
        """Let a further board end, and return those that remain. Raises WrongError."""
        with self._turn:
            if self.panel(charger) is self._first:
                raise WrongError(409, "The simulator was started with this board and ends with it.", "charger")  # fmt: skip
            self._remove(charger)
        return self.all()

    def close(self) -> None:
        """Let all further boards end."""
        with self._turn:
            for each in self._further.values():
                each.halt()
            for charger in list(self._further):
                self._remove(charger)

    def _plays(self, charger: str, key: str) -> bool:
        try:
            panel = self.panel(charger)
        except WrongError:
            return False
        if panel.device.board.settings["KICKWATT_KEY"] == key:
            return True
        if panel is self._first:
            raise WrongError(409, "The simulator was started with this charger's former key: start it anew.", "charger")  # fmt: skip
        return False

    def _refuse_more(self) -> None:
        if len(self.all()["boards"]) >= MOST:
            raise WrongError(409, f"The simulator plays {MOST} chargers already: stop one of them.", "charger")  # fmt: skip

    def _build(self, charger: str, key: str) -> Panel:
        first = self._first.device
        self._built += 1
        start = datetime.now(UTC)
        pace = RealPace(1.0, epoch_s=start.timestamp())
        device = Device(
            {**first.board.settings, "KICKWATT_ID": charger, "KICKWATT_KEY": key},
            world=World(start=start, seed=first.world.seed + self._built, pace=pace),
            firmware=first.board.drive,
            board=next(
                name for name, each in MODELS.items() if each is first.board.model
            ),
        )
        self._prepare(device)
        script = scenarios.load(SCENARIO)
        return Panel(device, pace, script, scenarios.play(script, device))

    def _remove(self, charger: str) -> None:
        further = self._further.pop(charger, None)
        if further is not None:
            further.end()


class Further:
    """A board that lives in a thread of its own."""

    def __init__(self, panel: Panel) -> None:
        """Begin to live."""
        self.panel = panel
        self._thread = threading.Thread(
            target=self._live, name=f"charger {panel.charger}", daemon=True
        )
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it lives: not so once it was ended, or has broken down."""
        return self._thread.is_alive()

    def halt(self) -> None:
        """Let it stop where it is."""
        world = self.panel.device.world

        def here() -> None:
            world.horizon_ns = world.now_ns

        world.arrive(here)

    def end(self) -> None:
        """Let it stop, and wait until it has."""
        self.halt()
        self._thread.join(END_S)

    def _live(self) -> None:
        with self.panel.device as device:
            device.board.run_until(NEVER)
