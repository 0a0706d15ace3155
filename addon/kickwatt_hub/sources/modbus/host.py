"""One meter that is asked at its own pace, for ever, whatever happens to it or to others."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
import logging
import time

from modbus_connection import (
    IllegalDataAddressError,
    IllegalDataValueError,
    IllegalFunctionError,
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusProtocolError,
    ModbusUnit,
)

from .line import Line, Lines
from .plan import Block, halves, plan
from .register import HOLDING, NoValueError, Register

_LOGGER = logging.getLogger(__name__)

TIMEOUT_S = 3.0
"""For one request. A meter behind a gateway at 9,600 Bd takes 0.2 s for 80 words."""
LONGEST_PAUSE_S = 300.0
REFUSED_S = 3600.0
"""How long a register that the meter does not have is left alone; it may get other firmware."""

_REFUSALS = (IllegalDataAddressError, IllegalDataValueError, IllegalFunctionError)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a meter is, and how often it is asked."""

    host: str
    port: int
    unit: int
    interval_s: float
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True, slots=True)
class MeterReading:
    """What one round has brought. A measurement is in `values` or, with the reason, in `missing`; never in both."""

    time_ms: int
    values: Mapping[str, float]
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HostState:
    """How it stands with a meter. `online` is None before the first round."""

    online: bool | None = None
    since_ms: int | None = None
    heard_ms: int | None = None
    failures: int = 0
    error: str | None = None
    next_ms: int | None = None
    """When it is asked next."""


@dataclass(slots=True)
class _Round:
    values: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    heard: bool = False
    error: str | None = None


class MeterHost:
    """Reads one meter; `start` and `stop` it once."""

    def __init__(
        self,
        place: Place,
        registers: Mapping[str, Register],
        longest_read: int,
        *,
        tell: Callable[[MeterReading], None],
        now_ms: Callable[[], int],
        done: Callable[[], None] = lambda: None,
        lines: Lines | None = None,
    ) -> None:
        """`tell` hears of every round in which the meter has answered; `longest_read` is in words.

        `done` is called after every round, whatever came of it; `lines` are shared with the others.
        """
        self.place = place
        self.state = HostState()
        self._registers = registers
        self._tell = tell
        self._now_ms = now_ms
        self._done = done
        self._lines = lines or Lines()
        self._blocks = plan(registers, longest_read)
        self._refused_s: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def requests(self) -> int:
        """How many requests a round takes."""
        return len(self._blocks)

    def start(self, delay_s: float = 0.0) -> None:
        """Begin to ask, for the first time in so long."""
        self._task = asyncio.create_task(self._run(delay_s))

    async def stop(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        address = self.place.host, self.place.port
        line = self._lines.take(*address, self.place.timeout_s)
        try:
            due_s = time.monotonic()
            while True:
                async with line.turn:
                    await self._round(line)
                due_s = max(due_s + self._pause_s(), time.monotonic())
                pause_s = due_s - time.monotonic()
                next_ms = self._now_ms() + round(pause_s * 1000)
                self.state = replace(self.state, next_ms=next_ms)
                self._done()
                await asyncio.sleep(pause_s)
        finally:
            await self._lines.give_back(*address)

    def _pause_s(self) -> float:
        """Return the interval; for a meter that does not answer twice as long each time, up to five minutes."""
        interval_s = self.place.interval_s
        step_s: float = interval_s * 2 ** min(self.state.failures, 16)
        return max(interval_s, min(step_s, LONGEST_PAUSE_S))

    async def _round(self, line: Line) -> None:
        time_ms = self._now_ms()
        found = _Round()
        try:
            unit = await line.unit(self.place.unit)
            for block in self._blocks:
                await self._read(unit, block, found)
        except (ModbusError, OSError) as error:
            found.error = _sentence(error)
            await line.drop()
        except asyncio.CancelledError:
            await line.drop()  # in the middle of an answer
            raise
        except Exception as error:
            _LOGGER.exception("Unexpected error while reading %s", self.place.host)
            found.error = type(error).__name__
            await line.drop()
        self._note(found, time_ms)
        if found.heard:
            for name in self._registers.keys() - found.values.keys():
                found.missing.setdefault(name, found.error or "not asked for")
            self._tell(MeterReading(time_ms, found.values, found.missing))

    async def _read(self, unit: ModbusUnit, block: Block, found: _Round) -> None:
        """Read a block. Raises ModbusError when the meter cannot be asked for more."""
        if len(block.names) == 1 and self._is_left_alone(block.names[0]):
            found.missing[block.names[0]] = "the meter does not have it"
            return
        try:
            words = await self._words(unit, block)
        except _REFUSALS as error:
            found.heard = True
            await self._read_refused(unit, block, found, error)
            return
        except ModbusExceptionError as error:
            # It is there, but busy or failing: the other blocks may do.
            found.heard = True
            found.error = _sentence(error)
            found.missing.update(dict.fromkeys(block.names, found.error))
            return
        found.heard = True
        for name in block.names:
            register = self._registers[name]
            at = register.address - block.start
            try:
                found.values[name] = register.value(
                    words[at : at + register.kind.words]
                )
            except NoValueError as error:
                found.missing[name] = str(error)

    async def _words(self, unit: ModbusUnit, block: Block) -> list[int]:
        async with asyncio.timeout(self.place.timeout_s):
            if block.function_code == HOLDING:
                words = await unit.read_holding_registers(block.start, block.count)
            else:
                words = await unit.read_input_registers(block.start, block.count)
        if len(words) != block.count:
            raise ModbusProtocolError(f"{len(words)} words instead of {block.count}")
        return words

    async def _read_refused(
        self,
        unit: ModbusUnit,
        block: Block,
        found: _Round,
        error: ModbusExceptionError,
    ) -> None:
        """Ask for the parts of what a meter has refused as a whole, now and from now on."""
        parts = halves(block, self._registers)
        if not parts:
            (name,) = block.names
            self._refused_s[name] = time.monotonic() + REFUSED_S
            found.missing[name] = _sentence(error)
            return
        at = self._blocks.index(block)
        self._blocks = (*self._blocks[:at], *parts, *self._blocks[at + 1 :])
        for part in parts:
            await self._read(unit, part, found)

    def _is_left_alone(self, name: str) -> bool:
        return self._refused_s.get(name, 0.0) > time.monotonic()

    def _note(self, found: _Round, time_ms: int) -> None:
        """Say once that a meter has fallen silent or answers again."""
        before = self.state
        online = found.heard and bool(found.values)
        since_ms = before.since_ms if before.online is online else time_ms
        self.state = replace(
            before,
            online=online,
            since_ms=since_ms,
            heard_ms=time_ms if found.heard else before.heard_ms,
            failures=0 if online else before.failures + 1,
            error=found.error,
        )
        if before.online is not online:
            shown = f"{self.place.host}:{self.place.port}, unit {self.place.unit}"
            if online:
                _LOGGER.info("The meter at %s answers", shown)
            else:
                _LOGGER.warning("The meter at %s: %s", shown, found.error or "no value")


def _sentence(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ModbusExceptionError):
        code = error.exception_code
        return f"it answers with exception {code if code is None else int(code)}"
    if isinstance(error, ModbusConnectionError):
        return "it cannot be reached, or has hung up"
    if isinstance(error, ModbusProtocolError):
        return "its answer is no Modbus"
    return str(error) or type(error).__name__
