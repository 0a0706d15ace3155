"""The AT engine: a stream in any pieces, commands with URCs in between, and the modem's clock."""

from chance import Chance

from kickwatt import cclk, clock
from kickwatt.at import At, AtError, AtTimeout, Splitter, whole_number, without_secret

time = {"ms": 0}
clock.now_ms = lambda: time["ms"]
chance = Chance(2)

LINES = (
    b"+CSQ: 17,0",
    b"+CSQ: 9,0",
    b"+CREG: 2",
    b"\x00\xff\x80",
    b"+HTTPREAD: 5\r\n12345",
    b"+HTTPREAD: 5\r\n1\r\n23",
)
RARE_LINES = (b"OK", b"ERROR", b"+CME ERROR: 10", b"RDY", b"+HTTPREAD: 101")


class Wire:
    """A UART that answers every line with some lines of a modem."""

    def __init__(self):
        self.received = b""
        self.in_waiting = 0

    def write(self, data):
        print(data)
        if data.endswith(b"\r"):
            for _ in range(chance.below(5)):
                lines = LINES if chance.below(15) else RARE_LINES
                self.received += b"\r\n" + chance.one_of(lines) + b"\r\n"
            self.received += b"\r\nOK\r\n" if chance.below(6) else b""

    def read(self, count):
        data, self.received = self.received[:count], self.received[count:]
        return data or None

    def reset_input_buffer(self):
        self.received = b""


def finish(task, wire):
    """Run a task step to its end, with what is received trickling in."""
    try:
        while True:
            time["ms"] += next(task) + 1
            wire.in_waiting = min(len(wire.received), chance.below(20))
    except StopIteration as stop:
        print("->", stop.value)
    except AtError as error:
        print("refused:", error)
    except AtTimeout as error:
        print("timeout:", error)


splitter = Splitter()
for _ in range(200):
    splitter.feed(
        chance.one_of(LINES)[: chance.below(12)] + chance.one_of((b"", b"\n", b"\r\n"))
    )
    print(
        splitter.line(), splitter.take(chance.below(4)) if not chance.below(5) else ""
    )

wire = Wire()
at = At(wire, 57_600)
for _ in range(100):
    finish(at.command("AT+CSQ", 500, lambda line: line.startswith("+CSQ")), wire)
    finish(at.read_counted("AT+HTTPREAD", "+HTTPREAD:", 100, 500), wire)
    finish(at.wait_urc("+CREG", 100), wire)
    print(at.urcs)
    finish(at.settle(50), wire)
    at.forget("+C")

for text in ("", "7", "-7", "1234567890", "12 ", "0x1"):
    print(whole_number(text))
print(
    without_secret('AT+SAPBR=3,1,"PWD","x"'),
    without_secret("AT+CPIN=1234"),
    without_secret("AT"),
)
for answer in (
    '+CCLK: "26/11/21,08:00:00+04"',
    '+CCLK: "28/02/29,23:59:59-48"',
    '+CCLK: "99/12/31,23:59:60+00"',
    '+CCLK: "04/01/01,00:00:00+00"',
    '+CCLK: "26/13/21,08:00:00+04"',
    "+CCLK: ?",
):
    print(cclk.unix_seconds(answer))
