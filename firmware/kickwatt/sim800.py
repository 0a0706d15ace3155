"""SIM800: bring it up, post with its own HTTP client, and get it going again.

Commands and longest times: SIM800 Series AT Command Manual V1.12. The HTTP session is opened and closed for every
message, because a session left open refuses HTTPINIT, sometimes for ever.
"""

from kickwatt import cclk
from kickwatt.at import At, AtError, AtTimeout, whole_number
from kickwatt.modem import ModemError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import TypeVar

    from digitalio import DigitalInOut

    from kickwatt.config import Config
    from kickwatt.memory import Memory

    Result = TypeVar("Result")

_SHORT_MS = 5_000  # commands without a time of their own in the manual, and CPIN
_CFUN_MS = 10_000
_CGATT_MS = 75_000
_BEARER_OPEN_MS = 85_000
_BEARER_CLOSE_MS = 65_000
_HTTP_TIMEOUT_S = 60  # HTTPPARA "TIMEOUT", 30..1000 s
_ACTION_MS = (_HTTP_TIMEOUT_S + 30) * 1000
_DOWNLOAD_MS = 3_000  # and the time for the bytes themselves
_READ_MS = 20_000
_REGISTER_MS = 180_000
_START_MS = 5_000  # wait 3..5 s after power-on before the first AT
_POWER_KEY_MS = 1_300
_RESET_MS = 150
_REPLY_LIMIT = 2_048

_BEARER_LOST = (
    "+SAPBR 1: DEACT",
    "+PDP: DEACT",
    "+CPIN: NOT READY",
    "+CREG: 0",
    "+CREG: 2",
    "+CREG: 3",
)
_STARTED = (
    "RDY",
    "+CFUN: 1",
    "NORMAL POWER DOWN",
    "UNDER-VOLTAGE POWER DOWN",
    "OVER-VOLTAGE POWER DOWN",
)
_WORTH_SAYING = ("UNDER-VOLTAGE", "OVER-VOLTAGE", "NORMAL POWER DOWN", "+CMTE")
_HTTP_PROBLEMS = {
    600: "not HTTP",
    601: "network",
    602: "no memory",
    603: "DNS",
    604: "stack busy",
    605: "TLS",
    606: "TLS",
}


class Sim800:
    """The modem as `kickwatt.modem` describes it."""

    def __init__(
        self,
        at: At,
        reset: DigitalInOut,
        power_key: DigitalInOut,
        config: Config,
        memory: Memory,
    ) -> None:
        self._at = at
        self._reset = reset
        self._power_key = power_key
        self._config = config
        self._memory = memory
        self._awake = False  # answers to AT, echo off
        self._bearer = False  # SAPBR open
        self._asked_for_time = False

    # ------------------------------------------------------------------ what the uplink uses

    def ready(self) -> Generator[int, None, None]:
        """Return when the bearer is open."""
        return self._in_words(self._ready())

    def signal(self) -> Generator[int, None, int]:
        """Return 0..31, or 99 when the modem does not know."""
        return self._in_words(self._signal())

    def network_time(self) -> Generator[int, None, int | None]:
        """Return Unix seconds, or None when the modem's clock was never set."""
        return self._in_words(self._network_time())

    def post(self, url: str, body: bytes) -> Generator[int, None, tuple[int, bytes]]:
        """Post `body` and return status and reply."""
        return self._in_words(self._post(url, body))

    def recover(self, failures: int) -> Generator[int, None, None]:
        """The ladder: end the HTTP session, cycle the bearer, restart the radio, restart the modem."""
        try:
            yield from self._at.settle(200)
            if failures <= 1:
                yield from self._try("AT+HTTPTERM", _SHORT_MS)
            elif failures == 2:
                print("modem: closing the bearer")
                yield from self._close_bearer()
            elif failures == 3:
                print("modem: restarting the radio")
                yield from self._try("AT+CFUN=1,1", _CFUN_MS)
                self._awake = self._bearer = False
                yield _START_MS
            else:
                print("modem: reset pin")
                yield from self._restart()
        except AtTimeout:
            self._awake = self._bearer = False

    def idle(self) -> None:
        """Take unsolicited lines and remember what they mean for the bearer."""
        self._at.poll()
        while self._at.urcs:
            urc = self._at.urcs.pop(0)
            if _starts(urc, _WORTH_SAYING):
                print("modem: " + urc)
            if _starts(urc, _BEARER_LOST):
                self._bearer = False
            if _starts(urc, _STARTED):
                self._awake = self._bearer = False

    # ------------------------------------------------------------------ bring-up

    def _ready(self) -> Generator[int, None, None]:
        self.idle()
        if not self._awake:
            yield from self._wake()
        if not self._bearer:
            yield from self._unlock()
            yield from self._register()
            yield from self._attach()
            yield from self._open_bearer()

    def _wake(self) -> Generator[int, None, None]:
        """Find the modem's baud rate and ear. A modem that stays silent may be off: then its power key helps."""
        self._bearer = False
        # Longer than a modem waits for data that were never sent (see `_post`).
        answered = yield from self._knock(16)
        if not answered:
            print("modem: silent, pressing its power key")
            yield from self._press(self._power_key, _POWER_KEY_MS)
            yield _START_MS
            answered = yield from self._knock(10)
        if not answered:
            raise ModemError("the modem does not answer: supply, wiring or baud rate")
        yield from self._at.command("ATE0", _SHORT_MS)
        yield from self._at.command("AT+CMEE=1", _SHORT_MS)
        yield from self._try("AT+HTTPTERM", _SHORT_MS)
        self._awake = True

    def _knock(self, times: int) -> Generator[int, None, bool]:
        """Auto-baud (the factory setting, IPR=0) locks on to one of the first `AT`."""
        for _ in range(times):
            try:
                yield from self._at.command("AT", 500)
                return True
            except AtTimeout:
                yield 0
            except AtError:
                yield 200
        return False

    def _unlock(self) -> Generator[int, None, None]:
        """Enter the SIM's PIN, once: a card locks itself after three wrong ones."""
        state = yield from self._sim_state()
        for _ in range(10):
            # For some seconds after its start the modem says `SIM busy` (14) or nothing.
            if state:
                break
            yield 1_000
            state = yield from self._sim_state()
        if state == "READY":
            return
        if state != "SIM PIN":
            raise ModemError(
                "the SIM card is missing or locked: " + (state or "no answer")
            )
        pin = self._config.sim_pin
        if not pin:
            raise ModemError("the SIM card wants a PIN: set KICKWATT_SIM_PIN")
        if self._memory.pin_was_wrong(pin):
            raise ModemError(
                "KICKWATT_SIM_PIN was wrong before; it is not tried again, the card would lock"
            )
        try:
            yield from self._at.command('AT+CPIN="%s"' % pin, _SHORT_MS)
        except AtError as error:
            if str(error).endswith(": 14"):  # CME 14: SIM busy
                raise
            self._memory.note_wrong_pin(pin)
            raise ModemError("KICKWATT_SIM_PIN is wrong") from None

    def _sim_state(self) -> Generator[int, None, str]:
        """Return what AT+CPIN? says, "" while the card is not ready to say anything."""
        try:
            answer = yield from self._ask("AT+CPIN?", "+CPIN:")
        except AtError as error:
            # CME 10: SIM not inserted.
            return "no card" if str(error).endswith(": 10") else ""
        state = answer[6:].strip()
        return "" if state == "NOT READY" else state

    def _register(self) -> Generator[int, None, None]:
        """Wait for the home network or a roaming partner, which is what most machine SIM cards report."""
        denied = 0
        for _ in range(_REGISTER_MS // 2_000):
            answers = yield from self._at.command(
                "AT+CREG?", _SHORT_MS, _is_creg_answer
            )
            status = whole_number(answers[0].split(",")[1].strip()) if answers else None
            if status in (1, 5):
                return
            if status == 3:
                denied += 1
                if denied > 15:
                    raise ModemError(
                        "the network denies registration: SIM card or subscription"
                    )
            yield 2_000
        raise ModemError("no network: antenna or coverage")

    def _attach(self) -> Generator[int, None, None]:
        answer = yield from self._ask("AT+CGATT?", "+CGATT:")
        if answer[7:].strip() != "1":
            yield from self._at.command("AT+CGATT=1", _CGATT_MS)

    def _open_bearer(self) -> Generator[int, None, None]:
        config = self._config
        yield from self._at.command('AT+SAPBR=3,1,"CONTYPE","GPRS"', _SHORT_MS)
        yield from self._at.command('AT+SAPBR=3,1,"APN","%s"' % config.apn, _SHORT_MS)
        if config.apn_user:
            yield from self._at.command(
                'AT+SAPBR=3,1,"USER","%s"' % config.apn_user, _SHORT_MS
            )
            yield from self._at.command(
                'AT+SAPBR=3,1,"PWD","%s"' % config.apn_password, _SHORT_MS
            )
        answer = yield from self._ask("AT+SAPBR=2,1", "+SAPBR: ")
        if answer.replace(" ", "").split(",")[1:2] != ["1"]:
            yield from self._at.command("AT+SAPBR=1,1", _BEARER_OPEN_MS)
        self._bearer = True
        print("modem: online")

    def _close_bearer(self) -> Generator[int, None, None]:
        yield from self._try("AT+HTTPTERM", _SHORT_MS)
        yield from self._try("AT+SAPBR=0,1", _BEARER_CLOSE_MS)
        self._bearer = False

    def _restart(self) -> Generator[int, None, None]:
        yield from self._press(self._reset, _RESET_MS)
        self._awake = self._bearer = False
        yield _START_MS

    # ------------------------------------------------------------------ asking

    def _signal(self) -> Generator[int, None, int]:
        answer = yield from self._ask("AT+CSQ", "+CSQ:")
        level = whole_number(answer[5:].strip().split(",")[0])
        return level if level is not None and level <= 31 else 99

    def _network_time(self) -> Generator[int, None, int | None]:
        answer = yield from self._ask("AT+CCLK?", "+CCLK:")
        seconds = cclk.unix_seconds(answer)
        if seconds is None and not self._asked_for_time:
            # From the next registration on the network sets the clock (NITZ).
            self._asked_for_time = True
            yield from self._try("AT+CLTS=1;&W", _SHORT_MS)
        return seconds

    # ------------------------------------------------------------------ one message

    def _post(self, url: str, body: bytes) -> Generator[int, None, tuple[int, bytes]]:
        at = self._at
        yield from self._try("AT+HTTPTERM", _SHORT_MS)
        yield from at.command("AT+HTTPINIT", _SHORT_MS)
        yield from at.command('AT+HTTPPARA="CID",1', _SHORT_MS)
        yield from at.command('AT+HTTPPARA="URL","%s"' % url, _SHORT_MS)
        yield from at.command('AT+HTTPPARA="CONTENT","text/plain"', _SHORT_MS)
        yield from at.command('AT+HTTPPARA="TIMEOUT",%d' % _HTTP_TIMEOUT_S, _SHORT_MS)
        # Not longer than needed: until it is over, the modem takes commands for data.
        window_ms = _DOWNLOAD_MS + at.time_for(len(body))
        yield from at.command(
            "AT+HTTPDATA=%d,%d" % (len(body), window_ms), _SHORT_MS, None, "DOWNLOAD"
        )
        yield from at.download(body, window_ms + _SHORT_MS)
        at.forget("+HTTPACTION:")
        yield from at.command("AT+HTTPACTION=1", _SHORT_MS)
        outcome = yield from at.wait_urc("+HTTPACTION:", _ACTION_MS)
        status, length = _action_result(outcome)
        reply = b""
        if status >= 600:
            if status == 601:  # the bearer is gone, whatever SAPBR says
                self._bearer = False
            yield from self._end_http()
            raise ModemError(
                "HTTP %d, %s" % (status, _HTTP_PROBLEMS.get(status, "unknown"))
            )
        if length > _REPLY_LIMIT:
            yield from self._end_http()
            raise ModemError("a reply of %d bytes" % length)
        if length:
            reply = yield from at.read_counted(
                "AT+HTTPREAD", "+HTTPREAD:", _REPLY_LIMIT, _READ_MS
            )
        yield from self._end_http()
        return status, reply

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
            self._awake = self._bearer = False
            raise ModemError(str(error)) from error

    def _end_http(self) -> Generator[int, None, None]:
        """Close the session. The message is through or lost already; trouble here must not change that."""
        try:
            yield from self._try("AT+HTTPTERM", _SHORT_MS)
        except AtTimeout:
            self._awake = False

    def _ask(self, text: str, prefix: str) -> Generator[int, None, str]:
        """Send a query and return its one answer line."""
        answers = yield from self._at.command(text, _SHORT_MS, _begins(prefix))
        if not answers:
            raise AtError(text + ": no answer line")
        return answers[0]

    def _try(self, text: str, timeout_ms: int) -> Generator[int, None, None]:
        """Send a command whose refusal does not matter."""
        try:
            yield from self._at.command(text, timeout_ms)
        except AtError:
            pass

    def _press(self, pin: DigitalInOut, duration_ms: int) -> Generator[int, None, None]:
        pin.value = False
        yield duration_ms
        pin.value = True


def _action_result(line: str) -> tuple[int, int]:
    """`+HTTPACTION: 1,200,345`; the space may be missing."""
    fields = [
        whole_number(field.strip()) for field in line[len("+HTTPACTION:") :].split(",")
    ]
    if len(fields) != 3 or fields[1] is None or fields[2] is None:
        raise ModemError("garbled: " + line)
    return fields[1], fields[2]


def _is_creg_answer(line: str) -> bool:
    """`+CREG: <n>,<stat>` answers the query; `+CREG: <stat>[,"lac","ci"]` comes unasked."""
    if not line.startswith("+CREG:"):
        return False
    fields = line[6:].split(",")
    return len(fields) >= 2 and fields[1].strip().isdigit()


def _begins(prefix: str) -> Callable[[str], bool]:
    return lambda line: line.startswith(prefix)


def _starts(line: str, prefixes: tuple[str, ...]) -> bool:
    for prefix in prefixes:
        if line.startswith(prefix):
            return True
    return False
