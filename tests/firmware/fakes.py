"""What the firmware's parts stand on, made of plain Python: time, wires, pins, memory."""

from collections.abc import Callable, Generator
from typing import Any


class Time:
    """Milliseconds that pass when the test says so."""

    def __init__(self, ms: int = 1_000_000) -> None:
        self.ms = ms

    def pass_ms(self, duration: int) -> None:
        self.ms += duration

    def finish[T](
        self, task: Generator[int, None, T], most_ms: int = 3_600_000, least_ms: int = 1
    ) -> T:
        """Run a task step to its end, resting as it asks, and return its result."""
        ends = self.ms + most_ms
        while True:
            try:
                rest = next(task)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            assert isinstance(rest, int) and rest >= 0
            self.ms += max(rest, least_ms)
            assert self.ms < ends, "the task never ends"


class Wire:
    """A UART: what is written goes to `answer`, what that returns can be read."""

    def __init__(self, answer: Callable[[bytes], bytes] = lambda _: b"") -> None:
        self.answer = answer
        self.received = b""
        self.written: list[bytes] = []

    @property
    def in_waiting(self) -> int:
        return len(self.received)

    def read(self, count: int) -> bytes | None:
        data, self.received = self.received[:count], self.received[count:]
        return data or None

    def write(self, data: bytes) -> int:
        self.written.append(bytes(data))
        self.received += self.answer(bytes(data))
        return len(data)

    def reset_input_buffer(self) -> None:
        self.received = b""


class Pin:
    """A digital pin that remembers its levels."""

    def __init__(self, value: bool = False) -> None:
        self.levels = [value]

    @property
    def value(self) -> bool:
        return self.levels[-1]

    @value.setter
    def value(self, level: bool) -> None:
        if level != self.levels[-1]:
            self.levels.append(level)


class PowerFailed(Exception):
    """The supply went away in the middle of a write."""


class Flash:
    """`microcontroller.nvm` of an RP2: programming clears bits; anything else erases the whole sector first.

    `lasts` counts the bytes that can still be programmed before the supply fails; None is for ever. An erase
    counts as one byte, after which everything is gone.
    """

    def __init__(self, size: int = 4096) -> None:
        self.bytes = bytearray(b"\xff" * size)
        self.lasts: int | None = None
        self.erases = 0

    def __len__(self) -> int:
        return len(self.bytes)

    def __getitem__(self, where: slice) -> bytearray:
        return self.bytes[where]

    def __setitem__(self, where: slice, data: bytes) -> None:
        start = where.start or 0
        assert len(data) == len(range(*where.indices(len(self.bytes))))
        old = self.bytes[start : start + len(data)]
        if all(now in (255, new) for now, new in zip(old, data, strict=True)):
            self._program(start, data)
            return
        image = (
            bytes(self.bytes[:start]) + data + bytes(self.bytes[start + len(data) :])
        )
        self._spend()
        self.erases += 1
        self.bytes[:] = b"\xff" * len(self.bytes)
        self._program(0, image)

    def _program(self, start: int, data: bytes) -> None:
        for offset, byte in enumerate(data):
            if byte != self.bytes[start + offset]:
                self._spend()
                self.bytes[start + offset] = byte

    def _spend(self) -> None:
        if self.lasts is not None:
            if self.lasts == 0:
                raise PowerFailed
            self.lasts -= 1


def settings(**changes: Any) -> dict[str, Any]:
    """Return a complete settings.toml as `os.getenv` would give it."""
    return {
        "KICKWATT_ID": "scooter-1",
        "KICKWATT_KEY": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "KICKWATT_URL": "http://hub.example:8422",
        "KICKWATT_APN": "internet",
        **{f"KICKWATT_{name}": value for name, value in changes.items()},
    }
