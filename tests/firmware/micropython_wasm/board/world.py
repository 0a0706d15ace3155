"""The least of a world: a charger that tapers, a SIM800, and a hub that wants the relay on."""

import binascii
import json
import struct

pins = [False] * 9
nvm = bytearray(b"\xff" * 4096)
settings = {}
messages = []
seen = []  # (second, relay) whenever it changes
RELAY = 7


class TheEnd(Exception):
    """Raised out of the firmware's sleep when the world's time is over."""


class Clock:
    """Time that passes when the firmware sleeps."""

    def __init__(self):
        self.now_ns = 5_000_000_000
        self.fed_ns = self.now_ns
        self.ends_ns = 0

    def sleep(self, duration_ns):
        assert duration_ns <= 50_000_000
        self.now_ns += duration_ns
        assert self.now_ns - self.fed_ns < 8_000_000_000, "the watchdog bites"
        if not seen or seen[-1][1] != pins[RELAY]:
            seen.append((self.now_ns // 1_000_000_000, pins[RELAY]))
        if self.now_ns >= self.ends_ns:
            raise TheEnd


clock = Clock()


class Watchdog:
    timeout = 0
    mode = None

    def feed(self):
        clock.fed_ns = clock.now_ns


class Meter:
    """92 W for twenty minutes of closed relay, then 2 W."""

    def __init__(self):
        self.closed_s = 0
        self.dws = 0

    def answer(self, request):
        from kickwatt.crc import crc16

        power = 0
        if pins[RELAY]:
            self.closed_s += 1
            power = 920 if self.closed_s < 1200 else 20
        self.dws += power
        amps = power * 1000 // (2300 * 57 // 100)
        body = b"\x01\x04\x14" + struct.pack(
            ">10H",
            2300,
            amps,
            0,
            power,
            0,
            self.dws // 36000,
            0,
            500,
            57 if power else 0,
            0,
        )
        return body + struct.pack("<H", crc16(body))


class Modem:
    """Says what the manual says, with an unsolicited line before each answer."""

    def __init__(self):
        self.line = b""
        self.expects = 0
        self.reply = b""

    def answer(self, data):
        out = b""
        for byte in data:
            if self.expects:
                self.line += bytes([byte])
                self.expects -= 1
                if not self.expects:
                    out += self.say("OK")
                    self.reply = hub(self.line)
                    self.line = b""
            elif byte == 13:
                command, self.line = self.line.decode(), b""
                out += b"\r\nDST: 0\r\n" + self.obey(command)
            else:
                self.line += bytes([byte])
        return out

    def say(self, *lines):
        return b"".join([b"\r\n" + line.encode() + b"\r\n" for line in lines])

    def obey(self, command):
        known = {
            "AT+CPIN?": "+CPIN: READY",
            "AT+CSQ": "+CSQ: 17,0",
            "AT+CREG?": "+CREG: 0,5",
            "AT+CGATT?": "+CGATT: 1",
            "AT+CCLK?": '+CCLK: "26/11/21,09:00:00+04"',
            "AT+SAPBR=2,1": '+SAPBR: 1,1,"10.0.0.2"',
        }
        if command in known:
            return self.say(known[command], "OK")
        if command.startswith("AT+HTTPDATA="):
            self.expects = int(command[12:].split(",")[0])
            return self.say("DOWNLOAD")
        if command == "AT+HTTPACTION=1":
            return self.say("OK", f"+HTTPACTION: 1,200,{len(self.reply)}")
        if command == "AT+HTTPREAD":
            return (
                self.say(f"+HTTPREAD: {len(self.reply)}") + self.reply + self.say("OK")
            )
        return self.say("OK")


def hub(body):
    from kickwatt.mac import Mac

    root = Mac(binascii.unhexlify(settings["KICKWATT_KEY"]))
    up, down = Mac(root.of(b"kickwatt s1 up")), Mac(root.of(b"kickwatt s1 down"))
    mac, message = body[:64], body[65:]
    assert binascii.hexlify(up.of(b"S1 up scooter-1\n", message)) == mac
    fields = json.loads(message)
    messages.append(fields)
    ack = fields["samples"][-1][0] if fields["samples"] else 0
    reply = (
        f'{{"v":1,"ack":{ack},"time":0,"relay":1,"order":1,"lease":900,"interval":30}}'
    )
    reply = reply.encode()
    sealed = down.of(b"S1 down scooter-1\n", binascii.unhexlify(mac), reply)
    return binascii.hexlify(sealed) + b"\n" + reply


meter = Meter()
modem = Modem()
