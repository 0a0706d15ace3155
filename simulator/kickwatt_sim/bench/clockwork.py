"""A world that runs by itself, in a thread, at the pace of a real clock."""

from collections.abc import Callable
import threading

from ..pace import RealPace
from ..world import NEVER, World

# How long `do` waits for a world that is busy.
_BUSY_S = 10.0


class Clockwork:
    """Runs a world `speed` times as fast as real time until it is closed."""

    def __init__(self, *, speed: float = 1.0, seed: int = 0) -> None:
        """Make a world that stands still until `start`."""
        self.world = World(seed=seed)
        pace = RealPace(speed, epoch_s=self.world.epoch_s)
        self.world.pace = pace
        self._stopping = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="world", daemon=True)

    def start(self) -> None:
        """Let time pass."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether time passes."""
        return self._thread.is_alive()

    def do[T](self, action: Callable[[], T]) -> T:
        """Do something in the world, between two things that happen there, and return what it returns.

        Raises what `action` raises, RuntimeError when the world has broken or ended, TimeoutError when it is stuck.
        """
        if not self.running:
            raise RuntimeError("this world has ended") from self._failure
        done = threading.Event()
        results: list[T] = []
        errors: list[Exception] = []

        def act() -> None:
            try:
                results.append(action())
            except Exception as error:  # noqa: BLE001 - it is raised in the thread that asked
                errors.append(error)
            done.set()

        self.world.arrive(act)
        if not done.wait(_BUSY_S):
            raise TimeoutError("the world is stuck")
        if errors:
            raise errors[0]
        return results[0]

    def close(self) -> None:
        """Stop the world. A second time does nothing."""
        if self._thread.is_alive():
            self.world.arrive(self._stop)
            self._thread.join()

    def _stop(self) -> None:
        self._stopping = True

    def _run(self) -> None:
        try:
            self.world.advance(NEVER, lambda: self._stopping)
        except BaseException as failure:  # noqa: BLE001 - `do` raises it in the thread that asks
            self._failure = failure
