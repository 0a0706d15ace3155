"""Wi-Fi: boards with CircuitPython's own `wifi`, `socketpool` and `ssl` (Pico W, Pico 2 W, ESP32).

Nothing here waits, with two exceptions that the core does not let us take apart; before each the watchdog is fed:

* `radio.connect` leaves the network first, which takes up to half a second on a Pico W. It is given 50 ms for the rest and
  goes on by itself; `radio.connected` tells how it went.
* The arithmetic of a TLS handshake: some hundred milliseconds a step, seconds in all on an RP2040. http needs none of it.
"""

import gc
import os

from kickwatt import clock, dns, http, net, sntp
from kickwatt.modem import ModemError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from ssl import SSLContext

    from socketpool import Socket, SocketPool
    from wifi import Radio

    from kickwatt.settings import Config

REPLY_LIMIT = 2_048
_JOIN_NOW_MS = 50  # the rest of joining goes on by itself
_JOIN_MS = 20_000
_LOOK_MS = 200
_CONNECT_MS = 20_000
_REPLY_MS = 60_000
_KEEP_ADDRESS_MS = 600_000
_ASK_TIME_MS = 6 * 3_600_000
_MULTICAST = ("224.0.0.251", 5353)  # mDNS, RFC 6762


def is_missing() -> bool:
    """Whether the board has no radio."""
    try:
        import wifi  # noqa: F401
    except ImportError:
        return True
    return False


class Wifi:
    """A modem as `kickwatt.modem` describes it."""

    def __init__(
        self,
        radio: Radio,
        pool: SocketPool,
        make_tls: Callable[[str], SSLContext],
        config: Config,
        feed: Callable[[], None],
    ) -> None:
        self._radio = radio
        self._pool = pool
        self._make_tls = make_tls
        self._tls: SSLContext | None = None
        self._config = config
        self._feed = feed
        self._address = ""  # of the hub, while its name was asked for lately
        self._asked_ms = 0
        self._unix_s: int | None = None  # at the clock's zero
        self._ask_time_ms = clock.now_ms()

    # ------------------------------------------------------------------ what the uplink uses

    def ready(self) -> Generator[int, None, None]:
        """Return when the board is in the network and has an address."""
        if not self._connected():
            yield from self._join()

    def signal(self) -> Generator[int, None, int]:
        """Return the access point's strength on the scale of `AT+CSQ`, 99 where the core does not tell it."""
        yield 0
        try:
            network = self._radio.ap_info
        except NotImplementedError:
            return 99
        return 99 if network is None else as_csq(network.rssi)

    def supply_mv(self) -> Generator[int, None, int | None]:
        """Nothing measures it."""
        yield 0
        return None

    def network_time(self) -> Generator[int, None, int | None]:
        """Return Unix seconds by a time server, asked four times a day, or None."""
        host = self._config.time_server
        if host and clock.now_ms() >= self._ask_time_ms:
            self._ask_time_ms = clock.now_ms() + _ASK_TIME_MS
            try:
                yield from self._ask_time(host)
            except (OSError, net.NetTimeout, ModemError) as error:
                print("wifi: no time from %s: %s" % (host, error))
        if self._unix_s is None:
            return None
        return self._unix_s + clock.now_ms() // 1000

    def post(self, url: str, body: bytes) -> Generator[int, None, tuple[int, bytes]]:
        """Post `body` over a connection of its own and return status and reply."""
        scheme, host, port, path = split_url(url)
        address = yield from self._resolve(host)
        reply = http.Reply(REPLY_LIMIT)

        def take(data: bytes) -> bool:
            if data:
                reply.feed(data)
            else:
                reply.end()
            return reply.complete

        gc.collect()
        try:
            socket = net.connect(self._pool, address, port)
            try:
                if scheme == "https":
                    socket = self._secure(socket, host)
                name = host if port == _usual_port(scheme) else "%s:%d" % (host, port)
                request = http.post(name, path, body)
                yield from net.send(socket, request, _CONNECT_MS)
                yield from net.receive(socket, take, _REPLY_MS)
            finally:
                socket.close()
        except (OSError, net.NetTimeout, http.HttpError) as error:
            self._address = ""  # it may have moved
            raise ModemError("%s: %s" % (host, error)) from error
        return reply.status, reply.body

    def recover(self, failures: int) -> Generator[int, None, None]:
        """Ask for the hub's address again, join again, switch the radio off and on."""
        self._address = ""
        if failures == 2:
            print("wifi: leaving the network")
            self._feed()
            self._radio.stop_station()
        elif failures > 2:
            print("wifi: radio off and on")
            self._feed()
            self._radio.enabled = False
            yield 1_000
            self._radio.enabled = True
        yield 0

    def idle(self) -> None:
        """The core says nothing on its own."""

    # ------------------------------------------------------------------ the network

    def _connected(self) -> bool:
        return self._radio.connected and self._radio.ipv4_address is not None

    def _join(self) -> Generator[int, None, None]:
        ssid = self._config.wifi_ssid
        print("wifi: joining %s" % ssid)
        self._address = ""  # the hub may have another one there
        why = "out of reach, or KICKWATT_WIFI_PASSWORD is wrong"
        self._feed()
        try:
            self._radio.connect(
                ssid, self._config.wifi_password, timeout=_JOIN_NOW_MS / 1000
            )
        except (OSError, RuntimeError) as error:
            # "Unknown failure" is the usual one: those 50 ms are over.
            text = str(error)
            if text and not text.startswith("Unknown"):
                why = text
        deadline = clock.now_ms() + _JOIN_MS
        while not self._connected():
            if clock.now_ms() >= deadline:
                raise ModemError("Wi-Fi network %s: %s" % (ssid, why))
            yield _LOOK_MS
        print("wifi: online")

    def _resolve(self, host: str) -> Generator[int, None, str]:
        """Return the address of the hub; a name is asked for again after ten minutes."""
        if dns.is_address(host):
            return host
        if self._address and clock.now_ms() - self._asked_ms < _KEEP_ADDRESS_MS:
            return self._address
        try:
            self._address = yield from self._look_up(host)
        except (OSError, net.NetTimeout) as error:
            raise ModemError(
                "nobody tells the address of %s: %s" % (host, error)
            ) from error
        self._asked_ms = clock.now_ms()
        return self._address

    def _look_up(self, host: str) -> Generator[int, None, str]:
        server = (str(self._radio.ipv4_dns), 53)
        if host.endswith(".local"):
            server = _MULTICAST
        number = int.from_bytes(os.urandom(2), "big")
        address = yield from net.ask(
            self._pool,
            server,
            dns.query(number, host),
            lambda packet: dns.address(packet, number),
        )
        if not address:
            raise ModemError("there is no %s" % host)
        return address

    def _ask_time(self, host: str) -> Generator[int, None, None]:
        address = host if dns.is_address(host) else (yield from self._look_up(host))
        nonce = os.urandom(8)
        seconds = yield from net.ask(
            self._pool,
            (address, 123),
            sntp.query(nonce),
            lambda packet: sntp.unix_seconds(packet, nonce),
        )
        self._unix_s = seconds - clock.now_ms() // 1000

    def _secure(self, socket: Socket, host: str) -> Socket:
        """Wrap a socket; the handshake happens within the first `send`."""
        self._feed()
        if self._tls is None:
            self._tls = self._make_tls(self._config.ca_file)
        return self._tls.wrap_socket(socket, server_hostname=host)  # type: ignore[arg-type, return-value]


def open_wifi(config: Config, feed: Callable[[], None]) -> Wifi:
    """Return the board's radio as a modem."""
    import socketpool
    import wifi

    return Wifi(
        wifi.radio, socketpool.SocketPool(wifi.radio), _tls_context, config, feed
    )


def as_csq(rssi_dbm: int) -> int:
    """Return dBm on the scale of `AT+CSQ` (3GPP TS 27.007, 8.5): 0 is -113 dBm or less, 31 is -51 dBm or more."""
    return min(max((rssi_dbm + 113) // 2, 0), 31)


def split_url(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path of a URL that the settings' check has passed."""
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    host, colon, port = place.partition(":")
    number = int(port) if colon and port.isdigit() else _usual_port(scheme)
    return scheme, host, number, slash + path or "/"


def _usual_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _tls_context(ca_file: str) -> SSLContext:
    """Trust the authorities that CircuitPython knows, or the owner's own. Raises OSError without the file."""
    import ssl

    context = ssl.create_default_context()
    if ca_file:
        with open(ca_file) as pem:
            context.load_verify_locations(cadata=pem.read())
    return context
