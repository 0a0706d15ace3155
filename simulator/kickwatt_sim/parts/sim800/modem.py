"""The module: supply and keys, AT lines in, answers and unsolicited lines out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from ...internet import Internet
from ...world import MILLISECOND, NEVER, SECOND, Event, World, nanoseconds
from .cell import Cell
from .commands import COMMANDS, CommandFailed, CommandRefused, Reply, split
from .http import HttpSession

_LINE_LIMIT: Final = 556
_START_NS: Final = 3 * SECOND
_SHORT_NS: Final = 15 * MILLISECOND
# Presses of the keys that count (Hardware Design V1.00, 4.2 and 4.3.3).
_POWER_KEY_NS: Final = 1 * SECOND
_RESET_NS: Final = 105 * MILLISECOND
# What the module sends while it starts, always at 115200 baud.
_START_NOISE: Final = bytes.fromhex("0049494949ffffffff")
_NOISE_BAUD: Final = 115_200


class Wire(Protocol):
    """Where the modem's bytes go."""

    def send(self, data: bytes, *, baud: int, at_ns: int = 0) -> int:
        """Send from `at_ns` on; return when the last byte has arrived."""


@dataclass
class Profile:
    """What AT&W saves and every start restores."""

    echo: bool = True
    cmee: int = 0
    network_time: bool = True
    baud: int = 0


class Modem:
    """One SIM800. It starts with its supply, as the common breakout boards do."""

    def __init__(
        self, world: World, wire: Wire, internet: Internet, cell: Cell
    ) -> None:
        """Make a modem without supply. It was in service before: it knows to take its clock from the network."""
        self.world = world
        self.wire = wire
        self.cell = cell
        cell.on_registered = self._on_registered
        self.luck = world.random("modem")
        self.saved = Profile()
        self.profile = Profile()
        self.on = False
        self.supplied = False
        self.hung = False
        # How much longer than usual each answer takes.
        self.slowness_s = 0.0
        self.sim_present = True
        self.sim_pin: str | None = None
        self.sim_tries = 3
        self.sim_open = False
        self.creg_urc = 0
        self.functionality = 1
        self.apn = ""
        self.bearer = 3
        self.clock_offset_s: float | None = None
        self.battery_mv = 4010
        self.http = HttpSession(self, internet)
        self.dialogue: list[Callable[[str, bytes], None]] = []
        self._baud: int | None = None
        self._buffer = b""
        self._ready_ns = 0
        self._waiting: Event | None = None
        self._starting: Event | None = None
        self._body: _Body | None = None
        self._keys_ns: dict[str, int] = {}
        self._run = 0
        self._sim_waits = False

    # --- supply and keys

    def supply(self, on: bool) -> None:
        """Give the module its supply or take it away."""
        if on == self.supplied:
            return
        self.supplied = on
        if on:
            self._start()
        else:
            self._stop()
            self.hung = False

    def power_key(self, level: bool | None) -> None:
        """Move the PWRKEY pin, active low; a floating pin is high."""
        if self._pressed_ns("power", level) >= _POWER_KEY_NS and self.supplied:
            if self.on:
                self.power_down()
            elif self._starting is None:
                self._start()

    def reset_pin(self, level: bool | None) -> None:
        """Move the RESET pin, active low; a floating pin is high."""
        if self._pressed_ns("reset", level) >= _RESET_NS and self.supplied:
            self.restart()

    def restart(self) -> None:
        """Start anew, as after the reset pin."""
        self._stop()
        self.hung = False
        self._start()

    def lock_on(self, baud: int) -> None:
        """Speak and listen at another rate until the next start."""
        self._baud = baud

    def remove_sim(self) -> None:
        """Pull the card."""
        self.sim_present = False
        self.unsolicited("+CPIN: NOT READY")
        self.cell.search(False)

    def insert_sim(self) -> None:
        """Put the card back. Without a card detector the module finds it when it starts."""
        self._sim_waits = True

    def power_down(self) -> None:
        """Switch off with the last word of a regular end."""
        self.unsolicited("NORMAL POWER DOWN")
        self._stop()

    def _pressed_ns(self, key: str, level: bool | None) -> int:
        if level is False:
            self._keys_ns.setdefault(key, self.world.now_ns)
            return 0
        return self.world.now_ns - self._keys_ns.pop(key, self.world.now_ns)

    def _start(self) -> None:
        self.wire.send(_START_NOISE, baud=_NOISE_BAUD)
        self._starting = self.world.at(self.world.now_ns + _START_NS, self._started)

    def _started(self) -> None:
        self._starting = None
        self.on = True
        self.profile = Profile(**vars(self.saved))
        self._baud = self.profile.baud or None
        self._buffer, self._body, self._ready_ns = b"", None, 0
        self.functionality, self.creg_urc, self.bearer = 1, 0, 3
        self.sim_present, self._sim_waits = self.sim_present or self._sim_waits, False
        self.sim_open = self.sim_pin is None
        if self.profile.baud:
            self.unsolicited("RDY", "+CFUN: 1", f"+CPIN: {self.sim_state()}")
        self.cell.search(self.sim_present and self.sim_open)

    def _stop(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None
        self.on = False
        self._run += 1
        self.bearer = 3
        self.http.drop()
        self.cell.search(False)
        self.clock_offset_s = None

    # --- network

    def sim_state(self) -> str:
        """Return the SIM card's state as +CPIN names it."""
        if self.sim_open:
            return "READY"
        return "SIM PIN" if self.sim_tries else "SIM PUK"

    def clock_s(self) -> float | None:
        """Return the modem's clock as Unix seconds, None while it is unset."""
        return (
            None
            if self.clock_offset_s is None
            else self.world.wall_s + self.clock_offset_s
        )

    def _on_registered(self, registered: bool) -> None:
        if not self.on:
            return
        if registered and self.profile.network_time and self.cell.gives_time:
            self.clock_offset_s = self.clock_offset_s or 0.0
        if self.creg_urc:
            self.unsolicited(f"+CREG: {self.cell.status()}")
        if not registered:
            self.lose_bearer()

    def lose_bearer(self) -> None:
        """Let the network close the data connection."""
        if self.bearer == 1:
            self.bearer = 3
            self.unsolicited("+SAPBR 1: DEACT")
            self.http.bearer_lost()

    # --- lines out

    def unsolicited(self, *lines: str) -> None:
        """Say something that no command asked for, between two lines of whatever else goes out."""
        if self.on and not self.hung and self._baud is not None:
            self._out("".join(f"\r\n{line}\r\n" for line in lines).encode())

    def _out(self, data: bytes, after_ns: int = 0) -> int:
        for hear in self.dialogue:
            hear("modem", data)
        return self.wire.send(
            data, baud=self._baud or _NOISE_BAUD, at_ns=self.world.now_ns + after_ns
        )

    def finish(self, reply: Reply) -> None:
        """Send a command's answer; the next command may come when it is out."""
        text = b"".join(b"\r\n" + line.encode() + b"\r\n" for line in reply.lines)
        if reply.body is not None:
            text += reply.body
        if reply.final:
            text += b"\r\n" + reply.final.encode() + b"\r\n"
        after_ns = reply.after_ms * MILLISECOND or _SHORT_NS
        after_ns += nanoseconds(self.slowness_s)
        self._ready_ns = self._out(text, after_ns) if text else self.world.now_ns
        if self._buffer:
            self._work()

    def finish_later(self, after_s: float, reply: Callable[[], Reply]) -> None:
        """Let a command take `after_s` seconds; `reply` says then how it went. A restart in between ends it."""
        run = self._run

        def finish() -> None:
            if self._run == run:
                self.finish(self._guarded(reply))

        self.world.after(after_s, finish)

    # --- lines in

    def receive(self, data: bytes, baud: int) -> None:
        """Take bytes from the host."""
        if not self.on or self.hung:
            return
        if self._baud is None and data[:1] in b"Aa":
            self._baud = baud
        if baud != self._baud:
            return
        for hear in self.dialogue:
            hear("host", data)
        if self.profile.echo and self._body is None:
            self.wire.send(data, baud=baud)
        self._buffer += data
        self._work()

    def take_body(
        self, count: int, timeout_s: float, done: Callable[[bytes], None]
    ) -> None:
        """Take the next `count` bytes as they are, or what came when the time is over."""
        body = _Body(count, done)
        self._body = body
        body.timeout = self.world.after(timeout_s, lambda: self._body_done(body))

    def _body_done(self, body: _Body) -> None:
        if self._body is body:
            self._body = None
            if body.timeout is not None:
                body.timeout.cancel()
            taken, self._buffer = self._buffer[: body.count], self._buffer[body.count :]
            body.done(taken)

    def _work(self) -> None:
        while self._buffer:
            if self.world.now_ns < self._ready_ns:
                self._wait()
                return
            if self._body is not None:
                if len(self._buffer) < self._body.count:
                    return
                self._body_done(self._body)
                continue
            line, end, rest = self._buffer.partition(b"\r")
            if not end:
                if len(self._buffer) > _LINE_LIMIT:
                    self._buffer = b""
                    self.finish(Reply(final="ERROR"))
                return
            self._buffer = rest
            self._execute(line.replace(b"\n", b"").strip().decode("ascii", "replace"))

    def _wait(self) -> None:
        if self._waiting is None and self._ready_ns < NEVER:
            self._waiting = self.world.at(self._ready_ns, self._waited)

    def _waited(self) -> None:
        self._waiting = None
        self._work()

    def _execute(self, line: str) -> None:
        if not line:
            return
        if line[:2].upper() != "AT":
            return
        if len(line) > _LINE_LIMIT:
            self.finish(Reply(final="ERROR"))
            return
        self._ready_ns = NEVER
        lines: list[str] = []
        commands = split(line[2:])
        for number, (name, arguments) in enumerate(commands):
            reply = self._guarded(partial(COMMANDS.run, self, name, arguments))
            if reply is None:
                return
            if reply.final != "OK" or number == len(commands) - 1:
                self.finish(
                    Reply(
                        (*lines, *reply.lines), reply.final, reply.body, reply.after_ms
                    )
                )
                return
            lines += reply.lines

    def _guarded[R: Reply | None](self, run: Callable[[], R]) -> R | Reply:
        try:
            return run()
        except CommandRefused as refused:
            return Reply(final=refused.text(self.profile.cmee))
        except CommandFailed:
            return Reply(final="ERROR")


@dataclass
class _Body:
    """Raw bytes that the modem expects after `DOWNLOAD`."""

    count: int
    done: Callable[[bytes], None]
    timeout: Event | None = None
