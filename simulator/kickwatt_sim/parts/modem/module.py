"""The module: supply and keys, AT lines in, answers and unsolicited lines out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
import ssl
from typing import ClassVar, Final, Protocol

from ...courier import Courier
from ...world import MILLISECOND, NEVER, SECOND, Event, World, nanoseconds
from .cell import Cell
from .commands import COMMANDS, CommandFailed, CommandRefused, Reply, Table, split
from .http import HttpSession

_LINE_LIMIT: Final = 556
_SHORT_NS: Final = 15 * MILLISECOND
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
    """One module of the family: the AT state machine, its supply and its keys. A subclass is a kind of module."""

    table: ClassVar[Table] = COMMANDS
    start_ns: ClassVar[int] = 3 * SECOND
    start_noise: ClassVar[bytes] = b""
    # Presses of the keys that count.
    power_on_ns: ClassVar[int] = 1 * SECOND
    power_off_ns: ClassVar[int] = 1 * SECOND
    reset_ns: ClassVar[int] = 105 * MILLISECOND
    # The rate that it is delivered with; 0 is that of the first `AT`.
    factory_baud: ClassVar[int] = 0
    # What a message takes each way: seconds in the network, and bytes a second.
    latency_s: ClassVar[tuple[float, float]] = (0.35, 0.75)
    bytes_per_s: ClassVar[float] = 3_000.0
    # What AT+HTTPINIT begins with, the longest wait for an answer, and what the module makes of https.
    http_defaults: ClassVar[dict[str, str]] = {}
    tls: ClassVar[ssl.SSLContext | None] = None

    def __init__(self, world: World, wire: Wire, courier: Courier, cell: Cell) -> None:
        """Make a modem without supply. It was in service before: it knows to take its clock from the network."""
        self.world = world
        self.wire = wire
        self.cell = cell
        cell.on_registered = self._on_registered
        self.luck = world.random("modem")
        self.saved = Profile(baud=self.factory_baud)
        self.profile = Profile(baud=self.factory_baud)
        self.on = False
        self.supplied = False
        self.hung = False
        # Hung so that only its supply helps, no key.
        self.latched = False
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
        self.time_server = ""
        self.battery_mv = 4010
        self.http = HttpSession(self, courier)
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

    # --- what kinds of modules do differently

    def greetings(self) -> tuple[str, ...]:
        """Return what is said when the module has started."""
        return ()

    def bearer_lost_lines(self) -> tuple[str, ...]:
        """Return what is said when the network closes the data connection."""
        return ()

    def http_result(self, status: int) -> int:
        """Return how +HTTPACTION reports one of `internet`'s results."""
        return status

    def http_wait_s(self, parameters: dict[str, str]) -> float:
        """Return how long the HTTP client waits."""
        return float(parameters["TIMEOUT"])

    def registered_now(self) -> None:
        """The network has taken the module in."""
        if self.creg_urc:
            self.unsolicited(f"+CREG: {self.cell.status()}")

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
            self.hung = self.latched = False

    def power_key(self, level: bool | None) -> None:
        """Move the PWRKEY pin, active low; a floating pin is high."""
        pressed_ns = self._pressed_ns("power", level)
        if not self.supplied or self.latched:
            return
        if self.on:
            if pressed_ns >= self.power_off_ns:
                self.power_down()
        elif self._starting is None and pressed_ns >= self.power_on_ns:
            self._start()

    def reset_pin(self, level: bool | None) -> None:
        """Move the RESET pin, active low; a floating pin is high."""
        pressed_ns = self._pressed_ns("reset", level)
        if pressed_ns >= self.reset_ns and self.supplied and not self.latched:
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
        if self.start_noise:
            self.wire.send(self.start_noise, baud=_NOISE_BAUD)
        self._starting = self.world.at(self.world.now_ns + self.start_ns, self._started)

    def _started(self) -> None:
        self._starting = None
        self.on = True
        self.profile = Profile(**vars(self.saved))
        self._baud = self.profile.baud or None
        self._buffer, self._body, self._ready_ns = b"", None, 0
        self.functionality, self.creg_urc, self.bearer = 1, 0, 3
        self.sim_present, self._sim_waits = self.sim_present or self._sim_waits, False
        self.sim_open = self.sim_pin is None
        self.unsolicited(*self.greetings())
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

    @property
    def online(self) -> bool:
        """Whether there is a data connection."""
        return self.bearer == 1

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
        self.registered_now()
        if not registered:
            self.lose_bearer()

    def lose_bearer(self) -> None:
        """Let the network close the data connection."""
        if self.bearer == 1:
            self.bearer = 3
            self.unsolicited(*self.bearer_lost_lines())
            self.http.bearer_lost()

    # --- lines out

    def unsolicited(self, *lines: str) -> None:
        """Say something that no command asked for, between two lines of whatever else goes out."""
        if lines and self.on and not self.hung and self._baud is not None:
            self._out("".join(f"\r\n{line}\r\n" for line in lines).encode())

    def say_raw(self, data: bytes, after_ms: int) -> None:
        """Say bytes as they are, a little later."""
        self._ready_ns = self._out(data, after_ms * MILLISECOND)

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
            reply = self._guarded(partial(self.table.run, self, name, arguments))
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
