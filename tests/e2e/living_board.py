"""A simulated board that lives beside a test, many times as fast as the test."""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Event, Thread
import time
from types import TracebackType
from typing import Self

from kickwatt_sim.device import Device


class LivingBoard:
    """Runs a device in a thread of its own, `speed` seconds of its world in one, until the block ends."""

    def __init__(self, make: Callable[[], Device], speed: float) -> None:
        """`make` is called in that thread, to which the device belongs."""
        self._make = make
        self._speed = speed
        self._asked: SimpleQueue[tuple[Callable[[Device], object], Future[object]]] = (
            SimpleQueue()
        )
        self._over = Event()
        self._thread = Thread(target=self._live, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(30)

    def do(self, what: Callable[[Device], object]) -> None:
        """Change something about the device, between two of its steps."""
        done: Future[object] = Future()
        self._asked.put((what, done))
        done.result(30)

    def _live(self) -> None:
        next_step = time.monotonic()
        with self._make() as device:
            while not self._over.is_set():
                while not self._asked.empty():
                    what, done = self._asked.get()
                    done.set_result(what(device))
                device.run_for(1)
                # A world that is behind does not hurry to catch up: that would be another speed.
                next_step = max(next_step + 1 / self._speed, time.monotonic())
                self._over.wait(next_step - time.monotonic())
