"""A small SIM800 for the driver's tests: what the manual says it answers, and unsolicited lines where a test wants them.

The simulator has a full one; this one answers within the same instant, and a test can bend any answer.
"""

from collections.abc import Callable
import re

URCS = [
    '*PSUTTZ: 2026,11,21,8,0,0,"+4",0',
    "DST: 0",
    "+CTZV: 4,0",
    "+CREG: 5",
    '+CREG: 1,"00A1","3F2B"',
    "Call Ready",
    "SMS Ready",
    "RING",
    '+CMTI: "SM",1',
    "+CUSD: 0",
    "OVER-VOLTAGE WARNNING",
    "+CSQN: 12,0",
    "OK?",
    "HTTP",
]


class Sim800Wire:
    """The UART end of it."""

    def __init__(self) -> None:
        self.received = b""
        self.commands: list[str] = []
        self.bodies: list[bytes] = []
        self.bend: dict[
            str, list[str]
        ] = {}  # a command's answer lines instead of the usual ones
        self.urcs: list[str] = []  # one goes before each line, while there are any
        self.status = 200
        self.reply = b'OK\r\n{"v":1}\r\nERROR\r\n'
        self.hub: Callable[[bytes], bytes] | None = None  # makes the reply to a body
        self.spoil: Callable[[bytes], bytes] = (
            bytes  # what the line does to what the modem says
        )
        self.action: str | None = None  # instead of +HTTPACTION, "" for nothing
        self.echo = True
        self.deaf = False
        self.bearer = "3"
        self.http = False
        self._line = b""
        self._expects = 0
        self._until_ms = 0
        self.now_ms: Callable[[], int] = lambda: 0

    @property
    def in_waiting(self) -> int:
        return len(self.received)

    def read(self, count: int) -> bytes | None:
        data, self.received = self.received[:count], self.received[count:]
        return data or None

    def reset_input_buffer(self) -> None:
        self.received = b""

    def write(self, data: bytes) -> int:
        if self.deaf:
            return len(data)
        said = self.received
        self.received = b""
        for index in range(len(data)):
            self._byte(data[index : index + 1])
        self.received = said + self.spoil(self.received)
        return len(data)

    def say(self, *lines: str) -> None:
        for line in lines:
            if self.urcs:
                self.received += f"\r\n{self.urcs.pop(0)}\r\n".encode()
            self.received += f"\r\n{line}\r\n".encode()

    def _byte(self, byte: bytes) -> None:
        if self._expects and self.now_ms() > self._until_ms:
            self._expects, self._line = 0, b""
            self.say("OK")
        if self._expects:
            self._line += byte
            self._expects -= 1
            if not self._expects:
                self.bodies.append(self._line)
                self._line = b""
                self.say(*self.bend.get("the body", ["OK"]))
            return
        if byte != b"\r":
            self._line += byte
            return
        command, self._line = self._line.decode(), b""
        self.commands.append(command)
        if self.echo:
            self.received += command.encode() + b"\r"
        self._answer(command)

    def _answer(self, command: str) -> None:
        if command in self.bend:
            lines = self.bend[command]
            if lines and lines[0] == "once":
                del self.bend[command]
                lines = lines[1:]
            self.say(*lines)
            return None
        if command == "ATE0":
            self.echo = False
        simple = {
            "AT+CPIN?": ["+CPIN: READY"],
            "AT+CSQ": ["+CSQ: 17,0"],
            "AT+CREG?": ["+CREG: 0,5"],
            "AT+CGATT?": ["+CGATT: 1"],
            "AT+CBC": ["+CBC: 0,76,4010"],
            "AT+SPIC": ["+SPIC: 3,10,0,10"],
            "AT+CCLK?": ['+CCLK: "26/11/21,09:00:00+04"'],
            "AT+SAPBR=2,1": [f'+SAPBR: 1,{self.bearer},"10.0.0.2"'],
        }
        if command in simple:
            return self.say(*simple[command], "OK")
        if command == "AT+SAPBR=1,1":
            if self.bearer == "1":
                return self.say("ERROR")
            self.bearer = "1"
        if command == "AT+SAPBR=0,1":
            if self.bearer != "1":
                return self.say("ERROR")
            self.bearer = "3"
        if command in ("AT+HTTPINIT", "AT+HTTPTERM"):
            if self.http is (command == "AT+HTTPINIT"):
                return self.say("ERROR")
            self.http = not self.http
        if match := re.fullmatch(r"AT\+HTTPDATA=(\d+),(\d+)", command):
            self._expects = int(match[1])
            self._until_ms = self.now_ms() + int(match[2])
            return self.say("DOWNLOAD")
        if command == "AT+HTTPACTION=1":
            self.say("OK")
            if self.hub:
                self.reply = self.hub(self.bodies[-1])
            action = self.action
            if action is None:
                action = f"+HTTPACTION: 1,{self.status},{len(self.reply)}"
            return self.say(action) if action else None
        if command == "AT+HTTPREAD":
            self.say(f"+HTTPREAD: {len(self.reply)}")
            self.received += self.reply
        return self.say("OK")
