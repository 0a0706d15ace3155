"""The modem that the owner has, and its wires; the others take no memory."""

import busio
import digitalio

from kickwatt import pins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    import microcontroller

    from kickwatt.cellular import Cellular
    from kickwatt.memory import Memory
    from kickwatt.modem import Modem
    from kickwatt.settings import Config

# CircuitPython's mbedTLS lives in the heap: 16 kB to receive and 4 kB to send, the rest for keys and the hub's
# certificates while it shakes hands. An estimate, on the safe side; nobody has measured it.
_TLS = 46_080


def check(config: Config) -> None:
    """Add to the problems of the settings what the board lacks for its modem."""
    if config.modem == "wifi":
        from kickwatt.wifi import is_missing

        if is_missing():
            config.problems.append(
                'KICKWATT_MODEM: this board has no Wi-Fi. "sim800" or "a7670", or a Pico W, Pico 2 W or ESP32.'
            )


def memory_bytes(config: Config) -> int:
    """Return what the modem will take from the heap one day, although it is free now: TLS between Wi-Fi and an https address."""
    return _TLS if config.modem == "wifi" and config.url.startswith("https") else 0


def open_modem(config: Config, memory: Memory, feed: Callable[[], None]) -> Modem:
    """Return the modem that KICKWATT_MODEM names. `feed` feeds the watchdog, for the steps of Wi-Fi that take long."""
    if config.modem == "wifi":
        from kickwatt.wifi import open_wifi

        return open_wifi(config, feed)
    from kickwatt.at import At
    from kickwatt.cellular import Keys

    driver = _driver(config.modem)
    uart = busio.UART(
        pins.MODEM_TX,
        pins.MODEM_RX,
        baudrate=config.modem_baud,
        timeout=0,
        receiver_buffer_size=1024,
    )
    keys = Keys(
        _open_drain(pins.MODEM_RESET),
        _open_drain(pins.MODEM_POWER_KEY),
        _open_drain(pins.MODEM_SUPPLY) if config.modem_switch else None,
    )
    return driver(At(uart, config.modem_baud, driver.STARTED[0]), keys, config, memory)


def _driver(name: str) -> type[Cellular]:
    if name == "a7670":
        from kickwatt.a7670 import A7670

        return A7670
    from kickwatt.sim800 import Sim800

    return Sim800


def _open_drain(pin: microcontroller.Pin) -> digitalio.DigitalInOut:
    """For keys that pull themselves up to their own voltage: low or let go, never high."""
    output = digitalio.DigitalInOut(pin)
    output.switch_to_output(value=True, drive_mode=digitalio.DriveMode.OPEN_DRAIN)
    return output
