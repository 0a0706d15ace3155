"""SIM800: 2G. Commands and longest times: SIM800 Series AT Command Manual V1.12; keys: SIM800L Hardware Design V1.00."""

from kickwatt.at import whole_number
from kickwatt.cellular import HTTP_TIMEOUT_S, REPLY_LIMIT, Cellular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

_BEARER_OPEN_MS = 85_000
_BEARER_CLOSE_MS = 65_000
_READ_MS = 20_000


class Sim800(Cellular):
    """SAPBR opens the data connection; the HTTP client belongs to it."""

    BEARER_LOST = (
        "+SAPBR 1: DEACT",
        "+PDP: DEACT",
        "+CPIN: NOT READY",
        "+CREG: 0",
        "+CREG: 2",
        "+CREG: 3",
    )
    STARTED = (
        "RDY",
        "+CFUN: 1",
        "NORMAL POWER DOWN",
        "UNDER-VOLTAGE POWER DOWN",
        "OVER-VOLTAGE POWER DOWN",
    )
    PROBLEMS = {
        600: "not HTTP",
        601: "network",
        602: "no memory",
        603: "DNS",
        604: "stack busy",
        605: "TLS",
        606: "TLS",
    }
    NO_BEARER = (601,)

    def _open_bearer(self) -> Generator[int, None, None]:
        at, config = self._at, self._config
        yield from at.command('AT+SAPBR=3,1,"CONTYPE","GPRS"', self.SHORT_MS)
        yield from at.command('AT+SAPBR=3,1,"APN","%s"' % config.apn, self.SHORT_MS)
        if config.apn_user:
            yield from at.command(
                'AT+SAPBR=3,1,"USER","%s"' % config.apn_user, self.SHORT_MS
            )
            yield from at.command(
                'AT+SAPBR=3,1,"PWD","%s"' % config.apn_password, self.SHORT_MS
            )
        answer = yield from at.ask("AT+SAPBR=2,1", "+SAPBR: ", self.SHORT_MS)
        if answer.replace(" ", "").split(",")[1:2] != ["1"]:
            yield from at.command("AT+SAPBR=1,1", _BEARER_OPEN_MS)

    def _close_bearer(self) -> Generator[int, None, None]:
        yield from self._at.attempt("AT+SAPBR=0,1", _BEARER_CLOSE_MS)

    def _prepare(self, url: str) -> Generator[int, None, None]:
        for parameter in (
            '"CID",1',
            '"URL","%s"' % url,
            '"CONTENT","text/plain"',
            '"TIMEOUT",%d' % HTTP_TIMEOUT_S,
        ):
            yield from self._at.command("AT+HTTPPARA=" + parameter, self.HTTP_MS)

    def _window(self, window_ms: int) -> int:
        return window_ms

    def _read(self, length: int) -> Generator[int, None, bytes]:
        return self._at.read_counted("AT+HTTPREAD", "+HTTPREAD:", REPLY_LIMIT, _READ_MS)

    def _millivolts(self, answer: str) -> int | None:
        """`<charging>,<percent>,<mV>`."""
        return whole_number(answer.rpartition(",")[2].strip())

    def _choose_time_server(self, host: str) -> Generator[int, None, None]:
        yield from self._at.command("AT+CNTPCID=1", self.SHORT_MS)
        yield from Cellular._choose_time_server(self, host)
