"""Fixtures for the tests of other projects: a simulated modem, meter and device.

pytest finds them by itself where kickwatt is installed. `kickwatt_modem` and `kickwatt_meter` are parts on
pseudo-terminals, for firmware of your own; `kickwatt_device` makes whole chargers with Kickwatt's firmware, for a hub of
your own. Nothing is imported or started before a test asks.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from .bench import PtyMeter, PtyModem
    from .device import Device

# The parts' world runs so many times as fast as a real one: a modem starts in 0.3 s and finds its network in half a second.
_SPEED = "10"


class MakeDevice(Protocol):
    """Makes a device in a virtual world of its own that begins at `seed`; it is closed after the test."""

    def __call__(
        self, url: str, *, id: str, key: str, seed: int = 0, **settings: str | int
    ) -> Device:
        """Make one that reports to the hub's device port at `url`; `settings` are more lines of its settings.toml."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a project say how fast the parts are."""
    parser.addini(
        "kickwatt_speed",
        "how many times as fast as real time the simulated modem and meter are",
        default=_SPEED,
    )


@pytest.fixture
def kickwatt_modem(request: pytest.FixtureRequest) -> Iterator[PtyModem]:
    """Return a SIM800 whose `path` is a serial port; it makes real HTTP requests."""
    from .bench import PtyModem  # noqa: PLC0415 - only who asks pays for it

    with PtyModem(speed=_speed(request)) as modem:
        yield modem


@pytest.fixture
def kickwatt_meter(request: pytest.FixtureRequest) -> Iterator[PtyMeter]:
    """Return a PZEM-004T whose `path` is a serial port, in front of a charger with a scooter's battery."""
    from .bench import PtyMeter  # noqa: PLC0415 - only who asks pays for it

    with PtyMeter(speed=_speed(request)) as meter:
        yield meter


@pytest.fixture
def kickwatt_device() -> Iterator[MakeDevice]:
    """Return what makes chargers that run Kickwatt's firmware: `kickwatt_device(url, id="scooter", key=key)`."""
    from .device import Device  # noqa: PLC0415 - only who asks pays for it
    from .world import World  # noqa: PLC0415 - only who asks pays for it

    devices: list[Device] = []

    def make(
        url: str,
        *,
        id: str,
        key: str,
        seed: int = 0,
        **settings: str | int,
    ) -> Device:
        given = {"KICKWATT_URL": url, "KICKWATT_ID": id, "KICKWATT_KEY": key}
        everything = {"KICKWATT_APN": "internet", **given, **settings}
        device = Device(everything, world=World(seed=seed))
        devices.append(device)
        return device

    yield make
    for device in devices:
        device.close()


def _speed(request: pytest.FixtureRequest) -> float:
    given = request.config.getini("kickwatt_speed")
    try:
        speed = float(given)
    except ValueError:
        speed = 0.0
    if speed <= 0:
        raise pytest.UsageError(
            f"kickwatt_speed must be a number above 0, not '{given}'"
        )
    return speed
