"""Talk to a modem in AT commands, without ever waiting in one place.

One reader takes every line and decides what it is: the echo of the command, an answer with the prefix that the
command asks for, a final result, or something that the modem says on its own (an unsolicited result code, URC).
URCs go to a short queue and never satisfy a command. SIM800 AT Command Manual V1.12, section 1.4.
"""

from kickwatt import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from busio import UART

POLL_MS = (
    20  # at 57600 baud 115 bytes arrive meanwhile; the receive buffer holds 512 or more
)
_LINE_LIMIT = 1024  # longer than any line of the modem: noise at a wrong baud rate
_URC_LIMIT = 16


class AtError(Exception):
    """The modem refused: `ERROR` or `+CME ERROR: <n>`."""


class AtTimeout(Exception):
    """The modem did not answer in the command's time."""


class Splitter:
    """Cuts a byte stream into lines, or into counted bytes where a body follows."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._buffer += data

    def line(self) -> str | None:
        """Return the next line that is not empty, or None. Bytes outside ASCII become `?`."""
        while True:
            end = self._buffer.find(b"\n")
            if end < 0:
                if len(self._buffer) > _LINE_LIMIT:
                    self._buffer = b""
                return None
            raw = self._buffer[:end]
            self._buffer = self._buffer[end + 1 :]
            text = "".join(
                [
                    chr(byte) if 32 <= byte < 127 else "?"
                    for byte in raw.strip(b"\r\n \t\x00")
                ]
            )
            if text:
                return text

    def take(self, count: int) -> bytes | None:
        """Return exactly `count` bytes, or None while they are not all there."""
        if len(self._buffer) < count:
            return None
        taken = self._buffer[:count]
        self._buffer = self._buffer[count:]
        return taken

    def clear(self) -> None:
        """Forget what was not read."""
        self._buffer = b""


class At:
    """One modem on one UART. Every method that waits is a task step: it yields the milliseconds it wants to rest."""

    def __init__(self, uart: UART, baud: int, started: str = "RDY") -> None:
        """`started` is what a modem with a fixed baud rate says when it has started."""
        self._uart = uart
        self._started = started
        # UART.write returns when the last byte is in the transmitter, so a piece must be short: 20 ms.
        self._piece = max(16, baud // 500)
        self._splitter = Splitter()
        self.urcs: list[str] = []

    def time_for(self, count: int) -> int:
        """Return the milliseconds in which `count` bytes are surely handed over: three turns of the loop a piece."""
        return 3 * POLL_MS * (count // self._piece + 1)

    def poll(self) -> None:
        """Take what arrived while no command runs; all of it is unsolicited."""
        self._receive()
        line = self._splitter.line()
        while line is not None:
            self._keep(line)
            line = self._splitter.line()

    def command(
        self,
        text: str,
        timeout_ms: int,
        wanted: Callable[[str], bool] | None = None,
        final: str = "OK",
    ) -> Generator[int, None, list[str]]:
        """Send `text`, return the answer lines that `wanted` accepts; `AtError`, `AtTimeout`."""
        yield from self._send_command(text)
        answers: list[str] = []
        deadline = clock.now_ms() + timeout_ms
        while True:
            line = yield from self._line(text, deadline)
            if line == final:
                return answers
            _raise_if_error(text, line)
            if wanted is not None and wanted(line):
                answers.append(line)
            elif line != text:
                self._keep(line)

    def ask(self, text: str, prefix: str, timeout_ms: int) -> Generator[int, None, str]:
        """Send a query and return its one answer line; `AtError` also when there is none."""
        answers = yield from self.command(text, timeout_ms, begins(prefix))
        if not answers:
            raise AtError(text + ": no answer line")
        return answers[0]

    def attempt(self, text: str, timeout_ms: int) -> Generator[int, None, None]:
        """Send a command whose refusal does not matter."""
        try:
            yield from self.command(text, timeout_ms)
        except AtError:
            pass

    def download(self, body: bytes, timeout_ms: int) -> Generator[int, None, None]:
        """After a command that ended with `DOWNLOAD`: hand over the bytes and wait for `OK`."""
        yield from self._send(body)
        deadline = clock.now_ms() + timeout_ms
        while True:
            line = yield from self._line("the body", deadline)
            if line == "OK":
                return
            _raise_if_error("the body", line)
            self._keep(line)

    def read_counted(
        self, text: str, prefix: str, limit: int, timeout_ms: int
    ) -> Generator[int, None, bytes]:
        """Send `text`; the answer is `<prefix> <n>`, exactly n bytes, `OK`. The bytes may look like anything."""
        yield from self._send_command(text)
        deadline = clock.now_ms() + timeout_ms
        while True:
            line = yield from self._line(text, deadline)
            if line.startswith(prefix):
                break
            _raise_if_error(text, line)
            if line == "OK":
                raise AtError(text + ": nothing to read")
            if line != text:
                self._keep(line)
        count = whole_number(line[len(prefix) :].strip())
        if count is None or count > limit:
            raise AtError("%s: %s" % (text, line))
        body = yield from self._take(text, count, deadline)
        while line != "OK":
            line = yield from self._line(text, deadline)
            _raise_if_error(text, line)
            if line != "OK":
                self._keep(line)
        return body

    def read_parts(
        self, text: str, prefix: str, limit: int, timeout_ms: int
    ) -> Generator[int, None, bytes]:
        """Send `text`; the answer is `OK`, then parts, each `<prefix> <n>` and exactly n bytes, until n is 0."""
        yield from self.command(text, timeout_ms)
        deadline = clock.now_ms() + timeout_ms
        body = b""
        while True:
            line = yield from self._line(text, deadline)
            if not line.startswith(prefix):
                _raise_if_error(text, line)
                self._keep(line)
                continue
            count = whole_number(line[len(prefix) :].strip())
            if count == 0:
                return body
            if count is None or len(body) + count > limit:
                raise AtError("%s: %s" % (text, line))
            body += yield from self._take(text, count, deadline)

    def wait_urc(self, prefix: str, timeout_ms: int) -> Generator[int, None, str]:
        """Wait for an unsolicited line, wherever it came in between."""
        deadline = clock.now_ms() + timeout_ms
        while True:
            self.poll()
            for urc in self.urcs:
                if urc.startswith(prefix):
                    self.urcs.remove(urc)
                    return urc
            if self._started in self.urcs:
                raise AtTimeout("the modem restarted")
            if clock.now_ms() >= deadline:
                raise AtTimeout(prefix + " never came")
            yield POLL_MS

    def forget(self, prefix: str) -> None:
        """Drop queued URCs that belong to something given up."""
        self.urcs = [urc for urc in self.urcs if not urc.startswith(prefix)]

    def settle(self, quiet_ms: int) -> Generator[int, None, None]:
        """Let late answers of a command that timed out go by, so that they cannot answer the next one."""
        yield quiet_ms
        self._receive()
        self._splitter.clear()
        self._uart.reset_input_buffer()

    def _take(
        self, text: str, count: int, deadline: int
    ) -> Generator[int, None, bytes]:
        body = self._splitter.take(count)
        while body is None:
            if clock.now_ms() >= deadline:
                raise AtTimeout(text + ": the body stopped")
            yield POLL_MS
            self._receive()
            body = self._splitter.take(count)
        return body

    def _receive(self) -> None:
        waiting = self._uart.in_waiting
        if waiting:
            self._splitter.feed(self._uart.read(waiting) or b"")

    def _line(self, text: str, deadline: int) -> Generator[int, None, str]:
        while True:
            line = self._splitter.line()
            if line is None:
                self._receive()
                line = self._splitter.line()
            if line == self._started:
                self._keep(line)
                raise AtTimeout("the modem restarted")
            if line is not None:
                return line
            if clock.now_ms() >= deadline:
                raise AtTimeout(without_secret(text) + ": no answer")
            yield POLL_MS

    def _send_command(self, text: str) -> Generator[int, None, None]:
        self.poll()
        yield from self._send(text.encode() + b"\r")

    def _send(self, data: bytes) -> Generator[int, None, None]:
        for start in range(0, len(data), self._piece):
            self._uart.write(data[start : start + self._piece])
            yield 0

    def _keep(self, line: str) -> None:
        self.urcs.append(line)
        if len(self.urcs) > _URC_LIMIT:
            self.urcs.pop(0)


def begins(prefix: str) -> Callable[[str], bool]:
    """Return what tells whether a line begins so."""
    return lambda line: line.startswith(prefix)


def whole_number(text: str) -> int | None:
    """Return the number that `text` is, or None; the modem's line may be garbled."""
    if text and len(text) <= 9 and text.isdigit():
        return int(text)
    return None


def _raise_if_error(text: str, line: str) -> None:
    if line == "ERROR" or line.startswith("+CME ERROR"):
        raise AtError("%s: %s" % (without_secret(text), line))


def without_secret(text: str) -> str:
    """A command as it may be shown: without the value of what it sets (an APN password, a PIN)."""
    for mark in ('"PWD"', '"USER"', "CPIN=", "CGAUTH="):
        where = text.find(mark)
        if where >= 0:
            return text[: where + len(mark)] + ",***"
    return text
