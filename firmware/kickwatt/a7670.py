"""A7670 and SIM7670: LTE. Commands and longest times: A76XX Series AT Command Manual V1.09.

It speaks SIM800's HTTP commands with other times, results and units, and needs no SAPBR: LTE attaches with a data
connection of its own, number 1. Keys: as owners of breakout boards report; no data sheet was at hand.
"""

from kickwatt.cellular import HTTP_TIMEOUT_S, REPLY_LIMIT, Cellular
from kickwatt.decimal import decimal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

# TLS 1.2, the server's name in the handshake, and no look at its certificate: messages prove themselves.
_TLS = ('"sslversion",0,4', '"authmode",0,0', '"enableSNI",0,1')


class A7670(Cellular):
    """CGDCONT and CGACT take the place of SAPBR."""

    SHORT_MS = 9_000
    HTTP_MS = 120_000
    ATTACH_MS = 9_000
    ACTION_MS = 120_000 + 30_000
    START_MS = 15_000
    POWER_KEY_MS = 1_000  # 50 ms switch on; 2.5 s would switch off
    RESET_MS = 2_600
    KNOCKS = 24
    REGISTRATION = ("AT+CEREG?", "AT+CREG?")  # LTE, and 2G where the module has it
    RESTART = "AT+CRESET"
    NETWORK_CLOCK = "AT+CTZU=1"
    BEARER_LOST = (
        "+CGEV: NW PDN DEACT 1",
        "+CGEV: ME PDN DEACT 1",
        "+CGEV: NW DETACH",
        "+CGEV: ME DETACH",
        "+CPIN: NOT READY",
        "+CPIN: SIM REMOVED",
        "+CEREG: 0",
        "+CEREG: 2",
        "+CEREG: 3",
    )
    STARTED = (
        "*ATREADY: 1",
        "NORMAL POWER DOWN",
        "UNDER-VOLTAGE WARNING POWER DOWN",
        "OVER-VOLTAGE WARNING POWER DOWN",
    )
    PROBLEMS = {
        703: "busy",
        704: "connection closed",
        705: "timeout",
        706: "socket",
        707: "no memory",
        709: "network",
        712: "socket",
        713: "DNS",
        714: "no connection",
        715: "TLS",
        717: "network",
        718: "timeout",
        719: "TLS",
    }
    NO_BEARER = (709, 717)

    def _open_bearer(self) -> Generator[int, None, None]:
        at, config = self._at, self._config
        yield from at.command('AT+CGDCONT=1,"IP","%s"' % config.apn, self.SHORT_MS)
        if config.apn_user:
            # PAP; the password comes before the user.
            yield from at.command(
                'AT+CGAUTH=1,1,"%s","%s"' % (config.apn_password, config.apn_user),
                self.SHORT_MS,
            )
        answers = yield from at.command("AT+CGACT?", self.SHORT_MS, _is_first_active)
        if not answers:
            # Under LTE connection 1 is there or the module is not attached; activating it again may be refused.
            yield from at.command("AT+CGACT=1,1", self.SHORT_MS)

    def _close_bearer(self) -> Generator[int, None, None]:
        """LTE forbids to close connection 1 alone."""
        yield from self._at.attempt("AT+CGATT=0", self.ATTACH_MS)

    def _prepare(self, url: str) -> Generator[int, None, None]:
        at = self._at
        parameters = [
            '"URL","%s"' % url,
            '"CONTENT","text/plain"',
            '"CONNECTTO",%d' % HTTP_TIMEOUT_S,
            '"RECVTO",%d' % HTTP_TIMEOUT_S,
        ]
        if url.startswith("https:"):
            for setting in _TLS:
                yield from at.command("AT+CSSLCFG=" + setting, self.SHORT_MS)
            parameters.append('"SSLCFG",0')
        for parameter in parameters:
            yield from at.command("AT+HTTPPARA=" + parameter, self.HTTP_MS)

    def _window(self, window_ms: int) -> int:
        """Seconds, 10 or more."""
        return max(10, window_ms // 1000 + 1)

    def _read(self, length: int) -> Generator[int, None, bytes]:
        return self._at.read_parts(
            "AT+HTTPREAD=0,%d" % length, "+HTTPREAD:", REPLY_LIMIT, self.HTTP_MS
        )

    def _millivolts(self, answer: str) -> int | None:
        """`3.749V`."""
        return decimal(answer.rstrip("V"), 3)


def _is_first_active(line: str) -> bool:
    """`+CGACT: <connection>,<1 active>`, one line for each."""
    return line.replace(" ", "") == "+CGACT:1,1"
