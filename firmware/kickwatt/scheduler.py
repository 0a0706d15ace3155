"""Tasks that take turns.

A task is a generator that does a little and yields the milliseconds it wants to rest. One loop runs them all, so none
may wait in place for longer than 50 ms. The watchdog is fed only while every task keeps its word.
"""

from kickwatt import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

# Longest sleep: whatever a task asks for, the loop comes round this often.
_STEP_MS = 50
# A task this late means that another one hogs the processor.
_SLACK_MS = 2_000
_LONGEST_REST_MS = 5_000


def _due_ms(now_ms: int, rest_ms: int) -> int:
    """Longer rests end on a common beat, so that tasks meet in one turn and the processor sleeps in between."""
    due_ms = now_ms + rest_ms
    return due_ms - due_ms % _STEP_MS if rest_ms >= _STEP_MS else due_ms


class Scheduler:
    """The tasks, and when each wants its next turn."""

    def __init__(self, feed: Callable[[], None]) -> None:
        self._feed = feed
        self._tasks: list[Generator[int, None, None]] = []
        self._due_ms: list[int] = []

    def add(self, task: Generator[int, None, None]) -> None:
        """Take in a task; its first turn comes at once."""
        self._tasks.append(task)
        self._due_ms.append(clock.now_ms())

    def turn(self) -> None:
        """Give a turn to every task that is due, feed the watchdog if all is well, rest until the next is due.

        A task that ends or raises takes the loop with it: then nothing feeds the watchdog any more.
        """
        now_ms = clock.now_ms()
        on_time = True
        for index, task in enumerate(self._tasks):
            late_ms = now_ms - self._due_ms[index]
            if late_ms >= 0:
                on_time = on_time and late_ms < _SLACK_MS
                rest_ms = next(task)
                self._due_ms[index] = _due_ms(now_ms, min(rest_ms, _LONGEST_REST_MS))
        if on_time:
            self._feed()
        pause_ms = min(self._due_ms) - clock.now_ms()
        if pause_ms > 0:
            clock.sleep_ms(min(pause_ms, _STEP_MS))
