"""What SIMCom's modems share: waking, SIM card, network, one message with the modem's own HTTP client, and the ladder.

A subclass is a dialect: constants that differ and the steps that are said differently. The HTTP session is opened and
closed for every message, because a session left open refuses HTTPINIT, sometimes for ever.
"""

from kickwatt import cclk, clock, simcard
from kickwatt.at import AtError, AtTimeout, whole_number
from kickwatt.modem import ModemError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeVar

    from digitalio import DigitalInOut

    from kickwatt.at import At
    from kickwatt.memory import Memory
    from kickwatt.settings import Config

    Result = TypeVar("Result")

REPLY_LIMIT = 2_048
HTTP_TIMEOUT_S = 60  # what the modem's client is told
_DOWNLOAD_MS = 3_000  # and the time for the bytes themselves
_REGISTER_MS = 180_000
_SUPPLY_OFF_MS = 10_000  # long enough for the modem's big capacitors
_TIME_SERVER_MS = 65_000
_ASK_AGAIN_MS = 6 * 3_600_000
_STEP_MS = 5_000
_WORTH_SAYING = ("UNDER-VOLTAGE", "OVER-VOLTAGE", "NORMAL POWER DOWN", "+CMTE")


class Keys:
    """The modem's wires apart from the UART. All three are low or let go; without a supply switch the last is None."""

    def __init__(
        self,
        reset: DigitalInOut,
        power_key: DigitalInOut,
        supply: DigitalInOut | None = None,
    ) -> None:
        self.reset = reset
        self.power_key = power_key
        self.supply = supply


class Cellular:
    """A modem as `kickwatt.modem` describes it; `Sim800` and `A7670` fill in what differs."""

    # The manual's longest times. SHORT_MS is for commands without one of their own, and CPIN.
    SHORT_MS = 5_000
    HTTP_MS = 5_000
    ATTACH_MS = 75_000
    ACTION_MS = (HTTP_TIMEOUT_S + 30) * 1000
    # What the hardware wants.
    START_MS = 5_000
    POWER_KEY_MS = 1_300
    RESET_MS = 150
    # How often to say `AT`, twice a second: for longer than the modem waits for a body that never came.
    KNOCKS = 16
    # What is said when the modem has started, or gone; the first of them ends a command that waits.
    STARTED: tuple[str, ...] = ("RDY",)
    BEARER_LOST: tuple[str, ...] = ()
    REGISTRATION: tuple[str, ...] = ("AT+CREG?",)
    RESTART = "AT+CFUN=1,1"
    NETWORK_CLOCK = "AT+CLTS=1;&W"
    # Results of AT+HTTPACTION that are not the hub's, from 600 on, and those that mean that the bearer is gone.
    PROBLEMS: dict[int, str] = {}
    NO_BEARER: tuple[int, ...] = ()

    def __init__(self, at: At, keys: Keys, config: Config, memory: Memory) -> None:
        self._at = at
        self._keys = keys
        self._config = config
        self._memory = memory
        self._awake = False  # answers to AT, echo off
        self._bearer = False  # a data connection is open
        self._delivered = False  # something got through since the modem's start
        self._asked_for_time = False
        self._ask_server_ms = clock.now_ms()

    # ------------------------------------------------------------------ what the uplink uses

    def ready(self) -> Generator[int, None, None]:
        """Return when the data connection is open."""
        return self._in_words(self._ready())

    def signal(self) -> Generator[int, None, int]:
        """Return 0..31, or 99 when the modem does not know."""
        return self._in_words(self._signal())

    def supply_mv(self) -> Generator[int, None, int | None]:
        """Return what the modem measures at its own supply pins."""
        return self._in_words(self._supply_mv())

    def network_time(self) -> Generator[int, None, int | None]:
        """Return Unix seconds, or None when the modem's clock was never set."""
        return self._in_words(self._network_time())

    def post(self, url: str, body: bytes) -> Generator[int, None, tuple[int, bytes]]:
        """Post `body` and return status and reply."""
        return self._in_words(self._post(url, body))

    def recover(self, failures: int) -> Generator[int, None, None]:
        """The ladder: end the HTTP session, cycle the bearer, restart the radio, reset pin, supply switch."""
        try:
            yield from self._at.settle(200)
            if failures <= 1:
                yield from self._at.attempt("AT+HTTPTERM", self.HTTP_MS)
            elif failures == 2:
                print("modem: closing the bearer")
                yield from self._at.attempt("AT+HTTPTERM", self.HTTP_MS)
                self._bearer = False
                yield from self._close_bearer()
            elif failures == 3:
                print("modem: restarting the radio")
                yield from self._at.attempt(self.RESTART, 2 * self.SHORT_MS)
                self._asleep()
                yield from _rest(self.START_MS)
            elif failures == 4 or self._keys.supply is None:
                print("modem: reset pin")
                yield from self._press(self._keys.reset, self.RESET_MS)
            else:
                print("modem: supply off and on")
                yield from self._press(self._keys.supply, _SUPPLY_OFF_MS)
        except AtTimeout:
            self._asleep()

    def idle(self) -> None:
        """Take unsolicited lines and remember what they mean for the bearer."""
        self._at.poll()
        while self._at.urcs:
            urc = self._at.urcs.pop(0)
            if starts(urc, _WORTH_SAYING):
                print("modem: " + urc)
            if starts(urc, self.BEARER_LOST):
                self._bearer = False
            if starts(urc, self.STARTED):
                self._asleep()

    # ------------------------------------------------------------------ what a dialect says in its own way

    def _open_bearer(self) -> Generator[int, None, None]:
        raise NotImplementedError

    def _close_bearer(self) -> Generator[int, None, None]:
        raise NotImplementedError

    def _prepare(self, url: str) -> Generator[int, None, None]:
        """Tell the HTTP client where to and how long."""
        raise NotImplementedError

    def _window(self, window_ms: int) -> int:
        """Return the time for the body in the unit of AT+HTTPDATA."""
        raise NotImplementedError

    def _read(self, length: int) -> Generator[int, None, bytes]:
        raise NotImplementedError

    def _millivolts(self, answer: str) -> int | None:
        raise NotImplementedError

    def _choose_time_server(self, host: str) -> Generator[int, None, None]:
        """Tell the modem's NTP client whom to ask."""
        yield from self._at.command('AT+CNTP="%s",0' % host, self.SHORT_MS)

    # ------------------------------------------------------------------ bring-up

    def _ready(self) -> Generator[int, None, None]:
        self.idle()
        if not self._awake:
            yield from self._wake()
        if not self._bearer:
            config = self._config
            yield from simcard.unlock(
                self._at, config.sim_pin, self._memory, self.SHORT_MS
            )
            roaming = yield from self._register()
            yield from self._attach()
            yield from self._open_bearer()
            self._bearer = True
            print("modem: online, roaming" if roaming else "modem: online")

    def _wake(self) -> Generator[int, None, None]:
        """Find the modem's baud rate and ear. A modem that stays silent may be off: then its power key helps."""
        self._asleep()
        answered = yield from self._knock(self.KNOCKS)
        if not answered:
            print("modem: silent, pressing its power key")
            yield from self._press(self._keys.power_key, self.POWER_KEY_MS)
            answered = yield from self._knock(10)
        if not answered:
            raise ModemError("the modem does not answer: supply, wiring or baud rate")
        yield from self._at.command("ATE0", self.SHORT_MS)
        yield from self._at.command("AT+CMEE=1", self.SHORT_MS)
        yield from self._at.attempt("AT+HTTPTERM", self.HTTP_MS)
        self._at.forget(self.STARTED[0])  # that was this start
        self._awake = True

    def _knock(self, times: int) -> Generator[int, None, bool]:
        """A modem that finds the baud rate by itself locks on to one of the first `AT`."""
        for _ in range(times):
            try:
                yield from self._at.command("AT", 500)
                return True
            except AtTimeout:
                yield 0
            except AtError:
                yield 200
        return False

    def _register(self) -> Generator[int, None, bool]:
        """Wait for the home network (1) or a roaming partner (5), as most machine SIM cards report; return whether it is one."""
        denied = 0
        for _ in range(_REGISTER_MS // 2_000):
            for question in self.REGISTRATION:
                answers = yield from self._at.command(
                    question, self.SHORT_MS, is_registration
                )
                fields = answers[0].split(",") if answers else ["", ""]
                status = whole_number(fields[1].strip())
                if status in (1, 5):
                    return status == 5
                if status == 3:
                    denied += 1
                    if denied > 15:
                        raise ModemError(
                            "the network denies registration: SIM card or subscription"
                        )
            yield 2_000
        raise ModemError("no network: antenna or coverage")

    def _attach(self) -> Generator[int, None, None]:
        answer = yield from self._at.ask("AT+CGATT?", "+CGATT:", self.SHORT_MS)
        if answer[7:].strip() != "1":
            yield from self._at.command("AT+CGATT=1", self.ATTACH_MS)

    # ------------------------------------------------------------------ asking

    def _signal(self) -> Generator[int, None, int]:
        answer = yield from self._at.ask("AT+CSQ", "+CSQ:", self.SHORT_MS)
        level = whole_number(answer[5:].strip().partition(",")[0])
        return level if level is not None and level <= 31 else 99

    def _supply_mv(self) -> Generator[int, None, int | None]:
        try:
            answer = yield from self._at.ask("AT+CBC", "+CBC:", self.SHORT_MS)
        except AtError:
            return None
        return self._millivolts(answer[5:].strip())

    def _network_time(self) -> Generator[int, None, int | None]:
        seconds = yield from self._clock()
        if seconds is not None:
            return seconds
        if not self._asked_for_time:
            # From the next registration on the network sets the clock (NITZ).
            self._asked_for_time = True
            yield from self._at.attempt(self.NETWORK_CLOCK, self.SHORT_MS)
        elif self._delivered and clock.now_ms() >= self._ask_server_ms:
            # The network sets none. Ask seldom: the modem's client is slow where it fails.
            self._ask_server_ms = clock.now_ms() + _ASK_AGAIN_MS
            yield from self._ask_time_server(self._config.time_server)
            seconds = yield from self._clock()
        return seconds

    def _clock(self) -> Generator[int, None, int | None]:
        answer = yield from self._at.ask("AT+CCLK?", "+CCLK:", self.SHORT_MS)
        return cclk.unix_seconds(answer)

    def _ask_time_server(self, host: str) -> Generator[int, None, None]:
        if not host:
            return
        try:
            yield from self._choose_time_server(host)
            self._at.forget("+CNTP:")
            yield from self._at.command("AT+CNTP", self.SHORT_MS)
        except AtError as error:
            print("modem: no time: %s" % error)
            return
        try:
            outcome = yield from self._at.wait_urc("+CNTP:", _TIME_SERVER_MS)
        except AtTimeout as error:
            outcome = str(error)  # the message can do without
        print("modem: time server: " + outcome)

    # ------------------------------------------------------------------ one message

    def _post(self, url: str, body: bytes) -> Generator[int, None, tuple[int, bytes]]:
        at = self._at
        yield from at.attempt("AT+HTTPTERM", self.HTTP_MS)
        yield from at.command("AT+HTTPINIT", self.HTTP_MS)
        yield from self._prepare(url)
        # Not longer than needed: until it is over, the modem takes commands for data.
        window_ms = _DOWNLOAD_MS + at.time_for(len(body))
        yield from at.command(
            "AT+HTTPDATA=%d,%d" % (len(body), self._window(window_ms)),
            self.HTTP_MS,
            None,
            "DOWNLOAD",
        )
        yield from at.download(body, window_ms + self.SHORT_MS)
        at.forget("+HTTPACTION:")
        yield from at.command("AT+HTTPACTION=1", self.HTTP_MS)
        outcome = yield from at.wait_urc("+HTTPACTION:", self.ACTION_MS)
        status, length = _action_result(outcome)
        reply = b""
        if status >= 600:
            if status in self.NO_BEARER:  # whatever the bearer says of itself
                self._bearer = False
            yield from self._end_http()
            raise ModemError(
                "HTTP %d, %s" % (status, self.PROBLEMS.get(status, "unknown"))
            )
        if length > REPLY_LIMIT:
            yield from self._end_http()
            raise ModemError("a reply of %d bytes" % length)
        if length:
            reply = yield from self._read(length)
        yield from self._end_http()
        self._delivered = True
        return status, reply

    def _end_http(self) -> Generator[int, None, None]:
        """Close the session. The message is through or lost already; trouble here must not change that."""
        try:
            yield from self._at.attempt("AT+HTTPTERM", self.HTTP_MS)
        except AtTimeout:
            self._awake = False

    # ------------------------------------------------------------------ small steps

    def _in_words(
        self, step: Generator[int, None, Result]
    ) -> Generator[int, None, Result]:
        """Do a step; what the engine raises becomes a `ModemError`."""
        try:
            return (yield from step)
        except AtError as error:
            raise ModemError(str(error)) from error
        except AtTimeout as error:
            self._asleep()
            raise ModemError(str(error)) from error

    def _asleep(self) -> None:
        self._awake = self._bearer = self._delivered = False

    def _press(self, pin: DigitalInOut, duration_ms: int) -> Generator[int, None, None]:
        """Hold a key (or the supply) low, let it go, and give the modem time to start."""
        pin.value = False
        yield from _rest(duration_ms)
        pin.value = True
        self._asleep()
        yield from _rest(self.START_MS)


def starts(line: str, prefixes: tuple[str, ...]) -> bool:
    """Return whether a line begins with one of these."""
    for prefix in prefixes:
        if line.startswith(prefix):
            return True
    return False


def is_registration(line: str) -> bool:
    """Whether a line answers AT+CREG? or AT+CEREG?: `+CREG: <n>,<stat>`; unsolicited it is `+CREG: <stat>[,"lac"…]`."""
    if not line.startswith("+CREG:") and not line.startswith("+CEREG:"):
        return False
    fields = line.split(",")
    return len(fields) >= 2 and fields[1].strip().isdigit()


def _rest(duration_ms: int) -> Generator[int, None, None]:
    """Rest in steps; no task may ask for more than five seconds."""
    while duration_ms > 0:
        yield min(duration_ms, _STEP_MS)
        duration_ms -= _STEP_MS


def _action_result(line: str) -> tuple[int, int]:
    """`+HTTPACTION: 1,200,345`; the space may be missing."""
    fields = [
        whole_number(field.strip()) for field in line[len("+HTTPACTION:") :].split(",")
    ]
    if len(fields) != 3 or fields[1] is None or fields[2] is None:
        raise AtError("garbled: " + line)
    return fields[1], fields[2]
