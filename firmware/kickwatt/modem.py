"""What the rest of the firmware knows of a modem: it delivers messages.

Three files are one: `sim800` (2G), `a7670` (LTE) and `wifi`. KICKWATT_MODEM chooses, `modems` imports that one alone, and
nothing else knows which it is.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Protocol

    class Modem(Protocol):
        """Task steps, each a generator of the milliseconds that it wants to rest. All but `idle` and `recover` raise `ModemError`."""

        def ready(self) -> Generator[int, None, None]:
            """Return when a message can be sent; bring everything up that is not."""

        def signal(self) -> Generator[int, None, int]:
            """Return the signal on the scale of `AT+CSQ`: n means 2n - 113 dBm, 0..31, 99 unknown."""

        def supply_mv(self) -> Generator[int, None, int | None]:
            """Return the modem's supply voltage in mV, or None where nothing measures it."""

        def network_time(self) -> Generator[int, None, int | None]:
            """Return Unix seconds by the network's clock, or None. Nothing is ever dated by it."""

        def post(
            self, url: str, body: bytes
        ) -> Generator[int, None, tuple[int, bytes]]:
            """Deliver the bytes, return (HTTP status, reply body)."""

        def recover(self, failures: int) -> Generator[int, None, None]:
            """Do something about the `failures`-th failure in a row: a little at first, more later."""

        def idle(self) -> None:
            """Look at what the modem says on its own. Returns at once."""


class ModemError(Exception):
    """The message did not get through. The text says what failed, for the console; it holds no secret."""
